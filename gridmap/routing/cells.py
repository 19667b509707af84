"""Plan the visits of all cells, side by side on the cores there are."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from threading import Event

from gridmap.policies import RoutingPolicy
from gridmap.progress import Stop
from gridmap.routing.kept_searches import KeptSearches
from gridmap.routing.plan import CellRoutes, plan_cell_routes
from gridmap.routing.problem import CellVisits


def plan_cells(
    cells: Sequence[CellVisits],
    policy: RoutingPolicy,
    *,
    seed: int,
    stop: Stop | None = None,
    workers: int | None = None,
    kept: KeptSearches | None = None,
    on_done: Callable[[int, CellVisits], None] | None = None,
) -> Iterator[CellRoutes]:
    """Plan one cell after the other, as many at a time as there are cores.

    The search runs outside Python's lock, each in a thread of its own; the plan of a cell depends
    on its seed alone. Who stops asking for plans ends the searches that are under way.

    Parameters
    ----------
    cells
        Outlets and ways of each cell.
    policy
        Grades, cycle and working day.
    seed
        Seed of every cell's search.
    stop
        May end the searches earlier; asked from several threads.
    workers
        How many at a time; None = one a core.
    kept
        Searches of an earlier run that was ended.
    on_done
        Told of each cell when its search is over, in the order in which they end, and of how many
        are done by then.

    Yields
    ------
    CellRoutes
        In the order of the cells.
    """
    halted = Event()

    def over(best_cost: float, /) -> bool:
        return halted.is_set() or (stop is not None and stop(best_cost))

    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        planned = {
            pool.submit(plan_cell_routes, cell, policy, seed=seed, stop=over, kept=kept): number
            for number, cell in enumerate(cells)
        }
        ready: dict[int, CellRoutes] = {}
        behind = 0
        try:
            for count, one in enumerate(as_completed(planned), 1):
                number = planned[one]
                ready[number] = one.result()
                if on_done is not None:
                    on_done(count, cells[number])
                while behind in ready:
                    yield ready.pop(behind)
                    behind += 1
        finally:
            halted.set()
            for one in planned:
                one.cancel()
