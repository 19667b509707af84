"""One column of a sheet of a workbook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, eq=False)
class Column:
    """One column of a sheet.

    Attributes
    ----------
    heading
        What stands above it.
    cells
        What stands in it; None, NaN and empty text stay blank.
    style
        Key of `gridmap.export.scorecards.FORMATS`.
    width
        Width in characters.
    direction
        1 or -1 colours the numbers with the better end blue, 0 leaves them plain.
    total
        What stands in the last row, for the whole territory.
    styles
        Style of each cell, where they differ; None = `style` for all.
    """

    heading: str
    cells: Sequence[object]
    style: str = "text"
    width: int = 12
    direction: int = 0
    total: object = None
    styles: Sequence[str] | None = None
