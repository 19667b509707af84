"""Street networks from and to osmnx, GraphML and Overpass.

Such graphs know no turns: what turning costs and where it is forbidden is lost on the way out, and
a network that comes in has none (`StreetNetwork.turns` is None). Its times cannot be weighted
anew either.

osmnx takes seconds to import and is imported only where it is used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import networkx as nx
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod, Transformer
from pyproj.exceptions import CRSError
from shapely import MultiPolygon, Polygon

from geodata.isolation import untrusted
from geodata.osm_file import to_crs
from geodata.osm_tags import street_name, way_travel
from geodata.street_graph import largest_part
from gridmap.errors import EngineError, InputError, fault, some_ids
from gridmap.travel.network import StreetNetwork
from gridmap.travel.profile import Profile, load_profile

Floats = NDArray[np.float64]
Graph: TypeAlias = "nx.MultiDiGraph[Any]"

KMH_PER_M_S = 3.6
WGS84 = Geod(ellps="WGS84")
#: Attribute of a graph that says for which means of travel its ``travel_time`` is.
MODE_KEY = "travel_mode"
#: Vertices of the two directions of a street may differ by this much. Metres.
SAME_PLACE_M = 0.01
#: What osmnx asks Overpass for.
OVERPASS_TYPES = {"drive": "drive_service", "walk": "walk", "bike": "bike", "ebike": "bike"}


def to_osmnx(network: StreetNetwork) -> Graph:
    """Return a network as a graph for osmnx.

    Nodes are named by their OpenStreetMap id where they have one (else by a negative number) and
    carry x and y in metres, lon, lat and street_count. Edges carry osmid (number of the edge in
    `network`), length, travel_time, speed_kph, highway, name, oneway, reversed and geometry.
    """
    graph: Graph = nx.MultiDiGraph()
    graph.graph.update(crs=network.crs, simplified=True, **{MODE_KEY: network.mode})
    ids = _node_names(network)
    inverse = Transformer.from_crs(network.crs, "EPSG:4326", always_xy=True)
    lon, lat = inverse.transform(network.node_xy[:, 0], network.node_xy[:, 1])
    streets = np.bincount(np.concatenate([network.tail, network.head]), minlength=len(ids))
    for row, name in enumerate(ids):
        x, y = network.node_xy[row].tolist()
        place = {"x": x, "y": y, "lon": float(lon[row]), "lat": float(lat[row])}
        graph.add_node(name, **place, street_count=int(streets[row]))
    for edge in range(network.n_edges):
        tail, head = ids[network.tail[edge]], ids[network.head[edge]]
        forward_s, backward_s = float(network.forward_s[edge]), float(network.backward_s[edge])
        length_m, line = float(network.length_m[edge]), network.line(edge)
        shared: dict[str, Any] = {
            "osmid": edge,
            "length": length_m,
            "highway": network.road_classes[network.road_class[edge]],
            "oneway": not (np.isfinite(forward_s) and np.isfinite(backward_s)),
        }
        name = network.names[network.name[edge]]
        if name:
            shared["name"] = name
        ways = ((tail, head, forward_s, line, False), (head, tail, backward_s, line[::-1], True))
        for start, end, seconds, xy, against in ways:
            if np.isfinite(seconds):
                speed_kph = length_m / seconds * KMH_PER_M_S if seconds > 0.0 else 0.0
                graph.add_edge(
                    start,
                    end,
                    **shared,
                    reversed=against,
                    travel_time=seconds,
                    speed_kph=speed_kph,
                    geometry=shapely.LineString(xy),
                )
    return graph


def from_osmnx(graph: Graph, mode: str, crs: str) -> StreetNetwork:
    """Return a graph of osmnx as a network, its largest strongly connected part.

    Times are those of the edges (``travel_time``) where these are for this means of travel:
    when the graph comes from `to_osmnx`, or was timed by osmnx and `mode` is drive. Else they
    follow from class, limit and surface by the profile, and edges closed to it are left out. The
    two directions of a street become one edge.

    Parameters
    ----------
    graph
        Graph with ``crs``, nodes with x and y; edges may have length, geometry, highway, name …
    mode
        Means of travel.
    crs
        Projected reference system in metres for the coordinates.

    Raises
    ------
    InputError
        If the graph lacks what is needed, or has no street open to the means of travel.
    """
    profile = load_profile(mode)
    to_metres, to_lonlat = _transformers(graph, crs)
    nodes = list(graph.nodes)
    lacking = [node for node in nodes if not {"x", "y"} <= set(graph.nodes[node])]
    if lacking:
        raise InputError(fault("streets.graph_incomplete", missing=f"x, y ({some_ids(lacking)})"))
    own_xy = np.array([[graph.nodes[n]["x"], graph.nodes[n]["y"]] for n in nodes], dtype=float)
    own_xy = own_xy.reshape(-1, 2)
    number = {node: row for row, node in enumerate(nodes)}
    timed = graph.graph.get(MODE_KEY, "drive") == mode

    table = _EdgeTable()
    for start, end, data in graph.edges(data=True):
        tail, head = number[start], number[end]
        line = _own_line(data, own_xy[[tail, head]])
        length_m = _number(data.get("length"))
        if length_m is None:
            length_m = WGS84.line_length(*to_lonlat.transform(line[:, 0], line[:, 1]))
        tags = _tags(data)
        seconds = _number(data.get("travel_time")) if timed else None
        if seconds is None:
            seconds = _profile_s(tags, profile, length_m)
        if seconds is not None:
            line_xy = np.column_stack(to_metres.transform(line[:, 0], line[:, 1]))
            table.add(tail, head, line_xy, length_m=length_m, seconds=seconds, tags=tags)
    none = InputError(fault("streets.none_for_mode", mode=mode))
    if not table.tail:
        raise none
    node_xy = np.column_stack(to_metres.transform(own_xy[:, 0], own_xy[:, 1]))
    osm_id = np.array([n if isinstance(n, int) and n >= 0 else -1 for n in nodes], dtype=np.int64)
    network = largest_part(table.network(profile, crs, node_xy, osm_id))
    if not network.n_edges:
        raise none
    return network


@untrusted
def read_graphml(path: Path, mode: str, crs: str) -> StreetNetwork:
    """Return the street network of a GraphML file that osmnx or `write_graphml` wrote.

    Raises
    ------
    InputError
        If the file is missing or unreadable, or as for `from_osmnx`.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(fault("streets.file_missing", path))
    import osmnx as ox

    try:
        graph = ox.load_graphml(path)
    # A damaged file ends in one of many errors of the XML parser, of networkx or of shapely.
    except Exception as error:
        raise InputError(fault("streets.graph_unreadable", path, reason=error)) from error
    return from_osmnx(graph, mode, crs)


