"""Figures carry the values they were given."""

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from plotly.offline import get_plotlyjs_version

import dashboards
from dashboards import queries
from dashboards.access import Plan
from dashboards.figures.balance import balance_figure, balance_height
from dashboards.figures.coverage import coverage_figure
from dashboards.figures.league import league_figure, league_height
from dashboards.figures.moves import moves_figure
from dashboards.figures.plans import PlanMark, plans_figure
from dashboards.figures.quadrant import Span, label_sides, quadrant_figure, span
from dashboards.queries import CellPoint, LeagueRow, Standing
from gridmap.catalogue import LANGUAGES, Language
from tests.dashboards.fixtures import LOADS, make_plan

#: Kinds of trace that need WebGL code from strings or map tiles from elsewhere.
FORBIDDEN = ("scattergl", "scattermap", "scattermapbox", "scattergeo", "choroplethmap")


@pytest.fixture(scope="module")
def plan() -> Plan:
    return make_plan()


@pytest.mark.parametrize("language", LANGUAGES)
def test_balance_has_a_bar_a_cell(plan: Plan, language: Language) -> None:
    balance = queries.balances(plan)[0]
    figure = balance_figure(balance, language=language)
    bars = figure.data[0]
    assert list(bars.x) == list(LOADS)
    assert list(bars.y) == ["G01", "G02", "G03", "G04"]
    assert list(bars.customdata) == [1, 2, 3, 4]
    assert list(bars.text) == ["-4.0%", "+0.0%", "<b>-8.0%</b>", "<b>+12.0%</b>"]
    assert list(bars.marker.pattern.shape) == ["", "", "/", "/"]


def test_band_is_the_tolerance_about_the_mean(plan: Plan) -> None:
    """Mean 250, ± 5 %: from 237.5 to 262.5."""
    figure = balance_figure(queries.balances(plan)[0], language="en")
    shapes = {shape.name: shape for shape in figure.layout.shapes}
    assert (shapes["tolerance"].x0, shapes["tolerance"].x1) == (237.5, 262.5)
    assert shapes["mean"].x0 == 250.0


def test_without_tolerance_there_is_no_band(plan: Plan) -> None:
    figure = balance_figure(queries.balances(plan)[1], language="en")
    assert [shape.name for shape in figure.layout.shapes] == ["mean"]


def test_height_grows_with_the_cells() -> None:
    assert balance_height(10) - balance_height(9) == balance_height(2) - balance_height(1) > 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_quadrants_are_told_apart_by_shape(plan: Plan, language: Language) -> None:
    figure = quadrant_figure(queries.cell_points(plan), language=language)
    assert len({trace.marker.symbol for trace in figure.data}) == len(figure.data) == 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_league_shows_bands_and_leaves_out_what_has_no_score(
    plan: Plan, language: Language
) -> None:
    rows = queries.league(plan)
    values = [row.position.value for row in rows]
    there = [value for value in values if value is not None]
    assert there == sorted(there, reverse=True)
    assert values[len(there) :] == [None] * (len(values) - len(there))
    none = Standing(None, None, None, None, None)
    banded = Standing(60.0, 55.0, 72.0, 1, 3)
    rows = [LeagueRow(1, "G01", banded, none), LeagueRow(2, "G02", none, none)]
    figure = league_figure(rows, language=language)
    position, coverage = figure.data
    assert list(position.x) == [60.0]
    assert list(position.error_x.array) == [12.0]
    assert list(position.error_x.arrayminus) == [5.0]
    assert len(coverage.x) == 0
    assert list(figure.layout.yaxis.categoryarray) == ["G01", "G02"]
    assert figure.layout.height == league_height(2)


def test_no_points_make_an_empty_chart() -> None:
    assert len(quadrant_figure([], language="en").data) == 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_coverage_has_three_bars_a_threshold(plan: Plan, language: Language) -> None:
    found = queries.thresholds(queries.measures(plan, 1))
    figure = coverage_figure(found, language=language)
    assert [len(trace.y) for trace in figure.data] == [3, 3, 3]
    # reach of cell 1: 0.27, 0.52, 0.77; partners 0.15 more, rivals 0.1 less
    assert list(figure.data[0].y) == pytest.approx([0.27, 0.52, 0.77])
    assert list(figure.data[1].y) == pytest.approx([0.42, 0.67, 0.92])
    assert list(figure.data[2].y) == pytest.approx([0.17, 0.42, 0.67])
    assert len({trace.marker.pattern.shape for trace in figure.data}) == 3


