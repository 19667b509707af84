"""The report of a cell, read back with pdfium: what a regional manager must find on it."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pypdfium2
import pytest
import shapely
from pypdfium2 import raw
from sheet_plan import NAMES, sheet_plan

from gridmap.catalogue import LANGUAGES, Language, text
from gridmap.export.cell_facts import (
    CellFacts,
    KeyFigure,
    ReportBook,
    known,
    read_report_book,
)
from gridmap.export.cell_lists import fix_words
from gridmap.export.cell_report import cell_report, report_book, report_files, write_cell_reports
from gridmap.export.cell_words import figure, share
from gridmap.export.feeds import Feed, FeedRequest, export_feeds
from gridmap.export.geo import write_geopackage
from gridmap.export.league_sheet import league
from gridmap.export.pen import missing_letters
from gridmap.export.scores_csv import COLUMNS, scores_table, write_scores_csv
from gridmap.scenario import Scenario
from gridmap.scoring.advice import RULES
from gridmap.scoring.metrics import named

LONG = NAMES[7]


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return sheet_plan()[1]


@pytest.fixture(scope="module")
def plan_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    territory, made = sheet_plan()
    return write_geopackage(territory, made, tmp_path_factory.mktemp("plan") / "plan.gpkg")


@pytest.fixture(scope="module")
def book(plan_file: Path) -> ReportBook:
    return read_report_book(plan_file)


def words(content: bytes, page: int = 0) -> str:
    """All text of a page without blanks and line ends, which wrapping moves."""
    document = pypdfium2.PdfDocument(content)
    found = document[page].get_textpage().get_text_bounded()
    document.close()
    return squeezed(found)


def squeezed(found: str) -> str:
    return re.sub(r"\s+", "", found)


def changed(book: ReportBook, **changes: object) -> ReportBook:
    """A fresh book with other layers; `cells` and `outlets` belong to its plan."""
    inside = {key: changes.pop(key) for key in ("cells", "outlets") if key in changes}
    return replace(book, plan=replace(book.plan, **inside), _pages={}, **changes)


def zones(book: ReportBook) -> gpd.GeoDataFrame:
    shape = book.plan.cells.geometry.iloc[0]
    found = {
        "cell_id": [1], "mode": [book.mode], "minutes": [book.minutes], "demand": [90.0],
        "share_of_cell": [0.21], "nearest_ours_min": [np.nan], "fix": ["open"],
        "fix_outlet_id": [""], "blind_before": [0.24], "blind_after": [0.03],
    }  # fmt: skip
    return gpd.GeoDataFrame(found, geometry=[shape.centroid.buffer(60)], crs=book.plan.cells.crs)


def pairs(book: ReportBook) -> gpd.GeoDataFrame:
    one, other = book.plan.outlets.iloc[0], book.plan.outlets.iloc[1]
    found = {
        "first_id": [one.outlet_id], "second_id": [other.outlet_id], "first_cell": [1],
        "second_cell": [2], "mode": [book.mode], "minutes": [book.minutes], "overlap": [0.93],
        "shared_demand": [5.0], "fix": ["merge"], "fix_outlet_id": [one.outlet_id],
    }  # fmt: skip
    line = shapely.LineString([one.geometry, other.geometry])
    return gpd.GeoDataFrame(found, geometry=[line], crs=book.plan.cells.crs)


def expected(facts: CellFacts, book: ReportBook, language: Language) -> list[str]:
    """What must stand on the page of a cell."""
    wanted = [facts.code, book.plan.territory, book.plan.attribution]
    wanted += [
        text(f"cellreport.{key}", language)
        for key in ("heading", "todo", "position", "coverage", "figures", "lists", "own", "rival")
    ]
    for score in (facts.position, facts.coverage):
        if score.value is None:
            wanted.append(text("cellreport.no_score", language))
        else:
            wanted.append(f"{score.value:.0f}")
            band = {"low": score.p05, "high": score.p95}
            wanted.append(text("cellreport.band", language, **band))
    for one in facts.figures:
        wanted.append(one.metric.metric.label(language))
        wanted.append(figure(one.metric, one.value, language))
    wanted += [text(f"scoring.advice.{one.rule.key}", language) for one in facts.advice[:4]]
    return wanted


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_stands_on_one_page(book: ReportBook, language: Language) -> None:
    for cell in (1, 2):
        content = cell_report(book, cell, language)
        document = pypdfium2.PdfDocument(content)
        assert len(document) == 1
        assert document[0].get_size() == pytest.approx((595.3, 841.9), abs=0.1)
        document.close()
        found = words(content)
        for sentence in expected(book.facts(cell), book, language):
            assert squeezed(sentence) in found, sentence


@pytest.mark.parametrize("language", LANGUAGES)
def test_invented_data_are_called_so(book: ReportBook, language: Language) -> None:
    grades = text("sheets.invented_column.grade", language)
    warning = text("sheets.invented", language, columns=f"{grades}, colour")
    assert squeezed(warning) in words(cell_report(book, 1, language))
    honest = replace(book.plan, invented=())
    plain = words(cell_report(replace(book, plan=honest, _pages={}), 1, language))
    assert squeezed(warning)[:6] not in plain


def test_fonts_are_embedded(book: ReportBook) -> None:
    document = pypdfium2.PdfDocument(report_book(book, "zh"))
    fonts = 0
    for page in document:
        for one in page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT]):
            font = raw.FPDFTextObj_GetFont(one.raw)
            assert raw.FPDFFont_GetIsEmbedded(font) == 1
            fonts += 1
    document.close()
    assert fonts > 100


def test_the_same_plan_gives_the_same_bytes(
    plan_file: Path, book: ReportBook, tmp_path: Path
) -> None:
    """A run and a later export write the same files: a report a cell, and the book."""
    written = write_cell_reports(plan_file, tmp_path / "cell_reports", "en")
    codes = book.plan.cells["code"].tolist()
    assert [one.name for one in written] == [*(f"{code}.pdf" for code in codes), "book.pdf"]
    request = FeedRequest(feeds=(Feed.REPORTS,), language="en")
    exported = export_feeds(plan_file, tmp_path / "export", request)
    assert [one.read_bytes() for one in exported] == [one.read_bytes() for one in written]
    request = FeedRequest(feeds=(Feed.REPORTS,), language="en", cells=(codes[1],))
    few = export_feeds(plan_file, tmp_path / "few", request)
    assert [one.name for one in few] == [f"{codes[1]}.pdf", "book.pdf"]
    assert few[0].read_bytes() == written[1].read_bytes()


@pytest.mark.parametrize("language", LANGUAGES)
def test_missing_is_never_zero(book: ReportBook, language: Language) -> None:
    scores = book.scores.copy()
    gone = scores["metric"].isin(["active_outlet_rate", "position_score"]) & (scores.cell_id == 1)
    scores.loc[gone, ["value", "p05", "p95", "rank_low", "rank_high"]] = np.nan
    scores.loc[gone, "note"] = "no_sales"
    cells = book.plan.cells.copy()
    cells.loc[cells["cell_id"] == 1, "position_score"] = np.nan
    outlets = book.plan.outlets.assign(sales=np.nan)
    poor = changed(book, scores=scores, cells=cells, outlets=outlets, zones=None, pairs=None)
    facts = poor.facts(1)
    assert facts.position.value is None
    assert facts.zero_sale is None
    found = words(cell_report(poor, 1, language))
    for key in ("no_score", "chart_unplaced", "sales_unknown", "not_analysed", "missing"):
        assert squeezed(text(f"cellreport.{key}", language)) in found
    assert squeezed(text("scoring.note.no_sales", language)) in found
    assert known(np.nan) is known(np.inf) is known(None) is None
    missing = text("cellreport.missing", language)
    assert share(None, language) == figure(named("hhi"), None, language) == missing


@pytest.mark.parametrize("language", LANGUAGES)
def test_lists_name_outlets_zones_and_pairs(book: ReportBook, language: Language) -> None:
    outlets = book.plan.outlets.copy()
    mine = outlets["cell_id"] == 1
    outlets["sales"] = 5.0
    outlets.loc[mine & (outlets["ownership"] == "own"), "sales"] = 0.0
    full = changed(book, outlets=outlets, zones=zones(book), pairs=pairs(book))
    facts = full.facts(1)
    assert facts.zero_sale
    found = words(cell_report(full, 1, language))
    for one in facts.zero_sale[:4]:
        assert squeezed(one.words) in found or "…" in found
    count = text("cellreport.zero_sale", language, count=len(facts.zero_sale))
    assert squeezed(count) in found
    effect = text(
        "cellreport.zone_effect", language, fix=text("cellreport.fix.open", language),
        before="24 %", after="3 %",
    )  # fmt: skip
    assert squeezed(effect) in found
    best = text("cellreport.best_fix", language, letter="A", fix=effect)
    assert squeezed(best) in found
    assert squeezed(text("cellreport.far", language)) in found
    assert "93%" in found
    assert full.facts(2).zones == ()
    assert squeezed(text("cellreport.none", language)) in words(cell_report(full, 2, language))


def test_an_unmanaged_partner_has_no_grade_or_no_visit(book: ReportBook) -> None:
    outlets = book.plan.outlets.copy()
    visited = outlets["outlet_id"].astype(str).isin(book.visited) & (outlets["grade"] != "")
    outlets["ownership"] = np.where(visited, "partner", outlets["ownership"])
    managed = changed(book, outlets=outlets)
    count = sum(len(managed.facts(cell).unmanaged) for cell in (1, 2))
    first = outlets.index[visited][0]
    outlets = outlets.copy()
    outlets.loc[first, "grade"] = ""
    ungraded = changed(book, outlets=outlets)
    assert sum(len(ungraded.facts(cell).unmanaged) for cell in (1, 2)) == count + 1


def test_a_cell_without_outlets_and_a_long_name_fit(book: ReportBook) -> None:
    outlets = book.plan.outlets.copy()
    outlets["cell_id"] = 2
    cells = book.plan.cells.copy()
    cells["name"] = LONG
    cells["manager"] = "欧阳" * 20
    bare = changed(book, outlets=outlets, cells=cells)
    content = cell_report(bare, 1, "zh")
    assert LONG[:20] in words(content)
    assert bare.facts(1).unmanaged == ()
    document = pypdfium2.PdfDocument(content)
    for one in document[0].get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT]):
        left, bottom, right, top = one.get_bounds()
        assert 0 <= left <= right <= 596
        assert 0 <= bottom <= top <= 842
    document.close()


def test_an_older_plan_without_the_new_layers_prints_too(book: ReportBook) -> None:
    old = changed(book, streets=None, reach=())
    found = words(cell_report(old, 1, "en"))
    assert "Reachedinmin" not in found
    assert book.facts(1).code in found


def test_a_single_cell_and_three_hundred(book: ReportBook) -> None:
    """A page costs at most 0.3 CPU seconds and 150 kB, however many cells there are."""
    single = changed(book, cells=book.plan.cells.iloc[:1])
    assert "0others" in words(cell_report(single, 1, "en"))
    many = pd.concat([book.plan.cells] * 150, ignore_index=True)
    many["cell_id"] = np.arange(1, 301)
    many["code"] = [f"C{number:03}" for number in range(1, 301)]
    scores = pd.concat(
        [
            book.scores.assign(cell_id=book.scores["cell_id"] + 2 * step)
            for step in range(150)
        ],
        ignore_index=True,
    )  # fmt: skip
    city = changed(book, cells=gpd.GeoDataFrame(many, crs=book.plan.cells.crs), scores=scores)
    start = time.process_time()
    content = report_book(city, "zh")
    used_s = time.process_time() - start
    document = pypdfium2.PdfDocument(content)
    pages = len(document)
    document.close()
    assert pages == 300 + 6  # the league table has 52 rows a page
    assert used_s / pages <= 0.3
    assert len(content) / pages <= 150_000
    assert len(cell_report(city, 7, "zh")) <= 150_000


def test_readings_go_by_direction_and_band() -> None:
    blind, gap = named("blind_share_walk_10"), named("demand")

    def reading(metric, value, region, low=None, high=None):
        return KeyFigure(metric, value, low, high, region, False, "").reading

    assert reading(blind, 0.4, 0.2, 0.3, 0.5) == "worse"
    assert reading(blind, 0.1, 0.2, 0.05, 0.15) == "better"
    assert reading(blind, 0.4, 0.2, 0.1, 0.5) == "alike"
    assert reading(blind, None, 0.2) == "unknown"
    assert reading(blind, 0.4, None) == "unknown"
    assert reading(gap, 4.0, 2.0) == "neither"


def test_the_wide_layer_has_every_metric_and_keeps_missing(
    plan_file: Path, scenario: Scenario
) -> None:
    wide = gpd.read_file(plan_file, layer="cell_scores")
    assert {"cell_id", "code", "name", "quadrant", "position_score_rank_low"} <= set(wide)
    for row in scenario.scores[scenario.scores["metric"] == "active_outlet_rate"].itertuples():
        value = wide.loc[wide["cell_id"] == row.cell_id, "active_outlet_rate"].iloc[0]
        assert (np.isnan(value) and np.isnan(row.value)) or value == pytest.approx(row.value)
    long = pyogrio.read_info(plan_file, layer="scores")["fields"].tolist()
    assert long == ["cell_id", "metric", "value", "numerator", "denominator", "n", "p05", "p95",
                    "rank_low", "rank_high", "note"]  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_scores_csv_opens_in_excel(scenario: Scenario, tmp_path: Path, language: Language) -> None:
    path = write_scores_csv(scenario, tmp_path / "scores.csv", language)
    assert path.read_bytes().startswith(b"\xef\xbb\xbfcell_code,metric,label,value,unit,p05,")
    table = pd.read_csv(path, encoding="utf-8-sig")
    assert list(table) == list(COLUMNS)
    assert len(table) == len(scenario.scores)
    assert table["value"].isna().sum() == scenario.scores["value"].isna().sum()
    assert table["label"].iloc[0] == named(table["metric"].iloc[0]).label(language)


def test_a_code_that_is_a_formula_is_harmless(scenario: Scenario) -> None:
    cells = scenario.cells.assign(code=["=1+1", "C02"])
    assert scores_table(replace(scenario, cells=cells))["cell_code"].iloc[0] == "'=1+1"


def test_the_league_is_ordered_and_bands_reach_to_both_sides(scenario: Scenario) -> None:
    scores = scenario.scores.copy()
    at = (scores["metric"] == "position_score") & (scores["cell_id"] == 1)
    scores.loc[at, ["value", "p05", "p95"]] = [50.0, 45.0, 62.0]
    gone = (scores["metric"] == "position_score") & (scores["cell_id"] == 2)
    scores.loc[gone, ["value", "p05", "p95"]] = np.nan
    table = league(replace(scenario, scores=scores))
    assert table["cell_id"].tolist() == [1, 2]
    assert table[["position_score_below", "position_score_above"]].iloc[0].tolist() == [5.0, 12.0]
    assert table["position_score_value"].isna().tolist() == [False, True]


def test_the_book_begins_with_the_league_table(book: ReportBook) -> None:
    content = report_book(book, "en")
    found = words(content)
    for one in ("Leaguetable", *book.plan.cells["code"].tolist()):
        assert one in found
    assert set(report_files(book, "en")) == {
        *(f"{code}.pdf" for code in book.plan.cells["code"]), "book.pdf",
    }  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fix_has_its_words(language: Language) -> None:
    for kind in ("open", "recruit", "win_over", "move", "close", "merge", "none", ""):
        assert fix_words(kind, "Shop 7", language)
    assert "Shop 7" in fix_words("close", "Shop 7", language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_advice_that_yields_says_to_what_and_why_even_where_it_has_no_room(
    book: ReportBook, language: Language
) -> None:
    """Coaching, unmanaged partners, more visits and rivals' area come first; two must wait."""
    given = {
        "execution_gap": -0.2,
        "rival_only_walk_10": 0.3,
        "duplicate_share_covered_walk_10": 0.7,
        "blind_share_walk_10": 0.35,
        "active_outlet_rate": 0.9,
        "managed_partner_share": 0.9,
        "frequency_attainment": 1.0,
    }

    def page(**more: float) -> tuple[str, list[str]]:
        scores = book.scores[book.scores["cell_id"] == 1]
        value = scores["metric"].map({**given, **more}).fillna(scores["value"])
        made = changed(book, scores=scores.assign(value=value, p05=np.nan, p95=np.nan))
        later = [one.rule.key for one in made.facts(1).advice if one.yields_to]
        return words(cell_report(made, 1, language)), later

    told, later = page()
    assert later == ["move"]
    assert squeezed(text("scoring.advice_yields.move", language)) in told
    assert squeezed(text("scoring.advice_name.coach", language)) in told
    told, later = page(managed_partner_share=0.1, frequency_attainment=0.1)
    assert later == ["move"]
    name = text("scoring.advice_name.move", language)
    other = text("scoring.advice_name.coach", language)
    assert squeezed(text("cellreport.more_later_one", language, name=name, other=other)) in told


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_negative_gap_has_a_sign_that_the_font_can_draw(language: Language) -> None:
    assert missing_letters([figure(named("execution_gap"), -0.1, language)]) == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_reading_of_a_cell_and_its_advice_name_the_same_order(language: Language) -> None:
    """Moving an outlet yields to coaching, so the reading must put coaching first."""
    move = next(one for one in RULES if one.key == "move")
    assert "coach" in move.yields_to
    said = text("scoring.note.reading_bad_bad", language)
    first, then = {"en": ("coach", "move outlets"), "zh": ("辅导", "调整网点")}[language]
    assert said.index(first) < said.index(then)
