"""Streets of an OpenStreetMap file as a routable network."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import osmium

from geodata.driving_side import drives_left
from geodata.isolation import untrusted
from geodata.osm_file import reading, to_crs
from geodata.osm_restrictions import Restriction, RestrictionReport, read_restriction
from geodata.osm_tags import blocks, duration_s, node_wait, way_access
from geodata.way_network import network_of_ways
from geodata.way_table import Kind, WayTable
from gridmap.errors import InputError, fault
from gridmap.travel.network import StreetNetwork
from gridmap.travel.profile import WAITS, Profile, load_profile
from gridmap.travel.weights import KMH_PER_M_S, TIMED_KMH, speed_tags

#: Raised when this module makes another network of the same file; a cached one is then stale.
LOADER_VERSION = 3


@dataclass(frozen=True)
class LoadedStreets:
    """A network and what became of the turn restrictions of its file.

    Attributes
    ----------
    network
        The network.
    restrictions
        How many restrictions were found, applied and left out, and why.
    """

    network: StreetNetwork
    restrictions: RestrictionReport


def read_street_network(path: Path, mode: str, crs: str) -> StreetNetwork:
    """Return the streets of a file that are open to a means of travel.

    See `load_streets`.
    """
    return load_streets(path, mode, crs).network


@untrusted
def load_streets(
    path: Path, mode: str, crs: str, *, profile: Profile | None = None
) -> LoadedStreets:
    """Return the streets of a file that are open to a means of travel.

    One pass over the file. Ways that reach beyond a clipped extract are used as far as their
    nodes are there. Impassable barriers cut the street at their node. The network is the largest
    strongly connected part; the order of its edges follows the file. Turn restrictions are read
    for a profile with turn costs; conditional ones and other conditional tags are not.

    Parameters
    ----------
    path
        File in .osm.pbf, .osm or .osm.bz2.
    mode
        Means of travel, one of `gridmap.travel.profile.MODES`.
    crs
        Projected reference system in metres for the coordinates.
    profile
        Rules and speeds; those that come with the package if None.

    Raises
    ------
    InputError
        If the file is missing or unreadable, no street in it is open to the means of travel, or
        `mode` or `crs` is unusable.
    """
    path = Path(path)
    profile = profile or load_profile(mode)
    transformer = to_crs(crs)
    with reading(path):
        found = _read(path, profile)
    none = InputError(fault("streets.none_for_mode", path, mode=mode))
    if not len(found.ways):
        raise none
    ways = found.ways.arrays(found.barriers, found.waits)
    left = found.side_left if found.side_left is not None else drives_left(ways.lonlat)
    network, report = network_of_ways(
        ways, profile, transformer, crs=crs, restrictions=found.restrictions, left=left
    )
    if not network.n_edges:
        raise none
    return LoadedStreets(network, report.with_unread(found.unread))


@dataclass
class _Found:
    """What the file holds, as it is found."""

    ways: WayTable
    barriers: list[int] = field(default_factory=list)
    waits: list[tuple[int, int, int]] = field(default_factory=list)
    restrictions: list[Restriction] = field(default_factory=list)
    unread: list[tuple[int, str]] = field(default_factory=list)
    sides: dict[str, int] = field(default_factory=dict)

    @property
    def side_left(self) -> bool | None:
        """Whether more ways are tagged as driven on the left; None where none is tagged."""
        if not self.sides:
            return None
        return self.sides.get("left", 0) > self.sides.get("right", 0)


def _read(path: Path, profile: Profile) -> _Found:
    found = _Found(WayTable(profile))
    kinds = osmium.osm.NODE | osmium.osm.WAY
    keys = ["highway", "barrier"]
    if profile.route_kmh:
        keys.append("route")
    if profile.turns is not None:
        kinds |= osmium.osm.RELATION
        keys += ["restriction", *(f"restriction:{one}" for one in profile.restrictions)]
        keys += ["restriction:conditional"]
    processor: Any = osmium.FileProcessor(str(path), kinds).with_locations()
    for entity in processor.with_filter(osmium.filter.KeyFilter(*keys)):
        if entity.is_way():
            _add_way(found, entity, profile)
        elif entity.is_node():
            _add_node(found, entity, profile)
        else:
            read = read_restriction(entity, profile.restrictions)
            if isinstance(read, Restriction):
                found.restrictions.append(read)
            elif read:
                found.unread.append((entity.id, read))
    return found


def _add_way(found: _Found, way: Any, profile: Profile) -> None:
    tags = dict(way.tags)
    access = way_access(tags, profile)
    if access is None:
        return
    nodes = way.nodes
    kind = speed_tags(tags, profile)
    if "highway" not in tags:
        kind = _timed(kind, way, tags)
    found.ways.add(
        way.id,
        [node.ref for node in nodes],
        [(node.x, node.y) for node in nodes],
        tags=tags,
        access=access,
        kind=kind,
    )
    side = tags.get("driving_side")
    if side in ("left", "right"):
        found.sides[side] = found.sides.get(side, 0) + 1


def _timed(kind: Kind, way: Any, tags: dict[str, str]) -> Kind:
    """Return the tags with the speed that the tagged duration of a way makes."""
    seconds = duration_s(tags.get("duration"))
    try:
        length_m = osmium.geom.haversine_distance(way.nodes)
    except osmium.InvalidLocationError:  # a node is not in the file
        return kind
    if not seconds or not length_m:
        return kind
    kmh = round(length_m * KMH_PER_M_S / seconds, 3)
    return tuple(sorted((*kind, (TIMED_KMH, str(kmh)))))


def _add_node(found: _Found, node: Any, profile: Profile) -> None:
    tags = dict(node.tags)
    if blocks(tags, profile):
        found.barriers.append(node.id)
    elif profile.turns is not None:
        wait = node_wait(tags, profile)
        if wait is not None:
            kind, direction = wait
            sides = {"forward": 1, "backward": 2}.get(direction, 3)
            found.waits.append((node.id, 1 << WAITS.index(kind), sides))
