"""Several plans at once: none beats another, and each is sound."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gridmap.errors import InputError
from gridmap.partition.objective import (
    Bands,
    border_m,
    broken_cells,
    changed_weight,
    loads,
    travel_cost,
)
from gridmap.partition.pareto import ParetoPlan, _spread, _undominated, pareto_plans
from gridmap.partition.problem import PartitionProblem
from gridmap.partition.solve import solve
from gridmap.progress import MaxIterations
from tests.partition_graphs import grid_problem

CENTRES = [21, 35, 190, 250, 390]


def drifted() -> PartitionProblem:
    rng = np.random.default_rng(3)
    weight = rng.gamma(2.0, 5.0, 400)
    before = grid_problem(20, 20, CENTRES, weight.tolist())
    former = solve(before, Bands.around_mean(before, [0.05]), iterations=2, seed=1).label
    today = grid_problem(20, 20, CENTRES, (weight * rng.lognormal(0, 0.2, 400)).tolist())
    return replace(today, former=former)


def beats(one: ParetoPlan, other: ParetoPlan) -> bool:
    return all(a <= b for a, b in zip(one.figures, other.figures, strict=True))


def test_five_to_seven_plans_none_of_which_beats_another() -> None:
    problem = drifted()
    bands = Bands.around_mean(problem, [0.05])
    seen: list[tuple[int, int]] = []
    plans = pareto_plans(problem, bands, on_plan=lambda made, of: seen.append((made, of)))
    assert 5 <= len(plans) <= 7 and seen == [(made, 7) for made in range(1, 8)]
    for one in plans:
        assert not any(beats(other, one) for other in plans if other is not one)
        assert broken_cells(problem, one.label) == ()
        off = np.abs(loads(problem, one.label) / problem.target - 1.0).max()
        assert one.balance == off <= 0.05
        assert one.travel == travel_cost(problem, one.label)
        assert one.border_m == border_m(problem, one.label)
        assert one.changed == changed_weight(problem, one.label)
        assert one.aim and "km" in one.text() and "公里" in one.text("zh")
    by_aim = {one.aim: one for one in plans}
    assert min(plans, key=lambda one: one.travel).aim == "travel"
    assert by_aim["balance"].balance <= 0.006
    assert min(plans, key=lambda one: one.changed).aim == "change"
    assert min(plans, key=lambda one: one.border_m).aim.startswith("compact")
    again = pareto_plans(problem, bands)
    assert all((a.label == b.label).all() for a, b in zip(plans, again, strict=True))


def test_fewer_plans_keep_the_best_of_each_figure() -> None:
    figures = [(0.0, 9, 9, 9), (9, 0.0, 9, 9), (8, 8, 0.0, 9), (8, 8, 8, 0.0), (4, 4, 4, 4)]
    plans = [ParetoPlan(str(place), np.zeros(1, int), *one) for place, one in enumerate(figures)]
    assert [one.aim for one in _spread(plans, 4)] == ["0", "1", "2", "3"]
    assert len(_spread(plans, 7)) == 5
    worse = ParetoPlan("worse", np.zeros(1, int), 4, 4, 5, 4)
    same = replace(plans[4], aim="same")
    assert _undominated([worse, *plans, same]) == plans


def test_without_a_former_plan_change_is_no_figure() -> None:
    problem = grid_problem(12, 12, [13, 30, 100])
    plans = pareto_plans(problem, Bands.around_mean(problem, [0.05]), iterations=1, n_plans=3)
    assert 1 <= len(plans) <= 3 and all(one.changed == 0.0 for one in plans)
    assert not any(one.aim.startswith("change") for one in plans)


def test_the_former_plan_is_one_of_them_where_it_keeps_the_bands() -> None:
    problem = drifted()
    wide = Bands.around_mean(problem, [0.4])
    plans = pareto_plans(problem, wide, iterations=1)
    least = min(plans, key=lambda one: one.changed)
    assert least.changed == 0.0 and (least.label == problem.former).all()


def test_stop_ends_the_searches() -> None:
    problem = drifted()
    seen: list[int] = []
    plans = pareto_plans(
        problem,
        Bands.around_mean(problem, [0.05]),
        stop=MaxIterations(0),
        on_plan=lambda made, _: seen.append(made),
    )
    assert len(plans) >= 1 and seen == [1]


def test_a_workload_without_a_band_does_not_count() -> None:
    problem = grid_problem(6, 6, [7, 28])
    second = np.zeros(36)
    second[:3] = 1.0
    problem = replace(problem, weights=np.column_stack([problem.weights[:, 0], second]))
    plans = pareto_plans(problem, Bands.around_mean(problem, [0.2, None]), iterations=1)
    # All of the second workload lies in one cell: it is 1 off the mean, and nobody minds.
    assert all(one.balance <= 0.2 for one in plans)


def test_a_number_of_plans_out_of_range_is_refused() -> None:
    problem = grid_problem(3, 3, [0, 8])
    with pytest.raises(InputError, match="ask for 2 to 7"):
        pareto_plans(problem, Bands.around_mean(problem, [0.2]), n_plans=8)
