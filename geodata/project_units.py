"""The units of a project: from its streets, as hexagons, from a file of areas, or mixed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import h3
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geodata.boundaries import project as to_metres
from geodata.boundaries import shift
from geodata.osm_buildings import read_building_outlines
from geodata.project_file import ProjectFile
from geodata.street_sources import STREET, is_osm, with_lines
from geodata.vectors import read_vectors, to_lonlat
from gridmap.datum import Datum
from gridmap.errors import Fault, InputError, fault, some_ids
from gridmap.partition.coverage import area_units, borders_of
from gridmap.partition.hexagons import hexagon_units
from gridmap.partition.linework import LineKind, Linework
from gridmap.partition.units import UnitLimits, build_units
from gridmap.territory import Units

Geometries = NDArray[np.object_]

#: Own outlets nearer than this cannot have a border between them. Metres.
SAME_PLACE_M = 0.01
#: Hexagons a cell where there are no streets to cut along.
HEXAGONS_A_CELL = 100
#: Written after a file of areas: the areas are cut further along the streets in them.
ALONG_STREETS = "+streets"


def make_units(
    project: ProjectFile,
    unit_file: Path | None,
    linework: Linework,
    boundary: BaseGeometry,
    *,
    crs: str,
    own: pd.DataFrame,
    demand: pd.DataFrame,
    buildings: Geometries | None = None,
) -> tuple[Units, list[Fault]]:
    """Cut the territory into units the way the project asks for.

    ``streets``: along streets and barriers. ``hex:N``: hexagons of the H3 grid. ``file:PATH``:
    the areas of a file, repaired. ``file:PATH+streets``: these areas cut further along streets
    and for size; their borders stay, as administrative lines do.

    Parameters
    ----------
    project
        Project file.
    unit_file
        File of areas that the project names.
    linework, boundary, crs
        Lines of the territory and its boundary in metres.
    own, demand
        Own outlets and demand points.
    buildings
        Polygons or points in metres that cutting lines go around.

    Raises
    ------
    InputError
        If two centres are at the same place, or the units cannot be made.
    """
    own_xy = own[["x", "y"]].to_numpy()
    same = own[["x", "y"]].div(SAME_PLACE_M).round()
    for _, group in own.groupby([same["x"], same["y"]], sort=True):
        if len(group) > 1:
            raise InputError(fault("world.own_same_place", ids=some_ids(group["outlet_id"])))
    notices: list[Fault] = []
    kind, _, value = project.territory.units.partition(":")
    streets = linework.lines[(linework.kinds & int(STREET)) > 0]
    try:
        if kind == "hex":
            return hexagon_units(boundary, crs, int(value), own_xy=own_xy), notices
        if kind == "streets" and not shapely.intersects(boundary, streets).any():
            resolution = hexagon_resolution(boundary.area, len(own))
            notices.append(fault("world.hexagons_instead", resolution=resolution))
            return hexagon_units(boundary, crs, resolution, own_xy=own_xy), notices
        if unit_file:
            areas = read_unit_areas(unit_file, crs, datum=project.territory.datum)
            further = value.endswith(ALONG_STREETS)
            # Where streets cut the areas further, they part the own outlets, too.
            parted = own_xy[:0] if further else own_xy
            units, report = area_units(areas, boundary, own_xy=parted, linework=linework)
            notices += report.notices(unit_file.name, first_row=1)
            if not further:
                return units, notices
            linework = with_lines(linework, borders_of(units), LineKind.ADMIN)
        units = build_units(
            linework,
            boundary,
            own_xy=own_xy,
            demand_xy=demand[["x", "y"]].to_numpy(),
            demand_weight=demand["weight"].to_numpy(),
            limits=UnitLimits(max_demand_share=project.partition.held_tolerance / 4.0),
            buildings=buildings,
        )
    except InputError as error:
        raise InputError(*(_with_ids(one, own) for one in error.faults)) from error
    return units, notices


def unit_file_name(units: str) -> str:
    """Return the file that the key `units` names, empty where it names none."""
    kind, _, value = units.partition(":")
    return value.removesuffix(ALONG_STREETS) if kind == "file" else ""


def buildings_of(streets: Path | str, units: str, crs: str) -> Geometries | None:
    """Return the buildings that lines between units go around, None where none are known.

    They come from the OpenStreetMap extract of the streets; hexagons, and areas that are kept as
    they are, need none.

    Raises
    ------
    InputError
        If the extract is unreadable.
    """
    along_streets = units == "streets" or units.endswith(ALONG_STREETS)
    if along_streets and isinstance(streets, Path) and is_osm(streets):
        return read_building_outlines(streets, crs)
    return None


def read_unit_areas(path: Path, crs: str, *, datum: Datum = "wgs84") -> Geometries:
    """Return the areas of a vector file in metres, a row each; of lines, what they enclose.

    Invalid areas are returned as they are. Shape (n_areas,).

    Raises
    ------
    InputError
        If the file is unreadable, or has neither areas nor lines that enclose any.
    """
    geometries = shapely.force_2d(to_lonlat(path, read_vectors(path)))
    moved = shift(np.asarray(geometries, dtype=object), datum)
    areas = np.array([None if one is None else to_metres(one, crs) for one in moved], dtype=object)
    dimensions = shapely.get_dimensions(areas)
    if (dimensions == 2).any():
        return areas
    lines = areas[dimensions == 1]
    enclosed = shapely.get_parts(shapely.polygonize([shapely.union_all(lines)]))
    if not len(enclosed):
        raise InputError(fault("unitfile.no_areas", path.name, rows=len(areas)))
    return np.asarray(enclosed, dtype=object)


def hexagon_resolution(area_m2: float, cells: int) -> int:
    """Return the coarsest H3 resolution with about `HEXAGONS_A_CELL` hexagons a cell."""
    wanted_m2 = area_m2 / (HEXAGONS_A_CELL * cells)
    fits = (one for one in range(16) if h3.average_hexagon_area(one, unit="m^2") <= wanted_m2)
    return next(fits, 15)


def _with_ids(one: Fault, own: pd.DataFrame) -> Fault:
    """Return a fault about rows of the own outlets as one that names their ids."""
    rows = one.values.get("rows")
    if not isinstance(rows, tuple):
        return one
    values: Mapping[str, object] = one.values
    ids = some_ids(own["outlet_id"].iloc[list(rows)])
    return Fault(one.key, f"{one.where} {ids}".strip(), values)
