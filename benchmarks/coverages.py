"""Seeded coverages for benchmarks: units that share borders exactly, and workloads on them."""

from __future__ import annotations

import numpy as np
import shapely

from gridmap.territory import Floats, Polygons

#: Side of a mean quadrangle in steps of the grid of 1 cm.
SIDE_STEPS = 12_000


def quadrangles(n_units: int, seed: int, bends: int = 4) -> Polygons:
    """Return about `n_units` quadrangles whose sides bend, exact on the grid of 1 cm."""
    rng = np.random.default_rng(seed)
    side = max(2, round(np.sqrt(n_units)))
    shape = (side + 1, side + 1)
    lattice = np.stack(np.meshgrid(*[np.arange(side + 1) * SIDE_STEPS] * 2, indexing="ij"), axis=-1)
    inner = np.zeros((*shape, 1))
    inner[1:-1, 1:-1] = 1.0
    corner = lattice + np.rint(rng.uniform(-0.25, 0.25, (*shape, 2)) * SIDE_STEPS * inner)

    def sides(start: Floats, end: Floats, inside: Floats) -> Floats:
        share = np.linspace(0.0, 1.0, bends + 2)[:, None]
        way = start[..., None, :] + (end - start)[..., None, :] * share
        bent = rng.uniform(-0.04, 0.04, way.shape) * SIDE_STEPS * inside[..., None, None]
        bent[..., [0, -1], :] = 0.0
        return np.rint(way + bent)

    on_rim = np.ones(side + 1)
    on_rim[[0, -1]] = 0.0
    across = sides(corner[:-1], corner[1:], np.broadcast_to(on_rim, (side, side + 1)))
    along = sides(corner[:, :-1], corner[:, 1:], np.broadcast_to(on_rim[:, None], (side + 1, side)))
    rings = np.concatenate(
        [
            across[:, :-1, :-1],
            along[1:, :, :-1],
            across[:, 1:, :0:-1],
            along[:-1, :, :0:-1],
        ],
        axis=2,
    ).reshape(side * side, -1, 2)
    closed = np.concatenate([rings, rings[:, :1]], axis=1)
    return np.asarray(shapely.normalize(shapely.polygons(closed / 100.0)), dtype=object)


def town_workload(xy: Floats, seed: int, *, hubs: int = 12, spread: float = 0.6) -> Floats:
    """Return a workload as towns have it: dense around hubs, thin between, uneven everywhere.

    A sum of bells around `hubs` seeded places of different height and width over an even floor,
    times a lognormal factor for each unit; one unit in twenty has none.

    Parameters
    ----------
    xy
        A point in each unit, in metres. Shape (n_units, 2).
    seed
        Of the hubs and the factors.
    hubs
        Number of dense places.
    spread
        Standard deviation of the logarithm of the factors.
    """
    rng = np.random.default_rng(seed)
    low, high = xy.min(axis=0), xy.max(axis=0)
    width = float(np.max(high - low))
    density = np.full(len(xy), 0.3)
    for _ in range(hubs):
        hub, height = rng.uniform(low, high), rng.uniform(0.5, 3.0)
        away = np.hypot(*(xy - hub).T) / (width * rng.uniform(0.03, 0.12))
        density += height * np.exp(-0.5 * away**2)
    factor = rng.lognormal(0.0, spread, len(xy))
    factor[rng.random(len(xy)) < 0.05] = 0.0
    workload: Floats = np.rint(100.0 * density * factor)
    return workload
