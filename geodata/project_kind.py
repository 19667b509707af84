"""The plan of a whole project as a job: of one that was handed in, or of the example."""

from __future__ import annotations

from pathlib import Path

import pydantic

from geodata.basemap import build_basemap
from geodata.demo import demo_project
from geodata.project import STAGE as TERRITORY_STAGE
from geodata.project import load_project, street_extract
from geodata.project_archive import unpacked_project
from geodata.project_file import read_project
from gridmap.errors import InputError, fault
from gridmap.jobs.executor import open_executor
from gridmap.jobs.kinds import Kind, Task, Write
from gridmap.jobs.standard import PLAN_STAGES, read_arguments, saved_plan_of
from gridmap.planning import make_plan
from gridmap.store.roles import Permission
from gridmap.territory import Territory

_STAGES = {TERRITORY_STAGE: 0.3, **PLAN_STAGES}


class ExampleArguments(pydantic.BaseModel):
    """Arguments of the example: the seed of its plan."""

    model_config = pydantic.ConfigDict(extra="forbid")

    seed: int = pydantic.Field(default=0, ge=0)


class ProjectArguments(ExampleArguments):
    """Arguments of a project: an archive of the inbox, and its name as it was handed in."""

    file: str
    name: str = pydantic.Field(default="", max_length=200)


def example_name() -> str:
    """Return the name of the territory of the example."""
    return read_project(demo_project()).territory.name


def make_example(task: Task) -> Write:
    """Read the embedded example and make its plan, with a basemap."""
    asked = read_arguments(ExampleArguments, task.arguments)
    territory, write = _planned(task, demo_project(), asked.seed)
    # beside the files of jobs, as `gridmap.service_commands.basemap_folder` has it
    folder = task.inbox.parent.parent / "basemaps"
    target = folder / f"{territory.content_hash}.pmtiles"
    extract = street_extract(demo_project())
    if extract is not None and not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        build_basemap(extract, target)
    return write


def plan_project(task: Task) -> Write:
    """Read a project that was handed in and make its plan, the first one of its territory.

    Its files are opened in the sandbox. There is no basemap, as no sandbox can draw one.
    """
    asked = read_arguments(ProjectArguments, task.arguments)
    file = task.inbox / asked.file
    if Path(asked.file).name != asked.file or not file.is_file() or file.is_symlink():
        raise InputError(fault("jobs.bad_file", asked.name or asked.file))
    with unpacked_project(file) as project:
        return _planned(task, project, asked.seed)[1]


def _planned(task: Task, project: Path, seed: int) -> tuple[Territory, Write]:
    name = read_project(project).territory.name
    if task.territory != name:
        raise InputError(fault("jobs.other_place", found=name))
    territory, request = load_project(project, report=task.report)
    made = make_plan(
        territory, request, seed=seed, report=task.report, executor=open_executor(task.executor)
    )
    return territory, saved_plan_of(task, territory, made)


EXAMPLE = Kind("example", Permission.PLAN, make_example, _STAGES)
PROJECT = Kind("project", Permission.PLAN, plan_project, _STAGES)
