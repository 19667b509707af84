"""The panels below the chosen plan."""

from __future__ import annotations

import dash_mantine_components as dmc
import plotly.graph_objects as go
from dash import dcc, html
from dash.development.base_component import Component

from dashboards import queries
from dashboards.api.workshop import Workshop
from dashboards.comparing import compare
from dashboards.components.plan_acts import fault_list
from dashboards.components.plan_challenges import answer_form, challenge_list, file_form
from dashboards.components.plan_compare import comparison, other_select, plain_table, slide
from dashboards.components.plan_list import plan_name, status_name
from dashboards.components.words import words
from dashboards.figures import CONFIG, plain_figure
from dashboards.figures.plans import PlanMark, plans_figure
from dashboards.formats import number, share
from dashboards.ids import PlanIds
from dashboards.pages import Desk
from dashboards.plan_acts import sentences
from dashboards.queries_plans import CHALLENGEABLE, PlanCard, Shelf, challenges_of, unbeaten
from dashboards.state import Page, Selection
from gridmap.errors import GridmapError, PermissionDenied, StoreError
from gridmap.store.challenges import Challenge
from gridmap.store.numbers import FIRST_CELL_ID
from gridmap.store.roles import Permission

MEASURES = ("moved", "compactness")


def compare_panel(
    desk: Desk, work: Workshop, card: PlanCard | None, shelf: Shelf | None, chosen: Selection
) -> Component:
    """Return the comparison with another plan of the territory, if one is chosen."""
    say = words(chosen.language, "plans.compare")
    one = None if card is None else card.version
    others = [
        each.version
        for each in ([] if shelf is None else shelf.cards)
        if one is not None and each.version.scenario_id != one.scenario_id
    ]
    parts: list[Component] = []
    pair: tuple[int, int] | None = None
    scope, tag = desk.scope(), ""
    credit: str | None = None
    if scope.cells is not None:
        parts.append(html.P(say("some_cells"), className="hint"))
    elif one is not None and not others:
        parts.append(html.P(say("no_other"), className="hint"))
    elif one is not None and chosen.other is not None:
        try:
            found = compare(desk, work, chosen.other, one.scenario_id, Page.SCENARIOS)
        except (StoreError, PermissionDenied):
            unknown = words(chosen.language, "plans")("unknown", number=chosen.other)
            parts.append(html.P(unknown, role="alert"))
        except GridmapError as error:
            parts += fault_list(sentences(error, chosen.language))
        else:
            pair, tag = (chosen.other, one.scenario_id), f"{found.old.head}-{found.new.head}"
            parts += comparison(found, scope, chosen.language)
            frame = work.drafts.frame(scope, one.scenario_id)
            has_basemap = desk.basemaps.of(frame.territory_hash) is not None
            credit = frame.attribution if has_basemap else None
    select = other_select(others, chosen)
    hidden = scope.cells is not None or not others
    return _panel(
        "compare",
        say("title"),
        html.Div(select, hidden=hidden),
        slide(chosen, pair, tag, credit=credit),
        *parts,
    )


def challenge_panel(
    desk: Desk, work: Workshop, card: PlanCard | None, chosen: Selection
) -> Component:
    """Return what grid managers have against the plan, and both forms."""
    say, scope = words(chosen.language, "plans.challenge"), desk.scope()
    one = None if card is None or not scope.may(Permission.CHALLENGE) else card.version
    parts: list[Component] = [html.P(say("hint"), className="hint")]
    cells: list[tuple[int, str]] = []
    waiting: list[Challenge] = []
    codes: dict[int, str] = {}
    may_file = one is not None and one.status in CHALLENGEABLE
    if one is not None:
        names = work.drafts.names(scope, one.scenario_id)
        codes = {cell + FIRST_CELL_ID: name.code for cell, name in names.items()}
        waiting, answered = challenges_of(work, scope, one)
        cells = _cells(desk, work, card, codes)
        if waiting or answered:
            parts.append(challenge_list([*waiting, *answered], codes, chosen.language))
        else:
            parts.append(html.P(say("none")))
        if not may_file:
            parts.append(html.P(say("closed"), className="hint"))
    may_answer = bool(waiting) and scope.may(Permission.EDIT)
    panel = _panel(
        "challenges",
        say("title"),
        *parts,
        answer_form(waiting, codes, chosen.language, shown=may_answer),
        file_form(cells, chosen, shown=may_file),
    )
    return html.Div(panel, hidden=not scope.may(Permission.CHALLENGE))


