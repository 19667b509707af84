"""A cell for which a balance is out of reach."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pocket:
    """A cell that cannot come within the tolerance.

    Attributes
    ----------
    cell
        The cell.
    load_share
        Load, in mean loads, that it may hope for. One cheapest explanation of the bound; there
        may be others.
    necks
        Units that stand between the cell and its fair load.
    units
        The units it is hemmed in by the necks with, where known.
    rivals
        Cells with their centres among these units, of which this one is the farthest from the
        neck; any of them might stay inside instead.
    """

    cell: int
    load_share: float
    necks: tuple[int, ...]
    units: tuple[int, ...] = ()
    rivals: tuple[int, ...] = ()
