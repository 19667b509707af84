"""The search: what it keeps to, what it betters, how it stops."""

from __future__ import annotations

import numpy as np
import pytest

from gridmap.partition.anneal import Schedule, anneal
from gridmap.partition.area import Area, SearchSpace
from gridmap.partition.kernels import LOAD, State, gather_rim, new_state
from gridmap.partition.moves import exchange, lost_pieces, steal
from gridmap.partition.objective import (
    IMPORTANCE,
    Bands,
    Importance,
    barrier_reach_m,
    broken_cells,
    changed_weight,
    loads,
    objective,
)
from gridmap.partition.prices import cell_prices
from gridmap.partition.problem import PartitionProblem
from gridmap.partition.refine import Refined, RefineParams, refine
from gridmap.partition.regrow import assign_and_regrow
from gridmap.partition.search import Search
from gridmap.progress import MaxIterations
from tests.partition_graphs import from_edges, grid_edges, grid_problem, grid_xy, straight_s


def uneven_grid(seed: int = 3) -> PartitionProblem:
    weight = np.random.default_rng(seed).gamma(2.0, 5.0, 400)
    return grid_problem(20, 20, [21, 35, 190, 250, 390], weight.tolist())


def search(problem: PartitionProblem, tolerance: float = 0.05, **options: object) -> Refined:
    bands = Bands.around_mean(problem, [tolerance] * problem.weights.shape[1])
    price_s = np.zeros_like(bands.low)
    price_s[:, 0] = cell_prices(problem, bands.low[:, 0], bands.high[:, 0]).price_s
    start = assign_and_regrow(problem, problem.travel_s + price_s[:, :1].T)
    given = {"iterations": 6, "seed": 1, **options}
    return refine(problem, start, price_s, bands, **given)  # type: ignore[arg-type]


def whole(problem: PartitionProblem, low: float, high: float) -> Area:
    """All cells, loads between `low` and `high`, in units of the mean load; borders are free."""
    shape = (problem.n_cells, problem.weights.shape[1])
    bands = Bands(np.full(shape, low * problem.target[0]), np.full(shape, high * problem.target[0]))
    free = Importance(compactness=0.0)
    return SearchSpace.of(problem, bands, free, np.zeros(shape)).whole()


def state_of(area: Area, label: np.ndarray) -> State:
    ledger = area.ledger(label, narrowing=0.0)
    return new_state(label.copy(), ledger, area.world.indptr)


def test_every_cell_comes_within_the_tolerance_in_one_piece() -> None:
    """Five uneven cells of a grid."""
    problem = uneven_grid()
    found = search(problem)
    deviation = loads(problem, found.label)[:, 0] / problem.target[0] - 1.0
    assert found.worst_excess == 0.0
    assert np.abs(deviation).max() <= 0.05
    assert broken_cells(problem, found.label) == ()


def test_one_seed_one_answer() -> None:
    """And another seed another one."""
    quick = RefineParams(starts=1, sweeps=20, release_sweeps=10, polish_sweeps=2)
    first, again, other = (
        search(uneven_grid(), seed=seed, iterations=1, params=quick).label for seed in (1, 1, 2)
    )
    assert (first == again).all()
    assert (first != other).any()


def test_rounds_never_make_the_plan_worse() -> None:
    """The first part of the search is the same, so more rounds can only gain."""
    few, many = search(uneven_grid(), iterations=0), search(uneven_grid(), iterations=14)
    assert few.rounds == 0
    assert many.rounds >= 12
    assert many.cost <= few.cost


def test_stop_ends_the_rounds() -> None:
    """Three answers of no, then stop; and the caller is told of each round."""
    told: list[int] = []
    found = search(uneven_grid(), iterations=14, stop=MaxIterations(3), on_round=told.append)
    assert (found.rounds, told) == (3, [1, 2, 3])


def test_stop_sees_the_best_so_far_and_that_is_returned() -> None:
    """The number never rises, and no later round spoils the plan kept."""
    seen: list[float] = []

    def watch(best: float) -> bool:
        seen.append(best)
        return False

    found = search(uneven_grid(), iterations=12, stop=watch)
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 12
    assert found.cost <= seen[-1]


