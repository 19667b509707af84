"""Jobs: asked once, run by one at a time, and written by nobody who lost the lease."""

import dataclasses
import datetime as dt
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from grid_town import grid_scenario, grid_territory

from gridmap.errors import ConflictError, InputError, PermissionDenied, StoreError, fault
from gridmap.jobs import queue as queues
from gridmap.jobs import turns
from gridmap.jobs.job import LostLease, Standing, State
from gridmap.jobs.kinds import Kind, Task, Write, by_name
from gridmap.jobs.queue import Queue
from gridmap.store import tables
from gridmap.store.repository import Store, save_plan
from gridmap.store.roles import Permission, Role
from gridmap.store.scope import Scope
from gridmap.store.territories import save_territory

EVERYTHING = Scope.everything()
TOWN = "Grid Town"
PLANNER = Scope(frozenset({TOWN}), role=Role.PLANNER, user="pia")
VIEWER = Scope(frozenset({TOWN}), role=Role.VIEWER, user="vic")
LEASE_S = 30.0


def never_run(_: Task) -> Write:
    raise AssertionError


KINDS = by_name(
    Kind("plan", Permission.PLAN, never_run), Kind("export", Permission.EXPORT, never_run)
)


@pytest.fixture
def queue(store: Store) -> Queue:
    return Queue(store._engine, KINDS)


def asked(queue: Queue, count: int = 1, scope: Scope = EVERYTHING) -> list[int]:
    return [queue.ask(scope, "export", TOWN, {"n": one}) for one in range(count)]


def nothing(_: sa.Connection) -> Mapping[str, Any]:
    return {}


def lapse(store: Store) -> None:
    """Let every lease run out."""
    past = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1)
    with store._engine.begin() as connection:
        connection.execute(tables.job.update().values(lease_until=past))


def test_a_job_is_asked_taken_and_done(queue: Queue) -> None:
    (number,) = asked(queue)
    claim = queue.take("w1", lease_s=LEASE_S)
    assert claim is not None
    assert (claim.job_id, claim.fence, claim.attempt) == (number, 1, 1)
    assert (claim.kind, claim.arguments, claim.scope) == ("export", {"n": 0}, EVERYTHING)
    assert queue.take("w2", lease_s=LEASE_S) is None
    told = {"stage": "jobs.stage.export", "fraction": 0.5, "detail": "C01", "left_s": 3.0}
    assert queue.beat(claim, lease_s=LEASE_S, told=told) is Standing.GO
    running = queue.job(EVERYTHING, number)
    assert (running.state, running.fraction, running.left_s) == (State.RUNNING, 0.5, 3.0)
    queue.finish(claim, lambda _: {"files": ["a"]})
    done = queue.job(EVERYTHING, number)
    assert (done.state, done.fraction, done.result) == (State.DONE, 1.0, {"files": ["a"]})
    assert done.created <= done.started <= done.ended  # type: ignore[operator]
    assert queue.take("w1", lease_s=LEASE_S) is None


def test_the_oldest_comes_first_and_each_once(queue: Queue) -> None:
    """Eight workers at once take twenty jobs: none twice, none left over."""
    numbers = asked(queue, 20)
    assert queue.take("w", lease_s=LEASE_S).job_id == numbers[0]  # type: ignore[union-attr]

    def take_all(worker: int) -> list[int]:
        taken = []
        while (claim := queue.take(f"w{worker}", lease_s=LEASE_S)) is not None:
            taken.append(claim.job_id)
        return taken

    with ThreadPoolExecutor(8) as pool:
        taken = [one for each in pool.map(take_all, range(8)) for one in each]
    assert sorted(taken) == numbers[1:]


def test_who_lost_the_lease_writes_nothing(store: Store, queue: Queue) -> None:
    """The first worker sleeps too long; the second has the job, and only its plan is kept."""
    (number,) = asked(queue)
    territory = grid_territory()

    def write(connection: sa.Connection) -> Mapping[str, Any]:
        saved = save_plan(connection, EVERYTHING, territory, grid_scenario(territory))
        return {"scenario_id": saved}

    first = queue.take("slow", lease_s=LEASE_S)
    lapse(store)
    second = queue.take("quick", lease_s=LEASE_S)
    assert first is not None
    assert second is not None
    assert (second.job_id, second.fence, second.attempt) == (number, first.fence + 1, 2)
    assert queue.beat(first, lease_s=LEASE_S) is Standing.LOST
    for late in (
        lambda: queue.finish(first, write),
        lambda: queue.cancelled(first),
        lambda: queue.failed(first, [], again=True),
        lambda: queue.give_back(first),
    ):
        with pytest.raises(LostLease, match="another worker"):
            late()
    assert store.scenarios(EVERYTHING) == []
    queue.finish(second, write)
    with pytest.raises(LostLease):
        queue.finish(second, write)
    (kept,) = store.scenarios(EVERYTHING)
    assert queue.job(EVERYTHING, number).result == {"scenario_id": kept.scenario_id}


