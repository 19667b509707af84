"""Ways that depend on the time of day: their definition, and whole plans against the checker."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from cell_visits import random_cell
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gridmap.checks import CheckResult
from gridmap.policies import RoutingPolicy
from gridmap.routing.build import periodic_problem
from gridmap.routing.by_period import Search, narrower, solve_by_period
from gridmap.routing.diagnose import diagnose
from gridmap.routing.legs import PeriodLeg, PeriodWays
from gridmap.routing.plan import CellRoutes
from gridmap.routing.portfolio import solve_periodic
from gridmap.routing.problem import CellVisits
from gridmap.routing.route_times import Overrun, RouteTimes
from gridmap.routing.routes import home_times, lunch_begins, number_routes
from gridmap.routing.verify import verify_routes
from gridmap.routing.verify_periods import arrival

H = 3600.0
#: Parts of the working day from 8:30 to 18:00 and their shares of it.
BEGINS_S, SHARES = (8.5 * H, 10 * H, 16 * H), (1.5 / 9.5, 6.0 / 9.5, 2.0 / 9.5)


@st.composite
def period_legs(draw: st.DrawFn) -> PeriodLeg:
    begins = sorted(draw(st.sets(st.integers(0, 86_400), min_size=1, max_size=4)))
    seconds = [draw(st.floats(1.0, 20_000.0)) for _ in begins]
    return PeriodLeg(tuple(float(one) for one in begins), tuple(seconds))


MOMENTS = st.floats(0.0, 100_000.0)


@given(period_legs(), MOMENTS)
def test_a_way_is_over_when_all_of_it_is_gone(leg: PeriodLeg, depart_s: float) -> None:
    """Σ over the parts of the day of the time spent in one ÷ its seconds for the way = 1."""
    arrive_s = leg.arrival_s(depart_s)
    gone = 0.0
    for (begin, end), seconds in zip(
        pairwise((-np.inf, *leg.begins_s[1:], np.inf)), leg.seconds, strict=True
    ):
        gone += max(min(end, arrive_s) - max(begin, depart_s), 0.0) / seconds
    assert gone == pytest.approx(1.0, abs=1e-6)


@given(period_legs(), MOMENTS)
def test_planner_and_checker_agree_on_a_way(leg: PeriodLeg, depart_s: float) -> None:
    assert arrival(leg.begins_s, leg.seconds, depart_s) == pytest.approx(
        leg.arrival_s(depart_s), abs=0.01
    )


@given(period_legs(), MOMENTS, st.floats(0.0, 10_000.0))
@example(PeriodLeg((0.0, 100.0), (1000.0, 10.0)), 99.0, 1.0)
def test_who_leaves_later_never_arrives_earlier(
    leg: PeriodLeg, depart_s: float, wait_s: float
) -> None:
    """Whoever took the seconds of the period of the departure would break this in the example:
    from 99 on until 1099, from 100 on until 110."""
    assert leg.arrival_s(depart_s + wait_s) >= leg.arrival_s(depart_s) - 1e-6


def test_a_way_that_cannot_be_gone_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        PeriodLeg((0.0,), (np.nan,)).arrival_s(0.0)


def with_periods(cell: CellVisits, seed: int, *, spread: float = 0.5) -> CellVisits:
    """The cell with each way shorter or longer by up to a share in each part of the day."""
    rng = np.random.default_rng(seed)
    shape = (len(BEGINS_S), *cell.travel_s.shape)
    travel_s = cell.travel_s * rng.uniform(1.0 - spread, 1.0 + spread, shape)
    ways = PeriodWays(BEGINS_S, SHARES, travel_s)
    return replace(cell, travel_s=ways.mean_s, periods=ways)


class Written:
    """The tables of a cell's plan."""

    def __init__(self, cell: CellVisits, policy: RoutingPolicy, days: list[tuple[int, ...]]):
        planned = CellRoutes(cell, tuple(days), diagnose(cell, policy), (), ())
        assert cell.periods is not None
        self.policy = policy
        self.routes, stops = number_routes(planned, policy)
        self.stops = stops.assign(service_min=stops["service_s"] / 60.0)
        self.lunch_s = lunch_begins(planned, policy)
        self.home_s = home_times(planned, policy)
        self.legs_s = {
            route: [list(leg.seconds) for leg in cell.periods.legs(planned.way(tour))]
            for route, tour in zip(self.routes["route_id"], planned.tours, strict=True)
        }
        self.outlets = pd.DataFrame(
            {"outlet_id": cell.outlet_ids, "grade": cell.grades, "visited": True, "cell_id": 3}
        )

    def results(self) -> list[CheckResult]:
        return verify_routes(
            self.outlets,
            self.routes,
            self.stops,
            self.policy,
            lunch_begins_s=self.lunch_s,
            home_s=self.home_s,
            period_legs={"begins_s": list(BEGINS_S), "legs_s": self.legs_s},
        )

    def broken(self) -> set[str]:
        assert all(each.text("zh") for one in self.results() for each in one.faults)
        return {one.name for one in self.results() if not one.ok}


