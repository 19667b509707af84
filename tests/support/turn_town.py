"""Small towns for tests of turns, and the fastest way over the states of a network."""

from __future__ import annotations

import heapq
from pathlib import Path

import numpy as np
from osm_text import write_osm

from geodata.osm_streets import LoadedStreets, load_streets
from gridmap.travel.network import StreetNetwork
from gridmap.travel.profile import Profile

CRS = "EPSG:32631"
#: Nodes on a grid of hundredths of a degree around 3 E on the equator, as on a telephone:
#:   7 8 9
#:   4 5 6
#:   1 2 3
GRID = {1 + row * 3 + col: (3.0 + col / 100, row / 100) for row in range(3) for col in range(3)}
STREET = {"highway": "residential"}


def load(
    tmp_path: Path, ways: dict, *, profile: Profile | None = None, **others: dict
) -> LoadedStreets:
    """Return a town read for cars; ways without tags are residential streets."""
    nodes = others.pop("nodes", GRID)
    tagged = {way: one if isinstance(one, tuple) else (one, STREET) for way, one in ways.items()}
    path = write_osm(tmp_path / "a.osm", nodes, tagged, **others)
    return load_streets(path, "drive", CRS, profile=profile)


def arc(network: StreetNetwork, start: int, end: int) -> int:
    """Return the arc from one node to another one, by their ids."""
    ids = network.node_osm_id
    for edge in range(network.n_edges):
        ends = int(ids[network.tail[edge]]), int(ids[network.head[edge]])
        if ends == (start, end):
            return 2 * edge
        if ends == (end, start):
            return 2 * edge + 1
    raise AssertionError(f"No street between {start} and {end}.")


def turns(network: StreetNetwork) -> dict[tuple[int, int, int], float]:
    """Return seconds by the three nodes of a turn, of states that are no copies."""
    found = {}
    ids = network.node_osm_id
    ends = np.column_stack([network.tail, network.head, network.head, network.tail])
    ends = ids[ends].reshape(-1, 2)
    assert network.turns is not None
    for state in range(2 * network.n_edges):
        for row in range(network.turns.start[state], network.turns.start[state + 1]):
            goes = network.turns.arc[network.turns.to[row]]
            start, middle = ends[state].tolist()
            found[start, middle, int(ends[goes][1])] = float(network.turns.seconds[row])
    return found


def path_nodes(network: StreetNetwork, first: int, last: int) -> list[int] | None:
    """Return the ids of the nodes on the fastest way from the start of an arc on to another arc."""
    assert network.turns is not None
    ids = network.node_osm_id
    arc_s = np.column_stack([network.forward_s, network.backward_s]).ravel()
    start = np.column_stack([network.tail, network.head]).ravel()
    heap: list[tuple[float, int, list[int]]] = [(0.0, first, [])]
    done = set()
    while heap:
        seconds, state, before = heapq.heappop(heap)
        if state in done:
            continue
        done.add(state)
        here = int(network.turns.arc[state])
        way = [*before, int(ids[start[here]])]
        if here == last:
            return way
        for row in range(network.turns.start[state], network.turns.start[state + 1]):
            cost = arc_s[here] + network.turns.seconds[row]
            heapq.heappush(heap, (seconds + cost, int(network.turns.to[row]), way))
    return None
