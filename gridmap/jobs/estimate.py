"""How far a whole job is, and how long it still takes."""

from __future__ import annotations

from collections.abc import Mapping

from gridmap.progress import Progress

#: Before so many seconds, or so small a part, nothing is said about the rest.
LEAST_S, LEAST_PART = 2.0, 0.02


def whole_fraction(stages: Mapping[str, float], progress: Progress) -> float:
    """Return the done part of the whole job, in [0, 1].

    Parameters
    ----------
    stages
        Share of each stage in the whole, in order.
    progress
        How far which stage is. One that is not in `stages` stands for the whole.
    """
    if progress.stage not in stages:
        return 0.0 if stages else progress.fraction
    names = list(stages)
    before = sum(stages[name] for name in names[: names.index(progress.stage)])
    done = before + stages[progress.stage] * progress.fraction
    return min(done / sum(stages.values()), 1.0)


def left_s(elapsed_s: float, fraction: float) -> float | None:
    """Return the seconds that are left at the pace so far; None = too early to say."""
    if elapsed_s < LEAST_S or fraction < LEAST_PART:
        return None
    return elapsed_s * (1.0 - fraction) / fraction
