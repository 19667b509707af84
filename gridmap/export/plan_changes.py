"""What differs between two written plans, or between two months of one, on the same borders."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.errors import InputError, fault
from gridmap.export.compared_plan import ComparedPlan, cell_at
from gridmap.scenario import Scenario
from gridmap.scoring.comparison import Effect, changes, difference_in_differences
from gridmap.scoring.inputs import Ints
from gridmap.territory import Territory

Borders = Literal["same", "old", "new"]

#: Metrics for which changes and effects of two months are told first.
MONTHLY = (
    "share", "additions_share", "fair_share_index", "net_adds_per_1k", "churn",
    "port_balance_per_1k", "penetration", "target_attainment",
)  # fmt: skip
COLUMNS = ["code", "metric", "before", "after", "change", "beyond_bands", "basis"]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Changes of cells and, where something was done in some, its effect.

    Attributes
    ----------
    table
        `COLUMNS`: `basis` is ``cell`` (the same cell in both), ``points`` (rates re-bound by
        their demand points) or ``units`` (market figures re-bound by their units).
        Told metrics come first; in each metric the changes beyond the bands, then the largest.
    told
        Metrics that people are told first.
    effects
        By metric; empty where no touched cell is known.
    touched
        Codes of the touched cells.
    found
        Whether these were found from the outlets instead of named.
    before, after
        Months, or files.
    borders
        Whose borders; ``plan`` = months of one plan.
    invented
        Whether market figures are made up.
    lacks_rates
        Whether rates of demand could not be re-bound, for want of those by point.
    """

    table: pd.DataFrame
    told: tuple[str, ...]
    effects: dict[str, Effect]
    touched: tuple[str, ...]
    found: bool
    before: str
    after: str
    borders: Borders | Literal["plan"]
    invented: bool
    lacks_rates: bool = False


def compare_plans(
    old: Path, new: Path, *, on: Borders = "same", touched: Collection[str] = ()
) -> Comparison:
    """Compare two plans.

    Parameters
    ----------
    old, new
        plan.gpkg of each, or the folder it lies in.
    on
        ``same`` = only cells of the same borders in both; else all figures are re-bound to the
        borders of that plan. Codes are those of the new plan for ``same``.
    touched
        Codes of the cells in which something was done; empty = where an outlet of ours opened,
        closed or moved.

    Raises
    ------
    InputError
        If a file is no plan, no cell can be compared, or codes are unknown.
    """
    sides = (ComparedPlan.of_file(old), ComparedPlan.of_file(new))
    return _compared(*sides, on=on, touched=touched, span=(str(old), str(new)))


def compare_scenarios(
    old: tuple[Territory, Scenario],
    new: tuple[Territory, Scenario],
    *,
    on: Borders = "same",
    touched: Collection[str] = (),
    span: tuple[str, str],
) -> Comparison:
    """Compare two plans that are at hand, called by the names of `span`; see `compare_plans`."""
    sides = (ComparedPlan.of_scenario(*old), ComparedPlan.of_scenario(*new))
    return _compared(*sides, on=on, touched=touched, span=span)


def _compared(
    first: ComparedPlan,
    second: ComparedPlan,
    *,
    on: Borders,
    touched: Collection[str],
    span: tuple[str, str],
) -> Comparison:
    old, new = span
    if first.crs != second.crs:
        raise InputError(fault("compare.fault.crs", new, old=first.crs, new=second.crs))
    source, target = (second, first) if on == "old" else (first, second)
    twin = _twins(source.polygons, target.polygons)
    if on == "same" and not (twin >= 0).any():
        raise InputError(fault("compare.fault.other_borders", f"{old}, {new}"))
    theirs = source.as_cells_of(target, twin)
    ours = target.scores
    if on == "same":
        kept = target.codes[twin >= 0]
        theirs, ours = (one[one["cell_id"].isin(kept)] for one in (theirs, ours))
    else:
        bound = source.rates_on(target, twin)
        theirs = _joined(theirs, bound)
        theirs, ours = _with_market(source, target, theirs, ours)
    before, after = (ours, theirs) if on == "old" else (theirs, ours)
    basis = theirs.set_index(["cell_id", "metric"])["basis"]
    found = changes(before, after)
    at = pd.MultiIndex.from_frame(found[["cell_id", "metric"]])
    table = found.assign(basis=basis.reindex(at).to_numpy()).rename(columns={"cell_id": "code"})
    named_cells = tuple(touched) or _where_outlets_changed(
        first, second, target, set(table["code"])
    )
    compared = _comparison(
        table, target.told, named_cells, found=not touched,
        span=span, borders=on, invented=first.invented or second.invented,
    )  # fmt: skip
    return replace(compared, lacks_rates=on != "same" and not source.rates)


def compare_months(
    plan: Path, before: str, after: str, *, touched: Collection[str] = ()
) -> Comparison:
    """Compare the market figures of two months on the borders of one plan.

    Parameters
    ----------
    plan
        Its plan.gpkg, or the folder it lies in.
    before, after
        Months such as 2024-03.
    touched
        Codes of the cells in which something was done; empty = no effect is told.

    Raises
    ------
    InputError
        If the plan holds no market figures, or a month is unknown.
    """
    return _months(ComparedPlan.of_file(plan), before, after, touched=touched, where=str(plan))


