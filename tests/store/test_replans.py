"""A redrawn draft gets routes and scores: those of untouched cells stay, all rules hold."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from drawn_town import BOSS, PLANNER, Desk
from routed_town import town

from dashboards.access import Plans
from gridmap.checking import check_plan
from gridmap.errors import InputError, PermissionDenied, StoreError
from gridmap.export.geo import write_geopackage
from gridmap.jobs.child import Done, Failed, Work, _outcome
from gridmap.jobs.kinds import Task
from gridmap.jobs.queue import Queue
from gridmap.jobs.standard import STANDARD
from gridmap.partition.edit import redraw
from gridmap.partition.edits import CloseCell, Edit, Move, NewCell, Split
from gridmap.planning import make_plan
from gridmap.progress import Progress, silent
from gridmap.store.challenges import Challenges
from gridmap.store.drafts import Drafts
from gridmap.store.engine import writing
from gridmap.store.repository import Store
from gridmap.store.roles import Role
from gridmap.store.scope import Scope
from gridmap.store.workflow import Workflow

EVERYTHING = Scope.everything()
TOWN = "Grid Town"


class Editor(Desk):
    """A person at a draft of the four cells."""

    def commit_edit(self, edit: Edit, key: str) -> None:
        head = self.drafts.head(self.scope, self.draft)
        plan = head.state.plan(town()[2])
        done = redraw(plan, edit)
        self.drafts.commit(self.scope, self.draft, plan, done, key=key, versions=head.versions)


def editor(store: Store) -> Editor:
    territory, scenario, _ = town()
    drafts = Drafts(store.engine)
    return Editor(drafts, drafts.open(PLANNER, store.save(EVERYTHING, territory, scenario)))


def job(
    store: Store,
    folder: Path,
    kind: str,
    draft: int,
    *,
    scope: Scope = PLANNER,
    meanwhile: Callable[[], None] = lambda: None,
    **arguments: Any,
) -> dict[str, Any]:
    """Do a job in this process; something happens before its result is written."""
    asked = {"scenario_id": draft, "best_effort": True, **arguments}
    task = Task(store, scope, TOWN, asked, folder / "7-1", folder, silent)
    if kind == "score":
        asked.pop("best_effort")
    write = STANDARD[kind].run(task)
    meanwhile()
    with writing(store.engine, scope) as connection:
        return dict(write(connection))


def broken(store: Store, draft: int, folder: Path) -> list[str]:
    path = write_geopackage(*store.load(PLANNER, draft), folder / "plan.gpkg")
    return [one.name for one in check_plan(path) if not one.ok]


def movable(li: Editor) -> Move:
    """Return a move of one unit that the rules allow."""
    plan = li.drafts.head(PLANNER, li.draft).state.plan(town()[2])
    for unit in range(48):
        for other in plan.ground.neighbours(unit).tolist():
            if plan.label[other] == plan.label[unit] or unit in plan.centre.values():
                continue
            if not town()[0].outlets["visited"][town()[0].outlets["unit"] == unit].any():
                continue
            move = Move((unit,), int(plan.label[other]))
            try:
                redraw(plan, move)
            except InputError:
                continue
            return move
    raise AssertionError("Expected a unit that can be moved.")


def rows_of(table: pd.DataFrame, cell: int) -> pd.DataFrame:
    return table[table["cell_id"] == cell].reset_index(drop=True)


def test_only_touched_cells_are_routed_anew(store: Store, tmp_path: Path) -> None:
    """A unit with an outlet to visit goes to the next cell; two other cells keep their routes."""
    _, old, _ = town()
    li = editor(store)
    move = movable(li)
    giver = int(old.partition.label[move.units[0]])
    li.commit_edit(move, "k1")
    with pytest.raises(StoreError, match="no routes"):
        store.load(PLANNER, li.draft)
    made = job(store, tmp_path, "reroute", li.draft)
    assert made["scenario_id"] == li.draft
    assert made["broken"] == []
    touched = {giver + 1, move.to + 1}
    assert made["rerouted"] == [old.cells["code"][cell - 1] for cell in sorted(touched)]
    territory, new = store.load(PLANNER, li.draft)
    assert broken(store, li.draft, tmp_path) == []
    assert new.partition.label[move.units[0]] == move.to
    for cell in {1, 2, 3, 4} - touched:
        pd.testing.assert_frame_equal(
            rows_of(new.routes, cell), rows_of(old.routes, cell), check_dtype=False
        )
    moved = territory.outlets["outlet_id"][territory.outlets["unit"] == move.units[0]]
    on = new.stops[new.stops["outlet_id"].isin(moved)]["route_id"]
    assert set(new.routes["cell_id"][new.routes["route_id"].isin(on)]) == {move.to + 1}
    assert [one.scenario_id for one in store.scenarios(PLANNER)] == [li.draft, li.draft - 1]
    assert list(new.cells["code"]) == list(old.cells["code"])


def test_the_plan_of_a_draft_is_that_of_the_same_cells_from_scratch(
    store: Store, tmp_path: Path
) -> None:
    """What was kept and what was planned anew is together what planning all anew gives."""
    li = editor(store)
    li.commit_edit(movable(li), "k1")
    job(store, tmp_path, "reroute", li.draft)
    territory, new = store.load(PLANNER, li.draft)
    whole = make_plan(territory, new.request, seed=new.seed, best_effort=True, cells=new.partition)
    for name in ("routes", "stops", "scores", "cells"):
        pd.testing.assert_frame_equal(
            getattr(new, name).reset_index(drop=True), getattr(whole, name), check_dtype=False
        )
    for name in ("home_s", "lunch_begins_s", "left_out_visits"):
        assert new.report[name] == whole.report[name]


def test_cells_opened_closed_and_cut_are_planned(store: Store, tmp_path: Path) -> None:
    """Numbers and codes of the other cells stay; the new cell has the next ones."""
    li = editor(store)
    li.commit_edit(NewCell(20, load=60.0), "k1")
    li.commit_edit(CloseCell(0), "k2")
    job(store, tmp_path, "reroute", li.draft)
    territory, new = store.load(PLANNER, li.draft)
    assert new.cells["cell_id"].tolist() == [2, 3, 4, 5]
    assert new.cells["code"].tolist() == ["C02", "C03", "C04", "C05"]
    assert set(new.routes["cell_id"]) | set(new.scores["cell_id"]) <= {2, 3, 4, 5}
    assert broken(store, li.draft, tmp_path) == []
    centre = territory.outlets.iloc[new.partition.centre]["unit"]
    assert (new.partition.label[centre] == np.arange(4)).all()
    assert store.scenarios(PLANNER)[0].n_cells == 4


def test_units_that_were_cut_are_units_of_the_plan(store: Store, tmp_path: Path) -> None:
    """Outlets and demand are in the pieces they stand in; the pieces tile the town."""
    li = editor(store)
    li.commit_edit(Split(0, ((250.0, -10.0), (250.0, 700.0)), centre=None, to=1, least_m2=1.0), "k")
    state = li.drafts.state(PLANNER, li.draft)
    assert state.n_units > 48
    job(store, tmp_path, "reroute", li.draft)
    territory, _ = store.load(PLANNER, li.draft)
    assert len(territory.units) == state.n_units
    assert territory.units.area_m2.sum() == pytest.approx(480_000.0)
    for table in (territory.outlets, territory.demand):
        places = shapely.points(table[["x", "y"]].to_numpy())
        there = shapely.distance(territory.units.polygons[table["unit"].to_numpy()], places)
        assert there.max() == 0.0
    pairs = territory.units.adjacency
    along = shapely.length(
        shapely.intersection(
            territory.units.polygons[pairs.first], territory.units.polygons[pairs.second]
        )
    )
    np.testing.assert_allclose(pairs.shared_m, along)
    touching = shapely.STRtree(territory.units.polygons).query(
        territory.units.polygons, predicate="touches"
    )
    shared = shapely.intersection(*(territory.units.polygons[one] for one in touching))
    assert len(pairs) == (shapely.length(shared) > 0).sum() // 2
    assert broken(store, li.draft, tmp_path) == []


def test_an_edit_meanwhile_keeps_the_old_plan_out(store: Store, tmp_path: Path) -> None:
    li = editor(store)
    li.commit_edit(movable(li), "k1")
    with pytest.raises(StoreError, match="edit 2 came after edit 1"):
        job(store, tmp_path, "reroute", li.draft,
            meanwhile=lambda: li.commit_edit(movable(li), "k2"))  # fmt: skip
    assert li.drafts.head(PLANNER, li.draft).version.planned is None
    job(store, tmp_path, "reroute", li.draft)
    assert li.drafts.head(PLANNER, li.draft).version.planned == 2


def test_scoring_keeps_the_routes_of_a_draft(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    li = editor(store)
    with pytest.raises(InputError, match="no routes"):
        job(store, tmp_path, "score", li.draft)
    job(store, tmp_path, "reroute", li.draft)
    _, old = store.load(PLANNER, li.draft)
    wider = old.request.model_copy(
        update={"scoring": old.request.scoring.model_copy(update={"modes": {"walk": (10.0,)}})}
    )
    pages, which = Plans(store), store.which_plan(li.draft)
    assert pages.plan(PLANNER, li.draft) is pages.plan(PLANNER, li.draft)
    made = job(store, tmp_path, "score", li.draft, request=wider.model_dump(mode="json"))
    assert made["scenario_id"] == li.draft
    _, new = store.load(PLANNER, li.draft)
    pd.testing.assert_frame_equal(new.routes, old.routes)
    assert new.request.scoring.modes == {"walk": (10.0,)}
    assert store.which_plan(li.draft) != which
    monkeypatch.setattr("dashboards.access._SURE_S", 0.0)
    shown = pages.plan(PLANNER, li.draft).scenario
    assert shown.request.scoring.modes == {"walk": (10.0,)}


def test_who_may_not_plan_and_what_is_no_draft_is_refused(store: Store, tmp_path: Path) -> None:
    li = editor(store)
    manager = Scope(role=Role.GRID_MANAGER, cells=frozenset({"o1"}), user="gu")
    with pytest.raises(PermissionDenied):
        job(store, tmp_path, "reroute", li.draft, scope=manager)
    Workflow(store.engine).submit(PLANNER, li.draft)
    with pytest.raises(InputError, match="in_review"):
        job(store, tmp_path, "reroute", li.draft)


def test_an_opened_cell_can_be_challenged(store: Store) -> None:
    """It has its code before it is planned, and the same one after undo and redo."""
    li = editor(store)
    before = {number: one.code for number, one in li.drafts.names(PLANNER, li.draft).items()}
    li.commit_edit(NewCell(20, load=60.0), "k1")
    names = li.drafts.names(PLANNER, li.draft)
    assert {number: one.code for number, one in names.items()} == {**before, 4: "C05"}
    li.drafts.undo(PLANNER, li.draft, key="u")
    li.drafts.redo(PLANNER, li.draft, key="r")
    assert li.drafts.names(PLANNER, li.draft)[4].code == "C05"
    Workflow(store.engine).submit(PLANNER, li.draft)
    challenges = Challenges(store.engine)
    challenges.file(BOSS, li.draft, 5, "too far")
    assert [one.cell_id for one in challenges.of(BOSS, li.draft)] == [5]


def test_a_job_that_was_overtaken_is_done_again(store: Store, tmp_path: Path) -> None:
    """The edit comes while it is planned: the job fails so that it is retried, then it is done."""
    li = editor(store)
    li.commit_edit(movable(li), "k1")
    queue = Queue(store.engine, STANDARD)
    asked = {"scenario_id": li.draft, "best_effort": True}
    number = queue.ask(PLANNER, "reroute", TOWN, asked)
    url = store.engine.url.render_as_string(hide_password=False)
    overtaken: list[str] = []

    def report(progress: Progress) -> None:
        if progress.stage.endswith("routing") and not overtaken:
            overtaken.append(progress.stage)
            li.commit_edit(movable(li), "k2")

    claim = queue.take("w", lease_s=60.0)
    assert claim is not None
    work = Work(url, STANDARD["reroute"], claim, tmp_path / "1", tmp_path, "threads")
    first = _outcome(work, report)
    assert isinstance(first, Failed) and first.again
    assert [one.key for one in first.faults] == ["drafts.moved_on"]
    assert _outcome(work, report) == Done()
    assert queue.job(PLANNER, number).result["broken"] == []
    assert li.drafts.head(PLANNER, li.draft).version.planned == 2
