"""The scorecards of a plan as a workbook: cells, metrics, scores and caveats."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import xlsxwriter
from numpy.typing import NDArray

from gridmap.catalogue import Language, text
from gridmap.export.finding_columns import pair_columns, zone_columns
from gridmap.export.league_sheet import write_league
from gridmap.export.making_sheet import sentences, write_making
from gridmap.export.score_sheets import FORMATS, Book, heading
from gridmap.export.sheet_column import Column
from gridmap.export.zero_sale import zero_sale_columns
from gridmap.routing.regularity import regularity
from gridmap.scenario import Scenario
from gridmap.scoring.advice import advice_table
from gridmap.scoring.advice_rules import changed_limits
from gridmap.scoring.indicators import main_threshold
from gridmap.scoring.making import MAKING
from gridmap.scoring.metrics import DIRECTIONS, METRICS, named, note_text, threshold_name
from gridmap.scoring.position import QUADRANTS
from gridmap.scoring.score_table import pool_cells
from gridmap.territory import Territory

#: Bytes must not depend on the day they are written.
CREATED = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC).replace(tzinfo=None)
#: Metrics of field work in the row of a cell, where any cell has them.
FIELD_FIGURES = (
    "active_outlet_rate", "outlet_productivity", "plan_rate", "route_compliance",
    "visit_attainment", "numeric_distribution", "weighted_distribution",
)  # fmt: skip
Ints = NDArray[np.int64]


def write_scorecards(
    territory: Territory, scenario: Scenario, path: Path, language: Language = "en"
) -> None:
    """Write the scorecards of a plan as an XLSX workbook.

    The same plan gives the same bytes.

    Parameters
    ----------
    territory
        What was planned: name, notices, what is invented, attribution.
    scenario
        The plan with its scores.
    path
        Where to write; an older file is replaced.
    language
        Language of everything a person reads.
    """
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as workbook:
        workbook.set_properties({"title": territory.name, "created": CREATED})
        book = Book(workbook, language)
        book.sheet("cells", _cell_columns(scenario, language), frozen=2)
        write_league(book, scenario, language)
        write_making(book, scenario, language)
        book.sheet("advice", _advice_columns(scenario, language), frozen=1)
        book.sheet("metrics", _metric_columns(language), frozen=1)
        book.sheet("scores", _score_columns(scenario, language), frozen=2)
        book.sheet("caveats", _caveat_columns(territory, scenario, language))
        book.sheet("blind_zones", zone_columns(territory, scenario, language), frozen=1)
        book.sheet("duplicates", pair_columns(territory, scenario, language), frozen=1)
        silent = zero_sale_columns(territory, scenario, language)
        if silent is not None:
            book.sheet("zero_sale", silent, frozen=2)
    path.write_bytes(buffer.getvalue())


def _cell_columns(scenario: Scenario, language: Language) -> list[Column]:
    cells = scenario.cells.sort_values("cell_id", kind="stable")
    ids = cells["cell_id"].to_numpy()
    wide = scenario.scores.pivot(index="cell_id", columns="metric", values="value").reindex(ids)
    pooled = pool_cells(scenario.scores).set_index("metric")["value"]

    columns = []
    for key, style, width in (
        ("code", "text", 12),
        ("name", "text", 18),
        ("centre_outlet_id", "text", 16),
        ("manager", "text", 12),
    ):
        if key in cells:
            listed = ["" if pd.isna(one) else str(one) for one in cells[key]]
            columns.append(Column(heading(key, language), listed, style, width))
    if columns:
        whole = Column(columns[0].heading, columns[0].cells, total=heading("whole", language))
        columns[0] = whole
    for name in _main_metrics(scenario):
        if name not in wide or (name in FIELD_FIGURES and wide[name].isna().all()):
            continue
        columns.append(_metric_column(name, wide[name].tolist(), pooled.get(name), language))
        if name in ("position_score", "coverage_score"):
            band = _rank_bands(scenario.scores, name, ids)
            key = name.replace("score", "rank")
            columns.append(Column(heading(key, language), band, "text", 10))
        if name == "coverage_data_coverage":
            codes = scenario.scores.loc[scenario.scores["metric"] == "quadrant"]
            notes = codes.set_index("cell_id")["note"].reindex(ids).fillna("unknown")
            names = [text(f"scoring.quadrant.{one}", language) for one in notes]
            columns.append(Column(METRICS["quadrant"].label(language), names, "text", 12))
    if "area_m2" in cells:
        area = cells["area_m2"].to_numpy(dtype=np.float64) / 1e6
        area_heading = heading("area_km2", language)
        columns.append(Column(area_heading, area.tolist(), "ratio", 10, total=float(area.sum())))
    for key, style in (
        ("compactness", "ratio"),
        ("routes", "count"),
        ("visit_minutes_per_day", "score"),
    ):
        if key in cells:
            figures = cells[key].to_numpy(dtype=np.float64)
            columns.append(Column(heading(key, language), figures.tolist(), style, 10))
    return [*columns, *_clock_columns(scenario, ids, language)]


def _clock_columns(scenario: Scenario, ids: Ints, language: Language) -> list[Column]:
    """Return how alike the hours are at which outlets are visited; see docs/routing.md."""
    found = regularity(scenario.routes, scenario.stops)
    if not found:
        return []
    columns = []
    for key, style, direction in (("spread_min", "minutes", -1), ("usual_share", "share", 1)):
        cells = [found.get(str(one), {}).get(key) for one in ids]
        title = heading(f"clock_{key}", language)
        columns.append(Column(title, cells, style, 12, direction, found["all"][key]))
    return columns


def _metric_column(
    name: str, values: Sequence[object], total: object, language: Language
) -> Column:
    one = named(name)
    return Column(
        one.label(language),
        values,
        one.metric.unit if one.metric.unit in FORMATS else "ratio",
        13,
        one.metric.direction,
        total,
    )


def _main_metrics(scenario: Scenario) -> list[str]:
    """Return the names of the metrics that every cell's row shows."""
    policy = scenario.request.scoring
    mode = next(iter(policy.modes))
    minutes = main_threshold(policy.modes[mode])

    def at(key: str) -> str:
        return threshold_name(key, mode, minutes)

    return [
        "position_score",
        "position_data_coverage",
        "coverage_score",
        "coverage_data_coverage",
        "demand",
        "potential",
        "share",
        "outlet_share",
        "relative_share",
        "expected_share",
        "execution_gap",
        "first_arrival_share",
        at("coverage_own"),
        at("coverage_ours"),
        at("blind_share"),
        at("duplicate_share_covered"),
        at("contested"),
        at("rival_only"),
        f"nearest_ours_p90_{mode}",
        "frequency_attainment",
        "managed_partner_share",
        *FIELD_FIGURES,
    ]


