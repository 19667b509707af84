"""Field work: visits kept to plan and in order, distribution, and what a cell counts of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from grid_town import grid_territory
from hypothesis import given, settings
from hypothesis import strategies as st
from scoring_inputs import inputs_of

from gridmap import schemas
from gridmap.policies import RoutingPolicy, ScoringPolicy
from gridmap.scoring import field_work
from gridmap.scoring.field_counts import (
    FIELD_METRICS,
    field_counts,
    field_metrics,
    outlet_productivity,
    sell_depth,
)
from gridmap.scoring.indicators import coverage_indicators
from gridmap.scoring.inputs import FieldCounts, FieldSum, MarketCounts
from gridmap.scoring.metrics import named
from gridmap.scoring.scorecard import score_cells
from gridmap.territory import Territory

NAN = float("nan")
#: West half and east half of the town's 6 × 4 units; partners o2 … o13 are visited.
TOWN = grid_territory()
LABEL = (np.arange(24) % 6 >= 3).astype(np.int64)
CYCLE = RoutingPolicy()


def log_of(*rows: dict[str, object]) -> pd.DataFrame:
    usual = {"date": "", "route": "", "planned": NAN, "done": True, "seq": NAN, "came": NAN}
    frame = pd.DataFrame([{**usual, **row} for row in rows])
    return schemas.VISIT_LOG.validate(frame[list(schemas.VISIT_LOG.columns)])


def told(town: Territory, label: np.ndarray = LABEL, n_cells: int = 2):
    return field_metrics(field_counts(town, label, n_cells, CYCLE), n_cells)


def test_one_visit_put_last_costs_one_visit():
    """Planned 1 2 3 4 5, made 1 3 4 5 2: only the second shop is out of the planned order."""
    rows = [
        {"outlet_id": f"o{seq}", "date": "2026-06-01", "route": "R1", "planned": 1.0,
         "seq": float(seq), "came": came}
        for seq, came in zip([1, 2, 3, 4, 5], [9.0, 13.0, 10.0, 11.0, 12.0], strict=True)
    ]  # fmt: skip
    kept, ordered = field_work.in_sequence(log_of(*rows))
    assert kept.tolist() == [True, False, True, True, True]
    assert ordered.all()
    # Another day of the same route, and a visit without a time, are no part of the order.
    other = [{**rows[0], "date": "2026-06-02"}, {**rows[4], "came": NAN}]
    kept, ordered = field_work.in_sequence(log_of(*rows, *other))
    assert ordered.tolist() == [True] * 6 + [False]
    assert kept.sum() == 5


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 6).map(float), max_size=9))
def test_no_part_that_never_falls_is_longer(values):
    found = field_work.longest_rising(values)
    part = [values[at] for at in found]
    assert found == sorted(set(found))
    assert part == sorted(part)
    best = [0] * len(values)
    for at, value in enumerate(values):
        best[at] = 1 + max([best[b] for b in range(at) if values[b] <= value], default=0)
    assert len(found) == max(best, default=0)


def test_a_call_that_nobody_knows_the_plan_of_counts_in_no_rate():
    rows = [{"outlet_id": "o2", "planned": planned, "done": done}
            for planned, done in [(1.0, True), (1.0, False), (0.0, True), (NAN, True)]]  # fmt: skip
    sums = {k: (a.sum(), b.sum()) for k, (a, b) in field_work.kept_visits(log_of(*rows)).items()}
    assert sums == {"plan_rate": (1, 2), "call_compliance": (1, 2), "route_compliance": (0, 0)}


def test_visits_too_many_make_up_for_nobody_elses():
    """Two cycles of 4 weeks: 4 and 2 visits due; made 5 and 1, so 4 + 1 of 6 count."""
    due = pd.Series({"a": 2, "b": 1, "c": 1})
    days = pd.date_range("2026-06-01", periods=8, freq="7D").strftime("%Y-%m-%d")
    made = [{"outlet_id": "a", "date": day} for day in days[:5]]
    made += [{"outlet_id": "b", "date": days[7]}, {"outlet_id": "c"}]
    made += [{"outlet_id": "b", "date": days[6], "done": False}]
    part, whole = field_work.attained_visits(log_of(*made), due, weeks=4)
    # c has a visit nobody knows the day of: it counts neither above nor below.
    assert part.tolist() == [4.0, 1.0, 0.0]
    assert whole.tolist() == [4.0, 2.0, 0.0]


def test_only_the_last_whole_cycles_count_and_a_shorter_log_none():
    due = pd.Series({"a": 1})
    days = ["2026-06-01", "2026-06-08", "2026-06-29"]
    # Five weeks: the first is before the last whole cycle.
    part, whole = field_work.attained_visits(
        log_of(*({"outlet_id": "a", "date": day, "done": day == days[0]} for day in days)),
        due, weeks=4,
    )  # fmt: skip
    assert (part.tolist(), whole.tolist()) == ([0.0], [1.0])
    short = log_of(*({"outlet_id": "a", "date": day} for day in days[:2]))
    assert field_work.attained_visits(short, due, weeks=4) is None


def test_gaps_are_regular_around_the_due_one():
    """Two visits in 4 weeks are due every 14 days: gaps of 14 and 20 are regular, 23 is not."""
    days = ["2026-06-01", "2026-06-15", "2026-07-05", "2026-07-28", "2026-07-28"]
    log = log_of(*({"outlet_id": "a", "date": day} for day in days), {"outlet_id": "b"})
    regular, gaps = field_work.regular_gaps(log, pd.Series({"a": 2, "b": 1}), weeks=4)
    assert regular.tolist() == [2.0, 0.0]
    assert gaps.tolist() == [3.0, 0.0]


def test_unknown_stock_is_no_stock_missing():
    stocks, sales = np.array([1.0, 0.0, NAN, 1.0]), np.array([30.0, 10.0, 99.0, NAN])
    assert [one.sum() for one in field_work.numeric_distribution(stocks)] == [2.0, 3.0]
    assert [one.sum() for one in field_work.weighted_distribution(stocks, sales)] == [30.0, 40.0]


def test_without_a_log_everything_is_missing_and_says_why():
    found = told(TOWN)
    for name, why in FIELD_METRICS.items():
        if name != "managers_needed":
            assert np.isnan(found[name].value).all(), name
            assert found[name].note.tolist() == [why] * 2
    nothing = field_metrics(None, 2)
    assert {name: one.note[0] for name, one in nothing.items()} == dict(FIELD_METRICS)


def test_managers_needed_are_due_calls_over_those_of_a_manager():
    grades = TOWN.outlets.loc[TOWN.outlets["visited"], "grade"].map(
        {grade: one.visits for grade, one in CYCLE.grade_policy.items()}
    )
    found = told(TOWN)["managers_needed"]
    assert found.value.sum() == pytest.approx(grades.sum() / (16 * 20))
    assert np.isnan(found.denominator).all()


def test_a_cell_where_nobody_logged_a_visit_has_no_attainment():
    west = TOWN.outlets[(TOWN.outlets["unit"] % 6 < 3) & TOWN.outlets["visited"]]["outlet_id"]
    days = ("2026-06-01", "2026-06-26")
    rows = [{"outlet_id": west.iloc[0], "date": day, "planned": 1.0} for day in days]
    found = told(replace(TOWN, visit_log=log_of(*rows), invented=("visits",)))
    assert found["visit_attainment"].value[0] > 0.0
    assert np.isnan(found["visit_attainment"].value[1])
    assert found["visit_attainment"].note.tolist() == ["visits_invented", "no_visits_logged"]
    assert found["plan_rate"].note.tolist() == ["visits_invented", "no_visits_planned"]
    assert found["route_compliance"].note.tolist() == ["no_visit_order"] * 2


@pytest.mark.parametrize(
    ("row", "notes"),
    [
        ({"date": "2026-06-01"}, ["no_plan_in_log", "no_plan_in_log", "log_too_short"]),
        ({"planned": 1.0}, [None, "no_visit_order", "no_visit_dates"]),
        ({"planned": 0.0}, ["no_visits_planned", "no_visit_order", "no_visit_dates"]),
    ],
)
def test_what_the_log_does_not_tell_is_missing(row, notes):
    """Of a log with one visit: plan rate, order and attainment, each with its reason."""
    found = told(replace(TOWN, visit_log=log_of({"outlet_id": "o2", **row})))
    names = ("plan_rate", "route_compliance", "visit_attainment")
    for name, note in zip(names, notes, strict=True):
        assert np.isnan(found[name].value[0]) == (note is not None), name
        assert found[name].note[0] == (note or "")


def test_additions_and_sales_of_an_outlet():
    """West: 30 additions and sales 8 and 0 of two outlets of ours; east has none of ours."""
    inputs = inputs_of(
        [[1.0] * 3], ["own", "partner", "rival"], outlet_cell=[0, 0, 1], n_cells=2,
        sales=np.array([8.0, 0.0, NAN]),
        market=MarketCounts(
            ("we", "they"), np.full((2, 2), 9.0), additions=np.array([[30.0, 1.0], [2.0, 1.0]])
        ),
    )  # fmt: skip
    productivity, depth = outlet_productivity(inputs), sell_depth(inputs)
    np.testing.assert_array_equal(productivity.value, [15.0, NAN])
    assert productivity.note.tolist() == ["rests_on_subscribers", "no_outlets"]
    np.testing.assert_array_equal(depth.value, [8.0, NAN])
    assert depth.note.tolist() == ["", "no_active_outlet"]
    nothing = inputs_of([[1.0]], ["own"])
    assert sell_depth(nothing).note.tolist() == ["no_sales"]
    assert outlet_productivity(nothing).note.tolist() == ["no_flow_data"]


def test_a_coverage_score_that_rests_on_an_invented_log_says_so():
    """Both cells are as well covered; half of the visits due in cell 0 were made, all in 1."""
    made = FieldSum(np.array([1.0, 4.0]), np.array([2.0, 4.0]), np.ones(2), "", "visits_invented")
    minutes = [[3.0, 30.0], [30.0, 3.0]]
    town = inputs_of(
        minutes, ["own", "own"], demand_cell=[0, 1], outlet_cell=[0, 1], n_cells=2,
        due_visits=np.array([2, 4]), planned_visits=np.array([2, 4]),
        field_work=FieldCounts({"visit_attainment": made}, {}),
    )  # fmt: skip
    scores = score_cells(town, ScoringPolicy(draws=0), seed=1).set_index(["metric", "cell_id"])
    score = scores.loc["coverage_score"]
    assert score["note"].tolist() == ["visits_invented"] * 2
    assert score["value"][0] < score["value"][1]
    plain = score_cells(replace(town, field_work=None), ScoringPolicy(draws=0), seed=1)
    plain = plain[plain["metric"] == "coverage_score"]
    assert plain["note"].tolist() == ["", ""]
    assert plain["value"].iloc[0] == pytest.approx(plain["value"].iloc[1])


def random_town(seed: int) -> Territory:
    rng = np.random.default_rng(seed)
    n = 120
    days = pd.to_datetime("2026-06-01") + pd.to_timedelta(rng.integers(0, 56, n), unit="D")
    log = pd.DataFrame(
        {
            "outlet_id": rng.choice(TOWN.outlets["outlet_id"], n),
            "date": np.where(rng.random(n) < 0.95, days.strftime("%Y-%m-%d"), ""),
            "route": rng.choice(["R1", "R2"], n),
            "planned": rng.choice([1.0, 1.0, 0.0, NAN], n),
            "done": rng.random(n) < 0.7,
            "seq": np.where(rng.random(n) < 0.8, rng.integers(1, 9, n), NAN),
            "came": np.where(rng.random(n) < 0.8, rng.uniform(3e4, 6e4, n), NAN),
        }
    )
    outlets = TOWN.outlets.assign(
        stocks=rng.choice([0.0, 1.0, NAN], len(TOWN.outlets)),
        category_sales=np.where(rng.random(len(TOWN.outlets)) < 0.8, 10.0, NAN),
    )
    return replace(TOWN, outlets=outlets, visit_log=schemas.VISIT_LOG.validate(log))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 5))
def test_merged_cells_have_the_sums_of_their_parts(seed, n_cells):
    """Numerators and denominators add up where each cell was logged; rates are Σ/Σ."""
    town = random_town(seed)
    label = np.random.default_rng(seed).permutation(np.arange(24) % n_cells)
    parts, whole = told(town, label, n_cells), told(town, np.zeros(24, dtype=np.int64), 1)
    assert parts.keys() == whole.keys()
    for name, one in parts.items():
        assert named(name).metric.additive, name
        if np.isnan(one.numerator).any():
            continue
        for column in ("numerator", "denominator", "n"):
            total, merged = getattr(one, column).sum(), getattr(whole[name], column)[0]
            np.testing.assert_allclose(merged, total, atol=1e-9, err_msg=f"{name} {column}")
        if whole[name].denominator[0] > 0.0:
            share = whole[name].numerator[0] / whole[name].denominator[0]
            assert whole[name].value[0] == pytest.approx(share)
            assert 0.0 <= share <= 1.0 + 1e-12


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_the_order_of_the_rows_means_nothing(seed):
    town = random_town(seed)
    mixed = town.visit_log.sample(frac=1.0, random_state=seed).reset_index(drop=True)
    first, then = told(town), told(replace(town, visit_log=mixed))
    for name in first:
        np.testing.assert_allclose(first[name].value, then[name].value, err_msg=name)


def test_made_visits_count_in_the_coverage_score_only_where_a_log_tells_them():
    listed = {one.metric: one for one in coverage_indicators("walk", (5.0, 10.0), visits=True)}
    assert listed["visit_attainment"].dimension == "service"
    without = [one.metric for one in coverage_indicators("walk", (5.0, 10.0))]
    assert "frequency_attainment" in without
    assert "visit_attainment" not in without
