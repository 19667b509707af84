"""A redrawn scenario keeps every edit once, and tells who was too late which cells changed."""

from pathlib import Path

import numpy as np
import pytest
from drawn_town import BOSS, OTHER, PLANNER, Desk, desk, quarters, saved_plan, town_ground
from redraw_checks import assert_sound

from benchmarks.store_editor import faults_of
from gridmap.errors import ConflictError, InputError, PermissionDenied, StoreError
from gridmap.partition.edit import redraw
from gridmap.partition.edits import Brush, CloseCell, Edit, Lock, Merge, Move, NewCell, Split
from gridmap.store import edit_log
from gridmap.store.backup import backup, restore
from gridmap.store.drafts import Drafts
from gridmap.store.repository import Store
from gridmap.store.roles import Role
from gridmap.store.scope import Scope

CUT_WEST = Split(0, ((150.0, -10.0), (150.0, 260.0)), to=2, least_m2=1.0)


def test_a_draft_begins_as_its_parent(store: Store) -> None:
    li = desk(store)
    head, plan = li.seen()
    assert head.versions == {0: 1, 1: 1}
    assert plan.centre == {0: 7, 1: 16}
    assert head.version.parent_id is not None
    parent = li.drafts.state(PLANNER, head.version.parent_id)
    np.testing.assert_array_equal(parent.label, plan.label)
    with pytest.raises(StoreError, match="no routes"):
        store.load(PLANNER, li.draft)
    assert [one.scenario_id for one in store.scenarios(PLANNER)] == [head.version.parent_id]


def test_an_edit_is_there_for_the_next_reader(store: Store) -> None:
    li = desk(store)
    done = li.commit(Move((2,), 1), "k1")
    head, plan = li.seen()
    assert (done.sequence, head.version.head) == (1, 1)
    assert plan.label[2] == 1
    assert done.versions == {0: 2, 1: 2} == head.versions
    (logged,) = li.drafts.history(PLANNER, li.draft)
    assert (logged.author, logged.cells, logged.undoes) == ("li", {0, 1}, None)


def test_a_repeated_key_is_answered_and_not_written_again(store: Store) -> None:
    li = desk(store)
    seen = li.seen()
    first = li.commit(Move((2,), 1), "k1", seen)
    again = li.commit(Move((2,), 1), "k1", seen)
    assert again.repeated and not first.repeated
    assert (again.sequence, again.change, again.versions) == (1, first.change, first.versions)
    assert len(li.drafts.history(PLANNER, li.draft)) == 1
    with pytest.raises(InputError, match="another edit"):
        li.commit(Move((8,), 1), "k1")
    with pytest.raises(InputError, match="another edit"):
        li.of(OTHER).commit(Move((2,), 1), "k1", seen)


def test_who_is_late_is_told_the_cells_and_who_was_first(store: Store) -> None:
    """Both saw the same head and gave a unit to the same cell; the second is refused."""
    li = quarters(store)
    wang = li.of(OTHER)
    seen = wang.seen()
    li.commit(Move((2,), 1), "k1")
    with pytest.raises(ConflictError) as caught:
        wang.commit(Move((13,), 0), "w1", seen)
    (one,) = caught.value.faults
    assert one.values["cell"] == 0 and one.values["author"] == "li"
    assert li.drafts.head(PLANNER, li.draft).version.head == 1
    wang.commit(Move((13,), 0), "w1")


def test_disjoint_cells_do_not_conflict(store: Store) -> None:
    """West and east were seen at the same time and are both kept."""
    li = quarters(store)
    wang = li.of(OTHER)
    seen = wang.seen()
    li.commit(Move((13,), 0), "k1", li.seen())
    done = wang.commit(Move((16 + 1,), 1), "w1", seen)
    _, plan = li.seen()
    assert done.sequence == 2
    assert (plan.label[13], plan.label[17]) == (0, 1)
    assert_sound(plan)


