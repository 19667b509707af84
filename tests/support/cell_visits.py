"""Cells with outlets at random places, for the tests of routing."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from gridmap.routing.problem import CellVisits


def random_cell(
    outlets: int, seed: int, *, side_m: float = 3000.0, grades: str = "ABC"
) -> CellVisits:
    """A cell with a centre in the middle; travel is straight, at 4.5 km/h."""
    rng = np.random.default_rng(seed)
    xy = rng.uniform(0.0, side_m, (outlets + 1, 2))
    xy[0] = side_m / 2.0
    travel_s = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1)) / 1.25
    return CellVisits(
        cell_id=3,
        outlet_ids=tuple(f"o{number}" for number in range(outlets)),
        grades=tuple(rng.choice(list(grades), outlets)),
        travel_s=travel_s,
    )


def tour_s(cell: CellVisits, day: tuple[int, ...]) -> float:
    """Travel of a day from the centre and back."""
    way = [0, *day, 0]
    return float(sum(cell.travel_s[a, b] for a, b in pairwise(way)))
