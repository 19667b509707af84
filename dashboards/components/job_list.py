"""Jobs one below the other; ``jobs.js`` keeps their bars moving."""

from __future__ import annotations

from collections.abc import Sequence

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboards.components.aria import aria
from dashboards.components.words import words
from dashboards.queries_jobs import PATIENCE_S, JobView
from gridmap.catalogue import Language

_FILES = 6


def job_list(jobs: Sequence[JobView], language: Language, *, tick: str, shape: str) -> Component:
    """Return the jobs.

    Parameters
    ----------
    jobs
        The newest first.
    language
        Language of the words.
    tick
        Id of the store that is changed when a job begins or ends, so that the list is made anew.
    shape
        How all jobs stand that the browser asks about, see `queries_jobs.shape_of`.
    """
    say = words(language, "jobspage")
    items = [_item(one, language) for one in jobs]
    return html.Div(
        html.Ul(items, className="job-list") if items else html.P(say("none"), className="hint"),
        className="jobs-live",
        **{
            "data-tick": tick,
            "data-shape": shape,
            "data-seconds": say("left.seconds", count="#"),
            "data-minutes": say("left.minutes", count="#"),
            "data-refused": say("refused"),
        },
    )


def no_worker(idle_s: float | None, language: Language) -> Component:
    """Return what to do when jobs wait and nobody takes them; empty if all is well."""
    if idle_s is None or idle_s < PATIENCE_S:
        return html.Div()
    say = words(language, "jobspage")
    alert = dmc.Alert(
        [html.P(say("worker.why")), html.Pre("gridmap worker"), html.P(say("worker.then"))],
        title=say("worker.title"),
        color="orange",
        variant="light",
        className="no-worker",
    )
    return html.Div(alert, role="status")


def _item(one: JobView, language: Language) -> Component:
    say = words(language, "jobspage")
    about = " · ".join(part for part in (one.territory, one.about) if part)
    said = [one.created, say("by", user=one.user)]
    if one.took:
        said.append(one.took)
    return html.Li(
        [
            html.Div(
                [
                    html.Strong(f"{one.title}"),
                    html.Span(one.state_name, className=f"job-state job-{one.state}"),
                    html.Span(f"#{one.job_id}", className="hint"),
                ],
                className="job-head",
            ),
            html.Div(about, className="job-about"),
            html.Div(" · ".join(said), className="hint"),
            *([_bar(one, language)] if one.live else []),
            *([_faults(one)] if one.faults else []),
            html.Div([*_results(one, language), *_buttons(one, language)], className="job-links"),
        ],
        className="job",
        **{"data-job": str(one.job_id), "data-state": one.state},
    )


def _bar(one: JobView, language: Language) -> Component:
    say = words(language, "jobspage")
    percent = round(100 * one.fraction)
    return html.Div(
        [
            html.Progress(
                value=str(percent),
                max="100",
                className="job-bar",
                **aria(label=say("progress", job=one.job_id)),
            ),
            html.Span(f"{percent} %", className="job-percent"),
            html.Span(one.progress, className="job-progress hint"),
        ],
        className="job-running",
    )


def _faults(one: JobView) -> Component:
    """Return why a job failed: each sentence says how to mend it."""
    return html.Ul([html.Li(fault) for fault in one.faults], className="job-faults", role="alert")


def _results(one: JobView, language: Language) -> list[Component]:
    say = words(language, "jobspage")
    found: list[Component] = [dcc.Link(name, href=to, className="button") for name, to in one.links]
    files = [html.A(name, href=to, className="job-file", download="") for name, to in one.files]
    if len(files) > _FILES:
        files = [
            html.Details(
                [html.Summary(say("files", count=len(files))), html.Div(files, className="files")]
            )
        ]
    return found + files


def _buttons(one: JobView, language: Language) -> list[Component]:
    say = words(language, "jobspage")
    found: list[Component] = []
    if one.may_cancel:
        found.append(
            html.Button(
                say("cancel"),
                className="button",
                **{"data-cancel": str(one.job_id)},
                **aria(label=say("cancel_job", job=one.job_id)),
            )
        )
    if one.may_retry:
        found.append(
            html.Button(
                say("retry"),
                className="button",
                **{"data-retry": str(one.job_id)},
                **aria(label=say("retry_job", job=one.job_id)),
            )
        )
    return found
