"""Edits of a small town, counted by hand or from scratch."""

from __future__ import annotations

import json

import numpy as np
import pytest
from redraw_checks import assert_same, assert_sound
from redraw_town import town_ground, town_plan

from gridmap.errors import InputError
from gridmap.partition.edit import redraw
from gridmap.partition.edits import (
    Brush,
    CloseCell,
    Lock,
    Merge,
    Move,
    NewCell,
    Shift,
    Split,
    Swap,
    from_json,
    to_json,
)

PLAN = town_plan()
OWN_UNIT = [int(unit) for unit in town_ground().own_unit]


def keys(edit, plan=PLAN):
    """Return the reasons for which an edit is refused."""
    with pytest.raises(InputError) as refused:
        redraw(plan, edit)
    for one in refused.value.faults:
        assert one.text("en") and one.text("zh")
    return [one.key for one in refused.value.faults]


def there_and_back(plan, edit):
    """Return the plan after an edit; it is sound, and the inverse leads back."""
    stored = json.loads(json.dumps(to_json(edit)))
    assert from_json(stored) == edit
    done = redraw(plan, edit)
    assert_sound(done.plan)
    back = redraw(done.plan, from_json(json.loads(json.dumps(to_json(done.inverse)))))
    assert_same(back.plan, plan)
    assert_same(redraw(plan, back.inverse).plan, done.plan)
    return done


def test_town_is_sound():
    assert_sound(PLAN)
    assert PLAN.cells == (0, 1, 2, 3)


def test_merge():
    done = there_and_back(PLAN, Merge(keep=0, gone=1))
    assert done.plan.cells == (0, 2, 3)
    assert done.plan.figures.size[1] == 0


def test_split():
    done = there_and_back(PLAN, Split(0, ((300.0, -10.0), (310.0, 400.0))))
    assert done.plan.cells == (0, 1, 2, 3, 4)


@pytest.mark.parametrize(
    "edit",
    [
        NewCell(OWN_UNIT[4]),
        CloseCell(2),
        Shift(0, 1, amount=40.0),
        Shift(0, 1, metres=80.0),
        Brush(2, ((400.0, 300.0), (450.0, 200.0)), 90.0),
        Lock((1,), (5,)),
        Split(0, ((300.0, -10.0), (310.0, 400.0)), to=1),
    ],
)
def test_edits(edit):
    there_and_back(PLAN, edit)
