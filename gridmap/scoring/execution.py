"""Execution against location: is a cell below what its outlets' places would let it expect?

The execution gap is the actual share, steadied, less the share that the Huff model expects. Both
are uncertain: the share because a cell has finitely many subscribers, the expectation because the
demand points are a sample and the decay β is not known exactly. Only a gap whose interval leaves
out 0 says that execution is good or bad.
"""

from __future__ import annotations

import numpy as np

from gridmap.scoring.inputs import Floats
from gridmap.scoring.measures import CellValues, Notes, amount, quotient

#: Readings in the order of their codes: location first, then execution.
READINGS = ("good_good", "good_bad", "bad_good", "bad_bad", "good_unclear", "bad_unclear")


def share_error(shrunk: Floats, ours: Floats, total: Floats, kappa: float | None) -> Floats:
    """Return the standard error of the shrunk share of each cell.

    θ is the mean of a beta distribution with n + κ subscribers behind it, so its variance is
    θ(1 − θ)/(n + κ + 1). For empirical Bayes κ = m/A, see `empirical_bayes_share`; where the cells
    do not differ more than by chance, all subscribers of the region stand behind each.

    Parameters
    ----------
    shrunk
        Shrunk share. Shape (n_cells,).
    ours, total
        Our and all subscribers, NaN = unknown. Shape (n_cells,).
    kappa
        Weight of the region; None = empirical Bayes.
    """
    raw = quotient(ours, total)
    known = ~np.isnan(raw)
    everyone = float(total[known].sum())
    if kappa is None:
        n, p = total[known], raw[known]
        mean = float(ours[known].sum()) / everyone if everyone else 0.0
        spread = float((n * (p - mean) ** 2).sum()) / everyone if everyone else 0.0
        between = max(0.0, spread - mean / float(n.mean())) if known.any() else 0.0
        kappa = mean / between if between > 0.0 else np.inf
    behind = np.minimum(total + kappa, everyone)
    return np.asarray(np.sqrt(shrunk * (1.0 - shrunk) / (behind + 1.0)))


def share_draws(shrunk: Floats, error: Floats, *, draws: int, rng: np.random.Generator) -> Floats:
    """Return draws of the shrunk share. Shape (draws, n_cells)."""
    drawn = shrunk + error * rng.standard_normal((draws, len(shrunk)))
    return np.asarray(np.clip(drawn, 0.0, 1.0))


def gap_draws(
    share: Floats, expected: Floats, *, steeper: Floats, rng: np.random.Generator
) -> Floats:
    """Return draws of the execution gap. Shape (draws, n_cells).

    Parameters
    ----------
    share
        Draws of the shrunk share. Shape (draws, n_cells).
    expected
        Draws of the expected share over the demand points. Shape (draws, n_cells).
    steeper
        Expected share at β plus its standard error, less that at β. Shape (n_cells,).
    rng
        Source of chance; β is the same in all cells of a draw.
    """
    moved = expected + rng.standard_normal((len(share), 1)) * np.nan_to_num(steeper)
    return np.asarray(share - np.clip(moved, 0.0, 1.0))


def reading_codes(expected: Floats, low: Floats, high: Floats, location: float) -> Floats:
    """Return the code of each cell's reading, an index of `READINGS`, NaN = unknown.

    Parameters
    ----------
    expected
        Expected share. Shape (n_cells,).
    low, high
        Interval of the execution gap: above 0 = good, below 0 = bad, else unclear.
    location
        Expected share from which a location counts as good.
    """
    good_place = expected >= location
    code = np.where(good_place, READINGS.index("good_unclear"), READINGS.index("bad_unclear"))
    code = np.where(low > 0.0, np.where(good_place, 0, 2), code)
    code = np.where(high < 0.0, np.where(good_place, 1, 3), code)
    unknown = np.isnan(expected) | np.isnan(low) | np.isnan(high)
    return np.where(unknown, np.nan, code.astype(np.float64))


def reading_values(code: Floats, basis: Notes) -> CellValues:
    """Return readings as a metric: the value is the code, the note its key."""
    values = amount(code, np.ones(len(code)), empty="no_execution_gap", additive=False)
    for cell in np.flatnonzero(~np.isnan(code)).tolist():
        made_up = "_invented" if basis[cell] == "rests_on_invented" else ""
        values.note[cell] = f"reading_{READINGS[int(code[cell])]}{made_up}"
    return values
