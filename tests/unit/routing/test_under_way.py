"""A cycle that is under way: the past stays, the rest makes up for what was missed or is new."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from cell_visits import random_cell

from gridmap.errors import InfeasibleError
from gridmap.policies import Manager, RoutingPolicy
from gridmap.routing.plan import CellRoutes, plan_cell_routes
from gridmap.routing.problem import CellVisits
from gridmap.routing.refusal import refuse_overload
from gridmap.routing.under_way import LastRoutes

POLICY = RoutingPolicy(iterations=60)
WEEK_2 = 5


def last_of(done: CellRoutes, *, from_day: int = 0, **more: object) -> LastRoutes:
    ids = done.cell.outlet_ids
    routes = {
        (tour.day, tour.manager): tuple(ids[place - 1] for place in tour.places)
        for tour in done.tours
    }
    return LastRoutes(done.visit_days, routes, from_day, **more)  # type: ignore[arg-type]


def planned(cell: CellVisits, policy: RoutingPolicy = POLICY) -> CellRoutes:
    return plan_cell_routes(cell, policy, seed=1)


def ids(done: CellRoutes, day: int) -> tuple[str, ...]:
    return tuple(done.cell.outlet_ids[place - 1] for place in done.days[day])


def test_without_news_all_stays_in_its_order() -> None:
    first = planned(random_cell(40, 7))
    again = plan_cell_routes(replace(first.cell, last=last_of(first)), POLICY, seed=9)
    cost = first.travel_s.sum()
    assert again.visit_days == first.visit_days or again.travel_s.sum() < cost
    kept = sum(one == other for one, other in zip(first.days, again.days, strict=True))
    assert kept >= 18


def test_the_past_is_untouched_and_missed_visits_are_caught_up() -> None:
    first = planned(random_cell(40, 7))
    missed = ids(first, 1)[0]
    last = last_of(first, from_day=WEEK_2, missed={missed: (1,)})
    again = plan_cell_routes(replace(first.cell, last=last), POLICY, seed=9)
    assert again.days[:WEEK_2] == first.days[:WEEK_2]
    assert not again.left_out
    before = set(first.visit_days[missed])
    assert before <= set(again.visit_days[missed]) | {1}
    assert len(again.visit_days[missed]) == len(before) + 1
    assert max(again.visit_days[missed]) >= WEEK_2


def test_a_new_outlet_gets_its_share_of_what_is_left() -> None:
    whole = random_cell(40, 7)
    first = planned(whole)
    days = {one: when for one, when in first.visit_days.items() if one != "o5"}
    last = replace(last_of(first, from_day=10), days=days)
    cell = replace(whole, grades=tuple("A" for _ in whole.grades), last=last)
    assert cell.visits(POLICY)[5] == 2
    again = plan_cell_routes(replace(whole, last=last), POLICY, seed=9)
    assert all(day >= 10 for day in again.visit_days["o5"] if day not in first.visit_days["o5"])


def test_leave_moves_the_visits_of_its_days_only() -> None:
    first = planned(random_cell(30, 3))
    policy = POLICY.model_copy(update={"managers": (Manager(name="Li", leave=("2:We",)),)})
    off = WEEK_2 + 2
    last = last_of(first, from_day=WEEK_2)
    again = plan_cell_routes(replace(first.cell, last=last), policy, seed=9)
    assert first.days[off] and not again.days[off]
    assert not again.left_out
    changed = {
        outlet for outlet, days in first.visit_days.items() if again.visit_days[outlet] != days
    }
    assert set(ids(first, off)) <= changed
    assert len(changed) <= 2 * len(ids(first, off))
    for outlet, days in first.visit_days.items():
        assert len(again.visit_days[outlet]) == len(days)


def test_leave_without_a_last_plan_moves_weekly_visits_too() -> None:
    policy = POLICY.model_copy(update={"managers": (Manager(name="Li", leave=("2:Mo-Fr",)),)})
    cell = random_cell(10, 3, grades="A")
    done = plan_cell_routes(cell, policy, seed=1)
    assert not done.left_out
    assert not any(done.days[5:10])
    assert all(len(days) == 4 for days in done.visit_days.values())


def test_what_cannot_be_caught_up_is_refused_with_numbers() -> None:
    tight = POLICY.model_copy(update={"day": POLICY.day.model_copy(update={"max_calls": 3})})
    cell = random_cell(30, 3, grades="B")  # 60 visits, room for 60
    first = plan_cell_routes(cell, tight, seed=1)
    assert not first.left_out
    missed = dict.fromkeys(ids(first, 0), (0,))
    last = last_of(first, from_day=WEEK_2, missed=missed)
    with pytest.raises(InfeasibleError, match="3 visits too many") as refused:
        refuse_overload([replace(cell, last=last)], tight)
    assert any(one.values.get("over") == 3 for one in refused.value.faults), refused.value


def test_colleague_takes_over() -> None:
    """With two managers the visits of the one on leave stay on their day."""
    crew = (Manager(name="Li"), Manager(name="Wang"))
    policy = POLICY.model_copy(update={"managers": crew})
    first = planned(random_cell(60, 5), policy)
    off = WEEK_2 + 1
    away = policy.model_copy(update={"managers": (Manager(name="Li", leave=("2:Tu",)), crew[1])})
    last = last_of(first, from_day=WEEK_2)
    again = plan_cell_routes(replace(first.cell, last=last), away, seed=2)
    assert not again.shifts[off][0]
    assert not again.left_out
    same = sum(again.visit_days[one] == days for one, days in first.visit_days.items())
    assert same >= 0.9 * len(first.visit_days)
    assert np.all([len(again.visit_days[one]) == len(d) for one, d in first.visit_days.items()])