def test_cells_opened_and_units_cut_at_the_same_time_get_numbers_of_their_own(
    store: Store,
) -> None:
    """Both cut; the second gets the next unit numbers, and both can take theirs back."""
    li = quarters(store)
    wang = li.of(OTHER)
    seen = wang.seen()
    first = li.commit(CUT_WEST, "k1")
    second = wang.commit(Split(1, ((450.0, -10.0), (450.0, 260.0)), to=3, least_m2=1.0), "w1", seen)
    assert first.change.n_units is not None
    assert second.change.units_before == first.change.n_units
    _, plan = li.seen()
    assert_sound(plan)
    with pytest.raises(ConflictError, match="wang cut other units"):
        li.drafts.undo(PLANNER, li.draft, key="u0")
    wang.drafts.undo(OTHER, li.draft, key="u1")
    li.drafts.undo(PLANNER, li.draft, key="u2")
    _, back = li.seen()
    assert back.ground.n_units == 24
    np.testing.assert_array_equal(back.label, seen[1].label)
    wang.drafts.redo(OTHER, li.draft, key="r1")
    li.drafts.redo(PLANNER, li.draft, key="r2")
    _, plan = li.seen()
    assert_sound(plan)
    assert plan.ground.n_units == second.change.n_units


def test_two_new_cells_at_the_same_time(store: Store) -> None:
    li = quarters(store)
    wang = li.of(OTHER)
    seen = wang.seen()
    li.commit(NewCell(0, load=20.0), "k1")
    done = wang.commit(NewCell(23, load=20.0), "w1", seen)
    _, plan = li.seen()
    assert done.versions[5] == 1 and plan.centre[5] == 23 and plan.centre[4] == 0
    assert_sound(plan)
    li.drafts.undo(PLANNER, li.draft, key="u1")
    _, plan = li.seen()
    assert plan.cells == (0, 1, 2, 3, 5)
    wang.drafts.undo(OTHER, li.draft, key="u2")
    _, plan = li.seen()
    assert plan.cells == (0, 1, 2, 3)
    assert plan.next_cell == 6, "the number of a closed cell is not given again"


@pytest.mark.parametrize(
    "edit",
    [Merge(0, 1), CloseCell(2), Lock((1,), (0,)), CUT_WEST, NewCell(0, load=20.0),
     Brush(1, ((250.0, 50.0),), 60.0)],
    ids=lambda edit: type(edit).__name__,
)  # fmt: skip
def test_the_head_is_what_redrawing_made(store: Store, edit: Edit) -> None:
    """Labels, figures and locks from snapshot and log are those of the chain of edits."""
    li = quarters(store)
    head, plan = li.seen()
    done = redraw(plan, edit)
    li.drafts.commit(PLANNER, li.draft, plan, done, key="k", versions=head.versions)
    _, read = li.seen()
    np.testing.assert_array_equal(read.label, done.plan.label)
    assert read.centre == done.plan.centre
    np.testing.assert_allclose(read.figures.load, done.plan.figures.load)
    np.testing.assert_array_equal(read.figures.area, done.plan.figures.area)
    assert read.figures.border == done.plan.figures.border
    assert (read.locked_cells, read.locked_units) == (
        done.plan.locked_cells, done.plan.locked_units,
    )  # fmt: skip
    li.drafts.undo(PLANNER, li.draft, key="u")
    _, back = li.seen()
    np.testing.assert_array_equal(back.label, plan.label)
    assert back.centre == plan.centre and back.locked_cells == plan.locked_cells


