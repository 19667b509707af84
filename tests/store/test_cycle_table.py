"""Routes of a draft changed by hand: kept, judged, undone, and safe from a second planner."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from drawn_town import OTHER, PLANNER
from routed_town import town

from gridmap.cell_cycle import Days, cell_cycle, outlet_days, with_cycle
from gridmap.checking import check_plan
from gridmap.errors import ConflictError, InputError, PermissionDenied, StoreError
from gridmap.export.geo import write_geopackage
from gridmap.jobs.cycle_job import REPLAN_CELL
from gridmap.jobs.kinds import Task
from gridmap.progress import Progress
from gridmap.routing.moving import Move
from gridmap.store.cycle_log import CycleEntry
from gridmap.store.cycle_table import CycleTable, change_to
from gridmap.store.engine import writing
from gridmap.store.repository import Store
from gridmap.store.roles import Role
from gridmap.store.scope import Scope
from gridmap.store.workflow import Workflow

EVERYTHING = Scope.everything()
CELL = 1


class Planner:
    """A planner at the routes of one cell of a draft."""

    def __init__(self, store: Store, draft: int, scope: Scope = PLANNER) -> None:
        self.table, self.draft, self.scope, self.store = (
            CycleTable(store.engine),
            draft,
            scope,
            store,
        )

    @property
    def token(self) -> str:
        return self.table.head(self.scope, self.draft, CELL).token

    def days(self, cell: int = CELL) -> Days:
        return self.table.seen(self.scope, self.draft, cell).cycle.days

    def choice(self, cell: int = CELL, steps: int = 1) -> Move:
        """A move that the rules allow, of so many visits."""
        moves = self.table.seen(self.scope, self.draft, cell).moves
        for outlet, days in outlet_days(self.days(cell)).items():
            for one in moves.to_each_day(outlet, days[0]):
                if not one.faults and len(one.steps) == steps:
                    return one
        raise AssertionError("Expected a move that is allowed.")

    def make(self, move: Move, key: str, *, token: str | None = None, cell: int = CELL) -> str:
        seen = self.table.head(self.scope, self.draft, cell).token if token is None else token
        return self.table.move(
            self.scope, self.draft, cell,
            outlet=move.outlet, day=move.day, to=move.to, key=key, token=seen,
        ).token  # fmt: skip


@pytest.fixture
def li(store: Store) -> Iterator[Planner]:
    territory, scenario, _ = town()
    plan = store.save(EVERYTHING, territory, scenario)
    yield Planner(store, CycleTable(store.engine).open(PLANNER, plan))


def broken(li: Planner, folder: Path) -> list[str]:
    path = write_geopackage(*li.store.load(PLANNER, li.draft), folder / "plan.gpkg")
    return [one.name for one in check_plan(path) if not one.ok]


def test_a_cycle_put_back_unchanged_changes_nothing() -> None:
    """Reading the routes of a cell and writing them again gives the plan to the last figure."""
    territory, scenario, _ = town()
    for cell in scenario.cells["cell_id"]:
        again = with_cycle(scenario, cell_cycle(territory, scenario, int(cell)))
        for name in ("routes", "stops", "cells"):
            pd.testing.assert_frame_equal(getattr(again, name), getattr(scenario, name))
        assert list(again.route_lines) == list(scenario.route_lines)
        assert {name: again.report[name] for name in scenario.report} == scenario.report


def test_what_a_move_costs_is_what_the_written_days_say(li: Planner, tmp_path: Path) -> None:
    """The figures shown before the drop are those of the plan's own tables after it."""
    move = li.choice(steps=2)
    _, before = li.store.load(PLANNER, li.draft)
    li.make(move, "k1")
    _, after = li.store.load(PLANNER, li.draft)
    working = after.request.routing.working_days

    def written(routes: pd.DataFrame) -> dict[int, float]:
        mine = routes[routes["cell_id"] == CELL]
        day = (mine["week"] - 1) * len(working) + mine["weekday"].map(working.index)
        return dict(zip(day, mine["travel_s"] + mine["service_s"], strict=True))

    old, new = written(before.routes), written(after.routes)
    for change in move.changes:
        assert (0.0 if change.before is None else change.before.work_s) == pytest.approx(
            old.get(change.day, 0.0)
        )
        assert (0.0 if change.after is None else change.after.work_s) == pytest.approx(
            new.get(change.day, 0.0)
        )
    assert {day for day in old.keys() | new.keys() if old.get(day) != new.get(day)} == {
        change.day for change in move.changes
    }
    assert sum(new.values()) - sum(old.values()) == pytest.approx(move.travel_s)
    assert move.outlet in dict(after.stops.groupby("outlet_id").size())
    assert outlet_days(li.days())[move.outlet] == tuple(sorted(new for _, new in move.steps))
    assert broken(li, tmp_path) == []
    row = after.cells[after.cells["cell_id"] == CELL].iloc[0]
    mine = after.routes[after.routes["cell_id"] == CELL]
    assert row["routes"] == len(mine)
    assert after.report["counts" if "counts" in after.report else "home_s"]
    others = after.routes["cell_id"] != CELL
    pd.testing.assert_frame_equal(
        after.routes[others].reset_index(drop=True),
        before.routes[before.routes["cell_id"] != CELL].reset_index(drop=True),
    )


