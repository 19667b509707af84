"""Challenges, lists, assignments and targets of cells."""

import datetime as dt
from decimal import Decimal

import pytest
from drawn_town import BOSS, PLANNER, desk
from hypothesis import given
from hypothesis import strategies as st

from gridmap.errors import InputError, PermissionDenied, StoreError
from gridmap.store.assignments import Assignments
from gridmap.store.challenges import Challenges, ChallengeState
from gridmap.store.lists import ListAction, Lists
from gridmap.store.repository import Store
from gridmap.store.roles import Role
from gridmap.store.scope import Scope
from gridmap.store.targets import Targets, split
from gridmap.store.workflow import Workflow

TOWN = "Grid Town"
SUN = Scope(cells=frozenset({"o0"}), role=Role.GRID_MANAGER, user="sun")
ELSEWHERE = Scope(frozenset({"Other Town"}))


def test_a_grid_manager_challenges_the_own_cell(store: Store) -> None:
    li = desk(store)
    challenges = Challenges(store.engine)
    with pytest.raises(InputError, match="'draft'"):
        challenges.file(SUN, li.draft, 1, "too large")
    Workflow(store.engine).submit(PLANNER, li.draft)
    number = challenges.file(SUN, li.draft, 1, " too large ", units=[2, 8])
    other = challenges.file(PLANNER, li.draft, 2, "too small")
    with pytest.raises(PermissionDenied, match="not yours"):
        challenges.file(SUN, li.draft, 2, "mine, too")
    with pytest.raises(InputError, match="no cell number 9"):
        challenges.file(PLANNER, li.draft, 9, "which?")
    with pytest.raises(InputError, match="empty"):
        challenges.file(SUN, li.draft, 1, " ")
    (mine,) = challenges.of(SUN, li.draft)
    assert (mine.words, mine.units, mine.state) == ("too large", (2, 8), ChallengeState.OPEN)
    with pytest.raises(PermissionDenied):
        challenges.answer(SUN, number, accepted=True, answer="of course")
    challenges.answer(PLANNER, number, accepted=False, answer="within the band")
    with pytest.raises(InputError, match="answered already by li"):
        challenges.answer(BOSS, number, accepted=True, answer="still")
    with pytest.raises(StoreError, match="no challenge"):
        challenges.answer(BOSS, 999, accepted=True, answer="?")
    (refused,) = challenges.of(PLANNER, li.draft, state=ChallengeState.REFUSED)
    assert (refused.answer, refused.answered_by) == ("within the band", "li")
    assert [one.challenge_id for one in challenges.of(PLANNER, li.draft)] == [number, other]
    with pytest.raises(PermissionDenied):
        challenges.of(ELSEWHERE, li.draft)


def test_a_list_tells_who_came_and_who_left(store: Store) -> None:
    lists = Lists(store.engine)
    lists.change(PLANNER, TOWN, "o0", "VIP", added=["a", "b"], reason="contract")
    lists.change(PLANNER, TOWN, "o0", "VIP", added=["c"], removed=["a"], reason="moved away")
    lists.change(PLANNER, TOWN, "o1", "VIP", added=["a"])
    assert lists.members(SUN, TOWN, "o0", "VIP") == ["b", "c"]
    told = [(one.item, one.action) for one in lists.log(SUN, TOWN, "o0", "VIP")]
    added, removed = ListAction.ADDED, ListAction.REMOVED
    assert told == [("a", added), ("b", added), ("c", added), ("a", removed)]
    assert lists.names(SUN, TOWN, "o0") == ["VIP"]
    with pytest.raises(InputError) as caught:
        lists.change(PLANNER, TOWN, "o0", "VIP", added=["b", "d", "d"], removed=["z"])
    assert [(one.key, one.where) for one in caught.value.faults] == [
        ("drafts.list.there", "b"),
        ("drafts.list.not_there", "z"),
        ("drafts.list.twice", "d"),
    ]
    assert lists.members(SUN, TOWN, "o0", "VIP") == ["b", "c"], "all or none"
    for call in (
        lambda: lists.members(SUN, TOWN, "o1", "VIP"),
        lambda: lists.names(ELSEWHERE, TOWN, "o0"),
        lambda: lists.change(SUN, TOWN, "o0", "VIP", added=["x"]),
    ):
        with pytest.raises(PermissionDenied):
            call()


