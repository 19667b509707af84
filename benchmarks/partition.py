"""Cut a file of areas into balanced cells and print how good they are.

    python -m benchmarks.partition UNITS --workload COLS --k K --centre-seed N --tol 0.05
        --seconds S --out FILE.csv
    python -m benchmarks.partition --units 2000 --k 20         # a seeded coverage instead

UNITS is any vector file of areas that share borders exactly (for example the census blocks of
Denver from the `maup` examples). Neighbours share a border line (rook); areas that only touch in
a point are none. Travel is the straight line between inner points, in metres. Centres are drawn
by workload, at least about half a mean cell's width apart. Several workloads are all held within
the tolerance; `lognormal` is one drawn for each unit. The seconds bound certificate, starts and
rounds together. Beside it stands the nearest centre by travel, regrown. The whole table with the
peers is `python -m benchmarks.partition_table`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.partition_cases import (
    TOLERANCE,
    file_case,
    generated_case,
    shared_borders,
    spaced_centres,
)
from benchmarks.partition_methods import balanced, decided, figures, network
from benchmarks.partition_run import run_here
from gridmap.partition.problem import PartitionProblem

__all__ = ["main", "read_problem", "shared_borders", "spaced_centres"]

ITERATIONS = 40


def read_problem(path: Path, columns: Sequence[str], k: int, centre_seed: int) -> PartitionProblem:
    """Read the areas and build the problem with straight-line travel."""
    return file_case(path, columns, k, centre_seed).problem


def main(arguments: Sequence[str] | None = None) -> None:
    """Read, solve, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("units", type=Path, nargs="?", help="file of areas")
    parser.add_argument("--units", type=int, default=2_000, dest="n_units", help="without a file")
    parser.add_argument("--workload", default="demand", help="columns, separated by commas")
    parser.add_argument("--k", type=int, default=20)
    parser.add_argument("--centre-seed", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tol", type=float, default=TOLERANCE)
    parser.add_argument("--iterations", type=int, help=f"rounds; {ITERATIONS} without --seconds")
    parser.add_argument("--seconds", type=float, help="stop the whole run after so many seconds")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args(arguments)

    columns = asked.workload.split(",")
    if asked.units is None:
        case = generated_case(
            asked.n_units, asked.k, asked.centre_seed, n_workloads=len(columns), tolerance=asked.tol
        )
    else:
        case = file_case(asked.units, columns, asked.k, asked.centre_seed, asked.tol)
    rounds = ITERATIONS if asked.iterations is None and asked.seconds is None else asked.iterations
    seconds = np.inf if asked.seconds is None else asked.seconds
    run = run_here(case, partial(balanced, iterations=rounds), seconds, asked.seed)
    if run.found is None:
        raise SystemExit(run.note)
    label, bound = run.found.label, run.found.bound
    ours = figures(case, label)
    nearest = network(case, seconds, asked.seed).label
    theirs = figures(case, nearest)
    proven = [one.bound for one in run.found.certificates]
    print(
        f"{case.name} units {case.problem.n_units} k {asked.k} centre seed {asked.centre_seed} "
        f"seed {asked.seed} {run.note}: "
        f"worst deviation {[round(one, 4) for one in ours.worst]}, "
        f"proven {[round(one, 4) for one in proven]}, "
        f"decided {'yes' if decided(case, label, run.found.certificates) else 'no'}, "
        f"gap {ours.travel / (bound or np.inf) - 1.0:.4f}, "
        f"pieces {ours.pieces}, broken cells {ours.broken}, "
        f"compactness {ours.compactness:.3f} (network {theirs.compactness:.3f}, "
        f"ratio {ours.compactness / theirs.compactness:.3f}), "
        f"{run.wall_s:.1f} s ({run.cpu_s:.1f} CPU s), {run.mb:.0f} MB"
    )
    if asked.out is not None:
        cells = pd.DataFrame({"unit": np.arange(case.problem.n_units), "cell": label})
        cells.to_csv(asked.out, index=False)


if __name__ == "__main__":
    main()