def write_graphml(network: StreetNetwork, path: Path) -> None:
    """Write a network as GraphML, which osmnx, Gephi and others read."""
    import osmnx as ox

    ox.save_graphml(to_osmnx(network), path)


def download_network(boundary_lonlat: Polygon | MultiPolygon, mode: str, crs: str) -> StreetNetwork:
    """Return the streets inside a boundary from the Overpass service; needs the internet.

    Parameters
    ----------
    boundary_lonlat
        Polygon or MultiPolygon in longitude and latitude.
    mode
        Means of travel.
    crs
        Projected reference system in metres for the coordinates.

    Raises
    ------
    EngineError
        If the service cannot be reached or refuses to answer.
    InputError
        If there is no street open to the means of travel, or `mode` or `crs` is unusable.
    """
    load_profile(mode)
    to_crs(crs)
    import osmnx as ox

    try:
        with _no_cache(ox.settings):
            graph = ox.graph_from_polygon(
                boundary_lonlat, network_type=OVERPASS_TYPES[mode], retain_all=True
            )
    except ox._errors.InsufficientResponseError as error:
        raise InputError(fault("streets.none_for_mode", mode=mode)) from error
    except (OSError, ValueError) as error:
        raise EngineError(fault("streets.overpass_failed", reason=error)) from error
    return from_osmnx(graph, mode, crs)


