"""Two plans and two months on the same borders, and what touched cells gained."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from month_town import COLUMN, COVERED, COVERED_OLD_NEW, MONTHS, NEW_LABEL, OLD_LABEL, at_hand

from gridmap.catalogue import LANGUAGES
from gridmap.errors import InputError
from gridmap.export.geo import write_geopackage
from gridmap.export.plan_changes import (
    compare_months,
    compare_months_of,
    compare_plans,
    compare_scenarios,
    effects_of,
    market_months,
)
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


def written(folder: Path, label: np.ndarray, covered: np.ndarray, *, moved: bool = False) -> Path:
    """Return the file of a plan, see `at_hand`."""
    folder.mkdir()
    return write_geopackage(*at_hand(label, covered, moved=moved), folder / "plan.gpkg")


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An old plan whose middle cell is half covered, and a new one with other borders."""
    folder = tmp_path_factory.mktemp("plans")
    old = written(folder / "old", OLD_LABEL, np.array(COVERED_OLD_NEW[0])[COLUMN])
    new = written(folder / "new", NEW_LABEL, np.array(COVERED_OLD_NEW[1])[COLUMN], moved=True)
    return old, new


@pytest.mark.parametrize("on", ["same", "new", "old"])
def test_plans_at_hand_are_compared_as_their_files_are(plans, on):
    covered = [np.array(one)[COLUMN] for one in COVERED_OLD_NEW]
    two = (at_hand(OLD_LABEL, covered[0]), at_hand(NEW_LABEL, covered[1], moved=True))
    span = tuple(map(str, plans))
    found, expected = compare_scenarios(*two, on=on, span=span), compare_plans(*plans, on=on)
    pd.testing.assert_frame_equal(found.table, expected.table, check_dtype=False)
    rest = {"table": None, "effects": None}
    assert vars(found) | rest == vars(expected) | rest
    assert repr(found.effects) == repr(expected.effects)
    months = compare_months_of(*two[0], *MONTHS, touched=["C01"])
    of_file = compare_months(plans[0], *MONTHS, touched=["C01"])
    pd.testing.assert_frame_equal(months.table, of_file.table, check_dtype=False)
    assert market_months(two[0][0].market) == list(MONTHS)
    assert market_months(None) == []


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
    monkeypatch.setattr("gridmap.export.compared_plan._market_of", lambda _: None)
    monkeypatch.setattr("gridmap.export.compared_plan.rates_in", lambda _: {})
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
    monkeypatch.setattr("gridmap.export.compared_plan._market_of", lambda _: None)
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
