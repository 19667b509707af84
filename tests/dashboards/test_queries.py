"""Plain values out of a plan; the sums are done by hand in the comments."""

from dataclasses import replace

import pandas as pd
import pytest

from dashboards import queries
from dashboards.access import Plan
from dashboards.state import Page, Selection
from tests.dashboards.fixtures import CELL_NAMES, LOADS, make_plan


@pytest.fixture(scope="module")
def plan() -> Plan:
    return make_plan()


def test_balance_compares_with_the_mean(plan: Plan) -> None:
    """Loads 240, 250, 230, 280; mean 250; deviations -4 %, 0, -8 %, +12 %; tolerance 5 %."""
    balance = queries.balances(plan)[0]
    assert balance.loads == LOADS
    assert balance.target == 250.0
    assert balance.deviations == pytest.approx((-0.04, 0.0, -0.08, 0.12))
    assert balance.outside == ("G03", "G04")


def test_a_workload_without_tolerance_has_no_cell_outside(plan: Plan) -> None:
    assert queries.balances(plan)[1].outside == ()


def test_a_load_of_nothing_deviates_by_nothing(plan: Plan) -> None:
    empty = replace(queries.balances(plan)[0], loads=(0.0, 0.0), target=0.0)
    assert empty.deviations == (0.0, 0.0)


def test_table_has_a_row_a_cell(plan: Plan) -> None:
    rows = queries.cell_table(plan)
    assert [row["name"] for row in rows] == list(CELL_NAMES)
    # seven partners a cell are visited
    assert [row["outlets"] for row in rows] == [7, 7, 7, 7]
    assert [row["routes"] for row in rows] == [4, 4, 4, 0]
    assert rows[3]["position"] is None
    assert rows[0]["area_km2"] == pytest.approx(0.24)


def test_measures_of_a_cell(plan: Plan) -> None:
    found = queries.measures(plan, 1)
    assert found["position_score"].value == 72.0
    assert (found["position_score"].rank_low, found["position_score"].rank_high) == (3, 4)
    assert found["hhi"].rank_low is None
    lacking = queries.measures(plan, 4)["position_score"]
    assert lacking.value is None
    assert lacking.note == "too_little_data"


def test_a_metric_of_another_version_is_not_named(plan: Plan) -> None:
    one = replace(queries.measures(plan, 1)["hhi"], metric="of_the_future")
    assert one.named is None


def test_thresholds_are_in_order(plan: Plan) -> None:
    """Reach of cell 2 by own outlets: 0.25, 0.5 and 0.75, plus 0.04."""
    found = queries.thresholds(queries.measures(plan, 2))
    assert [(one.mode, one.minutes) for one in found] == [("walk", 5), ("walk", 10), ("walk", 15)]
    assert [one.shares["coverage_own"] for one in found] == pytest.approx([0.29, 0.54, 0.79])


def test_only_cells_with_both_scores_are_points(plan: Plan) -> None:
    points = queries.cell_points(plan)
    assert [point.code for point in points] == ["G01", "G02", "G03"]
    assert (points[0].position, points[0].coverage, points[0].load) == (72.0, 64.0, 240.0)


def test_outlets_of_a_cell_own_first_then_by_grade(plan: Plan) -> None:
    rows = queries.cell_outlets(plan, 1)
    assert [row["ownership"] for row in rows] == ["own", *["partner"] * 7, "rival", "rival"]
    assert [row["grade"] for row in rows] == ["", *"AABBCCC", "", ""]
    # visits of the default policy: A 4, B 2, C 1
    assert [row["visits"] for row in rows] == [0, 4, 4, 2, 2, 1, 1, 1, 0, 0]
    assert rows[1]["invented"]
    assert not rows[0]["invented"]


def test_calendar_has_every_working_day(plan: Plan) -> None:
    weeks = queries.calendar(plan, 1)
    assert [len(week) for week in weeks] == [5, 5]
    assert [day.stops for day in weeks[0]] == [4, 0, 0, 3, 0]
    monday = weeks[1][0]
    # grades A, B, C, B: 25 + 18 + 12 + 18 minutes, and four ways of 5 minutes
    assert [route.service_s for route in monday.routes] == [73 * 60]
    assert monday.longest_s == 93 * 60
    assert monday.number == "G01-3"


def test_first_day_is_the_first_with_stops(plan: Plan) -> None:
    first = queries.first_day(plan, 2)
    assert first is not None
    assert (first.week, first.weekday) == (1, 1)
    assert queries.first_day(plan, 4) is None


def test_stops_are_in_order_of_visit(plan: Plan) -> None:
    stops = queries.day_stops(plan, 1, 1, 4)
    assert [stop.seq for stop in stops] == [1, 2, 3]
    assert [stop.outlet_id for stop in stops] == ["p-0-4", "p-0-5", "p-0-6"]
    # 8:30 and five minutes on the way
    assert stops[0].arrival_s == 8.5 * 3600 + 300
    assert queries.day_stops(plan, 1, 1, 2) == []


def test_bounds_of_a_day_lie_within_the_territory(plan: Plan) -> None:
    west, south, east, north = queries.territory_bounds(plan)
    day = queries.day_bounds(plan, 1, 1, 1)
    assert west < day[0] < day[2] < east
    assert south < day[1] < day[3] < north


def test_a_day_off_shows_the_cell(plan: Plan) -> None:
    cell = queries.day_bounds(plan, 1, None, None)
    assert queries.day_bounds(plan, 1, 1, 2) == cell
    west, _, east, _ = queries.territory_bounds(plan)
    # the cell is the western half; meridians are not quite parallel to the grid
    assert west <= cell[0] < west + 0.001
    assert cell[2] - cell[0] == pytest.approx((east - west) / 2, rel=0.05)


def test_what_is_not_in_the_plan_is_not_selected(plan: Plan) -> None:
    asked = Selection(Page.ROUTES, "zh", 9, 99, 3, 1)
    assert queries.settle(plan, asked) == Selection(Page.ROUTES, "zh", 1)
    kept = Selection(Page.ROUTES, "zh", 1, 2, 2, 5)
    assert queries.settle(plan, kept) == kept
    assert queries.settle(plan, replace(kept, weekday=6)).week is None


def test_overloaded_cells_have_a_day_above_the_limit(plan: Plan) -> None:
    assert queries.overloaded(plan) == []
    routes = plan.scenario.routes.copy()
    routes.loc[routes["cell_id"] == 2, "travel_s"] = 7 * 3600.0
    heavy = Plan(1, plan.territory, replace(plan.scenario, routes=routes))
    assert queries.overloaded(heavy) == ["G02"]


def test_notices_are_told_once(plan: Plan) -> None:
    twice = replace(plan.scenario.partition, notices=plan.scenario.notices)
    doubled = Plan(1, plan.territory, replace(plan.scenario, partition=twice))
    assert len(queries.notices(doubled)) == 1


def test_names_and_timings(plan: Plan) -> None:
    assert queries.cell_names(plan)[0] == (1, "G01 · Market")
    assert queries.timings(plan) == [("partition", 1.25), ("routing", 2.0)]


def test_names_that_repeat_the_code_are_shown_once(plan: Plan) -> None:
    cells = plan.scenario.cells.assign(name=plan.scenario.cells["code"])
    named = Plan(1, plan.territory, replace(plan.scenario, cells=pd.DataFrame(cells)))
    assert queries.cell_names(named)[0] == (1, "G01")
