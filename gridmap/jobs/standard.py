"""The jobs that gridmap itself knows: plan, re-route, score and export of stored scenarios."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pydantic
import sqlalchemy as sa

from gridmap.catalogue import Language
from gridmap.checking import check_plan
from gridmap.errors import InputError, PermissionDenied, fault, some_ids
from gridmap.export.feeds import Feed, FeedRequest, export_feeds
from gridmap.export.geo import write_geopackage
from gridmap.export.report import TIMINGS, build_report
from gridmap.export.route_sheets import with_cells, write_route_sheets
from gridmap.field_faults import field_faults
from gridmap.jobs.executor import open_executor
from gridmap.jobs.kinds import Kind, Task, Write, by_name
from gridmap.partition.cells import cell_polygons
from gridmap.planning import Stages, assess_plan, calibrated, make_plan
from gridmap.policies import PlanRequest
from gridmap.progress import MaxRuntime, Progress
from gridmap.scenario import Scenario
from gridmap.scoring.assessment import Cells
from gridmap.scoring.findings import recorded
from gridmap.scoring.score_table import cell_summary
from gridmap.store.replans import DraftToPlan, draft_to_plan, save_replan
from gridmap.store.repository import save_plan
from gridmap.store.roles import Permission
from gridmap.store.states import load_state
from gridmap.territory import Territory

T = TypeVar("T", bound=pydantic.BaseModel)

_STAGE = "planning.stage"
#: Shares of the stages in the time of a plan of some twenty cells.
PLAN_STAGES = {
    f"{_STAGE}.travel": 0.05,
    f"{_STAGE}.partition": 0.25,
    f"{_STAGE}.engine": 0.03,
    f"{_STAGE}.routing": 0.5,
    f"{_STAGE}.scoring": 0.07,
    f"{_STAGE}.findings": 0.03,
    f"{_STAGE}.check": 0.07,
}


class PlanArguments(pydantic.BaseModel):
    """Arguments of the kinds that make a scenario out of one.

    Attributes
    ----------
    scenario_id
        The scenario whose territory, and of a re-route or score whose cells, are taken.
    seed
        Seed of every random choice; that of the scenario by default.
    max_seconds
        Ends the search early.
    best_effort
        Where not all visits fit, leave out the least.
    request
        What is asked; that of the scenario by default.
    territory_hash
        State of the territory's data that a new plan is made of, see `gridmap.store.states`; that
        of the scenario by default. Cells that are kept need their own state.
    """

    model_config = pydantic.ConfigDict(extra="forbid")

    scenario_id: int
    seed: int | None = pydantic.Field(default=None, ge=0)
    max_seconds: float | None = pydantic.Field(default=None, ge=0.0)
    best_effort: bool = False
    request: PlanRequest | None = None
    territory_hash: str | None = None


class ExportArguments(pydantic.BaseModel):
    """Arguments of an export; see `gridmap.export.feeds.FeedRequest`.

    Attributes
    ----------
    sheets
        Whether the route sheets are written, too.
    archive
        Whether all files are also put into one archive.
    """

    model_config = pydantic.ConfigDict(extra="forbid")

    scenario_id: int
    formats: tuple[Feed, ...] = ()
    start: date | None = None
    cycles: int = pydantic.Field(default=1, ge=1, le=120)
    cells: tuple[str, ...] = ()
    language: Language | None = None
    sheets: bool = False
    archive: bool = False


def plan(task: Task) -> Write:
    """Make a plan of the territory of a scenario, or of another state of its data."""
    asked = read_arguments(PlanArguments, task.arguments)
    territory, scenario = _load(task, asked.scenario_id)
    if asked.territory_hash not in (None, territory.content_hash):
        territory = load_state(task.store.engine, task.scope, str(asked.territory_hash))
        if territory.name != task.territory:
            raise InputError(fault("jobs.other_place", asked.scenario_id, found=territory.name))
    return _planned(task, asked, territory, scenario, keep=False)


def reroute(task: Task) -> Write:
    """Keep the cells of a scenario and plan the visits anew.

    A draft is planned in place, and only cells whose visits have changed are routed again; of a
    plan as it was made this makes another scenario.
    """
    asked = read_arguments(PlanArguments, task.arguments)
    draft = _draft(task, asked.scenario_id)
    if draft is not None:
        return _replanned(task, asked, draft)
    territory, scenario = _load(task, asked.scenario_id)
    return _planned(task, asked, territory, scenario, keep=True)


def score(task: Task) -> Write:
    """Keep cells and routes of a scenario and score them anew; of a draft in place."""
    asked = read_arguments(PlanArguments, task.arguments)
    draft = _draft(task, asked.scenario_id)
    if draft is None:
        territory, old = _load(task, asked.scenario_id)
    elif draft.plan is None:
        raise InputError(fault("drafts.not_planned", asked.scenario_id))
    else:
        territory, old = draft.territory, draft.plan
    request = asked.request or old.request
    seed = old.seed if asked.seed is None else asked.seed
    stages = Stages(task.report)
    with stages.running("scoring"):
        polygons = cell_polygons(territory.units, old.partition.label, old.partition.n_cells)
        assessed = assess_plan(
            territory,
            request,
            Cells(
                old.partition.label, polygons, old.stops, old.cells["cell_id"].to_numpy(np.int64)
            ),
            seed=seed,
            fit=calibrated(territory, request),
        )
        scores = assessed.scores
    with stages.running("findings"):
        zones, pairs = assessed.findings
    summary = cell_summary(scores)
    kept = old.cells.drop(columns=[one for one in summary.columns if one != "cell_id"])
    cells = kept.merge(summary, on="cell_id", how="left", validate="one_to_one")
    found = {"blind_zones": recorded(zones), "duplicates": recorded(pairs)}
    scored = replace(
        old,
        request=request,
        seed=seed,
        scores=scores,
        cells=cells[list(old.cells.columns)],
        report={**old.report, **found},
    )
    return _saved(task, territory, scored, stages, draft=draft)


def export(task: Task) -> Write:
    """Write the files of a scenario into the folder of the job."""
    asked = read_arguments(ExportArguments, task.arguments)
    territory, scenario = _load(task, asked.scenario_id)
    task.report(Progress("jobs.stage.export", 0.0))
    request = FeedRequest(
        feeds=asked.formats,
        start=asked.start,
        cycles=asked.cycles,
        cells=_own_cells(task, scenario, asked.cells),
        language=asked.language,
    )
    with tempfile.TemporaryDirectory() as drafts:
        plan_file = write_geopackage(territory, scenario, Path(drafts) / "plan.gpkg")
        task.report(Progress("jobs.stage.export", 0.2))
        files = export_feeds(plan_file, task.folder, request)
    task.report(Progress("jobs.stage.export", 0.5))
    if asked.sheets:
        mine = with_cells(scenario, request.cells) if request.cells else scenario
        said = asked.language or scenario.request.language
        files += write_route_sheets(territory, mine, task.folder / "route_sheets", said)
    if asked.archive:
        files.append(_archive(task.folder, files, f"plan-{asked.scenario_id}.zip"))
    task.report(Progress("jobs.stage.export", 1.0))
    listed = sorted(str(one.relative_to(task.folder)) for one in files)
    return lambda _: {"folder": task.folder.name, "files": listed}


def _archive(folder: Path, files: Sequence[Path], name: str) -> Path:
    """Return an archive of some files of a folder; it appears whole or not at all."""
    draft = folder / f".{name}.part"
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in files:
            archive.write(one, one.relative_to(folder))
    return draft.replace(folder / name)


STANDARD = by_name(
    Kind("plan", Permission.PLAN, plan, PLAN_STAGES),
    Kind("reroute", Permission.PLAN, reroute, PLAN_STAGES),
    Kind(
        "score",
        Permission.PLAN,
        score,
        {f"{_STAGE}.scoring": 0.6, f"{_STAGE}.findings": 0.2, f"{_STAGE}.check": 0.2},
    ),
    Kind("export", Permission.EXPORT, export, {"jobs.stage.export": 1.0}),
)


def read_arguments(model: type[T], arguments: Mapping[str, Any], *, within: str = "") -> T:
    """Return the arguments of a job, checked; faults name the field `within` which they lie.

    Raises
    ------
    InputError
        With all faults at once.
    """
    try:
        return model.model_validate(arguments)
    except pydantic.ValidationError as error:
        raise InputError(*field_faults(error, within=within)) from error


def _load(task: Task, scenario_id: int) -> tuple[Territory, Scenario]:
    territory, scenario = task.store.load(task.scope, scenario_id)
    if territory.name != task.territory:
        raise InputError(fault("jobs.other_place", scenario_id, found=territory.name))
    return territory, scenario


def _planned(
    task: Task, asked: PlanArguments, territory: Territory, old: Scenario, *, keep: bool
) -> Write:
    made = make_plan(
        territory,
        asked.request or old.request,
        seed=old.seed if asked.seed is None else asked.seed,
        stop=None if asked.max_seconds is None else MaxRuntime(asked.max_seconds),
        report=task.report,
        best_effort=asked.best_effort,
        cells=old.partition if keep else None,
        executor=open_executor(task.executor),
    )
    return _saved(task, territory, made, Stages(task.report))


def saved_plan_of(task: Task, territory: Territory, scenario: Scenario) -> Write:
    """Check a new plan independently of the solver, and return how it is written."""
    return _saved(task, territory, scenario, Stages(task.report))


def _draft(task: Task, scenario_id: int) -> DraftToPlan | None:
    draft = draft_to_plan(task.store.engine, task.scope, scenario_id)
    if draft is not None and draft.territory.name != task.territory:
        raise InputError(fault("jobs.other_place", scenario_id, found=draft.territory.name))
    return draft


def _replanned(task: Task, asked: PlanArguments, draft: DraftToPlan) -> Write:
    """Plan a draft; what was asked otherwise before holds for no route of then."""
    request = asked.request or draft.request
    seed = draft.seed if asked.seed is None else asked.seed
    cells = draft.cells
    if (request.routing, seed) != (draft.request.routing, draft.seed):
        cells = replace(cells, routes={})
    made = make_plan(
        draft.territory,
        request,
        seed=seed,
        stop=None if asked.max_seconds is None else MaxRuntime(asked.max_seconds),
        report=task.report,
        best_effort=asked.best_effort,
        cells=cells,
        executor=open_executor(task.executor),
    )
    rerouted = [
        code
        for code, number in zip(cells.codes, cells.ids.tolist(), strict=True)
        if number not in cells.routes
    ]
    write = _saved(task, draft.territory, made, Stages(task.report), draft=draft)
    return lambda connection: {**write(connection), "rerouted": rerouted}


def _saved(
    task: Task,
    territory: Territory,
    scenario: Scenario,
    stages: Stages,
    *,
    draft: DraftToPlan | None = None,
) -> Write:
    """Check a scenario independently of the solver, and return how it is written."""
    with stages.running("check"), tempfile.TemporaryDirectory() as drafts:
        checks = check_plan(write_geopackage(territory, scenario, Path(drafts) / "plan.gpkg"))
    timings_s = {**scenario.report.get(TIMINGS, {}), **stages.timings_s}
    report = build_report(territory, scenario, checks) | {TIMINGS: timings_s}
    broken = [one.name for one in checks if not one.ok]
    whole = replace(scenario, report=report)

    def write(connection: sa.Connection) -> Mapping[str, Any]:
        if draft is None:
            saved = save_plan(connection, task.scope, territory, whole)
        else:
            saved = draft.version.scenario_id
            save_replan(connection, task.scope, draft, whole)
        return {"scenario_id": saved, "broken": broken}

    return write


def _own_cells(task: Task, scenario: Scenario, asked: tuple[str, ...]) -> tuple[str, ...]:
    """Return the codes of the cells to export: a grid manager's own ones at most."""
    if task.scope.cells is None:
        return asked
    mine = scenario.cells["centre_outlet_id"].isin(list(task.scope.cells))
    own = tuple(scenario.cells["code"][mine].astype(str))
    foreign = [one for one in asked if one not in own]
    if foreign or not own:
        raise PermissionDenied(fault("jobs.foreign_cells", some_ids(foreign) or task.scope.user))
    return asked or own
