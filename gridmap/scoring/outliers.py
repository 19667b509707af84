"""Outliers of an indicator: a few are drawn in, many call for a logarithm.

Only a min–max scale needs this: between fixed goalposts an outlier is cut off and moves no other
cell.

References
----------
OECD, JRC (2008). Handbook on constructing composite indicators, step 3.
Becker, W. et al. (2022). COINr: an R package for composite indicators. JOSS 7 (the order of
treatments: winsorise up to five values, else a logarithm).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.stats import kurtosis, skew

from gridmap.scoring.inputs import Floats

MOST_SKEW = 2.0
MOST_KURTOSIS = 3.5
MOST_WINSORISED = 5
#: Share of the largest by which values may differ and still be the same.
SAME = 1e-9
#: Offset of the logarithm as a share of the range, so that the least value has one.
LOG_OFFSET = 0.01


@dataclass(frozen=True)
class Treatment:
    """What was done to the outliers of one indicator.

    Attributes
    ----------
    kind
        ``none``, ``winsorised`` or ``log``.
    low, high
        Ends to which values were drawn in; for ``log`` the ends of the values.
    changed
        Values changed.
    reflected
        Whether the logarithm counts from the upper end (for a tail below).
    """

    kind: Literal["none", "winsorised", "log"]
    low: float
    high: float
    changed: int = 0
    reflected: bool = False

    def apply(self, value: Floats) -> Floats:
        """Return treated values, NaN = missing; the order of values stays."""
        drawn_in = np.clip(value, self.low, self.high)
        if self.kind != "log":
            return np.asarray(drawn_in)
        offset = LOG_OFFSET * (self.high - self.low)
        if self.reflected:
            return np.asarray(-np.log(self.high - drawn_in + offset))
        return np.asarray(np.log(drawn_in - self.low + offset))


def has_outliers(value: Floats) -> bool:
    """Return whether |skewness| > 2 and excess kurtosis > 3.5, both bias-corrected."""
    there = value[np.isfinite(value)]
    # Values that differ by rounding alone have no moments worth the name.
    if len(there) < 4 or np.ptp(there) <= SAME * np.abs(there).max():
        return False
    far = abs(float(skew(there, bias=False))) > MOST_SKEW
    return far and float(kurtosis(there, bias=False)) > MOST_KURTOSIS


def treat(value: Floats) -> Treatment:
    """Return what the outliers of an indicator need. Values of shape (n_cells,), NaN = missing."""
    ordered = np.sort(value[np.isfinite(value)])
    if not len(ordered):
        return Treatment("none", 0.0, 0.0)
    low, high = float(ordered[0]), float(ordered[-1])
    if not has_outliers(ordered):
        return Treatment("none", low, high)
    above = float(skew(ordered, bias=False)) > 0.0
    for count in range(1, min(MOST_WINSORISED, len(ordered) - 1) + 1):
        low, high = (low, float(ordered[-1 - count])) if above else (float(ordered[count]), high)
        drawn_in = np.clip(ordered, low, high)
        if not has_outliers(drawn_in):
            changed = int((drawn_in != ordered).sum())
            return Treatment("winsorised", low, high, changed)
    return Treatment("log", float(ordered[0]), float(ordered[-1]), len(ordered), not above)
