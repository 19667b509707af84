"""A plan to be compared with another, or with itself a month later: from a file or at hand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.checking import read_layers
from gridmap.errors import InputError
from gridmap.export.geo import MARKET_LAYER, outlets_layer
from gridmap.partition.cells import cell_polygons
from gridmap.policies import PlanRequest, ScoringPolicy
from gridmap.scenario import Scenario
from gridmap.schemas import MARKET
from gridmap.scoring.comparison import on_borders
from gridmap.scoring.indicators import main_threshold
from gridmap.scoring.inputs import Ints
from gridmap.scoring.market import GROWTH_METRICS, market_position
from gridmap.scoring.market_inputs import counts_of_month
from gridmap.scoring.measures import DemandRate
from gridmap.scoring.metrics import threshold_name
from gridmap.scoring.point_rates import rates_in
from gridmap.territory import Territory


@dataclass(frozen=True, eq=False)
class ComparedPlan:
    """A plan, by the codes of its cells.

    Attributes
    ----------
    policy, crs
        Policy of its scores, and reference system.
    codes, polygons
        Of its cells. Shape (n_cells,).
    label, unit_polygons
        Cell of each unit and its polygon. Shape (n_units,).
    outlets
        Points with outlet_id, ownership and unit_id.
    scores
        With the code of the cell as cell_id, and `basis`.
    market
        Market figures by unit; None = has none.
    rates, points
        Rates of demand by metric, and the demand points.
    invented
        Whether market figures are made up.
    """

    policy: ScoringPolicy
    crs: str
    codes: np.ndarray
    polygons: np.ndarray
    label: Ints
    unit_polygons: np.ndarray
    outlets: gpd.GeoDataFrame
    scores: pd.DataFrame
    market: pd.DataFrame | None
    rates: dict[str, DemandRate]
    points: np.ndarray
    invented: bool

    @classmethod
    def of_file(cls, path: Path) -> ComparedPlan:
        """Read a written plan."""
        path = path / "plan.gpkg" if path.is_dir() else path
        layers = read_layers(path, ("cells", "scores", "plan", "units", "outlets", "demand"))
        cells = layers["cells"].sort_values("cell_id")
        facts = dict(zip(layers["plan"]["key"], layers["plan"]["value"], strict=True))
        units = layers["units"].sort_values("unit_id")
        codes = cells["code"].astype(str).to_numpy(dtype=object)
        row = pd.Series(np.arange(len(cells)), index=cells["cell_id"].to_numpy())
        scores = pd.DataFrame(layers["scores"].drop(columns="geometry"))
        return cls(
            policy=PlanRequest.model_validate_json(facts["request"]).scoring,
            crs=str(cells.crs),
            codes=codes,
            polygons=cells.geometry.to_numpy(),
            label=row.reindex(units["cell_id"]).to_numpy(np.int64),
            unit_polygons=units.geometry.to_numpy(),
            outlets=layers["outlets"],
            scores=_scores_by_code(scores, codes, row),
            market=_market_of(path),
            rates=rates_in(pd.DataFrame(layers["demand"].drop(columns="geometry"))),
            points=layers["demand"].geometry.to_numpy(),
            invented="market" in str(facts.get("invented") or "").split(", "),
        )

    @classmethod
    def of_scenario(cls, territory: Territory, scenario: Scenario) -> ComparedPlan:
        """Return a plan that is at hand."""
        cells, demand, label = scenario.cells, territory.demand, scenario.partition.label
        codes = cells["code"].astype(str).to_numpy(dtype=object)
        row = pd.Series(np.arange(len(cells)), index=cells["cell_id"].to_numpy())
        rates = scenario.point_rates
        market = territory.market
        return cls(
            policy=scenario.request.scoring,
            crs=str(territory.crs),
            codes=codes,
            polygons=np.asarray(cell_polygons(territory.units, label, len(cells)), dtype=object),
            label=label,
            unit_polygons=territory.units.polygons,
            outlets=outlets_layer(territory, scenario).assign(
                unit_id=territory.outlets["unit"].to_numpy()
            ),
            scores=_scores_by_code(scenario.scores, codes, row),
            market=None if market is None or not len(market) else market,
            rates={} if rates is None else rates_in(rates.assign(weight=demand["weight"])),
            points=np.array(shapely.points(demand[["x", "y"]].to_numpy()), dtype=object),
            invented="market" in territory.invented,
        )

    @property
    def told(self) -> tuple[str, ...]:
        """Metrics that people are told first."""
        mode, limits = next(iter(self.policy.modes.items()))
        main = main_threshold(limits)
        return (
            "position_score", "coverage_score", "share", "expected_share",
            threshold_name("coverage_ours", mode, main), threshold_name("blind_share", mode, main),
        )  # fmt: skip

    def as_cells_of(self, target: ComparedPlan, twin: Ints) -> pd.DataFrame:
        """Return the scores of the cells that the target has too, by the codes there."""
        pairs = zip(self.codes[twin[twin >= 0]], target.codes[twin >= 0], strict=True)
        code = dict(pairs)
        kept = self.scores[self.scores["cell_id"].isin(code)]
        return kept.assign(cell_id=kept["cell_id"].map(code))

    def rates_on(self, target: ComparedPlan, twin: Ints) -> pd.DataFrame:
        """Return the rates of demand within the target's cells that are not here."""
        new = np.flatnonzero(twin < 0)
        if not self.rates:
            return score_rows(target.codes[:0], "", np.empty(0), "points")
        cell = cell_at(self.points, target.polygons)
        tables = []
        for name, one in self.rates.items():
            value = on_borders(one.part, one.whole, cell, len(target.codes))
            tables.append(score_rows(target.codes[new], name, value[new], "points"))
        return pd.concat(tables, ignore_index=True)

    def cell_in(self, target: ComparedPlan) -> Ints:
        """Return the target's cell of each unit here, -1 = none. Shape (n_units,)."""
        return cell_at(shapely.point_on_surface(self.unit_polygons), target.polygons)

    def market_metrics(self, label: Ints, codes: np.ndarray, month: str = "") -> pd.DataFrame:
        """Return the market metrics of cells; a unit of label -1 belongs to none."""
        if self.market is None:
            return score_rows(codes[:0], "share", np.empty(0), "units")
        n_cells = len(codes)
        inside = np.where(label < 0, n_cells, label)
        counts = counts_of_month(
            self.market, self.outlets.rename(columns={"unit_id": "unit"}), inside, n_cells + 1,
            carry=self.policy.carry_forward, month=month,
        )  # fmt: skip
        found = market_position(counts, kappa=self.policy.kappa)
        tables = [
            score_rows(codes, name, values.value[:n_cells], "units")
            for name, values in found.items()
            if name not in GROWTH_METRICS and len(values.value)
        ]
        return pd.concat(tables, ignore_index=True)


