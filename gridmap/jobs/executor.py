"""Where the parts of a plan are worked on: here, in processes, or on a cluster.

A part, such as one cell or one territory, is a pure function of a value: where it is worked on,
how often, and in which order makes no difference to the answer. So a part whose process or machine
dies is simply done again, and all executors give the same answers, byte for byte.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, as_completed, wait
from concurrent.futures.process import BrokenProcessPool, ProcessPoolExecutor
from typing import Any, Protocol, TypeVar

from gridmap.errors import EngineError, InputError, fault
from gridmap.jobs.contents import content_hash

Part = TypeVar("Part")
Answer = TypeVar("Answer")

#: How often processes may die without any part being done meanwhile.
MOST_DEATHS = 3


class Executor(Protocol):
    """Works on parts; see `Serial`, `Threads`, `Processes` and `Dask`.

    Attributes
    ----------
    shares_memory
        Whether the work may use objects of the caller, such as a stopping criterion; else it is
        sent elsewhere, and it and the parts must be values.
    """

    @property
    def shares_memory(self) -> bool:
        """See above."""
        ...

    def answers(
        self, work: Callable[[Part], Answer], parts: Sequence[Part]
    ) -> Iterator[tuple[int, Answer]]:
        """Yield the number of each part and its answer, in the order in which they end.

        Who stops asking ends what has not begun.
        """
        ...


class Serial:
    """One part after the other, here."""

    shares_memory = True

    def answers(
        self, work: Callable[[Part], Answer], parts: Sequence[Part]
    ) -> Iterator[tuple[int, Answer]]:
        """See `Executor`."""
        for number, part in enumerate(parts):
            yield number, work(part)


class Threads:
    """In threads: for compiled work that lets go of Python's lock.

    Parameters
    ----------
    workers
        Parts at a time; one a core by default.
    """

    shares_memory = True

    def __init__(self, workers: int | None = None) -> None:
        self._workers = workers or os.cpu_count() or 1

    def answers(
        self, work: Callable[[Part], Answer], parts: Sequence[Part]
    ) -> Iterator[tuple[int, Answer]]:
        """See `Executor`."""
        with ThreadPoolExecutor(self._workers) as pool:
            asked = {pool.submit(work, part): number for number, part in enumerate(parts)}
            try:
                for one in as_completed(asked):
                    yield asked[one], one.result()
            finally:
                for one in asked:
                    one.cancel()


class Processes:
    """In processes of this machine; one that dies is replaced and its parts are done again.

    Parameters
    ----------
    workers
        Parts at a time; one a core by default.
    """

    shares_memory = False

    def __init__(self, workers: int | None = None) -> None:
        self._workers = workers or os.cpu_count() or 1

    def answers(
        self, work: Callable[[Part], Answer], parts: Sequence[Part]
    ) -> Iterator[tuple[int, Answer]]:
        """See `Executor`.

        Raises
        ------
        EngineError
            If processes die again and again although no part is done.
        """
        left = dict(enumerate(parts))
        deaths = 0
        while left:
            before = len(left)
            for number, answer in self._until_broken(work, left):
                del left[number]
                yield number, answer
            if left:
                deaths = deaths + 1 if len(left) == before else 1
                if deaths >= MOST_DEATHS:
                    raise EngineError(fault("jobs.processes_die", times=deaths))

    def _until_broken(
        self, work: Callable[[Part], Answer], left: dict[int, Part]
    ) -> Iterator[tuple[int, Answer]]:
        """Yield answers until all are given or a process dies."""
        method = (
            "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
        )
        workers = min(self._workers, len(left))
        with ProcessPoolExecutor(workers, multiprocessing.get_context(method)) as pool:
            asked: dict[Future[Answer], int] = {}
            try:
                asked = {pool.submit(work, part): number for number, part in left.items()}
                waiting = set(asked)
                while waiting:
                    ended, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    # Of those that ended together, whole answers come before the bad news.
                    for one in sorted(ended, key=lambda each: each.exception() is not None):
                        yield asked[one], one.result()
            except BrokenProcessPool:
                return
            finally:
                for one in asked:
                    one.cancel()


class Dask:
    """On a cluster of machines, by the address of its scheduler; needs ``gridmap-planner[scale]``.

    Each part has a key made of its content: the same part asked twice is worked on once, and one
    whose worker dies is done elsewhere.

    Parameters
    ----------
    scheduler
        Address such as ``tcp://host:8786``, or a client of `distributed`.
    retries
        How often a part may fail by itself.

    Raises
    ------
    EngineError
        If `distributed` is not installed or the scheduler does not answer.
    """

    shares_memory = False

    def __init__(self, scheduler: Any, *, retries: int = 2) -> None:
        try:
            import distributed
        except ModuleNotFoundError as error:
            raise EngineError(fault("jobs.no_dask")) from error
        if isinstance(scheduler, str):
            try:
                scheduler = distributed.Client(scheduler, set_as_default=False)
            except (OSError, ValueError) as error:
                raise EngineError(fault("jobs.no_scheduler", reason=error)) from error
        self._distributed = distributed
        self._client = scheduler
        self._retries = retries

    def answers(
        self, work: Callable[[Part], Answer], parts: Sequence[Part]
    ) -> Iterator[tuple[int, Answer]]:
        """See `Executor`."""
        asked: dict[Any, list[int]] = {}
        for number, part in enumerate(parts):
            key = f"gridmap-{content_hash(work, part)}"
            one = self._client.submit(work, part, key=key, pure=True, retries=self._retries)
            asked.setdefault(one, []).append(number)
        try:
            for one in self._distributed.as_completed(asked, loop=self._client.loop):
                answer = one.result()
                for number in asked[one]:
                    yield number, answer
        except self._distributed.scheduler.KilledWorker as error:
            raise EngineError(fault("jobs.workers_die", reason=error)) from error
        finally:
            self._client.cancel([one for one in asked if not one.done()])


#: Names under which executors are asked for; anything else is the address of a scheduler.
NAMED: dict[str, Callable[[], Executor]] = {
    "serial": Serial,
    "threads": Threads,
    "processes": Processes,
}


def open_executor(name: str) -> Executor:
    """Return the executor of a name or of a scheduler's address.

    Raises
    ------
    InputError
        If it is neither.
    EngineError
        See `Dask`.
    """
    if name in NAMED:
        return NAMED[name]()
    if "://" not in name:
        raise InputError(fault("jobs.no_executor", name, known=", ".join(NAMED)))
    return Dask(name)


def in_order(numbered: Iterator[tuple[int, Answer]]) -> Iterator[Answer]:
    """Yield answers in the order of their parts, each as soon as those before it are there."""
    ready: dict[int, Answer] = {}
    behind = 0
    for number, answer in numbered:
        ready[number] = answer
        while behind in ready:
            yield ready.pop(behind)
            behind += 1
