"""What a move of a visit to another day costs, in the words of the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboards import cycle_queries
from dashboards.access import Plan
from dashboards.components.words import words
from dashboards.state import Selection
from gridmap.catalogue import Language, text
from gridmap.errors import Fault
from gridmap.routing.moving import Move, TourChange
from gridmap.store.cycle_table import CycleSeen


def cost_of(plan: Plan, move: Move, language: Language) -> dict[str, Any]:
    """Return what is shown over a day: whether the move may be made, and both days' figures.

    ``short`` is the change of travel, ``lines`` has a line a day and one for each rule.
    """
    say = words(language, "cyclepage")
    ok = not move.faults
    lines = [_day_line(plan, one, language) for one in move.changes]
    lines += _along(move, language)
    lines += [say("cost.refused", reason=_reason(one, language)) for one in move.faults]
    if ok:
        lines.append(say("cost.kept"))
    short = say("cost.travel", minutes=move.travel_s / 60.0) if ok else say("cost.no")
    return {"ok": ok, "short": short, "lines": lines}


def menu(
    plan: Plan,
    chosen: Selection,
    seen: CycleSeen,
    moves: Sequence[Move],
    *,
    outlet: str,
    day: int,
) -> list[Component]:
    """Return the days a visit can go to with their costs, and whether it is kept fixed."""
    language = chosen.language
    say = words(language, "cyclepage")
    table = plan.territory.outlets
    mine = table[table["outlet_id"].astype(str) == outlet].iloc[0]
    pinned = (outlet, day) in seen.head.pins.visits
    kind = "unpin" if pinned else "pin"
    facts = {"data-outlet": outlet, "data-day": str(day)}
    return [
        html.P(
            [
                html.Strong(str(mine["name"]) or outlet),
                " · ",
                say("menu.now", grade=mine["grade"], day=_day_name(plan, day, language)),
            ]
        ),
        html.Button(
            say(f"{kind}_visit"),
            type="button",
            className="button",
            **{"data-wish": kind, **facts},
        ),
        html.P(say("menu.choose"), className="hint"),
        html.Ul(
            [html.Li(_choice(plan, one, facts, language)) for one in moves],
            className="move-choices",
        ),
    ]


def _choice(plan: Plan, move: Move, facts: dict[str, str], language: Language) -> Component:
    cost = cost_of(plan, move, language)
    lines = [html.Span(one, className="choice-line") for one in cost["lines"]]
    head = [html.Strong(_day_name(plan, move.to, language)), html.Span(cost["short"])]
    inner = [html.Span(head, className="choice-head"), *lines]
    if not cost["ok"]:
        return html.Div(inner, className="choice choice-no")
    return html.Button(
        inner,
        type="button",
        className="choice",
        **{"data-wish": "move", "data-to": str(move.to), **facts},
    )


def _day_line(plan: Plan, change: TourChange, language: Language) -> str:
    say = words(language, "cyclepage")
    before, after = (
        (0.0, 0.0, 0) if one is None else (one.work_s / 60.0, one.travel_s / 60.0, one.stops)
        for one in (change.before, change.after)
    )
    line = say(
        "cost.day",
        day=_day_name(plan, change.day, language),
        before=before[0],
        after=after[0],
        travel_before=before[1],
        travel_after=after[1],
        stops_before=before[2],
        stops_after=after[2],
    )
    if change.over_s > 1.0:
        line += say("cost.over", limit=change.limit_s / 60.0)
    return line


def _along(move: Move, language: Language) -> list[str]:
    others = len(move.steps) - 1
    return [words(language, "cyclepage")("cost.along", count=others)] if others else []


def _reason(one: Fault, language: Language) -> str:
    return text(one.key, language, **one.values)


def _day_name(plan: Plan, number: int, language: Language) -> str:
    say = words(language)
    week, weekday = cycle_queries.day_named(plan, number)
    return say("routes.day", week=week, weekday=say(f"weekday_long.{weekday}"))
