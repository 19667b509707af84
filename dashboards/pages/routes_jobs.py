"""How far a job of the page is, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboards.components.aria import aria
from dashboards.components.words import words
from gridmap.catalogue import Language, text
from gridmap.jobs.job import Job, State

#: Rows of a filled workbook that are shown.
MOST_ROWS = 200


def job_panel(one: Job, language: Language) -> list[Component]:
    """Return the state of a job: its progress with a way to end it, its result, or its faults."""
    say = words(language, "cyclepage")
    shown = {"replan_cell": _replanned, "export": _files, "read_sheet": _sheet}
    if one.kind not in shown:
        return []
    title = say(f"job.{one.kind}")
    if one.state is State.FAILED:
        faults = html.Ul([html.Li(each.text(language)) for each in one.faults])
        return [dmc.Alert(faults, title=say("job.failed", job=title), color="red")]
    if one.state is State.CANCELLED:
        return [html.P(say("job.cancelled", job=title), role="status")]
    if one.state is State.DONE:
        return [
            dmc.Alert(
                shown[one.kind](one, one.result, language),
                title=say("job.done", job=title),
                color="green",
                variant="light",
                className="job-done",
            )
        ]
    waits = text(f"jobs.state.{one.state}", language)
    told = say("job.running", job=title, state=waits, share=100.0 * one.fraction)
    return [
        html.P(told, role="status"),
        dmc.Progress(value=100.0 * one.fraction, **aria(label=told)),
        html.Button(
            say("job.cancel"),
            type="button",
            className="button",
            disabled=one.cancel_asked,
            **{"data-wish": "cancel", "data-job": str(one.job_id)},
        ),
    ]


def _replanned(_: Job, result: Mapping[str, Any], language: Language) -> list[Component]:
    say = words(language, "cyclepage")
    before, after = result["before"], result["after"]
    rows = [
        html.Tr(
            [
                html.Th(say(f"rest.{name}"), scope="row"),
                html.Td(f"{before[name]:.0f}"),
                html.Td(f"{after[name]:.0f}"),
            ]
        )
        for name in ("travel_min", "longest_min", "shortest_min")
    ]
    head = html.Tr([html.Th(""), html.Th(say("rest.before")), html.Th(say("rest.after"))])
    return [
        html.P(say("rest.moved", count=result["moved"])),
        html.Table([html.Thead(head), html.Tbody(rows)], className="rest-table"),
    ]


def _files(one: Job, result: Mapping[str, Any], language: Language) -> list[Component]:
    say = words(language, "cyclepage")
    return [
        html.A(
            say("job.fetch", file=file),
            href=f"/api/v1/exports/{one.job_id}/files/{file}",
            className="button",
        )
        for file in result["files"]
        if file.endswith(".zip")
    ]


def _sheet(_: Job, result: Mapping[str, Any], language: Language) -> list[Component]:
    say = words(language, "cyclepage")
    told = say(
        "read.told",
        file=result["named"],
        sheets=result["sheets"],
        visited=result["visited"],
        missed=result["missed"],
        empty=result["empty"],
    )
    names = ("where", "route", "outlet", "visited", "filled")
    head = html.Tr([html.Th(say(f"read.column.{name}")) for name in names])
    rows = [
        html.Tr(
            [
                html.Td(row["where"]),
                html.Td(row["route"]),
                html.Td(row["outlet"]),
                html.Td(say("read.yes" if row["visited"] else "read.no")),
                html.Td(row["filled"]),
            ]
        )
        for row in result["rows"][:MOST_ROWS]
    ]
    table = html.Table([html.Thead(head), html.Tbody(rows)], className="read-table")
    return [
        html.P(told),
        html.Div(table, className="read-frame") if rows else html.P(say("read.none")),
        html.P(say("read.kept", **result["kept"]) if "kept" in result else say("read.not_kept")),
    ]
