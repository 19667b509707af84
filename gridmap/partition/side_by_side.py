"""Work on several processors at once, with answers that do not depend on how many there are."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_Job = TypeVar("_Job")
_Answer = TypeVar("_Answer")


def side_by_side(work: Callable[[_Job], _Answer], jobs: Iterable[_Job]) -> list[_Answer]:
    """Return the answers in the order of the jobs.

    The jobs run in threads, so it is compiled code without the interpreter's lock that gains.
    """
    listed = list(jobs)
    workers = min(len(listed), os.cpu_count() or 1)
    if workers <= 1:
        return [work(job) for job in listed]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(work, listed))
