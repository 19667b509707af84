"""Before and after: what changed in cells, beside untouched cells as control.

References
----------
Card, D., Krueger, A. (1994). Minimum wages and employment. AER 84 (difference in differences).
Ernst, M. (2004). Permutation methods: a basis for exact inference. Statistical Science 19.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gridmap.catalogue import Language, text
from gridmap.scoring.inputs import Bools, Floats, Ints
from gridmap.scoring.measures import quotient

#: Fewer cells than this on either side, and nothing is said about chance.
LEAST_CELLS = 3


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
    """

    effect: float
    standard_error: float
    p_value: float
    touched: int
    untouched: int

    def text(self, label: str, language: Language = "en") -> str:
        """Return the effect as a sentence, with what it can't tell."""
        if np.isnan(self.effect):
            return text("scoring.compare.no_control", language, label=label)
        if np.isnan(self.standard_error):
            return text(
                "scoring.compare.few", language, label=label, effect=self.effect, n=self.touched
            )
        return text(
            "scoring.compare.effect",
            language,
            label=label,
            effect=self.effect,
            error=self.standard_error,
            p=self.p_value,
            touched=self.touched,
            untouched=self.untouched,
        )


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
        Number of permutations.
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
    rng = np.random.default_rng(seed)
    shuffled = rng.permuted(np.tile(touched, (permutations, 1)), axis=1)
    mean_touched = shuffled @ change / n_touched
    mean_control = (~shuffled) @ change / n_control
    as_far = np.abs(mean_touched - mean_control) >= abs(effect) - 1e-12
    # The order that was observed counts as one of the permutations.
    p_value = (1.0 + as_far.sum()) / (1.0 + permutations)
    return Effect(effect, float(error), float(p_value), n_touched, n_control)


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
