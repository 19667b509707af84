"""The plan of a whole project as a job: of the example that gridmap brings along."""

from __future__ import annotations

import pydantic

from geodata.demo import demo_project
from geodata.project import STAGE as TERRITORY_STAGE
from geodata.project import load_project
from geodata.project_file import read_project
from gridmap.errors import InputError, fault
from gridmap.jobs.executor import open_executor
from gridmap.jobs.kinds import Kind, Task, Write
from gridmap.jobs.standard import PLAN_STAGES, read_arguments, saved_plan_of
from gridmap.planning import make_plan
from gridmap.store.roles import Permission


class ExampleArguments(pydantic.BaseModel):
    """Arguments of the example: the seed of its plan."""

    model_config = pydantic.ConfigDict(extra="forbid")

    seed: int = pydantic.Field(default=0, ge=0)


def example_name() -> str:
    """Return the name of the territory of the example."""
    return read_project(demo_project()).territory.name


def make_example(task: Task) -> Write:
    """Read the embedded example and make its plan."""
    asked = read_arguments(ExampleArguments, task.arguments)
    name = example_name()
    if task.territory != name:
        raise InputError(fault("jobs.other_place", found=name))
    territory, request = load_project(demo_project(), report=task.report)
    made = make_plan(
        territory, request, seed=asked.seed, report=task.report,
        executor=open_executor(task.executor),
    )  # fmt: skip
    return saved_plan_of(task, territory, made)


EXAMPLE = Kind("example", Permission.PLAN, make_example, {TERRITORY_STAGE: 0.3, **PLAN_STAGES})
