"""The files of a draft that the editor fetches: its ground, its outlets, its state."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dashboards.api.cell_numbers import cell_id
from dashboards.map_editor.arcs import arcs_of
from dashboards.map_editor.container import encoded
from dashboards.map_editor.figures import Daily, cell_figures
from dashboards.map_editor.places import Lattice
from gridmap.catalogue import Language, text
from gridmap.schemas import OWNERSHIPS
from gridmap.store.canvas import Canvas
from gridmap.store.drawing import Opened
from gridmap.store.numbers import FIRST_CELL_ID
from gridmap.store.titles import CellTitle

#: Part of the name of a ground: another one once the file is made otherwise.
FORMAT: Final = 2
_NOBODY: Final = CellTitle("", "", "")


def ground_name(canvas: Canvas) -> str:
    """Return what stands in the address of a ground: another one for another ground."""
    return f"{FORMAT}-{canvas.geometry}"


def ground_file(canvas: Canvas, daily: Daily, language: Language) -> bytes:
    """Return the units of a draft: border lines, neighbours by bridge, workloads."""
    ground, lattice = canvas.ground, Lattice.of(canvas.base.territory)
    arcs = arcs_of(ground)
    header = {
        "hash": ground_name(canvas),
        **lattice.header,
        "n_units": ground.n_units,
        "workloads": [
            {"name": name, "label": text(f"pages.workload.{name}", language)}
            for name in canvas.base.request.partition.workloads
        ],
        "bridges": ground.bridge_ends.tolist(),
    }
    arrays: dict[str, NDArray[Any]] = {
        "arc_start": arcs.start.astype(np.int32),
        "arc_xy": lattice.steps(ground.world_m(arcs.xy)),
        "arc_left": arcs.left.astype(np.int32),
        "arc_right": arcs.right.astype(np.int32),
        "unit_ring": arcs.unit_ring.astype(np.int32),
        "ring_arc": arcs.ring_ref.astype(np.int32),
        "ref": arcs.ref.astype(np.int32),
        "ring_outer": arcs.outer.astype(np.uint8),
        "inner_xy": lattice.steps(ground.inner_xy),
        "weight": ground.weights,
        "daily": daily.by_unit,
    }
    return encoded(header, arrays)


def outlets_file(canvas: Canvas, daily: Daily) -> bytes:
    """Return the outlets of a draft: where they stand, whose they are, in which unit."""
    outlets, lattice = canvas.base.territory.outlets, Lattice.of(canvas.base.territory)
    kind = {name: number for number, name in enumerate(OWNERSHIPS)}
    arrays: dict[str, NDArray[Any]] = {
        "xy": lattice.steps(outlets[["x", "y"]].to_numpy(np.float64)),
        "kind": outlets["ownership"].map(kind).to_numpy(np.uint8),
        "unit": daily.unit_of_outlet.astype(np.int32),
        "visited": outlets["visited"].to_numpy(np.uint8),
    }
    return encoded({"hash": ground_name(canvas), **lattice.header}, arrays)


def state_file(opened: Opened, daily: Daily, can: tuple[bool, bool]) -> bytes:
    """Return the cells of a draft as they stand; cells have their numbers outside, from 1."""
    canvas, request = opened.canvas, opened.canvas.base.request
    state = canvas.state
    cells = sorted(state.centre)
    figures = cell_figures(opened, daily, cells)
    header = {
        "sequence": canvas.sequence,
        "status": str(opened.version.status),
        "ground": ground_name(canvas),
        "next_cell": cell_id(state.next_cell),
        "tolerance": list(request.partition.tolerances),
        "cells": [
            {
                "cell": cell_id(cell),
                **title_of(opened.titles.get(cell, _NOBODY)),
                "version": opened.versions.get(cell, 0),
                "centre_unit": state.centre[cell],
                "locked": cell in state.locked_cells,
                **figures[cell],
            }
            for cell in cells
        ],
        "locked_units": sorted(state.locked_units),
        "daily_factor": opened.visits.travel_factor,
        "can": can_out(can),
    }
    return encoded(header, {"label": (state.label + FIRST_CELL_ID).astype(np.int32)})


def title_of(title: CellTitle) -> dict[str, str]:
    """Return what a cell is called, as plain values."""
    return {"code": title.code, "name": title.name, "manager": title.manager}


def can_out(can: tuple[bool, bool]) -> dict[str, bool]:
    """Return whether the caller can undo and redo, as plain values."""
    return {"undo": can[0], "redo": can[1]}


def deltas(units: Iterable[int]) -> list[int]:
    """Return the first of some units in ascending order, then the differences.

    Examples
    --------
    >>> deltas([7, 5, 12])
    [5, 2, 5]
    """
    ordered = np.unique(np.fromiter(units, dtype=np.int64))
    found: list[Any] = np.diff(ordered, prepend=0).tolist()
    return found
