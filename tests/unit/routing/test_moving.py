"""Moves of single visits: what they cost, which other visits go along, what forbids them."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from cell_visits import random_cell, tour_s

from gridmap.errors import InputError
from gridmap.policies import RoutingPolicy
from gridmap.routing.moving import Move, Moves, Pins
from gridmap.routing.plan import Shifts
from gridmap.routing.problem import CellVisits
from gridmap.routing.under_way import LastRoutes

#: Two weeks of five days; A twice, a week apart, C once.
GRADES = {"A": {"visits": 2, "minutes": 20}, "C": {"visits": 1, "minutes": 10}}


def policy_with(**rules: Any) -> RoutingPolicy:
    day = {"max_calls": 16, "max_minutes": 420, "lunch": 0, **rules.pop("day", {})}
    return RoutingPolicy.model_validate(
        {"weeks": 2, "mode": "walk", "grade_policy": GRADES, "day": day, **rules}
    )


def town_cell() -> CellVisits:
    """Outlets o0 (A) and o1 … o4 (C)."""
    return replace(random_cell(5, 3), grades=("A", "C", "C", "C", "C"))


#: o0 on both Mondays, o1 and o2 on the first one, o3 and o4 on Tuesday.
SHIFTS: Shifts = (((1, 2, 3),), ((4, 5),), ((),), ((),), ((),), ((1,),), ((),), ((),), ((),), ((),))


def moves(pins: Pins | None = None, cell: CellVisits | None = None, **rules: Any) -> Moves:
    return Moves(cell or town_cell(), policy_with(**rules), SHIFTS, pins)


def broken(move: Move) -> set[str]:
    return {one.key.removeprefix("cycle.") for one in move.faults}


def test_a_single_visit_goes_where_it_costs_least() -> None:
    """Both days are those of all ways to put the stop in; the others keep their order."""
    cell = town_cell()
    move = moves(cell=cell).move("o1", 0, 1)
    assert move.steps == ((0, 1),)
    assert move.shifts[0] == ((1, 3),)
    ways = [(2, 4, 5), (4, 2, 5), (4, 5, 2)]
    best = min(tour_s(cell, way) for way in ways)
    left, came = move.changes
    assert (left.day, came.day) == (0, 1)
    assert left.before is not None and left.after is not None and came.after is not None
    assert left.before.travel_s == pytest.approx(tour_s(cell, (1, 2, 3)))
    assert left.after.travel_s == pytest.approx(tour_s(cell, (1, 3)))
    assert came.after.travel_s == pytest.approx(best)
    assert came.after.service_s == 3 * 600.0
    assert move.travel_s == pytest.approx(
        best - tour_s(cell, (4, 5)) + tour_s(cell, (1, 3)) - tour_s(cell, (1, 2, 3))
    )
    assert move.faults == ()


def test_the_other_visits_of_a_grade_go_along() -> None:
    """A is due on one weekday each week: from Monday to Wednesday go both of its visits."""
    move = moves().move("o0", 0, 2)
    assert move.steps == ((0, 2), (5, 7))
    assert move.shifts[2] == ((1,),) and move.shifts[7] == ((1,),)
    assert move.shifts[0] == ((2, 3),) and move.shifts[5] == ((),)
    assert move.faults == ()


def test_twice_on_a_day_and_a_set_that_no_grade_allows() -> None:
    """A second visit on a day, and days that no set of the grade's patterns has, are refused."""
    assert broken(moves().move("o0", 0, 5)) == {"twice"}
    grades = {**GRADES, "A": {**GRADES["A"], "patterns": ["Mo"]}}
    assert broken(moves(grade_policy=grades).move("o0", 0, 2)) == {"spacing"}


def test_limits_of_a_day() -> None:
    """Calls, minutes and the least calls are kept, or named with the day."""
    assert broken(moves(day={"max_calls": 3}).move("o1", 0, 1)) == set()
    assert broken(moves(day={"max_calls": 2}).move("o1", 0, 1)) == {"calls"}
    assert broken(moves(day={"min_calls": 2}).move("o3", 1, 0)) == {"least_calls"}
    work = moves().move("o1", 0, 1).changes[1].after
    assert work is not None
    most = work.work_s / 60.0
    assert broken(moves(day={"max_minutes": most + 0.1}).move("o1", 0, 1)) == set()
    told = moves(day={"max_minutes": most - 0.1}).move("o1", 0, 1)
    assert broken(told) == {"minutes"}
    assert told.changes[1].over_s == pytest.approx(6.0)


def test_a_day_that_is_over_already_may_get_less() -> None:
    """Monday is longer than allowed; a visit may leave it, and none may come."""
    shorter = moves(day={"max_minutes": 60})
    move = shorter.move("o1", 0, 2)
    assert move.changes[0].before is not None and move.changes[0].before.work_s > 3600.0
    assert broken(move) <= {"minutes"}
    assert all(one.where != "1:Mo" for one in move.faults)


def test_holidays_hours_and_skills() -> None:
    """Nobody comes on a holiday, on a day the outlet does not want, or after it closed."""
    start = {"cycle_start": "2026-03-02", "holidays": ["2026-03-04"]}
    assert broken(moves(**start).move("o1", 0, 2)) == {"nobody"}
    wishes = {"outlets": {"o1": {"no_visit_days": "Tu"}}}
    assert broken(moves(**wishes).move("o1", 0, 1)) == {"closed"}
    early = {"outlets": {"o1": {"hours": "Mo-Fr 08:30-08:31"}}}
    assert broken(moves(**early).move("o1", 0, 1)) == {"closed"}
    late = {"outlets": {"o1": {"hours": "Mo-Fr 09:30-18:00"}}, "day": {"end": "18:00"}}
    assert broken(moves(**late).move("o1", 0, 1)) == set()


def test_pins_and_days_that_are_done() -> None:
    """What is pinned or over stays."""
    assert broken(moves(Pins(visits=frozenset({("o1", 0)}))).move("o1", 0, 1)) == {"visit_pinned"}
    for day in (0, 1):
        assert broken(moves(Pins(days=frozenset({day}))).move("o1", 0, 1)) == {"day_pinned"}
    along = moves(Pins(visits=frozenset({("o0", 5)}))).move("o0", 0, 2)
    assert broken(along) == {"visit_pinned"}, "the visit that would go along is pinned"
    last = LastRoutes({"o1": (0,), "o3": (1,)}, {}, from_day=1)
    assert "done" in broken(moves(cell=replace(town_cell(), last=last)).move("o1", 0, 2))


def test_unknown_visits() -> None:
    """What is not there cannot be moved."""
    for outlet, day, to in (("o9", 0, 1), ("o1", 1, 2), ("o1", 0, 0), ("o1", 0, 10)):
        with pytest.raises(InputError, match="no such visit"):
            moves().move(outlet, day, to)


@pytest.mark.parametrize("seed", range(6))
def test_any_move_keeps_every_visit(seed: int) -> None:
    """Whatever is moved, each outlet has as many visits as before, each day none twice."""
    rng = np.random.default_rng(seed)
    desk = moves(cell=replace(random_cell(5, seed), grades=("A", "C", "C", "C", "C")))
    days = {0: ["o0", "o1", "o2"], 1: ["o3", "o4"]}
    day = int(rng.integers(2))
    move = desk.move(str(rng.choice(days[day])), day, int(rng.integers(2, 10)))

    def counted(shifts: Shifts) -> list[int]:
        return sorted(place for routes in shifts for places in routes for place in places)

    assert counted(move.shifts) == counted(SHIFTS)
    assert all(len(set(places)) == len(places) for routes in move.shifts for places in routes)
