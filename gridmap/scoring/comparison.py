"""Before and after: what changed in cells, beside untouched cells as control.

References
----------
Card, D., Krueger, A. (1994). Minimum wages and employment. AER 84 (difference in differences).
Ernst, M. (2004). Permutation methods: a basis for exact inference. Statistical Science 19.
Garthwaite, P. H. (1996). Confidence intervals from randomization tests. Biometrics 52.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from gridmap.catalogue import Language, text
from gridmap.scoring.inputs import Bools, Floats, Ints
from gridmap.scoring.measures import quotient

#: Fewer cells than this on either side, and nothing is said about chance.
LEAST_CELLS = 3
#: Share of intervals that may miss the effect.
ERROR_RATE = 0.05


@dataclass(frozen=True)
class Effect:
    """Difference in differences of one metric.

    Attributes
    ----------
    effect
        Mean change of the touched cells less that of the untouched; NaN = can't tell.
    standard_error
        Of unequal variances (Welch); NaN where a side has fewer than `LEAST_CELLS`.
    p_value
        Share of permutations of "touched" with an effect at least as far from 0.
    touched, untouched
        Cells on each side that have both figures.
    low, high
        Interval of 95 %: all effects that permutation does not contradict. NaN where there are
        so few ways of choosing the touched cells that none could be contradicted.
    ways
        Ways of choosing as many touched cells among all.
    """

    effect: float
    standard_error: float
    p_value: float
    touched: int
    untouched: int
    low: float = math.nan
    high: float = math.nan
    ways: int = 0

    def text(self, label: str, language: Language = "en", *, share: bool = False) -> str:
        """Return the effect as a sentence, with what it can't tell.

        `share` says that the metric is a share, whose differences are told in percentage points.
        """

        def told(value: float) -> str:
            key = "compare.share_points" if share else "compare.number"
            return text(key, language, value=100.0 * value if share else value)

        if math.isnan(self.effect):
            return text("compare.no_control", language, label=label)
        words = {
            "label": label,
            "effect": told(self.effect),
            "touched": self.touched,
            "untouched": self.untouched,
        }
        if math.isnan(self.standard_error):
            return text("compare.few", language, **words)
        words |= {"p": self.p_value}
        if math.isnan(self.low):
            return text("compare.no_interval", language, **words, ways=self.ways)
        return text("compare.effect", language, **words, low=told(self.low), high=told(self.high))


def difference_in_differences(
    before: Floats, after: Floats, touched: Bools, *, permutations: int = 2000, seed: int = 0
) -> Effect:
    """Compare the change of touched cells with that of untouched ones.

    Parameters
    ----------
    before, after
        The metric, NaN = missing; such cells are left out on both sides. Shape (n_cells,).
    touched
        Cells in which something was done. Shape (n_cells,).
    permutations
        Number of permutations; where there are fewer ways of choosing, each way once.
    seed
        Of the permutations.
    """
    change = after - before
    there = np.isfinite(change)
    change, touched = change[there], touched[there]
    n_touched, n_control = int(touched.sum()), int((~touched).sum())
    if n_touched == 0 or n_control == 0:
        return Effect(np.nan, np.nan, np.nan, n_touched, n_control)
    effect = float(change[touched].mean() - change[~touched].mean())
    if min(n_touched, n_control) < LEAST_CELLS:
        return Effect(effect, np.nan, np.nan, n_touched, n_control)
    error = np.sqrt(
        change[touched].var(ddof=1) / n_touched + change[~touched].var(ddof=1) / n_control
    )
    ways = math.comb(len(touched), n_touched)
    chosen = _assignments(touched, permutations, seed=seed)
    weight = np.where(chosen, 1.0 / n_touched, -1.0 / n_control)
    as_far = np.abs(weight @ change) >= abs(effect) - 1e-12
    low, high = _interval(weight, change, touched, effect)
    return Effect(effect, float(error), float(as_far.mean()), n_touched, n_control, low, high, ways)


def _assignments(touched: Bools, permutations: int, *, seed: int) -> Bools:
    """Return ways of choosing the touched cells, among them the true one. Shape (n, n_cells)."""
    n, k = len(touched), int(touched.sum())
    if math.comb(n, k) <= permutations:
        rows = np.array(list(combinations(range(n), k)))
        chosen = np.zeros((len(rows), n), dtype=bool)
        np.put_along_axis(chosen, rows, True, axis=1)
        return chosen
    rng = np.random.default_rng(seed)
    shuffled = rng.permuted(np.tile(touched, (permutations, 1)), axis=1)
    # The order that was observed counts as one of the permutations.
    return np.concatenate([touched[None, :], shuffled])


def _interval(weight: Floats, change: Floats, touched: Bools, effect: float) -> tuple[float, float]:
    """Return the effects that neither one-sided test contradicts, each at half the error rate.

    Were the effect δ in every touched cell, then without it a choice π of touched cells would
    show A_π − δ·B_π (A_π: its effect as observed; B_π: the share of touched among its chosen
    less that among its others), and the true choice effect − δ. The former reaches the latter
    where δ ≥ (effect − A_π) / (1 − B_π), so the ends are two of these quotients in their order.
    """
    observed, overlap = weight @ change, weight @ touched.astype(np.float64)
    same = overlap > 1.0 - 1e-9
    quotients = np.sort((effect - observed[~same]) / (1.0 - overlap[~same]))
    place = math.floor(ERROR_RATE / 2.0 * len(weight) + 1e-9) - int(same.sum())
    if place < 0:
        return math.nan, math.nan
    return float(quotients[place]), float(quotients[-1 - place])


def on_borders(part: Floats, whole: Floats, cell: Ints, n_cells: int) -> Floats:
    """Return a rate of old points within new borders: sums over sums, NaN where nothing lies.

    Parameters
    ----------
    part, whole
        What each point adds above and below the line. Shape (n_points,).
    cell
        New cell of each point, -1 = outside. Shape (n_points,).
    n_cells
        Number of new cells.
    """
    inside = cell >= 0
    above = np.bincount(cell[inside], weights=part[inside], minlength=n_cells)
    below = np.bincount(cell[inside], weights=whole[inside], minlength=n_cells)
    return quotient(above.astype(np.float64), below.astype(np.float64))


def changes(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return the change of each cell and metric, those beyond chance first, then the largest.

    Parameters
    ----------
    before, after
        Tables of scores of the same cells: cell_id, metric, value, p05, p95.

    Returns
    -------
    DataFrame
        cell_id, metric, before, after, change, beyond_bands: the bands do not overlap.
    """
    both = before.merge(after, on=["cell_id", "metric"], suffixes=("_before", "_after"))
    found = pd.DataFrame(
        {
            "cell_id": both["cell_id"],
            "metric": both["metric"],
            "before": both["value_before"],
            "after": both["value_after"],
            "change": both["value_after"] - both["value_before"],
            "beyond_bands": (both["p05_after"] > both["p95_before"])
            | (both["p95_after"] < both["p05_before"]),
        }
    ).dropna(subset=["change"])
    order = found.assign(size=found["change"].abs())
    order = order.sort_values(["beyond_bands", "size"], ascending=False, kind="stable")
    return order.drop(columns="size").reset_index(drop=True)
