"""Ways of trips as shares of arcs, against the engine and against a brute search."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from grid_town import grid_network
from uneven_town import all_turns, uneven

from gridmap.travel.cch import CchEngine
from gridmap.travel.dijkstra import DijkstraEngine
from gridmap.travel.edge_use import arc_seconds, edge_use
from gridmap.travel.engine import Snapped
from gridmap.travel.network import StreetNetwork, Turns


def points(network: StreetNetwork, count: int, seed: int) -> Snapped:
    rng = np.random.default_rng(seed)
    fraction = rng.choice([0.0, 1.0, 0.25, 0.7], count)
    return Snapped(rng.integers(0, network.n_edges, count), fraction, np.zeros(count))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("kind", ["nodes", "turns", "copies"])
def test_times_are_those_of_the_engine(seed: int, kind: str) -> None:
    """With turns that are free the way over states is the way over nodes."""
    network = uneven(seed)
    origins, targets = points(network, 60, seed), points(network, 60, seed + 50)
    expected = np.diag(DijkstraEngine(network).matrix(origins, targets))
    if kind != "nodes":
        network = dataclasses.replace(network, turns=all_turns(network, copies=kind == "copies"))
    seconds = arc_seconds(network)
    for engine in (DijkstraEngine(network), CchEngine(network, few_searches=0)):
        use = edge_use(engine, origins, targets)
        used = use.share @ np.where(np.isfinite(seconds), seconds, 1e9)
        np.testing.assert_allclose(used, expected, atol=2e-2)
        np.testing.assert_allclose(use.turn_s, 0.0, atol=2e-2)
        assert use.share.min() >= 0.0


def test_turns_cost_and_are_told_apart_from_streets() -> None:
    """Three blocks straight on: two turns of 7 s beside 3 x 80 s, from and to half an edge."""
    network = grid_network(4, 1, mode="drive")
    network = dataclasses.replace(network, turns=all_turns(network, 7.0))
    origin = Snapped(np.array([0]), np.array([0.5]), np.zeros(1))
    target = Snapped(np.array([3]), np.array([0.25]), np.zeros(1))
    use = edge_use(DijkstraEngine(network), origin, target)
    np.testing.assert_allclose(use.turn_s, [21.0], atol=1e-2)
    np.testing.assert_allclose(use.share.toarray()[0, :8], [0.5, 0, 1, 0, 1, 0, 0.25, 0])


def test_a_restriction_is_obeyed() -> None:
    """No turns at all: only what lies ahead on the same edge can be reached."""
    network = grid_network(2, 1, mode="drive")
    arc = np.arange(2 * network.n_edges)
    none = Turns(arc, np.zeros(len(arc) + 1, dtype=np.int64), arc[:0], np.empty(0))
    network = dataclasses.replace(network, turns=none)
    origin = Snapped(np.array([0, 0, 0]), np.array([0.5, 0.5, 0.5]), np.zeros(3))
    target = Snapped(np.array([0, 0, 1]), np.array([0.75, 0.25, 0.5]), np.zeros(3))
    use = edge_use(DijkstraEngine(network), origin, target)
    np.testing.assert_allclose(use.turn_s, [0.0, 0.0, np.nan], atol=1e-2)
    np.testing.assert_allclose(use.share.toarray()[:, :2], [[0.25, 0], [0, 0.25], [0, 0]])


def test_points_off_the_network_have_no_way() -> None:
    network = grid_network(2, 1)
    origin = Snapped(np.array([-1, 0]), np.zeros(2), np.zeros(2))
    target = Snapped(np.array([-1, -1]), np.zeros(2), np.zeros(2))
    use = edge_use(DijkstraEngine(network), origin, target)
    assert np.isnan(use.turn_s).all()
    assert use.share.nnz == 0


def test_round_the_block_to_what_lies_behind_on_a_one_way_street() -> None:
    """From 0.7 of a one-way side of a block back to its 0.2: out by the end, in by the start."""
    network = grid_network(1, 1, mode="drive")
    backward_s = np.full(network.n_edges, 50.0)
    backward_s[0] = np.inf
    network = dataclasses.replace(network, backward_s=backward_s)
    origin = Snapped(np.array([0]), np.array([0.7]), np.zeros(1))
    target = Snapped(np.array([0]), np.array([0.2]), np.zeros(1))
    for turns in (None, all_turns(network)):
        engine = DijkstraEngine(dataclasses.replace(network, turns=turns))
        share = edge_use(engine, origin, target).share.toarray()[0]
        assert share[0] == pytest.approx(0.3 + 0.2)
        assert share.sum() == pytest.approx(3.5)
