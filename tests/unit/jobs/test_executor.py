"""Serial = threads = processes = cluster, also where processes die in the middle."""

import pickle
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cell_visits import random_cell
from executor_parts import refuse, square, square_after_deaths

from gridmap.errors import EngineError, InputError
from gridmap.jobs.contents import content_hash
from gridmap.jobs.executor import (
    Dask,
    Executor,
    Processes,
    Serial,
    Threads,
    in_order,
    open_executor,
)
from gridmap.policies import RoutingPolicy
from gridmap.progress import MaxIterations, MaxRuntime
from gridmap.routing.cells import plan_cells

PARTS = list(range(9))
EXPECTED = [square(one) for one in PARTS]


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """A cluster of two worker processes on this machine."""
    import distributed

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with (
            distributed.LocalCluster(
                n_workers=2,
                threads_per_worker=1,
                dashboard_address=None,
                host="127.0.0.1",
                silence_logs=50,
            ) as cluster,
            distributed.Client(cluster, set_as_default=False) as client,
        ):
            yield client


def answers(
    executor: Executor, work: Callable[[Any], bytes] = square, parts: list[Any] = PARTS
) -> list[bytes]:
    return list(in_order(executor.answers(work, parts)))


@pytest.mark.parametrize("executor", [Serial(), Threads(3), Processes(2)], ids=type)
def test_all_executors_answer_alike(executor: Executor) -> None:
    assert answers(executor) == EXPECTED
    assert answers(executor, parts=[]) == []
    with pytest.raises(InputError, match="missing"):
        answers(executor, refuse)


def test_processes_that_die_are_replaced(tmp_path: Path) -> None:
    parts = [(one, str(tmp_path), int(one in (1, 5))) for one in PARTS]
    assert answers(Processes(2), square_after_deaths, parts) == EXPECTED
    assert len(list(tmp_path.iterdir())) == 2, "two of them have died"


def test_a_part_that_ends_every_process_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="3 times"):
        answers(Processes(1), square_after_deaths, [(1, str(tmp_path), 99)])


def test_a_cluster_answers_alike_also_with_two_workers_killed(client: Any, tmp_path: Path) -> None:
    """Both workers are killed once while they work; a part asked twice is one part."""
    executor = Dask(client)
    assert answers(executor, parts=[*PARTS, 3]) == [*EXPECTED, square(3)]
    parts = [(one, str(tmp_path), int(one in (1, 5))) for one in PARTS]
    assert answers(executor, square_after_deaths, parts) == EXPECTED
    assert len(list(tmp_path.iterdir())) == 2
    with pytest.raises(InputError, match="missing"):
        answers(executor, refuse)


def test_a_cell_arrives_as_it_was_sent() -> None:
    """Its content is the same in another process, and so is the key of its part on a cluster."""
    cell = random_cell(12, 7)
    there = pickle.loads(pickle.dumps(cell))  # noqa: S301
    assert content_hash(there) == content_hash(cell) != content_hash(random_cell(12, 8))


@pytest.mark.deep
def test_cells_are_planned_alike_everywhere(client: Any) -> None:
    """Routes, byte for byte, of three cells; and one ends early by the clock."""
    cells = [random_cell(outlets, 7) for outlets in (12, 5, 9)]
    policy = RoutingPolicy(weeks=2, iterations=20)
    found = [
        [one.days for one in plan_cells(cells, policy, seed=4, executor=executor)]
        for executor in (Serial(), Threads(2), Processes(2), Dask(client))
    ]
    assert found == [found[0]] * 4
    endless = RoutingPolicy(weeks=2, iterations=10**9)
    stopped = plan_cells(cells, endless, seed=4, stop=MaxRuntime(0.2), executor=Processes(2))
    assert len(list(stopped)) == 3
    with pytest.raises(ValueError, match="MaxRuntime"):
        next(plan_cells(cells, policy, seed=4, stop=MaxIterations(3), executor=Processes(2)))


def test_executors_by_name() -> None:
    assert isinstance(open_executor("serial"), Serial)
    assert isinstance(open_executor("processes"), Processes)
    with pytest.raises(InputError, match="tcp://"):
        open_executor("many")
    with pytest.raises(EngineError, match="does not answer"):
        Dask("nonsense://x")
