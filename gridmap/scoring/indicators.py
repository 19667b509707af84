"""What the two scores are made of: indicators, dimensions and goalposts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from gridmap.errors import Fault, fault
from gridmap.policies import ScoringPolicy
from gridmap.scoring.advice_rules import advice_faults
from gridmap.scoring.aggregation import Indicator
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
            Indicator("net_adds_per_1k", "growth", -50.0, 50.0, zero_of_nothing=True),
            Indicator("port_balance_per_1k", "growth", -20.0, 20.0, zero_of_nothing=True),
            Indicator("expected_share", "access", 0.0, 1.0),
        )
    return (
        Indicator("outlet_share", "presence", 0.0, 1.0),
        Indicator("relative_share", "presence", 0.0, 1.0, scale="odds"),
        Indicator("expected_share", "access", 0.0, 1.0),
        Indicator("first_arrival_share", "access", 0.0, 1.0),
    )


def coverage_indicators(
    mode: str, thresholds: Sequence[float], *, visits: bool = False
) -> tuple[Indicator, ...]:
    """Return the indicators of the coverage score for one means of travel.

    Parameters
    ----------
    mode
        Means of travel.
    thresholds
        Minutes; coverage counts at the nearest and the farthest, the time of 90 % of demand is
        best at the nearest and worst at twice the farthest. Each point of duplicate coverage
        beyond what is tolerated costs a point: 1 − excess.
    visits
        Whether a log tells which visits were made: they count beside those that are planned.
    """
    near, far = min(thresholds), max(thresholds)
    reach = tuple(
        Indicator(threshold_name(f"coverage_{who}", mode, minutes), "reach", 0.0, 1.0)
        for who in ("own", "ours")
        for minutes in dict.fromkeys((near, far))
    )
    made = (Indicator("visit_attainment", "service", 0.0, 1.0),) if visits else ()
    duplicate = threshold_name("duplicate_share_covered", mode, main_threshold(thresholds))
    low, high = TOLERATED_DUPLICATE, 1.0 + TOLERATED_DUPLICATE
    return (
        *reach,
        Indicator(f"nearest_ours_p90_{mode}", "time", near, 2.0 * far, direction=-1),
        Indicator(duplicate, "economy", low, high, direction=-1, zero_of_nothing=True),
        Indicator("frequency_attainment", "service", 0.0, 1.0),
        *made,
        Indicator("active_outlet_rate", "service", 0.0, 1.0),
    )


@dataclass(frozen=True)
class ScorePlan:
    """What one score is made of, after the settings: indicators and weights of dimensions."""

    indicators: tuple[Indicator, ...]
    dimension_weights: dict[str, float]


def score_plans(
    policy: ScoringPolicy, *, subscribers: bool, visits: bool = False
) -> dict[str, ScorePlan]:
    """Return what the position and the coverage score are made of, by ``position``, ``coverage``.

    The first means of travel counts. Settings must be free of `scoring_faults`.
    """
    return {
        name: ScorePlan(
            tuple(
                _with_settings(one, policy)
                for one in usual
                if policy.weights.get(one.metric, 1.0) > 0.0
                and policy.weights.get(one.dimension, 1.0) > 0.0
            ),
            {one.dimension: policy.weights.get(one.dimension, 1.0) for one in usual},
        )
        for name, usual in _usual(policy, subscribers=subscribers, visits=visits).items()
    }


def scoring_faults(policy: ScoringPolicy) -> list[Fault]:
    """Return everything that is wrong with weights, goalposts and limits of the settings."""
    sets = [_usual(policy, subscribers=known, visits=True) for known in (True, False)]
    usual = [one for each in sets for listed in each.values() for one in listed]
    metrics = list(dict.fromkeys(one.metric for one in usual))
    dimensions = list(dict.fromkeys(one.dimension for one in usual))
    faults = [
        fault("scoring.fault.weight_name", f"scoring.weights.{name}", known=", ".join(known))
        for known in ([*dimensions, *metrics],)
        for name in policy.weights
        if name not in known
    ]
    faults += [
        fault("scoring.fault.goalpost_name", f"scoring.goalposts.{name}", known=", ".join(metrics))
        for name in policy.goalposts
        if name not in metrics
    ]
    faults += [
        fault("scoring.fault.goalposts", f"scoring.goalposts.{name}", low=low, high=high)
        for name, (low, high) in policy.goalposts.items()
        if not low < high
    ]
    return faults + list(_nothing_weighs(policy)) + advice_faults(policy)


def _nothing_weighs(policy: ScoringPolicy) -> Iterator[Fault]:
    empty = {
        name
        for known in (True, False)
        for name, plan in score_plans(
            policy.model_copy(update={"goalposts": {}}), subscribers=known
        ).items()
        if not plan.indicators
    }
    for name in sorted(empty):
        yield fault("scoring.fault.no_weight", "scoring.weights", score=name)


def _usual(
    policy: ScoringPolicy, *, subscribers: bool, visits: bool
) -> dict[str, tuple[Indicator, ...]]:
    usual = {"position": position_indicators(subscribers=subscribers)}
    for mode, thresholds in policy.modes.items():
        if thresholds:
            return usual | {"coverage": coverage_indicators(mode, thresholds, visits=visits)}
    return usual


def _with_settings(one: Indicator, policy: ScoringPolicy) -> Indicator:
    low, high = policy.goalposts.get(one.metric, (one.low, one.high))
    return replace(one, low=low, high=high, weight=policy.weights.get(one.metric, 1.0))
