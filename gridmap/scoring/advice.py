"""Advice for a cell: rules as data, each with its condition, figures, suggestion and source.

A rule speaks where all its conditions hold; a figure that is missing holds for none but
`MISSING`. Where two rules that cannot both be followed speak, one yields and the reason is
printed beside it: nothing is silently dropped.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from gridmap.catalogue import Language, text
from gridmap.policies import ScoringPolicy
from gridmap.scoring.advice_rules import AT_MODE, AT_THRESHOLD, RULES, Rule, rules_of
from gridmap.scoring.indicators import main_threshold
from gridmap.scoring.metrics import named, threshold_name

__all__ = ["RULES", "Advice", "Figure", "Rule", "advice_table", "cell_advice"]


@dataclass(frozen=True)
class Figure:
    """A figure of a cell with its band; None = missing."""

    metric: str
    value: float | None
    p05: float | None = None
    p95: float | None = None

    def text(self, language: Language = "en") -> str:
        """Return label, value and band, for example ``Blind share 42 %, between 38 % and 46 %``."""
        known = named(self.metric)
        label = known.label(language)
        if self.value is None:
            return text("scoring.advice_part.missing", language, label=label)
        share = known.metric.unit == "share"
        value = _number(self.value, share=share)
        if self.p05 is None or self.p95 is None or self.p05 == self.p95:
            return text("scoring.advice_part.figure", language, label=label, value=value)
        low, high = _number(self.p05, share=share), _number(self.p95, share=share)
        return text(
            "scoring.advice_part.banded", language, label=label, value=value, low=low, high=high
        )


@dataclass(frozen=True)
class Advice:
    """What to do in a cell, and why.

    Attributes
    ----------
    rule
        The rule that speaks.
    figures
        Its evidence.
    priority
        1 = first. Advice that yields comes after all other.
    yields_to
        Key of the rule that goes before it in this cell, or empty.
    """

    rule: Rule
    figures: tuple[Figure, ...]
    priority: int = 0
    yields_to: str = ""

    def text(self, language: Language = "en") -> str:
        """Return suggestion, figures and, where it yields, to what and why."""
        figures = text("scoring.advice_part.join", language).join(
            one.text(language) for one in self.figures
        )
        suggestion = text(f"scoring.advice.{self.rule.key}", language)
        sentence = text(
            "scoring.advice_part.sentence", language, suggestion=suggestion, figures=figures
        )
        if not self.yields_to:
            return sentence
        return text(
            "scoring.advice_part.yields",
            language,
            sentence=sentence,
            other=text(f"scoring.advice_name.{self.yields_to}", language),
            reason=text(f"scoring.advice_yields.{self.rule.key}", language),
        )


def cell_advice(
    scores: pd.DataFrame,
    cell_id: int,
    policy: ScoringPolicy,
    *,
    rules: Sequence[Rule] | None = None,
) -> list[Advice]:
    """Return the advice for one cell, the most urgent first.

    Parameters
    ----------
    scores
        Table of `gridmap.scoring.scorecard.score_cells`.
    cell_id
        The cell.
    policy
        Of the plan: its first means of travel and middle threshold are meant by the rules, and
        its limits are theirs.
    rules
        Rules instead of those of the settings; among equals the earlier goes first.
    """
    rules = rules_of(policy) if rules is None else rules
    figures = _figures(scores[scores["cell_id"] == cell_id], policy)
    speaking = [one for one in rules if _speaks(one, figures)]
    keys = {one.key for one in speaking}
    found = [
        Advice(one, _evidence(one, figures), 0, next((k for k in one.yields_to if k in keys), ""))
        for one in speaking
    ]
    found.sort(key=lambda one: (bool(one.yields_to), -one.rule.severity))
    return [
        Advice(one.rule, one.figures, place, one.yields_to)
        for place, one in enumerate(found, start=1)
    ]


def advice_table(
    scores: pd.DataFrame, policy: ScoringPolicy, language: Language = "en"
) -> pd.DataFrame:
    """Return the advice of all cells: cell_id, priority, severity, advice, text, source."""
    rows = [
        (cell, one.priority, one.rule.severity, one.rule.key, one.text(language), one.rule.source)
        for cell in sorted(scores["cell_id"].unique().tolist())
        for one in cell_advice(scores, cell, policy)
    ]
    return pd.DataFrame(
        rows, columns=["cell_id", "priority", "severity", "advice", "text", "source"]
    )


def _figures(rows: pd.DataFrame, policy: ScoringPolicy) -> dict[str, Figure]:
    """Return the figures of a cell by the names that rules use."""
    mode = next(iter(policy.modes))
    minutes = main_threshold(policy.modes[mode])
    found: dict[str, Figure] = {}
    for row in rows[["metric", "value", "p05", "p95"]].itertuples(index=False):
        figure = Figure(str(row.metric), *(_known(one) for one in (row.value, row.p05, row.p95)))
        key = named(figure.metric).metric.key
        found[figure.metric] = figure
        if figure.metric == threshold_name(key, mode, minutes):
            found[key + AT_THRESHOLD] = figure
        elif figure.metric == f"{key}_{mode}":
            found[key + AT_MODE] = figure
    return found


def _speaks(rule: Rule, figures: Mapping[str, Figure]) -> bool:
    known = {name: one.value for name, one in figures.items()}
    return all(one.holds(known.get(one.metric)) for one in rule.conditions)


def _evidence(rule: Rule, figures: Mapping[str, Figure]) -> tuple[Figure, ...]:
    names = dict.fromkeys((*(one.metric for one in rule.conditions), *rule.evidence))
    return tuple(figures.get(name, Figure(name.rstrip("@~"), None)) for name in names)


def _known(value: object) -> float | None:
    number = float(str(value))
    return None if math.isnan(number) else number


def _number(value: float, *, share: bool) -> str:
    return f"{100.0 * value:z.0f}\u00a0%" if share else f"{value:z,.1f}"
