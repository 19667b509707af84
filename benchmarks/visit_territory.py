"""A whole territory of invented cells: how long its visits take to plan, and in how much memory.

    nice -n 10 python -m benchmarks.visit_territory --cells 40 --seed 1

Everything is invented, by a seeded function. Each cell has outlets in clusters, grades in the usual
shares, and straight ways at cycling speed; the search runs for the iterations of the default
policy. Compilation is over before the clock starts. With fewer cells than `--of`, the wall time of
so many cells on so many cores is worked out from the CPU seconds.
"""

from __future__ import annotations

import argparse
import json
import resource
import time

import numpy as np

from gridmap.jobs.executor import Threads
from gridmap.policies import RoutingPolicy
from gridmap.routing.cells import plan_cells
from gridmap.routing.portfolio import compile_loops
from gridmap.routing.problem import CellVisits

#: Side of a cell in metres, and metres a second from door to door.
SIDE_M, SPEED_M_S = 4000.0, 4.0
#: Shares of grades A, B and C.
SHARES = (0.15, 0.35, 0.5)


def invented_cell(number: int, outlets: int, seed: int) -> CellVisits:
    """Invent a cell; the same arguments give the same cell."""
    rng = np.random.default_rng([seed, number, outlets])
    middles = rng.uniform(0.1, 0.9, (max(outlets // 25, 3), 2))
    xy = rng.normal(middles[rng.integers(len(middles), size=outlets)], 0.08).clip(0.0, 1.0)
    xy = np.vstack([[0.5, 0.5], xy]) * SIDE_M
    apart_m = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    return CellVisits(
        cell_id=number,
        outlet_ids=tuple(f"c{number}-{one}" for one in range(outlets)),
        grades=tuple(rng.choice(["A", "B", "C"], outlets, p=SHARES).tolist()),
        travel_s=apart_m / SPEED_M_S,
        centre_id=f"c{number}",
    )


def main() -> None:
    """Plan the cells and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--cells", type=int, default=300)
    parser.add_argument("--outlets", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--of", type=int, default=300, help="cells to extrapolate to")
    asked = parser.parse_args()
    compile_loops()
    policy = RoutingPolicy()
    cells = [invented_cell(one + 1, asked.outlets, asked.seed) for one in range(asked.cells)]
    wall, cpu = time.perf_counter(), time.process_time()
    planned = list(plan_cells(cells, policy, seed=asked.seed, executor=Threads(asked.workers)))
    wall_s, cpu_s = time.perf_counter() - wall, time.process_time() - cpu
    print(
        json.dumps(
            {
                "cells": asked.cells,
                "outlets": asked.outlets,
                "seed": asked.seed,
                "iterations": policy.iterations,
                "workers": asked.workers,
                "wall_s": round(wall_s, 1),
                "cpu_s": round(cpu_s, 1),
                "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0),
                "left_out": sum(len(one.left_out) for one in planned),
                f"cpu_min_of_{asked.of}_on_{asked.workers}": round(
                    cpu_s / asked.cells * asked.of / asked.workers / 60.0, 1
                ),
            }
        )
    )


if __name__ == "__main__":
    main()