def test_undo_and_redo(li: Planner) -> None:
    """One's own last change is taken back and made again; then nothing is left."""
    first = li.days()
    li.make(li.choice(), "k1")
    moved = li.days()
    assert moved != first
    table, where = li.table, (PLANNER, li.draft, CELL)
    table.undo(*where, key="k2", token=li.token)
    assert li.days() == first
    table.redo(*where, key="k3", token=li.token)
    assert li.days() == moved
    table.undo(*where, key="k4", token=li.token)
    with pytest.raises(InputError, match="nothing of yours"):
        table.undo(*where, key="k5", token=li.token)
    kinds = [one.kind for one in table.history(*where)]
    assert kinds == ["move", "undo", "redo", "undo"]


def test_two_planners_do_not_overwrite_each_other(li: Planner) -> None:
    """Who is late is told who was first; other cells are free; a key is written once."""
    wang = Planner(li.store, li.draft, OTHER)
    seen, move = li.token, li.choice()
    token = li.make(move, "k1")
    assert li.make(move, "k1", token=seen) == token
    with pytest.raises(ConflictError, match="li at"):
        wang.make(wang.choice(), "k2", token=seen)
    with pytest.raises(InputError, match="another edit"):
        li.make(li.choice(), "k1")
    wang.make(wang.choice(cell=2), "k3", cell=2)
    _, plan = li.store.load(PLANNER, li.draft)
    again = with_cycle(plan, cell_cycle(town()[0], plan, CELL))
    assert again.report == plan.report, "the change of cell 2 left the facts of cell 1 alone"
    wang.make(wang.choice(), "k4")
    with pytest.raises(ConflictError, match="wang at"):
        li.table.undo(PLANNER, li.draft, CELL, key="k5", token=li.token)


def test_a_change_of_another_cell_between_reading_and_writing_is_kept(li: Planner) -> None:
    """Both changes stand in tables and report, though the second was worked out without the first.

    Each table keeps the plan it read last; the second one's is from before the first change.
    """
    wang = Planner(li.store, li.draft, OTHER)
    theirs = wang.choice(cell=2)
    seen = wang.table.seen(OTHER, li.draft, 2)
    li.make(li.choice(), "k1")
    change = change_to(seen, seen.cycle.with_shifts(theirs.shifts).days)
    wang.table.commit(OTHER, li.draft, seen, CycleEntry(2, "k2", "x", "move", change))
    _, plan = li.store.load(PLANNER, li.draft)
    numbers = set(plan.routes["route_id"])
    assert set(plan.report["home_s"]) == numbers
    assert outlet_days(li.days(2))[theirs.outlet] == tuple(sorted(new for _, new in theirs.steps))


def test_pins_forbid_moves(li: Planner) -> None:
    """A pinned visit stays, a pinned day lets nobody go or come; both are undone like a move."""
    move = li.choice()
    where = (PLANNER, li.draft, CELL)
    li.table.pin(*where, day=move.day, outlet=move.outlet, pinned=True, key="k1", token=li.token)
    with pytest.raises(InputError, match="visit is kept fixed"):
        li.make(move, "k2")
    li.table.undo(*where, key="k3", token=li.token)
    li.table.pin(*where, day=move.to, pinned=True, key="k4", token=li.token)
    with pytest.raises(InputError, match="day is kept fixed"):
        li.make(move, "k5")
    li.table.pin(*where, day=move.to, pinned=False, key="k6", token=li.token)
    li.make(move, "k7")


