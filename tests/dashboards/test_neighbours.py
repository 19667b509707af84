"""The cells next door: what they have in sums, and that nothing else of them is told."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import numpy as np
import pytest

from dashboards.access import Plans
from dashboards.components.card_lists import card_lists
from dashboards.pages import cell_card
from dashboards.state import Page, Selection
from gridmap.catalogue import LANGUAGES
from gridmap.store.neighbours import Neighbour, neighbours
from gridmap.store.roles import Role
from gridmap.store.scope import Scope
from tests.dashboards.fixtures import COLUMNS, SIDE_M, MemoryStore, make_plan

TOWN = frozenset({"Test Town"})
#: Ids, codes and names of the three other cells of the town of four.
OTHERS = re.compile(r"own-[123]|p-[123]-|r-[123]-|G0[234]|Harbour|Station|Park|Kiosk [234]")


def manager(*cells: str) -> Scope:
    return Scope(TOWN, frozenset(cells), Role.GRID_MANAGER, "li")


def beside(scope: Scope, cell: int = 1) -> tuple[Neighbour, ...]:
    return Plans(MemoryStore(make_plan())).plan(scope, 1).neighbours[cell]


def test_sums_of_the_cells_next_door() -> None:
    """Four quarters of a town of 12 × 8 blocks: the west one borders 4 blocks to the east, 6 to
    the north, and the one across the corner not at all."""
    plan = make_plan()
    north, east = beside(Scope.everything())
    half_m = COLUMNS // 2 * SIDE_M
    assert (north.cell_id, north.direction, north.shared_m) == (3, "n", half_m)
    assert (east.cell_id, east.direction, east.shared_m) == (2, "e", 4 * SIDE_M)
    mine = plan.cell_of_outlet == 1
    assert east.outlets == int(mine.sum())
    assert east.visited == int((mine & plan.territory.outlets["visited"].to_numpy(bool)).sum())
    row = plan.scenario.cells.iloc[1]
    assert (east.position, east.day_min) == (row["position_score"], row["visit_minutes_per_day"])
    load = plan.scenario.partition.balances[0].load
    assert east.deviation == pytest.approx(load[1] / load.mean() - 1.0)


def test_who_borders_is_bordered_along_the_same_line() -> None:
    plan = make_plan()
    found = neighbours(plan.territory, plan.scenario)
    metres = {(cell, one.cell_id): one.shared_m for cell, near in found.items() for one in near}
    assert metres == {(other, cell): value for (cell, other), value in metres.items()}
    label, pairs = plan.scenario.partition.label, plan.territory.units.adjacency
    across = label[pairs.first] != label[pairs.second]
    assert sum(metres.values()) == pytest.approx(2.0 * float(np.sum(pairs.shared_m[across])))


def test_a_grid_manager_gets_the_same_sums_without_a_number() -> None:
    whole, seen = beside(Scope.everything()), beside(manager("own-0"))
    assert [dataclasses.replace(one, cell_id=None) for one in whole] == list(seen)
    # and of two own cells knows which they are
    both = beside(manager("own-0", "own-1"))
    assert [one.cell_id for one in both] == [None, 2]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_card_of_a_grid_manager_tells_no_row_of_the_next_cell(language: Any) -> None:
    """The sums stand there; no id, code, name or manager of the other cells does."""
    plan = Plans(MemoryStore(make_plan())).plan(manager("own-0"), 1)
    chosen = Selection(page=Page.CARD, language=language, scenario=1, cell=1)
    shown = str([*cell_card.card(plan, chosen), *card_lists(plan, chosen)])
    assert {"en": "north", "zh": "北"}[language] in shown
    assert not OTHERS.search(shown), OTHERS.search(shown)
    everything = Plans(MemoryStore(make_plan())).plan(Scope.everything(), 1)
    assert "G02" in str(card_lists(everything, chosen))
    assert set(plan.neighbours) == {1}
