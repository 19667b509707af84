"""Travel engines and loading against scipy and osmnx, all in one run.

    python -m benchmarks.travel [SOURCE] [--tiles K] [--out FILE]

SOURCE is an OpenStreetMap extract or a layer of street lines; by default the extract of the demo.
``--tiles K`` copies the streets K times side by side, each copy joined to the next by 40 links
and its times varied by up to 3 %, which makes a large network of real structure. Prints a table
of CPU seconds and ratios; with ``--out`` writes it as CSV.
"""

from __future__ import annotations

import argparse
import csv
import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from geodata.demo import demo_project
from geodata.network_cache import cached_networks
from geodata.osm_streets import read_street_network
from geodata.project import street_extract
from geodata.street_area import crs_of_extract, crs_of_table
from geodata.street_sources import is_osm
from geodata.street_tables import load_street_table, network_of_table
from gridmap.travel.cache import NetworkCache
from gridmap.travel.cch import CchEngine
from gridmap.travel.dijkstra import DijkstraEngine
from gridmap.travel.engine import Snapped
from gridmap.travel.network import StreetNetwork
from gridmap.travel.search_graph import SearchGraph

T = TypeVar("T")
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Lanes and yards are left out of large copies: managers drive on streets.
LANES = ("service", "track")
LINKS, LINK_S = 40, 30.0
CELLS, OUTLETS, SQUARE = 300, 20_000, 1000
#: Rows of a large scipy matrix that are timed; rows are independent of each other.
SAMPLE = 50


@dataclass
class Table:
    """Lines of the report."""

    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, what: str, ours: float, peer: float, wanted: str, note: str = "") -> None:
        """Add CPU seconds of ours and of the peer (or two other figures) with their ratio."""
        ratio = peer / ours if ours else float("inf")
        self.rows.append(
            {"what": what, "gridmap": round(ours, 4), "peer": round(peer, 4),
             "peer / gridmap": round(ratio, 3), "wanted": wanted, "note": note}
        )  # fmt: skip
        print(f"{what:58s} {ours:10.4f} {peer:10.4f} {ratio:9.2f}  {wanted:12s} {note}", flush=True)


def timed(job: Callable[[], T], repeats: int = 3) -> tuple[float, T]:
    """Return the median CPU seconds of a job and its answer."""
    seconds, answer = [], None
    for _ in range(repeats):
        start = time.process_time()
        answer = job()
        seconds.append(time.process_time() - start)
    return float(np.median(seconds)), answer  # type: ignore[return-value]


def read_network(source: Path, mode: str) -> StreetNetwork:
    """Return the network of an extract or of a layer of lines."""
    if is_osm(source):
        return read_street_network(source, mode, crs_of_extract(source))
    table = load_street_table(source)
    return network_of_table(table, mode, crs_of_table(table))


def at_nodes(network: StreetNetwork, *, lanes: bool) -> StreetNetwork:
    """Return a network without turns, on request without lanes."""
    network = replace(
        network, turns=None, kind=None, kinds=(), waits=None, no_stop=None, order=None
    )
    if lanes:
        return network
    closed = np.isin(network.road_classes, LANES)[network.road_class]
    shut = np.where(closed, np.inf, 0.0)
    from geodata.street_graph import largest_part

    return largest_part(
        replace(network, forward_s=network.forward_s + shut, backward_s=network.backward_s + shut)
    )