def compare_months_of(
    territory: Territory,
    scenario: Scenario,
    before: str,
    after: str,
    *,
    touched: Collection[str] = (),
) -> Comparison:
    """Compare two months on the borders of a plan that is at hand; see `compare_months`."""
    plan = ComparedPlan.of_scenario(territory, scenario)
    return _months(plan, before, after, touched=touched, where=territory.name)


def market_months(market: pd.DataFrame | None) -> list[str]:
    """Return the months of which there are market figures, the oldest first."""
    return [] if market is None else sorted(set(market["period"].astype(str)) - {""})


def _months(
    one: ComparedPlan, before: str, after: str, *, touched: Collection[str], where: str
) -> Comparison:
    if one.market is None:
        raise InputError(fault("compare.fault.no_market", where))
    months = market_months(one.market)
    faults = [
        fault("compare.fault.unknown_month", month, known=", ".join(months))
        for month in dict.fromkeys((before, after))
        if month not in months
    ]
    if not faults and not before < after:
        faults.append(fault("compare.fault.same_month", f"{before}, {after}"))
    if faults:
        raise InputError(*faults)
    tables = [one.market_metrics(one.label, one.codes, month) for month in (before, after)]
    table = changes(*tables).rename(columns={"cell_id": "code"}).assign(basis="units")
    table["beyond_bands"] = False
    return _comparison(
        table,
        MONTHLY,
        tuple(touched),
        found=False,
        span=(before, after),
        borders="plan",
        invented=one.invented,
    )


def _comparison(
    table: pd.DataFrame,
    told: tuple[str, ...],
    touched: tuple[str, ...],
    *,
    found: bool,
    span: tuple[str, str],
    borders: Borders | Literal["plan"],
    invented: bool,
) -> Comparison:
    known = sorted(set(table["code"]))
    unknown = sorted(set(touched) - set(known))
    if unknown:
        raise InputError(
            *(fault("compare.fault.unknown_cell", one, known=", ".join(known)) for one in unknown)
        )
    names = dict.fromkeys([*told, *sorted(table["metric"].unique().tolist())])
    order = table["metric"].map({name: at for at, name in enumerate(names)}).to_numpy()
    table = table.iloc[np.argsort(order, kind="stable")][COLUMNS].reset_index(drop=True)
    effects = effects_of(table, touched, told) if touched else {}
    return Comparison(table, told, effects, touched, found, *span, borders, invented)


def effects_of(
    table: pd.DataFrame, touched: Collection[str], metrics: Sequence[str]
) -> dict[str, Effect]:
    """Return the effect in touched cells beside the others, by metric that the table has."""
    found = {}
    for name in metrics:
        rows = table[table["metric"] == name].sort_values("code")
        if not len(rows):
            continue
        before, after = rows["before"].to_numpy(np.float64), rows["after"].to_numpy(np.float64)
        mine = rows["code"].isin(list(touched)).to_numpy(dtype=bool)
        found[name] = difference_in_differences(before, after, mine)
    return found


def _with_market(
    source: ComparedPlan, target: ComparedPlan, theirs: pd.DataFrame, ours: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return both tables with the market metrics of all cells made anew on the target's borders.

    Where one plan holds no market figures, those of the cells that both have stay as they are.
    """
    if source.market is None or target.market is None:
        return theirs, ours
    fresh = [
        source.market_metrics(source.cell_in(target), target.codes),
        target.market_metrics(target.label, target.codes),
    ]
    names = set(fresh[0]["metric"]) | set(fresh[1]["metric"])
    kept = [one[~one["metric"].isin(names)] for one in (theirs, ours)]
    return _joined(kept[0], fresh[0]), _joined(kept[1], fresh[1])


def _joined(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    columns = ["cell_id", "metric", "value", "p05", "p95", "basis"]
    full = [
        one[columns].astype({"p05": float, "p95": float}) for one in (first, second) if len(one)
    ]
    return pd.concat(full, ignore_index=True) if full else first


def _twins(source: np.ndarray, target: np.ndarray) -> Ints:
    """Return for each target cell the source cell of the same borders, -1 = none."""
    twin = np.full(len(target), -1, dtype=np.int64)
    at, other = shapely.STRtree(source).query(target, predicate="intersects")
    same = shapely.equals(target[at], source[other])
    twin[at[same]] = other[same]
    return twin


def _where_outlets_changed(
    first: ComparedPlan, second: ComparedPlan, target: ComparedPlan, known: Collection[str]
) -> tuple[str, ...]:
    """Return the codes of the cells in which an outlet of ours opened, closed or moved."""
    places = []
    for one in (first, second):
        mine = one.outlets[one.outlets["ownership"].isin(["own", "partner"])]
        xy = shapely.get_coordinates(mine.geometry.to_numpy()).round(0)
        ids = mine["outlet_id"].astype(str)
        places.append({(name, x, y) for name, (x, y) in zip(ids, xy.tolist(), strict=True)})
    moved = sorted(places[0] ^ places[1])
    if not moved:
        return ()
    spots = gpd.points_from_xy([x for _, x, _ in moved], [y for _, _, y in moved])
    cells = cell_at(np.asarray(spots, dtype=object), target.polygons)
    return tuple(sorted(set(target.codes[cells[cells >= 0]].tolist()) & set(known)))