def test_clock_ends_a_long_anneal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looked at every so many tries; what was found till then is a whole plan."""
    monkeypatch.setattr("gridmap.partition.search._CHUNK_TRIES", 2000)

    class Clock:
        looks = 0

        def __call__(self, _best: float, /) -> bool:
            return True

        def over(self) -> bool:
            self.looks += 1
            return True

    problem, clock = uneven_grid(), Clock()
    found = search(problem, iterations=30, stop=clock, params=RefineParams(starts=1))
    assert found.rounds == 0
    assert 1 <= clock.looks <= 3
    assert broken_cells(problem, found.label) == ()


def test_criteria_that_count_are_asked_once_a_round(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the anneals are and however many threads there are."""
    monkeypatch.setattr("gridmap.partition.search._CHUNK_TRIES", 2000)
    found = search(uneven_grid(), iterations=30, stop=MaxIterations(4))
    assert found.rounds == 4


def test_processors_do_not_change_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Side by side or one after the other."""
    problem = uneven_grid()
    answers = []
    for processors in (1, 4):
        monkeypatch.setattr("os.cpu_count", lambda found=processors: found)
        answers.append(search(problem).label)
    assert (answers[0] == answers[1]).all()


def test_further_starts_only_better_the_plan() -> None:
    """The first of four beginnings is the only one of the other search."""
    quick = {"sweeps": 60, "release_sweeps": 30, "polish_sweeps": 30}
    one = search(uneven_grid(), iterations=0, params=RefineParams(starts=1, **quick))  # type: ignore[arg-type]
    four = search(uneven_grid(), iterations=0, params=RefineParams(starts=4, **quick))  # type: ignore[arg-type]
    assert (four.worst_excess, four.cost) <= (one.worst_excess, one.cost)


def test_borders_follow_a_barrier() -> None:
    """A river between columns 4 and 5 of ten; equal demand; without it the border is anywhere."""
    edges = grid_edges(10, 10)
    centres = [43, 47]
    river = [100.0 if {a % 10, b % 10} == {4, 5} else 0.0 for a, b in edges]
    travel = straight_s(grid_xy(10, 10), [45, 46])
    dry = from_edges(edges, [1.0] * 100, centres, travel_s=travel)
    wet = from_edges(edges, [1.0] * 100, centres, travel_s=travel, barrier=river)
    label = search(wet, tolerance=0.3).label
    assert barrier_reach_m(wet, label) == 0.0
    assert barrier_reach_m(wet, search(dry, tolerance=0.3).label) > 0.0


def test_every_workload_is_held() -> None:
    """Demand is even, the second workload lies on the left two thirds, the third at the top."""
    rows, columns, centres = 12, 12, [62, 69]
    unit = np.arange(rows * columns)
    further = np.stack([unit % columns < 8, unit // columns > 6], axis=1).astype(float)
    travel = straight_s(grid_xy(rows, columns), centres)
    edges, even = grid_edges(rows, columns), [1.0] * (rows * columns)
    problem = from_edges(edges, even, centres, travel_s=travel, further=further)
    found = search(problem, tolerance=0.05)
    assert found.worst_excess == 0.0
    assert np.abs(loads(problem, found.label) / problem.target - 1.0).max() <= 0.05 + 1e-9
    alone = search(from_edges(edges, even, centres, travel_s=travel))
    assert np.abs(loads(problem, alone.label) / problem.target - 1.0).max() > 0.3


def test_change_has_a_price() -> None:
    """A former plan is kept where the price is high and left where it is nothing."""
    base = uneven_grid()
    former = search(base, seed=5, tolerance=0.3).label
    problem = PartitionProblem(
        **{**{name: getattr(base, name) for name in base.__dataclass_fields__}, "former": former}
    )
    moved = [
        changed_weight(problem, search(problem, importance=Importance(change=price)).label)
        for price in (0.0, 3.0)
    ]
    assert 0.0 < moved[1] < 0.8 * moved[0]


def test_least_violation_is_kept_when_nothing_fits() -> None:
    """Row of four with 1 1 | 1 9: at best 2 and 10; the search restarts, then gives that."""
    problem = grid_problem(1, 4, [0, 3], [1, 1, 1, 9])
    found = search(problem, iterations=30, params=RefineParams(sweeps=20, repair_sweeps=10))
    assert found.label.tolist() == [0, 0, 0, 1]
    assert found.worst_excess == pytest.approx(0.5 - 0.05)
    assert found.restarts == 2


def test_melt_that_fails_does_not_cost_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan is melted and ends at loads of 1 and 11."""

    def unlucky(_self: Search, _seed: int) -> np.ndarray:
        return np.array([0, 1, 1, 1])

    monkeypatch.setattr(Search, "_melted", unlucky)
    problem = grid_problem(1, 4, [0, 3], [1, 1, 1, 9])
    found = search(
        problem, iterations=7, params=RefineParams(sweeps=20, repair_sweeps=10, patience=3)
    )
    assert found.rounds == 7
    assert found.restarts >= 1
    assert found.label.tolist() == [0, 0, 0, 1]


