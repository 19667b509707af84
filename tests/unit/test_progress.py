"""Progress events and stopping criteria."""

import pytest

from gridmap.progress import (
    AnyOf,
    MaxIterations,
    MaxRuntime,
    NoImprovement,
    Progress,
    interrupted,
    silent,
)


@pytest.mark.parametrize("fraction", [-0.1, 1.1])
def test_fraction_is_a_share(fraction: float) -> None:
    with pytest.raises(ValueError, match="fraction"):
        Progress("stage", fraction)


def test_silent_takes_everything() -> None:
    silent(Progress("stage", 0.5))


def test_max_iterations_counts_rounds() -> None:
    """Two rounds are let through, the third is stopped."""
    stop = MaxIterations(2)
    assert [stop(1.0) for _ in range(3)] == [False, False, True]
    assert MaxIterations(0)(1.0)
    with pytest.raises(ValueError, match="iterations"):
        MaxIterations(-1)


def test_max_runtime_counts_from_the_first_call(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("gridmap.progress.time.monotonic", lambda: now[0])
    stop = MaxRuntime(5.0)
    now[0] = 200.0
    assert not stop(1.0)
    now[0] = 204.9
    assert not stop(1.0)
    now[0] = 205.0
    assert stop(1.0)
    with pytest.raises(ValueError, match="seconds"):
        MaxRuntime(-1.0)


def test_no_improvement_forgives_after_a_better_cost() -> None:
    stop = NoImprovement(2)
    assert [stop(cost) for cost in (9.0, 9.0, 8.0, 8.0, 8.0)] == [False, False, False, False, True]
    with pytest.raises(ValueError, match="rounds"):
        NoImprovement(0)


def test_any_of_asks_all() -> None:
    """The second criterion counts its rounds although the first already says stop."""
    second = MaxIterations(1)
    stop = AnyOf(MaxIterations(0), second)
    assert stop(1.0)
    assert second(1.0)


def test_only_the_clock_breaks_off_a_round(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking so does not count as a round."""
    now = [0.0]
    monkeypatch.setattr("gridmap.progress.time.monotonic", lambda: now[0])
    rounds, clock = MaxIterations(1), MaxRuntime(5.0)
    both = AnyOf(rounds, clock)
    assert not any(interrupted(one) for one in (None, rounds, NoImprovement(1), clock, both))
    now[0] = 6.0
    assert interrupted(clock)
    assert interrupted(both)
    assert not rounds(1.0)
