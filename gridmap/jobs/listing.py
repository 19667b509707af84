"""A list of jobs, for people and for machines."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from gridmap.catalogue import Language, text
from gridmap.jobs.job import Job


def listed(jobs: Sequence[Job], language: Language) -> str:
    """Return the jobs one a line, and under each that failed the reason."""
    if not jobs:
        return text("jobs.nothing", language)
    lines = [text("jobs.head", language)]
    for one in jobs:
        state = text(f"jobs.state.{one.state}", language)
        left = "" if one.left_s is None else f"{one.left_s:.0f} s"
        lines.append(
            f"{one.job_id:>6}  {one.kind:<8} {state:<10} {one.fraction:>5.0%}  {left:>7}  "
            f"{one.territory}  {one.user}"
        )
        lines += [f"        {each.text(language)}" for each in one.faults]
    return "\n".join(lines)


def as_plain(job: Job, language: Language) -> dict[str, Any]:
    """Return a job as JSON values."""
    return {
        "job_id": job.job_id,
        "kind": job.kind,
        "territory": job.territory,
        "user": job.user,
        "state": job.state.value,
        "attempts": job.attempts,
        "stage": text(job.stage, language) if job.stage else "",
        "fraction": job.fraction,
        "detail": job.detail,
        "left_s": job.left_s,
        "cancel_asked": job.cancel_asked,
        "faults": [one.text(language) for one in job.faults],
        "result": dict(job.result),
        "created": _utc(job.created),
        "started": _utc(job.started),
        "ended": _utc(job.ended),
    }


def _utc(time: dt.datetime | None) -> str | None:
    """Return a time in UTC, in which databases keep it though SQLite does not say so."""
    return None if time is None else time.replace(tzinfo=time.tzinfo or dt.UTC).isoformat()
