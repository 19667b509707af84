"""Drawn cells are balanced by few moves, and what is locked is left alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from redraw_town import grid_plan, town_plan

from gridmap.partition.change import changed
from gridmap.partition.edit import redraw
from gridmap.partition.rebalance import rebalance
from gridmap.partition.redraw import DrawnPlan

#: Three cells in a row of 12 × 2 squares of equal load: 12, 8 and 4 squares.
LABEL = [0 if x < 6 else 1 if x < 10 else 2 for _ in range(2) for x in range(12)]


def uneven() -> DrawnPlan:
    return grid_plan(12, 2, LABEL, {0: 1, 1: 7, 2: 11})


def test_cells_come_within_the_tolerance_and_the_rules_are_kept() -> None:
    plan = uneven()
    found = rebalance(plan, (0.05, None))
    done = redraw(plan, found.change)  # raises if a rule is broken
    assert done.plan.figures.size[:3].tolist() == [8, 8, 8]
    assert found.before == pytest.approx(0.5)
    assert found.after == 0.0
    # 4 squares have to leave the first cell, and 4 to come to the last one
    assert len(found.change.labels) == 8


def test_a_locked_cell_neither_loses_nor_gains() -> None:
    """With the middle locked, nothing can get from one end to the other."""
    plan = replace(uneven(), locked_cells=frozenset({1}))
    found = rebalance(plan, (0.05, None))
    assert found.change.labels == ()
    assert found.before == found.after == pytest.approx(0.5)


def test_a_locked_end_is_no_reason_to_move_and_the_others_are_balanced() -> None:
    plan = replace(uneven(), locked_cells=frozenset({2}))
    found = rebalance(plan, (0.05, None))
    after = changed(plan, found.change)
    assert (after.label[plan.label == 2] == 2).all()
    assert (plan.label[after.label == 2] == 2).all()


def test_locked_units_stay() -> None:
    locked = frozenset({5, 17})  # the border of the first cell
    plan = replace(uneven(), locked_units=locked)
    found = rebalance(plan, (0.05, None))
    assert not locked & {unit for unit, _ in found.change.labels}


def test_what_is_balanced_is_left_alone() -> None:
    plan = uneven()
    balanced = changed(plan, rebalance(plan, (0.05, None)).change)
    assert rebalance(balanced, (0.05, None)).change.labels == ()


def test_an_island_without_a_bridge_stays_where_it_is() -> None:
    plan = town_plan()
    lonely = np.flatnonzero(np.bincount(plan.ground.component)[plan.ground.component] < 3)
    assert len(lonely)
    found = rebalance(plan, (0.1, None))
    done = redraw(plan, found.change)
    assert found.after < found.before
    assert (done.plan.label[lonely] == plan.label[lonely]).all()
