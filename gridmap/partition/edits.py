"""The edits of a drawn plan as plain values, and as what is kept in a log of edits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from gridmap.errors import InputError, fault
from gridmap.partition.change import Change
from gridmap.partition.redraw_kernels import Labels

Line = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Move:
    """Give units to a cell, all of them or none."""

    units: tuple[int, ...]
    to: int


@dataclass(frozen=True)
class Brush:
    """Give what is under a stroke to a cell, as far as every cell stays in one piece.

    Attributes
    ----------
    to
        Cell.
    stroke
        Coordinates in metres.
    radius_m
        Half the width of the brush: units are taken whose inner point is this close to the
        stroke. With 0, the stroke is the ring of an area.
    """

    to: int
    stroke: Line
    radius_m: float = 0.0


@dataclass(frozen=True)
class Split:
    """Divide a cell along a line; units are cut where the line demands it.

    Attributes
    ----------
    cell
        Cell to divide; it keeps its number, its centre and the side that its centre is on.
    line
        Coordinates in metres, at least two; it goes on straight beyond its ends.
    to
        Open cell that gets the other side, or None for a new cell.
    centre
        Unit of the new cell's centre; None takes the lowest unit with an own outlet there.
    least_m2
        No unit is cut if one side of it would be smaller than this.
    """

    cell: int
    line: Line
    to: int | None = None
    centre: int | None = None
    least_m2: float = 400.0


@dataclass(frozen=True)
class Merge:
    """Join two neighbouring cells; the centre of `keep` stays and `gone` is closed."""

    keep: int
    gone: int


@dataclass(frozen=True)
class Shift:
    """Push the border that two cells share.

    Attributes
    ----------
    giver, taker
        Neighbouring cells.
    amount
        Workload to hand over, or None.
    metres
        How far to push the border, or None. Exactly one of the two is given.
    workload
        Which workload `amount` counts.
    """

    giver: int
    taker: int
    amount: float | None = None
    metres: float | None = None
    workload: int = 0


@dataclass(frozen=True)
class Swap:
    """Exchange units between two cells, all of them or none."""

    first: int
    first_units: tuple[int, ...]
    second: int
    second_units: tuple[int, ...]


@dataclass(frozen=True)
class NewCell:
    """Open a cell around a centre; it takes the units nearest in travel.

    Attributes
    ----------
    unit
        Unit of the centre.
    load
        Workload to reach, None for a fair share: all of it by the number of cells after.
    radius_s
        Take instead everything this close to the centre, in seconds.
    workload
        Which workload `load` counts.
    """

    unit: int
    load: float | None = None
    radius_s: float | None = None
    workload: int = 0


@dataclass(frozen=True)
class CloseCell:
    """Close a cell; its neighbours take its units, each the nearest in travel."""

    cell: int


@dataclass(frozen=True)
class Lock:
    """Lock or unlock cells and units."""

    cells: tuple[int, ...] = ()
    units: tuple[int, ...] = ()
    on: bool = True


Edit = Move | Brush | Split | Merge | Shift | Swap | NewCell | CloseCell | Lock | Change
#: Fields of edits that are cells or units, one or many.
_CELL_FIELDS = ("to", "cell", "cells", "keep", "gone", "giver", "taker", "first", "second")
_UNIT_FIELDS = ("unit", "units", "first_units", "second_units")
_KINDS: dict[str, type[Any]] = {
    "move": Move,
    "brush": Brush,
    "split": Split,
    "merge": Merge,
    "shift": Shift,
    "swap": Swap,
    "new_cell": NewCell,
    "close_cell": CloseCell,
    "lock": Lock,
    "change": Change,
}


def to_json(edit: Edit) -> dict[str, object]:
    """Return an edit as a dict that JSON can hold: ``kind`` and the fields."""
    kind = next(name for name, one in _KINDS.items() if type(edit) is one)
    return {"kind": kind, **{field.name: getattr(edit, field.name) for field in fields(edit)}}


def named_cells(edit: Edit, label: Labels) -> frozenset[int]:
    """Return the cells that an edit names, and those of the units that it names.

    Parameters
    ----------
    edit
        Edit as it was asked for; it may name what is not there.
    label
        Cell of each unit. Shape (n_units,).
    """
    values = to_json(edit)
    cells = {cell for name in _CELL_FIELDS for cell in _many(values.get(name))}
    units = {unit for name in _UNIT_FIELDS for unit in _many(values.get(name))}
    return frozenset(cells | {int(label[unit]) for unit in units if 0 <= unit < len(label)})


def from_json(stored: Mapping[str, Any]) -> Edit:
    """Return the edit of a dict that `to_json` made, also after a way through JSON.

    Raises
    ------
    InputError
        If the kind or a field is none that we know, or a field is missing.
    """
    values = {name: _tuples(value) for name, value in stored.items() if name != "kind"}
    kind = _KINDS.get(str(stored.get("kind")))
    if kind is None:
        known = ", ".join(sorted(_KINDS))
        raise InputError(fault("redraw.unknown_kind", kind=stored.get("kind"), known=known))
    try:
        edit: Edit = kind(**values)
    except TypeError as error:
        raise InputError(
            fault("redraw.wrong_fields", kind=stored["kind"], reason=str(error))
        ) from error
    return edit


def _many(value: Any) -> tuple[int, ...]:
    return () if value is None else value if isinstance(value, tuple) else (value,)


def _tuples(value: Any) -> Any:
    return tuple(_tuples(one) for one in value) if isinstance(value, (list, tuple)) else value
