"""Days and sequence of the visits of a cell."""

import itertools

import numpy as np
import pytest
import pyvrp
from cell_visits import random_cell, tour_s

from gridmap.errors import InputError
from gridmap.policies import GradePolicy, RoutingPolicy, WorkingDay
from gridmap.progress import MaxIterations
from gridmap.routing.plan import plan_cell_routes
from gridmap.routing.problem import CellVisits

DAILY = RoutingPolicy(
    weeks=1,
    working_days=(1,),
    iterations=120,
    grade_policy={"A": GradePolicy(visits=1, minutes=5.0)},
    day=WorkingDay(max_calls=60, max_minutes=570.0),
)


def test_same_seed_same_routes() -> None:
    cell, policy = random_cell(30, 1), RoutingPolicy(iterations=120)
    assert (
        plan_cell_routes(cell, policy, seed=5).days == plan_cell_routes(cell, policy, seed=5).days
    )


def test_days_are_even_in_calls() -> None:
    """The busiest and the idlest day differ by three calls at most."""
    done = plan_cell_routes(random_cell(60, 2), RoutingPolicy(iterations=300), seed=1)
    calls = [len(day) for day in done.days]
    assert max(calls) - min(calls) <= 3
    assert done.left_out == ()


@pytest.mark.parametrize("side_m", [200.0, 3000.0])
def test_no_day_is_emptied_to_save_travel(side_m: float) -> None:
    """Where outlets stand close together travel is little, and the days are even all the same."""
    cell, policy = random_cell(60, 8, side_m=side_m), RoutingPolicy()
    done = plan_cell_routes(cell, policy, seed=1)
    calls = np.array([len(day) for day in done.days])
    assert calls.max() - calls.min() <= 2
    service_s = cell.service_s(policy)
    work_s = done.travel_s + [service_s[np.array(day) - 1].sum() for day in done.days]
    assert work_s.max() < 1.25 * work_s.mean()
    assert work_s.min() > 0.75 * work_s.mean()


def test_search_improves_on_the_first_insertion() -> None:
    cell = random_cell(60, 3)
    first = plan_cell_routes(cell, RoutingPolicy(iterations=0), seed=1)
    found = plan_cell_routes(cell, RoutingPolicy(iterations=300), seed=1)
    assert found.travel_s.sum() < first.travel_s.sum()
    assert np.std([len(day) for day in found.days]) <= np.std([len(day) for day in first.days])


def test_chance_has_little_say() -> None:
    """With the default iterations any seed comes within 3 % of the best of several."""
    cell = random_cell(50, 5)
    travel = [
        plan_cell_routes(cell, RoutingPolicy(), seed=seed).travel_s.sum() for seed in range(3)
    ]
    assert max(travel) <= 1.03 * min(travel)


def test_travel_and_days_of_the_outlets() -> None:
    """An outlet due once a week has the four days of its weekday."""
    cell = random_cell(10, 4, grades="A")
    done = plan_cell_routes(cell, RoutingPolicy(iterations=60), seed=1)
    assert done.travel_s.tolist() == pytest.approx([tour_s(cell, day) for day in done.days])
    for days in done.visit_days.values():
        assert days == tuple(range(days[0], 20, 5))
    assert len(done.visit_days) == 10


def test_one_important_outlet_is_worth_more_than_all_lesser_ones() -> None:
    """The day has 40 minutes: either one A of 40 minutes or four C of 10; the A is kept."""
    policy = RoutingPolicy(
        weeks=1,
        working_days=(1,),
        iterations=100,
        grade_policy={
            "A": GradePolicy(visits=1, minutes=40.0),
            "C": GradePolicy(visits=1, minutes=10.0),
        },
        day=WorkingDay(max_minutes=40.0),
    )
    cell = CellVisits(1, ("a", "b", "c", "d", "e"), ("C", "C", "A", "C", "C"), np.zeros((6, 6)))
    done = plan_cell_routes(cell, policy, seed=1)
    assert done.left_out == ("a", "b", "d", "e")


@pytest.mark.parametrize("seed", range(4))
def test_one_small_day_is_the_best_there_is(seed: int) -> None:
    """Seven stops: no order is shorter, all 5040 were tried."""
    cell = random_cell(7, seed, grades="A")
    done = plan_cell_routes(cell, DAILY, seed=1)
    best = min(tour_s(cell, order) for order in itertools.permutations(range(1, 8)))
    assert tour_s(cell, done.days[0]) == pytest.approx(best)


