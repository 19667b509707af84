"""Help: the words, the daily tasks and the keys, to be searched in the browser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import dash_mantine_components as dmc
from dash import Dash, Input, Output, dcc, html
from dash.development.base_component import Component

from dashboards.components.aria import aria
from dashboards.components.editors import editor_keys
from dashboards.components.words import words
from dashboards.ids import Help
from dashboards.pages import Desk
from dashboards.state import Page, Selection
from dashboards.wiring import in_browser
from gridmap.catalogue import LANGUAGES, Language, sentences, text
from gridmap.scoring.metrics import DIRECTIONS, METRICS, Metric
from gridmap.store.roles import PERMISSIONS, Permission, Role

DEMANDS: Final = Permission.READ
_AREA: Final = "handbook"


@dataclass(frozen=True)
class Task:
    """One of the daily tasks: the page it is done on, and what it demands."""

    key: str
    page: Page
    demands: Permission
    #: Whether the page is there only where plans are changed.
    changes: bool = True


TASKS: Final = (
    Task("card", Page.CARD, Permission.READ, changes=False),
    Task("sheets", Page.ROUTES, Permission.EXPORT, changes=False),
    Task("redraw", Page.EDITOR, Permission.EDIT),
    Task("import", Page.DATA, Permission.IMPORT),
    Task("publish", Page.SCENARIOS, Permission.PUBLISH),
)
#: What is written on the keys, by what they do; the space bar has a name in each language.
KEYS: Final = {
    "arrows": "← ↑ → ↓",
    "zoom": "+ −",
    "enter": "Enter",
    "space": "",
    "tab": "Tab, Shift + Tab",
    "escape": "Esc",
    "print": "Ctrl + P",
}


def is_here(desk: Desk) -> bool:  # noqa: ARG001
    """Help is always there."""
    return True


def layout(desk: Desk, chosen: Selection) -> Component:
    """Return the page; the reader's own tasks come first."""
    say = words(chosen.language, _AREA)
    scope = desk.scope()
    tasks = sorted(TASKS, key=lambda one: not scope.may(one.demands))
    return html.Div(
        [
            dmc.Title(say("title"), order=1, size="h3"),
            dmc.TextInput(
                id=Help.SEARCH,
                inputProps={"type": "search"},
                className="help-search",
                placeholder=say("search"),
                persistence=True,
                persistence_type="memory",
                **aria(label=say("search")),
            ),
            html.P(say("nothing"), id=Help.NOTHING, className="hint", role="status", hidden=True),
            _section(say("tasks"), [_task(one, desk, chosen) for one in tasks], "help-tasks"),
            _section(say("keys"), [_keys(chosen.language)]),
            *_editor_keys(desk, chosen.language),
            _section(say("terms"), [html.Dl(_terms(chosen.language), className="help-list")]),
            _section(say("figures"), _figures(chosen.language)),
        ],
        id=Help.PAGE,
        className="page page-scroll help-page",
    )


def register(app: Dash, desk: Desk) -> None:  # noqa: ARG001
    """Wire the page: searching asks nobody."""
    in_browser(app, "searchHelp", Output(Help.NOTHING, "hidden"), Input(Help.SEARCH, "value"))


def term_keys() -> list[str]:
    """Return the keys of the words, without those of the figures."""
    start, end = f"{_AREA}.term.", ".name"
    return [one.removeprefix(start).removesuffix(end) for one in sentences("en")
            if one.startswith(start) and one.endswith(end)]  # fmt: skip


def _section(title: str, parts: list[Component], kind: str = "") -> Component:
    return html.Section([dmc.Title(title, order=2, size="h4", mt="md"), html.Div(parts,
                        className=kind)], className="help-section")  # fmt: skip


def _task(task: Task, desk: Desk, chosen: Selection) -> Component:
    language = chosen.language
    say = words(language, _AREA)
    roles = [one for one in Role if task.demands in PERMISSIONS[one]]
    named = ", ".join(text(f"administration.role.{one}", language) for one in roles)
    mine = desk.scope().may(task.demands) and (desk.work is not None or not task.changes)
    name = text(f"pages.nav.{task.page.name.lower()}", language)
    link = dcc.Link(
        say("open_page", page=name), href=chosen.address(page=task.page), className="button"
    )
    return html.Article(
        [
            dmc.Title(say(f"task.{task.key}.title"), order=3, size="h5"),
            html.P(say("for_role", roles=named), className="hint"),
            html.Ol([html.Li(one) for one in say(f"task.{task.key}.steps").splitlines()]),
            *([link] if mine else []),
        ],
        className="panel help-entry",
    )


def _keys(language: Language) -> Component:
    say = words(language, _AREA)
    return _key_table([(keys or say("space_bar"), say(f"key.{one}")) for one, keys in KEYS.items()])


def _editor_keys(desk: Desk, language: Language) -> list[Component]:
    """Return the keys of the map on which cells are redrawn, where that is possible."""
    if desk.work is None:
        return []
    page = text("pages.nav.editor", language)
    title = words(language, _AREA)("editor_keys", page=page)
    return [_section(title, [_key_table(editor_keys(language))])]


def _key_table(keys: list[tuple[str, str]]) -> Component:
    rows = [
        html.Tr([html.Th(html.Kbd(pressed), scope="row"), html.Td(does)], className="help-entry")
        for pressed, does in keys
    ]
    return html.Table(html.Tbody(rows), className="plain-table help-keys")


def _terms(language: Language) -> list[Component]:
    say = words(language, _AREA)
    named = sorted((say(f"term.{key}.name"), key) for key in term_keys())
    return [
        _entry(key, name, _elsewhere(language, f"{_AREA}.term.{key}.name"),
               [html.Span(say(f"term.{key}.meaning"))])
        for name, key in named
    ]  # fmt: skip


def _figures(language: Language) -> list[Component]:
    parts: list[Component] = []
    for dimension in dict.fromkeys(one.dimension for one in METRICS.values()):
        mine = [one for one in METRICS.values() if one.dimension == dimension]
        title = text(f"scoring.dimension.{dimension}", language)
        parts.append(
            html.Div(
                [
                    dmc.Title(title, order=3, size="h5", mt="sm"),
                    html.Dl([_figure(one, language) for one in mine], className="help-list"),
                ],
                className="help-group",
            )
        )
    return parts


def _figure(metric: Metric, language: Language) -> Component:
    say = words(language, _AREA)
    facts = [
        (say("formula"), html.Code(metric.formula)),
        (say("unit"), f"{text(f'scoring.unit.{metric.unit}', language)} ({metric.bounds})"),
        (say("better"), text(f"scoring.direction.{DIRECTIONS[metric.direction]}", language)),
        (say("source"), metric.source),
    ]
    told = [html.Span([f"{name}: ", value], className="help-fact") for name, value in facts]
    other = _elsewhere(language, f"scoring.metric.{metric.key}")
    return _entry(metric.key, metric.label(language), other, [html.Span(metric.meaning(language)),
                  *told])  # fmt: skip


def _entry(key: str, name: str, other: str, parts: list[Component]) -> Component:
    return html.Div(
        [
            html.Dt([html.Strong(name), " ", html.Span(other, className="hint")]),
            html.Dd(parts),
        ],
        id=f"term-{key}",
        className="help-entry",
        tabIndex=-1,
    )


def _elsewhere(language: Language, key: str) -> str:
    """Return the name in the other languages, so that colleagues find the same word."""
    say = words(language, _AREA)
    return " · ".join(
        say("also", language=say(f"language.{one}"), name=text(key, one))
        for one in LANGUAGES
        if one != language
    )
