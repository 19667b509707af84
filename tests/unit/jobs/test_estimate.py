"""How far a whole job is, from how far a stage is."""

import pytest

from gridmap.jobs.estimate import left_s, whole_fraction
from gridmap.progress import Progress

STAGES = {"a": 1.0, "b": 3.0}


def test_stages_count_by_their_shares() -> None:
    """Half of a is 0.5 of 4; half of b is 1 + 1.5 of 4."""
    assert whole_fraction(STAGES, Progress("a", 0.5)) == pytest.approx(0.125)
    assert whole_fraction(STAGES, Progress("b", 0.5)) == pytest.approx(0.625)
    assert whole_fraction(STAGES, Progress("b", 1.0)) == 1.0
    assert whole_fraction(STAGES, Progress("other", 0.5)) == 0.0
    assert whole_fraction({}, Progress("other", 0.5)) == 0.5


def test_time_left_is_that_of_the_pace_so_far() -> None:
    """A quarter took 10 s, so three quarters take 30 s; too early, nothing is said."""
    assert left_s(10.0, 0.25) == pytest.approx(30.0)
    assert left_s(10.0, 1.0) == 0.0
    assert left_s(1.0, 0.25) is None
    assert left_s(10.0, 0.0) is None
