"""What stands on the pages, in both languages."""

from dataclasses import replace

import pytest

from dashboards.access import Plan, Plans
from dashboards.app import content
from dashboards.book import OF_A_PLAN
from dashboards.components.card_lists import card_lists
from dashboards.components.empty import unknown_scenario
from dashboards.components.findings import cell_findings
from dashboards.components.legend import legend
from dashboards.components.notices import notices
from dashboards.ids import Card
from dashboards.pages import Desk, cell_card, cells, routes
from dashboards.queries import day_stops
from dashboards.state import Page, Selection
from dashboards.tiles import Basemaps
from gridmap.catalogue import LANGUAGES, Language, text
from gridmap.store.scope import Scope
from tests.dashboards.fixtures import MemoryStore, make_plan

CHOSEN = Selection(Page.ROUTES, "en", 1, 1, 1, 1)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return make_plan()


def words_of(tree: object) -> str:
    """All text of a component, in its order."""
    if tree is None:
        return ""
    if isinstance(tree, (list, tuple)):
        return " ".join(words_of(one) for one in tree)
    if hasattr(tree, "to_plotly_json"):
        parts = [getattr(tree, "title", None), getattr(tree, "children", None)]
        return " ".join(words_of(one) for one in parts if one is not None)
    return str(tree)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", list(OF_A_PLAN))
def test_each_page_in_each_language(plan: Plan, page: Page, language: Language) -> None:
    desk = Desk(Plans(MemoryStore(plan)), Basemaps(None), Scope.everything)
    chosen = replace(CHOSEN, page=page, language=language)
    said = words_of(content(desk, plan, chosen))
    assert ("编造" if language == "zh" else "Invented") in said


def test_a_map_without_basemap_asks_for_no_tiles(plan: Plan) -> None:
    tiles = "/tiles/1/{z}/{x}/{y}.mvt"
    assert tiles not in str(cells.layout(plan, CHOSEN, has_basemap=False))
    assert tiles in str(cells.layout(plan, CHOSEN, has_basemap=True))


def test_the_map_names_where_its_data_come_from(plan: Plan) -> None:
    assert "© OpenStreetMap contributors" in str(routes.layout(plan, CHOSEN, has_basemap=False))


def test_preview_shows_the_cell_and_ways_to_more(plan: Plan) -> None:
    shown = cells.preview(plan, CHOSEN)
    said = words_of(shown)
    assert "G01 · Market" in said
    assert "-4.0%" in said
    assert "/cell?scenario=1&cell=1&day=1-1&lang=en" in str(shown)


def test_preview_of_nothing_says_what_to_do(plan: Plan) -> None:
    assert "Choose a cell" in words_of(cells.preview(plan, replace(CHOSEN, cell=None)))


def test_notices_tell_what_is_wrong_with_the_plan(plan: Plan) -> None:
    said = words_of(notices(plan, "en"))
    assert "Demand: 2 cells lie outside ±5% (G03, G04)." in said
    assert "no plan can do better than ±6%" in said
    assert "Invented sample data: grades." in said
    # the fourth one waits behind a summary
    assert "Show 1 more" in said


def test_notices_tell_of_days_that_are_too_long(plan: Plan) -> None:
    table = plan.scenario.routes.assign(travel_s=8 * 3600.0)
    heavy = Plan(1, plan.territory, replace(plan.scenario, routes=table))
    assert "3 cells have days above 420 minutes (G01, G02, G03)" in words_of(notices(heavy, "en"))


def test_a_plan_without_fault_has_no_notices(plan: Plan) -> None:
    balances = tuple(replace(one, tolerance=None) for one in plan.scenario.partition.balances)
    calm = replace(
        plan.scenario, notices=(), partition=replace(plan.scenario.partition, balances=balances)
    )
    fine = Plan(1, replace(plan.territory, invented=()), calm)
    assert words_of(notices(fine, "en")) == ""


def test_card_shows_scores_with_their_bands(plan: Plan) -> None:
    said = words_of(cell_card.card(plan, CHOSEN))
    assert "72 / 100 Rank between 3 and 4 of 4" in " ".join(said.split())
    assert "Likely between 66 and 77 points" in said
    assert "Data at hand: 80%" in said
    assert "Rank 1 of 4" in said


def test_card_says_why_there_is_no_score(plan: Plan) -> None:
    said = words_of(cell_card.card(plan, replace(CHOSEN, cell=4)))
    assert "No score: " in said
    assert "too_little_data" not in said


def test_card_explains_the_standing(plan: Plan) -> None:
    assert "defend" in words_of(cell_card.card(plan, CHOSEN))


def test_card_of_no_cell_is_empty(plan: Plan) -> None:
    assert cell_card.card(plan, replace(CHOSEN, cell=None)) == []
    assert card_lists(plan, replace(CHOSEN, cell=None)) == []


def test_card_of_a_plan_without_scores(plan: Plan) -> None:
    bare = replace(
        plan.scenario,
        scores=plan.scenario.scores.iloc[:0],
        cells=plan.scenario.cells.assign(position_score=float("nan")),
    )
    unscored = Plan(1, plan.territory, bare)
    assert "No score: no figures" in words_of(cell_card.card(unscored, CHOSEN))
    said = words_of([cell_card.charts(unscored, CHOSEN), *cell_card.coverage({}, "en")])
    assert "No cell has both scores yet." in said
    assert "Coverage was not scored in this plan." in said


