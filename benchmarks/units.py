"""Measure the units of territories: how exact, how small, what they cut and what they cost.

    python -m benchmarks.units                                  # the embedded example
    python -m benchmarks.units PROJECT.toml@DIR ...             # data files in DIR

Prints one line a territory. The figures come from `benchmarks.unit_quality`, which measures the
polygons and the lines they were made from and shares no code with what makes the units. CPU
seconds are those of the units alone, memory is the most that the process held up to then, the
files it read among it.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import pandas as pd
from shapely.geometry.base import BaseGeometry

from benchmarks.unit_quality import unit_figures
from geodata.demo import demo_project
from geodata.project import Files, centres_of, find_files
from geodata.project_checks import read_area
from geodata.project_file import ProjectFile, read_project
from geodata.project_units import Geometries, buildings_of, make_units
from geodata.rows import read_demand, read_outlets
from geodata.street_sources import read_lines, read_streets, with_lines
from gridmap.errors import Fault
from gridmap.partition.linework import LineKind, Linework
from gridmap.partition.units import UnitLimits
from gridmap.territory import Units

HEAD = (
    "territory", "units", "exact", "valid", "border cm", "slivers", "small", "joinable",
    "admin lost m",
    "straddling", "strips", "over load", "over area", "own crowded / homeless",
    "buildings cut", "CPU s", "MB",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Case:
    """What the units of a territory are made from."""

    project: ProjectFile
    files: Files
    linework: Linework
    boundary: BaseGeometry
    crs: str
    own: pd.DataFrame
    demand: pd.DataFrame
    buildings: Geometries | None


def main() -> None:
    """Make the units of each project and print their figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("project", nargs="*", default=[str(demo_project())])
    given = parser.parse_args()
    print(" | ".join(HEAD))
    # A process of its own for each territory, so that none counts the memory of another.
    with ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as pool:
        for lines in pool.map(measure, given.project):
            print("\n".join(lines), flush=True)


def measure(project: str) -> list[str]:
    """Return the line of a territory and the remarks that its units came with."""
    path, _, folder = project.partition("@")
    case = read_case(Path(path), [Path(folder)] if folder else [])
    start = time.process_time()
    units, notices = made(case)
    seconds = time.process_time() - start
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [row(case, units, seconds, peak_mb), *(f"    {one.text()}" for one in notices)]


def read_case(path: Path, folders: Sequence[Path]) -> Case:
    """Read all that the units of a project depend on."""
    project = read_project(path)
    files = find_files(project, [*folders, path.parent])
    area = read_area(project.territory, files.boundary, files.streets, children=files.children)
    outlets = read_outlets(
        files.outlets, project.outlets, crs=area.crs, boundary=area.shape,
        grade_policy=project.routing.grade_policy,
    )  # fmt: skip
    demand = read_demand(
        files.demand, project.demand, crs=area.crs, boundary=area.shape, within=files.within
    )
    mode = project.routing.mode
    streets = read_streets(files.streets, [mode], crs=area.crs, boundary=area.shape)
    linework = streets.linework
    if files.admin:
        linework = with_lines(
            linework,
            read_lines(files.admin, area.crs, datum=project.territory.datum),
            LineKind.ADMIN,
        )
    own = outlets.frame[centres_of(outlets.frame, project)]
    return Case(project, files, linework, area.shape, area.crs, own, demand.frame,
                buildings_of(files.streets, project.territory.units, area.crs))  # fmt: skip


def made(case: Case) -> tuple[Units, list[Fault]]:
    """Make the units the way the project asks for."""
    return make_units(
        case.project, case.files.units, case.linework, case.boundary, crs=case.crs, own=case.own,
        demand=case.demand, buildings=case.buildings,
    )  # fmt: skip


def row(case: Case, units: Units, seconds: float, peak_mb: float) -> str:
    """Return the figures of a territory as one line."""
    limits = UnitLimits()
    demand_xy = case.demand[["x", "y"]].to_numpy()
    weight = case.demand["weight"].to_numpy()
    limit = case.project.partition.held_tolerance / 4.0 * weight.sum() / len(case.own)
    found = unit_figures(
        units.polygons, case.boundary, case.linework, own_xy=case.own[["x", "y"]].to_numpy(),
        demand_xy=demand_xy, demand_weight=weight, max_load=limit,
        max_area_m2=limits.max_area_m2, buildings=case.buildings,
    )  # fmt: skip
    figures = (
        case.project.territory.name,
        f"{found.units}",
        "yes" if found.exact else "NO",
        "yes" if found.valid else "NO",
        f"{found.border_cm:.2f}",
        f"{found.slivers:.2%}",
        f"{found.small:.2%}",
        f"{found.joinable:.2%}",
        f"{found.admin_lost_m:.1f}",
        f"{found.straddling:.2%}",
        f"{found.strips:.2%}",
        f"{found.over_load}",
        f"{found.over_area}",
        f"{found.crowded} / {found.homeless}",
        "-" if case.buildings is None else f"{found.cut_buildings:.2%}",
        f"{seconds:.1f}",
        f"{peak_mb:.0f}",
    )
    return " | ".join(figures)


if __name__ == "__main__":
    main()
