"""Options that several commands have."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

DatabaseOption = Annotated[
    str | None, typer.Option("--db", help="Database, e.g. sqlite:///gridmap.db.")
]
PortOption = Annotated[int | None, typer.Option(min=1, max=65535, help="Port of the dashboard.")]
OutOption = Annotated[Path, typer.Option("--out", help="Folder of the results.")]
SeedOption = Annotated[int, typer.Option(min=0, help="Same seed, same plan.")]
StartOption = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day of the cycle.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print for a machine.")]


class LanguageName(StrEnum):
    """Languages of a report."""

    EN = "en"
    ZH = "zh"