def test_a_cell_changes_hands_and_stands_vacant(store: Store) -> None:
    desk(store)
    hands = Assignments(store.engine)
    days = [dt.date(2026, month, 1) for month in range(1, 6)]
    hands.assign(PLANNER, TOWN, "o0", "sun", begins=days[0])
    hands.vacate(PLANNER, TOWN, "o0", day=days[1], note="left the company")
    hands.assign(PLANNER, TOWN, "o0", "zhou", begins=days[3], note="keys, stock list")
    held = [hands.on(PLANNER, TOWN, day) for day in days]
    assert held == [{"o0": "sun"}, {}, {}, {"o0": "zhou"}, {"o0": "zhou"}]
    assert hands.vacancies(PLANNER, TOWN, ["o0", "o1"], days[2]) == ["o0", "o1"]
    assert hands.vacancies(PLANNER, TOWN, ["o0", "o1"], days[4]) == ["o1"]
    assert [(one.giver, one.taker, one.day) for one in hands.hand_overs(PLANNER, TOWN)] == [
        ("", "sun", days[0]),
        ("sun", "", days[1]),
        ("", "zhou", days[3]),
    ]
    assert [(one.begins, one.ends) for one in hands.of(PLANNER, TOWN)] == [
        (days[0], days[1]),
        (days[3], None),
    ]
    with pytest.raises(InputError, match="2026-04-01"):
        hands.assign(PLANNER, TOWN, "o0", "wu", begins=days[3])
    with pytest.raises(InputError, match="nothing would change"):
        hands.assign(PLANNER, TOWN, "o0", "zhou", begins=days[4])
    with pytest.raises(InputError, match="nothing would change"):
        hands.vacate(PLANNER, TOWN, "o1", day=days[4])
    with pytest.raises(InputError, match="nobody"):
        hands.assign(PLANNER, TOWN, "o1", " ", begins=days[4])
    with pytest.raises(PermissionDenied):
        hands.assign(SUN, TOWN, "o0", "sun", begins=days[4])
    hidden = Scope(cells=frozenset({"o1"}), role=Role.GRID_MANAGER, user="wu")
    assert hands.of(hidden, TOWN) == [] and hands.hand_overs(hidden, TOWN) == []


def test_targets_add_up(store: Store) -> None:
    """100.00 in three equal parts: 33.34, 33.33, 33.33."""
    targets = Targets(store.engine)
    equal = {"o0": 1.0, "o1": 1.0, "o2": 1.0}
    parts = targets.divide(
        PLANNER, TOWN, "sales", "2026-07", total=Decimal("100"), weights=equal, decimals=2
    )
    assert list(parts.values()) == [Decimal("33.34"), Decimal("33.33"), Decimal("33.33")]
    assert targets.of(PLANNER, TOWN, "sales", "2026-07") == parts
    targets.divide(
        PLANNER, TOWN, "sales", "2026-07", total=Decimal(7), weights={"o0": 1.0, "o1": 0.0}
    )
    assert targets.of(PLANNER, TOWN, "sales", "2026-07") == {"o0": 7, "o1": 0}
    assert targets.of(SUN, TOWN, "sales", "2026-07") == {"o0": 7}
    with pytest.raises(InputError, match="more than 0 digit"):
        targets.divide(PLANNER, TOWN, "sales", "2026-07", total=Decimal("7.5"), weights=equal)
    with pytest.raises(InputError, match="negative"):
        targets.divide(PLANNER, TOWN, "sales", "2026-07", total=Decimal(7), weights={"o0": 0.0})
    with pytest.raises(PermissionDenied):
        targets.divide(SUN, TOWN, "sales", "2026-07", total=Decimal(7), weights=equal)


@given(
    st.integers(-(10**9), 10**9),
    st.lists(st.floats(0.0, 1e12), min_size=1, max_size=12).filter(lambda one: sum(one) > 0),
)
def test_a_split_adds_up_and_no_part_is_off_by_a_step(steps: int, weights: list[float]) -> None:
    parts = split(steps, weights)
    assert sum(parts) == steps
    total = sum(map(Decimal, weights))
    for part, weight in zip(parts, weights, strict=True):
        assert abs(Decimal(part) - steps * Decimal(weight) / total) < Decimal("1.000001")