def test_only_charts_that_stay_at_home(plan: Plan) -> None:
    figures = [
        balance_figure(queries.balances(plan)[0], language="en"),
        quadrant_figure(queries.cell_points(plan), language="en"),
        coverage_figure(queries.thresholds(queries.measures(plan, 1)), language="en"),
    ]
    assert all(trace.type not in FORBIDDEN for figure in figures for trace in figure.data)


def test_the_charts_bundle_has_the_version_that_dash_expects() -> None:
    bundle = Path(dashboards.__file__).parent / "assets" / "plotly-cartesian.min.js"
    head = bundle.read_text(encoding="utf-8")[:200]
    major = get_plotlyjs_version().split(".")[0]
    assert f"plotly.js (cartesian - minified) v{major}." in head


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_moves_the_score_has_a_bar_a_choice_in_the_order_of_the_choices(
    plan: Plan, language: Language
) -> None:
    figure = moves_figure(queries.moves(plan), language=language)
    position, coverage = figure.data
    assert list(position.x) == [0.5, 0.25]
    assert list(coverage.x) == [0.0, 1.5]
    assert position.y == coverage.y
    assert position.marker.pattern.shape != coverage.marker.pattern.shape
    assert figure.layout.xaxis.range[1] > 1.5


def test_a_plan_of_old_knows_nothing_of_what_moves_its_scores(plan: Plan) -> None:
    old = replace(plan, scenario=replace(plan.scenario, report={}))
    assert queries.moves(old) == []


def test_codes_of_a_crowd_keep_apart_and_the_chosen_one_is_always_there() -> None:
    """Forty cells on nearly one spot: some codes find no room, none lies on another."""
    rng = np.random.default_rng(4)
    points = [
        CellPoint(one, f"C{one:02}", x, y, "leader", float(one))
        for one, (x, y) in enumerate(rng.normal(60.0, 2.0, (40, 2)).tolist(), start=1)
    ]
    across, upwards = span([one.position for one in points]), span([one.coverage for one in points])
    assert across[1] - across[0] >= 40.0
    sides = label_sides(points, across, upwards)
    assert 40 in sides, "the most demand is first to choose"
    assert 3 < len(sides) < 40
    boxes = label_boxes(points, across, upwards, sides)
    assert not any(overlap(*pair) for pair in combinations(boxes, 2))
    texts = quadrant_figure(points, language="en").data[0].text
    assert sum(bool(one) for one in texts) == len(sides)


def label_boxes(
    points: list[CellPoint], across: Span, upwards: Span, sides: dict[int, str]
) -> list[tuple[float, float, float, float]]:
    """Boxes of the codes on a plot of 280 by 210 pixels, from the definition of each side."""
    boxes = []
    for one in points:
        if one.cell_id not in sides:
            continue
        x = (one.position - across[0]) / (across[1] - across[0]) * 280.0
        y = (one.coverage - upwards[0]) / (upwards[1] - upwards[0]) * 210.0
        away = (9.0 + 17.0 * (one.load / 40.0) ** 0.5) / 2.0
        side = sides[one.cell_id]
        x += {"left": -1, "right": 1}.get(side.split()[1], 0) * (away + 22.5 / 2.0)
        y += {"bottom": -1, "top": 1}.get(side.split()[0], 0) * (away + 7.0)
        boxes.append((x - 11.25, y - 7.0, x + 11.25, y + 7.0))
    return boxes


def overlap(
    one: tuple[float, float, float, float], other: tuple[float, float, float, float]
) -> bool:
    slack = 1e-9
    return (
        min(one[2], other[2]) - max(one[0], other[0]) > slack
        and min(one[3], other[3]) - max(one[1], other[1]) > slack
    )


def test_plans_in_one_place_share_a_label() -> None:
    marks = [
        PlanMark(2, "b", 0.05, 0.1, best=True),
        PlanMark(1, "a", 0.05, 0.1, best=False),
        PlanMark(3, "c", 0.08, 0.1, best=False),
    ]
    figure = plans_figure(marks, across="x", upwards="y", percent=False, selected=1)
    assert list(figure.data[0].text) == ["2 ★, 1", "", "3"]
