"""From the log of visits and the stock of a territory's outlets to what the cells count of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from gridmap.policies import RoutingPolicy
from gridmap.scoring import field_work
from gridmap.scoring.field_work import Bools, Floats, Ints
from gridmap.scoring.inputs import FieldCounts, FieldSum, ScoringInputs
from gridmap.scoring.measures import CellValues, amount, missing, rate
from gridmap.territory import Territory

#: Metrics of field work, and why all cells lack them where nothing is known.
FIELD_METRICS: Mapping[str, str] = {
    "plan_rate": "no_visit_log",
    "call_compliance": "no_visit_log",
    "route_compliance": "no_visit_log",
    "visit_attainment": "no_visit_log",
    "visit_regularity": "no_visit_log",
    "managers_needed": "no_routes",
    "numeric_distribution": "stocking_unknown",
    "weighted_distribution": "category_sales_unknown",
}
#: Note of a cell without anything below the line, by metric.
EMPTY: Mapping[str, str] = {
    "plan_rate": "no_visits_planned",
    "call_compliance": "no_visits_made",
    "route_compliance": "no_visit_order",
}
#: Entry of `Territory.invented` for a log of visits that is made up.
INVENTED_LOG = "visits"


def field_counts(
    territory: Territory, label: Ints, n_cells: int, routing: RoutingPolicy
) -> FieldCounts:
    """Return what the cells of any partition count of field work.

    All outlets count, those of other ownership, too: they are visited and may stock our goods.

    Parameters
    ----------
    territory
        Its outlets and its log of visits.
    label
        Cell of each unit. Shape (n_units,).
    n_cells
        Number of cells.
    routing
        Grades, cycle and limit of calls.
    """
    outlets = territory.outlets
    cell = label[outlets["unit"].to_numpy(dtype=np.int64)]
    counts = _Counts(cell, n_cells)
    due = _due(outlets, routing)
    calls = float(routing.day.max_calls * routing.cycle_days)
    needed = field_work.managers_needed(np.asarray(due, dtype=np.float64), calls)
    counts.add("managers_needed", (needed, None), empty="no_visits_due")
    stocks = outlets["stocks"].to_numpy(dtype=np.float64)
    if np.isfinite(stocks).any():
        numeric = field_work.numeric_distribution(stocks)
        counts.add("numeric_distribution", numeric, empty="stocking_unknown")
        weighted = field_work.weighted_distribution(
            stocks, outlets["category_sales"].to_numpy(dtype=np.float64)
        )
        if weighted[1].any():
            counts.add("weighted_distribution", weighted, empty="category_sales_unknown")
    log = territory.visit_log
    if log is not None and len(log):
        note = "visits_invented" if INVENTED_LOG in territory.invented else ""
        _count_visits(counts, log, outlets, due, weeks=routing.weeks, note=note)
    return FieldCounts(counts.sums, counts.lacking)


def field_metrics(counts: FieldCounts | None, n_cells: int) -> dict[str, CellValues]:
    """Return all metrics of field work, missing ones too."""
    lacking = {**FIELD_METRICS, **(counts.lacking if counts else {})}
    found = {name: missing(n_cells, why) for name, why in lacking.items()}
    for name, one in (counts.sums if counts else {}).items():
        if one.whole is None:
            found[name] = amount(one.part, one.n, empty=one.empty, note=one.note)
        else:
            found[name] = rate(one.part, one.whole, one.n, empty=one.empty, note=one.note)
            found[name].note[np.isnan(one.whole)] = "no_visits_logged"
    return found


def outlet_productivity(inputs: ScoringInputs) -> CellValues:
    """Return our gross additions of the last month for each of our outlets."""
    market = inputs.market
    if market is None or market.additions is None:
        return missing(inputs.n_cells, "no_flow_data")
    ours = inputs.outlets_by_cell(inputs.ours)
    found = rate(market.additions[:, 0], ours, ours, empty="no_flow_data", note=market.notes)
    found.note[ours == 0.0] = "no_outlets"
    return found


def sell_depth(inputs: ScoringInputs) -> CellValues:
    """Return the sales of our outlets that sold anything, for each of them."""
    if inputs.sales is None:
        return missing(inputs.n_cells, "no_sales")
    active = inputs.ours & (inputs.sales > 0.0)
    count = inputs.outlets_by_cell(active)
    sold = inputs.outlets_by_cell(np.where(active, inputs.sales, 0.0))
    return rate(sold, count, count, empty="no_active_outlet")


class _Counts:
    """Sums over the outlets of each cell."""

    def __init__(self, cell: Ints, n_cells: int) -> None:
        self.sums: dict[str, FieldSum] = {}
        self.lacking: dict[str, str] = {}
        self.cell, self.n_cells = cell, n_cells

    def add(
        self,
        name: str,
        over: tuple[Floats, Floats | None],
        *,
        empty: str,
        note: str = "",
        cell: Ints | None = None,
        silent: Bools | None = None,
    ) -> None:
        """Add the sums of a rate, or of a quantity without anything below the line.

        Parameters
        ----------
        over
            What each outlet or visit adds above and below the line. Shapes (n,).
        empty, note
            Notes of cells without and with a value.
        cell
            Cell of each visit, by default of each outlet. Shape (n,).
        silent
            Cells of which nothing is known. Shape (n_cells,).
        """
        at = self.cell if cell is None else cell
        part, whole = over

        def total(values: Floats) -> Floats:
            inside = at >= 0
            summed = np.bincount(at[inside], values[inside], self.n_cells).astype(np.float64)
            if silent is not None:
                summed[silent] = np.nan
            return summed

        n = np.nan_to_num(total(((part if whole is None else whole) > 0.0).astype(np.float64)))
        below = None if whole is None else total(whole)
        self.sums[name] = FieldSum(total(part), below, n, empty, note)


def _due(outlets: pd.DataFrame, routing: RoutingPolicy) -> pd.Series[int]:
    """Return the visits that a cycle owes to each outlet, by id."""
    due_of = {grade: policy.visits for grade, policy in routing.grade_policy.items()}
    due = outlets["grade"].map(due_of).fillna(0).astype("int64").where(outlets["visited"], 0)
    return due.set_axis(outlets["outlet_id"])


def _count_visits(
    counts: _Counts,
    log: pd.DataFrame,
    outlets: pd.DataFrame,
    due: pd.Series[int],
    *,
    weeks: int,
    note: str,
) -> None:
    at = pd.Index(outlets["outlet_id"]).get_indexer(pd.Index(log["outlet_id"]))
    cell = np.where(at >= 0, counts.cell[at], -1).astype(np.int64)
    kept = field_work.kept_visits(log)
    why = "no_visit_order" if log["planned"].notna().any() else "no_plan_in_log"
    for name, over in kept.items():
        if over[1].any():
            counts.add(name, over, empty=EMPTY[name], note=note, cell=cell)
        else:
            counts.lacking[name] = EMPTY[name] if why == "no_visit_order" else why
    if not (log["date"] != "").any():
        counts.lacking |= dict.fromkeys(("visit_attainment", "visit_regularity"), "no_visit_dates")
        return
    # Where nobody logged anything, 0 visits would be a claim without data.
    heard = np.bincount(cell[cell >= 0], minlength=counts.n_cells) > 0
    gaps = field_work.regular_gaps(log, due, weeks)
    counts.add("visit_regularity", gaps, empty="no_repeat_visits", note=note)
    attained = field_work.attained_visits(log, due, weeks)
    if attained is None:
        counts.lacking["visit_attainment"] = "log_too_short"
        return
    grade = outlets["grade"].to_numpy(dtype=object)
    grades = sorted(set(grade[due.to_numpy() > 0]))
    chosen = {"visit_attainment": np.ones(len(grade), dtype=bool)}
    chosen |= {f"visit_attainment_{one}": grade == one for one in grades}
    for name, rows in chosen.items():
        over = (attained[0] * rows, attained[1] * rows)
        counts.add(name, over, empty="no_visits_due", note=note, silent=~heard)