def side_panel(shelf: Shelf | None, chosen: Selection, *, whole: bool) -> Component:
    """Return all plans of the territory by their figures: a chart, and the same as a table."""
    say = words(chosen.language, "plans.side")
    measured = _measured(shelf)
    # before the first publication nothing has changed from anything
    known = any(one.figures is not None and one.figures.moved is not None for one in measured)
    measure = MEASURES[0 if known else 1]
    parts: list[Component] = []
    if not whole:
        parts.append(html.P(say("some_cells"), className="hint"))
    elif len(measured) < 2:
        parts.append(html.P(say("few"), className="hint"))
    else:
        parts.append(html.P(say("hint"), className="hint"))
    return _panel(
        "side",
        say("title"),
        *parts,
        html.Div(
            [
                html.Label(say("measure"), htmlFor=PlanIds.MEASURE, className="hint"),
                dmc.SegmentedControl(
                    id=PlanIds.MEASURE,
                    value=measure,
                    data=[{"value": one, "label": say(one)} for one in MEASURES],
                    size="xs",
                ),
                dcc.Graph(
                    id=PlanIds.FIGURE,
                    figure=side_figure(shelf, measure, chosen),
                    config=CONFIG,
                    style={"height": "300px"},
                ),
                _side_table(measured, chosen),
            ],
            hidden=not whole or len(measured) < 2,
        ),
    )


def side_figure(shelf: Shelf | None, measure: str, chosen: Selection) -> go.Figure:
    """Return the chart of balance against another figure."""
    measured, say = _measured(shelf), words(chosen.language, "plans.side")
    best = unbeaten(measured)
    marks = []
    workload = ""
    for card in measured:
        if card.figures is None:
            continue
        workload, worst = next(iter(card.figures.deviation.items()))
        value = card.figures.compactness if measure == "compactness" else card.figures.moved
        if value is not None:
            number_ = card.version.scenario_id
            name = plan_name(card.version, chosen.language)
            marks.append(PlanMark(number_, name, worst, value, number_ in best))
    if not marks:
        return plain_figure(300)
    return plans_figure(
        marks,
        across=say("deviation", workload=words(chosen.language)(f"workload.{workload}")),
        upwards=say(measure if measure in MEASURES else MEASURES[0]),
        percent=measure != "compactness",
        selected=chosen.scenario,
    )


def _side_table(measured: list[PlanCard], chosen: Selection) -> Component:
    say = words(chosen.language, "plans.side")
    best, rows = unbeaten(measured), []
    workloads = list(
        dict.fromkeys(name for one in measured if one.figures for name in one.figures.deviation)
    )
    for card in measured:
        if card.figures is None:
            continue
        one, found = card.version, card.figures
        star = " ★" if one.scenario_id in best else ""
        rows.append(
            [
                dcc.Link(
                    plan_name(one, chosen.language) + star,
                    href=chosen.address(scenario=one.scenario_id, other=None, cell=None),
                ),
                status_name(one, chosen.language),
                *(share(found.deviation.get(name)) for name in workloads),
                number(found.compactness, 2),
                share(found.moved),
                number(found.day_min),
            ]
        )
    named = [
        say("deviation", workload=words(chosen.language)(f"workload.{one}")) for one in workloads
    ]
    heads = [
        words(chosen.language)("nav.scenario"),
        words(chosen.language, "plans")("fact.status"),
        *named,
        *(say(one) for one in ("compactness", "moved", "day_min")),
    ]
    return plain_table(heads, rows, say("title"))


def _measured(shelf: Shelf | None) -> list[PlanCard]:
    cards = () if shelf is None else shelf.cards
    return [one for one in cards if one.figures is not None and one.figures.deviation]


def _cells(
    desk: Desk, work: Workshop, card: PlanCard | None, codes: dict[int, str]
) -> list[tuple[int, str]]:
    """Return number and name of the open cells that the caller sees."""
    if card is None:
        return []
    scope, number_ = desk.scope(), card.version.scenario_id
    if card.planned:
        return queries.cell_names(desk.plans.plan(scope, number_))
    state = work.drafts.state(scope, number_)
    return [(one + FIRST_CELL_ID, codes[one + FIRST_CELL_ID]) for one in sorted(state.centre)]


def _panel(name: str, title: str, *content: Component) -> Component:
    return html.Section([dmc.Title(title, order=3), *content], className=f"panel panel-{name}")