def test_one_long_day_is_as_good_as_pyvrp() -> None:
    """Thirty stops in one day, within 1 % of PyVRP."""
    cell = random_cell(30, 11, grades="A")
    done = plan_cell_routes(cell, DAILY, seed=1)
    model = pyvrp.Model()
    places = [model.add_location(0, 0) for _ in range(31)]
    model.add_depot(places[0])
    for place in places[1:]:
        model.add_client(place)
    model.add_vehicle_type(1)
    for one, other in itertools.permutations(range(31), 2):
        way = round(cell.travel_s[one, other] * 1000)
        model.add_edge(places[one], places[other], distance=way)
    peer = model.solve(pyvrp.stop.MaxIterations(500), seed=1, display=False)
    assert tour_s(cell, done.days[0]) <= peer.cost() / 1000.0 * 1.01


def test_an_overloaded_cell_leaves_out_the_least_important_and_says_by_how_much() -> None:
    """A day for 2 calls, one A and three C outlets: the A is kept; 4 - 2 = 2 visits too many."""
    policy = RoutingPolicy(
        weeks=2,
        working_days=(1,),
        iterations=100,
        grade_policy={
            "A": GradePolicy(visits=2, minutes=10.0),
            "C": GradePolicy(visits=1, minutes=10.0),
        },
        day=WorkingDay(max_calls=2),
    )
    cell = random_cell(4, 1)
    cell = CellVisits(3, cell.outlet_ids, ("C", "C", "A", "C"), cell.travel_s)
    done = plan_cell_routes(cell, policy, seed=1)
    assert len(done.left_out) == 1
    assert "o2" not in done.left_out
    keys = [one.key for one in done.notices]
    assert keys == ["routing.too_many_calls", "routing.left_out"]
    assert (
        "needs 2.50 calls a day, 2 are possible (2.5 of 2 a week): 1 visits too"
        in done.notices[0].text()
    )


def test_too_few_minutes_are_told_with_numbers() -> None:
    policy = RoutingPolicy(iterations=60, day=WorkingDay(max_minutes=40.0))
    done = plan_cell_routes(random_cell(60, 1, side_m=500.0), policy, seed=1)
    assert "routing.too_many_minutes" in [one.key for one in done.notices]
    assert done.left_out
    work_s = [
        tour_s(done.cell, day) + done.cell.service_s(policy)[np.array(day, dtype=int) - 1].sum()
        for day in done.days
    ]
    assert max(work_s) <= 40.0 * 60.0


def test_unreachable_and_far_outlets_are_named() -> None:
    cell = random_cell(3, 1)
    travel_s = cell.travel_s.copy()
    travel_s[0, 1] = np.nan
    travel_s[:, 2] += 90_000.0
    done = plan_cell_routes(
        CellVisits(3, cell.outlet_ids, ("A", "A", "A"), travel_s),
        RoutingPolicy(iterations=50),
        seed=1,
    )
    assert done.diagnosis.unreachable == ("o0",)
    assert done.diagnosis.too_far == ("o1",)
    assert done.left_out == ("o0", "o1")
    assert [one.key for one in done.notices] == [
        "routing.unreachable",
        "routing.too_far",
        "routing.left_out",
    ]


def test_nothing_to_visit_is_an_empty_cycle() -> None:
    done = plan_cell_routes(random_cell(0, 1), RoutingPolicy(), seed=1)
    assert done.days == ((),) * 20
    assert done.notices == ()


def test_unknown_grades_are_refused() -> None:
    with pytest.raises(InputError, match="no policy"):
        plan_cell_routes(random_cell(3, 1, grades="Z"), RoutingPolicy(), seed=1)


def test_the_search_ends_when_told_to() -> None:
    asked: list[float] = []

    def stop(cost: float) -> bool:
        asked.append(cost)
        return True

    plan_cell_routes(random_cell(20, 1), RoutingPolicy(iterations=100_000), seed=1, stop=stop)
    assert len(asked) == 1
    plan_cell_routes(
        random_cell(20, 1), RoutingPolicy(iterations=600), seed=1, stop=MaxIterations(9)
    )


def test_a_cell_fits_together() -> None:
    with pytest.raises(ValueError, match="2 grades"):
        CellVisits(1, ("a", "b"), ("A",), np.zeros((3, 3)))
