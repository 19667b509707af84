"""From the market figures of a territory to those of the cells of any partition.

Figures are bound to units, so they follow their place when cells are redrawn. What is missing
stays missing; it is never 0, but for one case: an operator whose figures come by outlet sells
nothing through outlets where it has none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridmap.schemas import OPERATOR_AMOUNTS, PLACE_AMOUNTS
from gridmap.scoring.inputs import Floats, Ints, MarketCounts
from gridmap.territory import Territory

#: What a figure belongs to, from one month to the next.
KEY = ["source", "place", "unit", "outlet_id", "ours", "operator"]
#: Growth is counted over at most so many months.
GROWTH_MONTHS = 12
#: Name of the source of figures that are made up; see `geodata.invented`.
INVENTED = "invented"
#: Least share of the rows of a cell that must be known.
ENOUGH = 0.65


@dataclass(frozen=True, eq=False)
class _Sums:
    """An amount by cell and operator, and what was done to get it.

    Shapes (n_cells, n_operators).
    """

    value: Floats
    carried: NDArray[np.bool_]
    incomplete: NDArray[np.bool_]


def market_counts(
    territory: Territory, label: Ints, n_cells: int, *, carry: int = 2
) -> MarketCounts | None:
    """Return the market figures of the cells in the last month that has any, or None.

    Parameters
    ----------
    territory
        Its market figures, see `gridmap.schemas.MARKET`, and its outlets.
    label
        Cell of each unit. Shape (n_units,).
    n_cells
        Number of cells.
    carry
        A figure that lacks in the last month is taken from up to so many months before.
    """
    records = territory.market
    if records is None or not len(records):
        return None
    return counts_of_month(records, territory.outlets, label, n_cells, carry=carry)


def counts_of_month(
    records: pd.DataFrame,
    outlets: pd.DataFrame,
    label: Ints,
    n_cells: int,
    *,
    carry: int = 2,
    month: str = "",
) -> MarketCounts:
    """Return the market figures of the cells in a month, as they were known then.

    Parameters
    ----------
    records
        Market figures, see `gridmap.schemas.MARKET`; at least one row, not after the month.
    outlets
        Columns outlet_id, unit, ownership and operator.
    label, n_cells, carry
        See `market_counts`.
    month
        Such as 2024-06; empty = the last that has any.
    """
    cells = _Cells(records, outlets, label, n_cells)
    if month:
        records = records[records["period"] <= month]
    periods = sorted(records["period"].unique())
    last = periods[-1]
    now = {
        name: cells.by_operator(_latest(records, name, last, carry), name)
        for name in OPERATOR_AMOUNTS
        if records[name].notna().any()
    }
    base_name = "subscribers" if "subscribers" in now else "sales"
    unknown = np.full((n_cells, len(cells.operators)), np.nan)
    base = now[base_name].value if base_name in now else unknown
    since = _first_of_growth(records, base_name, periods)
    earlier, mean_base = None, None
    if since:
        earlier = cells.by_operator(_latest(records, base_name, since, 0), base_name).value
    before = _months_before(last, 1) if last else ""
    if base_name == "subscribers" and before in periods:
        first = cells.by_operator(_latest(records, base_name, before, 0), base_name).value
        mean_base = np.where(np.isnan(first), base, (first + base) / 2.0)
    amounts = {name: one.value for name, one in now.items() if name not in ("subscribers", "sales")}
    places = {
        name: cells.by_place(_latest(records, name, last, carry), name)
        for name in PLACE_AMOUNTS
        if records[name].notna().any()
    }
    invented = bool((records["source"] == INVENTED).any())
    return MarketCounts(
        operators=cells.operators,
        subscribers=base,
        **amounts,
        mean_base=mean_base,
        **places,
        earlier=earlier,
        period=last,
        since=since,
        basis=_basis(now, base_name, n_cells, invented=invented),
    )


def outlet_sales(
    territory: Territory, outlet_ids: pd.Series[str], *, carry: int = 2
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the sales of outlets in the last month, NaN = not reported, and which are older.

    A figure that lacks in the last month is taken from up to `carry` months before.
    Shapes (n_outlets,).
    """
    unknown = np.full(len(outlet_ids), np.nan)
    records = territory.market
    if records is None or not records["sales"].notna().any():
        return unknown, np.zeros(len(outlet_ids), dtype=bool)
    last = max(records["period"])
    found = _latest(records[records["outlet_id"] != ""], "sales", last, carry)
    by_outlet = found.groupby("outlet_id")
    sums = outlet_ids.map(by_outlet["sales"].sum(min_count=1))
    older = outlet_ids.isin(found.loc[found["carried"], "outlet_id"])
    return np.asarray(sums.to_numpy(dtype=np.float64)), older.to_numpy(dtype=np.bool_)


def known_sales(territory: Territory, outlets: pd.DataFrame, *, carry: int = 2) -> Floats | None:
    """Return the sales of outlets: of the market figures, else of their own table.

    Parameters
    ----------
    territory
        Its market figures.
    outlets
        Rows of its outlets.
    carry
        As for `market_counts`.

    Returns
    -------
    Floats or None
        NaN = not reported; None where nobody reported. Shape (n_outlets,).
    """
    told, _ = outlet_sales(territory, outlets["outlet_id"], carry=carry)
    table = outlets["sales"].to_numpy(dtype=np.float64)
    known = np.where(np.isnan(told), table, told)
    return known if np.isfinite(known).any() else None


