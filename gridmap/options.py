"""Options that several commands have."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

DatabaseOption = Annotated[
    str | None, typer.Option("--db", help="Database, e.g. sqlite:///gridmap.db.")
]
PortOption = Annotated[int | None, typer.Option(min=1, max=65535, help="Port of the dashboard.")]

JsonOption = Annotated[bool, typer.Option("--json", help="Print for a machine.")]


class LanguageName(StrEnum):
    """Languages of a report."""

    EN = "en"
    ZH = "zh"
