"""Which outlets each place of demand reaches by one means of travel, and in how many minutes.

A full table of a city's demand points against its outlets fits into no memory and is not needed:
who is far behind many others is hardly chosen. So a place has

* a *list* of the outlets within `CAP_MIN` minutes, of these the nearest `MOST`: what models of
  choice and of accessibility are made of; and
* the exact time of the nearest outlet of each set, and of the second nearest own one, however far
  they are: what coverage, blind zones and duplicates are made of.

Where there are at most `FULL_ENTRIES` pairs the lists hold every outlet that is reached.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gridmap.travel.engine import Nearby, Snapped, TravelEngine
from gridmap.travel.nearby import nearby_of_matrix

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Strings = NDArray[np.str_]
Minutes = NDArray[np.float64] | NDArray[np.float32]

Owner = Literal["own", "partner", "rival"]
OWNERS: tuple[Owner, ...] = ("own", "partner", "rival")

#: Lists hold no outlet that is farther, in minutes.
CAP_MIN = 60.0
#: Lists hold at most so many outlets.
MOST = 64
#: Up to so many pairs of places and outlets all times are looked up and nothing is cut.
FULL_ENTRIES = 16_000_000
#: Entries worked on at once: bounds the memory of the temporary arrays.
BLOCK_ENTRIES = 2_000_000


@dataclass(frozen=True, eq=False)
class TravelTimes:
    """Minutes between places of demand and outlets by one means of travel.

    Attributes
    ----------
    n_outlets
        Number of outlets.
    place
        Place of each demand point; points at one spot share it. Shape (n_demand,).
    start
        Where the list of each place begins, and the end of the last. Shape (n_places + 1,).
    outlet, minutes
        The lists, times ascending, equally near outlets by number. Shape (n_listed,).
    nearest
        Minutes to the nearest outlet of each owner, infinite = unreachable. Exact, whatever the
        lists leave out. Shape (n_places,).
    nearest_outlet
        That outlet, of equally near ones the lowest; -1 = none. Shape (n_places,).
    second_own
        Minutes to the second nearest own outlet, infinite = there is none. Shape (n_places,).
    cap_min
        The lists hold no outlet that is farther.
    most
        Most outlets in a list; None = they hold all.
    """

    n_outlets: int
    place: Ints
    start: Ints
    outlet: NDArray[np.int32]
    minutes: Minutes
    nearest: Mapping[Owner, Floats]
    nearest_outlet: Mapping[Owner, Ints]
    second_own: Floats
    cap_min: float = np.inf
    most: int | None = None

    def __post_init__(self) -> None:
        if len(self.outlet) != len(self.minutes) or int(self.start[-1]) != len(self.outlet):
            raise ValueError("Expected lists whose ends, outlets and minutes fit together.")
        if len(self.place) and not 0 <= self.place.min() <= self.place.max() < self.n_places:
            raise ValueError(f"Expected places in [0, {self.n_places}).")
        if len(self.outlet) and not 0 <= self.outlet.min() <= self.outlet.max() < self.n_outlets:
            raise ValueError(f"Expected outlets in [0, {self.n_outlets}).")

    @property
    def n_places(self) -> int:
        """Number of places."""
        return len(self.start) - 1

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of demand points and of outlets."""
        return len(self.place), self.n_outlets

    @property
    def cut(self) -> Bools:
        """Which places have a full list, so that outlets may have been left out.

        Shape (n_places,).
        """
        if self.most is None:
            return np.zeros(self.n_places, dtype=bool)
        return np.asarray(np.diff(self.start) >= self.most)

    @cached_property
    def farthest_min(self) -> Floats:
        """Minutes within which an outlet is, or would be, in the list of each place.

        Shape (n_places,).
        """
        limit = np.full(self.n_places, self.cap_min)
        full = self.cut
        limit[full] = np.minimum(self.minutes[self.start[1:][full] - 1], self.cap_min)
        return limit

    def place_weights(self, weight: Floats) -> Floats:
        """Return the sum of the demand points' weights at each place. Shape (n_places,)."""
        summed = np.bincount(self.place, weights=weight, minlength=self.n_places)
        return np.asarray(summed, dtype=np.float64)

    def blocks(self, entries: int = BLOCK_ENTRIES) -> Iterator[Block]:
        """Yield runs of places with their lists, about so many entries at a time."""
        first = 0
        while first < self.n_places:
            last = int(np.searchsorted(self.start, self.start[first] + entries, side="right")) - 1
            last = min(max(last, first + 1), self.n_places)
            listed = slice(int(self.start[first]), int(self.start[last]))
            size = np.diff(self.start[first : last + 1])
            row = np.repeat(np.arange(last - first), size)
            minutes = self.minutes[listed].astype(np.float64)
            yield Block(slice(first, last), row, self.outlet[listed], minutes)
            first = last


@dataclass(frozen=True, eq=False)
class Block:
    """The lists of a run of places.

    Attributes
    ----------
    places
        The run.
    row
        Place of each entry, counted from the first of the run. Shape (n_entries,).
    outlet, minutes
        Shape (n_entries,).
    """

    places: slice
    row: Ints
    outlet: NDArray[np.int32]
    minutes: Floats


def full_times(minutes: Minutes, ownership: Strings) -> TravelTimes:
    """Return a table of times in the form of lists that leave nothing out.

    Parameters
    ----------
    minutes
        NaN = unreachable. Shape (n_demand, n_outlets).
    ownership
        ``own``, ``partner`` or ``rival``. Shape (n_outlets,).
    """
    n_demand, n_outlets = minutes.shape
    order = np.argsort(minutes, axis=1, kind="stable")
    times = np.take_along_axis(minutes, order, axis=1)
    use = np.isfinite(times)
    start = np.concatenate([[0], np.cumsum(use.sum(axis=1))]).astype(np.int64)
    return _with_nearest(
        n_outlets,
        np.arange(n_demand),
        (start, order[use].astype(np.int32), times[use]),
        ownership,
    )


