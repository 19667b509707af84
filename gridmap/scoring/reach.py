"""How soon demand reaches outlets: the facts of each demand point that coverage is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from gridmap.scoring.travel_times import OWNERS, Floats, TravelTimes

OutletSet = Literal["own", "partner", "ours", "rival"]
OUTLET_SETS: tuple[OutletSet, ...] = ("own", "partner", "ours", "rival")


@dataclass(frozen=True, eq=False)
class Reach:
    """What each demand point reaches by one means of travel.

    Attributes
    ----------
    nearest
        Minutes to the nearest outlet of each set, infinite = unreachable. Shape (n_demand,).
    second_own
        Minutes to the second nearest own outlet. Shape (n_demand,).
    """

    nearest: Mapping[OutletSet, Floats]
    second_own: Floats


def reach(times: TravelTimes) -> Reach:
    """Return the nearest times of every demand point."""
    nearest: dict[OutletSet, Floats] = {
        owner: times.nearest[owner][times.place] for owner in OWNERS
    }
    nearest["ours"] = np.minimum(nearest["own"], nearest["partner"])
    return Reach(nearest, times.second_own[times.place])
