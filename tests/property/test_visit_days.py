"""What the planner may choose is what the checker lets pass: two ways from the same words."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.policies import RoutingPolicy
from gridmap.routing.build import periodic_problem
from gridmap.routing.diagnose import diagnose
from gridmap.routing.plan import CellRoutes
from gridmap.routing.problem import CellVisits
from gridmap.routing.routes import number_routes
from gridmap.routing.verify import verify_routes

DAY_RULES = {"visit_frequency", "visit_spacing", "holidays", "outlet_days", "fixed_visits"}
WEEKS, WORKED = 2, ("Mo", "Tu", "We", "Th")
DAYS = st.tuples(st.integers(1, WEEKS), st.sampled_from(WORKED)).map(
    lambda one: f"{one[0]}:{one[1]}"
)
NAMED = st.lists(DAYS, min_size=1, max_size=3, unique=True).map("; ".join)
SOME = st.one_of(st.just(""), NAMED)
GRADES = st.one_of(
    st.fixed_dictionaries({"visits": st.integers(1, 5)}),
    st.just({"visits": 2, "least_gap": 2}),
    st.just({"visits": 3, "least_gap": 1, "most_gap": 4}),
    st.just({"visits": 2, "patterns": ["Mo", "1:Tu; 2:Th"]}),
)


@st.composite
def policies(draw: st.DrawFn) -> RoutingPolicy:
    """One outlet, o, on eight days, with whatever may be asked for."""
    asked = {
        "visit_days": draw(st.one_of(st.just(""), st.just("Mo-We"), NAMED)),
        "no_visit_days": draw(SOME),
        "fixed_visits": draw(st.one_of(st.just(""), st.just(""), NAMED)),
    }
    return RoutingPolicy.model_validate(
        {
            "weeks": WEEKS,
            "working_days": (1, 2, 3, 4),
            "grade_policy": {"A": draw(GRADES) | {"minutes": 5}},
            "holidays": draw(st.lists(DAYS, max_size=3, unique=True)),
            "holiday_shift": draw(st.sampled_from(["skip", "before", "after", "nearest"])),
            "outlets": {"o": asked},
        }
    )


def broken(policy: RoutingPolicy, days: set[int]) -> set[str]:
    """The rules on days that a plan breaks which visits the outlet on these days."""
    cell = CellVisits(1, ("o",), ("A",), np.zeros((2, 2)))
    every = tuple((1,) if day in days else () for day in range(policy.cycle_days))
    routes, stops = number_routes(CellRoutes(cell, every, diagnose(cell, policy), (), ()), policy)
    outlets = pd.DataFrame({"outlet_id": ["o"], "grade": "A", "visited": True, "cell_id": 1})
    stops = stops.assign(service_min=stops["service_s"] / 60.0)
    results = verify_routes(outlets, routes, stops, policy)
    return {one.name for one in results if not one.ok} & DAY_RULES


def open_sets(policy: RoutingPolicy) -> list[set[int]]:
    """The sets of days that the planner may choose from."""
    cell = CellVisits(1, ("o",), ("A",), np.zeros((2, 2)))
    problem = periodic_problem(cell, policy)
    rows = problem.patterns[problem.first_pattern[1] : problem.last_pattern[1]]
    return [set(np.flatnonzero(row).tolist()) for row in rows if row.any()]


@settings(max_examples=120, deadline=None)
@given(policies())
def test_what_the_planner_may_choose_breaks_no_rule(policy: RoutingPolicy) -> None:
    for days in open_sets(policy):
        assert broken(policy, days) == set()


@settings(max_examples=120, deadline=None)
@given(policies(), st.sets(st.integers(0, 7), min_size=1, max_size=5))
def test_what_it_may_not_choose_breaks_one(policy: RoutingPolicy, days: set[int]) -> None:
    """By default the checker takes any sets that are evenly spread, the planner steps only."""
    allowed = open_sets(policy)
    grade = policy.grade_policy["A"]
    stepped = not (grade.patterns or grade.least_gap or policy.outlets["o"].fixed_visits)
    if days not in allowed and not (stepped and WEEKS % grade.visits):
        assert broken(policy, days) != set()