@st.composite
def asked_of_days(draw: st.DrawFn) -> dict[str, object]:
    until = draw(st.sampled_from([None, "13:00", "14:30"]))
    lunch = draw(st.sampled_from([0, 45]))
    # nine visits far apart, one of which begins at 11:10 at the earliest, must fit into the day
    return {"end": "20:00", "lunch": lunch, "lunch_until": until, "max_minutes": 570}


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 9), asked_of_days(), st.booleans())
def test_times_of_any_route_are_what_the_checker_adds_up(
    seed: int, stops: int, day: dict[str, object], hours: bool
) -> None:
    """A day of up to nine visits in any order; opening hours make it wait, lunch may be on it."""
    cell = with_periods(random_cell(stops, seed, grades="A"), seed)
    asked = {"o0": {"hours": "Mo-Fr 11:10-18:00"}} if hours else {}
    policy = RoutingPolicy.model_validate(
        {
            "weeks": 1,
            "working_days": [1],
            "day": day,
            "outlets": asked,
            "grade_policy": {"A": {"visits": 1, "minutes": 20}},
        }
    )
    order = tuple(int(one) + 1 for one in np.random.default_rng(seed + 1).permutation(stops))
    written = Written(cell, policy, [order])
    times, kept = RouteTimes(cell, policy).of(0, 0, order)
    assert kept
    assert times.home_s <= policy.day.end_s
    assert sum(times.ways_s) == pytest.approx(float(written.routes["travel_s"].iloc[0]))
    assert written.broken() == set()


POLICY = RoutingPolicy.model_validate(
    {
        "weeks": 1,
        "working_days": [1, 2],
        "day": {"max_minutes": 570},
        "grade_policy": {"A": {"visits": 1, "minutes": 20}},
    }
)


def come_late(written: Written) -> None:
    written.stops.loc[2, "arrival_s"] += 30.0


def take_the_mean_of_the_day(written: Written) -> None:
    legs = written.legs_s[written.routes["route_id"].iloc[0]]
    legs[1] = [float(np.dot(SHARES, legs[1]))] * 3


def forget_the_ways(written: Written) -> None:
    del written.legs_s[written.routes["route_id"].iloc[1]]


def forget_the_way_home(written: Written) -> None:
    written.legs_s[written.routes["route_id"].iloc[1]].pop()


def come_home_earlier(written: Written) -> None:
    written.home_s[written.routes["route_id"].iloc[0]] -= 20.0


def state_less_travel(written: Written) -> None:
    """Not so much less that the arrivals themselves would give it away."""
    written.routes.loc[0, "travel_s"] -= 20.0


@pytest.mark.parametrize(
    "seed_fault",
    [
        come_late,
        take_the_mean_of_the_day,
        forget_the_ways,
        forget_the_way_home,
        come_home_earlier,
        state_less_travel,
    ],
)
def test_each_seeded_fault_breaks_this_rule_and_no_other(seed_fault: object) -> None:
    written = Written(
        with_periods(random_cell(8, 5, grades="A"), 5), POLICY, [(1, 2, 3, 4), (5, 6, 7, 8)]
    )
    assert written.broken() == set()
    seed_fault(written)  # type: ignore[operator]
    assert written.broken() == {"way_periods"}


def test_a_plan_without_periods_has_no_such_rule() -> None:
    written = Written(with_periods(random_cell(8, 5, grades="A"), 5), POLICY, [(1, 2), (3,)])
    results = verify_routes(written.outlets, written.routes, written.stops, written.policy)
    assert "way_periods" not in {one.name for one in results}


