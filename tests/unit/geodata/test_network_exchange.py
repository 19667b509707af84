"""Networks to osmnx and back, through GraphML, from Overpass; osmnx as oracle of the loader."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import networkx as nx
import numpy as np
import osmnx as ox
import pytest
import shapely
from osm_text import write_osm
from shapely import box

from geodata.network_exchange import (
    download_network,
    from_osmnx,
    read_graphml,
    to_osmnx,
    write_graphml,
)
from geodata.osm import read_street_network
from gridmap.errors import EngineError, InputError
from gridmap.travel.dijkstra import DijkstraEngine
from gridmap.travel.engine import Snapped
from gridmap.travel.network import StreetNetwork

CRS = "EPSG:32630"
SIDE = 7


def city(path: Path) -> Path:
    """A closed town of 7 by 7 crossings with crooked streets, one-ways, a ring and a loop."""
    rng = np.random.default_rng(7)
    nodes: dict[int, tuple[float, float]] = {}
    ways: dict[int, tuple[list[int], dict[str, str]]] = {}

    def add(lon: float, lat: float) -> int:
        nodes[len(nodes) + 1] = (round(lon, 7), round(lat, 7))
        return len(nodes)

    def street(refs: list[int], **tags: str) -> None:
        ways[len(ways) + 1] = (refs, {"highway": "residential", **tags})

    crossing = {
        (row, col): add(-3.0 + col * 0.002, 51.5 + row * 0.0015)
        for row in range(SIDE)
        for col in range(SIDE)
    }
    for first, start in crossing.items():
        for step, kind in (((0, 1), "East"), ((1, 0), "North")):
            second = (first[0] + step[0], first[1] + step[1])
            if second not in crossing or rng.random() < 0.1:
                continue
            here, there = nodes[start], nodes[crossing[second]]
            bends = [
                add(*(np.array(here) + (np.array(there) - here) * part + rng.normal(0, 1e-4, 2)))
                for part in (0.3, 0.7)
            ]
            oneway = str(rng.choice(["yes", "-1", "no", "no", "no"]))
            number = first[0] if step[0] == 0 else first[1]
            refs = [start, *bends, crossing[second]]
            street(refs, oneway=oneway, name=f"{kind} {number}")
    corner = crossing[0, 0]
    loop = [add(-3.001, 51.499), add(-3.001, 51.4985), add(-3.0, 51.4985)]
    street([corner, *loop, corner])
    end = add(-2.987, 51.5)
    ring = [add(-2.9865 + dx, 51.5 + dy) for dx, dy in ((0, 2e-4), (5e-4, 0), (0, -2e-4))]
    street([crossing[0, SIDE - 1], end])
    street([end, *ring[::-1], end], junction="roundabout")
    street([ring[1], add(-2.98, 51.5)])
    return write_osm(path, nodes, ways)


def same(first: StreetNetwork, second: StreetNetwork) -> None:
    for field in fields(StreetNetwork):
        one, other = getattr(first, field.name), getattr(second, field.name)
        if isinstance(one, np.ndarray):
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-6)
        else:
            assert one == other


def signature(network: StreetNetwork) -> list[tuple]:
    """Everything about the edges, in an order of its own."""
    osm = network.node_osm_id
    return sorted(
        (
            int(osm[network.tail[edge]]),
            int(osm[network.head[edge]]),
            round(float(network.length_m[edge]), 6),
            round(float(network.forward_s[edge]), 6),
            round(float(network.backward_s[edge]), 6),
            network.names[network.name[edge]],
            network.road_classes[network.road_class[edge]],
            tuple(np.round(network.line(edge), 3).ravel()),
        )
        for edge in range(network.n_edges)
    )


def test_osmnx_finds_the_same_streets_and_distances(tmp_path: Path) -> None:
    """Total length and all shortest distances between the crossings.

    osmnx measures on a sphere, we on the ellipsoid: up to 0.5 % apart.
    """
    path = city(tmp_path / "a.osm")
    network = read_street_network(path, "drive", CRS)
    graph = ox.truncate.largest_component(ox.graph_from_xml(path), strongly=True)
    graph_m = sum(data["length"] for _, _, data in ox.convert.to_undirected(graph).edges(data=True))
    assert network.length_m.sum() == pytest.approx(graph_m, rel=5e-3)

    open_ = [np.isfinite(network.forward_s), np.isfinite(network.backward_s)]
    metres = replace(
        network,
        forward_s=np.where(open_[0], network.length_m, np.inf),
        backward_s=np.where(open_[1], network.length_m, np.inf),
        # osmnx turns anywhere at no cost.
        turns=None,
    )
    node = {int(osm_id): row for row, osm_id in enumerate(network.node_osm_id)}
    shared = sorted(set(node) & set(graph.nodes))
    assert len(shared) > 40
    edge_of = {int(end): (edge, 0.0) for edge, end in enumerate(network.tail)}
    edge_of |= {int(end): (edge, 1.0) for edge, end in enumerate(network.head)}
    places = [edge_of[node[osm_id]] for osm_id in shared]
    points = Snapped(
        np.array([edge for edge, _ in places]),
        np.array([fraction for _, fraction in places]),
        np.zeros(len(places)),
    )
    found = DijkstraEngine(metres).matrix(points, points)
    lengths = dict(nx.all_pairs_dijkstra_path_length(graph, weight="length"))
    expected = np.array([[lengths[a][b] for b in shared] for a in shared])
    np.testing.assert_allclose(found, expected, rtol=5e-3)


def test_to_osmnx_is_a_graph_for_osmnx(tmp_path: Path) -> None:
    network = read_street_network(city(tmp_path / "a.osm"), "drive", CRS)
    graph = to_osmnx(network)
    ox.convert.validate_graph(graph, strict=True)
    assert len(graph) == network.n_nodes
    open_ = np.isfinite(network.forward_s).sum() + np.isfinite(network.backward_s).sum()
    assert graph.number_of_edges() == open_
    both = np.isfinite(network.forward_s) & np.isfinite(network.backward_s)
    assert sum(not data["oneway"] for _, _, data in graph.edges(data=True)) == 2 * both.sum()
    _, edges = ox.graph_to_gdfs(graph)
    assert edges.crs == CRS
    # 25 km/h everywhere.
    assert edges["speed_kph"].to_numpy() == pytest.approx(np.full(len(edges), 25.0))
    lonlat = ox.project_graph(graph, to_latlong=True)
    for node in graph:
        assert lonlat.nodes[node]["x"] == pytest.approx(graph.nodes[node]["lon"], abs=1e-9)
        assert lonlat.nodes[node]["y"] == pytest.approx(graph.nodes[node]["lat"], abs=1e-9)


def test_there_and_back(tmp_path: Path) -> None:
    """Both as graph and as file; a barrier makes nodes without an id of their own."""
    network = read_street_network(city(tmp_path / "a.osm"), "drive", CRS)
    assert signature(from_osmnx(to_osmnx(network), "drive", CRS)) == signature(network)
    write_graphml(network, tmp_path / "a.graphml")
    assert signature(read_graphml(tmp_path / "a.graphml", "drive", CRS)) == signature(network)
    nameless = replace(network, node_osm_id=np.full(network.n_nodes, -1))
    back = from_osmnx(to_osmnx(nameless), "drive", CRS)
    assert signature(back) == signature(nameless)
    same(from_osmnx(to_osmnx(nameless), "drive", CRS), back)


def test_a_graph_of_osmnx_gives_our_network(tmp_path: Path) -> None:
    """Same streets, metres and seconds as our own loader, in lon/lat or projected."""
    path = city(tmp_path / "a.osm")
    graph = ox.graph_from_xml(path)
    for mode in ("drive", "walk"):
        network = read_street_network(path, mode, CRS)
        for one in (graph, ox.project_graph(graph)):
            back = from_osmnx(one, mode, CRS)
            assert back.length_m.sum() == pytest.approx(network.length_m.sum(), rel=5e-3)
            finite = np.isfinite(back.backward_s)
            assert finite.all() == (mode == "walk")
            seconds = back.length_m / {"drive": 25 / 3.6, "walk": 4.5 / 3.6}[mode]
            assert back.backward_s[finite] == pytest.approx(seconds[finite], rel=1e-9)


def test_times_of_the_graph_are_used_only_for_their_mode(tmp_path: Path) -> None:
    graph = ox.graph_from_xml(city(tmp_path / "a.osm"))
    nx.set_edge_attributes(graph, 7.0, "travel_time")
    drive = from_osmnx(graph, "drive", CRS)
    assert set(drive.forward_s) == {7.0}
    walk = from_osmnx(graph, "walk", CRS)
    assert walk.forward_s == pytest.approx(walk.length_m / 1.25)


def bare_graph(**edge: object) -> nx.MultiDiGraph:
    graph = nx.MultiDiGraph(crs="EPSG:4326")
    graph.add_node("a", x=-3.0, y=51.5)
    graph.add_node("b", x=-2.99, y=51.5)
    for start, end in (("a", "b"), ("b", "a")):
        graph.add_edge(start, end, **edge)
    return graph


def test_a_bare_graph_is_measured_and_timed() -> None:
    """0.01 degrees at 51.5 N are 694.5 m; the class is not known: 25 km/h."""
    network = from_osmnx(bare_graph(), "drive", CRS)
    assert (network.n_nodes, network.n_edges) == (2, 1)
    assert network.length_m[0] == pytest.approx(694.5, abs=0.5)
    assert network.forward_s[0] == pytest.approx(network.length_m[0] * 3.6 / 25)
    assert network.backward_s[0] == network.forward_s[0]
    assert network.node_osm_id.tolist() == [-1, -1]
    limits = from_osmnx(bare_graph(highway=["primary", "road"], maxspeed="50"), "drive", CRS)
    assert limits.road_classes == ("primary",)
    assert limits.forward_s[0] == pytest.approx(limits.length_m[0] * 3.6 / 40)


def test_a_geometry_drawn_against_its_edge_is_turned() -> None:
    """osmnx leaves the direction of a geometry open; ours runs from tail to head."""
    bent = shapely.LineString([(-2.99, 51.5), (-2.995, 51.51), (-3.0, 51.5)])
    network = from_osmnx(bare_graph(geometry=bent), "walk", CRS)
    assert network.n_edges == 1
    np.testing.assert_allclose(network.line(0)[0], network.node_xy[network.tail[0]])
    np.testing.assert_allclose(network.line(0)[-1], network.node_xy[network.head[0]])


def test_faults_of_graphs() -> None:
    graph = bare_graph()
    del graph.graph["crs"]
    with pytest.raises(InputError, match="crs"):
        from_osmnx(graph, "drive", CRS)
    graph.graph["crs"] = "nonsense"
    with pytest.raises(InputError, match="nonsense"):
        from_osmnx(graph, "drive", CRS)
    graph = bare_graph()
    del graph.nodes["a"]["y"]
    with pytest.raises(InputError, match=r"x, y \(a\)"):
        from_osmnx(graph, "drive", CRS)
    with pytest.raises(InputError, match="drive"):
        from_osmnx(bare_graph(highway="footway"), "drive", CRS)
    dead_end = bare_graph()
    dead_end.remove_edge("b", "a")
    with pytest.raises(InputError, match="drive"):
        from_osmnx(dead_end, "drive", CRS)
    with pytest.raises(InputError, match="metres"):
        from_osmnx(bare_graph(), "drive", "EPSG:4326")


def test_faults_of_graphml(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_graphml(tmp_path / "a.graphml", "drive", CRS)
    for content in ("<graphml", "<graphml><graph><node id='x'/></graph></graphml>", ""):
        (tmp_path / "a.graphml").write_text(content, encoding="utf-8")
        with pytest.raises(InputError, match="GraphML"):
            read_graphml(tmp_path / "a.graphml", "drive", CRS)


def test_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What osmnx brings becomes a network; nothing is written beside the program."""
    asked = []

    def bring(polygon: object, **options: object) -> nx.MultiDiGraph:
        asked.append((polygon, options, ox.settings.use_cache))
        return ox.graph_from_xml(city(tmp_path / "a.osm"), retain_all=True)

    monkeypatch.setattr(ox, "graph_from_polygon", bring)
    area = box(-3.01, 51.49, -2.97, 51.52)
    before = ox.settings.use_cache
    network = download_network(area, "ebike", CRS)
    assert network.mode == "ebike"
    assert asked == [(area, {"network_type": "bike", "retain_all": True}, False)]
    assert ox.settings.use_cache == before


@pytest.mark.parametrize(
    ("problem", "error", "words"),
    [
        (ConnectionError("no network"), EngineError, "no network.*osm.pbf"),
        (ox._errors.ResponseStatusCodeError("429"), EngineError, "429"),
        (ox._errors.InsufficientResponseError("empty"), InputError, "walk"),
    ],
)
def test_download_that_fails(
    monkeypatch: pytest.MonkeyPatch, problem: Exception, error: type[Exception], words: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise problem

    monkeypatch.setattr(ox, "graph_from_polygon", fail)
    before = ox.settings.use_cache
    with pytest.raises(error, match=words):
        download_network(box(0, 0, 1, 1), "walk", CRS)
    assert ox.settings.use_cache == before
