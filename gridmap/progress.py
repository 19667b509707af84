"""Progress events and stopping criteria: values, never printed here."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True)
class Progress:
    """How far a stage has come.

    Attributes
    ----------
    stage
        Key of the stage in the catalogue, for example ``stage.partition``.
    fraction
        Done part of the stage, in [0, 1].
    detail
        What is being worked on, for example a cell's code; may be empty.
    """

    stage: str
    fraction: float
    detail: str = ""

    def __post_init__(self) -> None:
        if not 0.0 <= self.fraction <= 1.0:
            raise ValueError(f"Expected fraction in [0, 1], found {self.fraction}.")


Report = Callable[[Progress], None]


def silent(_: Progress) -> None:
    """Take a progress event and do nothing with it."""


class Stop(Protocol):
    """Says after each round whether a search should end, given its best cost so far."""

    def __call__(self, best_cost: float, /) -> bool:
        """Return whether to stop."""
        ...


@runtime_checkable
class Interrupt(Protocol):
    """A criterion that may also be asked in the middle of a round, from any thread.

    Those that count rounds cannot: they would count too often.
    """

    def over(self) -> bool:
        """Return whether to break off."""
        ...


def interrupted(stop: Stop | None) -> bool:
    """Return whether a criterion wants a round broken off."""
    return isinstance(stop, Interrupt) and stop.over()


class MaxIterations:
    """Stop after so many rounds; the only criterion that repeats exactly."""

    def __init__(self, iterations: int) -> None:
        if iterations < 0:
            raise ValueError(f"Expected iterations >= 0, found {iterations}.")
        self._left = iterations

    def __call__(self, _best_cost: float, /) -> bool:
        """Count a round."""
        self._left -= 1
        return self._left < 0


class MaxRuntime:
    """Stop after so many seconds of wall time, counted from the first question of either kind."""

    def __init__(self, seconds: float) -> None:
        if seconds < 0:
            raise ValueError(f"Expected seconds >= 0, found {seconds}.")
        self._seconds = seconds
        self._end: float | None = None

    def left_s(self) -> float:
        """Return the seconds that are left; looking at them does not begin the count."""
        return self._seconds if self._end is None else max(self._end - time.monotonic(), 0.0)

    def __call__(self, _best_cost: float, /) -> bool:
        """Look at the clock."""
        return self.over()

    def over(self) -> bool:
        """Look at the clock."""
        now = time.monotonic()
        if self._end is None:
            self._end = now + self._seconds
        return now >= self._end


class NoImprovement:
    """Stop after so many rounds without a better cost."""

    def __init__(self, rounds: int) -> None:
        if rounds < 1:
            raise ValueError(f"Expected rounds >= 1, found {rounds}.")
        self._rounds = rounds
        self._best = float("inf")
        self._idle = 0

    def __call__(self, best_cost: float, /) -> bool:
        """Compare with the best seen."""
        if best_cost < self._best:
            self._best, self._idle = best_cost, 0
        else:
            self._idle += 1
        return self._idle >= self._rounds


class AnyOf:
    """Stop as soon as one of several criteria says so. Each of them is asked each time."""

    def __init__(self, *criteria: Stop) -> None:
        self._criteria = criteria

    def __call__(self, best_cost: float, /) -> bool:
        """Ask all criteria."""
        answers = [criterion(best_cost) for criterion in self._criteria]
        return any(answers)

    def over(self) -> bool:
        """Ask those that may be asked at any time."""
        return any(interrupted(criterion) for criterion in self._criteria)
