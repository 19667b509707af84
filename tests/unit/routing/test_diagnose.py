"""What does not fit is refused with the right numbers, and the cures are enough."""

import numpy as np
import pytest
from cell_visits import random_cell
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.errors import InfeasibleError, InputError
from gridmap.policies import GradePolicy, RoutingPolicy, WorkingDay
from gridmap.routing.cures import find_cures
from gridmap.routing.diagnose import diagnose, least_minutes
from gridmap.routing.plan import plan_cell_routes
from gridmap.routing.problem import CellVisits
from gridmap.routing.refusal import refuse_left_out, refuse_overload

#: A day of 8 h without lunch: calls bind, not minutes.
POLICY = RoutingPolicy(day=WorkingDay(lunch=0.0, max_calls=16, max_minutes=420.0))


def crowded_cell(cell_id: int = 1, *, a: int = 34, b: int = 57, c: int = 89) -> CellVisits:
    """180 outlets in a small town: 34·4 + 57·2 + 89 = 339 visits in 20 days, 16.95 a day."""
    cell = random_cell(a + b + c, cell_id, side_m=1000.0)
    grades = ("A",) * a + ("B",) * b + ("C",) * c
    ids = tuple(f"{cell_id}-{one}" for one in cell.outlet_ids)
    return CellVisits(cell_id, ids, grades, cell.travel_s)


def refusal(*cells: CellVisits, policy: RoutingPolicy = POLICY, **more: object) -> str:
    with pytest.raises(InfeasibleError) as raised:
        refuse_overload(cells, policy, **more)  # type: ignore[arg-type]
    for one in raised.value.faults:
        assert one.text("zh")
    return raised.value.text()


def test_too_many_calls_are_refused_with_the_numbers() -> None:
    """339 visits in 20 days of 16: 16.95 a day, 84.75 of 80 a week, 339 - 320 = 19 too many."""
    told = refusal(crowded_cell())
    assert "C01: needs 16.95 calls a day, 16 are possible (84.8 of 80 a week): 19 visits" in told
    assert "minutes too many" not in told
    assert "(C: 19)" in told
    assert "2 more working days a cycle (there are 20)" in told  # 19 of 16 a day
    assert "2 managers" in told
    assert "allow 17 calls a day" in told
    assert "--best-effort" in told


def test_a_neighbour_with_room_is_named() -> None:
    """The second cell has 320 - 40 = 280 calls to spare, the third is not a neighbour."""
    roomy, elsewhere = crowded_cell(2, a=10, b=0, c=0), crowded_cell(3, a=1, b=0, c=0)
    told = refusal(crowded_cell(), roomy, elsewhere, neighbours={1: [2], 2: [1]})
    assert "to C02, which has 280 calls a cycle to spare" in told
    assert "C02: " not in told


def test_an_overloaded_neighbour_takes_nothing() -> None:
    told = refusal(crowded_cell(), crowded_cell(2), neighbours={1: [2], 2: [1]})
    assert told.count("no neighbour has calls to spare") == 2


def test_the_least_minutes_by_hand() -> None:
    """Two outlets 10 min apart, the centre 20 min away: 10 min of way and the service."""
    travel_s = np.array([[0.0, 1200, 1200], [1200, 0, 600], [1200, 600, 0]])
    cell = CellVisits(1, ("a", "c"), ("A", "C"), travel_s)
    assert least_minutes(cell, POLICY).tolist() == [35.0, 22.0]
    found = diagnose(cell, POLICY)
    assert found.minutes_needed == 4 * 35.0 + 22.0
    assert found.minutes_available == 20 * 420.0
    assert not found.overloaded


def test_too_many_minutes_are_refused_with_the_numbers() -> None:
    """40 A of 25 min in a point: 40·4·25 = 4000 min, 200 a day, where there are 150: 1000 over."""
    policy = POLICY.model_copy(update={"day": WorkingDay(lunch=0.0, max_minutes=150.0)})
    cell = CellVisits(7, tuple(f"o{n}" for n in range(40)), ("A",) * 40, np.zeros((41, 41)))
    told = refusal(cell, policy=policy)
    assert "C07: needs at least 200 minutes a day, 150 are there (1000 of 750 a week)" in told
    assert "1000 minutes too many" in told
    assert "(A: 40)" in told  # 1000 / 25
    assert "7 more working days" in told  # 1000 / 150
    assert "2 managers" in told
    assert "give 10 outlets away" in told  # 100 minutes each
    assert "calls a day" not in told.replace("calls a day,", "")


