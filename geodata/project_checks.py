"""What is checked while a project is read: its area, the datum of its tables, where outlets are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata.boundaries import Boundary, read_boundary
from geodata.coastline import clip_to_land, read_coastline
from geodata.datum_check import datum_notices, suggest_datum
from geodata.project_file import TerritorySection
from geodata.rows import Rows
from geodata.street_sources import STREET, Streets, boundary_from_streets, is_osm
from geodata.tiling import check_children
from gridmap.datum import Datum
from gridmap.errors import Fault, fault, some_ids
from gridmap.partition.linework import LineKind, Linework

Bools = NDArray[np.bool_]


def read_area(
    section: TerritorySection, boundary: Path | None, streets: Path | str, *, children: Path | None
) -> Boundary:
    """Return the boundary of a project: its land part, with what its children lack as notices.

    Parameters
    ----------
    section
        Section [territory] of the project file.
    boundary, children
        The files of the boundary (None: the ground that the streets reach) and of the areas that
        should tile it.
    streets
        Where the streets come from; an OpenStreetMap extract has the coastline, too.

    Raises
    ------
    InputError
        If a file is unreadable or has no areas.
    """
    if boundary is None:
        area = boundary_from_streets(streets)
    else:
        area = read_boundary(boundary, datum=section.datum)
    notices = list(area.notices)
    if children is not None:
        notices += check_children(
            children, area.shape, crs=area.crs, datum=section.datum, level=section.children_level
        )
    if section.clip_to_coast is False or not is_osm(streets):
        return replace(area, notices=tuple(notices))
    coast = read_coastline(Path(streets), area.crs)
    land = clip_to_land(area.shape, coast, crs=area.crs, always=section.clip_to_coast is True)
    return Boundary(land.shape, area.crs, (*notices, *land.notices))


def datum_remarks(
    rows: Rows, streets: Streets, datum: Datum, path: Path, *, section: str, crs: str
) -> list[Fault]:
    """Return what the streets say about the declared datum of a table."""
    kinds = streets.linework.kinds
    lines = streets.linework.lines[(kinds & int(STREET | LineKind.SERVICE_STREET)) > 0]
    finding = suggest_datum(rows.given, lines, datum, crs=crs)
    return datum_notices(finding, path.name, rows.ids, section=section)


def place_remarks(
    outlets: pd.DataFrame, linework: Linework, *, centre: Bools, off: Bools
) -> list[Fault]:
    """Return what a planner should know about where outlets are."""
    remarks: list[Fault] = []
    points = shapely.points(outlets[["x", "y"]].to_numpy())
    wet = np.zeros(len(outlets), dtype=bool)
    wet[shapely.STRtree(linework.water).query(points, predicate="intersects")[0]] = True
    visited = outlets["visited"].to_numpy()
    for key, mask in (
        ("world.own_on_water", centre & wet),
        ("world.own_off_network", centre & off),
        ("world.visited_off_network", visited & off & ~centre),
    ):
        if mask.any():
            ids = some_ids(outlets["outlet_id"][mask])
            remarks.append(fault(key, count=int(mask.sum()), ids=ids))
    if not visited.any():
        remarks.append(fault("world.no_visits"))
    return remarks