@dataclass
class _EdgeTable:
    """Edges as they are found; the second direction of a street joins the first one."""

    tail: list[int] = field(default_factory=list)
    head: list[int] = field(default_factory=list)
    length_m: list[float] = field(default_factory=list)
    forward_s: list[float] = field(default_factory=list)
    backward_s: list[float] = field(default_factory=list)
    line: list[Floats] = field(default_factory=list)
    name: list[int] = field(default_factory=list)
    names: dict[str, int] = field(default_factory=lambda: {"": 0})
    road_class: list[int] = field(default_factory=list)
    classes: dict[str, int] = field(default_factory=dict)
    _single: dict[tuple[int, int, bytes], list[int]] = field(default_factory=dict)

    def add(
        self,
        tail: int,
        head: int,
        line_xy: Floats,
        *,
        length_m: float,
        seconds: float,
        tags: Mapping[str, str],
    ) -> None:
        """Add one direction of a street."""
        rounded = np.rint(line_xy / SAME_PLACE_M).astype(np.int64)
        others = self._single.get((head, tail, rounded[::-1].tobytes()))
        if others:
            self.backward_s[others.pop(0)] = seconds
            return
        self._single.setdefault((tail, head, rounded.tobytes()), []).append(len(self.tail))
        self.tail.append(tail)
        self.head.append(head)
        self.length_m.append(length_m)
        self.forward_s.append(seconds)
        self.backward_s.append(np.inf)
        self.line.append(line_xy)
        self.name.append(self.names.setdefault(street_name(tags), len(self.names)))
        self.road_class.append(self.classes.setdefault(tags["highway"], len(self.classes)))

    def network(
        self, profile: Profile, crs: str, node_xy: Floats, osm_id: NDArray[np.int64]
    ) -> StreetNetwork:
        """Return all edges as a network."""
        forward_s, backward_s = np.array(self.forward_s), np.array(self.backward_s)
        if not profile.obeys_oneway:
            backward_s = np.where(np.isfinite(backward_s), backward_s, forward_s)
        size = [len(line) for line in self.line]
        return StreetNetwork(
            mode=profile.mode,
            crs=crs,
            node_xy=node_xy,
            node_osm_id=osm_id,
            tail=np.array(self.tail, dtype=np.int64),
            head=np.array(self.head, dtype=np.int64),
            length_m=np.array(self.length_m),
            forward_s=forward_s,
            backward_s=backward_s,
            name=np.array(self.name, dtype=np.int64),
            names=tuple(self.names),
            road_class=np.array(self.road_class, dtype=np.int64),
            road_classes=tuple(self.classes),
            line_start=np.concatenate([[0], np.cumsum(size, dtype=np.int64)]),
            line_xy=np.concatenate(self.line),
        )


def _node_names(network: StreetNetwork) -> list[int]:
    """Return a name of its own for each node: its OpenStreetMap id or a negative number."""
    osm_id = network.node_osm_id
    _, first = np.unique(osm_id, return_index=True)
    unique = np.zeros(len(osm_id), dtype=bool)
    unique[first] = True
    names = np.where((osm_id >= 0) & unique, osm_id, -1 - np.arange(len(osm_id)))
    found: list[int] = names.tolist()
    return found


def _transformers(graph: Graph, crs: str) -> tuple[Transformer, Transformer]:
    """Return the ways from the graph's coordinates to metres and to lon/lat."""
    to_crs(crs)
    own_crs = graph.graph.get("crs")
    if own_crs is None:
        raise InputError(fault("streets.graph_incomplete", missing="crs"))
    try:
        to_metres = Transformer.from_crs(own_crs, crs, always_xy=True)
        to_lonlat = Transformer.from_crs(own_crs, "EPSG:4326", always_xy=True)
    except CRSError as error:
        raise InputError(fault("streets.graph_incomplete", missing=f"crs ({own_crs})")) from error
    return to_metres, to_lonlat


def _own_line(data: Mapping[str, Any], ends: Floats) -> Floats:
    """Return the vertices of an edge in the coordinates of the graph, from tail to head."""
    geometry = data.get("geometry")
    if geometry is None:
        return ends
    line = np.asarray(shapely.get_coordinates(geometry))
    # osmnx does not promise that a geometry runs in the direction of its edge.
    ahead = np.abs(line[0] - ends[0]).sum() + np.abs(line[-1] - ends[1]).sum()
    behind = np.abs(line[0] - ends[1]).sum() + np.abs(line[-1] - ends[0]).sum()
    return line if ahead <= behind else line[::-1]


def _tags(data: Mapping[str, Any]) -> dict[str, str]:
    """Return the tags of an edge; of several values (ways that osmnx joined) the first.

    The direction is that of the edge itself and no tag's matter.
    """
    tags = {"highway": "road"}
    for key, value in data.items():
        one = value[0] if isinstance(value, list) and value else value
        if isinstance(one, str) and key != "junction" and not key.startswith("oneway"):
            tags[key] = one
    return tags


def _profile_s(tags: Mapping[str, str], profile: Profile, length_m: float) -> float | None:
    travel = way_travel(tags, profile)
    return None if travel is None else length_m * KMH_PER_M_S / travel.forward_kmh


def _number(value: object) -> float | None:
    if isinstance(value, int | float) and np.isfinite(value) and value >= 0.0:
        return float(value)
    return None


@contextmanager
def _no_cache(settings: Any) -> Iterator[None]:
    """Keep osmnx from writing answers to a folder beside the program."""
    before = settings.use_cache
    settings.use_cache = False
    try:
        yield
    finally:
        settings.use_cache = before
