"""Travel times after outlets have opened and closed, only of the places that this concerns.

Outlets keep their numbers: closed ones are in no list any more, opened ones come after the others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gridmap.scoring.outlet_search import OutletSearch
from gridmap.scoring.travel_change_kernels import (
    first_of,
    lists_of,
    merged_lists,
    places_with,
)
from gridmap.scoring.travel_times import (
    OWNERS,
    Bools,
    Floats,
    Ints,
    Minutes,
    Owner,
    Strings,
    TravelTimes,
)

#: Length of lists that leave nothing out.
ENDLESS = 1 << 40
#: A list that has lost an outlet is searched again this much farther than it went.
FARTHER = 1.05

#: A search, its means of travel, and the numbers of the places in question.
_Asked = tuple[OutletSearch, str, Ints]


@dataclass(frozen=True, eq=False)
class Outlets:
    """Who is there, with and without the change; opened outlets last.

    Attributes
    ----------
    xy
        Metres. Shape (n_wide, 2).
    ownership
        ``own``, ``partner`` or ``rival``. Shape (n_wide,).
    closed, opened
        Numbers of the outlets that close and open.
    """

    xy: Floats
    ownership: Strings
    closed: Ints
    opened: Ints

    @property
    def staying(self) -> Bools:
        """Which are there after the change. Shape (n_wide,)."""
        there = np.ones(len(self.ownership), dtype=bool)
        there[self.closed] = False
        return there


@dataclass(frozen=True, eq=False)
class Concerned:
    """Places whose times a change concerns, and the times of the outlets it is about.

    Attributes
    ----------
    places
        Ascending. Shape (n_concerned,).
    opened_min
        Minutes of opened outlets to these places. Shape (n_opened, n_concerned).
    """

    places: Ints
    opened_min: Minutes


def concerned_places(
    times: TravelTimes, outlets: Outlets, search: OutletSearch, mode: str
) -> Concerned:
    """Return the places in whose lists or nearest times an outlet of the change is, or will be."""
    number = np.concatenate([outlets.closed, outlets.opened])
    hit = np.zeros(times.n_places, dtype=bool)
    for one in number.tolist():
        owner: Owner = outlets.ownership[one].item()
        limit = np.maximum(times.farthest_min, times.nearest[owner])
        if owner == "own":
            limit = np.maximum(limit, times.second_own)
        some = search.within(mode, outlets.xy[one], limit)
        minutes = search.minutes(mode, outlets.xy[[one]], some)[0]
        hit[some] |= (minutes <= limit[some]) & np.isfinite(minutes)
    places = np.flatnonzero(hit)
    return Concerned(places, search.minutes(mode, outlets.xy[outlets.opened], places))


def changed_times(
    times: TravelTimes,
    concerned: Concerned,
    outlets: Outlets,
    search: OutletSearch,
    mode: str,
) -> TravelTimes:
    """Return the times of the places concerned after the change, each as a demand point."""
    part = places_of(times, concerned.places, len(outlets.ownership))
    start, outlet, minutes = merged_lists(
        part.start, part.outlet, part.minutes, outlets.staying,
        concerned.opened_min.T.copy(), outlets.opened, part.cap_min,
        part.most or ENDLESS,
    )  # fmt: skip
    changed = replace(part, start=start, outlet=outlet, minutes=minutes)
    asked = search, mode, concerned.places
    if part.most is not None:
        lost = places_with(part.start, part.outlet, part.minutes, ~outlets.staying, np.inf)
        short = np.flatnonzero(part.cut & lost)
        until = float(part.minutes[part.start[1:][short] - 1].max(initial=0.0))
        changed = _refilled(changed, short, outlets, asked, until_min=until)
    return _nearest_again(changed, outlets, asked)


def among(part: TravelTimes, rows: Ints, changed: TravelTimes) -> TravelTimes:
    """Return times of places in which some have changed.

    Parameters
    ----------
    part
        Times of places, each a demand point.
    rows
        Which of them have changed, ascending.
    changed
        Their times, in the same order.
    """
    nearest, nearest_outlet = {}, {}
    for owner in OWNERS:
        nearest[owner] = part.nearest[owner].copy()
        nearest_outlet[owner] = part.nearest_outlet[owner].copy()
        nearest[owner][rows] = changed.nearest[owner]
        nearest_outlet[owner][rows] = changed.nearest_outlet[owner]
    second_own = part.second_own.copy()
    second_own[rows] = changed.second_own
    listed = _other_lists(part, rows, (changed.start, changed.outlet, changed.minutes))
    return replace(listed, nearest=nearest, nearest_outlet=nearest_outlet, second_own=second_own)


def _other_lists(
    part: TravelTimes, rows: Ints, lists: tuple[Ints, NDArray[np.int32], Minutes]
) -> TravelTimes:
    """Return times in which some places have other lists."""
    new_start, new_outlet, new_minutes = lists
    size = np.diff(part.start)
    size[rows] = np.diff(new_start)
    start = np.concatenate([[0], np.cumsum(size)])
    other = np.zeros(part.n_places, dtype=bool)
    other[rows] = True
    new, stays = np.repeat(other, size), ~np.repeat(other, np.diff(part.start))
    outlet, minutes = np.empty(start[-1], np.int32), np.empty(start[-1], part.minutes.dtype)
    outlet[new], minutes[new] = new_outlet, new_minutes
    outlet[~new], minutes[~new] = part.outlet[stays], part.minutes[stays]
    return replace(part, start=start, outlet=outlet, minutes=minutes)


def places_of(times: TravelTimes, places: Ints, n_outlets: int) -> TravelTimes:
    """Return the times of some places, each a demand point, with room for more outlets."""
    return TravelTimes(
        n_outlets,
        np.arange(len(places)),
        *lists_of(times.start, times.outlet, times.minutes, places),
        {owner: times.nearest[owner][places] for owner in OWNERS},
        {owner: times.nearest_outlet[owner][places] for owner in OWNERS},
        times.second_own[places],
        times.cap_min,
        times.most,
    )


def _refilled(
    part: TravelTimes, short: Ints, outlets: Outlets, asked: _Asked, *, until_min: float
) -> TravelTimes:
    """Return times in which the lists of some places are searched again.

    Their last outlets were `until_min` away at most: the next one is hardly much farther.
    """
    if not len(short) or part.most is None:
        return part
    search, mode, places = asked
    there = np.flatnonzero(outlets.staying)
    within = FARTHER * until_min
    while True:
        within = min(within, part.cap_min)
        some = there[search.around(mode, outlets.xy[there], places[short], within)]
        found = search.few(mode, outlets.xy[some], places[short], most=part.most, within_min=within)
        if within == part.cap_min or (np.diff(found.start) >= part.most).all():
            break
        within *= 1.5
    lists = found.start, some[found.outlet].astype(np.int32), found.minutes
    return _other_lists(part, short, lists)


def _nearest_again(part: TravelTimes, outlets: Outlets, asked: _Asked) -> TravelTimes:
    """Return the times with the nearest of every owner that the change is about.

    A list holds the nearest of all, so that of an owner too where it is long enough; elsewhere
    it is searched.
    """
    search, mode, places = asked
    nearest, nearest_outlet = dict(part.nearest), dict(part.nearest_outlet)
    second_own = part.second_own
    about = outlets.ownership[np.concatenate([outlets.closed, outlets.opened])]
    for owner in [one for one in OWNERS if one in about]:
        most = 2 if owner == "own" else 1
        mine = outlets.ownership == owner
        count, number, first, second = first_of(part.start, part.outlet, part.minutes, mine)
        lacking = np.flatnonzero(count < most) if part.most is not None else places[:0]
        if len(lacking):
            who = np.flatnonzero(outlets.staying & mine)
            few = search.few(mode, outlets.xy[who], places[lacking], most=most, within_min=np.inf)
            first[lacking], row = few.nth(0)
            number[lacking] = np.where(row >= 0, who[row] if len(who) else -1, -1)
            second[lacking], _ = few.nth(1)
        nearest[owner], nearest_outlet[owner] = first, number
        if owner == "own":
            second_own = second
    return replace(part, nearest=nearest, nearest_outlet=nearest_outlet, second_own=second_own)
