"""Cells whose managers start and end at places of their own, invented and seeded."""

from __future__ import annotations

import numpy as np

from gridmap.policies import RoutingPolicy
from gridmap.routing.problem import CellVisits

#: Ann starts at home and ends at the office, Bo starts at the centre and ends at home.
BASES = ((-3, -2), (0, -1))
CREW = RoutingPolicy.model_validate(
    {
        "weeks": 1,
        "grade_policy": {"A": {"visits": 2, "minutes": 15}, "B": {"visits": 1, "minutes": 10}},
        "managers": [
            {"name": "Ann", "start": "ann", "end": "office"},
            {"name": "Bo", "end": (1.0, 2.0)},
        ],
    }
)


def based_cell(n_outlets: int, seed: int, *, side_m: float = 4000.0) -> CellVisits:
    """A cell with three places behind its outlets; ways are straight, and longer one way."""
    rng = np.random.default_rng(seed)
    xy = rng.uniform(0.0, side_m, (n_outlets + 4, 2))
    travel_s = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1)) / 1.25
    travel_s = travel_s + np.triu(travel_s, 1) * 0.1
    n_places = len(travel_s)
    return CellVisits(
        cell_id=2,
        outlet_ids=tuple(f"o{number}" for number in range(n_outlets)),
        grades=tuple(rng.choice(["A", "B"], n_outlets)),
        travel_s=travel_s,
        centre_id="centre",
        bases=tuple((start % n_places, end % n_places) for start, end in BASES),
    )
