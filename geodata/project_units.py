"""The units of a project: from its streets, as hexagons, from a file of areas, or mixed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import h3
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from geodata.project_file import ProjectFile
from geodata.street_sources import STREET, read_lines, with_lines
from gridmap.errors import Fault, InputError, fault, some_ids
from gridmap.partition.hexagons import hexagon_units
from gridmap.partition.linework import LineKind, Linework
from gridmap.partition.units import UnitLimits, build_units
from gridmap.territory import Units

#: Own outlets nearer than this cannot have a border between them. Metres.
SAME_PLACE_M = 0.01
#: Hexagons a cell where there are no streets to cut along.
HEXAGONS_A_CELL = 100
#: Units from a file are kept as they are.
AS_THEY_ARE = UnitLimits(
    max_area_m2=1.0e15,
    max_demand_share=1.0e9,
    min_area_m2=0.0,
    min_width_m=0.0,
    sliver_area_m2=0.0,
    sliver_width_m=0.0,
    strip_width_m=0.0,
)


def make_units(
    project: ProjectFile,
    unit_file: Path | None,
    linework: Linework,
    boundary: BaseGeometry,
    *,
    crs: str,
    own: pd.DataFrame,
    demand: pd.DataFrame,
) -> tuple[Units, list[Fault]]:
    """Cut the territory into units the way the project asks for.

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
        limits = UnitLimits(max_demand_share=project.partition.tolerance / 4.0)
        if unit_file:
            outlines = read_lines(unit_file, crs)
            nothing = Linework(
                np.empty(0, dtype=object),
                np.empty(0, dtype=np.int64),
                linework.water,
                linework.bridges,
            )
            linework, limits = with_lines(nothing, outlines, LineKind.ADMIN), AS_THEY_ARE
        units = build_units(
            linework,
            boundary,
            own_xy=own_xy,
            demand_xy=demand[["x", "y"]].to_numpy(),
            demand_weight=demand["weight"].to_numpy(),
            limits=limits,
        )
    except InputError as error:
        raise InputError(*(_with_ids(one, own) for one in error.faults)) from error
    return units, notices


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
