"""The account of whoever is signed in: password, sessions and tokens."""

from __future__ import annotations

from typing import Any, Final

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component

from dashboards.components.words import words
from dashboards.ids import App, Own
from dashboards.pages import Desk
from dashboards.queries_people import people_of, reach_words, role_name, token_words
from dashboards.secured import secured
from dashboards.state import Selection
from dashboards.visitors import current_key
from gridmap.catalogue import Language
from gridmap.errors import GridmapError
from gridmap.store.grants import Grant
from gridmap.store.roles import Permission
from gridmap.store.scope import Scope

DEMANDS: Final = Permission.READ
_AREA: Final = "administration.own"


def is_here(desk: Desk) -> bool:
    """Return whether the service knows people."""
    return desk.people is not None


def layout(desk: Desk, chosen: Selection) -> Component:
    """Return the page of the caller's own account."""
    say = words(chosen.language, _AREA)
    scope = desk.scope()
    return html.Div(
        [
            dmc.Title(say("title"), order=1, size="h3"),
            html.P(
                say(
                    "signed_in",
                    name=scope.user,
                    role=role_name(scope.role, chosen.language),
                    reach=reach_words(_grant(scope), chosen.language),
                )
            ),
            html.Div(id=Own.SAID, role="status"),
            html.Div([_password(scope.user, chosen), _access(desk, chosen)], className="panels"),
        ],
        className="page page-scroll",
    )


def _password(user: str, chosen: Selection) -> Component:
    say = words(chosen.language, _AREA)
    return html.Section(
        [
            dmc.Title(say("password"), order=2, size="h4"),
            # without a button of its own the form is never sent; it tells password keepers whose
            html.Form(
                [
                    dcc.Input(
                        type="text", value=user, autoComplete="username", className="own-user"
                    ),
                    dmc.PasswordInput(
                        id=Own.OLD, label=say("old"), autoComplete="current-password"
                    ),
                    dmc.PasswordInput(id=Own.NEW, label=say("new"), autoComplete="new-password"),
                    dmc.PasswordInput(
                        id=Own.AGAIN, label=say("again"), autoComplete="new-password"
                    ),
                ]
            ),
            html.Div(
                html.Button(
                    say("change"), id=Own.CHANGE, className="button button-main", type="button"
                ),
                className="downloads",
            ),
            html.P(say("elsewhere"), className="hint"),
        ],
        className="panel",
    )


def _access(desk: Desk, chosen: Selection) -> Component:
    say = words(chosen.language, _AREA)
    return html.Section(
        [
            dmc.Title(say("sessions"), order=2, size="h4"),
            html.Ul(_sessions(desk, chosen.language), id=Own.SESSIONS),
            html.Button(
                say("end_sessions"), id=Own.END_SESSIONS, className="button", type="button"
            ),
            dmc.Title(say("tokens"), order=2, size="h4", mt="md"),
            html.P(say("tokens_hint"), className="hint"),
            html.Ul(_tokens(desk, chosen.language), id=Own.TOKENS),
            html.Div(
                [
                    dmc.Select(
                        id=Own.PROGRAM, label=say("which_token"),
                        data=_choices(desk, chosen.language),
                    ),
                    html.Button(say("end_token"), id=Own.END_PROGRAM, className="button",
                                type="button"),
                ],
                className="toolbar",
            ),
        ],
        className="panel",
    )  # fmt: skip


def register(app: Dash, desk: Desk) -> None:
    """Wire the page."""

    @app.callback(
        Output(Own.SAID, "children"),
        Output(Own.SESSIONS, "children"),
        Output(Own.TOKENS, "children"),
        Output(Own.PROGRAM, "data"),
        Output(Own.OLD, "value"),
        Output(Own.NEW, "value"),
        Output(Own.AGAIN, "value"),
        Input(Own.CHANGE, "n_clicks"),
        Input(Own.END_SESSIONS, "n_clicks"),
        Input(Own.END_PROGRAM, "n_clicks"),
        State(Own.OLD, "value"),
        State(Own.NEW, "value"),
        State(Own.AGAIN, "value"),
        State(Own.PROGRAM, "value"),
        State(App.SELECTION, "data"),
        prevent_initial_call=True,
    )
    @secured(DEMANDS)
    def do(*values: Any) -> tuple[Any, ...]:
        old, new, again, token, data = values[3:]
        language = Selection.of_data(data).language if data else "en"
        try:
            key = _done(desk, str(ctx.triggered_id), (old or "", new or "", again or ""), token)
        except GridmapError as error:
            lines = [html.P(one.text(language)) for one in error.faults]
            refused = dmc.Alert(lines, color="red", variant="light")
            return refused, *([no_update] * 6)
        good = key not in ("differ", "choose_token")
        told = dmc.Alert(
            words(language, _AREA)(key), color="green" if good else "red", variant="light"
        )
        typed = ("", "", "") if key == "changed" else (no_update,) * 3
        return (
            told,
            _sessions(desk, language),
            _tokens(desk, language),
            _choices(desk, language),
            *typed,
        )


def _done(desk: Desk, button: str, typed: tuple[str, str, str], token: str | None) -> str:
    """Do what a button says and return the key of what is said of it."""
    people, scope = people_of(desk), desk.scope()
    old, new, again = typed
    if button == Own.CHANGE:
        if new != again:
            return "differ"
        people.change_own_password(scope, old, new, keep=current_key())
        return "changed"
    if button == Own.END_SESSIONS:
        people.sessions.end_own(scope, keep=current_key())
        return "sessions_ended"
    if not (token or "").isdecimal():
        return "choose_token"
    people.tokens.end_own(scope, int(token or 0))
    return "token_ended"


def _grant(scope: Scope) -> Grant:
    return Grant(
        scope.role,
        everywhere=scope.territories is None,
        territories=scope.territories or frozenset(),
        cells=scope.cells or frozenset(),
    )


def _sessions(desk: Desk, language: Language) -> list[Component]:
    say = words(language, _AREA)
    items: list[Component] = []
    for one in people_of(desk).sessions.own(desk.scope(), key=current_key()):
        told = say("session", created=f"{one.created:%Y-%m-%d %H:%M}",
                   seen=f"{one.last_seen:%Y-%m-%d %H:%M}")  # fmt: skip
        mark = [" ", html.Span(say("here"), className="badge")] if one.here else []
        items.append(html.Li([told, *mark]))
    return items


def _tokens(desk: Desk, language: Language) -> list[Component]:
    found = people_of(desk).tokens.own(desk.scope())
    if not found:
        return [html.Li(words(language, "administration.token")("none"))]
    return [html.Li(token_words(one, language)) for one in found]


def _choices(desk: Desk, language: Language) -> list[dict[str, str]]:
    return [
        {"value": str(one.token_id), "label": one.label or token_words(one, language)}
        for one in people_of(desk).tokens.own(desk.scope())
    ]
