"""What outlets and grades ask for: each seeded fault breaks the rule meant for it and no other."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from gridmap.policies import RoutingPolicy
from gridmap.routing.diagnose import diagnose
from gridmap.routing.plan import CellRoutes
from gridmap.routing.problem import CellVisits
from gridmap.routing.routes import lunch_begins, number_routes
from gridmap.routing.verify import verify_routes

H = 3600.0
#: Two weeks from Monday to Friday: days 0 to 9; the second Wednesday, day 7, is a holiday, so that
#: weekly visits on Wednesdays are on days 2 and 8. Lunch begins between 12:00 and 13:00.
POLICY = RoutingPolicy.model_validate(
    {
        "weeks": 2,
        "cycle_start": "2026-11-30",
        "holidays": ["2026-12-09"],
        "grade_policy": {
            "A": {"visits": 2, "minutes": 25},
            "P": {"visits": 2, "minutes": 25, "patterns": ["1:Mo,We", "2:Mo,Tu"]},
            "G": {"visits": 2, "minutes": 25, "least_gap": 3},
            "C": {"visits": 1, "minutes": 15},
        },
        "day": {"lunch": 60, "lunch_after": "12:00", "lunch_until": "13:00", "min_calls": 2},
        "outlets": {
            "hours": {"hours": "Mo-Fr 09:00-12:00,14:00-18:00"},
            "only": {"visit_days": "Mo"},
            "never": {"no_visit_days": "Mo,Tu"},
            "fixed": {"fixed_visits": "1:Tu; 2:Th"},
        },
        "appointments": [
            {"outlet": "agreed", "day": "2026-12-08", "start": "15:00", "end": "15:30"}
        ],
    }
)
DAYS = {
    0: ["hours", "only"],
    1: ["fixed", "agreed", "gaps"],
    2: ["holiday", "never"],
    4: ["gaps", "plain"],
    5: ["hours", "only", "sets"],
    6: ["sets", "once", "agreed"],
    8: ["holiday", "never", "fixed"],
    9: ["plain", "spare"],
}
GRADES = {
    "hours": "A", "only": "A", "holiday": "A", "never": "A", "fixed": "A", "agreed": "A",
    "sets": "P", "gaps": "G", "plain": "A", "once": "C", "spare": "C",
}  # fmt: skip


class Asked:
    """The tables of a plan in which everything that may be asked for is asked for once."""

    def __init__(self) -> None:
        ids = tuple(GRADES)
        travel_s = np.full((len(ids) + 1, len(ids) + 1), 600.0)
        np.fill_diagonal(travel_s, 0.0)
        cell = CellVisits(3, ids, tuple(GRADES.values()), travel_s)
        days = tuple(tuple(ids.index(one) + 1 for one in DAYS.get(day, ())) for day in range(10))
        planned = CellRoutes(cell, days, diagnose(cell, POLICY), (), ())
        self.policy = POLICY
        self.routes, stops = number_routes(planned, POLICY)
        self.stops = stops.assign(service_min=stops["service_s"] / 60.0)
        self.lunch_begins_s = lunch_begins(planned, POLICY)
        self.left_out: list[str] = []
        self.outlets = pd.DataFrame(
            {"outlet_id": ids, "grade": cell.grades, "visited": True, "cell_id": 3}
        )

    def broken(self) -> dict[str, str]:
        """Rules that are broken, and what is told."""
        results = verify_routes(
            self.outlets,
            self.routes,
            self.stops,
            self.policy,
            left_out=self.left_out,
            lunch_begins_s=self.lunch_begins_s,
        )
        assert all(each.text("zh") for one in results for each in one.faults)
        return {one.name: one.faults[0].text() for one in results if not one.ok}

    def ask(self, **given: object) -> None:
        """Change the policy."""
        changed = self.policy.model_dump(exclude_unset=True) | given
        self.policy = RoutingPolicy.model_validate(changed)

    def ask_of(self, outlet: str, **given: object) -> None:
        outlets = self.policy.model_dump(exclude_unset=True)["outlets"]
        self.ask(outlets=outlets | {outlet: given})

    def ask_of_day(self, **given: object) -> None:
        day = self.policy.day.model_dump(exclude_unset=True)
        self.ask(day=day | given)

    def route(self, day: int) -> str:
        week, weekday = day // 5 + 1, day % 5 + 1
        mine = (self.routes["week"] == week) & (self.routes["weekday"] == weekday)
        return str(self.routes.loc[mine, "route_id"].iloc[0])

    def row(self, outlet: str, day: int) -> int:
        mine = (self.stops["outlet_id"] == outlet) & (self.stops["route_id"] == self.route(day))
        return int(self.stops.index[mine][0])

    def begin(self, outlet: str, day: int, at: float) -> None:
        self.stops.loc[self.row(outlet, day), "arrival_s"] = at

    def swap(self, outlet: str, day: int, other: str, other_day: int) -> None:
        """Exchange two stops of equally long visits."""
        one, two = self.row(outlet, day), self.row(other, other_day)
        self.stops.loc[[one, two], "outlet_id"] = [other, outlet]


def test_a_plan_that_keeps_everything_passes() -> None:
    """The first outlet opens at 9:00, though the way there takes only until 8:40."""
    asked = Asked()
    assert asked.broken() == {}
    assert asked.stops.loc[asked.row("hours", 0), "arrival_s"] == 9 * H
    assert asked.stops.loc[asked.row("agreed", 6), "arrival_s"] == 15 * H
    assert asked.lunch_begins_s == {asked.route(6): 12 * H}


def come_before_it_opens(asked: Asked) -> None:
    asked.begin("hours", 0, 8 * H + 2400.0)


def stay_after_it_closes(asked: Asked) -> None:
    """It closes at 9:20 on Mondays, when the visit that began at 9:00 is not over."""
    asked.ask_of("hours", hours="Mo 09:00-09:20")


def eat_too_late(asked: Asked) -> None:
    asked.lunch_begins_s[asked.route(6)] = 13.5 * H


def eat_too_early(asked: Asked) -> None:
    asked.lunch_begins_s[asked.route(6)] = 11.5 * H


def eat_nothing(asked: Asked) -> None:
    asked.lunch_begins_s.clear()


def eat_during_a_visit(asked: Asked) -> None:
    asked.ask_of_day(lunch_after="08:30")
    asked.lunch_begins_s[asked.route(6)] = 9 * H


def come_on_a_day_that_is_not_wanted(asked: Asked) -> None:
    asked.ask_of("only", visit_days="Tu")


def come_on_a_forbidden_day(asked: Asked) -> None:
    asked.ask_of("never", no_visit_days="We")


def move_a_fixed_visit(asked: Asked) -> None:
    asked.ask_of("fixed", fixed_visits="1:Tu; 2:Fr")


def ask_for_more_calls(asked: Asked) -> None:
    asked.ask_of_day(min_calls=3)


def miss_an_appointment(asked: Asked) -> None:
    asked.begin("agreed", 6, 15.75 * H)


def forget_an_appointment(asked: Asked) -> None:
    """It was agreed for another Tuesday's hour, at which nobody came."""
    agreed = {"outlet": "agreed", "day": "2026-12-01", "start": "16:00", "end": "17:00"}
    given = [one.model_dump() for one in asked.policy.appointments]
    asked.ask(appointments=[*given, agreed])


