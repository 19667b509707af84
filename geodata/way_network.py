"""From ways with their nodes and tags to the street network of a means of travel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod, Transformer

from geodata.osm_restrictions import (
    AMBIGUOUS,
    BROKEN,
    ArcFinder,
    Restriction,
    RestrictionReport,
    named_nodes,
)
from geodata.street_graph import Edges, Segments, compact, largest_part, string_together
from gridmap.travel.network import StreetNetwork
from gridmap.travel.profile import WAITS, Profile
from gridmap.travel.turns import TurnRules, allowed_turns, arc_ends, open_arcs
from gridmap.travel.weights import weighted

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

WGS84 = Geod(ellps="WGS84")
ALONG, AGAINST = 1, 2
#: A stop sign without a direction on a street stands before the junction that is nearer than
#: this: who comes from there does not stop. Metres.
STOP_NEAR_M = 20.0


@dataclass(frozen=True, eq=False)
class Ways:
    """Ways that are open to a means of travel, with their nodes.

    Attributes
    ----------
    way_id
        Id of each way. Shape (n_ways,).
    refs, lonlat
        Ids and places of the nodes of one way after the other; a node that is not there has the
        place NaN. Shapes (n_refs,) and (n_refs, 2).
    size
        Number of nodes of each way. Shape (n_ways,).
    forward_open, backward_open
        Whether it may be travelled along and against its direction. Shape (n_ways,).
    no_through
        Whether it is open only to those who start or end there. Shape (n_ways,).
    no_stop
        Whether it is used to come to others only. Shape (n_ways,).
    kind, kind_against
        Index in `kinds` of the tags that bear on the speed, as seen along and against the way.
        Shape (n_ways,).
    kinds
        Sets of tags as JSON objects.
    name, road_class
        Indices in `names` (0 is the empty name) and `road_classes`. Shape (n_ways,).
    names, road_classes
        Street names and classes.
    barriers
        Ids of nodes that bar the way. Shape (n_barriers,).
    waits
        Nodes where one waits: id, bit of `gridmap.travel.profile.WAITS`, and 1 for those who
        travel along the way, 2 for those against it, 3 for all. Shape (n_waits, 3).
    """

    way_id: Ints
    refs: Ints
    lonlat: Floats
    size: Ints
    forward_open: Bools
    backward_open: Bools
    no_through: Bools
    no_stop: Bools
    kind: Ints
    kind_against: Ints
    kinds: tuple[str, ...]
    name: Ints
    names: tuple[str, ...]
    road_class: Ints
    road_classes: tuple[str, ...]
    barriers: Ints
    waits: Ints


def network_of_ways(
    ways: Ways,
    profile: Profile,
    transformer: Transformer,
    *,
    crs: str,
    restrictions: Sequence[Restriction] = (),
    left: bool = False,
) -> tuple[StreetNetwork, RestrictionReport]:
    """Return the largest connected part of the ways as a network with the times of a profile.

    Parameters
    ----------
    ways
        Ways open to the means of travel.
    profile
        Speeds and turn costs.
    transformer
        From longitude and latitude to `crs`.
    crs
        Projected reference system in metres for the coordinates.
    restrictions
        Turn restrictions; they hold if the profile has turn costs.
    left
        Whether one drives on the left.

    Returns
    -------
    The network, without edges where nothing hangs together, and what became of the restrictions.
    """
    osm_id, first, point = np.unique(ways.refs, return_index=True, return_inverse=True)
    lonlat = ways.lonlat[first]
    stretch = np.concatenate([[0], np.cumsum(ways.size)])
    wanted = {way for one in restrictions for way in one.via_ways}
    rows = np.flatnonzero(np.isin(ways.way_id, sorted(wanted)))
    way_ends = {
        int(ways.way_id[row]): (
            int(ways.refs[stretch[row]]), int(ways.refs[stretch[row + 1] - 1])
        )
        for row in rows.tolist()
    }  # fmt: skip
    named = np.array(sorted(named_nodes(restrictions, way_ends)), dtype=np.int64)
    lasting = np.isin(osm_id, np.concatenate([named, ways.waits[:, 0]]))
    segments, owner = _segments(
        ways, point, lonlat, barrier=np.isin(osm_id, ways.barriers), lasting=lasting
    )
    report = RestrictionReport()
    if not len(segments.tail):
        return _nothing(profile, crs), report
    edges = string_together(segments)
    xy = np.column_stack(transformer.transform(lonlat[owner, 0], lonlat[owner, 1]))
    # The ends at a barrier are copies: no node id may stand for two nodes.
    copied = np.arange(len(owner)) >= len(osm_id)
    node_id = np.where(copied, -1, osm_id[owner])
    network = _network(ways, edges, xy, node_id, profile=profile, crs=crs)
    if profile.turns is None:
        network = largest_part(network)
        return (weighted(network, profile) if network.n_edges else network), report
    waits = _waits(ways, edges, network, osm_id)
    network = replace(network, waits=waits, drives_left=left, no_stop=ways.no_stop[edges.way])
    node = np.searchsorted(osm_id, named)
    inside = node < len(osm_id)
    inside[inside] &= osm_id[node[inside]] == named[inside]
    node_of = dict(zip(named[inside].tolist(), node[inside].tolist(), strict=True))
    arc_way = np.column_stack([edges.way, edges.last_way])
    finder = ArcFinder(
        *arc_ends(network),
        ways.way_id[arc_way].ravel(),
        ways.way_id[arc_way[:, ::-1]].ravel(),
        open_arcs(network),
        node_of=node_of,
        way_ends=way_ends,
    )
    forbidden, report = _forbidden(finder, restrictions)
    rules = TurnRules(
        forbidden,
        no_through=np.repeat(ways.no_through[edges.way], 2),
        no_stop=np.repeat(ways.no_stop[edges.way], 2),
    )
    turns, keep = allowed_turns(network, rules)
    if not keep.any():
        return _nothing(profile, crs), report
    by_edge = keep.reshape(-1, 2)
    network = replace(
        network,
        forward_s=np.where(by_edge[:, 0], network.forward_s, np.inf),
        backward_s=np.where(by_edge[:, 1], network.backward_s, np.inf),
        turns=turns,
    )
    return weighted(compact(network, np.flatnonzero(by_edge.any(axis=1))), profile), report


def _forbidden(
    finder: ArcFinder, restrictions: Sequence[Restriction]
) -> tuple[tuple[tuple[int, ...], ...], RestrictionReport]:
    """Return all sequences of arcs that restrictions forbid, and the report on these."""
    forbidden: set[tuple[int, ...]] = set()
    left_out: Counter[str] = Counter()
    broken = []
    for one in restrictions:
        found = finder.forbidden(one)
        if not isinstance(found, str):
            forbidden.update(found)
            continue
        left_out[found] += 1
        if found in (AMBIGUOUS, BROKEN):
            broken.append(one.relation)
    applied = len(restrictions) - left_out.total()
    return tuple(sorted(forbidden)), RestrictionReport(
        applied, MappingProxyType(dict(left_out)), tuple(sorted(broken))
    )


def _segments(
    ways: Ways, point: Ints, lonlat: Floats, *, barrier: Bools, lasting: Bools
) -> tuple[Segments, Ints]:
    """Return segments between neighbouring nodes that are there, and the node of each point.

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
    access = ways.forward_open * ALONG + ways.backward_open * AGAINST
    swapped = ways.forward_open * AGAINST + ways.backward_open * ALONG
    apart = 4 * ways.no_through + 8 * ways.no_stop
    segments = Segments(
        tail=ends[: len(tail)],
        head=ends[len(tail) :],
        way=way,
        length_m=np.asarray(length_m, dtype=np.float64),
        forward_open=ways.forward_open,
        backward_open=ways.backward_open,
        seen_along=16 * ways.kind + apart + access,
        seen_against=16 * ways.kind_against + apart + swapped,
        name=ways.name,
        road_class=ways.road_class,
        lasting=np.concatenate([lasting, np.zeros(len(barred), dtype=bool)]),
    )
    return segments, owner


