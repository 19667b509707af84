"""What the report of a cell says, as plain values from the file of a plan."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
from shapely.geometry.base import BaseGeometry

from gridmap.checking import read_layers
from gridmap.export.plan_file import PlanFile, read_plan
from gridmap.export.report_layers import GROUND_LAYER, REACH_LAYER, ground_map
from gridmap.export.street_map import StreetMap
from gridmap.policies import Mode
from gridmap.scoring.advice import Advice, cell_advice
from gridmap.scoring.indicators import main_threshold
from gridmap.scoring.metrics import Named, named, threshold_name
from gridmap.scoring.score_table import pool_cells

BLIND_LAYER, DUPLICATES_LAYER = "blind_zones", "duplicates"

Reading = Literal["better", "worse", "alike", "neither", "unknown"]
#: Figures without a band that differ by less than this share are alike.
ALIKE = 0.02


@dataclass(frozen=True)
class KeyFigure:
    """A figure of a cell beside that of the whole territory; None = missing, never 0.

    Attributes
    ----------
    metric
        What it is.
    value, p05, p95
        The figure and its band.
    region
        That of the territory: sum over sums, or the median of the cells where `is_median`.
    note
        Key of why it is missing, or of what it rests on.
    """

    metric: Named
    value: float | None
    p05: float | None
    p95: float | None
    region: float | None
    is_median: bool
    note: str

    @property
    def reading(self) -> Reading:
        """How the cell stands to the territory; within its band, or close to it, is alike."""
        if self.value is None or self.region is None:
            return "unknown"
        if self.metric.metric.direction == 0:
            return "neither"
        low, high = self.value, self.value
        if self.p05 is not None and self.p95 is not None:
            low, high = self.p05, self.p95
        near = math.isclose(self.value, self.region, rel_tol=ALIKE, abs_tol=1e-9)
        if near or low <= self.region <= high:
            return "alike"
        above = self.value > self.region
        return "better" if above == (self.metric.metric.direction > 0) else "worse"


@dataclass(frozen=True)
class ScoreFigure:
    """A score on 0–100 with its band and the band of its rank; None = no score.

    `rest` is the key of what it rests on or why there is none, `data` the share of the planned
    indicators that had data, `cells` how many cells have the score.
    """

    value: float | None
    p05: float | None
    p95: float | None
    rank_low: int | None
    rank_high: int | None
    cells: int
    data: float | None
    rest: str


@dataclass(frozen=True)
class Spot:
    """A cell among the others: both scores, None = no score."""

    cell_id: int
    position: float | None
    coverage: float | None
    quadrant: str


@dataclass(frozen=True)
class Listed:
    """An outlet of a list: name and a mark that the map shows too."""

    outlet_id: str
    words: str


@dataclass(frozen=True)
class FoundZone:
    """A blind zone: demand, share of the cell's, minutes to our nearest outlet, and the fix.

    `after` is the blind share of the cell once the fix is done, from `before`.
    """

    demand: float
    share: float
    nearest_min: float | None
    fix: str
    fix_outlet: str
    before: float | None
    after: float | None
    shape: BaseGeometry


@dataclass(frozen=True)
class FoundPair:
    """Two own outlets that reach much of the same demand."""

    first: str
    second: str
    overlap: float
    fix: str
    fix_outlet: str
    shape: BaseGeometry


@dataclass(frozen=True, eq=False)
class CellFacts:
    """Everything on the page of one cell.

    `zero_sale` is None where no sales are known; `zones` and `pairs` are None where the plan holds
    no such analysis, which is not the same as none found.
    """

    cell_id: int
    code: str
    name: str
    managers: tuple[str, ...]
    quadrant: str
    execution: str
    shape: BaseGeometry
    position: ScoreFigure
    coverage: ScoreFigure
    figures: tuple[KeyFigure, ...]
    advice: tuple[Advice, ...]
    zero_sale: tuple[Listed, ...] | None
    unmanaged: tuple[Listed, ...]
    zones: tuple[FoundZone, ...] | None
    pairs: tuple[FoundPair, ...] | None


@dataclass(frozen=True, eq=False)
class ReportBook:
    """A plan with what its reports need.

    Attributes
    ----------
    plan
        The plan.
    scores
        See `gridmap.schemas.SCORES`.
    streets
        The map underneath, None in plans that are older than it.
    reach
        Minutes and ground that own and partner outlets reach within them, the shortest first.
    zones, pairs
        See `gridmap.scoring.findings`; None where the plan has none.
    period
        Month of the market figures, empty where not known.
    """

    plan: PlanFile
    scores: pd.DataFrame
    streets: StreetMap | None = None
    reach: tuple[tuple[float, BaseGeometry], ...] = ()
    zones: gpd.GeoDataFrame | None = None
    pairs: gpd.GeoDataFrame | None = None
    period: str = ""
    _pages: dict[int, CellFacts] = field(default_factory=dict, repr=False)

    @property
    def mode(self) -> Mode:
        """Means of travel of the scores."""
        return next(iter(self.plan.request.scoring.modes))

    @property
    def minutes(self) -> float:
        """Threshold that "covered" means."""
        return main_threshold(next(iter(self.plan.request.scoring.modes.values())))

    @cached_property
    def spots(self) -> tuple[Spot, ...]:
        """All cells with their scores."""
        return tuple(
            Spot(int(row.cell_id), known(row.position_score), known(row.coverage_score),
                 _words(row.quadrant) or "unknown")
            for row in self.plan.cells.itertuples()
        )  # fmt: skip

    @cached_property
    def region(self) -> dict[str, float]:
        """Figures of the whole territory that are sums over sums."""
        pooled = pool_cells(self.scores)
        return dict(zip(pooled["metric"], pooled["value"].astype(float), strict=True))

    @cached_property
    def rows(self) -> dict[tuple[int, str], Any]:
        """Rows of the scores by cell and metric."""
        keys = zip(self.scores["cell_id"].tolist(), self.scores["metric"].tolist(), strict=True)
        return dict(zip(keys, self.scores.itertuples(), strict=True))

    @cached_property
    def names(self) -> dict[str, str]:
        """Name of each outlet, with its id where others are called the same, or its id alone."""
        table = self.plan.outlets
        names = table["name"].astype(str).str.strip()
        again = names.duplicated(keep=False)
        rows = zip(table["outlet_id"].astype(str), names, again, strict=True)
        return {one: f"{name} ({one})" if name and twice else name or one
                for one, name, twice in rows}  # fmt: skip

    @cached_property
    def visited(self) -> frozenset[str]:
        """Outlets that a route visits."""
        return frozenset(self.plan.stops["outlet_id"].astype(str))

    @cached_property
    def medians(self) -> dict[str, float]:
        """Median over the cells of each metric."""
        found = self.scores.dropna(subset=["value"]).groupby("metric")["value"].median()
        return {str(one): float(value) for one, value in found.items()}

    def facts(self, cell_id: int) -> CellFacts:
        """Return what the page of a cell says."""
        if cell_id not in self._pages:
            self._pages[cell_id] = _cell_facts(self, cell_id)
        return self._pages[cell_id]


def read_report_book(path: Path) -> ReportBook:
    """Return what the reports of a plan need from its GeoPackage; newer layers may be missing.

    Raises
    ------
    InputError
        If the file is missing, not a plan, or has no scores.
    """
    path = path / "plan.gpkg" if path.is_dir() else path
    plan = read_plan(path)
    scores = pd.DataFrame(read_layers(path, ("scores",))["scores"].drop(columns="geometry"))
    scores["note"] = scores["note"].fillna("")
    there = {str(row[0]) for row in pyogrio.list_layers(path)}

    def optional(name: str) -> gpd.GeoDataFrame | None:
        return read_layers(path, (name,))[name] if name in there else None

    ground, reach = optional(GROUND_LAYER), optional(REACH_LAYER)
    facts = read_layers(path, ("plan",))["plan"]
    period = dict(zip(facts["key"], facts["value"], strict=True)).get("period")
    return ReportBook(
        plan,
        scores,
        streets=None if ground is None else ground_map(ground),
        reach=()
        if reach is None
        else tuple(zip(reach["minutes"].astype(float), reach.geometry, strict=True)),
        zones=optional(BLIND_LAYER),
        pairs=optional(DUPLICATES_LAYER),
        period=_words(period),
    )


def key_metrics(mode: str, minutes: float) -> list[str]:
    """Return the names of the metrics of a report, in the order of their rows."""

    def at(key: str) -> str:
        return threshold_name(key, mode, minutes)

    return [
        "share_shrunk",
        "relative_share",
        "expected_share",
        "execution_gap",
        at("coverage_ours"),
        at("rival_only"),
        at("duplicate_share_covered"),
        f"nearest_ours_p90_{mode}",
        "active_outlet_rate",
        "managed_partner_share",
    ]


def known(value: Any) -> float | None:
    """Return a finite number, or None."""
    if value is None or pd.isna(value) or not math.isfinite(float(value)):
        return None
    return float(value)


def _cell_facts(book: ReportBook, cell_id: int) -> CellFacts:
    cell = book.plan.cells[book.plan.cells["cell_id"] == cell_id].iloc[0]
    mine = book.plan.outlets[book.plan.outlets["cell_id"] == cell_id]
    row = book.rows.get((cell_id, "execution"))
    return CellFacts(
        cell_id=cell_id,
        code=str(cell["code"]),
        name=_words(cell["name"]) or str(cell["code"]),
        managers=_managers(book, cell_id, _words(cell["manager"])),
        quadrant=_words(cell["quadrant"]) or "unknown",
        execution="" if row is None else str(row.note),
        shape=cell.geometry,
        position=_score(book, cell_id, "position"),
        coverage=_score(book, cell_id, "coverage"),
        figures=tuple(
            _key_figure(book, cell_id, one) for one in key_metrics(book.mode, book.minutes)
        ),
        advice=tuple(cell_advice(book.scores, cell_id, book.plan.request.scoring)),
        zero_sale=_zero_sale(book, mine),
        unmanaged=_unmanaged(book, mine),
        zones=None if book.zones is None else _zones(book, cell_id),
        pairs=None if book.pairs is None else _pairs(book, cell_id),
    )


def _managers(book: ReportBook, cell_id: int, manager: str) -> tuple[str, ...]:
    numbers = book.plan.routes["number"][book.plan.routes["cell_id"] == cell_id].astype(str)
    named_there = {book.plan.managers.get(one, manager) or manager for one in numbers}
    return tuple(sorted(one for one in named_there | {manager} if one))


def _score(book: ReportBook, cell_id: int, key: str) -> ScoreFigure:
    row = book.rows.get((cell_id, f"{key}_score"))
    cells = sum(getattr(one, key) is not None for one in book.spots)
    data = book.rows.get((cell_id, f"{key}_data_coverage"))
    share = None if data is None else known(data.value)
    if row is None:
        return ScoreFigure(None, None, None, None, None, cells, share, "")
    low, high = known(row.rank_low), known(row.rank_high)
    return ScoreFigure(
        known(row.value), known(row.p05), known(row.p95),
        None if low is None else round(low), None if high is None else round(high),
        cells, share, str(row.note),
    )  # fmt: skip


def _key_figure(book: ReportBook, cell_id: int, name: str) -> KeyFigure:
    row = book.rows.get((cell_id, name))
    pooled = known(book.region.get(name))
    region = known(book.medians.get(name)) if pooled is None else pooled
    if row is None:
        return KeyFigure(named(name), None, None, None, region, pooled is None, "")
    return KeyFigure(
        named(name), known(row.value), known(row.p05), known(row.p95),
        region, pooled is None, str(row.note),
    )  # fmt: skip


def _zero_sale(book: ReportBook, mine: gpd.GeoDataFrame) -> tuple[Listed, ...] | None:
    ours = mine[mine["ownership"].isin(["own", "partner"])]
    if "sales" not in ours or (len(ours) and ours["sales"].isna().all()):
        return None
    if "sales" not in book.plan.outlets or book.plan.outlets["sales"].isna().all():
        return None
    return _listed(book, ours[ours["sales"] == 0.0])


def _unmanaged(book: ReportBook, mine: gpd.GeoDataFrame) -> tuple[Listed, ...]:
    partners = mine[mine["ownership"] == "partner"]
    graded = partners["grade"].fillna("") != ""
    managed = graded & partners["outlet_id"].astype(str).isin(book.visited)
    return _listed(book, partners[~managed])


def _listed(book: ReportBook, rows: pd.DataFrame) -> tuple[Listed, ...]:
    ids = sorted(rows["outlet_id"].astype(str))
    return tuple(
        sorted(
            (Listed(one, book.names[one]) for one in ids),
            key=lambda one: (one.words == one.outlet_id, one.words, one.outlet_id),
        )
    )


def _zones(book: ReportBook, cell_id: int) -> tuple[FoundZone, ...]:
    table = _of_main(book, book.zones)
    mine = table[table["cell_id"] == cell_id].sort_values("demand", ascending=False, kind="stable")
    return tuple(
        FoundZone(
            demand=float(row.demand), share=float(row.share_of_cell),
            nearest_min=known(row.nearest_ours_min), fix=_words(row.fix),
            fix_outlet=book.names.get(_words(row.fix_outlet_id), _words(row.fix_outlet_id)),
            before=known(row.blind_before), after=known(row.blind_after), shape=row.geometry,
        )
        for row in mine.itertuples()
    )  # fmt: skip


def _pairs(book: ReportBook, cell_id: int) -> tuple[FoundPair, ...]:
    table = _of_main(book, book.pairs)
    mine = table[(table["first_cell"] == cell_id) | (table["second_cell"] == cell_id)]
    mine = mine.sort_values("shared_demand", ascending=False, kind="stable")
    return tuple(
        FoundPair(
            book.names.get(str(row.first_id), str(row.first_id)),
            book.names.get(str(row.second_id), str(row.second_id)),
            float(row.overlap),
            _words(row.fix),
            book.names.get(_words(row.fix_outlet_id), _words(row.fix_outlet_id)),
            row.geometry,
        )
        for row in mine.itertuples()
    )


def _of_main(book: ReportBook, table: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """Return the rows of the means of travel and the threshold of the report."""
    if table is None:
        return gpd.GeoDataFrame({"cell_id": []}, geometry=[])
    return table[(table["mode"] == book.mode) & (table["minutes"] == book.minutes)]


def _words(value: Any) -> str:
    return "" if value is None or (isinstance(value, float) and math.isnan(value)) else str(value)


def median_of(values: Sequence[float | None]) -> float | None:
    """Return the median of the values that are known, None where none is."""
    there = [one for one in values if one is not None]
    return float(np.median(there)) if there else None
