"""A plan is reviewed, published by whom it may be, ended by the next one, and brought back."""

import datetime as dt

import numpy as np
import pytest
from drawn_town import ADMIN, BOSS, OTHER, PLANNER, count_as_planned, desk, saved_plan
from sqlalchemy import update

from gridmap.errors import InputError, PermissionDenied
from gridmap.partition.edits import Move
from gridmap.store import audit
from gridmap.store.draft_tables import audit as audit_table
from gridmap.store.drafts import Drafts
from gridmap.store.repository import Store
from gridmap.store.scope import Scope
from gridmap.store.versions import Status
from gridmap.store.workflow import Workflow

MARCH, APRIL, MAY = (dt.date(2026, month, 1) for month in (3, 4, 5))


def test_a_draft_is_submitted_published_and_then_left_alone(store: Store) -> None:
    li = desk(store)
    li.commit(Move((2,), 1), "k1")
    seen = li.seen()
    flow = Workflow(store.engine)
    with pytest.raises(InputError, match="in_review"):
        flow.publish(BOSS, li.draft, effective_from=MARCH)
    flow.submit(PLANNER, li.draft)
    with pytest.raises(InputError, match="'in_review'"):
        li.commit(Move((8,), 1), "k2", seen)
    with pytest.raises(PermissionDenied):
        flow.publish(PLANNER, li.draft, effective_from=MARCH)
    flow.send_back(BOSS, li.draft, reason="C02 too large")
    li.commit(Move((8,), 1), "k2", seen)
    flow.submit(PLANNER, li.draft)
    with pytest.raises(InputError, match="plan its routes first"):
        flow.publish(BOSS, li.draft, effective_from=MARCH)
    count_as_planned(store, li.draft)
    flow.publish(BOSS, li.draft, effective_from=MARCH)
    with pytest.raises(InputError, match="'published'"):
        li.commit(Move((14,), 1), "k3")
    with pytest.raises(InputError, match="'published'"):
        li.drafts.undo(PLANNER, li.draft, key="u1")
    with pytest.raises(InputError, match="'published'"):
        flow.submit(PLANNER, li.draft)


def test_the_next_one_ends_the_former_and_each_day_has_one_plan(store: Store) -> None:
    drafts, flow = Drafts(store.engine), Workflow(store.engine)
    first = saved_plan(store)
    second = drafts.open(PLANNER, first)
    flow.submit(PLANNER, first)
    flow.publish(BOSS, first, effective_from=MARCH)
    flow.submit(PLANNER, second)
    count_as_planned(store, second)
    with pytest.raises(InputError, match="2026-03-01"):
        flow.publish(BOSS, second, effective_from=MARCH - dt.timedelta(days=1))
    flow.publish(BOSS, second, effective_from=MAY)
    found = {one.scenario_id: one for one in drafts.versions(PLANNER)}
    assert found[first].status is Status.ARCHIVED and found[first].effective_until == MAY
    assert found[second].status is Status.PUBLISHED

    def holds(day: dt.date) -> int | None:
        one = flow.effective(PLANNER, "Grid Town", day)
        return None if one is None else one.scenario_id

    days = [MARCH - dt.timedelta(days=1), MARCH, APRIL, MAY]
    assert [holds(day) for day in days] == [None, first, first, second]
    flow.archive(BOSS, second, effective_until=dt.date(2026, 6, 1))
    assert holds(dt.date(2026, 6, 1)) is None
    with pytest.raises(PermissionDenied):
        flow.effective(Scope(frozenset({"Other Town"})), "Grid Town", MAY)


