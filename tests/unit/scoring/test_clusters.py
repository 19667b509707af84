"""Clusters of cells, against the closed forms and against PySAL."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import Delaunay
from scipy.stats import norm

from gridmap.catalogue import LANGUAGES
from gridmap.scoring.clusters import (
    CLUSTERS,
    LEAST_CELLS,
    SPOTS,
    cluster_metrics,
    discoveries,
    getis_ord,
    local_moran,
    moran_p_values,
    neighbour_weights,
)
from gridmap.scoring.metrics import note_text

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from esda.getisord import G_Local
    from esda.moran import Moran_Local
    from libpysal.weights import W

NAN = float("nan")


def town(seed: int, n: int = 60):
    """Return random values with a trend, and the pairs of a triangulation."""
    rng = np.random.default_rng(seed)
    xy = rng.uniform(0.0, 1.0, (n, 2))
    triangles = Delaunay(xy).simplices
    pairs = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [0, 2]]])
    pairs = np.unique(np.sort(pairs, axis=1), axis=0)
    return xy[:, 0] + rng.normal(0.0, 0.3, n), pairs


def pysal_weights(pairs: np.ndarray, n: int) -> W:
    beside: dict[int, list[int]] = {cell: [] for cell in range(n)}
    for one, other in pairs.tolist():
        beside[one].append(other)
        beside[other].append(one)
    return W(beside, silence_warnings=True)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000))
def test_gi_agrees_with_pysal(seed):
    values, pairs = town(seed)
    weights = neighbour_weights(pairs, len(values))
    for star, pysal_star in ((True, True), (False, False)):
        found = G_Local(
            values,
            pysal_weights(pairs, len(values)),
            transform="B",
            star=pysal_star,
            permutations=0,
        )
        np.testing.assert_allclose(getis_ord(values, weights, star=star), found.Zs, rtol=1e-9)


def test_pysal_with_row_standardised_weights_is_another_statistic():
    """PySAL's star=1.0 puts 1 on the diagonal beside neighbours that share 1 between them.

    With transform='R' the cell itself then weighs as much as all neighbours together, whereas
    the closed form with binary weights gives each the same. It is that deviation, not an error
    of ours: with 'B' both agree (test above).
    """
    values, pairs = town(1)
    ours = getis_ord(values, neighbour_weights(pairs, len(values)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        row = G_Local(
            values, pysal_weights(pairs, len(values)), transform="R", star=1.0, permutations=0
        )
    assert np.abs(ours - row.Zs).max() > 0.1


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 10_000))
def test_local_moran_agrees_with_pysal(seed):
    values, pairs = town(seed)
    weights = neighbour_weights(pairs, len(values))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = Moran_Local(values, pysal_weights(pairs, len(values)), permutations=999, seed=7)
    np.testing.assert_allclose(local_moran(values, weights), found.Is, rtol=1e-9)
    p = moran_p_values(values, weights, rng=np.random.default_rng(seed))
    # Two draws of 999: each p has a standard error of at most 0.016, and ours counts both tails.
    np.testing.assert_allclose(p, np.minimum(2.0 * found.p_sim, 1.0), atol=0.16)


def test_p_values_are_even_where_there_is_nothing_to_find():
    """Of cells that differ by chance alone a tenth is below 0.1; permutations are seeded."""
    rng = np.random.default_rng(3)
    below = []
    for seed in range(20):
        _, pairs = town(seed)
        values = rng.normal(size=60)
        weights = neighbour_weights(pairs, 60)
        p = moran_p_values(values, weights, rng=np.random.default_rng(seed))
        again = moran_p_values(values, weights, rng=np.random.default_rng(seed))
        np.testing.assert_array_equal(p, again)
        below.append((p < 0.1).mean())
    assert 0.06 < np.mean(below) < 0.14


def test_benjamini_and_hochberg_by_hand():
    """Of 5 p-values at 0.05 the limits are 0.01, 0.02, 0.03, 0.04, 0.05: 0.03 holds, so all do."""
    p = np.array([0.03, 0.001, NAN, 0.025, 0.9, 0.041])
    assert discoveries(p, 0.05).tolist() == [True, True, False, True, False, False]
    assert not discoveries(np.array([NAN, 0.2]), 0.05).any()
    assert not discoveries(np.array([]), 0.05).any()


def ring(n: int) -> np.ndarray:
    return np.stack([np.arange(n), (np.arange(n) + 1) % n], axis=1)


def chequers(side: int) -> np.ndarray:
    """Return the pairs of squares that touch, by side or by corner."""
    row, column = np.divmod(np.arange(side * side), side)
    near = np.maximum(np.abs(row[:, None] - row), np.abs(column[:, None] - column)) == 1
    return np.argwhere(np.triu(near))


def test_a_block_of_high_cells_is_a_hot_spot():
    """The 16 squares of a corner are high: its inner ones are hot, those far away are not."""
    row, column = np.divmod(np.arange(100), 10)
    values = np.where((row < 4) & (column < 4), 10.0, (row + column) % 3 * 0.1)
    found = cluster_metrics(values, chequers(10), rate=0.05, rng=np.random.default_rng(1))
    inner, far = (row < 3) & (column < 3), (row > 5) | (column > 5)
    assert set(found["hot_spot"].note[inner]) == {"spot_hot"}
    assert not (found["hot_spot"].note[far] == "spot_hot").any()
    assert set(found["cluster"].note[inner & (row > 0) & (column > 0)]) == {"cluster_high_high"}
    assert not (found["cluster"].note[far] == "cluster_high_high").any()
    z = found["hot_spot_z"].value
    assert (2.0 * norm.sf(np.abs(z[inner])) < 0.05).all()
    assert found["hot_spot"].value[0] == SPOTS.index("hot")
    assert found["cluster"].value[11] == CLUSTERS.index("high_high")


@pytest.mark.parametrize(
    ("values", "pairs", "why"),
    [
        (np.arange(29.0), ring(29), "too_few_cells"),
        (np.where(np.arange(31) < 2, NAN, np.arange(31.0)), ring(31), "too_few_cells"),
        (np.ones(40), ring(40), "all_the_same"),
        (np.arange(40.0), None, "no_adjacency"),
    ],
)
def test_what_cannot_be_told_is_missing_and_says_why(values, pairs, why):
    found = cluster_metrics(values, pairs, rate=0.05, rng=np.random.default_rng(1))
    for one in found.values():
        assert np.isnan(one.value).all()
        assert set(one.note) == {why}
        for language in LANGUAGES:
            assert note_text(why, language) != why
    assert LEAST_CELLS == 30


def test_a_cell_without_the_figure_is_nobodys_neighbour():
    values, pairs = town(5)
    values[7] = NAN
    found = cluster_metrics(values, pairs, rate=0.05, rng=np.random.default_rng(1))
    assert np.isnan(found["hot_spot_z"].value[7])
    assert found["hot_spot_z"].note[7] == "value_missing"
    kept = np.delete(np.arange(60), 7)
    weights = neighbour_weights(pairs, 60)[kept][:, kept]
    expected = getis_ord(values[kept], weights)
    np.testing.assert_allclose(np.delete(found["hot_spot_z"].value, 7), expected)
