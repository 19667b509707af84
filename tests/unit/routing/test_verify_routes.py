"""Good routes pass; each seeded fault is caught by the rule that is meant for it."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from cell_visits import random_cell
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.policies import RoutingPolicy
from gridmap.routing.plan import plan_cell_routes
from gridmap.routing.problem import CellVisits
from gridmap.routing.routes import number_routes
from gridmap.routing.verify import day_balance, verify_routes

POLICY = RoutingPolicy(iterations=300)


class Written:
    """The tables of a plan, free to be spoilt."""

    def __init__(self, cell: CellVisits, policy: RoutingPolicy = POLICY, seed: int = 1) -> None:
        planned = plan_cell_routes(cell, policy, seed=seed)
        self.policy = policy
        self.routes, stops = number_routes(planned, policy)
        self.stops = stops.assign(service_min=stops["service_s"] / 60.0)
        self.left_out = list(planned.left_out)
        self.outlets = pd.DataFrame(
            {
                "outlet_id": list(cell.outlet_ids),
                "grade": list(cell.grades),
                "visited": True,
                "cell_id": cell.cell_id,
            }
        )

    def broken(self) -> set[str]:
        results = verify_routes(
            self.outlets, self.routes, self.stops, self.policy, left_out=self.left_out
        )
        for one in results:
            assert one.ok == (not one.faults)
            for each in one.faults:
                assert each.text("en")
                assert each.text("zh")
        return {one.name for one in results if not one.ok}


@pytest.fixture
def written() -> Written:
    return Written(random_cell(40, 1))


def test_good_routes_pass(written: Written) -> None:
    assert written.broken() == set()


@settings(max_examples=15, deadline=None)
@given(
    outlets=st.integers(0, 40),
    seed=st.integers(0, 10_000),
    weeks=st.integers(1, 5),
    working_days=st.sets(st.integers(1, 7), min_size=1, max_size=7),
)
def test_every_plan_keeps_every_rule(
    outlets: int, seed: int, weeks: int, working_days: set[int]
) -> None:
    """Whatever the cell and the cycle, what does not fit is named and the rest is right."""
    policy = RoutingPolicy(
        iterations=50,
        weeks=weeks,
        working_days=tuple(working_days),
        grade_policy={
            "A": {"visits": min(weeks, len(working_days) * weeks), "minutes": 25},
            "B": {"visits": max(1, weeks // 2), "minutes": 18},
            "C": {"visits": 1, "minutes": 12},
        },
    )
    assert Written(random_cell(outlets, seed), policy, seed).broken() == set()


def first_route(written: Written) -> str:
    return str(written.routes["route_id"].iloc[0])


def drop_a_visit(written: Written) -> None:
    """The last stop of a route is gone, and the route says so."""
    route = written.stops["route_id"].value_counts().idxmax()
    rows = written.stops[written.stops["route_id"] == route]
    last = rows.iloc[-1]
    written.stops = written.stops.drop(rows.index[-1])
    mine = written.routes["route_id"] == route
    written.routes.loc[mine, "stops"] -= 1
    written.routes.loc[mine, "service_s"] -= last["service_s"]


def exchange(written: Written, one: int, other: int) -> None:
    """Two stops of equally long visits change places."""
    rows = [one, other]
    written.stops.loc[rows, "outlet_id"] = written.stops.loc[rows[::-1], "outlet_id"].to_numpy()


def weekly_stops(written: Written) -> pd.DataFrame:
    """Stops of the outlets that are visited weekly, with the day of each."""
    weekly = written.outlets.loc[written.outlets["grade"] == "A", "outlet_id"]
    stops = written.stops[written.stops["outlet_id"].isin(weekly)].reset_index()
    return stops.merge(written.routes[["route_id", "week", "weekday"]], on="route_id")


def move_a_visit(written: Written) -> None:
    """Two weekly outlets are visited on each other's weekday once."""
    stops = weekly_stops(written)
    first = stops[stops["week"] == 1].drop_duplicates("weekday")
    exchange(written, *first["index"].iloc[:2])


def lengthen_a_day(written: Written) -> None:
    written.routes.loc[0, "travel_s"] += 8 * 3600.0


def visit_another_cell(written: Written) -> None:
    written.outlets.loc[0, "cell_id"] = 99


def visit_twice_a_day(written: Written) -> None:
    """Of two weekly outlets of one weekday one comes twice in a week, the other in the next."""
    stops = weekly_stops(written).sort_values("outlet_id", kind="stable")
    day = next(one for _, one in stops.groupby("weekday") if one["outlet_id"].nunique() > 1)
    one, other = sorted(set(day["outlet_id"]))[:2]
    first = day[(day["outlet_id"] == one) & (day["week"] == 1)]["index"]
    second = day[(day["outlet_id"] == other) & (day["week"] == 2)]["index"]
    exchange(written, first.iloc[0], second.iloc[0])


def use_a_number_twice(written: Written) -> None:
    written.routes.loc[1, "number"] = written.routes.loc[0, "number"]


def number_without_gaps(written: Written) -> None:
    """The last route is numbered as if an idle day before it had not been counted."""
    last = len(written.routes) - 1
    old = str(written.routes.loc[last, "route_id"])
    new = f"{old.partition('-')[0]}-{int(old.partition('-')[2]) + 1}"
    written.routes.loc[last, ["route_id", "number"]] = new
    written.stops.loc[written.stops["route_id"] == old, "route_id"] = new