def test_crowded_outlets_are_balanced_by_melting_alone() -> None:
    """Nine outlets side by side in 30 x 30 units, off the middle; no round is made."""
    close = [30 * row + column for row in (4, 7, 10) for column in (4, 7, 10)]
    problem = grid_problem(30, 30, close)
    nearest = assign_and_regrow(problem, problem.travel_s)
    bands = Bands.around_mean(problem, [0.05])
    prices = np.zeros((9, 1))
    melted = refine(
        problem, nearest, prices, bands, iterations=0, seed=1, params=RefineParams(starts=0)
    )
    assert bands.excess(problem, loads(problem, nearest)).max() > 2.0
    assert melted.worst_excess == 0.0
    assert broken_cells(problem, melted.label) == ()


def test_nothing_to_search() -> None:
    """One cell, or only units of centres."""
    assert search(grid_problem(2, 2, [0])).label.tolist() == [0] * 4
    assert search(grid_problem(1, 2, [0, 1])).rounds == 0


def test_cost_is_that_of_the_label() -> None:
    """As the objective says, from the label alone."""
    problem = uneven_grid()
    found = search(problem, iterations=2)
    assert found.cost == objective(problem, found.label, IMPORTANCE)


def test_inner_loop_keeps_loads_and_pieces_true() -> None:
    """Even very hot, loads add up and no cell breaks; the hard band is never left."""
    problem = uneven_grid()
    label = search(problem, iterations=0).label
    area = whole(problem, 0.95, 1.05)
    for hard in (False, True):
        state = state_of(area, label)
        plan = Schedule(
            sweeps=60,
            hot=1e9,
            cold=1e3,
            soft=1e-3,
            stiff=1.0,
            steal_share=0.5,
            exchange_share=0.3,
            anchor=np.zeros((5, 1)),
            price_reach=1.0,
            price_rate=0.1,
            price_stiffness=1.0,
            hard=hard,
        )
        best = label.copy()
        for begin in (0, 30):
            anneal(plan, area.world, state, 7 + begin, begin, begin + 30, best)
        assert (state.label != label).sum() > 50
        assert np.allclose(state.ledger[..., LOAD], area.loads(state.label))
        for one in (state.label, best):
            assert broken_cells(problem, one) == ()
        if hard:
            assert np.abs(state.ledger[:, 0, LOAD] - 1.0).max() <= 0.05 + 1e-9


def test_neighbourhood_is_the_same_problem_in_small() -> None:
    """Loads, excess and what a change costs agree with the whole."""
    problem = uneven_grid()
    label = search(problem, iterations=0).label
    bands = Bands.around_mean(problem, [0.05])
    space = SearchSpace.of(problem, bands, IMPORTANCE, np.zeros((5, 1)))
    area = space.cut_out(label, np.array([True, True, False, True, False]))
    own = area.take(label)
    assert area.cells.tolist() == [0, 1, 3]
    assert np.allclose(area.loads(own), space.loads(label)[area.cells])
    unit = next(
        u for u in range(len(own)) if not area.world.held[u] and len(set(own[_beside(area, u)])) > 1
    )
    other = next(c for c in own[_beside(area, unit)].tolist() if c != own[unit])
    moved, new_label = own.copy(), label.copy()
    moved[unit] = other
    area.put(moved, new_label)
    assert (new_label != label).sum() == 1
    change = space.whole().cost(new_label) - space.whole().cost(label)
    assert area.cost(moved) - area.cost(own) == pytest.approx(change, rel=1e-4, abs=1e-3)