def _rank_bands(scores: pd.DataFrame, name: str, ids: Iterable[int]) -> list[str]:
    rows = scores[scores["metric"] == name].set_index("cell_id").reindex(list(ids))
    pairs = zip(rows["rank_low"].tolist(), rows["rank_high"].tolist(), strict=True)
    return ["" if np.isnan(low) else f"{low:.0f}–{high:.0f}" for low, high in pairs]


def _metric_columns(language: Language) -> list[Column]:
    metrics = list(METRICS.values())

    def words(group: str, keys: Iterable[str]) -> list[str]:
        return [text(f"scoring.{group}.{key}", language) for key in keys]

    directions = [DIRECTIONS[one.direction] for one in metrics]
    return [
        Column(heading("metric", language), [one.key for one in metrics], width=28),
        Column(heading("label", language), [one.label(language) for one in metrics], width=30),
        Column(heading("meaning", language), [one.meaning(language) for one in metrics], width=60),
        Column(heading("formula", language), [one.formula for one in metrics], width=42),
        Column(
            heading("dimension", language),
            words("dimension", [one.dimension for one in metrics]),
            width=14,
        ),
        Column(heading("unit", language), words("unit", [one.unit for one in metrics]), width=16),
        Column(heading("direction", language), words("direction", directions), width=16),
        Column(heading("source", language), [one.source for one in metrics], width=32),
    ]


def _advice_columns(scenario: Scenario, language: Language) -> list[Column]:
    table = advice_table(scenario.scores, scenario.request.scoring, language)
    codes = _codes(scenario)
    urgency = [
        text(f"scoring.advice_part.severity_{one}", language) for one in table["severity"].tolist()
    ]
    return [
        Column(heading("code", language), [codes.get(one, "") for one in table["cell_id"]]),
        Column(heading("priority", language), table["priority"].tolist(), "count", 8),
        Column(heading("severity", language), urgency, width=14),
        Column(heading("advice", language), table["text"].tolist(), width=100),
        Column(heading("source", language), table["source"].tolist(), width=20),
    ]


