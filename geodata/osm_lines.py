"""Lines, water and administrative areas of an OpenStreetMap file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import osmium
import shapely
from numpy.typing import NDArray

from geodata.isolation import untrusted
from geodata.osm_file import AreaShapes, area_id, areas, project, reading, to_crs
from geodata.osm_tags import is_street_bridge, is_water, line_kind
from gridmap.partition.linework import LineKind, Linework

Geometries = NDArray[np.object_]

LINE_KEYS = ("highway", "railway", "waterway", "natural")
WATER_KEYS = ("natural", "waterway", "landuse")


@untrusted
def read_linework(path: Path, crs: str) -> Linework:
    """Return the lines that borders may follow, the water areas and the street bridges.

    Lines keep the order of the file; a way cut by the edge of an extract gives a line for each
    run of nodes that are there. The shores of water areas stand after them. Service roads are
    among the lines, marked `LineKind.SERVICE_STREET`; parking aisles, driveways, tunnels and the
    tracks of railway yards are not. Footways, cycleways and tracks are not borders and not read.

    Parameters
    ----------
    path
        File in .osm.pbf, .osm or .osm.bz2.
    crs
        Projected reference system in metres.

    Raises
    ------
    InputError
        If the file is missing or unreadable, or `crs` is unusable.
    """
    path = Path(path)
    transformer = to_crs(crs)
    with reading(path):
        found = list(_lines(path))
        water = project(_water(path), transformer)
    lines = project(_linestrings([lonlat for lonlat, _, _ in found]), transformer)
    kinds = np.array([int(kind) for _, kind, _ in found], dtype=np.int64)
    bridge = np.array([is_bridge for _, _, is_bridge in found], dtype=bool)
    water = _polygons(water)
    shores = _shores(water)
    return Linework(
        lines=np.concatenate([lines, shores]),
        kinds=np.concatenate([kinds, np.full(len(shores), int(LineKind.SHORE), dtype=np.int64)]),
        water=water,
        bridges=lines[bridge],
    )


def read_admin_areas(path: Path, crs: str) -> gpd.GeoDataFrame:
    """Return the administrative areas that lie in the file with their whole outline.

    Parameters
    ----------
    path
        File in .osm.pbf, .osm or .osm.bz2.
    crs
        Projected reference system in metres.

    Returns
    -------
    GeoDataFrame
        osm_id (w… or r…), name, admin_level (int64) and geometry, ordered by level, name and id.

    Raises
    ------
    InputError
        If the file is missing or unreadable, or `crs` is unusable.
    """
    path = Path(path)
    transformer = to_crs(crs)
    boundaries = osmium.filter.TagFilter(("boundary", "administrative"))
    shapes = AreaShapes()
    rows: list[tuple[int, str, str, bytes]] = []
    with reading(path):
        for area in areas(path, boundaries, keys=("admin_level",)):
            level = area.tags.get("admin_level", "")
            wkb = shapes.wkb(area)
            if area.tags.get("boundary") != "administrative" or not level.isdecimal() or not wkb:
                continue
            rows.append((int(level), area.tags.get("name", ""), area_id(area), wkb))
    # A closed way often carries the tags of the relation that it is the outline of.
    relations = {(level, name) for level, name, osm_id, _ in rows if osm_id.startswith("r")}
    rows = [row for row in sorted(rows) if row[2].startswith("r") or row[:2] not in relations]
    geometry = shapely.from_wkb(np.array([row[3] for row in rows], dtype=object))
    return gpd.GeoDataFrame(
        {
            "osm_id": [row[2] for row in rows],
            "name": [row[1] for row in rows],
            "admin_level": np.array([row[0] for row in rows], dtype=np.int64),
        },
        geometry=project(np.asarray(geometry, dtype=object), transformer),
        crs=crs,
    )


def _lines(path: Path) -> Iterator[tuple[list[tuple[float, float]], LineKind, bool]]:
    """Yield lon/lat, kind and whether it is a street bridge of each run of known nodes."""
    processor: Any = osmium.FileProcessor(str(path), osmium.osm.NODE | osmium.osm.WAY)
    ways = processor.with_locations().with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
    for way in ways.with_filter(osmium.filter.KeyFilter(*LINE_KEYS)):
        tags = dict(way.tags)
        kind = line_kind(tags)
        if not kind:
            continue
        bridge = is_street_bridge(tags)
        run: list[tuple[float, float]] = []
        for node in way.nodes:
            if node.location.valid():
                place = (node.location.lon, node.location.lat)
                if not run or place != run[-1]:
                    run.append(place)
                continue
            if len(run) > 1:
                yield run, kind, bridge
            run = []
        if len(run) > 1:
            yield run, kind, bridge


def _water(path: Path) -> Geometries:
    relations = osmium.filter.KeyFilter(*WATER_KEYS)
    shapes = AreaShapes()
    found: list[tuple[str, bytes]] = []
    for area in areas(path, relations, keys=WATER_KEYS):
        wkb = shapes.wkb(area) if is_water(dict(area.tags)) else None
        if wkb:
            found.append((area_id(area), wkb))
    return np.asarray(shapely.from_wkb(np.array([wkb for _, wkb in sorted(found)], dtype=object)))


def _polygons(geometries: Geometries) -> Geometries:
    """Return valid polygons of polygons and multipolygons."""
    broken = ~shapely.is_valid(geometries)
    geometries[broken] = shapely.make_valid(geometries[broken])
    # Repairing may leave lines and collections; only areas are water.
    parts = shapely.get_parts(shapely.get_parts(geometries))
    return np.asarray(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON])


def _shores(water: Geometries) -> Geometries:
    rings = shapely.get_rings(water)
    return _linestrings([shapely.get_coordinates(ring) for ring in rings])


def _linestrings(lines: list[Any]) -> Geometries:
    if not lines:
        return np.empty(0, dtype=object)
    owner = np.repeat(np.arange(len(lines)), [len(line) for line in lines])
    return np.asarray(shapely.linestrings(np.concatenate(lines), indices=owner), dtype=object)
