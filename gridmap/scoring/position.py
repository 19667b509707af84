"""Competitive position of a cell: our share against the rivals', actual and expected.

"Our" is our operator's, that is own and partner outlets together.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gridmap.policies import QuadrantPolicy
from gridmap.scoring.huff import HuffModel, cut_slack, huff_shares
from gridmap.scoring.inputs import Floats, Ints, ScoringInputs
from gridmap.scoring.measures import (
    CellValues,
    DemandRate,
    Notes,
    amount,
    notes,
    quotient,
    rate,
)
from gridmap.scoring.reach import Reach

USUAL_LIMITS = QuadrantPolicy()
#: Quadrants in the order of their code numbers.
QUADRANTS = ("leader", "contested", "challenger", "white_space", "low_priority", "unknown")


def shares(counts: Floats) -> Floats:
    """Return each operator's share of a cell, NaN where the cell has nothing.

    Parameters
    ----------
    counts
        Outlets or subscribers. Shape (n_cells, n_operators).
    """
    return quotient(counts, counts.sum(axis=1, keepdims=True))


def relative_share(counts: Floats) -> Floats:
    """Return the first operator's share over the largest other's. Shape (n_cells,).

    Above 1 only for the leader. Infinite where there is no other; NaN where there is nobody or
    a count is unknown.

    References
    ----------
    Boston Consulting Group, growth-share matrix (1970).
    """
    ours = counts[:, 0]
    largest = counts[:, 1:].max(axis=1, initial=0.0)
    result = quotient(ours, largest)
    result[(largest == 0.0) & (ours > 0.0)] = np.inf
    result[np.isnan(counts).any(axis=1)] = np.nan
    return result


def concentration(share: Floats) -> tuple[Floats, Floats, Floats]:
    """Return Herfindahl index in points, number equivalent and normalised index of each cell.

    Parameters
    ----------
    share
        Shares that sum to 1 in a row. Shape (n_cells, n_operators).

    Returns
    -------
    tuple of Floats
        10⁴·H, 1/H and (H − 1/n)/(1 − 1/n) with H = Σs² and n the operators present; the last
        is NaN where only one is. Shapes (n_cells,).

    References
    ----------
    US Department of Justice and Federal Trade Commission, Merger Guidelines 2.1 (2023).
    """
    h = (share**2).sum(axis=1)
    present = (share > 0.0).sum(axis=1)
    evenly = quotient(np.ones(len(h)), present.astype(np.float64))
    return 1e4 * h, quotient(np.ones(len(h)), h), quotient(h - evenly, 1.0 - evenly)


def operator_counts(inputs: ScoringInputs) -> tuple[Floats, Ints, tuple[str, ...]]:
    """Return outlets by cell and operator, the operator of each outlet, and their names.

    Column 0 is ours, the others are the rivals' operators in alphabetical order; rivals without
    a name count as one operator.
    """
    names, code = np.unique(inputs.operator[inputs.rival], return_inverse=True)
    group = np.zeros(inputs.n_outlets, dtype=np.int64)
    group[inputs.rival] = 1 + code
    columns = [inputs.outlets_by_cell(group == k) for k in range(len(names) + 1)]
    return np.stack(columns, axis=1), group, ("", *names.tolist())


def outlet_position(inputs: ScoringInputs) -> dict[str, CellValues]:
    """Return our shares of the outlets in each cell."""
    every = inputs.outlets_by_cell(np.ones(inputs.n_outlets))
    return {
        "outlet_share": rate(inputs.outlets_by_cell(inputs.ours), every, every, empty="no_outlets"),
        "outlet_share_own": rate(
            inputs.outlets_by_cell(inputs.own), every, every, empty="no_outlets"
        ),
    }


def share_position(counts: Floats, note: str | Notes) -> dict[str, CellValues]:
    """Return relative share and concentration made of counts by operator.

    Parameters
    ----------
    counts
        Outlets or subscribers, ours first. Shape (n_cells, n_operators).
    note
        What the figures rest on.
    """
    total = counts.sum(axis=1)
    n = np.nan_to_num(total)
    relative = relative_share(counts)
    lead = rate(counts[:, 0], counts[:, 1:].max(axis=1, initial=0.0), n, empty="", note=note)
    remarks = notes(len(n), note)
    remarks[np.isnan(relative)] = "nothing_to_compare"
    remarks[np.isinf(relative)] = "no_rival"
    found = {
        "relative_share": CellValues(relative, lead.numerator, lead.denominator, lead.n, remarks)
    }
    hhi, n_eq, hhi_norm = concentration(shares(counts))
    for key, value in (("hhi", hhi), ("n_eq", n_eq)):
        found[key] = amount(value, n, empty="nothing_to_compare", note=note, additive=False)
    found["hhi_norm"] = amount(hhi_norm, n, empty="no_rival", note=note, additive=False)
    found["hhi_norm"].note[np.isnan(hhi)] = "nothing_to_compare"
    return found


def expected_rates(inputs: ScoringInputs, mode: str, model: HuffModel) -> dict[str, DemandRate]:
    """Return expected shares by the Huff model and the pressure of rivals, by metric key.

    Beside them, what the cut of the lists can do to them, see `cut_slack`.

    Demand that reaches no outlet at all chooses none: it is left out above and below the line,
    and the note of the metric says so. With an outside option it counts below the line.
    """
    group = np.where(inputs.own, 0, np.where(inputs.partner, 1, 2)).astype(np.int64)
    attraction = np.ones(inputs.n_outlets) if inputs.attraction is None else inputs.attraction
    share = huff_shares(inputs.times[mode], attraction, group, 3, model)
    chooses = ~np.isnan(share[:, 0])
    base = np.where(chooses, inputs.demand_weight, 0.0)
    share = np.where(chooses[:, None], share, 0.0)
    ours = share[:, 0] + share[:, 1]
    slack = cut_slack(inputs.times[mode], attraction, inputs.ours, model)
    return {
        "expected_share": DemandRate(base * ours, base),
        "expected_share_own": DemandRate(base * share[:, 0], base),
        "rival_pressure": DemandRate(base * (1.0 - ours), base),
        "expected_share_slack": DemandRate(base * slack, base),
    }


def first_arrival(inputs: ScoringInputs, reach: Reach) -> DemandRate:
    """Return the demand whose nearest outlet is ours and not a rival's; a tie is not ours."""
    first = reach.nearest["ours"] < reach.nearest["rival"]
    return DemandRate(np.where(first, inputs.demand_weight, 0.0), inputs.demand_weight)


