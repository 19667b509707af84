"""The workbook of scorecards, read back with openpyxl."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from scoring_inputs import random_inputs

from gridmap.errors import fault
from gridmap.export import score_sheets
from gridmap.export.scorecards import write_scorecards
from gridmap.partition.partition import Partition
from gridmap.policies import PlanRequest, ScoringPolicy
from gridmap.scenario import Scenario
from gridmap.scoring.making import MAKING, score_making
from gridmap.scoring.metrics import METRICS
from gridmap.scoring.score_table import cell_summary, pool_cells
from gridmap.scoring.scorecard import score_with_parts
from gridmap.territory import Adjacency, Territory, Units


@pytest.fixture(scope="module")
def plan() -> tuple[Territory, Scenario]:
    inputs = random_inputs(11, n_cells=3)
    policy = ScoringPolicy(draws=20)
    scores, parts = score_with_parts(inputs, policy, seed=4)
    making = {key: score_making(one, seed=4) for key, one in parts.items()}
    empty, whole = np.empty(0), np.empty(0, dtype=np.int64)
    units = Units(
        np.array([shapely.box(0, 0, 1, 1)]),
        np.zeros(1, np.int64),
        np.zeros(1, bool),
        Adjacency(whole, whole, empty, empty, empty, empty, empty, whole),
        0.01,
    )
    territory = Territory(
        "Ranta",
        "EPSG:3067",
        shapely.box(0, 0, 1, 1),
        units,
        pd.DataFrame(),
        pd.DataFrame(),
        {},
        notices=(fault("scoring.note.no_sales", "outlets.csv"),),
        invented=("grade",),
    )
    cells = cell_summary(scores).assign(
        code=["R01", "R02", "=1+1"],
        name=["South", "North", "https://example.org"],
        centre_outlet_id=["o1", "o2", "o3"],
        manager=["Li", None, ""],
        area_m2=[1e6, 2e6, 3e6],
        compactness=0.5,
        routes=[4, 5, 6],
        visit_minutes_per_day=[300.0, 310.5, np.nan],
    )
    partition = Partition(np.arange(3), np.zeros(1, np.int64), (), 0.0)
    scenario = Scenario(
        "hash",
        PlanRequest(scoring=policy),
        4,
        partition,
        cells.iloc[::-1],
        pd.DataFrame(),
        pd.DataFrame(),
        scores,
        np.empty(0, dtype=object),
        notices=(fault("scoring.note.no_routes"),),
        report={MAKING: making},
    )
    return territory, scenario


def read(plan, path, language="en"):
    write_scorecards(*plan, path, language)
    return openpyxl.load_workbook(path)


def rows(sheet):
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def test_cells_have_a_row_each_and_a_total_of_sums_over_sums(plan, tmp_path):
    sheet = read(plan, tmp_path / "s.xlsx")["Cells"]
    table = rows(sheet)
    assert len(table) == 1 + 3 + 1
    at = {name: k for k, name in enumerate(table[0])}
    assert len(at) == len(table[0])
    assert [row[0] for row in table[1:]] == ["R01", "R02", "=1+1", "Whole territory"]
    assert sheet.freeze_panes == "C2"
    scenario = plan[1]
    pooled = pool_cells(scenario.scores).set_index("metric")["value"]
    covered = at["Coverage by own outlets, walking 10 min"]
    assert table[4][covered] == pytest.approx(pooled["coverage_own_walk_10"])
    assert table[4][at["Position score"]] is None
    assert table[4][at["Area, km²"]] == pytest.approx(6.0)
    summary = cell_summary(scenario.scores)
    assert [row[at["Position score"]] for row in table[1:4]] == pytest.approx(
        summary["position_score"].tolist()
    )
    rank = scenario.scores[scenario.scores["metric"] == "position_score"].iloc[0]
    expected = f"{rank['rank_low']:.0f}–{rank['rank_high']:.0f}"
    assert table[1][at["Position rank, band"]] == expected
    assert table[3][at["Visit minutes per day"]] is None
    assert table[2][at["Grid manager"]] is None


def test_text_of_users_is_never_a_formula_or_a_link(plan, tmp_path):
    sheet = read(plan, tmp_path / "s.xlsx")["Cells"]
    assert sheet["A4"].data_type == "s"
    assert sheet["B4"].hyperlink is None


def test_figures_are_coloured_by_their_direction(plan, tmp_path):
    sheet = read(plan, tmp_path / "s.xlsx")["Cells"]
    head = [cell.value for cell in sheet[1]]
    colours = {}
    for ranges in sheet.conditional_formatting:
        area = next(iter(ranges.sqref.ranges))
        # The total is no cell and keeps out of the colours.
        assert area.max_row == 4
        colours[head[area.min_col - 1]] = ranges.rules[0].colorScale.color[-1].rgb[-6:]
    assert colours["Coverage score"] == score_sheets.GOOD[1:]
    assert colours["Blind demand, walking 10 min"] == score_sheets.BAD[1:]
    assert "Demand" not in colours


def test_every_metric_is_explained(plan, tmp_path):
    for language, title, heading in (("en", "Metrics", "Formula"), ("zh", "指标", "公式")):
        book = read(plan, tmp_path / "s.xlsx", language)
        table = rows(book[title])
        assert heading in table[0]
        assert [row[0] for row in table[1:]] == list(METRICS)
        assert all(all(row) for row in table[1:])


def test_the_long_form_is_whole(plan, tmp_path):
    scores = plan[1].scores
    table = rows(read(plan, tmp_path / "s.xlsx")["Scores"])
    assert len(table) == 1 + len(scores)
    at = {name: k for k, name in enumerate(table[0])}
    assert [row[at["Metric"]] for row in table[1:]] == scores["metric"].tolist()
    value = np.array([row[at["Value"]] for row in table[1:]], dtype=float)
    np.testing.assert_allclose(value, scores["value"])
    assert table[1][at["Cell"]] == "R01"


def test_caveats_say_what_is_invented_missing_and_noticed(plan, tmp_path):
    english = rows(read(plan, tmp_path / "s.xlsx")["Caveats"])
    assert ["Territory", "Ranta", "EPSG:3067"] in english
    assert ["Invented", "grade"] in [row[:2] for row in english]
    missing = [row for row in english if row[0] == "Missing"]
    assert ["Missing", "Market share", "no subscriber figures were given (3 of 3 cells)"] in missing
    assert ["Notice", "outlets.csv", "no sales of outlets were given"] in english
    assert ["Notice", None, "the plan has no routes"] in english
    assert english[-1] == ["Attribution", None, "© OpenStreetMap contributors (ODbL 1.0)"]
    assert next(row[1] for row in english if row[0] == "Quadrant") == "Leader"
    assert any("seed 4" in row[2] for row in english)
    chinese = rows(read(plan, tmp_path / "s.xlsx", "zh")["说明"])
    assert ["缺失", "市场份额", "未提供用户数据(3 个网格中的 3 个)"] in chinese


@pytest.mark.parametrize(
    ("language", "titles"),
    [
        ("en", ("How the scores are made", "What moves the score", "Caveats")),
        ("zh", ("得分如何构成", "什么影响得分", "说明")),
    ],
)
def test_how_the_scores_are_made_has_its_sheets(plan, tmp_path, language, titles):
    title, shifts, caveats = titles
    book = read(plan, tmp_path / "s.xlsx", language)
    made = plan[1].report[MAKING]
    table = rows(book[title])
    assert len(table) == 1 + sum(len(one["indicators"]) for one in made.values())
    importance = [row[5] for row in table[1:] if row[5] is not None]
    assert sum(importance) == pytest.approx(2.0)
    moved = rows(book[shifts])
    assert [row[2] for row in moved[1:]] == pytest.approx(
        [places for one in made.values() for places in one["shifts"].values()]
    )
    told = " ".join(str(row[2]) for row in rows(book[caveats]))
    assert str(30) in told


def test_a_plan_of_old_has_no_sheet_of_how_scores_are_made(plan, tmp_path):
    territory, scenario = plan
    book = read((territory, replace(scenario, report={})), tmp_path / "s.xlsx")
    assert "How the scores are made" not in book.sheetnames


def test_the_same_plan_gives_the_same_bytes(plan, tmp_path):
    write_scorecards(*plan, tmp_path / "a.xlsx", "zh")
    write_scorecards(*plan, tmp_path / "b.xlsx", "zh")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_more_rows_than_a_sheet_holds_go_on_in_the_next(plan, tmp_path, monkeypatch):
    monkeypatch.setattr(score_sheets, "MAX_ROWS", 100)
    book = read(plan, tmp_path / "s.xlsx")
    wanted = len(plan[1].scores)
    names = [name for name in book.sheetnames if name.startswith("Scores")]
    assert names[:2] == ["Scores", "Scores 2"]
    assert sum(book[name].max_row - 1 for name in names) == wanted


def test_a_plan_without_names_or_routes_is_written_all_the_same(plan, tmp_path):
    territory, scenario = plan
    bare = Scenario(
        **{
            **{name: getattr(scenario, name) for name in scenario.__dataclass_fields__},
            "cells": scenario.cells[["cell_id"]],
        }
    )
    table = rows(read((territory, bare), tmp_path / "s.xlsx")["Cells"])
    assert table[0][0] == "Position score"
    assert len(table) == 5