def test_assumed_grades_are_marked(plan: Plan) -> None:
    assert "A (assumed)" in str(card_lists(plan, CHOSEN))


def test_calendar_links_each_day_with_stops(plan: Plan) -> None:
    table = str(routes.calendar_table(plan, CHOSEN))
    assert table.count("&day=") == 4
    assert "day=2-4" in table
    assert table.count("day day-here") == 1
    assert "day-over" not in table


def test_calendar_marks_days_that_are_too_long(plan: Plan) -> None:
    heavy = replace(plan.scenario, routes=plan.scenario.routes.assign(travel_s=8 * 3600.0))
    table = str(routes.calendar_table(Plan(1, plan.territory, heavy), CHOSEN))
    assert table.count("day-over") == 4
    summary = words_of(routes.day_summary(Plan(1, plan.territory, heavy), CHOSEN))
    assert "Too long: 553 min" in summary


def test_summary_of_a_day(plan: Plan) -> None:
    said = words_of(routes.day_summary(plan, CHOSEN))
    assert "G01-1 · Week 1, Monday" in said
    assert "4 visits · 20 min travel (Walking" in said
    assert "93 min of 420 min used" in said


def test_summary_of_a_day_off_and_of_no_day(plan: Plan) -> None:
    assert "No visits" in words_of(routes.day_summary(plan, replace(CHOSEN, weekday=2)))
    nothing = replace(CHOSEN, week=None, weekday=None)
    assert "Choose a day" in words_of(routes.day_summary(plan, nothing))


def test_a_day_of_two_managers_shows_the_route_of_each(plan: Plan) -> None:
    """The two routes of the cell's first week are moved to one day and named."""
    scenario = plan.scenario
    mine = scenario.routes["cell_id"] == 1
    numbers = scenario.routes["number"][mine & (scenario.routes["week"] == 1)].tolist()
    assert len(numbers) == 2
    weekday = scenario.routes["weekday"].mask(scenario.routes["number"].isin(numbers), 1)
    report = {**scenario.report, "route_managers": dict(zip(numbers, ("Li", "Wang"), strict=True))}
    both = replace(
        plan,
        scenario=replace(scenario, routes=scenario.routes.assign(weekday=weekday), report=report),
    )
    said = words_of(routes.day_summary(both, CHOSEN))
    for number, name in zip(numbers, ("Li", "Wang"), strict=True):
        assert f"{number} · Week 1, Monday Grid manager: {name}" in said
    stops = day_stops(both, 1, 1, 1)
    assert [stop.seq for stop in stops] == [1, 2, 3, 4, 1, 2, 3]
    said = words_of(routes.timeline(stops, CHOSEN))
    assert said.count("on the way") == 3 + 2
    assert said.index(numbers[0]) < said.index(numbers[1])


def test_timeline_counts_the_stops_and_the_ways_between(plan: Plan) -> None:
    stops = day_stops(plan, 1, 1, 1)
    said = words_of(routes.timeline(stops, CHOSEN))
    assert said.count("5 min on the way") == 3
    # 8:30 and five minutes; then 25 minutes of service and five on the way
    assert "1 08:35 Café “Ä” <b>杂货</b>" in said
    assert "2 09:05 Kiosk 12" in said


def test_downloads_are_those_of_the_cell(plan: Plan) -> None:
    links = str(routes.downloads(plan, replace(CHOSEN, cell=2, language="zh"), may_ask=False))
    assert "/download/1/route_sheets/2.pdf?lang=zh" in links
    assert "/download/1/route_sheets/2.xlsx?lang=zh" in links


def test_legend_shows_only_what_is_on_the_map() -> None:
    said = words_of(legend("en", frozenset({"own", "rival"})))
    assert "Own outlet" in said
    assert "Partner" not in said


def test_unknown_plan_names_its_number() -> None:
    assert "There is no plan 7" in words_of(unknown_scenario(7, "en"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_card_lists_blind_zones_and_pairs_with_their_fixes(
    plan: Plan, language: Language
) -> None:
    said = words_of(cell_findings(plan, 1, language))
    assert "70.0% → 90.0%" in said
    assert "nan" not in said
    assert "own-1" in said
    # One zone of two was looked at: 48 of 72.
    assert "66.7%" in said
    nothing = words_of(cell_findings(plan, 3, language))
    assert text("pages.findings.no_zones", language) in nothing
    assert text("pages.findings.no_pairs", language) in nothing


def test_the_effect_of_a_pair_names_the_cell_of_the_outlet_that_closes(plan: Plan) -> None:
    assert "cell G02: coverage 80.0% → 80.0%, double coverage 10.0% → 5.0%" in words_of(
        cell_findings(plan, 1, "en")
    )


def test_a_plan_without_findings_says_why(plan: Plan) -> None:
    bare = Plan(1, plan.territory, replace(plan.scenario, report={}))
    assert "older" in words_of(cell_findings(bare, 1, "en"))
    switches = cell_card.layout(bare, CHOSEN, has_basemap=False)
    options = [one for one in switches._traverse() if getattr(one, "id", None) == Card.LAYERS]
    assert [one.disabled for one in options[0].children] == [True, True, True]