def quadrant(
    relative: Floats,
    expected: Floats,
    coverage: Floats,
    potential: Floats,
    limits: QuadrantPolicy = USUAL_LIMITS,
) -> Ints:
    """Return the code of each cell's quadrant, an index of `QUADRANTS`.

    Parameters
    ----------
    relative
        Relative share, infinite without a rival, NaN = unknown. Shape (n_cells,).
    expected
        Expected share E; its odds E/(1 − E) stand in for an unknown relative share.
    coverage
        Coverage by our outlets at the main threshold.
    potential
        Potential of the cell, or growth of its market; compared with the median of the known.
    limits
        Where the quadrants begin.
    """
    odds = np.full(len(expected), np.inf)
    np.divide(expected, 1.0 - expected, out=odds, where=expected != 1.0)
    x = np.where(np.isnan(relative), odds, relative)
    known = potential[~np.isnan(potential)]
    median = np.median(known) if known.size else np.nan
    weak = x < limits.contested
    away = weak & (coverage < limits.coverage)
    code = np.full(len(x), QUADRANTS.index("unknown"), dtype=np.int64)
    code[x >= limits.contested] = QUADRANTS.index("contested")
    code[x >= limits.leader] = QUADRANTS.index("leader")
    code[weak & (coverage >= limits.coverage)] = QUADRANTS.index("challenger")
    code[away & (potential >= median)] = QUADRANTS.index("white_space")
    code[away & (potential < median)] = QUADRANTS.index("low_priority")
    return code


def quadrant_values(code: NDArray[np.int64]) -> CellValues:
    """Return codes of quadrants as a metric: the value is the code, the note its key."""
    values = amount(code.astype(np.float64), np.ones(len(code)), additive=False)
    values.note[:] = [QUADRANTS[one] for one in code.tolist()]
    return values
