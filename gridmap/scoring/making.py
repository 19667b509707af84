"""How a score was made: what it consists of, what was changed or left out, and what moves it.

It is part of a plan: `Scenario.report` holds it as plain records under ``score_making``, which
sheets and pages only put into words.

References
----------
OECD, JRC (2008). Handbook on constructing composite indicators, steps 3, 4 and 7.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gridmap.scoring.aggregation import CompositeRules
from gridmap.scoring.composite import effective_importance, panel_of
from gridmap.scoring.indicators import ScorePlan
from gridmap.scoring.inputs import Floats
from gridmap.scoring.outliers import Treatment, treat
from gridmap.scoring.robustness import Panel, rank_shifts

#: Key of the records in `Scenario.report`.
MAKING = "score_making"
#: Draws of each choice alone; the mean shift needs fewer than the ends of a band.
SHIFT_DRAWS = 200


@dataclass(frozen=True, eq=False)
class ScoreParts:
    """What one score was made of.

    Attributes
    ----------
    plan
        Indicators and weights of the settings.
    central
        Value of each indicator, NaN = missing. Shape (n_cells,).
    sampled
        Values of every draw, for indicators that have them. Shape (draws, n_cells).
    score
        The score. Shape (n_cells,).
    rules
        Threshold of data, limit of correlation and so on.
    """

    plan: ScorePlan
    central: Mapping[str, Floats]
    sampled: Mapping[str, Floats]
    score: Floats
    rules: CompositeRules


def score_making(parts: ScoreParts, *, seed: int) -> dict[str, Any]:
    """Return how a score was made, as plain values for JSON; what is missing is None.

    Returns
    -------
    dict
        ``cells``, ``scored``: number of cells, and of those with a score. ``indicators``: of each
        metric, dimension, ``state`` (``used``; ``scarce``: too few cells have it; ``absent``: none
        has; ``double``), ``weight`` (what was meant) and ``importance`` (what came of it) as shares
        of 1, ``known`` (share of cells), ``goalposts``, ``direction``, and of the ranking by
        min–max ``treatment`` (``none``, ``winsorised``, ``log``) and ``changed`` values.
        ``doubles``: left_out, kept, correlation. ``shifts``: mean change of rank by each choice
        alone, the greatest first; ``draws`` of each.
    """
    panel, scarce, twice = panel_of(
        parts.plan.indicators, parts.central, parts.rules, parts.plan.dimension_weights
    )
    importance = effective_importance(panel, parts.score)
    weight = _meant(panel)
    gone = {one.left_out for one in twice}
    listed = []
    for one in parts.plan.indicators:
        value = np.asarray(parts.central[one.metric], dtype=np.float64)
        known = float((~np.isnan(value)).mean()) if len(value) else 0.0
        state = "double" if one.metric in gone else "scarce" if one.metric in scarce else "used"
        if known == 0.0:
            state = "absent"
        treated = treat(one.scaled(value)) if state == "used" else Treatment("none", 0.0, 0.0)
        listed.append(
            {
                "metric": one.metric,
                "dimension": one.dimension,
                "state": state,
                "weight": weight.get(one.metric, 0.0),
                "importance": _known(importance.get(one.metric, math.nan)),
                "known": known,
                "goalposts": [one.low, one.high],
                "direction": one.direction,
                "treatment": treated.kind,
                "changed": treated.changed,
            }
        )
    return {
        "cells": len(parts.score),
        "scored": int(panel.scored.sum()),
        "indicators": listed,
        "doubles": [
            {"left_out": one.left_out, "kept": one.kept, "correlation": one.correlation}
            for one in twice
        ],
        **_shifts(parts, panel, scarce, seed=seed),
    }


def _shifts(
    parts: ScoreParts, panel: Panel, scarce: tuple[str, ...], *, seed: int
) -> dict[str, Any]:
    """Return how far each choice alone moves a cell; nothing where no two cells are ranked."""
    if panel.scored.sum() < 2:
        return {"shifts": {}, "draws": 0}
    used = {one.metric for one in panel.indicators} - set(scarce)
    sampled = {name: draws[:SHIFT_DRAWS] for name, draws in parts.sampled.items() if name in used}
    draws = min([SHIFT_DRAWS, *(len(one) for one in sampled.values() if len(one))])
    sampled = {name: one for name, one in sampled.items() if len(one) >= draws}
    found = rank_shifts(panel, parts.score, sampled, parts.rules, draws=draws, seed=seed)
    return {"shifts": dict(found), "draws": draws}


def _meant(panel: Panel) -> dict[str, float]:
    """Return the weight of each indicator that has values, as a share of all."""
    alive = (~np.isnan(panel.value)).any(axis=0)
    own = np.array([one.weight for one in panel.indicators]) * alive
    within = np.bincount(panel.dimension, own, minlength=len(panel.dimension_weight))
    across = panel.dimension_weight * (within > 0.0)
    total = across.sum()
    if total <= 0.0:
        return {}
    share = across / total
    return {
        one.metric: float(share[at] * own[k] / within[at]) if within[at] > 0.0 else 0.0
        for k, (one, at) in enumerate(zip(panel.indicators, panel.dimension, strict=True))
    }


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