def measured_times(
    engine: TravelEngine,
    demand_xy: Floats,
    outlet_xy: Floats,
    ownership: Strings,
    *,
    places: DemandPlaces | None = None,
    cap_min: float = CAP_MIN,
    most: int = MOST,
    full_entries: int = FULL_ENTRIES,
) -> TravelTimes:
    """Return minutes between demand points and outlets along the streets.

    Searched from the outlets, of which there are far fewer: with one-way streets it is the way
    from the outlet to the demand point.

    Parameters
    ----------
    engine
        Travel times of one means of travel.
    demand_xy, outlet_xy
        Places in metres. Shapes (n_demand, 2) and (n_outlets, 2).
    ownership
        ``own``, ``partner`` or ``rival``. Shape (n_outlets,).
    places
        Answer of `demand_places` for these demand points, where it is there already.
    cap_min, most
        What lists hold at most, where there are many pairs.
    full_entries
        Up to so many pairs of places and outlets nothing is cut.
    """
    if cap_min <= 0.0 or most < 2:
        raise ValueError(f"Expected cap_min > 0 and most >= 2, found {cap_min} and {most}.")
    outlets = engine.snap(outlet_xy)
    places = demand_places(engine, demand_xy) if places is None else places
    place, targets = places.of_point, places.snapped
    n_outlets = len(ownership)
    if len(targets) * n_outlets <= full_entries:
        seconds = engine.matrix(outlets, targets).T
        found = nearby_of_matrix(seconds, most=None, limit_s=np.inf)
        return _with_nearest(n_outlets, place, _lists(found), ownership)
    found = engine.nearby(outlets, targets, most=most, limit_s=60.0 * cap_min)
    nearest: dict[Owner, Floats] = {}
    nearest_outlet: dict[Owner, Ints] = {}
    second_own = np.full(len(targets), np.inf)
    for owner in OWNERS:
        rows = np.flatnonzero(ownership == owner)
        few = engine.nearby(outlets.take(rows), targets, most=2 if owner == "own" else 1)
        nearest[owner], at = _entry(few, 0)
        nearest_outlet[owner] = np.where(at >= 0, rows[at] if len(rows) else -1, -1)
        if owner == "own":
            second_own, _ = _entry(few, 1)
    return TravelTimes(
        n_outlets, place, *_lists(found), nearest, nearest_outlet, second_own, cap_min, most
    )


def _lists(found: Nearby) -> tuple[Ints, NDArray[np.int32], NDArray[np.float32]]:
    return found.start, found.source, found.seconds / np.float32(60.0)


@dataclass(frozen=True, eq=False)
class DemandPlaces:
    """Where demand is on the streets: points at one spot are one place.

    Attributes
    ----------
    of_point
        Place of each demand point. Shape (n_demand,).
    snapped
        The places on the streets. Shape (n_places,).
    xy
        A demand point of each place, metres. Shape (n_places, 2).
    """

    of_point: Ints
    snapped: Snapped
    xy: Floats


def demand_places(engine: TravelEngine, demand_xy: Floats) -> DemandPlaces:
    """Return the places of demand points by one means of travel."""
    points = engine.snap(demand_xy)
    columns = [points.edge, points.fraction, points.distance_m]
    if points.xy is not None:
        columns += [points.xy[:, 0], points.xy[:, 1]]
    order = np.lexsort(columns)
    other = np.zeros(len(points), dtype=bool)
    for column in columns:
        ordered = column[order]
        other[1:] |= ordered[1:] != ordered[:-1]
    place = np.empty(len(points), dtype=np.int64)
    place[order] = np.cumsum(other)
    other[:1] = True
    first = order[other]
    return DemandPlaces(place, points.take(first), demand_xy[first])


def _entry(found: Nearby, number: int) -> tuple[Floats, Ints]:
    """Return minutes and source of an entry of each list: infinite and -1 where it is shorter."""
    at = found.start[:-1] + number
    there = at < found.start[1:]
    minutes = np.full(len(at), np.inf)
    source = np.full(len(at), -1, dtype=np.int64)
    minutes[there] = found.seconds[at[there]] / np.float32(60.0)
    source[there] = found.source[at[there]]
    return minutes, source


def _with_nearest(
    n_outlets: int,
    place: Ints,
    lists: tuple[Ints, NDArray[np.int32], Minutes],
    ownership: Strings,
) -> TravelTimes:
    """Return times whose lists leave nothing out: the nearest are taken from them."""
    start, outlet, minutes = lists
    n_places = len(start) - 1
    row = np.repeat(np.arange(n_places), np.diff(start))
    nearest: dict[Owner, Floats] = {}
    nearest_outlet: dict[Owner, Ints] = {}
    second_own = np.full(n_places, np.inf)
    for owner in OWNERS:
        mine = np.flatnonzero((ownership == owner)[outlet])
        first = mine[np.diff(row[mine], prepend=-1) > 0]
        nearest[owner] = np.full(n_places, np.inf)
        nearest[owner][row[first]] = minutes[first]
        nearest_outlet[owner] = np.full(n_places, -1, dtype=np.int64)
        nearest_outlet[owner][row[first]] = outlet[first]
        if owner == "own":
            later = mine[np.diff(row[mine], prepend=-1) == 0]
            second = later[np.diff(row[later], prepend=-1) > 0]
            second_own[row[second]] = minutes[second]
    return TravelTimes(
        n_outlets, place, start, outlet, minutes, nearest, nearest_outlet, second_own
    )