def _scores_by_code(scores: pd.DataFrame, codes: np.ndarray, row: pd.Series) -> pd.DataFrame:
    """Return scores with the codes of the cells, of which `row` is the place by number."""
    places = row.reindex(scores["cell_id"]).to_numpy(np.int64)
    return scores.assign(cell_id=codes[places], basis="cell")


def _market_of(path: Path) -> pd.DataFrame | None:
    """Return the market figures of a plan, None where it has none."""
    try:
        table = pd.DataFrame(read_layers(path, (MARKET_LAYER,))[MARKET_LAYER])
    except InputError:
        return None
    words = ["source", "place", "outlet_id", "operator", "period"]
    table[words] = table[words].fillna("").astype(str)
    return MARKET.validate(table.astype({"ours": bool, "unit": "int64"}))


def score_rows(codes: np.ndarray, name: str, value: np.ndarray, basis: str) -> pd.DataFrame:
    """Return rows of a table of scores without bands."""
    return pd.DataFrame(
        {"cell_id": codes, "metric": name, "value": value, "p05": np.nan, "p95": np.nan,
         "basis": basis}
    )  # fmt: skip


def cell_at(points: np.ndarray, polygons: np.ndarray) -> Ints:
    """Return the cell of each point, -1 = none; on a border the first."""
    cell = np.full(len(points), len(polygons), dtype=np.int64)
    point, found = shapely.STRtree(polygons).query(points, predicate="intersects")
    np.minimum.at(cell, point, found)
    cell[cell == len(polygons)] = -1
    return cell
