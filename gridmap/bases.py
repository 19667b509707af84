"""Where managers' days start and end, as places of the territory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyproj
from numpy.typing import NDArray

from gridmap.errors import InputError, fault, some_ids
from gridmap.policies import DayPlace, Manager, RoutingPolicy
from gridmap.territory import Territory
from gridmap.travel.engine import Snapped, TravelEngine

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Bases:
    """The outlets, and behind them the places of managers that are no outlets.

    Attributes
    ----------
    snapped
        All of them on the streets.
    row
        Row of each place that a manager names.
    """

    snapped: Snapped
    row: dict[DayPlace, int]

    def of_cell(
        self, policy: RoutingPolicy, centre_id: str, n_outlets: int
    ) -> tuple[Ints, tuple[tuple[int, int], ...]]:
        """Return the rows that a cell needs beside its outlets, and its `CellVisits.bases`.

        Parameters
        ----------
        centre_id
            Id of the centre outlet, place 0 of the cell.
        n_outlets
            Outlets of the cell, its places from 1 on.
        """
        crew = policy.crew(centre_id)
        if not any(one.start or one.end for one in crew):
            return np.empty(0, dtype=np.int64), ()
        named = dict.fromkeys(place for one in crew for place in (one.start, one.end) if place)
        place_of = {name: n_outlets + 1 + number for number, name in enumerate(named)}
        place_of[""] = 0
        rows = np.array([self.row[one] for one in named], dtype=np.int64)
        return rows, tuple((place_of[one.start], place_of[one.end]) for one in crew)


def bases_of(territory: Territory, policy: RoutingPolicy, engine: TravelEngine) -> Bases:
    """Return the outlets and the managers' places on the streets.

    Raises
    ------
    InputError
        If a manager starts or ends at an outlet that is not there, or farther from every street
        than the engine goes.
    """
    outlets = territory.outlets
    named = [
        (number, one, key, place)
        for number, one in enumerate(policy.managers, 1)
        for key, place in (("start", one.start), ("end", one.end))
        if place
    ]
    row: dict[DayPlace, int] = {}
    index = pd.Index(outlets["outlet_id"])
    degrees = list(dict.fromkeys(place for *_, place in named if not isinstance(place, str)))
    row |= {place: len(outlets) + number for number, place in enumerate(degrees)}
    ids = list(dict.fromkeys(place for *_, place in named if isinstance(place, str)))
    row |= dict(zip(ids, index.get_indexer(pd.Index(ids)).tolist(), strict=True))
    unknown = [one for one in ids if row[one] < 0]
    xy = outlets[["x", "y"]].to_numpy(np.float64)
    snapped = engine.snap(np.concatenate([xy, _projected(degrees, territory.crs)]))
    faults = [fault("planning.unknown_bases", some_ids(unknown))] if unknown else []
    faults += [
        fault("planning.base_off_streets", _where(number, one, key), found=told(place))
        for number, one, key, place in named
        if row[place] >= 0 and not snapped.reached[row[place]]
    ]
    if faults:
        raise InputError(*faults)
    return Bases(snapped, row)


def told(place: DayPlace) -> str:
    """Return a place as it is written."""
    return place if isinstance(place, str) else f"{place[0]:g}, {place[1]:g}"


def _where(number: int, manager: Manager, key: str) -> str:
    return f"managers[{number}].{key} ({manager.name})"


def _projected(lonlat: list[tuple[float, float]], crs: str) -> Floats:
    """Return degrees, WGS-84, in a reference system. Shape (n, 2)."""
    degrees = np.array(lonlat, dtype=np.float64).reshape(-1, 2)
    to_metres = pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    return np.column_stack(to_metres.transform(degrees[:, 0], degrees[:, 1]))
