"""Plan the visits of all cells, side by side on the cores there are."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from gridmap.policies import RoutingPolicy
from gridmap.progress import Stop
from gridmap.routing.plan import CellRoutes, plan_cell_routes
from gridmap.routing.problem import CellVisits


def plan_cells(
    cells: Sequence[CellVisits],
    policy: RoutingPolicy,
    *,
    seed: int,
    stop: Stop | None = None,
    workers: int | None = None,
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

    Yields
    ------
    CellRoutes
        In the order of the cells.
    """
    halted = Event()

    def over(best_cost: float, /) -> bool:
        return halted.is_set() or (stop is not None and stop(best_cost))

    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        planned = [
            pool.submit(plan_cell_routes, cell, policy, seed=seed, stop=over) for cell in cells
        ]
        try:
            for one in planned:
                yield one.result()
        finally:
            halted.set()
            for one in planned:
                one.cancel()