@settings(max_examples=40, deadline=None)
@given(
    outlets=st.integers(2, 60),
    seed=st.integers(0, 10_000),
    calls=st.integers(1, 4),
    minutes=st.floats(60.0, 200.0),
)
def test_giving_away_what_is_named_takes_the_overload_away(
    outlets: int, seed: int, calls: int, minutes: float
) -> None:
    """All but the named outlets need no more calls and service than there are."""
    day = WorkingDay(lunch=0.0, max_calls=calls, max_minutes=minutes)
    policy = RoutingPolicy(weeks=2, grade_policy={
        "A": GradePolicy(visits=2, minutes=25.0), "B": GradePolicy(visits=1, minutes=18.0),
        "C": GradePolicy(visits=1, minutes=12.0)}, day=day)  # fmt: skip
    cell = random_cell(outlets, seed, side_m=500.0)
    found = diagnose(cell, policy)
    cures = find_cures(cell, policy, found)
    if not found.overloaded:
        assert cures.move == ()
        assert cures.more_days == 0
        assert cures.managers <= 1
        return
    days = policy.cycle_days + cures.more_days
    assert days * calls >= found.calls_needed
    assert days * minutes >= found.minutes_needed - 1e-6
    assert cures.managers * found.calls_available >= found.calls_needed
    if cures.move is not None:
        kept = [at for at, one in enumerate(cell.outlet_ids) if one not in cures.move]
        visits, each = cell.visits(policy), least_minutes(cell, policy)
        gone = [cell.outlet_ids.index(one) for one in cures.move]
        assert cell.travel_s[0, 1:][gone].min() >= cell.travel_s[0, 1:][kept].max()
        assert visits[kept].sum() <= found.calls_available
        assert (visits * each)[kept].sum() <= found.minutes_available + 1e-6
        again = [*kept, cell.outlet_ids.index(cures.move[-1])]
        assert (
            visits[again].sum() > found.calls_available
            or (visits * each)[again].sum() > found.minutes_available
        )


def test_impossible_outlets_are_refused_by_name() -> None:
    cell = random_cell(3, 1)
    travel_s = cell.travel_s.copy()
    travel_s[0, 1] = np.nan
    travel_s[:, 2] += 90_000.0
    told = refusal(CellVisits(3, cell.outlet_ids, ("A", "A", "A"), travel_s))
    assert "left out of the routes: o0;" in told
    assert "can visit o1;" in told
    assert "cure" not in told


def test_an_outlet_off_the_streets_alone_refuses_no_plan() -> None:
    cell = random_cell(3, 1)
    travel_s = cell.travel_s.copy()
    travel_s[0, 1] = np.nan
    cell = CellVisits(3, cell.outlet_ids, ("A", "A", "A"), travel_s)
    refuse_overload([cell], RoutingPolicy())
    done = plan_cell_routes(cell, RoutingPolicy(iterations=5), seed=1)
    assert done.left_out == ("o0",)
    refuse_left_out([done])


def test_what_fits_is_not_refused() -> None:
    refuse_overload([random_cell(40, 1)], RoutingPolicy())
    refuse_overload([random_cell(0, 1)], RoutingPolicy())


def test_unknown_grades_are_bad_input() -> None:
    with pytest.raises(InputError, match="no policy"):
        refuse_overload([random_cell(3, 1, grades="Z")], RoutingPolicy())


def test_outlets_that_the_search_leaves_out_are_refused_too() -> None:
    """Three visits of 40 min, three days of 60: one a day fits; a day of two does not."""
    policy = RoutingPolicy(
        weeks=1,
        working_days=(1, 2),
        iterations=10,
        grade_policy={"A": GradePolicy(visits=1, minutes=40.0)},
        day=WorkingDay(lunch=0.0, max_minutes=60.0),
    )
    cell = CellVisits(1, ("a", "b", "c"), ("A", "A", "A"), np.zeros((4, 4)))
    refuse_overload([cell], policy)  # 120 of 120 minutes: nothing proves it
    done = plan_cell_routes(cell, policy, seed=1)
    with pytest.raises(InfeasibleError) as raised:
        refuse_left_out([done])
    assert "1 visits of" in raised.value.text()
    assert "at least 60 of 60 minutes a day" in raised.value.text()
    refuse_left_out([plan_cell_routes(random_cell(5, 1), RoutingPolicy(), seed=1)])


def test_outlets_without_an_open_window_are_refused_by_name() -> None:
    """o0 is open for 10 minutes and its visit takes 25; o1 may come on no Monday; o2 is fine."""
    policy = RoutingPolicy.model_validate(
        {
            "grade_policy": {"A": {"visits": 4, "minutes": 25, "patterns": ["Mo"]}},
            "outlets": {
                "o0": {"hours": "Mo 09:00-09:10"},
                "o1": {"no_visit_days": "3:Mo"},
                "o2": {"hours": "Mo 09:00-12:00"},
            },
        }
    )
    cell = random_cell(3, 1, side_m=500.0, grades="A")
    assert diagnose(cell, policy).closed == ("o0", "o1")
    assert "no set of days" in refusal(cell, policy=policy)


def test_visits_bound_to_a_day_are_refused_with_the_numbers() -> None:
    """Five weekly outlets on Mondays only, four calls a day: 20 needed, 16 there; 80 in all."""
    policy = RoutingPolicy.model_validate(
        {
            "grade_policy": {"A": {"visits": 4, "minutes": 5}},
            "day": {"max_calls": 4},
            "outlets": {f"o{n}": {"visit_days": "Mo"} for n in range(5)},
        }
    )
    told = refusal(random_cell(6, 1, side_m=500.0, grades="A"), policy=policy)
    assert "5 outlets can be visited on Mo only and need 20 calls there, 16 are possible" in told
    assert "calls a day" not in told


def test_holidays_take_calls_away() -> None:
    """Four of 20 days are off: 16 days of 16 calls. A skipped visit is needed no more."""
    off = {"holidays": ["Mo"], "grade_policy": {"A": {"visits": 20, "minutes": 5}}}
    cell = random_cell(2, 1, side_m=500.0, grades="A")
    found = diagnose(cell, RoutingPolicy.model_validate(off))
    assert (found.calls_available, found.days) == (256, 16)
    assert found.calls_needed == 32
