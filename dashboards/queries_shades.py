"""Figures of all cells in a few classes that are named in words: what colours the map."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dashboards.access import Plan
from dashboards.components.words import words
from dashboards.formats import share, significant
from dashboards.queries import balances
from gridmap.catalogue import Language, text
from gridmap.scoring.metrics import Named, named

#: The deviation of the load from the mean, which is no metric of the table of scores.
BALANCE: Final = "balance"
#: Shown first, in this order, where the plan has them; the others follow by dimension.
_FIRST: Final = ("position_score", "coverage_score", BALANCE, "blind_share", "execution_gap")
#: Values on both sides of zero, which then is the middle of the scale.
_DIVERGING: Final = (BALANCE, "execution_gap", "share_change", "net_adds", "net_adds_per_1k",
                     "port_balance", "port_balance_per_1k", "base_growth",
                     "expected_share_slack")  # fmt: skip
#: ColorBrewer's YlGnBu and PuOr, told apart with every common colour blindness.
SEQUENTIAL: Final = ("#ffffcc", "#a1dab4", "#41b6c4", "#2c7fb8", "#253494")
DIVERGING: Final = ("#e66101", "#fdb863", "#f7f7f7", "#b2abd2", "#5e3c99")
#: Names of the classes, by how many there are.
_LEVELS: Final = {1: (2,), 2: (0, 4), 3: (0, 2, 4), 4: (0, 1, 3, 4), 5: (0, 1, 2, 3, 4)}
#: Part of the greatest distance from zero within which a value counts as about even.
_EVEN: Final = 0.2


@dataclass(frozen=True)
class Shade:
    """A class of a figure.

    Attributes
    ----------
    level
        0 … 4, from the lowest to the highest; names and colours go by it.
    low, high
        Least and greatest value of a cell in it.
    cells
        The cells in it, by number.
    """

    level: int
    low: float
    high: float
    cells: tuple[int, ...]


@dataclass(frozen=True)
class Shades:
    """A figure of all cells in classes; `missing` are the cells without it."""

    metric: str
    diverging: bool
    classes: tuple[Shade, ...]
    missing: tuple[int, ...]


def shade_metrics(plan: Plan) -> list[str]:
    """Return the figures by which the cells can be coloured: known, and not all alike."""

    def find() -> list[str]:
        table = plan.scenario.scores
        found = [BALANCE]
        for metric, values in table.groupby("metric", sort=False)["value"]:
            known = _named(str(metric))
            if known and known.metric.unit != "code" and values.dropna().nunique() > 1:
                found.append(str(metric))
        order = {key: place for place, key in enumerate(_FIRST)}
        return sorted(found, key=lambda one: order.get(_key(one), len(order)))

    return plan.once("shade_metrics", find)


def metric_name(metric: str, language: Language) -> str:
    """Return the name of a figure with its means of travel and threshold."""
    if metric == BALANCE:
        return text("pages.balance.title", language)
    return named(metric).label(language)


def shades(plan: Plan, metric: str) -> Shades:
    """Return the classes of a figure.

    A figure on both sides of zero has its classes around zero, of equal width; any other has as
    many cells in each class as can be.
    """
    number = plan.scenario.cells["cell_id"].to_numpy(np.int64)
    value = _values(plan, metric, number)
    there = np.isfinite(value)
    diverging = _key(metric) in _DIVERGING and bool((value[there] < 0.0).any())
    level = _around_zero(value[there]) if diverging else _by_rank(value[there])
    classes = tuple(
        Shade(
            one,
            float(value[there][level == one].min()),
            float(value[there][level == one].max()),
            tuple(number[there][level == one].tolist()),
        )
        for one in np.unique(level).tolist()
    )
    return Shades(metric, diverging, classes, tuple(number[~there].tolist()))


def shades_json(plan: Plan, metric: str, language: Language) -> bytes:
    """Return the classes with their names and colours, and the colour of each cell."""
    found = shades(plan, metric)
    say = words(language, "overview.shade")
    colours = DIVERGING if found.diverging else SEQUENTIAL
    kind = "around" if found.diverging else "level"
    classes = [
        {
            "name": say(f"{kind}_{one.level}"),
            "range": _range(found.metric, one),
            "colour": colours[one.level],
            "cells": list(one.cells),
        }
        for one in found.classes
    ]
    if found.missing:
        classes.append(
            {"name": say("missing"), "range": "", "colour": "", "cells": list(found.missing)}
        )
    title = metric_name(metric, language)
    return json.dumps({"title": title, "classes": classes}, ensure_ascii=False).encode()


def _values(plan: Plan, metric: str, number: NDArray[np.int64]) -> NDArray[np.float64]:
    if metric == BALANCE:
        return np.asarray(balances(plan)[0].deviations, dtype=np.float64)
    table = plan.scenario.scores
    mine = table[table["metric"] == metric].set_index("cell_id")["value"]
    return np.asarray(mine.reindex(number), dtype=np.float64)


def _by_rank(value: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the level of each value, with as many cells on each as equal values let."""
    inner = np.unique(np.quantile(value, (0.2, 0.4, 0.6, 0.8))) if len(value) else value
    place = np.searchsorted(inner, value, side="right")
    used, place = np.unique(place, return_inverse=True)
    return np.asarray(_LEVELS[max(len(used), 1)], dtype=np.int64)[place]


def _around_zero(value: NDArray[np.float64]) -> NDArray[np.int64]:
    most = float(np.abs(value).max())
    edges = np.array([-(1.0 + _EVEN) / 2.0, -_EVEN, _EVEN, (1.0 + _EVEN) / 2.0]) * most
    return np.asarray(np.searchsorted(edges, value), dtype=np.int64)


def _range(metric: str, one: Shade) -> str:
    known = _named(metric)
    percent = metric == BALANCE or (known is not None and known.metric.unit == "share")
    low, high = (_written(value, percent=percent) for value in (one.low, one.high))
    return low if low == high else f"{low} … {high}"


def _written(value: float, *, percent: bool) -> str:
    return share(value) if percent else significant(value)


def _named(metric: str) -> Named | None:
    try:
        return named(metric)
    except KeyError:
        return None


def _key(metric: str) -> str:
    known = _named(metric)
    return metric if known is None else known.metric.key


def choices(plan: Plan, language: Language) -> Sequence[dict[str, str]]:
    """Return the figures as a field offers them."""
    return [{"value": one, "label": metric_name(one, language)} for one in shade_metrics(plan)]
