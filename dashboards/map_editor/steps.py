"""Lines of the log of a draft as the editor reads them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from dashboards.api.cell_numbers import cell_id
from dashboards.map_editor.files import deltas, title_of
from gridmap.partition.redraw import CLOSED
from gridmap.store.steps import Step
from gridmap.store.titles import CellTitle


def opened_by(step: Step) -> list[int]:
    """Return the cells that a step opens or gives another centre."""
    return [cell for cell, unit in step.change.centres if unit != CLOSED]


def step_out(
    step: Step, *, user: str, titles: Mapping[int, CellTitle], ground: str | None
) -> dict[str, Any]:
    """Return a step as plain values; cells have their numbers outside, from 1.

    Parameters
    ----------
    step
        Line of the log.
    user
        Who reads it.
    titles
        Titles of the cells it opens; others are passed over.
    ground
        Name of the ground of the draft as it stands, told where the step reshapes units.
    """
    moved: dict[int, list[int]] = {}
    for unit, cell in step.change.labels:
        moved.setdefault(cell, []).append(unit)
    change = step.change
    said: dict[str, Any] = {
        "sequence": step.sequence,
        "kind": step.kind,
        "author": step.author,
        "mine": step.author == user,
        "made": step.made.replace(tzinfo=dt.UTC).isoformat(),
        "undoes": step.undoes,
        "cells": _outside(step.versions),
        "moved": {cell_id(cell): deltas(units) for cell, units in moved.items()},
        "centres": _outside(dict(change.centres)),
        "cell_locks": _outside(dict(change.cell_locks)),
        "unit_locks": dict(change.unit_locks),
        "names": {
            cell_id(cell): title_of(titles[cell]) for cell in opened_by(step) if cell in titles
        },
        "next_cell": None if change.next_cell is None else cell_id(change.next_cell),
    }
    if change.reshapes:
        said["ground"] = ground
    return said


def _outside(values: Mapping[int, Any]) -> dict[int, Any]:
    return {cell_id(cell): value for cell, value in values.items()}