class _Cells:
    """Sums the rows of the figures by cell and operator; the first operator is ours."""

    def __init__(
        self, records: pd.DataFrame, outlets: pd.DataFrame, label: Ints, n_cells: int
    ) -> None:
        rivals = records.loc[~records["ours"], ["operator", *OPERATOR_AMOUNTS]]
        told = rivals[list(OPERATOR_AMOUNTS)].notna().any(axis=1)
        ours = sorted(set(records.loc[records["ours"], "operator"]) - {""})
        self.operators = (" / ".join(ours), *sorted(set(rivals.loc[told, "operator"])))
        self.n_cells = n_cells
        self._label = label
        mine = outlets["ownership"].isin(["own", "partner"])
        rival = outlets["ownership"] == "rival"
        column = outlets["operator"].fillna("").map(self._column).fillna(-1).where(rival, -1)
        self._outlets = pd.DataFrame(
            {
                "outlet_id": outlets["outlet_id"],
                "cell": label[outlets["unit"].to_numpy(dtype=np.int64)],
                "column": column.where(~mine, 0).astype("int64"),
            }
        )

    @property
    def _column(self) -> dict[str, int]:
        return {name: at for at, name in enumerate(self.operators) if at > 0}

    def by_operator(self, rows: pd.DataFrame, name: str) -> _Sums:
        """Return an amount by cell and operator. `rows` are those of `_latest`."""
        shape = (self.n_cells, len(self.operators))
        column = rows["operator"].map(self._column).where(~rows["ours"], 0)
        rows = rows.assign(cell=self._label[rows["unit"].to_numpy()], column=column)
        rows = rows.dropna(subset=["column"])
        # Only where the figures come by outlet does the absence of outlets mean none sold.
        whole = (rows["place"] == rows["outlet_id"]).groupby(rows["column"]).all()
        columns = whole.index[whole].astype(int).tolist()
        rows = pd.concat([rows, self._silent_outlets(rows, columns)], ignore_index=True)
        at = (rows["cell"].to_numpy(np.int64), rows["column"].to_numpy(np.int64))
        value = rows[name].to_numpy(np.float64)
        known = ~np.isnan(value)
        total, n_known, n_rows, n_carried = (np.zeros(shape) for _ in range(4))
        np.add.at(total, at, np.where(known, value, 0.0))
        np.add.at(n_known, at, known)
        np.add.at(n_rows, at, 1.0)
        np.add.at(n_carried, at, known & rows["carried"].to_numpy(bool))
        by_outlet = np.isin(np.arange(shape[1]), columns)
        told = (n_rows > 0.0) & (n_known >= ENOUGH * n_rows)
        total[~told] = np.nan
        total[(n_rows == 0.0) & by_outlet] = 0.0
        return _Sums(total, told & (n_carried > 0.0), told & (n_known < n_rows))

    def by_place(self, rows: pd.DataFrame, name: str) -> Floats:
        """Return an amount of places, which counts once whatever operators a place has."""
        rows = rows.sort_values("ours", ascending=False, kind="stable")
        rows = rows.dropna(subset=[name]).drop_duplicates(["source", "place", "unit"])
        cell = self._label[rows["unit"].to_numpy()]
        total = np.bincount(cell, rows[name].to_numpy(np.float64), minlength=self.n_cells)
        total[np.bincount(cell, minlength=self.n_cells) == 0] = np.nan
        return np.asarray(total, dtype=np.float64)

    def _silent_outlets(self, rows: pd.DataFrame, columns: list[int]) -> pd.DataFrame:
        """Return a row of nothing for each outlet of some operators that did not report."""
        outlets = self._outlets
        heard = outlets["outlet_id"].isin(rows["outlet_id"])
        silent = outlets[outlets["column"].isin(columns) & ~heard]
        return silent.assign(place=silent["outlet_id"], carried=False)


def _latest(records: pd.DataFrame, name: str, month: str, carry: int) -> pd.DataFrame:
    """Return for each key its figure of a month, or of one of the `carry` months before.

    Keys count that a source with this amount has in these months; `carried` says that the figure
    is an older one.
    """
    first = _months_before(month, carry) if month else ""
    window = records[(records["period"] >= first) & (records["period"] <= month)]
    told = records.loc[records[name].notna(), "source"].unique()
    window = window[window["source"].isin(told)].sort_values("period", kind="stable")
    keys = window.drop_duplicates(KEY, keep="last")[KEY]
    known = window.dropna(subset=[name]).drop_duplicates(KEY, keep="last")
    found = keys.merge(known[[*KEY, "period", name]], on=KEY, how="left", validate="one_to_one")
    return found.assign(carried=found["period"].notna() & (found["period"] != month))


def _basis(
    now: dict[str, _Sums], base_name: str, n_cells: int, *, invented: bool
) -> NDArray[np.object_]:
    """Return what the figures of each cell rest on."""
    rests = "rests_on_invented" if invented else f"rests_on_{base_name}"
    basis = np.full(n_cells, rests, dtype=object)
    if invented or base_name not in now:
        return basis
    basis[now[base_name].incomplete.any(axis=1)] = "rests_on_incomplete"
    for one in now.values():
        basis[one.carried.any(axis=1)] = "rests_on_carried"
    return basis


def _first_of_growth(records: pd.DataFrame, name: str, periods: list[str]) -> str:
    """Return the first month within a year before the last that has the amount, or nothing."""
    if not periods[-1] or not records[name].notna().any():
        return ""
    first = _months_before(periods[-1], GROWTH_MONTHS)
    told = records.loc[records[name].notna(), "period"]
    within = told[(told >= first) & (told < periods[-1]) & (told != "")]
    return str(within.min()) if len(within) else ""


def _months_before(month: str, count: int) -> str:
    """Return the month so many months before one such as 2024-06."""
    number = int(month[:4]) * 12 + int(month[5:]) - 1 - count
    return f"{number // 12:04d}-{number % 12 + 1:02d}"