def test_undo_and_redo_walk_through_ones_own_edits(store: Store) -> None:
    """Two edits of li with one of wang elsewhere in between."""
    li = quarters(store)
    before = li.seen()[1].label
    li.commit(Move((2,), 1), "k1")
    li.of(OTHER).commit(Move((20,), 3), "w1")
    li.commit(Move((8,), 1), "k2")
    both = li.seen()[1].label
    for key in ("u1", "u2"):
        li.drafts.undo(PLANNER, li.draft, key=key)
    label = li.seen()[1].label
    assert label[2] == before[2] and label[8] == before[8] and label[20] == 3
    with pytest.raises(InputError, match="nothing of yours"):
        li.drafts.undo(PLANNER, li.draft, key="u3")
    for key in ("r1", "r2"):
        li.drafts.redo(PLANNER, li.draft, key=key)
    np.testing.assert_array_equal(li.seen()[1].label, both)
    with pytest.raises(InputError, match="nothing of yours"):
        li.drafts.redo(PLANNER, li.draft, key="r3")
    li.drafts.undo(PLANNER, li.draft, key="u4")
    li.commit(Lock((0,)), "k3")
    with pytest.raises(InputError, match="nothing of yours"):
        li.drafts.redo(PLANNER, li.draft, key="r4")


def test_an_edit_is_not_undone_over_somebody_elses(store: Store) -> None:
    li = quarters(store)
    li.commit(Move((2,), 1), "k1")
    li.of(OTHER).commit(Move((9,), 0), "w1")
    with pytest.raises(ConflictError) as caught:
        li.drafts.undo(PLANNER, li.draft, key="u1")
    assert {one.values["cell"] for one in caught.value.faults} == {0, 1}
    assert {one.values["author"] for one in caught.value.faults} == {"wang"}


def test_a_repeated_undo_undoes_once(store: Store) -> None:
    li = quarters(store)
    li.commit(Move((2,), 1), "k1")
    li.commit(Move((8,), 1), "k2")
    first = li.drafts.undo(PLANNER, li.draft, key="u1")
    again = li.drafts.undo(PLANNER, li.draft, key="u1")
    assert again.repeated and again.sequence == first.sequence == 3
    assert li.seen()[1].label[2] == 1


