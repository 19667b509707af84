"""Colours of cells."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import Delaunay

from gridmap.partition.colouring import MOST_COLOURS, cell_colours, neighbours_of
from gridmap.territory import Adjacency


def links(n: int, *pairs: tuple[int, int]) -> list[set[int]]:
    found: list[set[int]] = [set() for _ in range(n)]
    for one, other in pairs:
        found[one].add(other)
        found[other].add(one)
    return found


def planar(seed: int, n: int) -> list[set[int]]:
    """A triangulation: the densest planar graph there is."""
    triangles = Delaunay(np.random.default_rng(seed).uniform(0, 1, (n, 2))).simplices
    pairs = [(int(t[a]), int(t[b])) for t in triangles for a, b in ((0, 1), (1, 2), (0, 2))]
    return links(n, *pairs)


def differs(neighbours: list[set[int]], colour: np.ndarray) -> bool:
    return all(
        colour[one] != colour[other] for one, beside in enumerate(neighbours) for other in beside
    )


def test_colours_are_spread_evenly() -> None:
    """A path could do with two colours and twelve cells apart with one; there are enough."""
    assert len(set(cell_colours(links(4, (0, 1), (1, 2), (2, 3))).tolist())) == 4
    assert np.bincount(cell_colours(links(12))).tolist() == [2] * MOST_COLOURS
    assert cell_colours([]).tolist() == []


@given(st.integers(0, 2**32 - 1), st.integers(4, 80))
def test_planar_maps_need_no_more_than_six(seed: int, n: int) -> None:
    neighbours = planar(seed, n)
    colour = cell_colours(neighbours)
    assert differs(neighbours, colour)
    assert colour.max() < MOST_COLOURS


def test_former_colours_stay_where_they_can() -> None:
    neighbours = planar(5, 60)
    before = cell_colours(neighbours)
    assert cell_colours(neighbours, former=before.tolist()).tolist() == before.tolist()
    # A new border between two cells of one colour: only one of them changes.
    same = np.flatnonzero(before == 0)[:2].tolist()
    neighbours[same[0]].add(same[1])
    neighbours[same[1]].add(same[0])
    after = cell_colours(neighbours, former=before.tolist())
    assert differs(neighbours, after)
    assert (after != before).sum() == 1


def test_bad_former_colours_give_way() -> None:
    """A former colour out of range is dropped; if too many are needed, all are chosen anew."""
    star = links(7, *[(0, i) for i in range(1, 7)])
    colour = cell_colours(star, former=[None, 0, 1, 2, 3, 4, 5])
    assert differs(star, colour)
    assert colour.max() == 1
    assert cell_colours(links(2, (0, 1)), former=[9, 0]).tolist() == [1, 0]
    with pytest.raises(ValueError, match="Expected 2 former"):
        cell_colours(links(2), former=[1])


def test_neighbours_share_a_border_not_just_a_bridge() -> None:
    """Units 0 1 | 2 | 3: cells 0, 1, 2; between units 2 and 3 there is only a bridge."""
    zero = np.zeros(3)
    adjacency = Adjacency(
        first=np.array([0, 1, 2]),
        second=np.array([1, 2, 3]),
        shared_m=np.array([5.0, 7.0, 0.0]),
        river_m=zero,
        rail_m=zero,
        motorway_m=zero,
        admin_m=zero,
        crossings=np.zeros(3, dtype=np.int64),
    )
    assert neighbours_of(np.array([0, 0, 1, 2]), adjacency, 3) == [{1}, {0}, set()]