def _codes(scenario: Scenario) -> dict[int, str]:
    if "code" not in scenario.cells:
        return {}
    listed = zip(scenario.cells["cell_id"], scenario.cells["code"], strict=True)
    return {int(one): str(code) for one, code in listed}


def _score_columns(scenario: Scenario, language: Language) -> list[Column]:
    scores = scenario.scores
    codes = _codes(scenario)
    label_of = {name: named(name).label(language) for name in scores["metric"].unique().tolist()}
    note_of = {note: note_text(note, language) for note in scores["note"].unique().tolist()}
    columns = [
        Column(
            heading("code", language), [codes.get(one, "") for one in scores["cell_id"].tolist()]
        ),
        Column(heading("metric", language), scores["metric"].tolist(), width=30),
        Column(heading("label", language), [label_of[one] for one in scores["metric"]], width=36),
        Column(heading("cell_id", language), scores["cell_id"].tolist(), "count", 8),
    ]
    figures = {"value": "number", "numerator": "number", "denominator": "number", "n": "count"}
    figures |= {"p05": "number", "p95": "number", "rank_low": "count", "rank_high": "count"}
    columns.extend(
        Column(heading(key, language), scores[key].tolist(), style)
        for key, style in figures.items()
    )
    listed_notes = [note_of[one] for one in scores["note"].tolist()]
    columns.append(Column(heading("note", language), listed_notes, width=40))
    return columns


def _caveat_columns(territory: Territory, scenario: Scenario, language: Language) -> list[Column]:
    lines: list[tuple[str, str, str]] = []

    def add(kind: str, about: str, sentence: str) -> None:
        lines.append((text(f"scoring.caveat.{kind}", language), about, sentence))

    policy = scenario.request.scoring
    modes = "; ".join(
        f"{text(f'scoring.mode.{mode}', language)} "
        + "/".join(f"{minutes:g}" for minutes in thresholds)
        for mode, thresholds in policy.modes.items()
    )
    settings = text(
        "scoring.caveat.settings_text",
        language,
        modes=modes,
        beta=policy.beta,
        draws=policy.draws,
        seed=scenario.seed,
    )
    add("territory", territory.name, territory.crs)
    add("settings", "", settings)
    for score, sentence in sentences(scenario.report.get(MAKING, {}), language):
        add("making", score, sentence)
    for rule, condition, usual in changed_limits(policy):
        sentence = text(
            f"advice.limit.{condition.test}",
            language,
            metric=METRICS[condition.name].label(language),
            limit=condition.limit,
            usual=usual,
        )
        add("advice", text(f"scoring.advice_name.{rule.key}", language), sentence)
    for column in territory.invented:
        add("invented", column, text("scoring.caveat.invented_text", language))
    add("pooled", "", text("scoring.caveat.pooled_text", language))
    add("band", "", text("scoring.caveat.band_text", language))
    lines.extend(
        (
            METRICS["quadrant"].label(language),
            text(f"scoring.quadrant.{key}", language),
            text(f"scoring.quadrant_meaning.{key}", language),
        )
        for key in QUADRANTS
    )
    remarks = scenario.scores[
        (scenario.scores["note"] != "") & (scenario.scores["metric"] != "quadrant")
    ]
    remarks = remarks.assign(lacking=remarks["value"].isna())
    all_cells = scenario.scores["cell_id"].nunique()
    counted = remarks.groupby(["lacking", "metric", "note"], sort=False).size()
    for key, count in counted.sort_index(level="lacking", ascending=False, kind="stable").items():
        lacking, metric, note = key if isinstance(key, tuple) else (key, "", "")
        sentence = text(
            "scoring.caveat.missing_text",
            language,
            note=note_text(str(note), language),
            cells=count,
            all=all_cells,
        )
        add("missing" if lacking else "remark", named(str(metric)).label(language), sentence)
    for notice in (*territory.notices, *scenario.notices):
        add("notice", notice.where, text(notice.key, language, **notice.values))
    add("attribution", "", territory.attribution)
    return [
        Column(heading("kind", language), [one[0] for one in lines], width=16),
        Column(heading("about", language), [one[1] for one in lines], width=40),
        Column(heading("text", language), [one[2] for one in lines], width=80),
    ]
