"""Formulae of field work: visits made, kept to plan and in order, distribution, managers needed."""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
#: What each row adds above and below the line of a rate.
PartWhole = tuple[Floats, Floats]

DAYS_A_WEEK = 7
#: A gap between two visits is regular if it differs from the due one by at most this share of it.
REGULAR = 0.5


def kept_visits(log: pd.DataFrame) -> dict[str, PartWhole]:
    """Return plan rate, call compliance and route compliance as sums to take over visits.

    plan_rate = planned ∧ done / planned; call_compliance = planned ∧ done / done;
    route_compliance = in sequence / planned ∧ done, of the visits whose order is known.

    Parameters
    ----------
    log
        See `gridmap.schemas.VISIT_LOG`. Visits of which the log does not say whether they were
        planned count in none of the three.

    Returns
    -------
    dict
        What each visit adds above and below the line. Shapes (n_visits,).
    """
    planned = (log["planned"] == 1.0).to_numpy()
    told = log["planned"].notna().to_numpy()
    done = log["done"].to_numpy(dtype=bool)
    both = (planned & done).astype(np.float64)
    kept, ordered = in_sequence(log)
    return {
        "plan_rate": (both, planned.astype(np.float64)),
        "call_compliance": (both, (done & told).astype(np.float64)),
        "route_compliance": (kept.astype(np.float64), ordered.astype(np.float64)),
    }


def in_sequence(log: pd.DataFrame) -> tuple[Bools, Bools]:
    """Return which visits were made in the planned order, and of which the order is known.

    In sequence are the most visits of a route and day that stand in the planned order among
    themselves: those that need not be moved to restore it. One shop that was put last thus costs
    one visit, not all that follow its place.

    Parameters
    ----------
    log
        See `gridmap.schemas.VISIT_LOG`.

    Returns
    -------
    tuple
        The two as arrays of shape (n_visits,).

    References
    ----------
    Schensted, C. (1961). Longest increasing and decreasing subsequences. Canadian Journal of
    Mathematics 13.
    """
    ordered = (
        log["done"].to_numpy(dtype=bool)
        & (log["planned"] == 1.0).to_numpy()
        & log[["seq", "came"]].notna().all(axis=1).to_numpy()
        & (log["route"] != "").to_numpy()
    )
    kept = np.zeros(len(log), dtype=bool)
    made = log.assign(row=np.arange(len(log)))[ordered]
    made = made.sort_values(["route", "date", "came", "seq", "outlet_id"], kind="stable")
    row, seq = made["row"].to_numpy(), made["seq"].tolist()
    day = made[["route", "date"]]
    begins = np.flatnonzero((day != day.shift()).any(axis=1).to_numpy()).tolist()
    for begin, end in pairwise([*begins, len(made)]):
        kept[row[begin:end][longest_rising(seq[begin:end])]] = True
    return kept, ordered


def longest_rising(values: list[float]) -> list[int]:
    """Return the places of a longest part that never falls.

    Examples
    --------
    >>> longest_rising([1.0, 4.0, 2.0, 3.0])
    [0, 2, 3]
    """
    ends: list[float] = []
    last: list[int] = []
    before: list[int] = []
    for at, value in enumerate(values):
        length = bisect_right(ends, value)
        before.append(last[length - 1] if length else -1)
        ends[length:], last[length:] = (
            [value, *ends[length + 1 :]],
            [at, *last[length + 1 :]],
        )
    found: list[int] = []
    at = last[-1] if last else -1
    while at >= 0:
        found.append(at)
        at = before[at]
    return found[::-1]


def whole_cycles(days: Ints, weeks: int) -> tuple[int, int]:
    """Return the day on which the last whole cycles of a log begin, and how many they are.

    The log runs from its first day on for as many weeks as it takes to reach its last day.

    Parameters
    ----------
    days
        Days of its visits, counted from any day on; at least one. Shape (n_visits,).
    weeks
        Weeks of a cycle.

    Examples
    --------
    >>> whole_cycles(np.array([0, 11, 39]), weeks=4)
    (14, 1)
    """
    first, last = int(days.min()), int(days.max())
    told_weeks = (last - first) // DAYS_A_WEEK + 1
    cycles = told_weeks // weeks
    return first + DAYS_A_WEEK * (told_weeks - cycles * weeks), cycles


