"""Outlines of the buildings of an OpenStreetMap file, which lines between units go around."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import osmium
import shapely
from numpy.typing import NDArray

from geodata.isolation import untrusted
from geodata.osm_file import AreaShapes, area_id, areas, project, reading, to_crs

Geometries = NDArray[np.object_]


@untrusted
def read_building_outlines(path: Path, crs: str) -> Geometries:
    """Return the outline of each building in metres, ways before relations, each by id.

    Parameters
    ----------
    path
        File in .osm.pbf, .osm or .osm.bz2.
    crs
        Projected reference system in metres.

    Returns
    -------
    Geometries
        MultiPolygons. Shape (n_buildings,).

    Raises
    ------
    InputError
        If the file is missing or unreadable, or `crs` is unusable.
    """
    path = Path(path)
    transformer = to_crs(crs)
    shapes = AreaShapes()
    found: list[tuple[int, int, bytes]] = []
    with reading(path):
        relations = osmium.filter.KeyFilter("building")
        for area in areas(path, relations, keys=("building",)):
            wkb = shapes.wkb(area) if area.tags.get("building") != "no" else None
            if wkb:
                osm_id = area_id(area)
                found.append(("wr".index(osm_id[0]), int(osm_id[1:]), wkb))
    outlines = shapely.from_wkb(np.array([wkb for *_, wkb in sorted(found)], dtype=object))
    return project(np.asarray(outlines, dtype=object), transformer)