def declare_a_holiday(asked: Asked) -> None:
    asked.ask(holidays=["2026-12-09", "2026-12-07"])


def move_a_shifted_visit(asked: Asked) -> None:
    """Its Wednesday goes to Friday instead of Thursday; the other outlet's day does not matter."""
    asked.swap("holiday", 8, "plain", 9)
    asked.ask_of("plain", fixed_visits="1:Fr; 2:Th")


def leave_the_sets_of_days(asked: Asked) -> None:
    grades = asked.policy.model_dump(exclude_unset=True)["grade_policy"]
    asked.ask(grade_policy=grades | {"P": {"visits": 2, "minutes": 25, "patterns": ["Mo"]}})


def come_too_soon(asked: Asked) -> None:
    grades = asked.policy.model_dump(exclude_unset=True)["grade_policy"]
    asked.ask(grade_policy=grades | {"G": {"visits": 2, "minutes": 25, "least_gap": 4}})


def wait_for_nothing(asked: Asked) -> None:
    """The last visit of a day begins 3 h later than the way takes, though nothing opens then."""
    asked.begin("only", 0, 12.5 * H)


@pytest.mark.parametrize(
    ("spoil", "rule", "named"),
    [
        (come_before_it_opens, "opening_hours", "hours"),
        (stay_after_it_closes, "opening_hours", "hours"),
        (eat_too_late, "lunch", "R03-7"),
        (eat_too_early, "lunch", "R03-7"),
        (eat_nothing, "lunch", "R03-7"),
        (eat_during_a_visit, "lunch", "R03-7"),
        (come_on_a_day_that_is_not_wanted, "outlet_days", "only"),
        (come_on_a_forbidden_day, "outlet_days", "never"),
        (move_a_fixed_visit, "fixed_visits", "fixed"),
        (ask_for_more_calls, "least_calls", "R03-1"),
        (miss_an_appointment, "appointments", "agreed"),
        (forget_an_appointment, "appointments", "agreed"),
        (declare_a_holiday, "holidays", "R03-6"),
        (move_a_shifted_visit, "visit_spacing", "holiday"),
        (leave_the_sets_of_days, "visit_spacing", "sets"),
        (come_too_soon, "visit_spacing", "gaps"),
        (wait_for_nothing, "stop_times", "R03-1"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_each_fault_breaks_its_rule_alone(
    spoil: Callable[[Asked], None], rule: str, named: str
) -> None:
    asked = Asked()
    spoil(asked)
    broken = asked.broken()
    assert list(broken) == [rule]
    assert named in broken[rule]


def test_who_is_named_as_left_out_breaks_no_appointment_and_no_fixed_visit() -> None:
    asked = Asked()
    for outlet in ("agreed", "fixed"):
        rows = asked.stops["outlet_id"] == outlet
        assert rows.sum() == 2
        asked.stops = asked.stops[~rows]
    assert {"visit_frequency"} <= set(asked.broken())
    assert "appointments" in asked.broken()
    asked.left_out = ["agreed", "fixed"]
    assert not {"visit_frequency", "appointments", "fixed_visits"} & set(asked.broken())


@pytest.mark.parametrize(
    ("shift", "days", "kept"),
    [
        ("after", (2, 8), True),
        ("before", (2, 6), True),
        ("nearest", (2, 6), True),
        ("skip", (2,), True),
        ("skip", (2, 8), False),
        ("after", (2, 6), False),
        ("after", (2,), False),
        ("before", (2, 8), False),
        ("after", (0, 5), True),
        ("skip", (0, 5), True),
        ("skip", (0,), False),
    ],
)
def test_holidays_are_dealt_with_as_the_policy_says(
    shift: str, days: tuple[int, ...], kept: bool
) -> None:
    """A weekly outlet of Wednesdays or Mondays; the second Wednesday, day 7, is off."""
    policy = RoutingPolicy.model_validate(
        {
            "weeks": 2,
            "holidays": ["2:We"],
            "holiday_shift": shift,
            "grade_policy": {"A": {"visits": 2, "minutes": 10}},
        }
    )
    cell = CellVisits(1, ("a",), ("A",), np.zeros((2, 2)))
    every = tuple((1,) if day in days else () for day in range(10))
    routes, stops = number_routes(CellRoutes(cell, every, diagnose(cell, policy), (), ()), policy)
    outlets = pd.DataFrame({"outlet_id": ["a"], "grade": "A", "visited": True, "cell_id": 1})
    stops = stops.assign(service_min=stops["service_s"] / 60.0)
    broken = {one.name for one in verify_routes(outlets, routes, stops, policy) if not one.ok}
    assert broken == (set() if kept else {"visit_spacing"})


def test_a_plan_without_visits_passes() -> None:
    """Tables read from a file without rows know no types of their columns."""
    asked = Asked()
    asked.outlets = asked.outlets.assign(visited=False).astype({"grade": "str"})
    asked.routes = asked.routes.iloc[:0]
    asked.stops = asked.stops.iloc[:0]
    asked.policy = RoutingPolicy()
    assert asked.broken() == {}
