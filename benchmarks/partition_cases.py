"""The cases that the partition engine is measured on: areas of a file, coverages, real streets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from benchmarks.coverages import quadrangles, town_workload
from gridmap.partition.problem import Floats, Ints, PartitionProblem
from gridmap.territory import Polygons

#: Stands for a workload drawn for each unit, where the file has no column of that name: the first
#: workload times a lognormal factor, as visits differ from the people they are for. A spread may
#: follow: `lognormal:0.5`.
DRAWN = "lognormal"
TOLERANCE = 0.05


@dataclass(frozen=True, eq=False)
class Case:
    """A problem with what the figures need that the solver does not.

    Attributes
    ----------
    name
        Of the case.
    problem
        What is to be cut. Its travel is masked where a unit is fixed.
    tolerances
        Of each workload, None = only reported.
    unit_xy, centre_xy
        A point inside each unit, and the centres. Shapes (n_units, 2) and (n_cells, 2).
    area_m2, perimeter_m
        Of each unit. Shapes (n_units,).
    streets_s
        Seconds from each centre to each unit, nothing masked; None where travel is the straight
        line in metres. Shape (n_units, n_cells).
    """

    name: str
    problem: PartitionProblem
    tolerances: tuple[float | None, ...]
    unit_xy: Floats
    centre_xy: Floats
    area_m2: Floats
    perimeter_m: Floats
    streets_s: Floats | None = None

    @property
    def travel(self) -> Floats:
        """Travel from each centre to each unit, nothing masked. Shape (n_units, n_cells)."""
        return (
            straight_m(self.unit_xy, self.centre_xy) if self.streets_s is None else self.streets_s
        )


@dataclass(frozen=True)
class Suite:
    """A case of the table, drawn anew for each seed.

    Attributes
    ----------
    name
        Of the case.
    title
        What a reader should know of it.
    seeds
        The seeds of the campaign.
    seconds
        Limit of the engine, certificate and all, in seconds of wall time.
    build
        Returns the case of a seed.
    """

    name: str
    title: str
    seeds: tuple[int, ...]
    seconds: float
    build: Callable[[int], Case]


def straight_m(unit_xy: Floats, centre_xy: Floats) -> Floats:
    """Return the straight distances. Shape (n_units, n_cells)."""
    east = unit_xy[:, :1] - centre_xy[None, :, 0]
    north = unit_xy[:, 1:] - centre_xy[None, :, 1]
    return np.hypot(east, north, out=east)


def shared_borders(polygons: Polygons) -> tuple[Ints, Ints, Floats]:
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
            away = xy[chosen] - xy[unit]
            if (np.hypot(away[:, 0], away[:, 1]) > apart).all():
                chosen.append(int(unit))
            if len(chosen) == k:
                return np.sort(np.array(chosen, dtype=np.int64))
        apart *= 0.9


def case_of(
    name: str,
    polygons: Polygons,
    weights: Floats,
    *,
    k: int,
    centre_seed: int,
    tolerance: float = TOLERANCE,
) -> Case:
    """Return the case of a coverage with straight-line travel and centres drawn by workload."""
    first, second, shared_m = shared_borders(polygons)
    unit_xy = shapely.get_coordinates(shapely.point_on_surface(polygons))
    area_m2 = shapely.area(polygons)
    total_m2 = float(area_m2.sum())
    centre = spaced_centres(unit_xy, weights[:, 0], total_m2, k, centre_seed)
    problem = PartitionProblem.from_pairs(
        first,
        second,
        shared_m=shared_m,
        weights=weights,
        travel_s=straight_m(unit_xy, unit_xy[centre]),
        centre_unit=centre,
        area_m2=total_m2,
    )
    return Case(
        name,
        problem,
        (tolerance,) * weights.shape[1],
        unit_xy,
        unit_xy[centre],
        area_m2,
        shapely.length(polygons),
    )


def read_areas(path: Path, columns: Sequence[str]) -> tuple[Polygons, Floats]:
    """Read areas, in metres, and their workloads; `DRAWN` is drawn where it is no column.

    Raises
    ------
    SystemExit
        If a column is missing.
    """
    frame = gpd.read_file(path)
    metres = 1.0
    if frame.crs is not None and frame.crs.is_geographic:
        frame = frame.to_crs(frame.estimate_utm_crs())
    elif frame.crs is not None:
        metres = frame.crs.axis_info[0].unit_conversion_factor
    polygons = shapely.force_2d(np.asarray(frame.geometry.values))
    if metres != 1.0:
        polygons = shapely.transform(polygons, lambda xy: xy * metres)
    known = [one in frame.columns or one.partition(":")[0] == DRAWN for one in columns]
    known[0] = columns[0] in frame.columns
    if not all(known):
        missing = ", ".join(one for one, there in zip(columns, known, strict=True) if not there)
        numbers = ", ".join(frame.select_dtypes("number").columns)
        raise SystemExit(f"{path.name} has no column {missing}; it has {numbers}")
    weights: list[Floats] = []
    for place, one in enumerate(columns):
        if one in frame.columns:
            weights.append(frame[one].to_numpy(np.float64))
        else:
            spread = float(one.partition(":")[2] or 1.0)
            factor = np.random.default_rng(place).lognormal(0.0, spread, len(frame))
            weights.append(weights[0] * factor)
    return polygons, np.stack(weights, axis=1)


def file_case(
    path: Path, columns: Sequence[str], k: int, centre_seed: int, tolerance: float = TOLERANCE
) -> Case:
    """Return the case of a file of areas that share borders exactly."""
    polygons, weights = read_areas(path, columns)
    return case_of(path.name, polygons, weights, k=k, centre_seed=centre_seed, tolerance=tolerance)


def generated_areas(n_units: int, seed: int, n_workloads: int = 1) -> tuple[Polygons, Floats]:
    """Return a seeded coverage of about `n_units` quadrangles and town-like workloads."""
    polygons = quadrangles(n_units, seed, bends=2)
    inner = shapely.get_coordinates(shapely.point_on_surface(polygons))
    weights = [town_workload(inner, seed + place) for place in range(n_workloads)]
    return polygons, np.stack(weights, axis=1)


def generated_case(
    n_units: int,
    k: int,
    centre_seed: int,
    *,
    coverage_seed: int = 1,
    n_workloads: int = 1,
    tolerance: float = TOLERANCE,
) -> Case:
    """Return a case on a seeded coverage."""
    polygons, weights = generated_areas(n_units, coverage_seed, n_workloads)
    name = f"{len(polygons)} generated units"
    return case_of(name, polygons, weights, k=k, centre_seed=centre_seed, tolerance=tolerance)


def street_case(project: Path, data: Path | None = None) -> tuple[Case, Polygons]:
    """Return the case of a project file: its units, outlets, streets and workloads, as planned."""
    from geodata.project import load_project
    from gridmap.partition.access import measure_access, snap_to_access
    from gridmap.partition.draw import territory_problem
    from gridmap.planned_cells import centre_rows, unit_workloads
    from gridmap.travel.engines import open_engine

    territory, request = load_project(project, data_dir=data)
    policy, units = request.partition, territory.units
    centre = centre_rows(territory, request)
    centre_xy = territory.outlets[["x", "y"]].to_numpy(np.float64)[centre]
    network = territory.networks[request.routing.mode]
    travel_s = measure_access(
        units, territory.demand, open_engine(network), centre_xy, snap=snap_to_access(network)
    ).travel_s
    problem = territory_problem(
        territory,
        policy,
        centre=centre,
        travel_s=travel_s,
        workloads=unit_workloads(territory, request),
    )
    case = Case(
        territory.name,
        problem,
        policy.tolerances,
        units.inner_xy,
        centre_xy,
        units.area_m2,
        shapely.length(units.polygons),
        travel_s,
    )
    return case, units.polygons


def street_areas(asked: str | None) -> tuple[Case, Polygons]:
    """Return the case and the units of `PROJECT.toml[@DATADIR]`, by default of the demo."""
    from geodata.demo import demo_project

    project, _, data = (asked or str(demo_project())).partition("@")
    return street_case(Path(project), Path(data) if data else None)


def street_suite(asked: str) -> Suite:
    """Return the suite of `PROJECT.toml[@DATADIR[@SECONDS]]`; the case is read only once."""
    project, data, seconds = [*asked.split("@"), "", ""][:3]
    where = f"{project}@{data}" if data else project
    read: list[Case] = []

    def build(_seed: int) -> Case:
        if not read:
            read.append(street_areas(where)[0])
        return read[0]

    name = Path(project).parent.name or Path(project).stem
    return Suite(
        f"streets-{name}",
        f"street units and street times of {name}",
        (1, 2, 3),
        float(seconds or 20.0),
        build,
    )


def suites(units_dir: Path | None, projects: Sequence[str]) -> dict[str, Suite]:
    """Return the cases of the table by name; those of files only if their folder is known."""
    found: list[Suite] = []
    if units_dir is not None:
        chicago, denver = units_dir / "Chicago_Precincts.zip", units_dir / "DenverCo_blocks.zip"
        three = ("TOTPOP20", f"{DRAWN}:0.5", f"{DRAWN}:1")
        adults = ("TOTPOP20", "VAP20", DRAWN)
        for name, path, columns, k, seeds, seconds in (
            ("chicago-20", chicago, ("TOTPOP",), 20, 5, 2.0),
            ("chicago-50", chicago, ("TOTPOP",), 50, 20, 8.0),
            ("denver-20", denver, ("TOTPOP20",), 20, 5, 3.0),
            ("denver-100", denver, ("TOTPOP20",), 100, 20, 20.0),
            ("denver-20-three", denver, three, 20, 5, 10.0),
            ("denver-20-adults", denver, adults, 20, 5, 10.0),
        ):
            found.append(_file_suite(name, path, columns, k, seeds=seeds, seconds=seconds))
    for name, n_units, k, seeds, seconds in (
        ("2k-20", 2_000, 20, 5, 2.0),
        ("100k-100", 100_000, 100, 3, 30.0),
        ("100k-300", 100_000, 300, 3, 90.0),
    ):
        found.append(_generated_suite(name, n_units, k, seeds, seconds))
    found += [street_suite(one) for one in projects]
    return {one.name: one for one in found}


def _file_suite(
    name: str, path: Path, columns: tuple[str, ...], k: int, *, seeds: int, seconds: float
) -> Suite:
    read: list[tuple[Polygons, Floats]] = []

    def build(seed: int) -> Case:
        if not read:
            read.append(read_areas(path, columns))
        return case_of(name, *read[0], k=k, centre_seed=seed)

    title = f"{path.stem}, k = {k}, {' + '.join(columns)}"
    return Suite(name, title, tuple(range(1, seeds + 1)), seconds, build)


def _generated_suite(name: str, n_units: int, k: int, seeds: int, seconds: float) -> Suite:
    read: list[tuple[Polygons, Floats]] = []

    def build(seed: int) -> Case:
        if not read:
            read.append(generated_areas(n_units, seed=1))
        return case_of(name, *read[0], k=k, centre_seed=seed)

    title = f"about {n_units} generated units, k = {k}"
    return Suite(name, title, tuple(range(1, seeds + 1)), seconds, build)
