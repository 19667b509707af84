"""Plan a territory with gridmap and with the two baselines, in one run.

    python -m benchmarks.plan                                  # the embedded example
    python -m benchmarks.plan PROJECT.toml --data DIR --seed 1

Prints one row a method: worst deviation of demand, travel above the balanced method's proven
bound, mean compactness, and CPU seconds. The peers are what most tools do: the nearest outlet by
street time (location-allocation without capacity), and Voronoi regions.
"""

from __future__ import annotations

import argparse
import platform
import time
from pathlib import Path

from geodata.demo import demo_project
from geodata.project import load_project
from gridmap.planning import make_plan

METHODS = ("balanced", "network", "voronoi")


def main() -> None:
    """Plan with each method and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("project", type=Path, nargs="?", default=demo_project())
    parser.add_argument("--data", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    start = time.process_time()
    territory, request = load_project(given.project, data_dir=given.data)
    print(f"{territory.name}: {len(territory.units)} units, seed {given.seed}, "
          f"{platform.machine()} Python {platform.python_version()}")  # fmt: skip
    print(f"read in {time.process_time() - start:.1f} CPU s")
    print("method     worst deviation  travel above bound  compactness  CPU s")
    bound = None
    for method in METHODS:
        partition = request.partition.model_copy(update={"method": method})
        start = time.process_time()
        plan = make_plan(
            territory, request.model_copy(update={"partition": partition}), seed=given.seed
        )
        seconds = time.process_time() - start
        bound = plan.partition.lower_bound or bound
        above = plan.partition.travel_cost / bound - 1.0 if bound else float("nan")
        worst = plan.partition.balances[0].worst_deviation
        print(f"{method:<10} {worst:15.1%} {above:19.1%} {plan.cells['compactness'].mean():12.3f}"
              f" {seconds:6.1f}")  # fmt: skip


if __name__ == "__main__":
    main()