def tiled(network: StreetNetwork, tiles: int, rng: np.random.Generator) -> StreetNetwork:
    """Return copies side by side, each linked to the next."""
    if tiles == 1:
        return network
    n_nodes, xy = network.n_nodes, network.node_xy
    width = np.ptp(xy[:, 0]) + 200.0
    shift = np.arange(tiles)[:, None, None] * np.array([width, 0.0])
    node = (np.arange(tiles) * n_nodes)[:, None]
    east, west = np.argsort(-xy[:, 0])[:400], np.argsort(xy[:, 0])[:400]
    start = [rng.choice(east, LINKS, replace=False) + copy * n_nodes for copy in range(tiles - 1)]
    end = [rng.choice(west, LINKS, replace=False) + copy * n_nodes for copy in range(1, tiles)]
    links = np.concatenate(start), np.concatenate(end)
    vary = rng.uniform(0.97, 1.03, (tiles, network.n_edges))
    node_xy = (xy + shift).reshape(-1, 2)
    many = np.full(len(links[0]), LINK_S)
    size = np.concatenate([np.tile(np.diff(network.line_start), tiles), np.full(len(many), 2)])
    return replace(
        network,
        node_xy=node_xy,
        node_osm_id=np.full(n_nodes * tiles, -1),
        tail=np.concatenate([(network.tail + node).ravel(), links[0]]),
        head=np.concatenate([(network.head + node).ravel(), links[1]]),
        length_m=np.concatenate([np.tile(network.length_m, tiles), many * 10.0]),
        forward_s=np.concatenate([(network.forward_s * vary).ravel(), many]),
        backward_s=np.concatenate([(network.backward_s * vary).ravel(), many]),
        name=np.concatenate([np.tile(network.name, tiles), np.zeros(len(many), dtype=np.int64)]),
        road_class=np.concatenate(
            [np.tile(network.road_class, tiles), np.zeros(len(many), dtype=np.int64)]
        ),
        line_start=np.concatenate([[0], np.cumsum(size)]),
        line_xy=np.concatenate(
            [
                (network.line_xy + shift).reshape(-1, 2),
                node_xy[np.column_stack(links)].reshape(-1, 2),
            ]
        ),
    )


def at(network: StreetNetwork, nodes: Ints) -> Snapped:
    """Return points that stand at nodes."""
    edge, share = np.full(network.n_nodes, -1), np.zeros(network.n_nodes)
    edge[network.head], share[network.head] = np.arange(network.n_edges), 1.0
    edge[network.tail], share[network.tail] = np.arange(network.n_edges), 0.0
    return Snapped(edge[nodes], share[nodes], np.zeros(len(nodes)))


