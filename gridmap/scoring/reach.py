"""How soon demand reaches outlets: the facts of each demand point that coverage is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gridmap.scoring.inputs import Bools, Floats, Ints, Minutes, ScoringInputs

OutletSet = Literal["own", "partner", "ours", "rival"]
OUTLET_SETS: tuple[OutletSet, ...] = ("own", "partner", "ours", "rival")

#: Demand points worked on at once: bounds the memory of the temporary arrays.
BLOCK = 2048


@dataclass(frozen=True, eq=False)
class Reach:
    """What each demand point reaches by one means of travel.

    Attributes
    ----------
    nearest
        Minutes to the nearest outlet of each set, infinite = unreachable. Shape (n_demand,).
    own_within
        Number of own outlets within each threshold in minutes. Shape (n_demand,).
    """

    nearest: Mapping[OutletSet, Floats]
    own_within: Mapping[float, Ints]


def blocks(minutes: Minutes) -> Iterator[tuple[slice, Floats]]:
    """Yield runs of demand points and their minutes, infinite = unreachable."""
    for first in range(0, len(minutes), BLOCK):
        part = slice(first, min(first + BLOCK, len(minutes)))
        block = minutes[part].astype(np.float64)
        block[np.isnan(block)] = np.inf
        yield part, block


def reach(inputs: ScoringInputs, mode: str, thresholds: Sequence[float]) -> Reach:
    """Find nearest times and counts of own outlets for every demand point.

    Parameters
    ----------
    inputs
        Travel times and ownerships.
    mode
        Means of travel, a key of `ScoringInputs.travel_min`.
    thresholds
        Minutes.
    """
    members = {"own": inputs.own, "partner": inputs.partner, "rival": inputs.rival}
    nearest = {name: np.full(inputs.n_demand, np.inf) for name in members}
    within = {limit: np.zeros(inputs.n_demand, dtype=np.int64) for limit in thresholds}
    for part, block in blocks(inputs.travel_min[mode]):
        for name, chosen in members.items():
            nearest[name][part] = _least(block, chosen)
        own = block[:, inputs.own]
        for limit in thresholds:
            within[limit][part] = np.count_nonzero(own <= limit, axis=1)
    ours: NDArray[np.float64] = np.minimum(nearest["own"], nearest["partner"])
    return Reach(
        {
            "own": nearest["own"],
            "partner": nearest["partner"],
            "ours": ours,
            "rival": nearest["rival"],
        },
        within,
    )


def _least(block: Floats, chosen: Bools) -> Floats:
    return np.asarray(block[:, chosen].min(axis=1, initial=np.inf), dtype=np.float64)
