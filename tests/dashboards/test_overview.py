"""Cells coloured by a figure, and what in a region is to be looked after."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboards.access import Plan, Plans
from dashboards.components.alerts import alert_panel
from dashboards.pages import Desk
from dashboards.queries_alerts import Alert, alerts
from dashboards.queries_shades import (
    BALANCE,
    DIVERGING,
    SEQUENTIAL,
    _around_zero,
    _by_rank,
    choices,
    shade_metrics,
    shades,
    shades_json,
)
from dashboards.state import Page, Selection
from dashboards.tiles import Basemaps
from gridmap.catalogue import LANGUAGES, Language
from gridmap.store.scope import Scope
from tests.dashboards.fixtures import MemoryStore, make_plan
from tests.dashboards.signed import OPERATOR, app_with, browser_of
from tests.dashboards.test_people_page import GRANTS
from tests.dashboards.working import working

DAY = dt.date(2026, 3, 4)


def desk_of(plan: Plan) -> Desk:
    return Desk(Plans(MemoryStore(plan)), Basemaps(None), Scope.everything)


def test_the_scores_come_first_and_codes_are_left_out() -> None:
    metrics = shade_metrics(make_plan())
    assert metrics[:3] == ["position_score", "coverage_score", BALANCE]
    assert "quadrant" not in metrics
    for language in LANGUAGES:
        assert len({one["label"] for one in choices(make_plan(), language)}) == len(metrics)


def test_a_score_has_classes_by_rank_and_its_missing_cell() -> None:
    """Position of the town: 72, 41, 55 and none, so three classes of one cell each."""
    found = shades(make_plan(), "position_score")
    assert [(one.level, one.cells) for one in found.classes] == [(0, (2,)), (2, (3,)), (4, (1,))]
    assert found.missing == (4,)
    assert not found.diverging


def test_balance_has_its_middle_at_the_mean() -> None:
    """Loads 240, 250, 230, 280 of the mean 250: -4 %, 0, -8 % and +12 %."""
    found = shades(make_plan(), BALANCE)
    assert found.diverging
    level = {cell: one.level for one in found.classes for cell in one.cells}
    assert level == {1: 1, 2: 2, 3: 0, 4: 4}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_cell_has_a_colour_or_is_not_known(language: Language) -> None:
    plan = make_plan()
    for metric in shade_metrics(plan):
        told = json.loads(shades_json(plan, metric, language))
        cells = [cell for one in told["classes"] for cell in one["cells"]]
        assert sorted(cells) == [1, 2, 3, 4]
        for one in told["classes"]:
            assert one["name"]
            assert one["colour"] in (*SEQUENTIAL, *DIVERGING, "")


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30))
@settings(max_examples=40, deadline=None)
def test_a_higher_value_is_never_in_a_lower_class(values: list[float]) -> None:
    value = np.array(values)
    for level in (_by_rank(value), _around_zero(value)):
        order = np.argsort(value, kind="stable")
        assert all(low <= high for low, high in pairwise(level[order].tolist()))
        assert all(len(set(level[value == one].tolist())) == 1 for one in set(values))
        assert set(level.tolist()) <= {0, 1, 2, 3, 4}


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255.0 for at in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


def test_the_scales_can_be_read_without_colours() -> None:
    """Each step of the one is darker; both arms of the other darken from the middle."""
    down = [luminance(one) for one in SEQUENTIAL]
    assert all(first / second > 1.3 for first, second in pairwise(down))
    arms = [luminance(one) for one in DIVERGING]
    assert arms[0] < arms[1] < arms[2] > arms[3] > arms[4]


def test_classes_are_fetched_by_those_who_may_see_the_plan(tmp_path: Path) -> None:
    service = working(tmp_path, **GRANTS)
    app = app_with(service.people, store=MemoryStore(make_plan(name="Grid Town")))
    planner, stranger = browser_of(app, "li"), browser_of(app, "afar")
    told = planner.get("/data/1/shades/position_score.json?lang=zh")
    assert told.status_code == 200
    assert told.json["classes"][-1]["name"] == "未知"
    assert planner.get("/data/1/shades/nothing.json").status_code == 404
    assert stranger.get("/data/1/shades/position_score.json").status_code == 404


def found_in(desk: Desk, plan: Plan) -> dict[str, Alert]:
    return {one.key: one for one in alerts(desk, plan, DAY)}


def test_what_is_to_be_looked_after_in_the_town() -> None:
    """Three cells have no manager; the zones of cells 1 and 2 hold a fifth of the demand or not."""
    plan = make_plan()
    found = found_in(desk_of(plan), plan)
    assert found["vacancy"].cells == ((2, "G02"), (3, "G03"), (4, "G04"))
    zones: dict[int, float] = {}
    for zone in plan.zones:
        zones[zone.cell_id] = zones.get(zone.cell_id, 0.0) + zone.share_of_cell
    assert found["blind"].count == sum(one >= 0.2 for one in zones.values()) > 0
    assert "unmanaged" not in found
    assert "challenge" not in found


def test_partners_that_nobody_visits_are_counted_by_cell() -> None:
    plan = make_plan()
    outlets = plan.territory.outlets
    left = outlets["outlet_id"].isin(["p-0-1", "p-2-1", "p-2-2"])
    territory = replace(plan.territory, outlets=outlets.assign(visited=outlets["visited"] & ~left))
    changed = Plan(1, territory, replace(plan.scenario, territory_hash=territory.content_hash))
    one = found_in(desk_of(changed), changed)["unmanaged"]
    assert (one.count, one.cells) == (3, ((3, "G03"), (1, "G01")))


def test_whoever_was_made_answerable_fills_a_vacancy_and_challenges_wait(tmp_path: Path) -> None:
    service = working(tmp_path, **GRANTS)
    work, desk = service.work, service.desk()
    plan = desk.plan(service.plan, "cells")
    cell = plan.scenario.cells.iloc[0]
    before = found_in(desk, plan)
    work.workflow.submit(OPERATOR, service.draft)
    work.challenges.file(OPERATOR, service.draft, int(cell["cell_id"]), "the border is wrong")
    work.assignments.assign(
        OPERATOR, plan.territory.name, str(cell["centre_outlet_id"]), "li", begins=DAY
    )
    after = found_in(desk, plan)
    vacant = before["vacancy"].count if "vacancy" in before else 0
    assert (after["vacancy"].count if "vacancy" in after else 0) == max(vacant - 1, 0)
    assert all(one.page is Page.CARD for one in after.values() if one.key == "vacancy")
    work.workflow.submit(OPERATOR, service.plan)
    work.workflow.publish(OPERATOR, service.plan, effective_from=DAY)
    work.assignments.vacate(
        OPERATOR, plan.territory.name, str(cell["centre_outlet_id"]), day=DAY + dt.timedelta(1)
    )
    found = {one.key: one for one in alerts(desk, plan, DAY + dt.timedelta(1))}
    if vacant:
        assert found["vacancy"].page is Page.SCENARIOS
        assert "Hand them over" in str(alert_panel([found["vacancy"]], Selection(scenario=1)))
    of_draft = Plan(service.draft, plan.territory, plan.scenario)
    assert found_in(desk, of_draft)["challenge"].count == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_panel_leads_to_the_cells(language: Language) -> None:
    chosen = Selection(language=language, scenario=1)
    many = tuple((number, f"G{number:02}") for number in range(1, 10))
    found = [Alert("vacancy", 9, many, Page.CARD, "vacancy"),
             Alert("challenge", 1, many[:1], Page.SCENARIOS, "challenge")]  # fmt: skip
    shown: Any = str(alert_panel(found, chosen))
    assert f"/cell?scenario=1&cell=1&lang={language}" in shown
    assert f"/help?term=vacancy&lang={language}" in shown
    assert f"/scenarios?scenario=1&lang={language}" in shown
    assert "cell=7" not in shown
    assert "href" not in str(alert_panel([], chosen))