def test_an_earlier_plan_is_published_again_as_a_copy(store: Store) -> None:
    """The copy of a plan has its routes; that of a draft has its borders after all edits."""
    li = desk(store)
    drafts, flow = li.drafts, Workflow(store.engine, four_eyes=True)
    first = li.seen()[0].version.parent_id
    assert first is not None
    li.commit(Move((2,), 1), "k1")
    count_as_planned(store, li.draft)
    for number, day in ((first, MARCH), (li.draft, APRIL)):
        flow.submit(PLANNER, number)
        flow.publish(BOSS, number, effective_from=day)
    with pytest.raises(InputError, match="'published'"):
        flow.roll_back(BOSS, li.draft, effective_from=MAY)
    again = flow.roll_back(BOSS, first, effective_from=MAY)
    assert again not in (first, li.draft)
    _, plan = store.load(PLANNER, again)
    _, original = store.load(PLANNER, first)
    np.testing.assert_array_equal(plan.partition.label, original.partition.label)
    assert plan.stops.equals(original.stops)
    newest = drafts.versions(PLANNER)[0]
    assert (newest.scenario_id, newest.status, newest.parent_id) == (
        again, Status.PUBLISHED, first,
    )  # fmt: skip
    redrawn = flow.roll_back(BOSS, li.draft, effective_from=dt.date(2026, 6, 1))
    label = drafts.state(PLANNER, redrawn).label
    np.testing.assert_array_equal(label, drafts.state(PLANNER, li.draft).label)
    assert label[2] == 1


def test_four_eyes(store: Store) -> None:
    """Who edited, also in the draft before, may not publish; without the option they may."""
    li = desk(store, BOSS)
    li.commit(Move((2,), 1), "k1")
    branch = li.drafts.open(OTHER, li.draft)
    strict = Workflow(store.engine, four_eyes=True)
    for number in (li.draft, branch):
        count_as_planned(store, number)
        strict.submit(BOSS, number)
        with pytest.raises(PermissionDenied, match="chen"):
            strict.publish(BOSS, number, effective_from=MARCH)
    maker = Scope(user="zhao")
    with pytest.raises(PermissionDenied, match="zhao"):
        strict.publish(maker, branch, effective_from=MARCH)
    strict.publish(Scope(user="qian"), branch, effective_from=MARCH)
    Workflow(store.engine).publish(BOSS, li.draft, effective_from=MARCH)


def test_everything_is_in_the_audit_and_the_chain_holds(store: Store) -> None:
    li = desk(store)
    li.commit(Move((2,), 1), "k1")
    flow = Workflow(store.engine)
    count_as_planned(store, li.draft)
    flow.submit(PLANNER, li.draft)
    flow.publish(BOSS, li.draft, effective_from=MARCH)
    told = audit.entries(store.engine, ADMIN, subject=f"scenario/{li.draft}")
    assert [one.action for one in told] == ["published", "submitted", "edited", "opened"]
    assert [one.actor for one in told] == ["chen", "li", "li", "li"]
    assert audit.verify_audit(store.engine, ADMIN) == []
    assert audit.verify_audit(store.engine, ADMIN, newest=told[0].hash) == []
    with pytest.raises(PermissionDenied):
        audit.entries(store.engine, BOSS)
    with pytest.raises(PermissionDenied):
        audit.verify_audit(store.engine, Scope(frozenset({"Grid Town"})))


def test_the_chain_shows_what_was_done_to_it(store: Store) -> None:
    li = desk(store)
    for number in range(4):
        li.commit(Move((2,), 1 - number % 2), f"k{number}")
    last = audit.entries(store.engine, ADMIN, most=1)[0]

    def keys(newest: str = "") -> list[tuple[str, object]]:
        found = audit.verify_audit(store.engine, ADMIN, newest=newest)
        return [(one.key, one.values.get("row")) for one in found]

    with store.engine.begin() as connection:
        change = update(audit_table).where(audit_table.c.audit_id == 3)
        connection.execute(change.values(actor="nobody"))
    assert keys() == [("drafts.audit.changed", 3)]
    with store.engine.begin() as connection:
        connection.execute(audit_table.delete().where(audit_table.c.audit_id == 3))
    assert keys() == [("drafts.audit.gap", 3), ("drafts.audit.changed", 4)]
    with store.engine.begin() as connection:
        connection.execute(audit_table.delete().where(audit_table.c.audit_id >= 3))
    assert keys() == [], "an end cut off shows only against a hash kept elsewhere"
    assert keys(last.hash) == [("drafts.audit.cut_off", None)]
