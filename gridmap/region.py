"""A region of several territories: border units owned once, territories planned side by side.

Territories that were read one by one may each hold a unit that lies on their common border. It
belongs to the one whose other units it has the longer border with, so that a region has no unit,
outlet or demand point twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.errors import Fault, InputError, fault, some_ids
from gridmap.jobs.executor import Executor, Threads
from gridmap.planning import make_plan
from gridmap.policies import PlanRequest
from gridmap.scenario import Scenario
from gridmap.territory import Adjacency, Territory, Units

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
#: Two units that have more than this in common overlap, m²: ten steps of a 1 cm grid by 10 m.
LEAST_M2 = 1.0


@dataclass(frozen=True)
class Asked:
    """One territory and what is asked of it."""

    territory: Territory
    request: PlanRequest


def plan_region(
    asked: Sequence[Asked], *, seed: int, executor: Executor | None = None
) -> Iterator[tuple[int, Scenario]]:
    """Plan each territory of a region; the executor decides where.

    Parameters
    ----------
    asked
        The territories, of which each unit belongs to one; see `owned_once`.
    seed
        Seed of every plan.
    executor
        None = in threads.

    Yields
    ------
    tuple
        Number of the territory and its plan, in the order in which they end.

    Raises
    ------
    InputError
        If two territories overlap.
    """
    faults = overlap_faults([one.territory for one in asked])
    if faults:
        raise InputError(*faults)
    yield from (executor or Threads()).answers(partial(plan_one, seed=seed), asked)


def plan_one(asked: Asked, *, seed: int) -> Scenario:
    """Plan one territory of a region."""
    return make_plan(asked.territory, asked.request, seed=seed)


def overlap_faults(territories: Sequence[Territory]) -> list[Fault]:
    """Return the pairs of territories that have ground in common, with its area and units."""
    world = _World(territories)
    faults = []
    for (one, other), rows in world.overlaps().items():
        first, second, area_m2 = rows.T
        faults.append(
            fault(
                "region.overlap",
                f"{territories[one].name}, {territories[other].name}",
                area_m2=float(area_m2.sum()),
                first=some_ids(np.unique(first).astype(int)),
                second=some_ids(np.unique(second).astype(int)),
            )
        )
    return faults


def owned_once(territories: Sequence[Territory]) -> list[Territory]:
    """Return the territories without the units that another one owns.

    A unit that several hold belongs to the one whose units that nobody else holds have the longest
    border with it; if that is even, to the first by name.

    Raises
    ------
    InputError
        If units overlap without being the same, or the territories have different reference
        systems, or a territory would be left without a unit.
    """
    systems = sorted({one.crs for one in territories})
    if len(systems) > 1:
        raise InputError(fault("region.systems", systems=", ".join(systems)))
    world = _World(territories)
    lost = world.lost()
    kept = [without_units(one, gone) for one, gone in zip(territories, lost, strict=True)]
    faults = overlap_faults(kept)
    faults += [fault("region.nothing_left", one.name) for one in kept if not len(one.units)]
    if faults:
        raise InputError(*faults)
    return kept


def without_units(territory: Territory, gone: Bools) -> Territory:
    """Return a territory without some units and all that lies in them.

    Parameters
    ----------
    gone
        Shape (n_units,).
    """
    if not gone.any():
        return territory
    number = np.where(gone, -1, np.cumsum(~gone) - 1)
    old = territory.units

    def moved(table: pd.DataFrame) -> pd.DataFrame:
        unit = number[table["unit"].to_numpy()]
        left: pd.DataFrame = table.assign(unit=unit)[unit >= 0]
        return left.reset_index(drop=True)

    pairs = old.adjacency
    first, second = number[pairs.first], number[pairs.second]
    stays = (first >= 0) & (second >= 0)
    columns = {one.name: getattr(pairs, one.name)[stays] for one in fields(Adjacency)}
    units = Units(
        polygons=old.polygons[~gone],
        part=old.part[~gone],
        water=old.water[~gone],
        adjacency=Adjacency(**{**columns, "first": first[stays], "second": second[stays]}),
        grid_m=old.grid_m,
    )
    return replace(
        territory,
        units=_with_parts(units),
        boundary=shapely.coverage_union_all(units.polygons),
        outlets=moved(territory.outlets),
        demand=moved(territory.demand),
        market=None if territory.market is None else moved(territory.market),
        notices=(
            *territory.notices,
            fault("region.units_elsewhere", territory.name, count=int(gone.sum())),
        ),
    )


def _with_parts(units: Units) -> Units:
    """Return units with the connected parts of what is left."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    pairs = units.adjacency
    touching = pairs.shared_m > 0.0
    links = coo_array(
        (np.ones(touching.sum()), (pairs.first[touching], pairs.second[touching])),
        shape=(len(units), len(units)),
    )
    _, part = connected_components(links, directed=False)
    return replace(units, part=part.astype(np.int64))


