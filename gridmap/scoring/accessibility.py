"""How much supply demand reaches, given who else wants it: floating catchment areas.

i = demand point with weight w_i, j = outlet with supply S_j, f_ij = weight of the time between
them, 0 outside the catchment. A point's choice is the outlets of its list that take part, see
`gridmap.scoring.travel_times`; where lists are cut, farther outlets count as out of reach.

====== ======================================= =========================================
method R_j                                     A_i
====== ======================================= =========================================
2SFCA  S_j / Σ_i w_i f_ij, f = 1               Σ_j R_j f_ij
E2SFCA S_j / Σ_i w_i f_ij, f by zones          Σ_j R_j f_ij
3SFCA  S_j / Σ_i w_i G_ij f_ij                 Σ_j R_j G_ij f_ij, G_ij = f_ij / Σ_k f_ik
BFCA   S_j / Σ_i w_i f_ij / Σ_k f_ik           Σ_j R_j f_ij / Σ_i f_ij
====== ======================================= =========================================

The first three hand out exactly the supply that is reached: Σ_i w_i A_i = Σ_j S_j over the
outlets j that some demand reaches. BFCA doesn't; its levels of service add up instead:
Σ_i A_i = Σ_j R_j.

References
----------
Luo, W., Wang, F. (2003). Measures of spatial accessibility to health care in a GIS environment.
Environment and Planning B 30. — Luo, W., Qi, Y. (2009). An enhanced two-step floating catchment
area (E2SFCA) method. Health & Place 15. — Wan, N., Zou, B., Sternberg, T. (2012). A three-step
floating catchment area method. IJGIS 26. — Paez, A., Higgins, C. D., Vivona, S. F. (2019).
Demand and level of service inflation in floating catchment area methods. PLOS ONE 14.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gridmap.scoring.accessibility_kernels import outlet_sums, place_sums
from gridmap.scoring.travel_times import TravelTimes

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

Method = Literal["2sfca", "e2sfca", "3sfca", "bfca"]
METHODS: tuple[Method, ...] = ("2sfca", "e2sfca", "3sfca", "bfca")

#: Weights of Luo & Qi 2009 for the near, middle and far third of a catchment.
ZONE_WEIGHTS = (1.0, 0.68, 0.22)


@dataclass(frozen=True)
class Catchment:
    """What a time is worth: the weight of its zone, 0 beyond the last.

    Attributes
    ----------
    limits_min
        Where each zone ends, ascending; the end belongs to the zone. Minutes.
    weights
        Weight of each zone, in (0, 1].
    """

    limits_min: tuple[float, ...]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.limits_min or len(self.limits_min) != len(self.weights):
            raise ValueError(
                f"Expected a weight for each zone, found {len(self.weights)} weights and "
                f"{len(self.limits_min)} limits."
            )
        if self.limits_min[0] <= 0.0 or (np.diff(self.limits_min) <= 0.0).any():
            raise ValueError(f"Expected ascending limits above 0, found {self.limits_min}.")
        if not all(0.0 < one <= 1.0 for one in self.weights):
            raise ValueError(f"Expected weights in (0, 1], found {self.weights}.")


def even_catchment(limit_min: float) -> Catchment:
    """Return the catchment in which every time up to the limit is worth the same."""
    return Catchment((limit_min,), (1.0,))


def zoned_catchment(limit_min: float, weights: tuple[float, ...] = ZONE_WEIGHTS) -> Catchment:
    """Return a catchment of zones of equal width, by default of three: 10, 20 and 30 of 30."""
    zones = np.arange(1, len(weights) + 1) / len(weights) * limit_min
    return Catchment((*zones[:-1].tolist(), limit_min), weights)


@dataclass(frozen=True)
class Measure:
    """One way to measure accessibility; for 2SFCA in the strict sense an `even_catchment`."""

    method: Method
    catchment: Catchment

    def __post_init__(self) -> None:
        if self.method == "2sfca" and set(self.catchment.weights) != {1.0}:
            raise ValueError("Expected an even catchment for 2SFCA.")


@dataclass(frozen=True, eq=False)
class Accessibility:
    """Supply that a unit of demand weight reaches.

    Attributes
    ----------
    value
        A_i of each demand point; 0 where no outlet is in the catchment. Shape (n_demand,).
    supply_reached
        Supply that some demand has in its catchment.
    level
        R_j of each outlet, 0 where it doesn't take part or no demand reaches it.
        Shape (n_outlets,).
    """

    value: Floats
    supply_reached: float
    level: Floats


@dataclass(frozen=True, eq=False)
class KnownLevels:
    """Levels R_j that stand, where the times are of a part of the places only.

    Attributes
    ----------
    level
        Levels of an earlier answer, by the names of measures. Shape (n_outlets,).
    anew
        Which outlets have all places of their catchment among the times, so that their levels
        are found anew. Shape (n_outlets,).
    """

    level: Mapping[str, Floats]
    anew: Bools


def accessibility(
    times: TravelTimes,
    demand_weight: Floats,
    supply: Floats,
    catchment: Catchment,
    *,
    method: Method,
    taking_part: Bools | None = None,
) -> Accessibility:
    """Return the accessibility of each demand point by one measure, see `accessibilities`."""
    asked: dict[str, Measure] = {method: Measure(method, catchment)}
    return accessibilities(times, demand_weight, supply, asked, taking_part=taking_part)[method]


def accessibilities(
    times: TravelTimes,
    demand_weight: Floats,
    supply: Floats,
    measures: Mapping[str, Measure],
    *,
    taking_part: Bools | None = None,
    known: KnownLevels | None = None,
) -> dict[str, Accessibility]:
    """Return the accessibility of each demand point by several measures, found together.

    Parameters
    ----------
    times
        Travel times.
    demand_weight
        Weight of each demand point. Shape (n_demand,).
    supply
        Supply of each outlet: 1, or its capacity. Shape (n_outlets,).
    measures
        The measures by their names.
    taking_part
        Which outlets there are, for example ours; None = all. Shape (n_outlets,).
    known
        Levels that are taken as they are; None = all are found.
    """
    part = np.ones(times.n_outlets, dtype=bool) if taking_part is None else taking_part
    method = np.array([one.method for one in measures.values()])
    limits, worth = _common_zones([one.catchment for one in measures.values()])
    lists = times.start, times.outlet, times.minutes, part, limits
    # What a place has of each outlet is f_ij / base: f_ij alone, or its share of the choice. In
    # 3SFCA f_ij counts once more.
    counted = np.where(method == "3sfca", worth**2, worth)
    base = np.ones((times.n_places, len(method)))
    shared = (method == "3sfca") | (method == "bfca")
    if shared.any():
        each = np.ones((times.n_outlets, int(shared.sum())))
        base[:, shared] = place_sums(*lists, worth[:, shared], each)
    weight = times.place_weights(demand_weight)[:, None]
    wanted = outlet_sums(*lists, counted, _quotient(weight, base))
    level = _quotient(supply[:, None], wanted)
    split = method == "bfca"
    if split.any():
        # Points that share a place are as many as if they stood apart.
        points = times.place_weights(np.ones(len(demand_weight)))[:, None]
        each = np.repeat(points, int(split.sum()), axis=1)
        served = outlet_sums(*lists, worth[:, split], each)
        level[:, split] = _quotient(level[:, split], served)
        base[:, split] = 1.0
    if known is not None:
        stands = np.stack([known.level[name] for name in measures], axis=1)
        level = np.where(known.anew[:, None], level, stands)
    value = _quotient(place_sums(*lists, counted, level), base)
    return {
        name: Accessibility(
            value=value[times.place, k],
            supply_reached=float(supply[wanted[:, k] > 0.0].sum()),
            level=level[:, k].copy(),
        )
        for k, name in enumerate(measures)
    }


def _common_zones(catchments: Sequence[Catchment]) -> tuple[Floats, Floats]:
    """Return the limits of all catchments, and what each is worth up to each of them.

    Shapes (n_zones,) and (n_zones, n_catchments).
    """
    limits = np.unique(np.concatenate([one.limits_min for one in catchments]))
    worth = [
        np.append(one.weights, 0.0)[np.searchsorted(one.limits_min, limits)] for one in catchments
    ]
    return limits, np.stack(worth, axis=1)


def _quotient(above: Floats, below: Floats) -> Floats:
    """Return above / below, 0 where nothing is below."""
    return np.divide(above, below, out=np.zeros(below.shape), where=below > 0.0)
