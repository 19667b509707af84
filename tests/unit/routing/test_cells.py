"""Cells side by side: in their order, as each alone, and no longer than anyone wants them."""

import time

from cell_visits import random_cell

from gridmap.jobs.executor import Threads
from gridmap.policies import RoutingPolicy
from gridmap.routing.cells import plan_cells
from gridmap.routing.plan import plan_cell_routes

POLICY = RoutingPolicy(iterations=40)


def test_side_by_side_as_one_after_the_other() -> None:
    cells = [random_cell(n_outlets, n_outlets) for n_outlets in (25, 5, 18, 12)]
    together = [one.days for one in plan_cells(cells, POLICY, seed=3, executor=Threads(3))]
    assert together == [plan_cell_routes(cell, POLICY, seed=3).days for cell in cells]


def test_who_goes_away_ends_the_searches() -> None:
    endless = RoutingPolicy(iterations=1_000_000)
    cells = [random_cell(30, seed) for seed in range(3)]
    began = time.perf_counter()
    calls = 0

    def stop(_: float, /) -> bool:
        nonlocal calls
        calls += 1
        return calls == 20  # ends the first search and no other

    searches = plan_cells(cells, endless, seed=1, stop=stop, executor=Threads(1))
    next(searches)
    searches.close()
    assert time.perf_counter() - began < 30.0
