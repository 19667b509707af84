"""Bringing points to the nearest street."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from gridmap.travel.network import StreetNetwork
from gridmap.travel.snap import Snapper


def lines_network(lines: list[list[tuple[float, float]]]) -> StreetNetwork:
    """One edge a line, with nodes of its own."""
    n = len(lines)
    size = [len(line) for line in lines]
    xy = np.array([point for line in lines for point in line], dtype=np.float64).reshape(-1, 2)
    start = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    ends = np.array([[line[0], line[-1]] for line in lines], dtype=np.float64).reshape(-1, 2)
    return StreetNetwork(
        mode="walk",
        crs="EPSG:32630",
        node_xy=ends,
        node_osm_id=np.full(2 * n, -1),
        tail=np.arange(n) * 2,
        head=np.arange(n) * 2 + 1,
        length_m=np.ones(n),
        forward_s=np.ones(n),
        backward_s=np.ones(n),
        name=np.zeros(n, dtype=np.int64),
        names=("",),
        road_class=np.zeros(n, dtype=np.int64),
        road_classes=("residential",),
        line_start=start,
        line_xy=xy,
    )


#: 100 m east then 100 m north; and a street 50 m north of the first leg.
BENT = [(0.0, 0.0), (100.0, 0.0), (100.0, 100.0)]
ABOVE = [(0.0, 50.0), (80.0, 50.0)]


@pytest.mark.parametrize(
    ("xy", "edge", "fraction", "distance_m"),
    [
        ((50, -10), 0, 0.25, 10),
        ((110, 50), 0, 0.75, 10),
        ((40, 45), 1, 0.5, 5),
        ((-30, -40), 0, 0.0, 50),
        ((100, 130), 0, 1.0, 30),
        ((0.005, -1), 0, 0.0, 1),  # within a centimetre of the end
        ((100.0, 99.995), 0, 1.0, 0),
        ((100.0, 99.98), 0, 199.98 / 200, 0),
    ],
)
def test_where_points_come_to_lie(
    xy: tuple[float, float], edge: int, fraction: float, distance_m: float
) -> None:
    found = Snapper(lines_network([BENT, ABOVE]), 60.0).snap(np.array([xy], dtype=float))
    assert found.edge.tolist() == [edge]
    assert found.fraction[0] == pytest.approx(fraction, abs=1e-12)
    assert found.distance_m[0] == pytest.approx(distance_m, abs=1e-9)


def test_nobody_sets_off_on_a_street_that_only_leads_to_others() -> None:
    network = replace(lines_network([BENT, ABOVE]), no_stop=np.array([False, True]))
    snapped = Snapper(network, 500.0).snap(np.array([[40.0, 45.0]]))
    assert snapped.edge.tolist() == [0]
    assert snapped.distance_m[0] == pytest.approx(45.0)


def test_points_off_the_network() -> None:
    """Too far, or not a place at all; the others are not disturbed."""
    points = np.array([[50.0, -60.1], [np.nan, 0.0], [50.0, -60.0], [0.0, np.inf]])
    found = Snapper(lines_network([BENT]), 60.0).snap(points)
    assert found.edge.tolist() == [-1, -1, 0, -1]
    assert found.reached.tolist() == [False, False, True, False]
    assert found.distance_m.tolist() == [np.inf, np.inf, 60.0, np.inf]
    assert len(Snapper(lines_network([BENT]), 60.0).snap(np.empty((0, 2)))) == 0
    assert Snapper(lines_network([]), 60.0).snap(points).edge.tolist() == [-1] * 4
    with pytest.raises(ValueError, match="limit_m"):
        Snapper(lines_network([BENT]), 0.0)


@pytest.mark.parametrize("turn", [1, -1])
def test_of_equally_near_streets_the_first(turn: int) -> None:
    """A point between two streets, and one beside the junction of ten."""
    streets = [[(0.0, 0.0), (10.0, 0.0)], [(0.0, 10.0), (10.0, 10.0)]][::turn]
    assert Snapper(lines_network(streets), 50.0).snap(np.array([[5.0, 5.0]])).edge[0] == 0
    star = [
        [(0.0, 0.0), (100 * np.cos(angle), 100 * np.sin(angle))]
        for angle in np.linspace(-1, 1, 10)[::turn]
    ]
    found = Snapper(lines_network(star), 50.0).snap(np.array([[-5.0, 0.0]]))
    assert (found.edge[0], found.fraction[0]) == (0, 0.0)


def test_a_street_without_length() -> None:
    found = Snapper(lines_network([[(0.0, 0.0), (0.0, 0.0)]]), 50.0).snap(np.array([[3.0, 4.0]]))
    assert (found.edge[0], found.fraction[0], found.distance_m[0]) == (0, 0.0, 5.0)


def test_many_points_are_quick() -> None:
    """34,000 points on 12,000 streets: 0.3 s here, with room for a slow machine."""
    corners = np.arange(78) * 100.0
    streets = [[(x, y), (x + 100, y)] for x in corners for y in corners]
    streets += [[(x, y), (x, y + 100)] for x in corners for y in corners]
    rng = np.random.default_rng(1)
    points = rng.uniform(0.0, 7800.0, (34_000, 2))
    snapper = Snapper(lines_network(streets), 500.0)
    start = time.process_time()
    found = snapper.snap(points)
    assert time.process_time() - start < 5.0
    assert found.reached.all()
    assert found.distance_m.max() <= 50.0
