"""Cut a file of areas into balanced cells and print how good they are.

    python -m benchmarks.partition UNITS --workload COLS --k K --centre-seed N --tol 0.05
        --seconds S --out FILE.csv

UNITS is any vector file of areas that share borders exactly (for example the census blocks of
Denver from the `maup` examples). Neighbours share a border line (rook); areas that only touch in
a point are none. Travel is the straight line between inner points, in metres. Centres are drawn
by workload, at least about half a mean cell's width apart.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.partition.certificate import certify
from gridmap.partition.objective import broken_cells, loads, travel_cost
from gridmap.partition.problem import Floats, Ints, PartitionProblem
from gridmap.partition.solve import solve
from gridmap.progress import MaxRuntime


def shared_borders(polygons: np.ndarray) -> tuple[Ints, Ints, Floats]:
    """Return the pairs that share whole segments, and the metres they share."""
    rings, polygon = shapely.get_rings(polygons, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    step = ring[1:] == ring[:-1]
    ends = np.concatenate([xy[:-1][step], xy[1:][step]], axis=1)
    swap = (ends[:, 0] > ends[:, 2]) | ((ends[:, 0] == ends[:, 2]) & (ends[:, 1] > ends[:, 3]))
    ends[swap] = ends[swap][:, [2, 3, 0, 1]]
    owner = polygon[ring[:-1][step]]
    order = np.lexsort(ends.T)
    ends, owner = ends[order], owner[order]
    same = (ends[1:] == ends[:-1]).all(axis=1) & (owner[1:] != owner[:-1])
    one, other = owner[:-1][same], owner[1:][same]
    length = np.hypot(*(ends[:-1][same][:, :2] - ends[:-1][same][:, 2:]).T)
    table = pd.DataFrame(
        {"first": np.minimum(one, other), "second": np.maximum(one, other), "m": length}
    )
    table = table.groupby(["first", "second"], as_index=False)["m"].sum()
    return (
        table["first"].to_numpy(np.int64),
        table["second"].to_numpy(np.int64),
        table["m"].to_numpy(np.float64),
    )


def spaced_centres(xy: Floats, weight: Floats, area_m2: float, k: int, seed: int) -> Ints:
    """Return k units drawn by weight, about half a mean cell's width apart."""
    rng = np.random.default_rng(seed)
    odds = (weight + 1e-9) / (weight + 1e-9).sum()
    order = rng.choice(len(weight), len(weight), replace=False, p=odds)
    apart = 0.5 * np.sqrt(area_m2 / k)
    while True:
        chosen: list[int] = []
        for unit in order:
            if all(np.hypot(*(xy[unit] - xy[one])) > apart for one in chosen):
                chosen.append(int(unit))
            if len(chosen) == k:
                return np.sort(np.array(chosen, dtype=np.int64))
        apart *= 0.9


def read_problem(path: Path, columns: Sequence[str], k: int, centre_seed: int) -> PartitionProblem:
    """Read the areas and build the problem with straight-line travel."""
    frame = gpd.read_file(path)
    if frame.crs is not None and frame.crs.is_geographic:
        frame = frame.to_crs(frame.estimate_utm_crs())
    polygons = shapely.force_2d(np.asarray(frame.geometry.values))
    first, second, shared_m = shared_borders(polygons)
    xy = shapely.get_coordinates(shapely.point_on_surface(polygons))
    weights = frame[list(columns)].to_numpy(np.float64)
    area_m2 = float(shapely.area(polygons).sum())
    centre = spaced_centres(xy, weights[:, 0], area_m2, k, centre_seed)
    away_m = np.hypot(*(xy[:, None, :] - xy[None, centre, :]).transpose(2, 0, 1))
    return PartitionProblem.from_pairs(
        first,
        second,
        shared_m=shared_m,
        weights=weights,
        travel_s=away_m,
        centre_unit=centre,
        area_m2=area_m2,
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Read, solve, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("units", type=Path)
    parser.add_argument("--workload", required=True, help="columns, separated by commas")
    parser.add_argument("--k", type=int, required=True)
    parser.add_argument("--centre-seed", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tol", type=float, default=0.05)
    parser.add_argument("--iterations", type=int, default=40)
    parser.add_argument("--seconds", type=float, help="stop after so many seconds of rounds")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args(arguments)

    problem = read_problem(asked.units, asked.workload.split(","), asked.k, asked.centre_seed)
    started, cpu = time.perf_counter(), time.process_time()
    certificate = certify(problem, asked.tol)
    certified = time.process_time() - cpu
    rounds = asked.iterations if asked.seconds is None else 10**9
    stop = None if asked.seconds is None else MaxRuntime(asked.seconds)
    solved = solve(
        problem, certificate, tolerance=asked.tol, iterations=rounds, seed=asked.seed, stop=stop
    )
    wall, cpu = time.perf_counter() - started, time.process_time() - cpu
    label = solved.label
    deviation = loads(problem, label) / problem.target - 1.0
    broken = broken_cells(problem, label)
    gap = travel_cost(problem, label) / solved.lower_bound - 1.0
    print(
        f"{asked.units.name} units {problem.n_units} k {asked.k} centre seed {asked.centre_seed} "
        f"seed {asked.seed} rounds {solved.rounds}: "
        f"worst deviation {np.abs(deviation).max(axis=0).round(4).tolist()}, "
        f"proven {certificate.bound:.4f}, gap {gap:.4f}, broken cells {len(broken)}, "
        f"{wall:.1f} s ({cpu:.1f} CPU s, {certified:.1f} to certify), "
        f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB"
    )
    if asked.out is not None:
        pd.DataFrame({"unit": np.arange(problem.n_units), "cell": label}).to_csv(
            asked.out, index=False
        )


if __name__ == "__main__":
    main()