def attained_visits(log: pd.DataFrame, due: pd.Series[int], weeks: int) -> PartWhole | None:
    """Return made and due visits of each outlet in the last whole cycles of a log.

    An outlet counts min(made, due): a visit too many makes up for nobody else's. One with a visit
    without a date counts neither above nor below.

    Parameters
    ----------
    log
        See `gridmap.schemas.VISIT_LOG`; at least one visit has a date.
    due
        Visits that a cycle owes to each outlet, by id. Shape (n_outlets,).
    weeks
        Weeks of a cycle.

    Returns
    -------
    tuple or None
        Arrays of shape (n_outlets,); None if the log is shorter than a cycle.
    """
    dated = log[log["date"] != ""]
    begin, cycles = whole_cycles(_days(dated), weeks)
    if not cycles:
        return None
    made = log[log["done"]]
    unsure = due.index.isin(made.loc[made["date"] == "", "outlet_id"])
    owed = np.where(unsure, 0.0, due.to_numpy(dtype=np.float64) * cycles)
    counted = dated["done"].to_numpy(dtype=bool) & (_days(dated) >= begin)
    times = _count(dated["outlet_id"][counted], due.index)
    return np.minimum(times, owed), owed


def regular_gaps(log: pd.DataFrame, due: pd.Series[int], weeks: int) -> PartWhole:
    """Return regular and all gaps between successive days of visit of each outlet.

    A gap is regular within ± `REGULAR` of the due one, a cycle over the visits of a cycle.

    Parameters
    ----------
    log, due, weeks
        As for `attained_visits`.

    Returns
    -------
    tuple
        Arrays of shape (n_outlets,).
    """
    made = log[log["done"] & (log["date"] != "")][["outlet_id", "date"]].drop_duplicates()
    made = made.sort_values(["outlet_id", "date"], kind="stable")
    ids, day = made["outlet_id"], _days(made)
    owed = ids.map(due).fillna(0).to_numpy(dtype=np.float64)
    again = (ids == ids.shift()).to_numpy() & (owed > 0.0)
    gap = np.diff(day, prepend=day[:1]).astype(np.float64)
    usual = DAYS_A_WEEK * weeks / np.where(owed > 0.0, owed, np.nan)
    regular = again & (np.abs(gap - usual) <= REGULAR * usual)
    return _count(ids[regular], due.index), _count(ids[again], due.index)


def numeric_distribution(stocks: Floats) -> PartWhole:
    """Return stocking outlets over all whose stock is known; NaN = unknown.

    Shapes (n_outlets,).
    """
    return (stocks == 1.0).astype(np.float64), (~np.isnan(stocks)).astype(np.float64)


def weighted_distribution(stocks: Floats, category_sales: Floats) -> PartWhole:
    """Return the category's sales of stocking outlets over those of all, where both are known.

    Shapes (n_outlets,).
    """
    known = ~np.isnan(stocks) & ~np.isnan(category_sales)
    whole = np.where(known, category_sales, 0.0)
    return np.where(stocks == 1.0, whole, 0.0), whole


def managers_needed(visits: Floats, calls_a_manager: float) -> Floats:
    """Return how many managers the visits of each group take, by the workload method.

    Parameters
    ----------
    visits
        Visits that are due in a time.
    calls_a_manager
        Calls that a manager can make in that time.

    References
    ----------
    Talley, W. J. (1961). How to design sales territories. Journal of Marketing 25(3).
    """
    return visits / calls_a_manager


def _days(log: pd.DataFrame) -> Ints:
    """Return the days of visits that have a date as numbers. Shape (n_visits,)."""
    return log["date"].to_numpy(dtype="datetime64[D]").astype(np.int64)


def _count(ids: pd.Series[str], outlets: pd.Index[str]) -> Floats:
    """Return how often each outlet is among some. Shape (n_outlets,)."""
    times = ids.value_counts().reindex(outlets).fillna(0)
    return np.asarray(times.to_numpy(dtype=np.float64), dtype=np.float64)
