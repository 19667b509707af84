"""Who may do what, what was done, and who saw contacts: for administrators."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, ctx, html, no_update
from dash.development.base_component import Component

from dashboards.components.aria import aria
from dashboards.components.grids import grid
from dashboards.components.help import help_button
from dashboards.components.words import words
from dashboards.ids import App, Audit, People
from dashboards.pages import Desk
from dashboards.people_actions import ACTIONS, Outcome, act, form_of
from dashboards.queries_people import (
    MOST_ROWS,
    account_rows,
    action_name,
    audit_rows,
    cell_choices,
    contact_rows,
    people_of,
    role_name,
    territory_names,
    token_words,
)
from dashboards.secured import secured
from dashboards.state import Selection
from gridmap.catalogue import Language
from gridmap.errors import Fault
from gridmap.store.audit import AuditFilter
from gridmap.store.roles import Permission, Role

DEMANDS: Final = Permission.ADMINISTER
_AREA: Final = "administration"
#: Fields of the form that an account fills, in the order of their outputs.
_FIELDS: Final[tuple[tuple[str, str, str, Any], ...]] = (
    (People.NAME, "value", "name", ""),
    (People.ROLE, "value", "role", Role.VIEWER.value),
    (People.EVERYWHERE, "checked", "everywhere", False),
    (People.TERRITORIES, "value", "territories", []),
    (People.REGIONS, "value", "regions", []),
    (People.CELLS, "value", "cells", []),
)
_TOKEN_FIELDS: Final = (
    (People.PROGRAM_LABEL, "value"),
    (People.PROGRAM_DAYS, "value"),
    (People.PROGRAM_ROLE, "value"),
    (People.PROGRAM_TERRITORIES, "value"),
)


def is_here(desk: Desk) -> bool:
    """Return whether the service knows people."""
    return desk.people is not None


#: What is there only while an account is chosen.
_OF_AN_ACCOUNT: Final = (People.NEW, People.SAVE, People.RESET, People.DISABLE, People.END,
                         People.PROGRAM_FORM)  # fmt: skip


def layout(desk: Desk, chosen: Selection) -> Component:
    """Return the page as far as its reader administers."""
    say = words(chosen.language, _AREA)
    scope = desk.scope()
    part: list[Component] = []
    if scope.territories is not None:
        told = say("part", territories=", ".join(sorted(scope.territories)))
        part = [html.P(told, className="hint")]
    tabs = [("accounts", _accounts), ("audit", _audit), ("contacts", _contacts)]
    return html.Div(
        [
            dmc.Title(say("title"), order=1, size="h3"),
            *part,
            dmc.Tabs(
                [
                    dmc.TabsList([dmc.TabsTab(say(f"tab.{key}"), value=key) for key, _ in tabs]),
                    *(
                        dmc.TabsPanel(panel(desk, chosen), value=key, pt="md")
                        for key, panel in tabs
                    ),
                ],
                id=People.TABS,
                value="accounts",
                persistence=True,
                persistence_type="memory",
            ),
        ],
        className="page page-scroll people-page",
    )


def _accounts(desk: Desk, chosen: Selection) -> Component:
    say = words(chosen.language, f"{_AREA}.accounts")
    columns = [
        {"field": "name", "headerName": say("name"), "flex": 1, "minWidth": 110},
        {"field": "role_name", "headerName": say("role"), "width": 140},
        {"field": "reach", "headerName": say("reach"), "flex": 2, "minWidth": 120},
        {"field": "state", "headerName": say("state"), "width": 90},
    ]
    rows = account_rows(desk, chosen.language)
    return html.Div(
        [
            html.Section(
                [
                    html.P(say("hint"), className="hint"),
                    grid(
                        People.TABLE,
                        columns,
                        rows,
                        language=chosen.language,
                        selectable=True,
                        height=f"{min(max(len(rows), 3), 16) * 32 + 52}px",
                    ),
                ],
                className="people-list",
            ),
            html.Section(
                [
                    *_form(desk, chosen),
                    html.Div(_token_form(desk, chosen), id=People.PROGRAM_FORM, hidden=True),
                ],
                className="panel",
            ),
        ],
        className="people-accounts",
    )


def _form(desk: Desk, chosen: Selection) -> list[Component]:
    language = chosen.language
    say = words(language, f"{_AREA}.accounts")
    places = territory_names(desk)
    return [
        html.Div(
            [
                dmc.Title(say("new"), id=People.TITLE, order=2, size="h4"),
                html.Button(
                    say("other"), id=People.NEW, className="button", type="button", hidden=True
                ),
            ],
            className="people-head",
        ),
        html.Div(id=People.SAID, role="status"),
        html.Div(id=People.SHOWN_ONCE, **aria(live="polite")),
        dmc.TextInput(id=People.NAME, label=say("name")),
        dmc.Select(
            id=People.ROLE,
            label=say("role"),
            data=_roles(language),
            value=Role.VIEWER.value,
            allowDeselect=False,
        ),
        dmc.Checkbox(
            id=People.EVERYWHERE,
            label=say("everywhere"),
            disabled=desk.scope().territories is not None,
            mt="sm",
        ),
        dmc.MultiSelect(
            id=People.TERRITORIES,
            label=say("territories"),
            data=places,
            searchable=True,
            nothingFoundMessage=say("nothing"),
        ),
        dmc.MultiSelect(
            id=People.REGIONS,
            label=say("regions"),
            data=list(people_of(desk).accounts.regions(desk.scope())),
            searchable=True,
            nothingFoundMessage=say("nothing"),
        ),
        dmc.MultiSelect(
            id=People.CELLS,
            label=say("cells"),
            description=say("cells_hint"),
            data=cell_choices(desk, chosen.scenario),
            searchable=True,
            nothingFoundMessage=say("nothing"),
        ),
        html.Div(
            [
                _button(People.ADD, say("add"), main=True),
                _button(People.SAVE, say("save")),
                _button(People.RESET, say("reset")),
                _button(People.DISABLE, say("close")),
                _button(People.END, say("end")),
            ],
            className="downloads",
        ),
    ]


def _token_form(desk: Desk, chosen: Selection) -> list[Component]:
    say = words(chosen.language, f"{_AREA}.token")
    return [
        dmc.Title(say("title"), order=2, size="h4", mt="md"),
        html.P(say("hint"), className="hint"),
        html.Div(id=People.TOKENS),
        dmc.TextInput(id=People.PROGRAM_LABEL, label=say("label")),
        dmc.NumberInput(id=People.PROGRAM_DAYS, label=say("days"), value=90, min=1, max=366,
                        hideControls=True),
        dmc.Select(
            id=People.PROGRAM_ROLE,
            label=say("role"),
            data=_roles(chosen.language),
            value=Role.VIEWER.value,
            allowDeselect=False,
        ),
        dmc.MultiSelect(
            id=People.PROGRAM_TERRITORIES, label=say("territories"), data=territory_names(desk)
        ),
        html.Div([_button(People.PROGRAM, say("make"))], className="downloads"),
    ]  # fmt: skip


def _audit(desk: Desk, chosen: Selection) -> Component:
    language = chosen.language
    say = words(language, f"{_AREA}.audit")
    of_all = desk.scope().territories is None
    actors, actions = people_of(desk).audit.words(desk.scope()) if of_all else ([], [])
    kept: dict[str, Any] = {"persistence": True, "persistence_type": "memory"}
    columns = [
        {"field": "row", "headerName": say("row"), "width": 80},
        {"field": "time", "headerName": say("time"), "width": 190},
        {"field": "actor", "headerName": say("actor"), "width": 130},
        {"field": "action", "headerName": say("action"), "width": 190},
        {"field": "subject", "headerName": say("subject"), "width": 180},
        {"field": "detail", "headerName": say("detail"), "flex": 1, "minWidth": 220},
    ]
    filters = html.Div(
        [
            dmc.Select(id=Audit.ACTOR, label=say("actor"), data=actors, clearable=True,
                       searchable=True, clearButtonProps=aria(label=say("actor")), **kept),
            dmc.Select(
                id=Audit.ACTION,
                label=say("action"),
                data=[{"value": one, "label": action_name(one, language)} for one in actions],
                clearable=True,
                clearButtonProps=aria(label=say("action")),
                **kept,
            ),
            dmc.NumberInput(id=Audit.SCENARIO, label=say("scenario"), hideControls=True,
                            debounce=400, allowDecimal=False, **kept),
            dmc.TextInput(id=Audit.SINCE, label=say("since"), inputProps={"type": "date"}, **kept),
            dmc.TextInput(id=Audit.UNTIL, label=say("until"), inputProps={"type": "date"}, **kept),
        ],
        className="toolbar",
    )  # fmt: skip
    return html.Div(
        [
            *([] if of_all else [html.P(say("for_all"), className="hint")]),
            html.Div(
                [
                    html.Div(
                        [
                            dmc.Title(say("title"), order=2, size="h4"),
                            help_button(say("title"), say("meaning"), "", language=language),
                        ],
                        className="heading",
                    ),
                    html.Div(id=Audit.BADGE, role="status"),
                    filters,
                    html.P(id=Audit.COUNT, className="hint", **aria(live="polite")),
                    grid(Audit.TABLE, columns, [], language=language, height="480px"),
                ],
                hidden=not of_all,
            ),
        ]
    )


def _contacts(desk: Desk, chosen: Selection) -> Component:
    say = words(chosen.language, f"{_AREA}.contacts")
    if desk.scope().territories is not None:
        rows: list[dict[str, Any]] = []
        told = words(chosen.language, _AREA)("audit.for_all")
    else:
        rows = contact_rows(desk)
        told = say("hint") if rows else say("none")
    columns = [
        {"field": "account", "headerName": say("account"), "flex": 1, "minWidth": 110},
        {"field": "scenario", "headerName": say("scenario"), "width": 90},
        {"field": "what", "headerName": say("what"), "flex": 1, "minWidth": 120},
        {"field": "hour", "headerName": say("hour"), "width": 160},
    ]
    table = grid(Audit.CONTACTS, columns, rows, language=chosen.language, height="480px")
    return html.Div([html.P(told, className="hint"), html.Div(table, hidden=not rows)])


def register(app: Dash, desk: Desk) -> None:
    """Wire the page."""

    @app.callback(
        Output(People.TABLE, "selectedRows"),
        Input(People.NEW, "n_clicks"),
        prevent_initial_call=True,
    )
    @secured(DEMANDS)
    def begin_new(_: int | None) -> list[Any]:
        return []

    @app.callback(
        Output(People.TITLE, "children"),
        Output(People.DISABLE, "children"),
        Output(People.TOKENS, "children"),
        Output(People.CELLS, "data"),
        *(Output(id, prop) for id, prop, _, _ in _FIELDS),
        Output(People.ADD, "hidden"),
        *(Output(one, "hidden") for one in _OF_AN_ACCOUNT),
        Input(People.TABLE, "selectedRows"),
        State(App.SELECTION, "data"),
    )
    @secured(DEMANDS)
    def fill(rows: list[dict[str, Any]] | None, data: dict[str, Any] | None) -> tuple[Any, ...]:
        hidden = [bool(rows), *(not rows for _ in _OF_AN_ACCOUNT)]
        return (*filled(desk, rows, _chosen(data)), *hidden)

    @app.callback(
        Output(People.SAID, "children"),
        Output(People.SHOWN_ONCE, "children"),
        Output(People.TABLE, "rowData"),
        *(Input(one, "n_clicks") for one in ACTIONS),
        State(People.TABLE, "selectedRows"),
        *(State(id, prop) for id, prop, _, _ in _FIELDS),
        *(State(id, prop) for id, prop in _TOKEN_FIELDS),
        State(App.SELECTION, "data"),
        prevent_initial_call=True,
    )
    @secured(DEMANDS)
    def do(*values: Any) -> tuple[Any, ...]:
        rows, *fields, data = values[len(ACTIONS) :]
        names = [id for id, *_ in (*_FIELDS, *_TOKEN_FIELDS)]
        language = _chosen(data).language
        action = str(ctx.triggered_id)
        if action not in ACTIONS:
            return no_update, no_update, no_update
        outcome = act(desk, action, form_of(rows, dict(zip(names, fields, strict=True))), language)
        table = account_rows(desk, language) if outcome.good else no_update
        return said(outcome), secret(outcome, language), table

    @app.callback(
        Output(Audit.BADGE, "children"), Input(People.TABS, "value"), State(App.SELECTION, "data")
    )
    @secured(DEMANDS)
    def verify(tab: str, data: dict[str, Any] | None) -> Any:
        if tab != "audit" or desk.scope().territories is not None:
            return no_update
        log, scope = people_of(desk).audit, desk.scope()
        return badge(log.faults(scope), log.newest(scope), _chosen(data).language)

    @app.callback(
        Output(Audit.TABLE, "rowData"),
        Output(Audit.COUNT, "children"),
        Input(People.TABS, "value"),
        Input(Audit.ACTOR, "value"),
        Input(Audit.ACTION, "value"),
        Input(Audit.SCENARIO, "value"),
        Input(Audit.SINCE, "value"),
        Input(Audit.UNTIL, "value"),
        State(App.SELECTION, "data"),
    )
    @secured(DEMANDS)
    def show_audit(tab: str, *values: Any) -> tuple[Any, Any]:
        *filters, data = values
        if tab != "audit" or desk.scope().territories is not None:
            return no_update, no_update
        language = _chosen(data).language
        rows = audit_rows(desk, wanted(*filters), language)
        key = "none" if not rows else "most" if len(rows) == MOST_ROWS else "count"
        return rows, words(language, f"{_AREA}.audit")(key, count=len(rows))


def filled(desk: Desk, rows: list[dict[str, Any]] | None, chosen: Selection) -> tuple[Any, ...]:
    """Return heading, word of the closing button, tokens, cells and fields of the form."""
    say = words(chosen.language, _AREA)
    cells = cell_choices(desk, chosen.scenario)
    known = {one["name"]: one for one in account_rows(desk, chosen.language)}
    account = known.get(str(rows[0].get("name"))) if rows else None
    if account is None:
        blank = (value for *_, value in _FIELDS)
        return say("accounts.new"), say("accounts.close"), None, cells, *blank
    listed = {one["value"] for one in cells}
    cells += [{"value": one, "label": one} for one in account["cells"] if one not in listed]
    tokens = people_of(desk).tokens.of(desk.scope(), account["name"])
    shown = [html.Li(token_words(one, chosen.language)) for one in tokens]
    return (
        say("accounts.chosen", name=account["name"]),
        say("accounts.reopen" if account["disabled"] else "accounts.close"),
        html.Ul(shown) if shown else html.P(say("token.none"), className="hint"),
        cells,
        *(account[key] for _, _, key, _ in _FIELDS),
    )


def said(outcome: Outcome) -> Component:
    """Return what is said of an action."""
    lines = [html.P(one) for one in outcome.said]
    return dmc.Alert(lines, color="green" if outcome.good else "red", variant="light")


def secret(outcome: Outcome, language: Language) -> Component | None:
    """Return a password or token that is shown this once; the next action takes it away."""
    if not outcome.secret:
        return None
    say = words(language, f"{_AREA}.secret")
    return dmc.Alert(
        [
            html.P(say(outcome.secret_key, name=outcome.name)),
            html.Code(outcome.secret, className="people-secret"),
        ],
        title=say("title"),
        color="yellow",
        variant="light",
    )


def badge(faults: list[Fault], newest: tuple[int, str], language: Language) -> Component:
    """Return whether the chain of the audit is whole, and else where it is broken."""
    say = words(language, f"{_AREA}.audit")
    count, newest_hash = newest
    if not faults:
        parts = [
            html.Strong(say("whole", count=count)),
            html.P([say("newest"), " ", html.Code(newest_hash, className="people-secret")]),
        ]
        return dmc.Alert(parts, color="green", variant="light", className="audit-whole")
    first, *rest = faults
    row = first.values.get("row", "?")
    told: list[Component] = [
        html.Strong(say("broken", row=row, reason=first.text(language))),
        *([html.P(say("more_broken", count=len(rest)))] if rest else []),
    ]
    return dmc.Alert(told, color="red", variant="light", className="audit-broken")


def wanted(
    actor: str | None, action: str | None, scenario: Any, since: str | None, until: str | None
) -> AuditFilter:
    """Return the filter that the fields say; what is no day or number does not matter."""
    number = scenario if isinstance(scenario, int) and not isinstance(scenario, bool) else None
    return AuditFilter(
        actor=actor or "",
        action=action or "",
        subject="" if number is None else f"scenario/{number}",
        since=_day(since),
        until=_day(until),
    )


def _day(value: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(value) if value else None
    except ValueError:
        return None


def _chosen(data: dict[str, Any] | None) -> Selection:
    return Selection.of_data(data) if data else Selection()


def _roles(language: Language) -> list[dict[str, str]]:
    return [{"value": one.value, "label": role_name(one, language)} for one in Role]


def _button(id: str, label: str, *, main: bool = False) -> Component:
    kind = "button button-main" if main else "button"
    return html.Button(label, id=id, className=kind, type="button")
