"""The checker knows what a re-plan may do, and nothing else."""

from __future__ import annotations

import pandas as pd

from gridmap.policies import GradePolicy, Manager, RoutingPolicy
from gridmap.routing.verify import verify_routes

#: B is visited every second week on one weekday.
POLICY = RoutingPolicy(grade_policy={"B": GradePolicy(visits=2, minutes=10.0)})
RULES = {"visit_frequency", "visit_spacing", "manager_days"}


def broken(
    *days: int, policy: RoutingPolicy = POLICY, replan: dict[str, object] | None = None
) -> set[str]:
    """Return which of `RULES` an outlet `b` that is visited on these cycle days breaks."""
    outlets = pd.DataFrame({"outlet_id": ["b"], "grade": ["B"], "visited": [True], "cell_id": [1]})
    numbers = [f"R01-{day + 1}" for day in days]
    routes = pd.DataFrame(
        {"route_id": numbers, "number": numbers, "cell_id": 1,
         "week": [day // 5 + 1 for day in days], "weekday": [day % 5 + 1 for day in days],
         "stops": 1, "travel_s": 0.0, "service_s": 600.0}
    )  # fmt: skip
    stops = pd.DataFrame(
        {"route_id": numbers, "seq": 1, "outlet_id": "b", "arrival_s": 30_600.0,
         "service_min": 10.0}
    )  # fmt: skip
    results = verify_routes(
        outlets, routes, stops, policy, replan=replan,
        managers=dict.fromkeys(numbers, "Li") if policy.managers else None,
    )  # fmt: skip
    return {one.name for one in results if not one.ok} & RULES


def test_a_visit_that_is_caught_up() -> None:
    missed = {"from_day": 5, "missed": {"b": [2]}}
    assert broken(2, 12) == set()
    assert broken(2, 8, 12) == {"visit_frequency"}
    assert broken(2, 8, 12, replan=missed) == set()
    assert broken(2, 12, replan=missed) == {"visit_frequency"}
    assert broken(2, 8, 14, replan=missed) == {"visit_spacing"}


def test_a_new_outlet_has_its_share() -> None:
    new = {"from_day": 10, "new": ["b"]}
    assert broken(12) == {"visit_frequency"}
    assert broken(12, replan=new) == set()
    assert broken(2, replan=new | {"new": []}) == {"visit_frequency"}


def test_leave_moves_what_lies_on_it_only() -> None:
    away = POLICY.model_copy(update={"managers": (Manager(name="Li", leave=("3:We",)),)})
    assert broken(2, 12, policy=away) == {"manager_days"}
    assert broken(2, 13, policy=away) == set()
    assert broken(3, 14, policy=away) == {"visit_spacing"}