def test_who_may_change_routes_and_of_what(li: Planner) -> None:
    """Viewers and grid managers may not, foreign planners neither; only drafts are changed."""
    move = li.choice()
    for scope in (
        Scope(role=Role.VIEWER, user="vi"),
        Scope(role=Role.GRID_MANAGER, user="gu", cells=frozenset({"o0"})),
        Scope(role=Role.PLANNER, user="far", territories=frozenset({"Elsewhere"})),
    ):
        with pytest.raises(PermissionDenied):
            Planner(li.store, li.draft, scope).table.seen(scope, li.draft, CELL)
        with pytest.raises(PermissionDenied):
            CycleTable(li.store.engine).open(scope, li.draft)
    with pytest.raises(InputError, match="as it was made"):
        li.table.seen(PLANNER, li.draft - 1, CELL)
    with pytest.raises(StoreError, match="no cell"):
        li.table.seen(PLANNER, li.draft, 77)
    Workflow(li.store.engine).submit(PLANNER, li.draft)
    with pytest.raises(InputError, match="in_review"):
        li.make(move, "k1")


def test_a_draft_with_routes_is_the_plan_it_was_opened_from(li: Planner) -> None:
    """Tables, scores and labels are the same; and the page is told when routes change."""
    _, old, _ = town()
    _, new = li.store.load(PLANNER, li.draft)
    for name in ("routes", "stops", "cells", "scores"):
        pd.testing.assert_frame_equal(getattr(new, name), getattr(old, name), check_dtype=False)
    assert np.array_equal(new.partition.label, old.partition.label)
    which = li.store.which_plan(li.draft)
    li.make(li.choice(), "k1")
    assert li.store.which_plan(li.draft) != which


def rest_planned(
    li: Planner, folder: Path, meanwhile: Callable[[], object] = lambda: None
) -> dict[str, Any]:
    """Plan the rest of the cell as a job does; something happens before the result is written."""
    told: list[Progress] = []
    asked = {"scenario_id": li.draft, "cell_id": CELL, "max_seconds": 1.0}
    task = Task(li.store, PLANNER, "Grid Town", asked, folder / "7-1", folder, told.append)
    write = REPLAN_CELL.run(task)
    meanwhile()
    with writing(li.store.engine, PLANNER) as connection:
        return dict(write(connection))


def test_the_rest_is_planned_around_what_is_fixed(li: Planner, tmp_path: Path) -> None:
    """A pinned day keeps its route stop by stop, a pinned visit its day; the plan keeps all rules.

    Then one undo takes the whole of it back.
    """
    where = (PLANNER, li.draft, CELL)
    move = li.choice()
    li.make(move, "k1")
    before = li.days()
    last = max(day for day, _ in before)
    li.table.pin(*where, day=move.to, outlet=move.outlet, pinned=True, key="k2", token=li.token)
    li.table.pin(*where, day=last, pinned=True, key="k3", token=li.token)
    li.table.pin(*where, day=last - 1, pinned=True, key="k4", token=li.token)
    made = rest_planned(li, tmp_path)
    after = li.days()
    for day in (last, last - 1):
        assert after.get((day, 0), ()) == before.get((day, 0), ())
    assert move.to in outlet_days(after)[move.outlet]
    assert {one: len(days) for one, days in outlet_days(after).items()} == {
        one: len(days) for one, days in outlet_days(before).items()
    }
    assert broken(li, tmp_path) == []
    assert made["before"]["travel_min"] > 0.0 and made["after"]["longest_min"] > 0.0
    li.table.undo(*where, key="k5", token=li.token)
    assert li.days() == before


def test_the_rest_is_not_written_over_somebody_elses_move(li: Planner, tmp_path: Path) -> None:
    """Whoever was first is named, and their move stands."""
    wang = Planner(li.store, li.draft, OTHER)
    move = wang.choice()
    with pytest.raises(ConflictError, match="wang at"):
        rest_planned(li, tmp_path, meanwhile=lambda: wang.make(move, "k1"))
    assert outlet_days(li.days())[move.outlet] == tuple(sorted(new for _, new in move.steps))


def test_a_cycle_is_read_in_one_thread_and_changed_in_another(
    li: Planner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Engines of large networks work in their own thread only; a service has many threads."""
    monkeypatch.setattr("gridmap.travel.engines.SMALL_NODES", 0)
    move = li.choice()
    with ThreadPoolExecutor(1) as other:
        other.submit(li.make, move, "k1").result()
    assert outlet_days(li.days())[move.outlet] == tuple(sorted(new for _, new in move.steps))
