"""How the store numbers what people see."""

from __future__ import annotations

from typing import Final

#: In the table `cell` numbers begin with this; drawn cells have the numbers of the labels, from 0.
FIRST_CELL_ID: Final = 1