def _beside(area: Area, unit: int) -> np.ndarray:
    return area.world.indices[area.world.indptr[unit] : area.world.indptr[unit + 1]]


def corridor() -> tuple[PartitionProblem, np.ndarray]:
    """Row 0 1 2 3 4 with cell 0 up to unit 3 and cell 1 beside each unit by a row below."""
    edges = [*grid_edges(2, 5)]
    problem = from_edges(edges, [1.0] * 10, [0, 9])
    return problem, np.array([0, 0, 0, 0, 1, 1, 1, 1, 1, 1])


def test_lost_pieces_are_those_without_the_centre() -> None:
    """Without unit 1 cell 0 loses 2 and 3; without unit 3 nothing."""
    problem, label = corridor()
    area = whole(problem, 0.0, 10.0)
    state, world = state_of(area, label), area.world
    assert lost_pieces(1, 1, world, state) == 1
    assert sorted(state.piece[: state.cut[1]].tolist()) == [2, 3]
    assert lost_pieces(3, 2, world, state) == 0


def test_steal_takes_the_lost_piece_along() -> None:
    """At great heat unit 1 goes to cell 1 with 2 and 3."""
    problem, label = corridor()
    area = whole(problem, 0.0, 10.0)
    state, world = state_of(area, label), area.world
    lost = lost_pieces(1, 1, world, state)
    assert steal(1, 1, lost, 1.0, world, state)
    assert state.label.tolist() == [0, 1, 1, 1, 1, 1, 1, 1, 1, 1]
    assert np.allclose(state.ledger[:, 0, LOAD] * 5, [1.0, 9.0])


def test_refused_steal_leaves_everything_as_it_was() -> None:
    """A narrow stiff band makes it dear, and there is no heat."""
    problem, label = corridor()
    area = whole(problem, 0.8, 1.2)
    state, world = state_of(area, label), area.world
    lost = lost_pieces(1, 1, world, state)
    assert not steal(1, 1, lost, 1e-9, world, state)
    assert state.label.tolist() == label.tolist()
    assert np.allclose(state.ledger[:, 0, LOAD] * 5, [4.0, 6.0])


def test_unit_that_breaks_its_cell_in_too_many_pieces_stays() -> None:
    """A star of twenty arms around unit 1."""
    edges = [(0, 1), *((1, arm) for arm in range(2, 22)), *((arm, 22) for arm in range(2, 22))]
    problem = from_edges(edges, [1.0] * 23, [0, 22])
    label = np.array([0] * 22 + [1])
    area = whole(problem, 0.0, 99.0)
    assert lost_pieces(1, 1, area.world, state_of(area, label)) == -1


def test_piece_with_a_unit_that_must_stay_is_not_lost() -> None:
    """Unit 3 is forced into cell 0, so 1 cannot leave with 2 and 3."""
    edges = [*grid_edges(2, 5)]
    problem = from_edges(edges, [1.0] * 10, [0, 9], forced={3: 0})
    area = whole(problem, 0.0, 99.0)
    label = np.array([0, 0, 0, 0, 1, 1, 1, 1, 1, 1])
    assert lost_pieces(1, 1, area.world, state_of(area, label)) == -1


def test_exchange_keeps_full_cells_full() -> None:
    """Two rows of four, both cells exactly full: single moves are barred, an exchange is not."""
    problem = grid_problem(2, 4, [0, 7])
    label = np.array([0, 0, 1, 1, 0, 0, 1, 1])
    area = whole(problem, 1.0, 1.0)
    np.random.seed(0)
    changed = False
    for stamp in range(1, 400, 2):
        state = state_of(area, label)
        gather_rim(area.world, state)
        if exchange(1, 1, 1e9, True, stamp, area.world, state):
            changed = True
            assert np.allclose(state.ledger[:, 0, LOAD], 1.0)
            assert np.allclose(area.loads(state.label), 1.0)
            assert broken_cells(problem, state.label) == ()
            assert state.label[1] == 1
        else:
            assert (state.label == label).all()
    assert changed


def test_search_ends_when_it_betters_nothing() -> None:
    """A plan that is best already: twelve rounds in vain are enough."""
    found = search(uneven_grid(), iterations=400)
    assert 12 <= found.rounds < 200
