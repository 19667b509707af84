"""Plans are loaded once and asked for their scope every time."""

import pytest

from dashboards.access import Plans
from gridmap.errors import PermissionDenied, StoreError
from gridmap.store.scope import Scope
from tests.dashboards.fixtures import MemoryStore, make_plan

EVERYTHING = Scope.everything()


def test_a_plan_is_read_once() -> None:
    store = MemoryStore(make_plan())
    plans = Plans(store)
    assert plans.plan(EVERYTHING, 1) is plans.plan(EVERYTHING, 1)
    assert store.loads == [1]


def test_only_a_few_plans_are_kept() -> None:
    store = MemoryStore(make_plan(1), make_plan(2), make_plan(3))
    plans = Plans(store, keep=2)
    for scenario in (1, 2, 1, 3, 1, 2):
        plans.plan(EVERYTHING, scenario)
    # 3 pushed 2 out, which was used less recently than 1; so 2 is read again
    assert store.loads == [1, 2, 3, 2]


def test_a_plan_that_is_kept_is_still_refused() -> None:
    plans = Plans(MemoryStore(make_plan()))
    plans.plan(EVERYTHING, 1)
    with pytest.raises(PermissionDenied):
        plans.plan(Scope(frozenset({"Elsewhere"})), 1)


def test_the_list_is_cut_to_the_scope() -> None:
    plans = Plans(MemoryStore(make_plan(1), make_plan(2, name="Elsewhere")))
    seen = plans.summaries(Scope(frozenset({"Elsewhere"})))
    assert [one.scenario_id for one in seen] == [2]


def test_an_unknown_plan_is_a_fault_of_the_store() -> None:
    with pytest.raises(StoreError):
        Plans(MemoryStore()).plan(EVERYTHING, 5)