def measure_searches(table: Table, network: StreetNetwork, rng: np.random.Generator) -> None:
    """Matrices, nearest sources and new speeds on one network."""
    graph = SearchGraph(network)
    n_nodes = graph.n_nodes
    few = min(CELLS, n_nodes // 20)
    sources = rng.choice(n_nodes, few, replace=False)
    outlets = rng.choice(n_nodes, min(OUTLETS, n_nodes // 3), replace=False)
    cell = cKDTree(network.node_xy[sources]).query(network.node_xy[outlets])[1]
    groups = [outlets[cell == one] for one in range(few)]
    square = rng.choice(n_nodes, min(SQUARE, n_nodes // 2), replace=False)

    start = time.process_time()
    cch = CchEngine(network, few_searches=0)
    cch.matrix(at(network, square[:1]), at(network, square[:1]))
    built_s = time.process_time() - start
    reference = DijkstraEngine(network)
    one_s, _ = timed(lambda: dijkstra(graph.matrix, indices=int(sources[0])), 5)
    table.add("order, hierarchy and weights, against one search", built_s, one_s, "", "once a map")

    snapped = [at(network, one) for one in groups]
    ours_s, ours = timed(lambda: cch.matrices(snapped))
    peer_s, peer = timed(lambda: [bounded(graph, network.node_xy, one) for one in groups], 1)
    exact = [np.nan_to_num(a, nan=-1.0) for a in ours]
    far = [np.where(np.isfinite(b), b / 1024.0, -1.0) for b in peer]
    same = np.concatenate([(a == b).ravel() for a, b in zip(exact, far, strict=True)]).mean()
    note = f"{len(outlets)} outlets; bounded subgraphs are right in {same:.2%}"
    table.add(f"{few} matrices of cells, against scipy bounded", ours_s, peer_s, ">= 8", note)

    points = at(network, square)
    ours_s, ours_m = timed(lambda: cch.matrix(points, points))
    rows = square[:SAMPLE]
    peer_s, peer_m = timed(lambda: dijkstra(graph.matrix, indices=rows)[:, square], 1)
    peer_s *= len(square) / len(rows)
    finite = np.isfinite(peer_m)
    equal = bool((np.isfinite(ours_m[:SAMPLE]) == finite).all()) and bool(
        (np.abs(ours_m[:SAMPLE][finite] - peer_m[finite] / 1024.0) <= 1e-3).all()
    )
    ours_r = reference.matrix(points.take(np.arange(20)), points)
    equal &= np.array_equal(ours_r, ours_m[:20], equal_nan=True)
    table.add(
        f"{len(square)} x {len(square)}, against scipy", ours_s, peer_s, ">= 15 (10)",
        f"{len(rows)} rows timed; equal to 1 ms: {equal}",
    )  # fmt: skip

    whence, whither = at(network, sources), at(network, outlets)
    ours_s, found = timed(lambda: reference.nearest(whence, whither), 5)
    peer_s, bare = timed(lambda: dijkstra(graph.matrix, indices=sources, min_only=True), 5)
    agree = np.array_equal(np.nan_to_num(found.seconds, nan=np.inf), bare[outlets] / 1024.0)
    table.add(
        f"nearest of {few} with labels, against scipy without", ours_s, peer_s, ">= 0.8",
        f"equal: {agree}",
    )  # fmt: skip
    margin_s, _ = timed(lambda: reference.nearest(whence, whither, margin=True))
    table.add("… with the margin to the second", margin_s, peer_s, "")

    rush = replace(network, forward_s=network.forward_s * 1.3, backward_s=network.backward_s * 1.3)
    ours_s, _ = timed(lambda: (cch.reweigh(rush), cch.reweigh(network)))
    table.add("new speeds on all streets, against one search", ours_s / 2.0, one_s, ">= 1/6")


def bounded(graph: SearchGraph, xy: Floats, nodes: Ints) -> Floats:
    """Return the matrix of some nodes by scipy on the streets in a box around them."""
    if not len(nodes):
        return np.empty((0, 0))
    low, high = xy[nodes].min(axis=0), xy[nodes].max(axis=0)
    rim = 1000.0 + 0.3 * (high - low).max()
    inside = np.flatnonzero(((xy >= low - rim) & (xy <= high + rim)).all(axis=1))
    local = np.searchsorted(inside, nodes)
    found = dijkstra(graph.matrix[inside][:, inside], indices=local)
    return np.asarray(found[:, local])


LOADERS = {
    "gridmap": """
from geodata.osm_streets import read_street_network
from geodata.street_area import crs_of_extract
crs = crs_of_extract(path)
start = time.process_time(); base = rss()
network = read_street_network(path, "drive", crs)
done = time.process_time() - start
# osmnx knows neither turns nor barriers: what is counted is counted without them.
from dataclasses import replace
from geodata.osm_streets import load_streets
from gridmap.travel.profile import load_profile
plain = replace(
    load_profile("drive"), turns=None, open_barriers=frozenset(), closed_barriers=frozenset()
)
network = load_streets(path, "drive", crs, profile=plain).network
arcs = int(np.isfinite(network.forward_s).sum() + np.isfinite(network.backward_s).sum())
both = np.isfinite(network.forward_s).astype(int) + np.isfinite(network.backward_s)
km = float((network.length_m * both).sum() / 1e3)
""",
    "osmnx": """
import osmium, osmnx as ox
from geodata.osm_tags import way_access
from gridmap.travel.profile import load_profile
profile = load_profile("drive")
start = time.process_time(); base = rss()
filtered = folder / "drive.osm"
with osmium.BackReferenceWriter(str(filtered), ref_src=str(path), overwrite=True) as writer:
    ways = osmium.FileProcessor(str(path), osmium.osm.WAY)
    for way in ways.with_filter(osmium.filter.KeyFilter("highway")):
        if way_access(dict(way.tags), profile) is not None:
            writer.add_way(way)
graph = ox.graph_from_xml(filtered, simplify=False, retain_all=False)
graph = ox.simplify_graph(graph)
graph = ox.add_edge_travel_times(ox.add_edge_speeds(graph))
graph = ox.truncate.largest_component(graph, strongly=True)
done = time.process_time() - start
arcs = graph.number_of_edges()
km = sum(data["length"] for *_, data in graph.edges(data=True)) / 1e3
""",
}  # fmt: skip
LOAD = """
import json, resource, sys, time, warnings
from pathlib import Path
import gridmap
import numpy as np
warnings.simplefilter("ignore")
path, folder = Path(sys.argv[1]), Path(sys.argv[2])
rss = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
{loader}
print(json.dumps(dict(cpu_s=done, peak_mb=rss(), arcs=arcs, km=km)))
"""


def measure_loading(table: Table, source: Path) -> None:
    """Reading an extract, each way in a process of its own."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, loader in LOADERS.items():
            code = LOAD.format(loader=loader)
            runs = [
                json.loads(
                    subprocess.run(
                        [sys.executable, "-c", code, str(source), folder],
                        capture_output=True, check=True, text=True,
                    ).stdout
                )
                for _ in range(3)
            ]  # fmt: skip
            found[name] = {key: float(np.median([run[key] for run in runs])) for key in runs[0]}
    ours, peer = found["gridmap"], found["osmnx"]
    table.add(
        "extract to network with geometry, against osmnx (s)", ours["cpu_s"], peer["cpu_s"], ">= 10"
    )
    table.add("… peak memory (MB)", ours["peak_mb"], peer["peak_mb"], ">= 2.2")
    table.add("… kilometres of arcs", ours["km"], peer["km"], "1 +- 0.001")
    note = "ours end where the name or the tags of a street change, too"
    table.add("… arcs", ours["arcs"], peer["arcs"], "", note)
    measure_cache(table, source)


def measure_cache(table: Table, source: Path) -> None:
    """Opening a network that was read before."""
    crs = crs_of_extract(source)
    with tempfile.TemporaryDirectory() as folder:
        cache = NetworkCache(Path(folder))
        start = time.process_time()
        cached_networks(source, ["drive"], crs, cache=cache)
        cold_s = time.process_time() - start
        warm_s, _ = timed(lambda: cached_networks(source, ["drive"], crs, cache=cache), 5)
    read_s, _ = timed(lambda: read_street_network(source, "drive", crs))
    table.add("open from the cache, against reading and ordering", warm_s, cold_s, ">= 20")
    table.add("… against reading alone", warm_s, read_s, "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", nargs="?", type=Path)
    parser.add_argument("--tiles", type=int, default=1)
    parser.add_argument("--mode", default="drive")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    source = chosen.source or street_extract(demo_project())
    rng = np.random.default_rng(chosen.seed)
    table = Table()
    print(f"{'':58s} {'gridmap':>10s} {'peer':>10s} {'peer/ours':>9s}  wanted")
    if is_osm(source):
        measure_loading(table, source)
    network = at_nodes(read_network(source, chosen.mode), lanes=chosen.tiles == 1)
    network = tiled(network, chosen.tiles, rng)
    print(f"{network.n_nodes} nodes, {network.n_edges} edges")
    measure_searches(table, network, rng)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"CPU seconds, seed {chosen.seed}, {platform.machine()}, Python "
          f"{platform.python_version()}, peak {peak_mb:.0f} MB")  # fmt: skip
    if chosen.out:
        with chosen.out.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(table.rows[0]))
            writer.writeheader()
            writer.writerows(table.rows)


if __name__ == "__main__":
    main()
