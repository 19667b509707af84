"""What a plan asks of its cells before they are drawn, and what it calls them afterwards.

Centres, divisions and workloads go into the partition; numbers, codes and names come out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridmap.errors import InputError, fault, some_ids
from gridmap.given_cells import GivenCells
from gridmap.partition.codes import cell_names, check_divisions, gb15_codes, sequence_codes
from gridmap.partition.partition import Partition
from gridmap.policies import PlanRequest
from gridmap.territory import Polygons, Territory

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def centre_rows(territory: Territory, request: PlanRequest) -> Ints:
    """Return the rows of the cells' centre outlets, numbered west → east, then north → south.

    Raises
    ------
    InputError
        If a centre is unknown, or is no own outlet, or there is none at all.
    """
    outlets = territory.outlets
    own = outlets["ownership"].to_numpy() == "own"
    if request.partition.centres == "own":
        rows = np.flatnonzero(own)
    else:
        asked = list(request.partition.centres)
        rows = pd.Index(outlets["outlet_id"]).get_indexer(pd.Index(asked))
        faults = []
        unknown = [name for name, row in zip(asked, rows, strict=True) if row < 0]
        if unknown:
            faults.append(fault("planning.unknown_centres", some_ids(unknown)))
        foreign = [name for name, row in zip(asked, rows, strict=True) if row >= 0 and not own[row]]
        if foreign:
            faults.append(fault("planning.centres_not_own", some_ids(foreign)))
        if faults:
            raise InputError(*faults)
    if len(rows) == 0:
        raise InputError(fault("planning.no_centre", territory.name))
    x, y = outlets["x"].to_numpy()[rows], outlets["y"].to_numpy()[rows]
    return np.asarray(rows[np.lexsort((-y, x))], dtype=np.int64)


def divisions_of_centres(territory: Territory, request: PlanRequest, centre: Ints) -> list[str]:
    """Return the administrative division of each centre, or nothing where none are given.

    `centre` are rows of the outlets. Shape (n_cells,).

    Raises
    ------
    InputError
        If a centre has no division, or one that is no code.
    """
    given = request.partition.divisions
    if not given:
        return []
    ids = territory.outlets["outlet_id"].iloc[centre].astype(str).tolist()
    lacking = [one for one in ids if one not in given]
    if lacking:
        raise InputError(fault("cellcode.no_division_given", centres=some_ids(lacking)))
    found = [given[one] for one in ids]
    check_divisions(found)
    return found


def unit_workloads(territory: Territory, request: PlanRequest) -> dict[str, Floats]:
    """Return the workloads that are asked for, per unit.

    ``demand`` is Σ weight of the demand points of a unit; ``visit_minutes`` is Σ visits per cycle
    · service minutes of its visited outlets. Each array has shape (n_units,).
    """
    n_units = len(territory.units)
    demand, outlets = territory.demand, territory.outlets
    grades = request.routing.grade_policy
    minutes = np.array(
        [
            grades[grade].visits * grades[grade].minutes if visited and grade in grades else 0.0
            for grade, visited in zip(outlets["grade"], outlets["visited"], strict=True)
        ]
    )
    columns = {
        "demand": (demand["unit"].to_numpy(), demand["weight"].to_numpy()),
        "visit_minutes": (outlets["unit"].to_numpy(), minutes),
    }
    return {
        name: np.bincount(columns[name][0], columns[name][1], n_units).astype(np.float64)
        for name in request.partition.workloads
    }


@dataclass(frozen=True, eq=False)
class NamedCells:
    """Shape, number and names of all cells."""

    polygons: Polygons
    ids: Ints
    codes: Sequence[str]
    names: Sequence[str]
    managers: Sequence[str]


def named_cells(
    territory: Territory,
    partition: Partition,
    polygons: Polygons,
    divisions: list[str],
    given: Partition | GivenCells | None,
) -> NamedCells:
    """Return the cells under their numbers, codes and names: given ones keep theirs.

    `polygons` has shape (n_cells,); `divisions` is empty, or one of each cell.
    """
    if isinstance(given, GivenCells):
        return NamedCells(polygons, given.ids, given.codes, given.names, given.managers)
    codes = gb15_codes(divisions, polygons) if divisions else sequence_codes(len(polygons))
    names = cell_names(territory.outlets["name"].iloc[partition.centre].tolist(), codes)
    return NamedCells(polygons, np.arange(1, len(codes) + 1), codes, names, [""] * len(codes))


def bordering_cells(
    territory: Territory, partition: Partition, ids: Ints | None = None
) -> dict[int, set[int]]:
    """Return the numbers, by default from 1, of the cells that each cell borders or is bridged to.

    `ids` are the numbers. Shape (n_cells,).
    """
    adjacency = territory.units.adjacency
    numbers = np.arange(1, partition.n_cells + 1) if ids is None else ids
    first = numbers[partition.label[adjacency.first]]
    second = numbers[partition.label[adjacency.second]]
    beside: dict[int, set[int]] = {}
    for one, other in zip(first.tolist(), second.tolist(), strict=True):
        if one != other:
            beside.setdefault(one, set()).add(other)
            beside.setdefault(other, set()).add(one)
    return beside
