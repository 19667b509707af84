"""A re-plan touches little: nothing without news, few routes for one more outlet."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from cell_visits import random_cell
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.policies import RoutingPolicy
from gridmap.routing.build import periodic_problem
from gridmap.routing.plan import CellRoutes, plan_cell_routes
from gridmap.routing.problem import CellVisits
from gridmap.routing.routes import number_routes
from gridmap.routing.under_way import LastRoutes

POLICY = RoutingPolicy(iterations=30)
#: Cycle days, out of 20, that one more C outlet, with a single visit, may change at the most.
MOST_DAYS = 6

CELLS = st.builds(random_cell, st.integers(3, 40), st.integers(0, 10_000))
FEW = settings(max_examples=12, deadline=None)


def last_of(done: CellRoutes, from_day: int = 0) -> LastRoutes:
    ids = done.cell.outlet_ids
    routes = {
        (tour.day, tour.manager): tuple(ids[place - 1] for place in tour.places)
        for tour in done.tours
    }
    return LastRoutes(done.visit_days, routes, from_day)


def cost_s(done: CellRoutes, cell: CellVisits) -> float:
    """Travel, unevenness and changed days of a plan, from the definition in docs/routing.md."""
    problem = periodic_problem(cell, POLICY)
    even, total = problem.evenness, 0.0
    service_s = problem.service
    for day, places in enumerate(done.days):
        if not problem.most_load[day].any():
            continue
        way = np.array([0, *places, 0])
        travel_s = float(cell.travel_s[way[:-1], way[1:]].sum())
        work = (travel_s + service_s[list(places)].sum()) / even.mean_work_s - 1.0
        total += travel_s + even.price * (work**2 + (len(places) / even.mean_load - 1.0) ** 2)
    assert cell.last is not None
    moved = sum(
        len(set(days) - set(cell.last.days[outlet])) for outlet, days in done.visit_days.items()
    )
    return total + 600.0 * moved


@given(cell=CELLS, seeds=st.tuples(st.integers(0, 99), st.integers(0, 99)))
@FEW
def test_unchanged_inputs_keep_the_plan_or_better_it(
    cell: CellVisits, seeds: tuple[int, int]
) -> None:
    first = plan_cell_routes(cell, POLICY, seed=seeds[0])
    again = plan_cell_routes(replace(cell, last=last_of(first)), POLICY, seed=seeds[1])
    known = replace(cell, last=last_of(first))
    before, after = cost_s(first, known), cost_s(again, known)
    assert after <= before + 1e-6
    if again.days != first.days:
        assert after < before
    for number in number_routes(again, POLICY)[0]["number"]:
        assert number in set(number_routes(first, POLICY)[0]["number"]) or after < before


@given(cell=CELLS, from_day=st.integers(1, 19), seed=st.integers(0, 99))
@FEW
def test_the_past_stays_to_the_stop(cell: CellVisits, from_day: int, seed: int) -> None:
    first = plan_cell_routes(cell, POLICY, seed=0)
    again = plan_cell_routes(replace(cell, last=last_of(first, from_day)), POLICY, seed=seed)
    assert again.days[:from_day] == first.days[:from_day]
    assert not again.left_out
    counts = {outlet: len(days) for outlet, days in first.visit_days.items()}
    assert {outlet: len(days) for outlet, days in again.visit_days.items()} == counts


@given(cell=CELLS, seed=st.integers(0, 99))
@FEW
def test_one_more_outlet_changes_few_days(cell: CellVisits, seed: int) -> None:
    """The last outlet is new, with one visit: at most `MOST_DAYS` days have another set."""
    ids = cell.outlet_ids
    cell = replace(cell, grades=(*cell.grades[:-1], "C"))
    fewer = replace(
        cell, outlet_ids=ids[:-1], grades=cell.grades[:-1], travel_s=cell.travel_s[:-1, :-1]
    )
    settled = RoutingPolicy(iterations=150)
    first = plan_cell_routes(fewer, settled, seed=0)
    again = plan_cell_routes(replace(cell, last=last_of(first)), POLICY, seed=seed)
    assert len(again.visit_days[ids[-1]]) == 1
    changed = sum(set(one) != set(other) for one, other in zip(first.days, again.days, strict=True))
    assert changed <= MOST_DAYS
