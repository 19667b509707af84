"""Two plans and two months on the same borders, and what touched cells gained."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from grid_town import grid_scenario, grid_territory

from gridmap import schemas
from gridmap.catalogue import LANGUAGES
from gridmap.errors import InputError
from gridmap.export.geo import write_geopackage
from gridmap.export.plan_changes import compare_months, compare_plans, effects_of
from gridmap.export.plan_changes_files import (
    comparison_text,
    comparison_values,
    write_comparison,
)
from gridmap.policies import ScoringPolicy
from gridmap.scoring.measures import DemandRate
from gridmap.scoring.point_rates import point_rates, rates_in

TABLE = pd.DataFrame(
    {
        "code": ["C01", "C02", "C03", "C04", "C05", "C06", "C07"] * 2,
        "metric": ["position_score"] * 7 + ["coverage_score"] * 7,
        "before": [50.0] * 14,
        "after": [54.0, 55.0, 56.0, 51.0, 50.0, 52.0, 51.0] + [50.0] * 7,
    }
)
#: Three cells of two columns each, and the same with the second border one column to the east.
COLUMN = np.arange(24) % 6
OLD_LABEL = COLUMN // 2
NEW_LABEL = np.array([0, 0, 1, 1, 1, 2])[COLUMN]
COVERED = "coverage_ours_walk_10"
MONTHS = ("2024-03", "2024-06")


def written(folder: Path, label: np.ndarray, covered: np.ndarray, *, moved: bool = False) -> Path:
    """Return the file of a plan in which `covered` is the share covered in each unit.

    Of 100 subscribers of each unit 40 are ours in March; in June 60 in the westmost two columns.
    """
    folder.mkdir()
    town = grid_territory()
    if moved:
        outlets = town.outlets.copy()
        outlets.loc[0, "x"] += 5.0
        town = replace(town, outlets=outlets)
    town = replace(town, market=market_rows())
    base = grid_scenario(town)
    n_cells = int(label.max()) + 1
    rows = []
    for cell in range(n_cells):
        mine = label == cell
        above, below = float(10.0 * covered[mine].sum()), float(10.0 * mine.sum())
        figures = {
            COVERED: (above / below, above, below),
            "position_score": (50.0 + cell, np.nan, np.nan),
        }
        rows += [(cell + 1, name, *three) for name, three in figures.items()]
    scores = pd.DataFrame(rows, columns=["cell_id", "metric", "value", "numerator", "denominator"])
    scores = scores.assign(n=1, p05=np.nan, p95=np.nan, rank_low=np.nan, rank_high=np.nan, note="")
    scores = scores[list(schemas.SCORES.columns)].sort_values(["metric", "cell_id"])
    cells = base.cells.iloc[[0, 1, 1][:n_cells]].assign(
        cell_id=np.arange(n_cells) + 1, code=[f"C{one + 1:02d}" for one in range(n_cells)]
    )
    scenario = replace(
        base,
        partition=replace(base.partition, label=label, centre=np.array([0, 1])),
        cells=cells.reset_index(drop=True),
        scores=schemas.SCORES.validate(scores.reset_index(drop=True)),
        point_rates=pd.DataFrame({COVERED: 10.0 * covered}),
    )
    return write_geopackage(town, scenario, folder / "plan.gpkg")


def market_rows() -> pd.DataFrame:
    rows = [
        {"source": "m.csv", "place": f"z{unit}", "unit": unit, "part": 1.0, "outlet_id": "",
         "operator": operator, "ours": operator == "Own", "period": month,
         **dict.fromkeys(schemas.MARKET_AMOUNTS, np.nan),
         "subscribers": ours if operator == "Own" else 100.0 - ours}
        for month in MONTHS
        for unit in range(24)
        for ours in [60.0 if month == MONTHS[1] and unit % 6 < 2 else 40.0]
        for operator in ("Own", "Rival")
    ]  # fmt: skip
    return schemas.MARKET.validate(pd.DataFrame(rows)[list(schemas.MARKET.columns)])


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An old plan whose middle cell is half covered, and a new one with other borders."""
    folder = tmp_path_factory.mktemp("plans")
    old = written(folder / "old", OLD_LABEL, np.array([1.0, 1.0, 0.4, 0.6, 0.2, 0.0])[COLUMN])
    new = written(
        folder / "new", NEW_LABEL, np.array([1.0, 1.0, 0.5, 0.5, 0.8, 0.0])[COLUMN], moved=True
    )
    return old, new


def row(table: pd.DataFrame, code: str, metric: str) -> pd.Series:
    return table[(table["code"] == code) & (table["metric"] == metric)].iloc[0]


def test_only_the_same_cell_is_compared_on_the_same_borders(plans):
    found = compare_plans(*plans)
    assert set(found.table["code"]) == {"C01"}
    assert set(found.table["basis"]) == {"cell"}


def test_old_figures_are_bound_to_the_new_borders(plans):
    """New C02 holds 4 points each of 0.4, 0.6 and 0.2: 0.4 before, though its old cells had 0.5
    and 0.1; (0.5 + 0.5 + 0.8) / 3 = 0.6 after."""
    found = compare_plans(*plans, on="new")
    middle = row(found.table, "C02", COVERED)
    assert middle["before"] == pytest.approx(0.4)
    assert middle["after"] == pytest.approx(0.6)
    assert middle["basis"] == "points"
    same = row(found.table, "C01", COVERED)
    assert (same["before"], same["after"], same["basis"]) == (1.0, 1.0, "cell")
    assert set(found.table.loc[found.table["metric"] == "position_score", "code"]) == {"C01"}
    share = row(found.table, "C02", "share")
    assert (share["before"], share["basis"]) == (pytest.approx(0.4), "units")


