"""Pairs of own outlets that reach much of the same demand within the threshold."""

from __future__ import annotations

import numpy as np
import shapely
from scipy.sparse import csr_array, diags_array

from gridmap.policies import ScoringPolicy
from gridmap.scoring.blind_zones import Ground
from gridmap.scoring.findings import DuplicatePair
from gridmap.scoring.indicators import main_threshold
from gridmap.scoring.inputs import ScoringInputs

#: A pair shares at least this much of the smaller catchment.
LEAST_OVERLAP = 0.5


def duplicate_pairs(
    inputs: ScoringInputs,
    policy: ScoringPolicy,
    ground: Ground,
    *,
    least_overlap: float = LEAST_OVERLAP,
) -> tuple[DuplicatePair, ...]:
    """Return the duplicate pairs by the first means of travel and its main threshold.

    Catchments are the demand in whose lists an outlet stands within the threshold. Most shared
    demand first.
    """
    mode, limits = next(iter(policy.modes.items()))
    minutes, times = main_threshold(limits), inputs.times[mode]
    near = inputs.own[times.outlet] & (times.minutes <= minutes)
    place = np.repeat(np.arange(times.n_places), np.diff(times.start))[near]
    shape = (times.n_places, inputs.n_outlets)
    reached = csr_array((np.ones(len(place)), (place, times.outlet[near])), shape=shape)
    weight = diags_array(times.place_weights(inputs.demand_weight))
    shared = (reached.T @ weight @ reached).tocoo()
    catchment = shared.tocsr().diagonal()
    first, second = shared.coords
    smaller = np.minimum(catchment[first], catchment[second])
    use = (first < second) & (smaller > 0.0) & (shared.data >= least_overlap * smaller)
    rows = sorted(
        zip(shared.data[use].tolist(), first[use].tolist(), second[use].tolist(), strict=True),
        key=lambda one: (-one[0], one[1], one[2]),
    )
    pairs = []
    for number, (demand, one, other) in enumerate(rows, start=1):
        larger, lesser = (one, other) if catchment[one] >= catchment[other] else (other, one)
        pairs.append(
            DuplicatePair(
                pair_id=number,
                first_id=ground.outlet_ids[larger],
                second_id=ground.outlet_ids[lesser],
                first_cell=_cell_id(inputs, larger),
                second_cell=_cell_id(inputs, lesser),
                mode=mode,
                minutes=minutes,
                first_demand=float(catchment[larger]),
                second_demand=float(catchment[lesser]),
                shared_demand=float(demand),
                overlap=float(demand / catchment[lesser]),
                shape=shapely.LineString(ground.outlet_xy[[larger, lesser]]),
            )
        )
    return tuple(pairs)


def _cell_id(inputs: ScoringInputs, outlet: int) -> int:
    """Return the id of an outlet's cell, -1 = outside all."""
    cell = int(inputs.outlet_cell[outlet])
    return int(inputs.ids[cell]) if cell >= 0 else -1
