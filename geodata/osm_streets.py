"""Streets of an OpenStreetMap file as a routable network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import osmium
from numpy.typing import NDArray
from pyproj import Geod

from geodata.osm_file import reading, to_crs
from geodata.osm_tags import blocks, street_name, way_travel
from geodata.street_graph import Edges, Segments, largest_part, string_together
from gridmap.errors import InputError, fault
from gridmap.travel.network import StreetNetwork
from gridmap.travel.profile import Profile, load_profile

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: Raised when this module makes another network of the same file; a cached one is then stale.
LOADER_VERSION = 1
KMH_PER_M_S = 3.6
#: osmium keeps places as whole ten-millionths of a degree, and this one for an unknown place.
STEPS_PER_DEGREE = 10_000_000
UNDEFINED = 2_147_483_647
WGS84 = Geod(ellps="WGS84")


def read_street_network(path: Path, mode: str, crs: str) -> StreetNetwork:
    """Return the streets of a file that are open to a means of travel.

    Two passes over the file: barriers, then ways with the places of their nodes. Ways that reach
    beyond a clipped extract are used as far as their nodes are there. Impassable barriers cut
    the street at their node. The network is the largest strongly connected part; the order of its
    edges follows the file. Turn restrictions, ferries and conditional tags are not read.

    Parameters
    ----------
    path
        File in .osm.pbf, .osm or .osm.bz2.
    mode
        Means of travel, one of `gridmap.travel.profile.MODES`.
    crs
        Projected reference system in metres for the coordinates.

    Raises
    ------
    InputError
        If the file is missing or unreadable, no street in it is open to the means of travel, or
        `mode` or `crs` is unusable.
    """
    path = Path(path)
    profile = load_profile(mode)
    transformer = to_crs(crs)
    with reading(path):
        barrier_id = _read_barriers(path, profile)
        ways = _read_ways(path, profile)
    osm_id, first, point = np.unique(ways.refs, return_index=True, return_inverse=True)
    lonlat = ways.lonlat[first]
    segments, owner = _segments(ways, point, lonlat, np.isin(osm_id, barrier_id))
    if not len(segments.tail):
        raise InputError(fault("streets.none_for_mode", path, mode=mode))
    edges = string_together(segments)
    xy = np.column_stack(transformer.transform(lonlat[owner, 0], lonlat[owner, 1]))
    # The ends at a barrier are copies: no node id may stand for two nodes.
    copied = np.arange(len(owner)) >= len(osm_id)
    network = _network(ways, edges, xy, np.where(copied, -1, osm_id[owner]), mode=mode, crs=crs)
    network = largest_part(network)
    if not network.n_edges:
        raise InputError(fault("streets.none_for_mode", path, mode=mode))
    return network


@dataclass(frozen=True, eq=False)
class _Ways:
    """Ways as they stand in the file.

    `refs` and `lonlat` hold the nodes of one way after the other; a node that is not in the file
    has the place NaN.
    """

    refs: Ints
    lonlat: Floats
    size: Ints
    forward_kmh: Floats
    backward_kmh: Floats
    name: Ints
    names: tuple[str, ...]
    road_class: Ints
    road_classes: tuple[str, ...]


def _read_ways(path: Path, profile: Profile) -> _Ways:
    refs: list[int] = []
    places: list[tuple[int, int]] = []
    rows: list[tuple[int, float, float, int, int]] = []
    names: dict[str, int] = {"": 0}
    classes: dict[str, int] = {}
    processor: Any = osmium.FileProcessor(str(path), osmium.osm.NODE | osmium.osm.WAY)
    located = processor.with_locations().with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
    for way in located.with_filter(osmium.filter.KeyFilter("highway")):
        tags = dict(way.tags)
        travel = way_travel(tags, profile)
        if travel is None:
            continue
        nodes = way.nodes
        refs += [node.ref for node in nodes]
        places += [(node.x, node.y) for node in nodes]
        name = names.setdefault(street_name(tags), len(names))
        road_class = classes.setdefault(tags["highway"], len(classes))
        rows.append((len(nodes), travel.forward_kmh, travel.backward_kmh, name, road_class))
    size, forward, backward, name_of, class_of = zip(*rows, strict=True) if rows else [()] * 5
    steps = np.array(places, dtype=np.int64).reshape(-1, 2)
    return _Ways(
        refs=np.array(refs, dtype=np.int64),
        lonlat=np.where(steps == UNDEFINED, np.nan, steps / STEPS_PER_DEGREE),
        size=np.array(size, dtype=np.int64),
        forward_kmh=np.array(forward, dtype=np.float64),
        backward_kmh=np.array(backward, dtype=np.float64),
        name=np.array(name_of, dtype=np.int64),
        names=tuple(names),
        road_class=np.array(class_of, dtype=np.int64),
        road_classes=tuple(classes),
    )


def _read_barriers(path: Path, profile: Profile) -> Ints:
    """Return the ids of the nodes that bar the way. Shape (n,)."""
    processor: Any = osmium.FileProcessor(str(path), osmium.osm.NODE)
    nodes = processor.with_filter(osmium.filter.KeyFilter("barrier"))
    return np.array([n.id for n in nodes if blocks(dict(n.tags), profile)], dtype=np.int64)


def _segments(ways: _Ways, point: Ints, lonlat: Floats, barrier: Bools) -> tuple[Segments, Ints]:
    """Return segments between neighbouring nodes that are in the file, and the node of each point.

    At a barrier every segment gets an end of its own, so that nothing passes.
    """
    way = np.repeat(np.arange(len(ways.size)), ways.size)
    known = np.isfinite(lonlat[point, 0])
    tail, head = point[:-1], point[1:]
    use = (way[:-1] == way[1:]) & known[:-1] & known[1:] & (tail != head)
    tail, head, way = tail[use], head[use], way[:-1][use]
    _, _, length_m = WGS84.inv(lonlat[tail, 0], lonlat[tail, 1], lonlat[head, 0], lonlat[head, 1])
    owner = np.arange(len(lonlat))
    ends = np.concatenate([tail, head])
    barred = np.flatnonzero(barrier[ends])
    owner = np.concatenate([owner, ends[barred]])
    ends[barred] = len(lonlat) + np.arange(len(barred))
    segments = Segments(
        tail=ends[: len(tail)],
        head=ends[len(tail) :],
        way=way,
        length_m=np.asarray(length_m, dtype=np.float64),
        forward_kmh=ways.forward_kmh,
        backward_kmh=ways.backward_kmh,
        name=ways.name,
        road_class=ways.road_class,
        n_points=len(owner),
    )
    return segments, owner


def _network(
    ways: _Ways, edges: Edges, xy: Floats, osm_id: Ints, *, mode: str, crs: str
) -> StreetNetwork:
    along_kmh, against_kmh = ways.forward_kmh[edges.way], ways.backward_kmh[edges.way]
    return StreetNetwork(
        mode=mode,
        crs=crs,
        node_xy=xy,
        node_osm_id=osm_id,
        tail=edges.point[edges.start[:-1]],
        head=edges.point[edges.start[1:] - 1],
        length_m=edges.length_m,
        forward_s=_seconds(edges.length_m, np.where(edges.along, along_kmh, against_kmh)),
        backward_s=_seconds(edges.length_m, np.where(edges.along, against_kmh, along_kmh)),
        name=ways.name[edges.way],
        names=ways.names,
        road_class=ways.road_class[edges.way],
        road_classes=ways.road_classes,
        line_start=edges.start,
        line_xy=xy[edges.point],
    )


def _seconds(length_m: Floats, kmh: Floats) -> Floats:
    closed = np.full(len(kmh), np.inf)
    seconds: Floats = np.divide(length_m * KMH_PER_M_S, kmh, out=closed, where=kmh > 0.0)
    return seconds
