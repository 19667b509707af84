"""Solve small instances to proven optimality and judge the heuristic by it.

    python -m benchmarks.exact [FOLDER_OR_FILE ...] [--gap 1e-4] [--nodes 5000]
    python -m benchmarks.exact AREAS --workload COLUMN --k 20 --centre-seeds 1,2,3 [--gap 2.5e-3]

A file is an instance of territory design in the format of Ríos-Mercado and Fernández (2009): the
number of units, a line `id x y w1 w2 w3 flag` for each, the number of borders, a line `first
second` for each, then a line `cells cells tolerance …` with a tolerance for each workload. Files
without chosen centres get centres at least about half a mean cell's width apart. With a workload
the file is one of areas that share borders exactly, and its centres are drawn. Without arguments
seeded random instances of the size of such files are solved. Prints one CSV line an instance.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from scipy.spatial import Delaunay

from benchmarks.partition_cases import TOLERANCE, file_case, spaced_centres
from gridmap.partition.exact import solve_exact
from gridmap.partition.objective import Bands, Importance, broken_cells, loads, travel_cost
from gridmap.partition.problem import Floats, Ints, PartitionProblem
from gridmap.partition.solve import solve

HEAD = (
    "instance,units,cells,status,optimum,bound,gap,rounds,nodes,cpu_s,"
    "heuristic,above,heuristic_worst,heuristic_broken,heuristic_cpu_s"
)


def build(
    xy: Floats, weights: Floats, pairs: Ints, cells: int, centre_seed: int
) -> PartitionProblem:
    """Return the problem with straight-line travel and evenly long borders."""
    area = float(np.prod(xy.max(axis=0) - xy.min(axis=0)))
    centre = spaced_centres(xy, weights[:, 0], area, cells, centre_seed)
    away = np.hypot(*(xy[:, None, :] - xy[None, centre, :]).transpose(2, 0, 1))
    return PartitionProblem.from_pairs(
        pairs[:, 0],
        pairs[:, 1],
        shared_m=np.full(len(pairs), np.sqrt(area / len(xy))),
        weights=weights,
        travel_s=away,
        centre_unit=centre,
        area_m2=area,
    )


def read_design(path: Path, centre_seed: int) -> tuple[PartitionProblem, float]:
    """Read an instance; return it with its tolerance."""
    lines = [line.split() for line in path.read_text().splitlines() if line.strip()]
    n_units = int(lines[0][0])
    units = np.array(lines[1 : n_units + 1], dtype=np.float64)
    n_pairs = int(lines[n_units + 1][0])
    pairs = np.array(lines[n_units + 2 : n_units + 2 + n_pairs], dtype=np.int64)
    asked = lines[n_units + 2 + n_pairs]
    problem = build(
        units[:, 1:3], units[:, 3:6], np.unique(pairs, axis=0), int(asked[0]), centre_seed
    )
    return problem, float(asked[2])


def random_design(n_units: int, cells: int, seed: int) -> tuple[PartitionProblem, float]:
    """Return a thinned Delaunay graph with three workloads, each unit ± 10 %."""
    rng = np.random.default_rng(seed)
    xy = rng.random((n_units, 2)) * 500.0
    found = Delaunay(xy).simplices
    pairs = np.unique(
        np.sort(np.concatenate([found[:, :2], found[:, 1:], found[:, [0, 2]]]), axis=1), axis=0
    )
    length = np.hypot(*(xy[pairs[:, 0]] - xy[pairs[:, 1]]).T)
    weights = np.round(rng.uniform(0.9, 1.1, (n_units, 3)) * [850.0, 2800.0, 2800.0])
    return build(xy, weights, pairs[length < 3.0 * np.median(length)], cells, seed), 0.05


def instances(asked: argparse.Namespace) -> Iterator[tuple[str, PartitionProblem, float]]:
    """Yield name, problem and tolerance of what was asked for."""
    seeds = [int(one) for one in asked.centre_seeds.split(",")]
    for path in asked.paths:
        if asked.workload:
            for seed in seeds:
                case = file_case(path, [asked.workload], asked.k, seed)
                yield f"{path.stem}-{asked.k}-{seed}", case.problem, TOLERANCE
            continue
        for file in sorted(path.glob("*.dat")) if path.is_dir() else [path]:
            yield file.stem, *read_design(file, seeds[0])
    if not asked.paths:
        for n_units, cells in ((60, 4), (80, 6), (100, 7)):
            for seed in range(1, 5):
                yield f"random-{n_units}-{seed}", *random_design(n_units, cells, seed)


def line(name: str, problem: PartitionProblem, tolerance: float, asked: argparse.Namespace) -> str:
    """Solve one instance both ways and return its line."""
    started = time.process_time()
    bands = Bands.around_mean(problem, [tolerance] * problem.weights.shape[1])
    solved = solve(
        problem,
        bands,
        iterations=asked.iterations,
        seed=1,
        # The exact mode knows travel only, so the heuristic is judged by travel only.
        importance=Importance(compactness=0.0),
    )
    heuristic_s = time.process_time() - started
    started = time.process_time()
    exact = solve_exact(
        problem,
        bands.low,
        bands.high,
        first=solved.label,
        rel_gap=asked.gap,
        node_limit=asked.nodes,
    )
    exact_s = time.process_time() - started
    travel = travel_cost(problem, solved.label)
    worst = float(np.abs(loads(problem, solved.label) / problem.target - 1.0).max())
    return (
        f"{name},{problem.n_units},{problem.n_cells},{exact.status},{exact.cost:.3f},"
        f"{exact.bound:.3f},{exact.gap:.2e},{exact.rounds},{exact.nodes},{exact_s:.2f},"
        f"{travel:.3f},{travel / exact.cost - 1.0:.5f},{worst:.4f},"
        f"{len(broken_cells(problem, solved.label))},{heuristic_s:.2f}"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Read, solve, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("paths", type=Path, nargs="*")
    parser.add_argument("--centre-seeds", default="1", help="numbers, separated by commas")
    parser.add_argument("--workload", help="column of a file of areas")
    parser.add_argument("--k", type=int, default=20, help="cells of a file of areas")
    parser.add_argument("--gap", type=float, default=1e-4)
    parser.add_argument("--iterations", type=int, default=40)
    parser.add_argument("--nodes", type=int, default=5000)
    asked = parser.parse_args(arguments)
    print(HEAD)
    for name, problem, tolerance in instances(asked):
        print(line(name, problem, tolerance, asked), flush=True)


if __name__ == "__main__":
    main()