def go_on_sunday(written: Written) -> None:
    written.routes.loc[len(written.routes) - 1, "weekday"] = 7


def arrive_before_leaving(written: Written) -> None:
    busy = written.stops["route_id"].value_counts().idxmax()
    rows = written.stops.index[written.stops["route_id"] == busy]
    written.stops.loc[rows[1], "arrival_s"] = written.stops.loc[rows[0], "arrival_s"]


def hide_the_travel(written: Written) -> None:
    """The arrivals tell of ways that the route's travel does not have."""
    written.routes.loc[0, "travel_s"] = 0.0
    day = written.policy.day.model_copy(update={"lunch": 0.0})
    written.policy = written.policy.model_copy(update={"day": day})


def forget_an_arrival(written: Written) -> None:
    written.stops.loc[0, "arrival_s"] = np.nan


def use_another_id(written: Written) -> None:
    """The number is right, but it is not the route's id."""
    old = first_route(written)
    written.routes.loc[0, "route_id"] = "x"
    written.stops.loc[written.stops["route_id"] == old, "route_id"] = "x"


def start_too_early(written: Written) -> None:
    written.stops.loc[0, "arrival_s"] = 3600.0


def shorten_a_visit(written: Written) -> None:
    written.stops.loc[0, "service_min"] = 1.0


def skip_a_number(written: Written) -> None:
    """The last stop of a route has too high a number."""
    written.stops.loc[len(written.stops) - 1, "seq"] += 1


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (drop_a_visit, "visit_frequency"),
        (move_a_visit, "visit_spacing"),
        (lengthen_a_day, "day_minutes"),
        (visit_another_cell, "stops_known"),
        (visit_twice_a_day, "once_a_day"),
        (use_a_number_twice, "route_numbers"),
        (number_without_gaps, "route_numbers"),
        (go_on_sunday, "cycle_days"),
        (arrive_before_leaving, "stop_times"),
        (start_too_early, "stop_times"),
        (hide_the_travel, "stop_times"),
        (forget_an_arrival, "stop_times"),
        (use_another_id, "route_numbers"),
        (shorten_a_visit, "service_minutes"),
        (skip_a_number, "stop_sequence"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_each_fault_breaks_its_rule_alone(
    written: Written, spoil: Callable[[Written], None], rule: str
) -> None:
    spoil(written)
    assert written.broken() == {rule}


def test_too_many_calls_are_caught(written: Written) -> None:
    day = written.policy.day.model_copy(update={"max_calls": 2})
    written.policy = written.policy.model_copy(update={"day": day})
    assert "day_calls" in written.broken()


def test_days_that_end_too_late_are_caught(written: Written) -> None:
    day = written.policy.day.model_copy(update={"end": "09:00"})
    written.policy = written.policy.model_copy(update={"day": day})
    assert "stop_times" in written.broken()


def test_a_left_out_outlet_must_be_named(written: Written) -> None:
    """An outlet without visits is a fault, unless the plan names it."""
    gone = "o0"
    rows = written.stops["outlet_id"] == gone
    counts = written.stops[rows].groupby("route_id")["service_s"].agg(["size", "sum"])
    written.stops = written.stops[~rows]
    for route, count in counts.iterrows():
        mine = written.routes["route_id"] == route
        written.routes.loc[mine, "stops"] -= count["size"]
        written.routes.loc[mine, "service_s"] -= count["sum"]
    assert "visit_frequency" in written.broken()
    written.left_out = [gone]
    assert "visit_frequency" not in written.broken()


def test_lunch_is_taken_once_between_two_stops() -> None:
    """Stops of 2 h with ways of 30 min: 9:00, 11:30, then lunch after 13:30, so 15:00."""
    travel_s = np.full((4, 4), 1800.0)
    np.fill_diagonal(travel_s, 0.0)
    policy = RoutingPolicy(
        weeks=1,
        working_days=(1,),
        iterations=0,
        grade_policy={"A": {"visits": 1, "minutes": 120}},
        day={"max_minutes": 600, "end": "20:00"},
    )
    cell = CellVisits(1, ("a", "b", "c"), ("A", "A", "A"), travel_s)
    _, stops = number_routes(plan_cell_routes(cell, policy, seed=1), policy)
    assert (stops["arrival_s"] / 3600.0).tolist() == [9.0, 11.5, 15.0]


def test_day_balance_counts_idle_days() -> None:
    """Two routes in a cycle of four days: 2 idle; calls 0 to 6, minutes 0 to 90."""
    policy = RoutingPolicy(weeks=2, working_days=(1, 2))
    routes = pd.DataFrame(
        {
            "cell_id": [5, 5],
            "stops": [6, 2],
            "travel_s": [1800.0, 600.0],
            "service_s": [3600.0, 1200.0],
        }
    )
    row = day_balance(routes, policy).iloc[0]
    assert row["cell_id"] == 5
    assert row["idle_days"] == 2
    assert [row[f"calls_{how}"] for how in ("least", "mean", "most")] == [0.0, 2.0, 6.0]
    assert [row[f"minutes_{how}"] for how in ("least", "mean", "most")] == [0.0, 30.0, 90.0]
    assert day_balance(routes.iloc[:0], policy).empty
