"""Every id that a callback names stands in a layout, so that a slip of the pen cannot hide."""

from __future__ import annotations

import inspect
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dash.development.base_component import Component

from dashboards import ids
from dashboards.access import Plans
from dashboards.app import content, open_page
from dashboards.book import OF_A_PLAN, OF_THE_DESK
from dashboards.components.card_lists import card_lists
from dashboards.components.shell import header, shell
from dashboards.pages import Desk, cell_card, cells, routes
from dashboards.state import Page, Selection
from dashboards.tiles import Basemaps
from gridmap.store.scope import Scope
from tests.dashboards.fixtures import MemoryStore, make_plan
from tests.dashboards.working import Working, working

CHOSEN = Selection(scenario=1, cell=1, week=1, weekday=1)


def ids_in(tree: Any) -> set[str]:
    """Ids of a component and everything in it."""
    found: set[str] = set()
    if isinstance(tree, (list, tuple)):
        for one in tree:
            found |= ids_in(one)
    elif isinstance(tree, Component):
        if isinstance(getattr(tree, "id", None), str):
            found.add(str(tree.id))
        found |= ids_in(getattr(tree, "children", None))
    return found


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Working:
    return working(tmp_path_factory.mktemp("wiring"))


@pytest.fixture(scope="module")
def every_layout(service: Working) -> set[str]:
    store = MemoryStore(make_plan())
    desk = Desk(Plans(store), Basemaps(None), Scope.everything)
    summaries = store.scenarios(Scope.everything())
    found = ids_in(shell()) | ids_in(header(CHOSEN, summaries, list(Page)))
    plan = make_plan()
    for page in OF_A_PLAN:
        found |= ids_in(content(desk, plan, replace(CHOSEN, page=page)))
    for page, kind in OF_THE_DESK.items():
        for number in (service.plan, service.draft):
            chosen = Selection(page=page, scenario=number)
            found |= ids_in(kind.layout(service.desk(), chosen))
    found |= ids_in(card_lists(plan, CHOSEN))
    return found | ids_in(cell_card.card(plan, CHOSEN))


@pytest.fixture(scope="module")
def wires(service: Working) -> list[tuple[str, str]]:
    """Id and property of every end of every callback."""
    found = []
    for one in service.app()._callback_list:
        outputs = one["output"].strip(".").split("...") if one["output"] else []
        found += [tuple(end.split("@")[0].rsplit(".", 1)) for end in outputs if "." in end]
        found += [(end["id"], end["property"]) for end in (*one["inputs"], *one["state"])]
    return found


def test_every_callback_names_ids_that_exist(
    every_layout: set[str], wires: list[tuple[str, str]]
) -> None:
    assert len(wires) > 30
    assert {name for name, _ in wires} <= every_layout


def test_every_id_of_the_enumerations_is_used_in_a_layout(every_layout: set[str]) -> None:
    enumerations = [
        one for _, one in inspect.getmembers(ids, inspect.isclass) if one.__module__ == ids.__name__
    ]
    named = [str(one) for enumeration in enumerations for one in enumeration]
    assert len(named) == len(set(named))
    assert set(named) <= every_layout


def test_the_browser_functions_exist(service: Working) -> None:
    """A callback that runs in the browser names a function of our scripts."""
    scripts = (Path(ids.__file__).parent / "assets").glob("*.js")
    own = [one for one in scripts if "plotly" not in one.name]
    script = "".join(one.read_text(encoding="utf-8") for one in own)
    named = {
        one["clientside_function"]["function_name"]
        for one in service.app()._callback_list
        if one["clientside_function"]
    }
    assert len(named) >= 8
    for name in named:
        assert f"{name}:" in script, name


def test_maps_get_properties_that_the_component_has(wires: list[tuple[str, str]]) -> None:
    from dashboards.map_editor import PlanMap

    properties = {prop for name, prop in wires if name.endswith("-map")}
    assert {"selected", "dark", "view", "day", "routesUrl", "layers"} <= properties
    assert properties <= set(PlanMap._names)


@pytest.mark.parametrize("page", [cells, cell_card, routes])
def test_a_page_has_a_layout_and_is_wired(page: Any) -> None:
    assert callable(page.layout)
    assert callable(page.register)


def test_opening_fills_in_what_the_address_leaves_open() -> None:
    desk = Desk(Plans(MemoryStore(make_plan(1), make_plan(2))), Basemaps(None), Scope.everything)
    plan, chosen, instead = open_page(desk, Selection(page=Page.ROUTES))
    assert instead is None
    assert plan is not None
    # the newest plan, its first cell, and the first day with stops
    assert (chosen.scenario, chosen.cell, chosen.week, chosen.weekday) == (2, 1, 1, 1)


def test_opening_keeps_the_cells_page_without_a_cell() -> None:
    desk = Desk(Plans(MemoryStore(make_plan())), Basemaps(None), Scope.everything)
    _, chosen, _ = open_page(desk, Selection(cell=99))
    assert chosen.cell is None


def test_no_plan_says_which_command_to_run() -> None:
    desk = Desk(Plans(MemoryStore()), Basemaps(None), Scope.everything)
    plan, _, instead = open_page(desk, Selection())
    assert plan is None
    assert "gridmap demo" in str(instead)


@pytest.mark.parametrize("scope", [Scope.everything(), Scope(frozenset({"Elsewhere"}))])
def test_a_plan_out_of_reach_looks_like_one_that_is_not_there(scope: Scope) -> None:
    """With the plan 7 missing and the plan 1 forbidden the answer is the same kind."""
    store = MemoryStore(make_plan(1), make_plan(2, name="Elsewhere"))
    desk = Desk(Plans(store), Basemaps(None), lambda: scope)
    asked = 7 if scope.allows("Test Town") else 1
    plan, _, instead = open_page(desk, Selection(scenario=asked))
    assert plan is None
    assert str(asked) in str(instead)