def _network(
    ways: Ways, edges: Edges, xy: Floats, osm_id: Ints, *, profile: Profile, crs: str
) -> StreetNetwork:
    """Return the network with times of 0 where it is open."""
    forward, backward = ways.forward_open[edges.way], ways.backward_open[edges.way]
    kind, against = ways.kind[edges.way], ways.kind_against[edges.way]
    return StreetNetwork(
        mode=profile.mode,
        crs=crs,
        node_xy=xy,
        node_osm_id=osm_id,
        tail=edges.point[edges.start[:-1]],
        head=edges.point[edges.start[1:] - 1],
        length_m=edges.length_m,
        forward_s=np.where(np.where(edges.along, forward, backward), 0.0, np.inf),
        backward_s=np.where(np.where(edges.along, backward, forward), 0.0, np.inf),
        name=ways.name[edges.way],
        names=ways.names,
        road_class=ways.road_class[edges.way],
        road_classes=ways.road_classes,
        line_start=edges.start,
        line_xy=xy[edges.point],
        kind=np.where(edges.along, kind, against),
        kinds=ways.kinds,
    )


def _nothing(profile: Profile, crs: str) -> StreetNetwork:
    none = np.zeros(0, dtype=np.int64)
    return StreetNetwork(
        mode=profile.mode,
        crs=crs,
        node_xy=np.zeros((0, 2)),
        node_osm_id=none,
        tail=none,
        head=none,
        length_m=np.zeros(0),
        forward_s=np.zeros(0),
        backward_s=np.zeros(0),
        name=none,
        names=("",),
        road_class=none,
        road_classes=(),
        line_start=np.zeros(1, dtype=np.int64),
        line_xy=np.zeros((0, 2)),
    )


def _waits(ways: Ways, edges: Edges, network: StreetNetwork, osm_id: Ints) -> Ints:
    """Return what one waits for at the end of each arc, as bits. Shape (2 n_edges,)."""
    known = np.isin(ways.waits[:, 0], osm_id)
    node_id, bit, sides = ways.waits[known].T
    node = np.searchsorted(osm_id, node_id)
    bits = np.zeros((network.n_nodes, 2), dtype=np.int64)
    for column, side in ((0, ALONG), (1, AGAINST)):
        here = (sides & side) > 0
        np.bitwise_or.at(bits[:, column], node[here], bit[here])
    _, end = arc_ends(network)
    # The arc along the edge arrives on its last way, the one against it on its first way.
    along = np.column_stack([edges.last_along, ~edges.along]).ravel()
    found = np.where(along, bits[end, 0], bits[end, 1])
    stop = 1 << WAITS.index("stop")
    undirected = np.zeros(network.n_nodes, dtype=bool)
    undirected[node[(bit == stop) & (sides == ALONG | AGAINST)]] = True
    ends = np.concatenate([network.tail, network.head])
    degree = np.bincount(ends, minlength=network.n_nodes)
    metres = np.bincount(ends, np.tile(network.length_m, 2), minlength=network.n_nodes)
    own_m = np.repeat(network.length_m, 2)
    beyond_m = metres[end] - own_m
    leaving = undirected[end] & (degree[end] == 2)
    leaving &= (own_m < STOP_NEAR_M) & (beyond_m > STOP_NEAR_M)
    waits: Ints = np.where(leaving, found & ~stop, found)
    return waits
