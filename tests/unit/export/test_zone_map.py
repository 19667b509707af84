"""Numbers on the map of blind zones keep apart."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from gridmap.export.zone_map import BADGE_AWAY_MM, BADGE_MM, CROSS_MM, spread_badges


@pytest.mark.parametrize("spread_mm", [0.1, 4.0, 60.0])
def test_numbers_lie_neither_on_each_other_nor_on_a_best_place(spread_mm: float) -> None:
    """Ten zones with their places: on one spot, in a crowd, and far apart."""
    rng = np.random.default_rng(3)
    at = 100.0 + rng.normal(0.0, spread_mm, (10, 2))
    crosses = at + rng.normal(0.0, 1.0, (10, 2))
    badges = spread_badges(at, crosses)
    for one, other in combinations(badges, 2):
        assert np.linalg.norm(one - other) >= 2 * BADGE_MM
    for badge in badges:
        assert np.linalg.norm(badge - crosses, axis=1).min() >= BADGE_MM + CROSS_MM
    assert np.linalg.norm(badges - at, axis=1).max() <= max(BADGE_AWAY_MM) + 1e-9


def test_a_lone_zone_has_its_number_next_to_it() -> None:
    badges = spread_badges(np.array([[50.0, 50.0]]), np.empty((0, 2)))
    assert np.linalg.norm(badges[0] - 50.0) == pytest.approx(BADGE_AWAY_MM[0])
    assert spread_badges(np.empty((0, 2)), np.empty((0, 2))).shape == (0, 2)
