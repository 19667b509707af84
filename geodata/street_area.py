"""A territory where none is given: the ground that streets reach."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import osmium
import shapely
from numpy.typing import NDArray

from geodata.boundaries import Boundary, utm_crs
from geodata.isolation import untrusted
from geodata.osm_file import reading
from geodata.street_tables import StreetTable
from gridmap.errors import InputError, fault

Geometries = NDArray[np.object_]

#: Ground this near a street is in the territory; ground that streets surround at twice the
#: distance is filled. Metres.
REACH_M = 300.0
#: What is left around the outermost streets. Metres.
RIM_M = 50.0
#: Vertices of the outline may lie this far off. Metres.
COARSE_M = 20.0
#: A part smaller than this is a road that leads out of the extract, and a hole smaller than this
#: a field. Square metres.
LEAST_PART_M2 = 1.0e6
LEAST_HOLE_M2 = 5.0e6


def boundary_of_streets(lines: Geometries, crs: str, path: Path) -> Boundary:
    """Return the ground that streets reach as the boundary of a territory.

    Streets are widened by `REACH_M` and narrowed again, which closes the blocks between them.

    Parameters
    ----------
    lines
        Street lines in metres.
    crs
        Their reference system.
    path
        File they come from, for the notice.

    Raises
    ------
    InputError
        If no part is as large as `LEAST_PART_M2`.
    """
    wide = shapely.union_all(
        shapely.buffer(shapely.simplify(lines, COARSE_M / 2.0), REACH_M, quad_segs=4)
    )
    ground = shapely.simplify(shapely.buffer(wide, RIM_M - REACH_M, quad_segs=4), COARSE_M)
    parts = shapely.get_parts(ground)
    parts = parts[shapely.area(parts) >= LEAST_PART_M2]
    if not len(parts):
        raise InputError(fault("ways.no_ground", path))
    shape = shapely.union_all([_without_small_holes(one) for one in parts])
    notice = fault(
        "ways.boundary_from_streets", path.name, reach_m=REACH_M, area_km2=shape.area / 1e6
    )
    return Boundary(shape=shape, crs=crs, notices=(notice,))


def crs_of_table(table: StreetTable) -> str:
    """Return the UTM zone of the middle of street lines."""
    west, south, east, north = shapely.total_bounds(table.lines)
    return utm_crs((west + east) / 2.0, (south + north) / 2.0)


@untrusted
def crs_of_extract(path: Path) -> str:
    """Return the UTM zone of the middle of an OpenStreetMap extract's nodes.

    Raises
    ------
    InputError
        If the file is missing, unreadable or has no nodes.
    """
    places = []
    with reading(path):
        # A file's header may name a box, but seldom does.
        nodes: Any = osmium.FileProcessor(str(path), osmium.osm.NODE)
        for number, node in enumerate(nodes):
            if number % 97 == 0:
                places.append((node.location.lon, node.location.lat))
    if not places:
        raise InputError(fault("ways.no_ground", path))
    return utm_crs(*np.median(np.array(places), axis=0).tolist())


def _without_small_holes(part: shapely.Polygon) -> shapely.Polygon:
    rings = [ring for ring in part.interiors if shapely.Polygon(ring).area >= LEAST_HOLE_M2]
    return shapely.Polygon(part.exterior, rings)
