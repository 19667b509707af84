"""Streets of an OpenStreetMap file as a routable network."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import osmium

from geodata.driving_side import drives_left
from geodata.osm_file import reading, to_crs
from geodata.osm_restrictions import Restriction, RestrictionReport, read_restriction
from geodata.osm_tags import blocks, duration_s, node_wait, street_name, way_access
from geodata.way_network import Ways, network_of_ways
from gridmap.errors import InputError, fault
from gridmap.travel.network import StreetNetwork
from gridmap.travel.profile import WAITS, Profile, load_profile
from gridmap.travel.weights import KMH_PER_M_S, TIMED_KMH, mirrored, speed_tags

Kind = tuple[tuple[str, str], ...]

#: osmium keeps places as whole ten-millionths of a degree, and this one for an unknown place.
STEPS_PER_DEGREE = 10_000_000
UNDEFINED = 2_147_483_647


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
    if not found.rows:
        raise none
    ways = found.ways()
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

    refs: list[int] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)
    rows: list[tuple[int, int, int, int, int, int, int]] = field(default_factory=list)
    names: dict[str, int] = field(default_factory=lambda: {"": 0})
    classes: dict[str, int] = field(default_factory=dict)
    kinds: dict[Kind, int] = field(default_factory=dict)
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

    def ways(self) -> Ways:
        """Return the ways as arrays."""
        size, way_id, access, kind, against, name, road_class = np.array(
            self.rows, dtype=np.int64
        ).T
        steps = np.array(self.places, dtype=np.int64).reshape(-1, 2)
        return Ways(
            way_id=way_id,
            refs=np.array(self.refs, dtype=np.int64),
            lonlat=np.where(steps == UNDEFINED, np.nan, steps / STEPS_PER_DEGREE),
            size=size,
            forward_open=(access & 1) > 0,
            backward_open=(access & 2) > 0,
            no_through=(access & 4) > 0,
            no_stop=(access & 8) > 0,
            kind=kind,
            kind_against=against,
            kinds=tuple(json.dumps(dict(one), ensure_ascii=False) for one in self.kinds),
            name=name,
            names=tuple(self.names),
            road_class=road_class,
            road_classes=tuple(self.classes),
            barriers=np.array(self.barriers, dtype=np.int64),
            waits=np.array(self.waits, dtype=np.int64).reshape(-1, 3),
        )


def _read(path: Path, profile: Profile) -> _Found:
    found = _Found()
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
    found.refs += [node.ref for node in nodes]
    found.places += [(node.x, node.y) for node in nodes]
    kind = speed_tags(tags, profile)
    if "highway" not in tags:
        kind = _timed(kind, way, tags)
    number = found.kinds.setdefault(kind, len(found.kinds))
    against = found.kinds.setdefault(mirrored(kind), len(found.kinds))
    name = found.names.setdefault(street_name(tags), len(found.names))
    label = tags.get("highway") or tags["route"]
    road_class = found.classes.setdefault(label, len(found.classes))
    flags = access.forward + 2 * access.backward + 4 * access.no_through + 8 * access.no_stop
    found.rows.append((len(nodes), way.id, flags, number, against, name, road_class))
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
