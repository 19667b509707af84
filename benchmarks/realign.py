"""Realign a plan after a seeded drift of its workload, rank new centres, draw several plans.

    python -m benchmarks.realign UNITS --workload COL --k K [--centre-seeds 1,2,3 --tol 0.05]
        [--drifts 0.12,0.35 --drift-seeds 5,6,7] [--sites N] [--pareto]

UNITS is any vector file of areas that share borders exactly. A drift of strength s multiplies the
workload by exp(s sin(x / 3 km) + 0.7 s cos(y / 2.5 km)) and by lognormal noise of 0.2 a unit; 0.12
is a mild drift. Printed: moved workload as a share of all and in neighbour flows, the bounds, and
what compactness (mean Polsby-Popper of the cells) was lost. CPU seconds.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from benchmarks.partition import read_problem
from gridmap.partition.objective import Bands, travel_cost
from gridmap.partition.pareto import pareto_plans
from gridmap.partition.problem import Floats, Ints, PartitionProblem
from gridmap.partition.realign import realign
from gridmap.partition.siting import rank_sites, with_centres
from gridmap.partition.solve import solve

NOISE = 0.2


def read_shapes(path: Path) -> tuple[Floats, Floats, Floats]:
    """Return inner points, areas and perimeters in metres."""
    frame = gpd.read_file(path)
    if frame.crs is not None and frame.crs.is_geographic:
        frame = frame.to_crs(frame.estimate_utm_crs())
    polygons = shapely.force_2d(np.asarray(frame.geometry.values))
    xy = shapely.get_coordinates(shapely.point_on_surface(polygons))
    return xy, shapely.area(polygons), shapely.length(polygons)


def drifted(problem: PartitionProblem, xy: Floats, strength: float, seed: int) -> PartitionProblem:
    """Return the problem with drifted workloads."""
    field = strength * (np.sin(xy[:, 0] / 3000.0) + 0.7 * np.cos(xy[:, 1] / 2500.0))
    noise = np.random.default_rng(seed).lognormal(0.0, NOISE, problem.n_units)
    weights = problem.weights * (np.exp(field) * noise)[:, None]
    return replace(problem, weights=weights, former_weight=weights[:, 0].copy())


def polsby_popper(
    problem: PartitionProblem, label: Ints, area_m2: Floats, length_m: Floats
) -> float:
    """Return the mean 4 pi area / perimeter² of the cells."""
    n_cells = problem.n_cells
    inside = label[problem.arc_from] == label[problem.indices]
    area = np.bincount(label, area_m2, minlength=n_cells)
    length = np.bincount(label, length_m, minlength=n_cells)
    length -= np.bincount(
        label[problem.arc_from[inside]], problem.shared_m[inside], minlength=n_cells
    )
    return float((4.0 * np.pi * area / length**2).mean())


def main(arguments: Sequence[str] | None = None) -> None:
    """Read, drift, realign, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("units", type=Path)
    parser.add_argument("--workload", required=True)
    parser.add_argument("--k", type=int, required=True)
    parser.add_argument("--centre-seeds", default="1,2,3")
    parser.add_argument("--tol", type=float, default=0.05)
    parser.add_argument("--drifts", default="0.12,0.35")
    parser.add_argument("--drift-seeds", default="5,6,7")
    parser.add_argument("--sites", type=int, default=0, help="candidates drawn by workload")
    parser.add_argument("--pareto", action="store_true")
    asked = parser.parse_args(arguments)
    xy, area_m2, length_m = read_shapes(asked.units)
    for centre_seed in map(int, asked.centre_seeds.split(",")):
        problem = read_problem(asked.units, [asked.workload], asked.k, centre_seed)
        bands = Bands.around_mean(problem, [asked.tol])
        former = solve(problem, bands, iterations=6, seed=1).label
        before = polsby_popper(problem, former, area_m2, length_m)
        for strength in map(float, asked.drifts.split(",")):
            for seed in map(int, asked.drift_seeds.split(",")):
                today = drifted(problem, xy, strength, seed)
                started = time.process_time()
                found = realign(today, former, Bands.around_mean(today, [asked.tol]))
                spent = time.process_time() - started
                total = float(today.weights[:, 0].sum())
                after = polsby_popper(today, found.label, area_m2, length_m)
                print(
                    f"centres {centre_seed} drift {strength} seed {seed}: "
                    f"moved {found.moved_load[0] / total:.4f} = {found.ratio:.2f} flows, "
                    f"proven {found.least.proven[0] / total:.4f}, "
                    f"beyond neighbours {found.beyond_load[0] / total:.4f}, "
                    f"excess {found.worst_excess:.4f}, broken {len(found.broken_cells)}, "
                    f"compactness lost {1.0 - after / before:.3f}, "
                    f"price {found.change_price:g}, {spent:.1f} s"
                )
        if asked.sites:
            _sites(problem, xy, asked.sites, asked.tol)
        if asked.pareto:
            today = replace(drifted(problem, xy, 0.12, 5), former=former)
            started = time.process_time()
            plans = pareto_plans(today, Bands.around_mean(today, [asked.tol]))
            print(f"{len(plans)} plans in {time.process_time() - started:.1f} s")
            for one in plans:
                print("  " + one.text())


def _sites(problem: PartitionProblem, xy: Floats, n_sites: int, tolerance: float) -> None:
    """Rank candidates, and solve with the best by either measure."""
    weight = np.where(problem.fixed >= 0, 0.0, problem.weights[:, 0])
    rng = np.random.default_rng(1)
    units = np.sort(rng.choice(len(weight), n_sites, replace=False, p=weight / weight.sum()))
    seconds = np.hypot(*(xy[:, None, :] - xy[None, units, :]).transpose(2, 0, 1))
    started = time.process_time()
    found = rank_sites(problem, units, seconds, tolerance=tolerance, within_s=1500.0)
    print(
        f"{n_sites} candidates: {found.scored} scored, exact {found.exact}, "
        f"{time.process_time() - started:.1f} s"
    )
    for name, rows in (("balanced", found.ranked[0].candidates), ("nearest", found.median)):
        wider = with_centres(problem, units[list(rows)].tolist(), seconds[:, list(rows)])
        plan = solve(wider, Bands.around_mean(wider, [tolerance]), iterations=6, seed=1)
        print(
            f"  best by {name}: unit {units[list(rows)].tolist()}, bound {plan.lower_bound:.6g}, "
            f"plan {travel_cost(wider, plan.label):.6g}, excess {plan.worst_excess:.4f}"
        )


if __name__ == "__main__":
    main()