def test_new_figures_are_bound_to_the_old_borders(plans):
    """Old C02 holds points of 0.5 now; half of old C03 those of 0.8, the other half those of 0."""
    found = compare_plans(*plans, on="old")
    middle, east = row(found.table, "C02", COVERED), row(found.table, "C03", COVERED)
    assert (middle["before"], middle["after"]) == (0.5, pytest.approx(0.5))
    assert (east["before"], east["after"]) == (pytest.approx(0.1), pytest.approx(0.4))


def test_without_rates_by_point_they_are_not_told(plans, monkeypatch):
    monkeypatch.setattr("gridmap.export.plan_changes._market_of", lambda _: None)
    monkeypatch.setattr("gridmap.export.plan_changes.rates_in", lambda _: {})
    found = compare_plans(*plans, on="new")
    assert set(found.table["code"]) == {"C01"}
    assert "could not be re-bound" in comparison_text(found, "en")


def test_where_an_outlet_moved_is_touched(plans):
    found = compare_plans(*plans, on="new")
    assert found.found
    # Outlet o0 stands in the second column, which is of the first cell.
    assert found.touched == ("C01",)
    assert found.effects[COVERED].touched == 1
    assert compare_plans(plans[0], plans[0]).touched == ()


def test_two_months_of_one_plan(plans):
    """60 of 100 are ours in June in the west, 40 everywhere else: 0.2 more there."""
    found = compare_months(plans[0], *MONTHS, touched=["C01"])
    west, east = row(found.table, "C01", "share"), row(found.table, "C03", "share")
    assert (west["before"], west["after"]) == (pytest.approx(0.4), pytest.approx(0.6))
    assert east["change"] == pytest.approx(0.0)
    assert found.effects["share"].effect == pytest.approx(0.2)
    assert "too few cells" in comparison_text(found, "en")


def test_told_metrics_come_first_and_each_stands_together(plans):
    found = compare_months(plans[0], *MONTHS)
    listed = found.table["metric"].tolist()
    assert listed[0] == "share"
    assert len([one for one, _ in groupby(listed)]) == len(set(listed))
    assert found.table["code"].iloc[0] == "C01"


def test_unknown_months_and_cells_are_told_at_once(plans, monkeypatch):
    with pytest.raises(InputError) as caught:
        compare_months(plans[0], "2023-01", "2023-02")
    assert [one.where for one in caught.value.faults] == ["2023-01", "2023-02"]
    assert "2024-03, 2024-06" in str(caught.value)
    with pytest.raises(InputError, match="earlier"):
        compare_months(plans[0], *reversed(MONTHS))
    with pytest.raises(InputError) as caught:
        compare_months(plans[0], *MONTHS, touched=["C01", "X", "Y"])
    assert [one.where for one in caught.value.faults] == ["X", "Y"]
    monkeypatch.setattr("gridmap.export.plan_changes._market_of", lambda _: None)
    with pytest.raises(InputError, match=r"\[market\]"):
        compare_months(plans[0], *MONTHS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_comparison_is_written_in_both_languages(plans, tmp_path, language):
    found = compare_plans(*plans, on="new")
    assert "~ C02" in comparison_text(found, language)
    values = comparison_values(found, language)
    assert values["touched"] == ["C01"]
    assert {one["metric"] for one in values["effects"]} == set(found.effects)
    book = openpyxl.load_workbook(write_comparison(found, tmp_path / "c.xlsx", language))
    changes, effects, caveats = book.worksheets
    assert changes.max_row == len(found.table) + 1
    assert effects.max_row == len(found.effects) + 1
    assert caveats.max_row >= 4
    read = pd.read_csv(write_comparison(found, tmp_path / "c.csv", language))
    assert len(read) == len(found.table)
    with pytest.raises(InputError):
        write_comparison(found, tmp_path / "c.pdf", language)


def test_the_effect_is_told_for_both_scores():
    """Touched gain 5, the others 1: 4."""
    found = effects_of(TABLE, ["C01", "C02", "C03"], ("position_score", "coverage_score"))
    assert found["position_score"].effect == pytest.approx(4.0)
    assert found["coverage_score"].effect == pytest.approx(0.0)
    # C(7, 3) = 35 ways: a p-value, but no interval.
    assert found["position_score"].p_value == pytest.approx(1 / 35)
    assert np.isnan(found["position_score"].low)


def test_rates_of_points_are_kept_and_read_again():
    """Other thresholds stay out, and so does what is below the line where it is the weight."""
    part, whole, weight = np.array([1.0, 0.0]), np.array([1.0, 3.0]), np.array([2.0, 3.0])
    rates = {
        COVERED: DemandRate(part, weight),
        "coverage_ours_walk_5": DemandRate(part, weight),
        "expected_share": DemandRate(part, whole),
    }
    found = point_rates(rates, weight, ScoringPolicy())
    assert found.columns.tolist() == [COVERED, "expected_share", "expected_share:whole"]
    again = rates_in(found.assign(weight=weight, cell_id=1))
    assert set(again) == {COVERED, "expected_share"}
    for name, one in again.items():
        np.testing.assert_array_equal(one.part, rates[name].part)
        np.testing.assert_array_equal(one.whole, rates[name].whole)