def slow_mornings(cell: CellVisits, factor: float) -> CellVisits:
    """Ways take so much longer before 10 that the mean over the day is far too short for it."""
    plain = cell.travel_s
    ways = PeriodWays(BEGINS_S, SHARES, np.stack([factor * plain, plain, plain]))
    return replace(cell, travel_s=ways.mean_s, periods=ways)


def search_of(policy: RoutingPolicy) -> Search:
    return partial(solve_periodic, seed=1, iterations=policy.iterations)


def searched(cell: CellVisits, policy: RoutingPolicy) -> tuple[tuple[Overrun, ...], ...]:
    """Return what the search by the mean breaks, and what the search by period breaks.

    Both visit everybody.
    """
    problem = periodic_problem(cell, policy)
    times = RouteTimes(cell, policy)
    without = replace(cell, periods=None)
    plans = [solve_by_period(problem, one, policy, search_of(policy)) for one in (without, cell)]
    found = [plan.days for plan in plans if plan]
    assert [sum(len(route) for day in days for route in day) for days in found] == [
        len(cell.outlet_ids)
    ] * 2
    return tuple(times.overruns(days) for days in found)


@pytest.mark.parametrize(("seed", "max_minutes"), [(3, 110), (4, 110), (5, 115)])
def test_days_that_break_a_limit_by_the_periods_are_repaired(seed: int, max_minutes: float) -> None:
    cell = with_periods(random_cell(16, seed, grades="A", side_m=2000.0), seed, spread=0.8)
    policy = RoutingPolicy.model_validate(
        {
            "weeks": 1,
            "iterations": 40,
            "day": {"max_minutes": max_minutes},
            "grade_policy": {"A": {"visits": 1, "minutes": 20}},
        }
    )
    by_mean, by_period = searched(cell, policy)
    assert by_mean
    assert by_period == ()


def test_windows_that_the_periods_break_are_repaired() -> None:
    """All close at 10:05: by the mean every day is in time, by its own ways one is not."""
    cell = slow_mornings(random_cell(10, 4, grades="A", side_m=2000.0), 2.5)
    policy = RoutingPolicy.model_validate(
        {
            "weeks": 1,
            "iterations": 40,
            "outlets": {one: {"hours": "Mo-Fr 08:30-10:05"} for one in cell.outlet_ids},
            "grade_policy": {"A": {"visits": 1, "minutes": 20}},
        }
    )
    by_mean, by_period = searched(cell, policy)
    assert by_mean
    assert by_period == ()


def test_at_the_slowest_a_plan_holds_though_narrower_days_do_not_help(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without a round of narrower days the cell is searched with the slowest time of every way."""
    monkeypatch.setattr("gridmap.routing.by_period.MOST_ROUNDS", 0)
    cell = with_periods(slow_mornings(random_cell(12, 3, grades="A", side_m=2000.0), 2.0), 3)
    policy = RoutingPolicy.model_validate(
        {
            "weeks": 1,
            "iterations": 40,
            "day": {"max_minutes": 90, "lunch_after": "09:00", "lunch_until": "09:40"},
            "grade_policy": {"A": {"visits": 1, "minutes": 20}},
        }
    )
    plan = solve_by_period(periodic_problem(cell, policy), cell, policy, search_of(policy))
    assert plan
    assert RouteTimes(cell, policy).overruns(plan.days) == ()


def test_narrower_days_never_end_before_they_begin() -> None:
    cell = with_periods(random_cell(4, 1, grades="A"), 1)
    policy = RoutingPolicy.model_validate(
        {
            "weeks": 1,
            "day": {"lunch_until": "13:00"},
            "grade_policy": {"A": {"visits": 1, "minutes": 20}},
        }
    )
    problem = periodic_problem(cell, policy)
    found = narrower(problem, [Overrun(day=2, manager=0, longer_s=59.0, later_s=1e6)])
    assert found.most_duration[2, 0] == problem.most_duration[2, 0] - 60.0
    assert (found.most_duration[[0, 1, 3, 4]] == problem.most_duration[[0, 1, 3, 4]]).all()
    assert (found.windows[:, 2, :, 1] == problem.windows[:, 2, :, 0]).all()
    assert (found.windows[:, 3] == problem.windows[:, 3]).all()
    assert found.lunch.until_s == problem.lunch.after_s
