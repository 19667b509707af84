"""Small partition problems for the tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.spatial import Delaunay

from gridmap.partition.problem import PartitionProblem


def from_edges(
    edges: Sequence[tuple[int, int]],
    weight: Sequence[float],
    centres: Sequence[int],
    *,
    travel_s: np.ndarray | None = None,
    barrier: Sequence[float] | None = None,
    further: np.ndarray | None = None,
    forced: Mapping[int, int] | None = None,
) -> PartitionProblem:
    """Return a problem whose borders are all 100 m; travel is 0 unless given."""
    first, second = (np.array(side, dtype=np.int64) for side in zip(*edges, strict=True))
    weights = np.array(weight, dtype=float)[:, None]
    if further is not None:
        weights = np.column_stack([weights, further])
    must = np.full(len(weight), -1, dtype=np.int64)
    for unit, cell in (forced or {}).items():
        must[unit] = cell
    return PartitionProblem.from_pairs(
        first,
        second,
        shared_m=np.full(len(first), 100.0),
        forced=must,
        barrier_m=None if barrier is None else np.array(barrier, dtype=float),
        weights=weights,
        travel_s=np.zeros((len(weight), len(centres))) if travel_s is None else travel_s,
        centre_unit=np.array(centres),
        area_m2=1e4 * len(weight),
    )


def grid_edges(rows: int, columns: int) -> list[tuple[int, int]]:
    """Return the neighbouring pairs of a grid numbered row by row."""
    number = np.arange(rows * columns).reshape(rows, columns)
    across = zip(number[:, :-1].ravel(), number[:, 1:].ravel(), strict=True)
    down = zip(number[:-1].ravel(), number[1:].ravel(), strict=True)
    return [(int(one), int(other)) for one, other in [*across, *down]]


def grid_xy(rows: int, columns: int) -> np.ndarray:
    """Return the centres of 100 m squares, row by row."""
    return np.array([(100.0 * c, 100.0 * r) for r in range(rows) for c in range(columns)])


def straight_s(xy: np.ndarray, centres: Sequence[int]) -> np.ndarray:
    """Return seconds at one metre a second."""
    away = xy[:, None, :] - xy[None, list(centres), :]
    return np.hypot(away[..., 0], away[..., 1])


def grid_problem(
    rows: int, columns: int, centres: Sequence[int], weight: Sequence[float] | None = None
) -> PartitionProblem:
    """Return a grid of squares with straight travel; weights are 1 unless given."""
    return from_edges(
        grid_edges(rows, columns),
        [1.0] * (rows * columns) if weight is None else weight,
        centres,
        travel_s=straight_s(grid_xy(rows, columns), centres),
    )


def random_planar(n_units: int, n_cells: int, seed: int, *, parts: int = 1) -> PartitionProblem:
    """Return a thinned Delaunay graph with uneven weights, some of them zero."""
    rng = np.random.default_rng(seed)
    pairs: list[tuple[int, int]] = []
    xy = np.empty((0, 2))
    for part in range(parts):
        size = n_units // parts + (part < n_units % parts)
        place = rng.random((size, 2)) * 1000.0 + [3000.0 * part, 0.0]
        begin = len(xy)
        xy = np.concatenate([xy, place])
        if size < 4:
            pairs += [(begin + one, begin + one + 1) for one in range(size - 1)]
            continue
        found = {
            (min(a, b), max(a, b))
            for triangle in Delaunay(place).simplices.tolist()
            for a, b in zip(triangle, [*triangle[1:], triangle[0]], strict=True)
        }
        keep = [pair for pair in sorted(found) if rng.random() < 0.8]
        pairs += [(begin + a, begin + b) for a, b in keep]
    weight = rng.gamma(1.5, 10.0, len(xy)) * (rng.random(len(xy)) < 0.9) + 0.1
    centres = np.sort(rng.choice(len(xy), n_cells, replace=False)).tolist()
    return from_edges(pairs, weight.tolist(), centres, travel_s=straight_s(xy, centres))
