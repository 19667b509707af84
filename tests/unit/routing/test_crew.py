"""Several managers in one cell: who works when, and who may visit whom."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from gridmap.policies import RoutingPolicy
from gridmap.routing.build import periodic_problem
from gridmap.routing.cures import find_cures
from gridmap.routing.diagnose import diagnose, overload
from gridmap.routing.plan import CellRoutes, Tour
from gridmap.routing.problem import CellVisits
from gridmap.routing.routes import number_routes, route_managers
from gridmap.routing.verify import verify_routes

#: One week of three days. Ann works on all of them, Bo on Tuesdays and Wednesdays, three calls at
#: the most, and repairs; Cy is another cell's. Kiosks need a repairer.
GIVEN = {
    "weeks": 1,
    "working_days": [1, 2, 3],
    "grade_policy": {"A": {"visits": 1, "minutes": 30}},
    "day": {"max_calls": 4, "max_minutes": 300},
    "managers": [
        {"name": "Ann", "centre": "home"},
        {"name": "Bo", "centre": "home", "days": "Tu,We", "skills": ["repair"], "max_calls": 3,
         "max_minutes": 120},
        {"name": "Cy", "centre": "elsewhere"},
    ],
    "skills": [{"skill": "repair", "kinds": ["kiosk"]}],
}  # fmt: skip
POLICY = RoutingPolicy.model_validate(GIVEN)
IDS = ("a", "b", "c", "k")


def cell(ids: tuple[str, ...] = IDS) -> CellVisits:
    """Outlets 10 minutes from each other; k is a kiosk."""
    travel_s = np.full((len(ids) + 1, len(ids) + 1), 600.0)
    np.fill_diagonal(travel_s, 0.0)
    kinds = tuple("kiosk" if one.startswith("k") else "shop" for one in ids)
    return CellVisits(3, ids, ("A",) * len(ids), travel_s, kinds, "home")


def test_the_problem_has_a_route_for_each_manager() -> None:
    """Bo is off on Mondays; the kiosk, place 4, has no Monday and no Ann."""
    one = periodic_problem(cell(), POLICY)
    assert one.n_managers == 2
    assert one.most_load.tolist() == [[4.0, 0.0], [4.0, 3.0], [4.0, 3.0]]
    assert one.most_duration.tolist() == [[300 * 60.0, 120 * 60.0]] * 3
    assert one.may_visit.tolist() == [[True, True, True, True, False], [True] * 5]
    days = [
        [np.flatnonzero(one.patterns[row]).tolist() for row in range(first, last)]
        for first, last in zip(one.first_pattern, one.last_pattern, strict=True)
    ]
    assert days[1] == [[0], [1], [2], []]
    assert days[4] == [[1], [2], []]
    # Four visits on five days of a manager.
    assert one.evenness.mean_load == 0.8


def test_what_the_crew_has_room_for() -> None:
    """Ann 3 · 4 calls and 3 · 300 minutes, Bo 2 · 3 and 2 · 120."""
    found = diagnose(cell(), POLICY)
    assert (found.calls_available, found.minutes_available) == (18, 1140.0)
    assert (found.managers, found.days) == (2, 3)
    assert found.feasible


def test_more_than_the_crew_has_room_for() -> None:
    """20 visits where 18 fit: of crews of two, three managers are enough."""
    crowd = cell(ids=tuple(f"o{n}" for n in range(20)))
    found = diagnose(crowd, POLICY)
    assert (found.calls_over, found.minutes_over) == (2, 0.0)
    cures = find_cures(crowd, POLICY, found)
    assert cures.managers == 3
    assert cures.more_days == 1
    assert cures.calls_a_day == 4  # 20 calls by two managers on three days


def test_nobody_with_the_skill_on_any_day_is_an_outlet_that_is_never_open() -> None:
    managers = [dict(one) for one in GIVEN["managers"]]  # type: ignore[attr-defined]
    managers[1]["centre"] = "elsewhere"
    policy = RoutingPolicy.model_validate(GIVEN | {"managers": managers})
    assert diagnose(cell(), policy).closed == ("k",)


def test_more_kiosks_than_the_one_who_repairs_can_visit() -> None:
    """Bo has 2 · 3 calls; there are seven kiosks, and nothing else."""
    kiosks = cell(ids=tuple(f"k{n}" for n in range(7)))
    found = diagnose(kiosks, POLICY)
    (crowd,) = found.crowded
    assert (crowd.days, crowd.managers) == ("Tu,We", "Bo")
    assert (crowd.needed, crowd.available) == (7, 6)
    assert not found.overloaded
    assert "by Bo only, on Tu,We, and need 7 calls there, 6" in overload(kiosks, found)[0].text()


def test_a_policy_without_managers_has_one() -> None:
    policy = RoutingPolicy.model_validate(
        {key: value for key, value in GIVEN.items() if key not in {"managers", "skills"}}
    )
    one = periodic_problem(cell(), policy)
    assert one.n_managers == 1
    assert one.may_visit.all()


def test_tours_of_several_managers() -> None:
    """Two routes on Tuesday: a and b, 40 min of way for Ann; the kiosk, 20 min for Bo."""
    shifts = (((3,), ()), ((1, 2), (4,)), ((), ()))
    done = CellRoutes(cell(), ((3,), (1, 2, 4), ()), diagnose(cell(), POLICY), (), (), shifts)
    assert done.tours == (Tour(0, 0, (3,)), Tour(1, 0, (1, 2)), Tour(1, 1, (4,)))
    assert done.travel_s.tolist() == [1200.0, 1800.0 + 1200.0, 0.0]


class Shared:
    """The tables of a plan by two managers, free to be spoilt."""

    def __init__(self) -> None:
        shifts = (((3,), ()), ((1, 2), (4,)), ((), ()))
        place = cell()
        done = CellRoutes(place, ((3,), (1, 2, 4), ()), diagnose(place, POLICY), (), (), shifts)
        self.given = dict(GIVEN)
        self.routes, stops = number_routes(done, POLICY)
        self.stops = stops.assign(service_min=stops["service_s"] / 60.0)
        self.managers = route_managers(done, POLICY)
        self.outlets = pd.DataFrame(
            {
                "outlet_id": ["home", *IDS],
                "grade": ["", *place.grades],
                "kind": ["", *place.kinds],
                "visited": [False, True, True, True, True],
                "cell_id": 3,
                "is_centre": [True, False, False, False, False],
            }
        )

    def broken(self) -> set[str]:
        policy = RoutingPolicy.model_validate(self.given)
        results = verify_routes(
            self.outlets, self.routes, self.stops, policy, managers=self.managers
        )
        assert all(each.text("zh") for one in results for each in one.faults)
        return {one.name for one in results if not one.ok}

    def change(self, manager: int, **given: object) -> None:
        managers = [dict(one) for one in self.given["managers"]]  # type: ignore[call-overload]
        managers[manager] |= given
        self.given["managers"] = managers


def test_a_plan_by_two_managers_passes() -> None:
    shared = Shared()
    assert shared.managers == {"R03-1": "Ann", "R03-2": "Ann", "R03-2-2": "Bo"}
    assert shared.broken() == set()


def send_a_manager_on_a_day_off(shared: Shared) -> None:
    shared.change(1, days="We")


def send_nobody(shared: Shared) -> None:
    del shared.managers["R03-1"]


def send_somebody_of_another_cell(shared: Shared) -> None:
    shared.managers["R03-1"] = "Cy"


def send_somebody_twice_a_day(shared: Shared) -> None:
    """Ann repairs, too, and drives both routes of Tuesday."""
    shared.change(0, skills=["repair"])
    shared.managers["R03-2-2"] = "Ann"


def forget_a_skill(shared: Shared) -> None:
    shared.given["skills"] = [{"skill": "repair", "kinds": ["kiosk"], "grades": ["A"]}]


def allow_one_call(shared: Shared) -> None:
    shared.change(0, max_calls=1)


def ask_for_two_calls(shared: Shared) -> None:
    shared.change(1, min_calls=2)


def allow_an_hour(shared: Shared) -> None:
    """Ann's Tuesday has 30 + 60 minutes, her Monday 20 + 30."""
    shared.change(0, max_minutes=60)


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (send_a_manager_on_a_day_off, "manager_days"),
        (send_nobody, "manager_days"),
        (send_somebody_of_another_cell, "manager_days"),
        (send_somebody_twice_a_day, "manager_days"),
        (forget_a_skill, "skills"),
        (allow_one_call, "day_calls"),
        (ask_for_two_calls, "least_calls"),
        (allow_an_hour, "day_minutes"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_each_fault_breaks_its_rule_alone(spoil: Callable[[Shared], None], rule: str) -> None:
    shared = Shared()
    spoil(shared)
    assert shared.broken() == {rule}
