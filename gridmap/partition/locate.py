"""Where to put new centres beside existing ones: p-median and maximal cover.

Both look at the nearest centre only; `gridmap.partition.siting` scores what they propose by the
balance. Small instances are solved by HiGHS, larger ones greedily with exchanges.

References
----------
ReVelle, C., Swain, R. (1970). Central facilities location. Geographical Analysis 2.
Church, R., ReVelle, C. (1974). The maximal covering location problem. Papers of the Regional
Science Association 32.
Teitz, M., Bart, P. (1968). Heuristic methods for estimating the generalized vertex median of a
weighted graph. Operations Research 16.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, eye_array, hstack

from gridmap.partition.problem import Floats, Ints

#: Pairs of a unit and a candidate up to which a MIP is solved.
MOST_PAIRS = 20_000
#: Nodes of its tree.
NODES = 500


@dataclass(frozen=True)
class Located:
    """Chosen candidates.

    Attributes
    ----------
    candidates
        Their rows, ascending.
    value
        Covered demand, or demand · seconds to the nearest centre.
    proven
        Whether no other choice is better, to one part in a million.
    """

    candidates: tuple[int, ...]
    value: float
    proven: bool


def p_median(demand: Floats, nearest_s: Floats, candidate_s: Floats, n_new: int) -> Located:
    """Return the candidates with the least Σ demand · seconds to the nearest centre.

    Parameters
    ----------
    demand
        Demand of each unit. Shape (n_units,).
    nearest_s
        Seconds to the nearest existing centre; infinite if there is none. Shape (n_units,).
    candidate_s
        Seconds to each candidate. Shape (n_units, n_candidates).
    n_new
        Candidates to choose.
    """
    rows = demand > 0.0
    weight, near, away = demand[rows], nearest_s[rows], candidate_s[rows]

    def cost(chosen: Ints) -> float:
        return float(weight @ np.minimum(near, away[:, chosen].min(axis=1)))

    if away.size > MOST_PAIRS:
        return _by_exchange(cost, away.shape[1], n_new)
    # One "existing" column a unit; where there is none, it is merely closed.
    seconds = np.column_stack([near, away])
    exists = np.isfinite(seconds)
    n_units, n_sites = away.shape
    price = (weight[:, None] * np.where(exists, seconds, 0.0)).ravel()
    shared = csr_array(np.kron(np.eye(n_units), np.ones((1, n_sites + 1))))
    served = np.arange(n_units * (n_sites + 1)).reshape(n_units, -1)[:, 1:].ravel()
    picked = csr_array(
        (np.ones(len(served)), (np.arange(len(served)), served)),
        shape=(len(served), n_units * (n_sites + 1)),
    )
    opened = csr_array(np.tile(np.eye(n_sites), (n_units, 1)))
    found = milp(
        np.concatenate([price, np.zeros(n_sites)]),
        integrality=np.repeat([0, 1], [len(price), n_sites]),
        bounds=Bounds(0.0, np.concatenate([exists.ravel().astype(float), np.ones(n_sites)])),
        constraints=[
            LinearConstraint(hstack([shared, csr_array((n_units, n_sites))]), 1.0, 1.0),
            LinearConstraint(hstack([picked, -opened]), -np.inf, 0.0),
            _so_many(len(price), n_sites, n_new),
        ],
        options={"node_limit": NODES, "mip_rel_gap": 1e-6},
    )
    return _chosen(found, cost, n_sites, n_new)


def max_cover(
    demand: Floats, nearest_s: Floats, candidate_s: Floats, n_new: int, *, within_s: float
) -> Located:
    """Return the candidates that bring most demand within so many seconds of a centre.

    Parameters
    ----------
    demand, nearest_s, candidate_s, n_new
        See `p_median`.
    within_s
        Seconds that count as near.
    """
    covered = float(demand[nearest_s <= within_s].sum())
    rows = (demand > 0.0) & ~(nearest_s <= within_s)
    weight, near = demand[rows], candidate_s[rows] <= within_s

    def cost(chosen: Ints) -> float:
        return -covered - float(weight[near[:, chosen].any(axis=1)].sum())

    n_units, n_sites = near.shape
    if near.size > MOST_PAIRS or n_units == 0:
        found = _by_exchange(cost, n_sites, n_new)
    else:
        solved = milp(
            np.concatenate([-weight, np.zeros(n_sites)]),
            integrality=np.repeat([0, 1], [n_units, n_sites]),
            bounds=Bounds(0.0, 1.0),
            constraints=[
                LinearConstraint(
                    hstack([eye_array(n_units), -csr_array(near.astype(float))]), -np.inf, 0.0
                ),
                _so_many(n_units, n_sites, n_new),
            ],
            options={"node_limit": NODES, "mip_rel_gap": 1e-6},
        )
        found = _chosen(solved, cost, n_sites, n_new)
    return Located(found.candidates, -found.value, found.proven or n_units == 0)


def _so_many(n_before: int, n_sites: int, n_new: int) -> LinearConstraint:
    return LinearConstraint(np.repeat([0.0, 1.0], [n_before, n_sites])[None, :], n_new, n_new)


def _chosen(found: object, cost: Callable[[Ints], float], n_sites: int, n_new: int) -> Located:
    """Return the answer of the MIP, or that of exchanges if its tree was cut short."""
    values = getattr(found, "x", None)
    if getattr(found, "status", None) == 0 and values is not None:
        chosen = np.sort(np.argsort(-values[-n_sites:], kind="stable")[:n_new])
        return Located(tuple(chosen.tolist()), cost(chosen), proven=True)
    return _by_exchange(cost, n_sites, n_new)


def _by_exchange(cost: Callable[[Ints], float], n_sites: int, n_new: int) -> Located:
    """Add the best candidate so many times, then exchange one for another while that helps."""
    chosen: list[int] = []

    def with_one(kept: list[int]) -> tuple[float, int]:
        free = [one for one in range(n_sites) if one not in kept]
        return min((cost(np.array([*kept, one])), one) for one in free)

    value = np.inf
    for _ in range(n_new):
        value, one = with_one(chosen)
        chosen.append(one)
    better = n_new > 1
    while better:
        better = False
        for place in range(n_new):
            kept = chosen[:place] + chosen[place + 1 :]
            now, one = with_one(kept)
            if now < value - 1e-9 * abs(value):
                value, chosen, better = now, [*kept, one], True
                break
    # One candidate alone has been compared with all others.
    return Located(tuple(sorted(chosen)), value, proven=n_new == 1)
