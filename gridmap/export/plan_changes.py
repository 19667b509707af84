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

from gridmap.checking import read_layers
from gridmap.errors import InputError, fault
from gridmap.export.geo import MARKET_LAYER
from gridmap.policies import PlanRequest
from gridmap.schemas import MARKET
from gridmap.scoring.comparison import Effect, changes, difference_in_differences, on_borders
from gridmap.scoring.indicators import main_threshold
from gridmap.scoring.inputs import Ints
from gridmap.scoring.market import GROWTH_METRICS, market_position
from gridmap.scoring.market_inputs import counts_of_month
from gridmap.scoring.metrics import threshold_name
from gridmap.scoring.point_rates import rates_in

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
    first, second = _Plan(old), _Plan(new)
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
        span=(str(old), str(new)), borders=on, invented=first.invented or second.invented,
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
    one = _Plan(plan)
    if one.market is None:
        raise InputError(fault("compare.fault.no_market", plan))
    months = sorted(set(one.market["period"]) - {""})
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


class _Plan:
    """A written plan, by the codes of its cells."""

    def __init__(self, path: Path) -> None:
        path = path / "plan.gpkg" if path.is_dir() else path
        layers = read_layers(path, ("cells", "scores", "plan", "units", "outlets", "demand"))
        cells = layers["cells"].sort_values("cell_id")
        facts = dict(zip(layers["plan"]["key"], layers["plan"]["value"], strict=True))
        policy = PlanRequest.model_validate_json(facts["request"]).scoring
        mode, limits = next(iter(policy.modes.items()))
        main = main_threshold(limits)
        self.told = (
            "position_score", "coverage_score", "share", "expected_share",
            threshold_name("coverage_ours", mode, main), threshold_name("blind_share", mode, main),
        )  # fmt: skip
        self.policy = policy
        self.crs = str(cells.crs)
        self.codes = cells["code"].astype(str).to_numpy(dtype=object)
        self.polygons = cells.geometry.to_numpy()
        self.units = layers["units"].sort_values("unit_id")
        self.outlets = layers["outlets"]
        row = pd.Series(np.arange(len(cells)), index=cells["cell_id"].to_numpy())
        self.label = row.reindex(self.units["cell_id"]).to_numpy(np.int64)
        scores = pd.DataFrame(layers["scores"].drop(columns="geometry"))
        self.scores = scores.assign(
            cell_id=self.codes[row.reindex(scores["cell_id"]).to_numpy(np.int64)], basis="cell"
        )
        self.market = _market_of(path)
        self.rates = rates_in(pd.DataFrame(layers["demand"].drop(columns="geometry")))
        self.points = layers["demand"].geometry.to_numpy()
        self.invented = "market" in str(facts.get("invented") or "").split(", ")

    def as_cells_of(self, target: _Plan, twin: Ints) -> pd.DataFrame:
        """Return the scores of the cells that the target has too, by the codes there."""
        pairs = zip(self.codes[twin[twin >= 0]], target.codes[twin >= 0], strict=True)
        code = dict(pairs)
        kept = self.scores[self.scores["cell_id"].isin(code)]
        return kept.assign(cell_id=kept["cell_id"].map(code))

    def rates_on(self, target: _Plan, twin: Ints) -> pd.DataFrame:
        """Return the rates of demand within the target's cells that are not here."""
        new = np.flatnonzero(twin < 0)
        if not self.rates:
            return _table(target.codes[:0], "", np.empty(0), "points")
        cell = _cell_at(self.points, target.polygons)
        tables = []
        for name, one in self.rates.items():
            value = on_borders(one.part, one.whole, cell, len(target.codes))
            tables.append(_table(target.codes[new], name, value[new], "points"))
        return pd.concat(tables, ignore_index=True)

    def cell_in(self, target: _Plan) -> Ints:
        """Return the target's cell of each unit here, -1 = none. Shape (n_units,)."""
        points = self.units.geometry.representative_point().to_numpy()
        return _cell_at(points, target.polygons)

    def market_metrics(self, label: Ints, codes: np.ndarray, month: str = "") -> pd.DataFrame:
        """Return the market metrics of cells; a unit of label -1 belongs to none."""
        if self.market is None:
            return _table(codes[:0], "share", np.empty(0), "units")
        n_cells = len(codes)
        inside = np.where(label < 0, n_cells, label)
        counts = counts_of_month(
            self.market, self.outlets.rename(columns={"unit_id": "unit"}), inside, n_cells + 1,
            carry=self.policy.carry_forward, month=month,
        )  # fmt: skip
        found = market_position(counts, kappa=self.policy.kappa)
        tables = [
            _table(codes, name, values.value[:n_cells], "units")
            for name, values in found.items()
            if name not in GROWTH_METRICS and len(values.value)
        ]
        return pd.concat(tables, ignore_index=True)


def _with_market(
    source: _Plan, target: _Plan, theirs: pd.DataFrame, ours: pd.DataFrame
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


def _market_of(path: Path) -> pd.DataFrame | None:
    """Return the market figures of a plan, None where it has none."""
    try:
        table = pd.DataFrame(read_layers(path, (MARKET_LAYER,))[MARKET_LAYER])
    except InputError:
        return None
    words = ["source", "place", "outlet_id", "operator", "period"]
    table[words] = table[words].fillna("").astype(str)
    return MARKET.validate(table.astype({"ours": bool, "unit": "int64"}))


def _joined(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    columns = ["cell_id", "metric", "value", "p05", "p95", "basis"]
    full = [
        one[columns].astype({"p05": float, "p95": float}) for one in (first, second) if len(one)
    ]
    return pd.concat(full, ignore_index=True) if full else first


def _table(codes: np.ndarray, name: str, value: np.ndarray, basis: str) -> pd.DataFrame:
    """Return rows of a table of scores without bands."""
    return pd.DataFrame(
        {"cell_id": codes, "metric": name, "value": value, "p05": np.nan, "p95": np.nan,
         "basis": basis}
    )  # fmt: skip


def _twins(source: np.ndarray, target: np.ndarray) -> Ints:
    """Return for each target cell the source cell of the same borders, -1 = none."""
    twin = np.full(len(target), -1, dtype=np.int64)
    at, other = shapely.STRtree(source).query(target, predicate="intersects")
    same = shapely.equals(target[at], source[other])
    twin[at[same]] = other[same]
    return twin


def _cell_at(points: np.ndarray, polygons: np.ndarray) -> Ints:
    """Return the cell of each point, -1 = none; on a border the first."""
    cell = np.full(len(points), len(polygons), dtype=np.int64)
    point, found = shapely.STRtree(polygons).query(points, predicate="intersects")
    np.minimum.at(cell, point, found)
    cell[cell == len(polygons)] = -1
    return cell


def _where_outlets_changed(
    first: _Plan, second: _Plan, target: _Plan, known: Collection[str]
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
    cells = _cell_at(np.asarray(spots, dtype=object), target.polygons)
    return tuple(sorted(set(target.codes[cells[cells >= 0]].tolist()) & set(known)))
