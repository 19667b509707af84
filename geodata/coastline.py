"""The land part of a boundary, by the coastline of OpenStreetMap.

Coastline ways have the land on their left. Boundary and coast are noded together; they cut the
plane into faces, and the coast edges of a face say whether it is land or sea. So the coast is
closed along the boundary without any special case, and islands, lagoons and exclaves are faces
like others. Where the coast is broken, two faces run together or contradict themselves; that is
found out and the boundary is left as it was. Lakes and rivers are no coastline.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geodata.boundaries import project, unproject
from geodata.isolation import untrusted
from geodata.osm_file import reading
from gridmap.errors import Fault, fault
from gridmap.partition.linework import LineKind
from gridmap.partition.noding import STEPS_PER_M, Bools, Grid, Segments, join, node, segments_of
from gridmap.partition.planar import OUTSIDE, Plane, build_plane, to_world

Geometries = NDArray[np.object_]

#: Which way a coast segment runs. Noding may split a segment and turn a piece upright, never
#: backwards, so that these four say how each piece ran.
EAST, WEST, NORTH, SOUTH = 1 << 11, 1 << 12, 1 << 13, 1 << 14
#: Sea up to this share of the boundary is kept where nobody has asked for a cut: an estuary that
#: parts a city is no reason to part its cells, a district that is mostly sea is.
KEPT_SHARE = 0.5
#: Scraps of land smaller than this that touch the boundary's border are dropped. m².
SCRAP_M2 = 100.0
#: A loose end of the coast shorter than this is an inaccuracy and no gap. Metres.
LOOSE_M = 1.0


@dataclass(frozen=True, eq=False)
class Land:
    """The land part of a boundary.

    Attributes
    ----------
    shape
        Polygon or MultiPolygon in metres; the boundary as it was where nothing was cut off.
    sea_m2
        Area that was cut off.
    notices
        What was cut off, or why nothing was.
    """

    shape: BaseGeometry
    sea_m2: float
    notices: tuple[Fault, ...] = ()


@untrusted
def read_coastline(path: Path, crs: str) -> Geometries:
    """Return the coastline ways of an OpenStreetMap file in metres, the land on their left.

    A way cut by the edge of an extract gives a line for each run of nodes that are there.

    Parameters
    ----------
    path
        File in .osm.pbf, .osm or .osm.bz2.
    crs
        Projected reference system in metres.

    Raises
    ------
    InputError
        If the file is missing or unreadable.
    """
    path = Path(path)
    with reading(path):
        ways = [tuple(node.ref for node in way.nodes) for way in _coast_ways(path)]
        if not ways:
            return np.empty(0, dtype=object)
        place: dict[int, tuple[float, float]] = {}
        wanted = osmium.filter.IdFilter(sorted({ref for way in ways for ref in way}))
        nodes: Any = osmium.FileProcessor(str(path), osmium.osm.NODE)
        for one in nodes.with_filter(wanted):
            place[one.id] = (one.lon, one.lat)
    runs: list[list[tuple[float, float]]] = []
    for way in ways:
        run: list[tuple[float, float]] = []
        for ref in (*way, None):
            if ref in place:
                run.append(place[ref])
                continue
            if len(run) > 1:
                runs.append(run)
            run = []
    return np.array([project(shapely.LineString(run), crs) for run in runs], dtype=object)


def clip_to_land(
    boundary: BaseGeometry, coast: Geometries, *, crs: str, always: bool = False
) -> Land:
    """Return the land part of a boundary.

    Parameters
    ----------
    boundary
        Polygon or MultiPolygon in metres.
    coast
        LineStrings in metres, the land on their left. Shape (n_lines,).
    crs
        Reference system, to name places.
    always
        Cut off the sea even if it is below `KEPT_SHARE` of the boundary.

    Returns
    -------
    Land
        With a notice of whatever was cut off; never is anything removed without one.
    """
    shapely.prepare(boundary)
    if not shapely.intersects(boundary, coast).any():
        return Land(boundary, 0.0, (fault("places.coast_none"),) if always else ())
    grid = Grid.around(boundary)
    local = shapely.transform(boundary, grid.local_m)
    border = np.asarray(shapely.get_rings(shapely.get_parts(boundary)), dtype=object)
    outline = segments_of(border, np.full(len(border), int(LineKind.TERRITORY)), grid)
    plane = build_plane(node(join(outline, _directed(coast, grid, local))), local)
    land, sea = _sides(plane)
    gap, contradictory = _loose_end(plane, local), land & sea
    if gap is not None:
        return Land(boundary, 0.0, (_broken("places.coast_gap", gap, grid, crs),))
    if contradictory.any():
        inner = shapely.point_on_surface(plane.faces[np.argmax(contradictory)])
        return Land(boundary, 0.0, (_broken("places.coast_contradictory", inner, grid, crs),))
    if sea.all():
        return Land(boundary, 0.0, (fault("places.coast_no_land"),))
    return _cut(boundary, plane, sea, grid, always=always)


def _coast_ways(path: Path) -> Any:
    ways: Any = osmium.FileProcessor(str(path), osmium.osm.WAY)
    return ways.with_filter(osmium.filter.TagFilter(("natural", "coastline")))


def _directed(coast: Geometries, grid: Grid, local: BaseGeometry) -> Segments:
    """Return the segments of the coast near the boundary, marked with the way they run."""
    every = segments_of(coast, np.full(len(coast), int(LineKind.SHORE)), grid)
    left, bottom, right, top = (value * STEPS_PER_M for value in local.bounds)
    low, high = np.minimum(every.start, every.end), np.maximum(every.start, every.end)
    near = ((high >= (left, bottom)) & (low <= (right, top))).all(axis=1)
    some = every[np.flatnonzero(near)]
    east, north = np.sign(some.end - some.start).T
    kind = (
        some.kind
        | np.where(east > 0, EAST, np.where(east < 0, WEST, 0))
        | np.where(north > 0, NORTH, np.where(north < 0, SOUTH, 0))
    )
    return Segments(some.start, some.end, kind)


def _sides(plane: Plane) -> tuple[Bools, Bools]:
    """Return which faces have a coast that says land, and which have one that says sea.

    A face may have both if the coast is wrong, or none if there is no coast at it.
    """
    across = plane.xy[plane.head] - plane.xy[plane.tail]
    upright = across[:, 0] == 0
    with_it = (plane.kind & np.where(upright, NORTH, EAST)) > 0
    against = (plane.kind & np.where(upright, SOUTH, WEST)) > 0
    coast = (plane.kind & LineKind.SHORE) > 0
    land = np.zeros(len(plane.faces) + 1, dtype=bool)
    sea = land.copy()
    for run, dry, wet in (
        (coast & with_it, plane.left, plane.right),
        (coast & against, plane.right, plane.left),
    ):
        land[dry[run]] = True
        sea[wet[run]] = True
    # OUTSIDE is the last one.
    return land[:OUTSIDE], sea[:OUTSIDE]


def _loose_end(plane: Plane, local: BaseGeometry) -> BaseGeometry | None:
    """Return a point of a coast inside the boundary that has the same face on both sides."""
    coast = plane.loose[(plane.loose.kind & LineKind.SHORE) > 0]
    if not len(coast):
        return None
    ends = np.stack([coast.start, coast.end], axis=1) / STEPS_PER_M
    shapely.prepare(local)
    inside = shapely.contains_properly(local, shapely.points(ends.mean(axis=1)))
    length_m = np.hypot(*(ends[:, 1] - ends[:, 0]).T)
    if length_m[inside].sum() <= LOOSE_M:
        return None
    # The coast goes on from most of its vertices; where it ends one stands alone.
    vertex, count = np.unique(ends[inside].reshape(-1, 2), axis=0, return_counts=True)
    return shapely.Point(vertex[np.argmin(count)])


def _broken(key: str, local: BaseGeometry, grid: Grid, crs: str) -> Fault:
    moved = unproject(shapely.transform(local, grid.world_m), crs)
    lon, lat = shapely.get_coordinates(moved)[0].tolist()
    return fault(key, place=f"{lon:.5f}, {lat:.5f}")


def _cut(boundary: BaseGeometry, plane: Plane, sea: Bools, grid: Grid, *, always: bool) -> Land:
    sea_m2 = float(shapely.area(plane.faces[sea]).sum())
    share = sea_m2 / float(boundary.area)
    if sea_m2 == 0.0:
        return Land(boundary, 0.0)
    if share <= KEPT_SHARE and not always:
        return Land(boundary, 0.0, (fault("places.coast_small", km2=sea_m2 / 1e6, share=share),))
    notices = [fault("places.coast_cut", km2=sea_m2 / 1e6, share=share)]
    parts = shapely.get_parts(shapely.union_all(to_world(plane.faces[~sea], grid.origin)))
    # A whole islet may be as small as it likes; a scrap has the boundary's border at its side.
    scrap = (shapely.area(parts) < SCRAP_M2) & (
        shapely.distance(parts, boundary.boundary) <= 2.0 / STEPS_PER_M
    )
    if scrap.any() and not scrap.all():
        area = float(shapely.area(parts[scrap]).sum())
        count = int(scrap.sum())
        notices.append(fault("places.coast_slivers", count=count, limit=SCRAP_M2, area=area))
        parts = parts[~scrap]
    return Land(shapely.union_all(parts), sea_m2, tuple(notices))
