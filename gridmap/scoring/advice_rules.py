"""The rules of advice as data, and their limits by the settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from gridmap.errors import Fault, fault
from gridmap.policies import ScoringPolicy
from gridmap.scoring.metrics import METRICS

Test = Literal["below", "above", "missing"]

#: In a rule, ``coverage_ours@`` stands for the metric at the first means of travel and the middle
#: threshold, ``nearest_ours_p90~`` for the one at the first means of travel.
AT_THRESHOLD, AT_MODE = "@", "~"


@dataclass(frozen=True)
class Condition:
    """A condition on one metric of the cell."""

    metric: str
    test: Test
    limit: float = 0.0

    @property
    def name(self) -> str:
        """Name of its limit in the settings."""
        return self.metric.rstrip(AT_THRESHOLD + AT_MODE)

    def holds(self, value: float | None) -> bool:
        """Return whether a cell with this value fulfils it; None = missing."""
        if value is None or self.test == "missing":
            return value is None and self.test == "missing"
        return value < self.limit if self.test == "below" else value > self.limit


@dataclass(frozen=True)
class Rule:
    """A rule.

    Attributes
    ----------
    key
        Key of the suggestion in the catalogue, ``scoring.advice.<key>``.
    conditions
        What must hold, all of it.
    severity
        3 = act now, 2 = plan, 1 = keep in mind.
    source
        Where the rule comes from.
    evidence
        Metrics that are named beside those of the conditions.
    yields_to
        Rules that go before this one where both speak; the reason is
        ``scoring.advice_yields.<key>``.
    """

    key: str
    conditions: tuple[Condition, ...]
    severity: Literal[1, 2, 3]
    source: str
    evidence: tuple[str, ...] = ()
    yields_to: tuple[str, ...] = ()


def _below(metric: str, limit: float) -> Condition:
    return Condition(metric, "below", limit)


def _above(metric: str, limit: float) -> Condition:
    return Condition(metric, "above", limit)


BCG, OWN, HUFF = "BCG 1970", "gridmap", "Huff 1963"
RULES: tuple[Rule, ...] = (
    Rule(
        "close",
        (_above("duplicate_share_covered@", 0.6), _below("active_outlet_rate", 0.6)),
        2,
        OWN,
        ("coverage_own@",),
    ),
    Rule(
        "open",
        (
            _above("blind_share@", 0.5),
            _above("rival_only@", 0.1),
            _below("duplicate_share_covered@", 0.3),
        ),
        3,
        BCG,
        ("potential",),
        ("close",),
    ),
    Rule("rival_area", (_above("rival_only@", 0.2),), 3, OWN, ("first_arrival_share",)),
    Rule("coach", (_below("execution_gap", -0.05),), 3, OWN, ("share_shrunk", "expected_share")),
    Rule(
        "move",
        (_above("duplicate_share_covered@", 0.3), _above("blind_share@", 0.3)),
        2,
        OWN,
        ("expected_share",),
        ("coach",),
    ),
    Rule(
        "merge",
        (_above("duplicate_share_covered@", 0.6), _below("blind_share@", 0.2)),
        2,
        OWN,
        ("coverage_own@",),
        ("close", "coach"),
    ),
    Rule("manage", (_below("managed_partner_share", 0.8),), 2, OWN, ("channel_mix_partner",)),
    Rule("visit", (_below("frequency_attainment", 0.95),), 2, OWN),
    Rule(
        "extend",
        (_below("blind_share@", 0.2), _below("first_arrival_share", 0.4)),
        1,
        HUFF,
        ("rival_pressure",),
        ("close",),
    ),
    Rule(
        "white_space",
        (_above("blind_share@", 0.5), _below("rival_only@", 0.1)),
        1,
        BCG,
        ("potential", "nearest_ours_p90~"),
        ("move",),
    ),
    Rule("data", (Condition("position_score", "missing"),), 1, "OECD/JRC 2008"),
    Rule("data_coverage", (Condition("coverage_score", "missing"),), 1, "OECD/JRC 2008"),
)


def rules_of(policy: ScoringPolicy, rules: Sequence[Rule] = RULES) -> tuple[Rule, ...]:
    """Return the rules with the limits of the settings, which are free of `advice_faults`."""
    return tuple(
        replace(
            one,
            conditions=tuple(
                replace(each, limit=policy.advice.get(one.key, {}).get(each.name, each.limit))
                for each in one.conditions
            ),
        )
        for one in rules
    )


def changed_limits(policy: ScoringPolicy) -> list[tuple[Rule, Condition, float]]:
    """Return each rule and condition whose limit the settings change, with the usual limit."""
    return [
        (rule, condition, before.limit)
        for usual, rule in zip(RULES, rules_of(policy), strict=True)
        for before, condition in zip(usual.conditions, rule.conditions, strict=True)
        if before.limit != condition.limit
    ]


def advice_faults(policy: ScoringPolicy) -> list[Fault]:
    """Return everything that is wrong with the limits of the settings."""
    known = {one.key: one for one in RULES}
    faults = []
    for key, limits in policy.advice.items():
        where = f"scoring.advice.{key}"
        if key not in known:
            faults.append(fault("advice.fault.rule", where, known=", ".join(known)))
            continue
        names = [one.name for one in known[key].conditions if one.test != "missing"]
        for name, limit in limits.items():
            if name not in names:
                listed = ", ".join(names) or "–"
                faults.append(fault("advice.fault.metric", f"{where}.{name}", known=listed))
            elif METRICS[name].unit == "share" and not -1.0 <= limit <= 1.0:
                faults.append(fault("advice.fault.share", f"{where}.{name}", limit=limit))
    return faults
