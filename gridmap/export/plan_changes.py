"""What differs between the scores of two written plans of the same cells."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd

from gridmap.catalogue import Language
from gridmap.checking import read_layers
from gridmap.errors import InputError, fault
from gridmap.scoring.comparison import changes, difference_in_differences
from gridmap.scoring.metrics import named

#: Metrics for which the effect is told.
TOLD = ("position_score", "coverage_score")


def plan_changes(old: Path, new: Path) -> pd.DataFrame:
    """Return the changes of all cells with the same code and the same borders in both plans.

    Returns
    -------
    DataFrame
        code, metric, before, after, change, beyond_bands; see
        `gridmap.scoring.comparison.changes`.

    Raises
    ------
    InputError
        If a file is no plan, or no cell has the same borders in both.
    """
    layers = [read_layers(path, ("cells", "scores")) for path in (old, new)]
    first, second = (one["cells"].set_index("code") for one in layers)
    codes = first.index.intersection(second.index)
    same = first.loc[codes].geometry.geom_equals(second.loc[codes].geometry)
    kept = codes[same.to_numpy(dtype=bool)]
    if not len(kept):
        raise InputError(fault("scoring.compare.other_borders", f"{old}, {new}"))
    tables = []
    for one in layers:
        code_of = one["cells"].set_index("cell_id")["code"]
        scores = pd.DataFrame(one["scores"].drop(columns="geometry"))
        scores["cell_id"] = scores["cell_id"].map(code_of)
        tables.append(scores[scores["cell_id"].isin(kept)])
    found = changes(*tables)
    return found.rename(columns={"cell_id": "code"})


def told_effects(
    table: pd.DataFrame, touched: Collection[str], language: Language = "en"
) -> list[str]:
    """Return a sentence on each score: touched cells beside the others.

    Raises
    ------
    InputError
        If a code of `touched` stands in no row, with all such codes.
    """
    unknown = sorted(set(touched) - set(table["code"]))
    if unknown:
        raise InputError(*(fault("scoring.compare.unknown_cell", one) for one in unknown))
    sentences = []
    for name in TOLD:
        rows = table[table["metric"] == name].sort_values("code")
        before, after = rows["before"].to_numpy(np.float64), rows["after"].to_numpy(np.float64)
        mine = rows["code"].isin(list(touched)).to_numpy(dtype=bool)
        effect = difference_in_differences(before, after, mine)
        sentences.append(effect.text(named(name).label(language), language))
    return sentences