def test_snapshots_come_in_between(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a snapshot after every second edit, each earlier state is still read."""
    monkeypatch.setattr(edit_log, "SNAPSHOT_EVERY", 2)
    li = quarters(store)
    labels = [li.seen()[1].label]
    for number, edit in enumerate([Move((2,), 1), CUT_WEST, Move((20,), 3), Lock((3,))]):
        li.commit(edit, f"k{number}")
        labels.append(li.seen()[1].label)
    for sequence, label in enumerate(labels):
        state = li.drafts.state(PLANNER, li.draft, sequence=sequence)
        np.testing.assert_array_equal(state.label, label)
        assert_sound(state.plan(town_ground()))
    with pytest.raises(InputError, match="no edit number 9"):
        li.drafts.state(PLANNER, li.draft, sequence=9)


def test_a_draft_of_a_draft_goes_its_own_way(store: Store) -> None:
    li = quarters(store)
    li.commit(CUT_WEST, "k1")
    branch = li.drafts.open(OTHER, li.draft, name="Branch")
    wang = type(li)(li.drafts, branch, OTHER)
    wang.commit(Move((20,), 3), "k1")
    assert wang.seen()[1].label[20] == 3
    assert li.seen()[1].label[20] == 2
    assert wang.seen()[1].ground.n_units == li.seen()[1].ground.n_units > 24
    assert wang.seen()[0].version.name == "Branch"


def test_versions_of_all_touched_cells_are_needed(store: Store) -> None:
    li = quarters(store)
    _, plan = li.seen()
    done = redraw(plan, Move((2,), 1))
    with pytest.raises(InputError, match="no version"):
        li.drafts.commit(PLANNER, li.draft, plan, done, key="k", versions={0: 1})


def test_only_who_may_edit_edits(store: Store) -> None:
    li = desk(store)
    viewer = Scope(role=Role.GRID_MANAGER, user="sun")
    elsewhere = Scope(frozenset({"Other Town"}), role=Role.PLANNER)
    seen = li.seen()
    for scope in (viewer, elsewhere):
        with pytest.raises(PermissionDenied):
            li.of(scope).commit(Move((2,), 1), "k", seen)
        with pytest.raises(PermissionDenied):
            li.drafts.undo(scope, li.draft, key="u")
        with pytest.raises(PermissionDenied):
            li.drafts.open(scope, li.draft)
    with pytest.raises(PermissionDenied):
        li.drafts.head(elsewhere, li.draft)
    assert li.drafts.versions(elsewhere) == []
    li.of(BOSS).commit(Move((2,), 1), "k", seen)


def test_a_plan_as_it_was_made_is_not_redrawn(store: Store) -> None:
    number = saved_plan(store)
    drafts = Drafts(store.engine)
    with pytest.raises(StoreError, match="open a draft"):
        drafts.head(PLANNER, number)
    with pytest.raises(InputError, match="open a draft"):
        drafts.undo(PLANNER, number, key="u")
    with pytest.raises(StoreError, match="no scenario"):
        drafts.open(PLANNER, 999)


def test_what_was_done_to_a_piece_is_not_redone_to_another(store: Store) -> None:
    """Cut again, the pieces have other numbers; the old numbers are somebody else's pieces."""
    li = quarters(store)
    li.commit(CUT_WEST, "k1")
    _, plan = li.seen()
    for piece, to in [(piece, to) for piece in range(24, plan.ground.n_units) for to in range(4)]:
        try:
            redraw(plan, Move((piece,), to))
        except InputError:
            continue
        li.commit(Move((piece,), to), "k2")
        break
    for key in ("u1", "u2"):
        li.drafts.undo(PLANNER, li.draft, key=key)
    li.of(OTHER).commit(Split(1, ((450.0, -10.0), (450.0, 260.0)), to=3, least_m2=1.0), "w1")
    li.drafts.redo(PLANNER, li.draft, key="r1")
    with pytest.raises(ConflictError, match="no longer where"):
        li.drafts.redo(PLANNER, li.draft, key="r2")
    assert_sound(li.seen()[1])


def test_a_backup_holds_drafts_log_and_audit(store: Store, tmp_path: Path) -> None:
    """Restored, the draft is the same, the chain holds, and work goes on."""
    li = desk(store)
    li.commit(Move((2,), 1), "k1")
    written = backup(store.engine, tmp_path / "plans.backup")
    assert {"edit", "version", "cell_version", "audit", "assignment"} <= set(written)
    again = Store(f"sqlite:///{tmp_path / 'again.db'}")
    restore(tmp_path / "plans.backup", again.engine)
    assert faults_of(again, li.draft) == []
    there = Desk(Drafts(again.engine), li.draft)
    there.drafts.undo(PLANNER, li.draft, key="u1")
    assert there.seen()[1].label[2] == 0
    again.close()


def test_a_grid_manager_sees_the_own_cells_of_a_draft(store: Store) -> None:
    """Of the others neither borders, outlines, names, versions nor edits; o0 is west."""
    li = desk(store)
    west = Scope(cells=frozenset({"o0"}), role=Role.GRID_MANAGER, user="sun")
    li.commit(Split(1, ((350.0, -10.0), (350.0, 700.0)), to=0, least_m2=1.0), "k1")
    li.commit(Lock(cells=(1,)), "k2")
    whole, mine = li.drafts.head(PLANNER, li.draft), li.drafts.head(west, li.draft)
    there = whole.state.label == 0
    np.testing.assert_array_equal(mine.state.label, np.where(there, 0, -1))
    assert mine.state.centre == {0: 7}
    assert mine.versions == {0: 2}
    assert whole.state.locked_cells and not mine.state.locked_cells
    pieces = {unit for unit in whole.state.outlines if there[unit]}
    assert pieces == set(mine.state.outlines) < set(whole.state.outlines)
    for sequence in (0, 1, 2):
        state = li.drafts.state(west, li.draft, sequence=sequence)
        assert set(np.unique(state.label).tolist()) == {-1, 0}
    assert set(li.drafts.names(west, li.draft)) == {0}
    assert [one.cells for one in li.drafts.history(west, li.draft)] == [{0}]
    other = Scope(cells=frozenset({"o9"}), role=Role.GRID_MANAGER, user="sun")
    for read in (li.drafts.head, li.drafts.state, li.drafts.names, li.drafts.history):
        with pytest.raises(PermissionDenied):
            read(other, li.draft)
