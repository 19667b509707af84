"""Plan the visits of all cells, side by side wherever there is room for them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from threading import Event

from gridmap.jobs.executor import Executor, Threads, in_order
from gridmap.policies import RoutingPolicy
from gridmap.progress import MaxRuntime, Stop
from gridmap.routing.kept_searches import KeptSearches
from gridmap.routing.plan import CellRoutes, plan_cell_routes
from gridmap.routing.problem import CellVisits


def plan_cells(
    cells: Sequence[CellVisits],
    policy: RoutingPolicy,
    *,
    seed: int,
    stop: Stop | None = None,
    executor: Executor | None = None,
    kept: KeptSearches | None = None,
    on_done: Callable[[int, CellVisits], None] | None = None,
) -> Iterator[CellRoutes]:
    """Plan cell by cell, as many at a time as the executor has room for.

    The plan of a cell depends on its seed alone. Who stops asking for plans ends the searches
    that are under way here, and elsewhere those that have not begun.

    Parameters
    ----------
    cells
        Outlets and ways of each cell.
    policy
        Grades, cycle and working day.
    seed
        Seed of every cell's search.
    stop
        May end the searches earlier; asked from several threads. An executor that does not share
        memory can take a `MaxRuntime` only.
    executor
        Where the searches run; None = in threads, since they let go of Python's lock.
    kept
        Searches of an earlier run that was ended; for executors that share memory.
    on_done
        Told of each cell when its search is over, in the order in which they end, and of how many
        are done by then.

    Yields
    ------
    CellRoutes
        In the order of the cells.

    Raises
    ------
    ValueError
        If the executor cannot ask the stopping criterion.
    """
    runs = executor or Threads()
    halted = Event()
    work: Callable[[CellVisits], CellRoutes]
    if runs.shares_memory:

        def over(best_cost: float, /) -> bool:
            return halted.is_set() or (stop is not None and stop(best_cost))

        def search(cell: CellVisits) -> CellRoutes:
            try:
                return plan_cell_routes(cell, policy, seed=seed, stop=over, kept=kept)
            except BaseException:
                halted.set()  # the others need not go on
                raise

        work = search
    elif stop is None:
        work = partial(plan_cell_routes, policy=policy, seed=seed)
    elif isinstance(stop, MaxRuntime):
        work = partial(plan_until, policy=policy, seed=seed, end=time.time() + stop.left_s())
    else:
        raise ValueError("Expected no criterion or a MaxRuntime for work that is sent elsewhere.")

    def told(numbered: Iterator[tuple[int, CellRoutes]]) -> Iterator[tuple[int, CellRoutes]]:
        for count, (number, done) in enumerate(numbered, 1):
            if on_done is not None:
                on_done(count, cells[number])
            yield number, done

    answers = runs.answers(work, cells)
    with closing(answers):  # type: ignore[type-var]
        try:
            yield from in_order(told(answers))
        finally:
            halted.set()


def plan_until(cell: CellVisits, *, policy: RoutingPolicy, seed: int, end: float) -> CellRoutes:
    """Plan a cell on another machine; `end` is the time of day, since 1970, to stop at."""
    stop = MaxRuntime(max(end - time.time(), 0.0))
    return plan_cell_routes(cell, policy, seed=seed, stop=stop)
