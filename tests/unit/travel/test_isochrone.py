"""Isochrones against the engine's own times to places along every street."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import shapely
from grid_town import grid_network
from uneven_town import all_turns, uneven

from gridmap.travel.dijkstra import DijkstraEngine
from gridmap.travel.engine import Snapped
from gridmap.travel.isochrone import BESIDE_M, LEAST_HOLE_M2
from gridmap.travel.network import StreetNetwork

#: Places so near to the rim of an isochrone may be on either side. Seconds.
RIM_S = 0.1


def places(network: StreetNetwork, shares: tuple[float, ...]) -> tuple[Snapped, np.ndarray]:
    edge = np.repeat(np.arange(network.n_edges), len(shares))
    share = np.tile(shares, network.n_edges)
    ends = [network.line(int(one))[[0, -1]] for one in edge]
    xy = np.array([a + (b - a) * part for (a, b), part in zip(ends, share, strict=True)])
    return Snapped(edge, share, np.zeros(len(edge))), xy


@pytest.mark.parametrize("turning", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_a_place_is_reached_if_its_time_is_within_the_limit(seed: int, turning: bool) -> None:
    network = uneven(seed)
    if turning:
        network = dataclasses.replace(network, turns=all_turns(network, 9.0))
    engine = DijkstraEngine(network)
    sources = Snapped(np.array([3, 17]), np.array([0.4, 0.0]), np.array([12.5, 0.0]))
    targets, xy = places(network, (0.1, 0.37, 0.5, 0.81))
    seconds = np.nanmin(engine.matrix(sources, targets), axis=0)
    for found in engine.isochrones(sources, [60.0, 200.0, 500.0]):
        away = shapely.distance(shapely.union_all(found.streets), shapely.points(xy))
        clear = np.abs(seconds - found.limit_s) > RIM_S
        np.testing.assert_array_equal((away < 1e-6)[clear], (seconds <= found.limit_s)[clear])
        length_m = shapely.length(found.streets).sum()
        assert found.length_m == pytest.approx(length_m)


def test_longer_times_contain_shorter_ones() -> None:
    engine = DijkstraEngine(uneven(1))
    sources = Snapped(np.array([5]), np.array([0.3]), np.zeros(1))
    short, long = engine.isochrones(sources, [100.0, 400.0])
    assert long.length_m > short.length_m > 0.0
    assert shapely.difference(short.area, long.area).area < 1e-6
    assert shapely.covers(shapely.buffer(long.area, 1e-6), shapely.union_all(long.streets))


@pytest.mark.parametrize(("side_m", "open_yard"), [(200.0, False), (400.0, True)])
def test_small_yards_count_as_reached(side_m: float, open_yard: bool) -> None:
    """A block of 200 m has a yard of 100 m within, one of 400 m a yard of 300 m."""
    town = grid_network(1, 1)
    scale = side_m / float(town.length_m[0])
    network = dataclasses.replace(
        town,
        node_xy=town.node_xy * scale,
        line_xy=town.line_xy * scale,
        length_m=town.length_m * scale,
    )
    assert ((side_m - 2.0 * BESIDE_M) ** 2 >= LEAST_HOLE_M2) == open_yard
    source = Snapped(np.array([0]), np.array([0.5]), np.zeros(1))
    (found,) = DijkstraEngine(network).isochrones(source, [1e6])
    assert sum(len(part.interiors) for part in found.area.geoms) == open_yard
    assert found.length_m == pytest.approx(network.length_m.sum())


def test_nothing_is_reached_without_time_or_street() -> None:
    engine = DijkstraEngine(grid_network(1, 1))
    far = Snapped(np.array([0]), np.array([0.5]), np.array([100.0]))
    off = Snapped(np.array([-1]), np.zeros(1), np.array([np.inf]))
    for sources, limit_s in ((far, 79.0), (off, 1e6)):
        (found,) = engine.isochrones(sources, [limit_s])
        assert len(found.streets) == 0
        assert found.area.is_empty
    assert engine.isochrones(far, []) == ()