def test_done_and_its_result_are_one_transaction(store: Store, queue: Queue) -> None:
    """A result that the database refuses leaves the job running, and no part of the result."""
    (number,) = asked(queue)
    claim = queue.take("w", lease_s=LEASE_S)
    assert claim is not None

    def broken(connection: sa.Connection) -> Mapping[str, Any]:
        save_territory(connection, grid_territory())
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        queue.finish(claim, broken)
    assert queue.job(EVERYTHING, number).state is State.RUNNING
    with store._engine.connect() as connection:
        assert connection.execute(tables.territory.select()).all() == []


def test_a_failed_job_is_tried_again_later_and_given_up_at_last(
    store: Store, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    (number,) = asked(queue)
    why = fault("jobs.died", number, code=-9)
    claim = queue.take("w", lease_s=LEASE_S)
    assert claim is not None
    queue.failed(claim, [why], again=True)
    assert queue.job(EVERYTHING, number).state is State.QUEUED
    assert queue.take("w", lease_s=LEASE_S) is None, "it waits first"
    monkeypatch.setattr(queues, "BACKOFF_S", 0.0)
    for attempt in (2, 3):
        with store._engine.begin() as connection:
            connection.execute(tables.job.update().values(not_before=dt.datetime.now(dt.UTC)))
        claim = queue.take("w", lease_s=LEASE_S)
        assert claim is not None
        assert claim.attempt == attempt
        queue.failed(claim, [why], again=True)
    failed = queue.job(EVERYTHING, number)
    assert (failed.state, failed.faults) == (State.FAILED, (why,))
    (other,) = asked(queue)
    claim = queue.take("w", lease_s=LEASE_S)
    assert claim is not None
    queue.failed(claim, [why], again=False)
    assert queue.job(EVERYTHING, other).state is State.FAILED


def test_a_job_that_ends_each_worker_is_given_up(store: Store, queue: Queue) -> None:
    (number,) = asked(queue)
    for _ in range(queues.ATTEMPTS):
        assert queue.take("w", lease_s=LEASE_S) is not None
        lapse(store)
    assert queue.take("w", lease_s=LEASE_S) is None
    job = queue.job(EVERYTHING, number)
    assert job.state is State.FAILED
    assert [one.key for one in job.faults] == ["jobs.given_up"]


def test_a_job_given_back_has_lost_no_attempt(queue: Queue) -> None:
    asked(queue)
    claim = queue.take("w", lease_s=LEASE_S)
    assert claim is not None
    queue.give_back(claim)
    again = queue.take("w", lease_s=LEASE_S)
    assert again is not None
    assert (again.attempt, again.fence) == (1, 2)


def test_cancelling(store: Store, queue: Queue) -> None:
    """One that waits ends at once; of one that runs the worker hears; a vanished one ends, too."""
    waits, runs, vanished = asked(queue, 3)
    queue.cancel(EVERYTHING, waits)
    assert queue.job(EVERYTHING, waits).state is State.CANCELLED
    claim = queue.take("w", lease_s=LEASE_S)
    assert claim is not None
    assert claim.job_id == runs
    queue.cancel(EVERYTHING, runs)
    assert queue.beat(claim, lease_s=LEASE_S) is Standing.CANCEL
    queue.cancelled(claim)
    assert queue.job(EVERYTHING, runs).state is State.CANCELLED
    assert queue.take("w", lease_s=LEASE_S).job_id == vanished  # type: ignore[union-attr]
    queue.cancel(EVERYTHING, vanished)
    lapse(store)
    assert queue.take("w", lease_s=LEASE_S) is None
    assert queue.job(EVERYTHING, vanished).state is State.CANCELLED
    queue.cancel(EVERYTHING, runs)
    assert queue.job(EVERYTHING, runs).state is State.CANCELLED


def test_asking_twice_under_one_key_is_asking_once(queue: Queue) -> None:
    key = "键" * 500
    first = queue.ask(PLANNER, "plan", TOWN, {"seed": 1}, key=key)
    assert queue.ask(PLANNER, "plan", TOWN, {"seed": 1}, key=key) == first
    assert queue.ask(EVERYTHING, "plan", TOWN, {"seed": 1}, key=key) != first
    with pytest.raises(ConflictError, match="another job"):
        queue.ask(PLANNER, "plan", TOWN, {"seed": 2}, key=key)

    with ThreadPoolExecutor(8) as pool:
        numbers = set(
            pool.map(lambda _: queue.ask(PLANNER, "plan", TOWN, {}, key="same"), range(8))
        )
    assert len(numbers) == 1


def test_who_may_ask_and_see_and_cancel(queue: Queue) -> None:
    with pytest.raises(InputError, match="export, plan"):
        queue.ask(EVERYTHING, "nonsense", TOWN, {})
    with pytest.raises(PermissionDenied, match="plan"):
        queue.ask(VIEWER, "plan", TOWN, {})
    with pytest.raises(PermissionDenied, match="not in your scope"):
        queue.ask(PLANNER, "plan", "Other Town", {})
    theirs = queue.ask(PLANNER, "plan", TOWN, {})
    mine = queue.ask(VIEWER, "export", TOWN, {})
    elsewhere = dataclasses.replace(PLANNER, territories=frozenset({"Other Town"}))
    assert [one.job_id for one in queue.jobs(PLANNER)] == [mine, theirs]
    assert [one.job_id for one in queue.jobs(VIEWER)] == [mine]
    assert queue.jobs(elsewhere) == []
    for scope, number in ((VIEWER, theirs), (elsewhere, theirs), (EVERYTHING, 99)):
        for way in (queue.job, queue.cancel):
            with pytest.raises(StoreError, match="no job"):
                way(scope, number)
    with pytest.raises(PermissionDenied, match="somebody else"):
        queue.cancel(PLANNER, mine)
    queue.cancel(dataclasses.replace(PLANNER, role=Role.REGIONAL_MANAGER, user="rita"), mine)
    assert queue.job(VIEWER, mine).state is State.CANCELLED


def test_each_role_has_its_limits(queue: Queue) -> None:
    """A viewer has 4 jobs at most, one of which runs; others' jobs go on meanwhile."""
    asked(queue, turns.MOST_OPEN[Role.VIEWER], VIEWER)
    with pytest.raises(PermissionDenied, match="4 jobs"):
        asked(queue, 1, VIEWER)
    (theirs,) = asked(queue, 1, PLANNER)
    first = queue.take("w1", lease_s=LEASE_S)
    second = queue.take("w2", lease_s=LEASE_S)
    assert first is not None
    assert second is not None
    assert (first.scope, second.job_id) == (VIEWER, theirs)
    assert queue.take("w3", lease_s=LEASE_S) is None, "the viewer's one runs already"
    queue.finish(first, nothing)
    assert queue.take("w3", lease_s=LEASE_S).scope == VIEWER  # type: ignore[union-attr]
    asked(queue, 1, VIEWER)


def test_many_who_ask_at_once_get_no_more_than_one_after_the_other(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the count and the new row there is time enough for everybody else to count."""
    refuse = queues.refuse_too_many

    def slowly(connection: sa.Connection, scope: Scope) -> None:
        refuse(connection, scope)
        time.sleep(0.03)

    def ask(_: int) -> bool:
        try:
            asked(queue, 1, VIEWER)
        except PermissionDenied:
            return False
        return True

    monkeypatch.setattr(queues, "refuse_too_many", slowly)
    with ThreadPoolExecutor(6) as threads:
        assert sum(threads.map(ask, range(6))) == turns.MOST_OPEN[Role.VIEWER]


def test_a_result_being_written_is_passed_over(store: Store, queue: Queue) -> None:
    """On PostgreSQL a claim does not wait for a worker that is writing a large result."""
    if store._engine.dialect.name != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    first, second = asked(queue, 2)
    claim = queue.take("w", lease_s=LEASE_S)
    assert claim is not None
    lapse(store)
    others: list[int] = []

    def write(_: sa.Connection) -> Mapping[str, Any]:
        others.append(queue.take("w2", lease_s=LEASE_S).job_id)  # type: ignore[union-attr]
        return {}

    queue.finish(claim, write)
    assert others == [second]
    assert queue.job(EVERYTHING, first).state is State.DONE


def test_a_job_that_plans_is_shown_as_a_plan_in_the_making(store: Store, queue: Queue) -> None:
    """From its first stage until it ends, to those whose scope reaches so far."""
    queue.ask(PLANNER, "plan", TOWN, {})
    claim = queue.take("w", lease_s=LEASE_S)
    assert claim is not None
    assert store.runs(EVERYTHING) == []
    told = {"stage": "planning.stage.routing", "fraction": 0.6, "detail": "C02", "left_s": None}
    queue.beat(claim, lease_s=LEASE_S, told=told)
    (run,) = store.runs(EVERYTHING)
    assert (run.name, run.stage, run.fraction) == (TOWN, "planning.stage.routing", 0.6)
    assert store.runs(Scope(frozenset({"Other Town"}))) == []
    queue.finish(claim, nothing)
    assert store.runs(EVERYTHING) == []
