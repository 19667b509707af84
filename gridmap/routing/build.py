"""From a cell and a policy to the problem that the engine solves."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gridmap.policies import RoutingPolicy
from gridmap.routing.calendar import NOTHING_ASKED, Calendar
from gridmap.routing.crew import Crew, crew_of
from gridmap.routing.diagnose import day_room_s
from gridmap.routing.periodic import Evenness, Lunch, PeriodicProblem
from gridmap.routing.problem import CellVisits
from gridmap.routing.timing import lunch_window_s
from gridmap.routing.visit_times import VisitTimes, cell_patterns, visit_times
from gridmap.routing.visits import by_importance

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Seconds between places without a way; longer than any day.
NO_WAY_S = 1e7
#: Seconds that leaving out an outlet of the least important class costs: more than any travel.
LOST_S = 1e7
#: What a day that is a whole target off costs, in mean days of work. It is measured in work, not in
#: travel: where outlets stand close together, travel is too little to hold the days even.
EVENNESS = 1.0
#: Seconds of travel that one visit on another day than in the last plan must save.
CHANGED_DAY_S = 600.0


def periodic_problem(cell: CellVisits, policy: RoutingPolicy) -> PeriodicProblem:
    """Return the problem of a cell's cycle, with the places of `CellVisits`.

    Units are seconds, and calls as load. An outlet that is due has a pattern without a day, at
    the price of leaving it out: one outlet is worth more than all those of less important classes
    together, by priority and then by grade. An outlet that is not due, has no way, or no open
    pattern, has that pattern only, free of charge.

    Parameters
    ----------
    cell
        Outlets and the ways between them; other days than those of its last plan cost a little,
        and days that are over have no visits.
    policy
        Grades, cycle, calendar and working day.

    Raises
    ------
    InputError
        If a grade is unknown or asks for more visits than there are days.
    """
    calendar = Calendar(policy)
    times = visit_times(cell, calendar)
    visits, n_outlets = cell.visits(policy), len(cell.outlet_ids)
    around = (1, cell.n_places - n_outlets - 1)  # places without visits before and behind
    service_s = np.pad(cell.service_s(policy), around)
    open_patterns = cell_patterns(cell, calendar, times)
    due = np.array([len(one) > 0 for one in open_patterns], dtype=bool)
    travel_s = np.nan_to_num(cell.travel_s, nan=NO_WAY_S)
    crew = crew_of(cell, calendar)
    evenness = _evenness(cell, np.where(due, visits, 0), service_s, travel_s, crew)
    rows = _PatternRows(calendar.n_days)
    loss = _loss(cell, policy, due)
    skipped_s = evenness.mean_work_s / max(evenness.mean_load, 1.0)
    for outlet, patterns in enumerate(open_patterns):
        price: Floats = np.asarray(skipped_s * patterns.skipped, dtype=np.float64)
        if cell.last is not None and cell.outlet_ids[outlet] in cell.last.days:
            before = np.zeros(calendar.n_days, dtype=bool)
            before[list(cell.last.days[cell.outlet_ids[outlet]])] = True
            price = price + CHANGED_DAY_S * (patterns.days & ~before).sum(axis=1)
        rows.add(patterns.days, price, loss[outlet])
    for _ in range(around[1]):
        rows.add_base()
    works = crew.works.astype(np.float64)
    most_s = crew.most_s if times.timed else np.minimum(crew.most_s, day_room_s(policy))
    bases = np.array([cell.base(one) for one in range(len(crew.managers))], dtype=np.int64)
    return PeriodicProblem(
        travel=travel_s,
        service=service_s,
        load=np.pad(np.ones(n_outlets), around),
        patterns=np.concatenate(rows.days),
        pattern_price=np.concatenate(rows.price),
        first_pattern=np.array(rows.first, dtype=np.int64),
        last_pattern=np.array(rows.last, dtype=np.int64),
        start=bases[:, 0],
        end=bases[:, 1],
        most_load=works * crew.most_calls,
        least_load=works * crew.least_calls,
        most_duration=np.tile(most_s, (calendar.n_days, 1)),
        may_visit=np.pad(crew.may_visit, ((0, 0), around), constant_values=True),
        windows=_window_array(times, calendar, len(service_s)),
        lunch=_lunch(policy) if times.timed else Lunch(),
        evenness=evenness,
    )


@dataclass(eq=False)
class _PatternRows:
    """Collects the patterns of all places; equal lists of equal prices share their rows."""

    n_days: int
    days: list[Bools] = field(default_factory=list)
    price: list[Floats] = field(default_factory=list)
    first: list[int] = field(default_factory=lambda: [0])
    last: list[int] = field(default_factory=lambda: [0])
    _known: dict[tuple[bytes, bytes], tuple[int, int]] = field(default_factory=dict)
    _count: int = 0

    def __post_init__(self) -> None:
        self.days.append(np.zeros((0, self.n_days), dtype=bool))
        self.price.append(np.zeros(0))

    def add(self, days: Bools, price: Floats, loss: float) -> None:
        """Add the patterns of the next outlet, and that without a day at the price `loss`."""
        rows = np.concatenate([days, np.zeros((1, self.n_days), dtype=bool)])
        prices = np.append(price, loss).astype(np.float64)
        key = (rows.tobytes(), prices.tobytes())
        if key not in self._known:
            self._known[key] = (self._count, self._count + len(rows))
            self._count += len(rows)
            self.days.append(rows)
            self.price.append(prices)
        first, last = self._known[key]
        self.first.append(first)
        self.last.append(last)

    def add_base(self) -> None:
        """Add a place where days start or end, which has no pattern."""
        self.first.append(0)
        self.last.append(0)


def _loss(cell: CellVisits, policy: RoutingPolicy, due: Bools) -> Floats:
    """Return the price of leaving each outlet out; 0 where there is no choice."""
    rank = {grade: at for at, grade in enumerate(reversed(by_importance(policy)))}
    worth = [
        (policy.outlets.get(one, NOTHING_ASKED).priority, rank[grade])
        for one, grade in zip(cell.outlet_ids, cell.grades, strict=True)
    ]
    loss, price = np.zeros(len(worth)), LOST_S
    for each in sorted({one for one, is_due in zip(worth, due, strict=True) if is_due}):
        mine = np.array([one == each for one in worth], dtype=bool) & due
        loss[mine] = price
        price *= int(mine.sum()) + 1
    return loss


def _evenness(
    cell: CellVisits, visits: Ints, service_s: Floats, travel_s: Floats, crew: Crew
) -> Evenness:
    """Return the target of an even day of one manager, and the price of missing it.

    The travel of a mean day is taken as that from the nearest places, and one way to the centre;
    where days start or end elsewhere, the ways there and back.
    """
    days = max(int(crew.works.sum()), 1)
    calls = float(visits.sum()) / days
    if calls == 0.0:
        return Evenness()
    apart_s = np.where(np.eye(len(travel_s), dtype=bool), np.inf, travel_s)
    outlets = slice(1, len(visits) + 1)
    travel = float(apart_s[outlets, : outlets.stop].min(axis=1) @ visits) / days
    if cell.bases:
        ways_s = [
            apart_s[start, outlets].min() + apart_s[outlets, end].min() for start, end in cell.bases
        ]
        travel += float(np.minimum(ways_s, NO_WAY_S).mean())
    else:
        travel += float(apart_s[0, outlets].min())
    work = float(service_s[outlets] @ visits) / days + travel
    return Evenness(price=EVENNESS * work, mean_work_s=max(work, 1.0), mean_load=calls)


def _lunch(policy: RoutingPolicy) -> Lunch:
    if policy.day.lunch == 0.0:
        return Lunch()
    return Lunch(policy.day.lunch_s, *lunch_window_s(policy.day))


def _window_array(times: VisitTimes, calendar: Calendar, n_places: int) -> Floats:
    """Return the windows of all places, padded by the last; closed days have the whole day."""
    day = calendar.policy.day
    if not times.timed:
        return np.zeros((n_places, calendar.n_days, 0, 2))
    whole = ((day.start_s, day.end_s),)
    always = (whole,) * calendar.n_days
    behind = n_places - len(times.windows) - 1
    per_place = [always, *times.windows, *(always for _ in range(behind))]
    most = max((len(one) for days in per_place for one in days), default=1)
    array = np.empty((len(per_place), calendar.n_days, most, 2))
    for place, days in enumerate(per_place):
        for at, intervals in enumerate(days):
            shown = intervals or whole
            array[place, at] = [*shown, *[shown[-1]] * (most - len(shown))]
    return array
