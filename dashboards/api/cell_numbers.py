"""Cells have one number outside: that of plans, from 1. Drawn cells are counted from 0 inside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gridmap.errors import Fault, Numbers
from gridmap.store.numbers import FIRST_CELL_ID

#: Fields of edits that name one cell, or several.
_CELL: Final = ("cell", "to", "keep", "gone", "giver", "taker", "first", "second")
_CELLS: Final = "cells"
#: Faults that name drawn cells, and the values that do.
_FAULTS: Final = ("redraw.", "drafts.")
_NAMED: Final = ("cell", "one", "other", "giver", "taker")


def cell_id(cell: int) -> int:
    """Return the number outside of a drawn cell."""
    return cell + FIRST_CELL_ID


def drawn(number: int) -> int:
    """Return the drawn cell of a number from outside."""
    return number - FIRST_CELL_ID


def drawn_edit(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of an edit with drawn cells instead of numbers from outside."""
    edit = dict(asked)
    for name in _CELL:
        if edit.get(name) is not None:
            edit[name] = drawn(edit[name])
    if _CELLS in edit:
        edit[_CELLS] = tuple(drawn(one) for one in edit[_CELLS])
    return edit


def outside(one: Fault) -> Fault:
    """Return a fault whose drawn cells have their numbers outside."""
    if not one.key.startswith(_FAULTS):
        return one
    values = dict(one.values)
    for name, value in values.items():
        if name in _NAMED and isinstance(value, int):
            values[name] = cell_id(value)
        elif isinstance(value, Numbers):
            values[name] = Numbers(cell_id(number) for number in value)
    return Fault(one.key, one.where, values)
