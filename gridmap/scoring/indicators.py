"""What the two scores are made of: indicators, dimensions and goalposts."""

from __future__ import annotations

from collections.abc import Sequence

from gridmap.scoring.composite import Indicator
from gridmap.scoring.metrics import threshold_name

#: Share of covered demand that may lie near two own outlets before it counts as excess.
TOLERATED_DUPLICATE = 0.3


def main_threshold(thresholds: Sequence[float]) -> float:
    """Return the middle one of the thresholds: what "covered" means when one figure must do."""
    ordered = sorted(thresholds)
    return ordered[(len(ordered) - 1) // 2]


def position_indicators(*, subscribers: bool) -> tuple[Indicator, ...]:
    """Return the indicators of the position score.

    Without any subscriber figures the score rests on outlets: presence and access. Pressure of
    rivals is the rest of the expected share and never stands beside it.
    """
    if subscribers:
        return (
            Indicator("share_shrunk", "presence", 0.0, 1.0),
            Indicator("fair_share_index", "growth", 0.0, 2.0),
            Indicator("net_adds_per_1k", "growth", -50.0, 50.0),
            Indicator("port_balance_per_1k", "growth", -20.0, 20.0),
            Indicator("expected_share", "access", 0.0, 1.0),
        )
    return (
        Indicator("outlet_share", "presence", 0.0, 1.0),
        Indicator("relative_share", "presence", 0.0, 1.0, scale="odds"),
        Indicator("expected_share", "access", 0.0, 1.0),
        Indicator("first_arrival_share", "access", 0.0, 1.0),
    )


def coverage_indicators(mode: str, thresholds: Sequence[float]) -> tuple[Indicator, ...]:
    """Return the indicators of the coverage score for one means of travel.

    Parameters
    ----------
    mode
        Means of travel.
    thresholds
        Minutes; coverage counts at the nearest and the farthest, the time of 90 % of demand is
        best at the nearest and worst at twice the farthest. Each point of duplicate coverage
        beyond what is tolerated costs a point: 1 − excess.
    """
    near, far = min(thresholds), max(thresholds)
    reach = tuple(
        Indicator(threshold_name(f"coverage_{who}", mode, minutes), "reach", 0.0, 1.0)
        for who in ("own", "ours")
        for minutes in dict.fromkeys((near, far))
    )
    duplicate = threshold_name("duplicate_share_covered", mode, main_threshold(thresholds))
    low, high = TOLERATED_DUPLICATE, 1.0 + TOLERATED_DUPLICATE
    return (
        *reach,
        Indicator(f"nearest_ours_p90_{mode}", "time", near, 2.0 * far, direction=-1),
        Indicator(duplicate, "economy", low, high, direction=-1),
        Indicator("frequency_attainment", "service", 0.0, 1.0),
        Indicator("active_outlet_rate", "service", 0.0, 1.0),
    )
