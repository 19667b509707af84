"""Where the streets come from: an OpenStreetMap extract, a file of osmnx or Overpass."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon
from shapely.geometry.base import BaseGeometry

from geodata.boundaries import Boundary, project, shift, unproject
from geodata.network_cache import cached_networks
from geodata.osm import read_linework
from geodata.street_area import boundary_of_streets, crs_of_extract, crs_of_table
from geodata.street_tables import linework_of_table, load_street_table, network_of_table
from geodata.vectors import SUFFIXES, layers_of, read_vectors, to_lonlat
from gridmap.datum import Datum
from gridmap.errors import Fault, InputError, fault
from gridmap.partition.linework import LineKind, Linework
from gridmap.travel.cache import NetworkCache
from gridmap.travel.network import StreetNetwork

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Geometries = NDArray[np.object_]

OVERPASS = "overpass"
#: In place of a boundary file: the ground that the streets reach.
FROM_STREETS = "streets"
OSM_SUFFIXES = (".osm.pbf", ".pbf", ".osm", ".osm.bz2", ".osm.gz")
GRAPH_SUFFIX = ".graphml"
PACKAGE_SUFFIX = ".gpkg"

STREET = LineKind.MAJOR_STREET | LineKind.MINOR_STREET | LineKind.LOCAL_STREET
#: What is drawn, by the kinds of line that it shows.
DRAWN: Mapping[str, LineKind] = {
    "street": STREET,
    "river": LineKind.RIVER,
    "rail": LineKind.RAIL,
    "motorway": LineKind.MOTORWAY,
}
ROAD_KINDS = {
    "motorway": LineKind.MOTORWAY,
    "trunk": LineKind.MAJOR_STREET,
    "primary": LineKind.MAJOR_STREET,
    "secondary": LineKind.MAJOR_STREET,
    "tertiary": LineKind.MINOR_STREET,
    "unclassified": LineKind.LOCAL_STREET,
    "residential": LineKind.LOCAL_STREET,
    "living_street": LineKind.LOCAL_STREET,
    "pedestrian": LineKind.LOCAL_STREET,
    "road": LineKind.LOCAL_STREET,
    "service": LineKind.SERVICE_STREET,
}
#: A street of the map is in the network if its middle lies this near an edge. Metres.
SAME_STREET_M = 1.0


@dataclass(frozen=True, eq=False)
class Streets:
    """Streets of a territory.

    Attributes
    ----------
    networks
        Network by means of travel.
    linework
        Lines that borders may follow.
    notices
        What was left out.
    """

    networks: Mapping[str, StreetNetwork]
    linework: Linework
    notices: tuple[Fault, ...] = ()


def read_streets(
    source: Path | str,
    modes: Iterable[str],
    *,
    crs: str,
    boundary: BaseGeometry,
    cache: NetworkCache | None = None,
) -> Streets:
    """Read the streets of a territory for several means of travel.

    Parameters
    ----------
    source
        OpenStreetMap extract, GraphML file or GeoPackage of osmnx, or ``overpass`` (needs the
        internet).
    modes
        Means of travel.
    crs, boundary
        Reference system and boundary in metres.
    cache
        Where the networks of OpenStreetMap extracts are kept.

    Raises
    ------
    InputError
        If the file is missing, unreadable or of another format, has no street for a means of
        travel, or none of its streets lies in the territory.
    EngineError
        If Overpass does not answer.
    """
    wanted = sorted(set(modes))
    name = str(source)
    told: list[Fault] = []
    if is_osm(source):
        networks, told = cached_networks(Path(source), wanted, crs, cache=cache)
        linework = read_linework(Path(source), crs)
    elif is_street_table(source):
        table = load_street_table(Path(source))
        networks = {mode: network_of_table(table, mode, crs) for mode in wanted}
        linework = linework_of_table(table, crs)
    else:
        networks = {mode: _other_network(source, mode, crs, boundary) for mode in wanted}
        linework = lines_of(networks[wanted[0]])
    shapely.prepare(boundary)
    faults = [
        fault("world.streets_elsewhere", Path(name).name, mode=mode)
        for mode, network in networks.items()
        if not shapely.intersects(boundary, _edges(network)).any()
    ]
    if faults:
        raise InputError(*faults)
    notices = [
        fault("world.network_in_pieces", Path(name).name, mode=mode, km=lost / 1e3, share=share)
        for mode, network in networks.items()
        for lost, share in [unjoined(linework, network, boundary)]
        if lost > 0.0
    ]
    return Streets(networks, linework, (*told, *notices))


def boundary_from_streets(source: Path | str) -> Boundary:
    """Return the ground that the streets of a source reach, as the boundary of a territory.

    Raises
    ------
    InputError
        If the source is neither an extract nor a layer of lines, or has too few streets.
    """
    path = Path(source)
    if is_osm(source):
        crs = crs_of_extract(path)
        linework = read_linework(path, crs)
    elif is_street_table(source):
        table = load_street_table(path)
        crs = crs_of_table(table)
        linework = linework_of_table(table, crs)
    else:
        raise InputError(fault("ways.no_ground", source))
    return boundary_of_streets(linework.lines[(linework.kinds & int(STREET)) > 0], crs, path)


def is_street_table(source: Path | str) -> bool:
    """Return whether streets come as a layer of lines, and not as an extract or a graph."""
    path = Path(source)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES or not path.is_file():
        return False
    return suffix != PACKAGE_SUFFIX or not set(layers_of(path)) >= {"nodes", "edges"}


def is_osm(source: Path | str) -> bool:
    """Return whether streets come from an OpenStreetMap extract."""
    return str(source).lower().endswith(OSM_SUFFIXES)


def lines_of(network: StreetNetwork) -> Linework:
    """Return the streets of a network as linework, for a source that has nothing else."""
    kinds = [int(ROAD_KINDS.get(one.removesuffix("_link"), 0)) for one in network.road_classes]
    kind = np.array(kinds, dtype=np.int64)[network.road_class]
    return Linework(lines=_edges(network)[kind > 0], kinds=kind[kind > 0])


def unjoined(
    linework: Linework, network: StreetNetwork, boundary: BaseGeometry
) -> tuple[float, float]:
    """Return the metres of street in the territory that the network lacks, and their share.

    A network is one connected part; streets lack in it that are closed to the means of travel or
    that nothing joins to the rest.
    """
    lines = linework.lines[(linework.kinds & int(STREET)) > 0]
    if not len(lines):
        return 0.0, 0.0
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    same = owner[:-1] == owner[1:]
    start, end = xy[:-1][same], xy[1:][same]
    middle = shapely.points((start + end) / 2.0)
    inside = shapely.intersects(boundary, middle)
    length_m = np.hypot(*(end - start).T)[inside]
    near, _ = shapely.STRtree(_edges(network)).query(
        middle[inside], predicate="dwithin", distance=SAME_STREET_M
    )
    lacks = np.ones(len(length_m), dtype=bool)
    lacks[near] = False
    total_m = float(length_m.sum())
    lost_m = float(length_m[lacks].sum())
    return lost_m, lost_m / total_m if total_m else 0.0


def with_lines(linework: Linework, lines: Geometries, kind: LineKind) -> Linework:
    """Return the linework with more lines of one kind."""
    kinds = np.full(len(lines), int(kind), dtype=np.int64)
    return Linework(
        lines=np.concatenate([linework.lines, lines]),
        kinds=np.concatenate([linework.kinds, kinds]),
        water=linework.water,
        bridges=linework.bridges,
    )


def read_lines(path: Path, crs: str, *, datum: Datum = "wgs84") -> Geometries:
    """Return the lines of a vector file and the outlines of its areas in metres. Shape (n,).

    Coordinates of another datum than WGS-84 are shifted.

    Raises
    ------
    InputError
        If the file is unreadable or has neither lines nor areas.
    """
    geometries = to_lonlat(path, read_vectors(path))
    geometries = shapely.force_2d(shift(geometries[~shapely.is_missing(geometries)], datum))
    parts = shapely.get_parts(shapely.get_parts(geometries))
    kind = shapely.get_type_id(parts)
    areas = parts[kind == shapely.GeometryType.POLYGON]
    lines = np.concatenate(
        [parts[kind == shapely.GeometryType.LINESTRING], shapely.get_rings(areas)]
    )
    if not len(lines):
        raise InputError(fault("world.no_lines", path))
    return np.array([shapely.LineString(project(line, crs).coords) for line in lines], dtype=object)


def drawn(linework: Linework, bounds: tuple[float, float, float, float]) -> dict[str, Geometries]:
    """Return what a map shows of the linework: lines by name, clipped, and water areas.

    Parameters
    ----------
    bounds
        Box in metres as ``(left, bottom, right, top)``.
    """
    found = {}
    for name, kinds in DRAWN.items():
        lines = linework.lines[(linework.kinds & int(kinds)) > 0]
        found[name] = _clipped(lines, bounds, shapely.GeometryType.LINESTRING)
    found["water"] = _clipped(linework.water, bounds, shapely.GeometryType.POLYGON)
    return found


def _clipped(
    geometries: Geometries, bounds: tuple[float, float, float, float], kind: int
) -> Geometries:
    parts = shapely.get_parts(shapely.get_parts(shapely.clip_by_rect(geometries, *bounds)))
    parts = parts[(shapely.get_type_id(parts) == kind) & ~shapely.is_empty(parts)]
    return np.asarray(parts, dtype=object)


def _edges(network: StreetNetwork) -> Geometries:
    owner = np.repeat(np.arange(network.n_edges), np.diff(network.line_start))
    return np.asarray(shapely.linestrings(network.line_xy, indices=owner), dtype=object)


def _other_network(
    source: Path | str, mode: str, crs: str, boundary: BaseGeometry
) -> StreetNetwork:
    from geodata.network_exchange import download_network, read_graphml

    if str(source) == OVERPASS:
        polygons = shapely.get_parts(unproject(boundary, crs))
        return download_network(MultiPolygon(list(polygons)), mode, crs)
    path = Path(source)
    if path.suffix.lower() == PACKAGE_SUFFIX:
        return _packaged_network(path, mode, crs)
    if path.suffix.lower() != GRAPH_SUFFIX:
        known = ", ".join((*OSM_SUFFIXES, GRAPH_SUFFIX, PACKAGE_SUFFIX, OVERPASS))
        raise InputError(fault("world.format_unknown", source, known=known))
    return read_graphml(path, mode, crs)


def _packaged_network(path: Path, mode: str, crs: str) -> StreetNetwork:
    """Return the network of a GeoPackage that osmnx wrote: layers nodes and edges."""
    nodes, edges = (read_vectors(path, layer=layer) for layer in ("nodes", "edges"))
    have = [*nodes.columns, *edges.columns]
    lacking = [one for one in ("osmid", "x", "y", "u", "v", "key") if one not in have]
    if lacking:
        raise InputError(
            fault("world.not_osmnx", path, missing=", ".join(lacking), have=", ".join(have))
        )
    import osmnx as ox

    from geodata.network_exchange import from_osmnx

    graph = ox.graph_from_gdfs(nodes.set_index("osmid"), edges.set_index(["u", "v", "key"]))
    return from_osmnx(graph, mode, crs)