class _World:
    """All units of all territories together."""

    def __init__(self, territories: Sequence[Territory]) -> None:
        self._territories = territories
        sizes = [len(one.units) for one in territories]
        self._of = np.repeat(np.arange(len(sizes)), sizes)
        self._start = np.concatenate([[0], np.cumsum(sizes)])
        every: list[NDArray[np.object_]] = [one.units.polygons for one in territories]
        self._polygons = np.concatenate([np.empty(0, dtype=object), *every])
        self._tree = shapely.STRtree(self._polygons)

    def overlaps(self) -> Mapping[tuple[int, int], NDArray[np.float64]]:
        """Return unit, unit and common m² of each pair of territories that overlap."""
        one, other = self._meeting()
        area_m2 = shapely.area(shapely.intersection(self._polygons[one], self._polygons[other]))
        found = area_m2 > LEAST_M2
        one, other, area_m2 = one[found], other[found], area_m2[found]
        table = np.column_stack([self._local(one), self._local(other), area_m2])
        pairs = np.column_stack([self._of[one], self._of[other]])
        return {
            (int(first), int(second)): table[(pairs == (first, second)).all(axis=1)]
            for first, second in np.unique(pairs, axis=0)
        }

    def lost(self) -> list[Bools]:
        """Return which units of each territory belong to another. Shape (n_units,) each."""
        names = [one.name for one in self._territories]
        shapes = shapely.to_wkb(shapely.normalize(self._polygons))
        holders = pd.Series(np.arange(len(shapes))).groupby(shapes).agg(list)
        shared = [rows for rows in holders if len(rows) > 1]
        gone = np.zeros(len(shapes), dtype=bool)
        nobodys = np.zeros(len(shapes), dtype=bool)  # held by several: nobody's evidence
        nobodys[[row for rows in shared for row in rows]] = True
        for rows in shared:
            border_m = [self._border_m(row, nobodys) for row in rows]
            best = min(range(len(rows)), key=lambda at: (-border_m[at], names[self._of[rows[at]]]))
            gone[[row for at, row in enumerate(rows) if at != best]] = True
        return np.split(gone, self._start[1:-1])

    def _border_m(self, row: int, nobodys: Bools) -> float:
        """Return the border of a unit with those that its territory alone holds, in whole cm."""
        units = self._territories[self._of[row]].units.adjacency
        start, unit = self._start[self._of[row]], self._local(np.array([row]))[0]
        beside = (units.first == unit) | (units.second == unit)
        other = np.where(units.first == unit, units.second, units.first)[beside]
        return round(float(units.shared_m[beside][~nobodys[start + other]].sum()), 2)

    def _meeting(self) -> tuple[Ints, Ints]:
        one, other = self._tree.query(self._polygons, predicate="intersects")
        apart = self._of[one] < self._of[other]
        return one[apart], other[apart]

    def _local(self, rows: Ints) -> Ints:
        return np.asarray(rows - self._start[self._of[rows]], dtype=np.int64)
