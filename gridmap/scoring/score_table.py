"""The table of scores: how metrics become rows, and what is read off the rows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from gridmap.schemas import SCORES
from gridmap.scoring.inputs import Floats, Ints, ScoringInputs
from gridmap.scoring.measures import (
    CellValues,
    quotient,
)
from gridmap.scoring.metrics import METRICS, named


def cell_summary(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the figures of the table of cells.

    Parameters
    ----------
    scores
        Result of `score_cells`.

    Returns
    -------
    DataFrame
        One row a cell: cell_id, position_score, coverage_score (NaN = no score) and quadrant
        (key of `gridmap.scoring.position.QUADRANTS`).
    """
    cells = np.sort(scores["cell_id"].unique())
    by_metric = {
        name: scores[scores["metric"] == name].set_index("cell_id").reindex(cells)
        for name in ("position_score", "coverage_score", "quadrant")
    }
    return pd.DataFrame(
        {
            "cell_id": cells,
            "position_score": by_metric["position_score"]["value"].to_numpy(),
            "coverage_score": by_metric["coverage_score"]["value"].to_numpy(),
            "quadrant": by_metric["quadrant"]["note"].to_numpy(),
        }
    )


def pool_cells(scores: pd.DataFrame, region: Mapping[int, int] | None = None) -> pd.DataFrame:
    """Return the rates of regions as sums over sums, never as means of the cells' rates.

    Parameters
    ----------
    scores
        Result of `score_cells`.
    region
        Region of each cell; None = all cells are one region 0.

    Returns
    -------
    DataFrame
        region, metric, value, numerator, denominator, n; only for metrics that can be summed.
        A metric that is missing in any cell for want of data is left out of that region; a cell
        with nothing below the line adds nothing.
    """
    names = scores["metric"].unique()
    additive = {name for name in names.tolist() if named(name).metric.additive}
    rows = scores[scores["metric"].isin(additive)]
    of = dict.fromkeys(rows["cell_id"].tolist(), 0) if region is None else dict(region)
    rows = rows.assign(region=rows["cell_id"].map(of)).dropna(subset=["region"])
    # A quantity has no denominator at all; a rate with an unknown sum spoils the region's.
    plain = rows["denominator"].isna() & (rows["numerator"] == rows["value"])
    unknown = rows["numerator"].isna() | (rows["denominator"].isna() & ~plain)
    rows = rows.assign(plain=plain, unknown=unknown, region=rows["region"].astype("int64"))
    pooled = rows.groupby(["region", "metric"], sort=False).agg(
        numerator=("numerator", "sum"),
        denominator=("denominator", "sum"),
        n=("n", "sum"),
        plain=("plain", "all"),
        unknown=("unknown", "any"),
    )
    pooled = pooled[~pooled["unknown"]].reset_index()
    above = pooled["numerator"].to_numpy(dtype=np.float64)
    below = pooled["denominator"].to_numpy(dtype=np.float64)
    single = pooled["plain"].to_numpy(dtype=bool)
    pooled["value"] = np.where(single, above, quotient(above, below))
    pooled["denominator"] = np.where(single, np.nan, below)
    return pooled[["region", "metric", "value", "numerator", "denominator", "n"]]


def among(
    inputs: ScoringInputs, values: CellValues, cells: Ints, elsewhere: pd.DataFrame
) -> CellValues:
    """Return new values of some cells among the earlier ones of the others."""
    rows = elsewhere.set_index("cell_id").reindex(inputs.ids)
    columns = [rows[name].to_numpy(np.float64, copy=True)
               for name in ("value", "numerator", "denominator", "n")]  # fmt: skip
    new = (values.value, values.numerator, values.denominator, values.n)
    for column, part in zip(columns, new, strict=True):
        column[cells] = part
    note = rows["note"].fillna("").to_numpy(dtype=object, copy=True)
    note[cells] = values.note
    value, numerator, denominator, n = columns
    # The table of scores has no number for what is never reached.
    value[(note == "unreachable") & np.isnan(value)] = np.inf
    return CellValues(value, numerator, denominator, np.nan_to_num(n).astype(np.int64), note)


def long_form(ids: Ints, table: Mapping[str, CellValues]) -> pd.DataFrame:
    """Return the table of scores: metrics in the order of the registry, cells in theirs."""
    place = {key: at for at, key in enumerate(METRICS)}
    names = sorted(table, key=lambda name: place[named(name).metric.key])

    def column(attribute: str) -> Floats:
        parts = []
        for name in names:
            values: Floats = getattr(table[name], attribute)
            parts.append(values if len(values) else np.full(len(ids), np.nan))
        joined = np.concatenate(parts)
        joined[~np.isfinite(joined)] = np.nan
        return joined

    frame = pd.DataFrame(
        {
            "cell_id": np.tile(ids, len(names)),
            "metric": np.repeat(np.array(names, dtype=object), len(ids)),
            "value": column("value"),
            "numerator": column("numerator"),
            "denominator": column("denominator"),
            "n": np.concatenate([table[name].n for name in names]),
            "p05": column("p05"),
            "p95": column("p95"),
            "rank_low": column("rank_low"),
            "rank_high": column("rank_high"),
            "note": np.concatenate([table[name].note for name in names]),
        }
    )
    return SCORES.validate(frame)
