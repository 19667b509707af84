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

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gridmap.scoring.accessibility_kernels import choice_sums, outlet_sums, place_sums
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


@dataclass(frozen=True, eq=False)
class Accessibility:
    """Supply that a unit of demand weight reaches.

    Attributes
    ----------
    value
        A_i of each demand point; 0 where no outlet is in the catchment. Shape (n_demand,).
    inside
        Which points have an outlet in their catchment. Shape (n_demand,).
    connected
        Which points have any outlet that takes part in their list, in the catchment or beyond it.
        Shape (n_demand,).
    supply
        Sum of the supply of the outlets that take part.
    supply_reached
        Of that, what some demand has in its catchment.
    cut
        Which points have a full list, so that outlets of their catchment may be missing.
        Shape (n_demand,).
    level
        R_j of each outlet, 0 where it doesn't take part or no demand reaches it.
        Shape (n_outlets,).
    """

    value: Floats
    inside: Bools
    connected: Bools
    supply: float
    supply_reached: float
    cut: Bools
    level: Floats


@dataclass(frozen=True, eq=False)
class KnownLevels:
    """Levels R_j that stand, where the times are of a part of the places only.

    Attributes
    ----------
    level
        Levels of an earlier answer. Shape (n_outlets,).
    anew
        Which outlets have all places of their catchment among the times, so that their levels
        are found anew. Shape (n_outlets,).
    """

    level: Floats
    anew: Bools


def accessibility(
    times: TravelTimes,
    demand_weight: Floats,
    supply: Floats,
    catchment: Catchment,
    *,
    method: Method,
    taking_part: Bools | None = None,
    known: KnownLevels | None = None,
) -> Accessibility:
    """Return the accessibility of each demand point.

    Parameters
    ----------
    times
        Travel times.
    demand_weight
        Weight of each demand point. Shape (n_demand,).
    supply
        Supply of each outlet: 1, or its capacity. Shape (n_outlets,).
    catchment
        Zones; for 2SFCA in the strict sense an `even_catchment`.
    method
        See the head of this module; 2SFCA and E2SFCA differ by their catchment only.
    taking_part
        Which outlets there are, for example ours; None = all. Shape (n_outlets,).
    known
        Levels that are taken as they are; None = all are found.
    """
    if method == "2sfca" and set(catchment.weights) != {1.0}:
        raise ValueError("Expected an even catchment for 2SFCA.")
    part = np.ones(times.n_outlets, dtype=bool) if taking_part is None else taking_part
    weight = times.place_weights(demand_weight)
    points = times.place_weights(np.ones(len(demand_weight)))
    zones = np.array(catchment.limits_min), np.array(catchment.weights)
    lists = times.start, times.outlet, times.minutes
    chosen, inside, connected = choice_sums(*lists, part, *zones)
    # What a place has of each outlet is f_ij / base: f_ij alone, or its share of the choice. In
    # 3SFCA f_ij counts once more.
    base = np.ones(times.n_places) if method in ("2sfca", "e2sfca") else chosen
    squared = method == "3sfca"
    wanted = outlet_sums(*lists, part, *zones, weight, base, squared)
    level = np.divide(supply, wanted, out=np.zeros(len(supply)), where=wanted > 0.0)
    if method == "bfca":
        # Points that share a place are as many as if they stood apart.
        served = outlet_sums(*lists, part, *zones, points, np.ones(times.n_places), False)
        level = np.divide(level, served, out=np.zeros(len(supply)), where=served > 0.0)
        base = np.ones(times.n_places)
    if known is not None:
        level = np.where(known.anew, level, known.level)
    value = place_sums(*lists, part, *zones, level, base, squared)
    return Accessibility(
        value=value[times.place],
        inside=inside[times.place],
        connected=connected[times.place],
        supply=float(supply[part].sum()),
        supply_reached=float(supply[part & (wanted > 0.0)].sum()),
        cut=times.cut[times.place],
        level=level,
    )
