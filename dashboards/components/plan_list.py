"""The plans as small pictures with their figures, and what is known of the chosen one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboards.components.aria import aria
from dashboards.components.words import words
from dashboards.formats import number, share
from dashboards.queries_plans import PlanCard, Shelf
from dashboards.state import Selection
from gridmap.catalogue import Language
from gridmap.store.versions import Status, Version


def plan_list(shelves: Sequence[Shelf], chosen: Selection) -> Component:
    """Return all plans, territory by territory; each is a link that chooses it."""
    parts: list[Component] = []
    for shelf in shelves:
        parts.append(dmc.Title(shelf.territory, order=3))
        parts.append(html.Ul([_card(one, chosen) for one in shelf.cards], className="plan-cards"))
    return html.Nav(
        parts, className="plan-list", **aria(label=words(chosen.language, "plans")("title"))
    )


def plan_name(one: Version, language: Language) -> str:
    """Return what people call a plan."""
    say = words(language, "plans")
    if one.name:
        return say("plan_named", number=one.scenario_id, name=one.name)
    return say("plan", number=one.scenario_id)


def status_name(one: Version, language: Language) -> str:
    """Return how far a plan is; one as it was made is nobody's draft."""
    made = one.status is Status.DRAFT and one.next_cell is None
    return words(language, "plans")("status.made" if made else f"status.{one.status}")


def status_badge(one: Version, language: Language) -> Component:
    """Return how far a plan is; a word, not a colour alone."""
    return html.Span(
        status_name(one, language),
        className=f"badge plan-status plan-{one.status}",
    )


def holds_from(one: Version, language: Language) -> str:
    """Return from when to when a plan holds; empty if it never was published."""
    say = words(language, "plans.since")
    if one.effective_from is None:
        return ""
    if one.effective_until is None:
        return say("from", day=one.effective_from)
    return say("span", day=one.effective_from, end=one.effective_until)


def facts(card: PlanCard, chosen: Selection) -> Component:
    """Return where a plan comes from and how far it is."""
    one, say = card.version, words(chosen.language, "plans")
    parent: str | Component = say("fact.no_parent")
    if one.parent_id is not None:
        href = chosen.address(scenario=one.parent_id, other=None, cell=None)
        parent = dcc.Link(say("plan", number=one.parent_id), href=href)
    status = say(
        "since.by",
        status=status_name(one, chosen.language),
        author=one.status_by,
        day=day_of(one.status_at),
    )
    rows: list[tuple[str, str | Component]] = [
        *([("status", status)] if _has_moved_on(one) else []),
        ("author", one.author),
        ("created", day_of(one.created)),
        ("parent", parent),
        ("edits", number(one.head)),
    ]
    if one.effective_from is not None:
        rows.insert(0, ("effective", holds_from(one, chosen.language)))
    if card.figures is not None:
        rows.append(("cells", number(card.figures.cells)))
    return html.Dl(
        [html.Div([html.Dt(say(f"fact.{name}")), html.Dd(value)]) for name, value in rows],
        className="plan-facts",
    )


def _has_moved_on(one: Version) -> bool:
    """Return whether somebody did more with a plan than make it, which the author tells."""
    made = (one.author, day_of(one.created))
    return one.status is not Status.DRAFT or (one.status_by, day_of(one.status_at)) != made


def day_of(time: dt.datetime) -> str:
    """Return the day of a time."""
    return time.date().isoformat()


def _card(card: PlanCard, chosen: Selection) -> Component:
    one, language = card.version, chosen.language
    say = words(language, "plans")
    here = one.scenario_id == chosen.scenario
    lines = [
        html.Span(plan_name(one, language), className="plan-card-name"),
        html.Span(
            [
                status_badge(one, language),
                *([html.Span(say("holds"), className="badge plan-holds")] if card.holds else []),
            ],
            className="plan-card-badges",
        ),
    ]
    span = holds_from(one, language)
    if span and one.status in (Status.PUBLISHED, Status.ARCHIVED):
        lines.append(html.Span(span, className="hint"))
    lines.append(html.Span(f"{one.author} · {day_of(one.created)}", className="hint"))
    lines.append(html.Span(_figures(card, language), className="hint"))
    link = dcc.Link(
        [
            html.Img(
                src=f"/picture/{one.scenario_id}.svg?v={one.head}",
                alt=say("picture_short", number=one.scenario_id),
                className="plan-thumbnail",
            ),
            html.Span(lines, className="plan-card-text"),
        ],
        href=chosen.address(scenario=one.scenario_id, other=None, cell=None),
        className="plan-card plan-card-here" if here else "plan-card",
    )
    return html.Li(link, **aria(current="true" if here else "false"))


def _figures(card: PlanCard, language: Language) -> str:
    """Return balance, compactness and change in one line."""
    say = words(language, "plans")
    found = card.figures
    if found is None:
        return ""
    if not found.deviation:
        parts = [say("side.no_figures")]
    else:
        workload, worst = next(iter(found.deviation.items()))
        workload_name = words(language)(f"workload.{workload}")
        parts = [
            f"{say('side.deviation', workload=workload_name)} {share(worst)}",
            f"{say('side.compactness')} {number(found.compactness, 2)}",
        ]
    if found.moved is not None:
        parts.append(f"{say('side.moved')} {share(found.moved)}")
    return " · ".join(parts)
