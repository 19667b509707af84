"""Jobs as the pages show them: read from the queue, in words, with what may be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from dashboards.components.words import words
from dashboards.state import Page, Selection
from gridmap.catalogue import Language, sentences, text
from gridmap.jobs.job import Job, State
from gridmap.jobs.queue import Queue
from gridmap.store.roles import Permission
from gridmap.store.scope import Scope

#: Jobs that a page lists, the newest first.
MOST: Final = 50
#: So long a job may wait before a page says that no worker runs: one beside the server that has
#: to read all that jobs need first takes its time. Seconds.
PATIENCE_S: Final = 20.0
_LIVE = (State.QUEUED, State.RUNNING)
#: What each kind demands of who asks again.
_DEMANDS: Final = {
    "plan": Permission.PLAN,
    "reroute": Permission.PLAN,
    "score": Permission.PLAN,
    "example": Permission.PLAN,
    "project": Permission.PLAN,
    "rebalance": Permission.EDIT,
    "export": Permission.EXPORT,
    "import": Permission.IMPORT,
}


@dataclass(frozen=True)
class JobView:
    """One job in words.

    Attributes
    ----------
    kind, territory, user, state
        As in the queue.
    title, about, state_name
        What it does, for what, and how far it is.
    created, took
        When it was asked for, and how long it ran.
    progress
        Stage, and the time that is left.
    fraction
        Done part in [0, 1].
    live, stopping
        Whether it waits or runs, and whether it has been asked to end.
    faults
        Why it failed.
    links
        Name and address of each result.
    files
        Name and address of each file that it made.
    may_cancel, may_retry
        What its reader may do.
    """

    job_id: int
    kind: str
    territory: str
    user: str
    state: str
    title: str
    about: str
    state_name: str
    created: str
    took: str
    progress: str
    fraction: float
    live: bool
    stopping: bool
    faults: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, str], ...]
    may_cancel: bool
    may_retry: bool


def jobs_of(queue: Queue, scope: Scope, language: Language) -> list[JobView]:
    """Return the jobs that a caller may see, the newest first.

    Those who may plan see all of their territories, others only what they asked for themselves.
    """
    return [view_of(one, scope, language) for one in queue.jobs(scope, most=MOST)]


def shape_of(jobs: Sequence[JobView]) -> str:
    """Return what is another text once a job begins or ends; ``jobs.js`` makes the same."""
    return ",".join(f"{one.job_id}{one.state}{str(one.stopping).lower()}" for one in jobs)


def view_of(job: Job, scope: Scope, language: Language) -> JobView:
    """Return a job in words."""
    say = words(language, "jobspage")
    live = job.state in _LIVE
    mine = job.user == scope.user
    demanded = _DEMANDS.get(job.kind, Permission.ADMINISTER)
    return JobView(
        job_id=job.job_id,
        kind=job.kind,
        territory=job.territory,
        user=job.user,
        state=job.state.value,
        title=_kind_name(job.kind, language),
        about=_about(job, language),
        state_name=say("state.stopping")
        if job.cancel_asked and job.state is State.RUNNING
        else text(f"jobs.state.{job.state}", language),
        created=f"{job.created:%Y-%m-%d %H:%M}",
        took=_took(job, language),
        progress=progress_text(job, language),
        fraction=job.fraction,
        live=live,
        stopping=job.cancel_asked,
        faults=tuple(one.text(language) for one in job.faults) if not live else (),
        links=tuple(_links(job, language)),
        files=tuple(
            (one, f"/api/v1/exports/{job.job_id}/files/{quote(one)}")
            for one in job.result.get("files", ())
        )
        if job.state is State.DONE
        else (),
        may_cancel=live and not job.cancel_asked and (mine or scope.may(Permission.PUBLISH)),
        may_retry=job.state in (State.FAILED, State.CANCELLED) and scope.may(demanded),
    )


def progress_text(job: Job, language: Language) -> str:
    """Return the stage of a job that runs, and about how long it still takes."""
    if job.state is not State.RUNNING:
        return ""
    parts = [text(job.stage, language) if job.stage in sentences(language) else ""]
    if job.left_s is not None:
        parts.append(_left(job.left_s, language))
    return " · ".join(one for one in parts if one)


def _left(seconds: float, language: Language) -> str:
    say = words(language, "jobspage")
    if seconds < 90.0:
        return say("left.seconds", count=max(1, round(seconds)))
    return say("left.minutes", count=round(seconds / 60.0))


def _took(job: Job, language: Language) -> str:
    if job.started is None or job.ended is None:
        return ""
    seconds = (job.ended - job.started).total_seconds()
    say = words(language, "jobspage")
    if seconds < 90.0:
        return say("took.seconds", count=f"{seconds:.0f}")
    return say("took.minutes", count=f"{seconds / 60.0:.0f}")


def _kind_name(kind: str, language: Language) -> str:
    key = f"jobspage.kind.{kind}"
    return text(key, language) if key in sentences(language) else kind


def _about(job: Job, language: Language) -> str:
    """Return what a job is for: a file, or the plan it starts from."""
    say = words(language, "jobspage")
    if job.kind == "import":
        rows = str(job.arguments.get("rows", "outlets"))
        key = f"datapage.rows.{rows}"
        name = text(key, language) if key in sentences(language) else rows
        return f"{name}: {job.arguments.get('name') or job.arguments.get('file', '')}"
    scenario = job.arguments.get("scenario_id")
    if scenario is None:
        return str(job.arguments.get("name", ""))
    said = say("about.plan", scenario=scenario)
    if job.arguments.get("seed") is not None:
        said += say("about.seed", seed=job.arguments["seed"])
    return said


def _links(job: Job, language: Language) -> Sequence[tuple[str, str]]:
    if job.state is not State.DONE:
        return ()
    say = words(language, "jobspage")
    scenario = job.result.get("scenario_id")
    if isinstance(scenario, int):
        to = Selection(Page.CELLS, language, scenario).address()
        return ((say("result.plan", scenario=scenario), to),)
    if job.kind == "import" and job.result.get("territory_hash"):
        to = Selection(Page.JOBS, language).address()
        accepted = job.result.get("counts", {}).get("accepted", 0)
        return ((say("result.import", count=accepted), to),)
    return ()
