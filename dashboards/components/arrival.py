"""A table that came in: how its columns are read, what is wrong with it, and its first rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from urllib.parse import urlencode

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboards.arrivals import Choice
from dashboards.components.aria import aria
from dashboards.components.words import words
from dashboards.state import Page, Selection
from gridmap.catalogue import Language
from gridmap.intake import RowFault, Seen

#: Faults of rows that are listed, and rows that are shown.
LISTED, SHOWN = 100, 15
_DATUMS = ("wgs84", "gcj02", "bd09")
_TYPES = ".csv,.txt,.tsv,.xlsx,.xlsm,.xls,.xlsb,.ods,.zip,.geojson,.gpkg"


def project_drop(language: Language) -> Component:
    """Return a place for a whole project; when it is handed in the page of the jobs opens."""
    say = words(language, "datapage")
    drop = file_drop(say("project.choose"), language, hint=say("project.hint"))
    told: dict[str, str] = {
        "data-to": "/data/projects",
        "data-types": ".zip",
        "data-then": Selection(Page.JOBS, language).address(),
    }
    for key, value in told.items():
        setattr(drop, key, value)
    return drop


def file_drop(label: str, language: Language, *, hint: str = "") -> Component:
    """Return a place to choose a file or drop it on; ``data.js`` puts the field into it."""
    say = words(language, "datapage")
    return html.Div(
        [html.Strong(label), html.Span(hint or say("import.formats"), className="hint")],
        className="file-drop",
        **{
            "data-to": "/data/tables",
            "data-label": label,
            "data-types": _TYPES,
            "data-sending": say("import.sending", name="{name}"),
            "data-failed": say("import.failed"),
            "data-large": say("import.too_large"),
        },
    )


def found(choice: Choice, seen: Seen, language: Language) -> list[Component]:
    """Return what a table looks like."""
    say = words(language, "datapage")
    return [
        html.P(_head(choice, seen, language), className="data-head"),
        *_file_faults(seen, language),
        *([] if not seen.columns else [_mapping(choice, seen, language)]),
        *_row_faults(choice, seen, language),
        *([] if not seen.notices else [_notices(seen, language)]),
        *([] if not seen.preview else [dmc.Title(say("preview.title"), order=4), _preview(seen)]),
    ]


def _head(choice: Choice, seen: Seen, language: Language) -> str:
    say = words(language, "datapage")
    if not seen.columns:
        return say("head.unread", name=choice.name)
    where = " · ".join(
        one
        for one in (
            say("head.sheet", sheet=seen.sheet) if seen.sheet else "",
            say("head.encoding", encoding=seen.encoding) if seen.encoding else "",
            say("head.header", row=seen.header_row),
        )
        if one
    )
    if seen.faults:
        return f"{choice.name} · {where}"
    return f"{choice.name} · {where} · {say('head.counts', **seen.counts)}"


def _file_faults(seen: Seen, language: Language) -> list[Component]:
    if not seen.faults:
        return []
    say = words(language, "datapage")
    listed = [html.Li(one.text(language)) for one in seen.faults]
    return [
        dmc.Alert(
            [html.Ul(listed), file_drop(say("import.again"), language)],
            title=say("faults.file"),
            color="red",
            variant="light",
            className="data-faults",
        )
    ]


def _mapping(choice: Choice, seen: Seen, language: Language) -> Component:
    """Return the columns of the fields as native lists, which ``data.js`` listens to."""
    say = words(language, "datapage")
    needed = {field for alternative in seen.required for field in alternative}
    fields = [
        html.Label(
            [
                html.Span(
                    say(f"field.{field}") + (" *" if field in needed else ""),
                    className="data-field-name",
                ),
                _select(
                    f"columns.{field}",
                    [("", say("mapping.none")), *((one, one) for one in seen.columns)],
                    seen.mapping.get(field, ""),
                    choice,
                ),
            ],
            className="data-field",
        )
        for field in seen.fields
        if field in seen.mapping or field not in ("lonlat", "latlon", "wkt", "closed")
    ]
    rare = [
        html.Label(
            [
                html.Span(say(f"field.{field}"), className="data-field-name"),
                _select(
                    f"columns.{field}",
                    [("", say("mapping.none")), *((one, one) for one in seen.columns)],
                    "",
                    choice,
                ),
            ],
            className="data-field",
        )
        for field in seen.fields
        if field not in seen.mapping and field in ("lonlat", "latlon", "wkt", "closed")
    ]
    placed = "lon" in seen.fields
    return html.Section(
        [
            dmc.Title(say("mapping.title"), order=4),
            html.P(say("mapping.hint"), className="hint"),
            html.Div(fields, className="data-fields"),
            *(
                [
                    html.Details(
                        [html.Summary(say("mapping.more")), html.Div(rare, className="data-fields")]
                    )
                ]
                if rare
                else []
            ),
            *([_datum(choice, seen, language)] if placed else []),
        ],
        className="data-mapping",
    )


def _datum(choice: Choice, seen: Seen, language: Language) -> Component:
    say = words(language, "datapage")
    fit = [
        html.Span(
            say("datum.fit", datum=say(f"datum.{one}"), metres=f"{metres:,.0f}"),
            className="badge" if one == seen.datum_best else "hint",
        )
        for one, metres in seen.datum_fit_m.items()
    ]
    parts: list[Component] = [
        html.Label(
            [
                html.Span(say("datum.label"), className="data-field-name"),
                _select(
                    "datum", [(one, say(f"datum.{one}")) for one in _DATUMS], seen.datum, choice
                ),
            ],
            className="data-field",
        )
    ]
    if fit:
        parts.append(html.Div([html.Span(say("datum.fits")), *fit], className="data-fit"))
    if seen.datum_best != seen.datum:
        best = say(f"datum.{seen.datum_best}")
        parts.append(
            dmc.Alert(
                [
                    html.P(say("datum.other", best=best)),
                    html.Button(
                        say("datum.use", best=best),
                        className="button",
                        **{"data-setting": "datum", "data-value": seen.datum_best},
                    ),
                ],
                color="orange",
                variant="light",
            )
        )
    return html.Div(parts, className="data-datum")


def _select(
    setting: str, options: Sequence[tuple[str, str]], value: str, choice: Choice
) -> html.Select:
    return html.Select(
        [
            html.Option(label, value=one, **({"selected": "selected"} if one == value else {}))
            for one, label in options
        ],
        # made anew with each look, so that what is selected is what was read
        key=f"{choice.file}-{choice.settings}-{setting}-{value}",
        className="data-select",
        **{"data-setting": setting},
    )


def _row_faults(choice: Choice, seen: Seen, language: Language) -> list[Component]:
    if not seen.rows:
        if seen.faults or not seen.columns:
            return []
        say = words(language, "datapage")
        return [dmc.Alert(say("faults.none"), color="teal", variant="light")]
    say = words(language, "datapage")
    query = urlencode(
        {
            "territory": choice.territory,
            "rows": choice.rows,
            "name": choice.name,
            "settings": json.dumps(choice.how, ensure_ascii=False, separators=(",", ":")),
            "lang": language,
        }
    )
    counts = {
        weight: len({one.row for one in seen.rows if one.weight == weight})
        for weight in ("out", "doubt", "mended")
    }
    title = " · ".join(
        say(f"faults.{weight}", count=count) for weight, count in counts.items() if count
    )
    rest = len(seen.rows) - LISTED
    parts = [
        html.Div(
            html.Table(
                [
                    html.Thead(
                        html.Tr(
                            [
                                html.Th(say(f"faults.head.{one}"), scope="col")
                                for one in ("row", "name", "column", "found", "what")
                            ]
                        )
                    ),
                    html.Tbody([_fault_line(one, language) for one in seen.rows[:LISTED]]),
                ],
                className="plain-table data-fault-table",
            ),
            className="table-scroll data-fault-scroll",
            tabIndex=0,
            role="region",
            **aria(label=say("faults.region")),
        ),
        *([html.P(say("faults.more", count=rest), className="hint")] if rest > 0 else []),
        html.Div(
            [
                html.A(
                    say("faults.download"),
                    href=f"/data/tables/{choice.file}/faults.xlsx?{query}",
                    className="button",
                    download="",
                ),
            ],
            className="downloads",
        ),
        html.P(say("faults.mend"), className="hint"),
        file_drop(say("import.again"), language),
    ]
    return [
        dmc.Alert(
            parts,
            title=title,
            color="orange" if counts["out"] else "blue",
            variant="light",
            className="data-faults",
        )
    ]


def _fault_line(one: RowFault, language: Language) -> html.Tr:
    say = words(language, "datapage")
    return html.Tr(
        [
            html.Th(f"{one.row}", scope="row"),
            html.Td(one.name),
            html.Td(one.column or say("faults.whole_row")),
            html.Td(one.found[:60]),
            html.Td(
                [
                    html.Span(
                        say(f"faults.mark.{one.weight}"), className=f"mark mark-{one.weight}"
                    ),
                    one.what.text(language),
                ]
            ),
        ]
    )


def _notices(seen: Seen, language: Language) -> Component:
    say = words(language, "datapage")
    return html.Details(
        [
            html.Summary(say("notices", count=len(seen.notices))),
            html.Ul([html.Li(one.text(language)) for one in seen.notices]),
        ]
    )


def _preview(seen: Seen) -> Component:
    """Return the first rows; a cell in which a fault lies is marked."""
    columns = seen.columns
    bad = {
        (str(one.row), column): one.weight
        for one in reversed(seen.rows)
        for column in (one.column.split(", ") if one.column else columns)
    }
    return html.Div(
        html.Table(
            [
                html.Thead(html.Tr([html.Th("#", scope="col"), *_heads(seen)])),
                html.Tbody(
                    [
                        html.Tr(
                            [
                                html.Th(row[""], scope="row"),
                                *(
                                    html.Td(
                                        row.get(column, ""),
                                        className=f"cell-{bad[row[''], column]}"
                                        if (row[""], column) in bad
                                        else None,
                                    )
                                    for column in columns
                                ),
                            ]
                        )
                        for row in seen.preview[:SHOWN]
                    ]
                ),
            ],
            className="plain-table data-preview",
        ),
        className="table-scroll",
        tabIndex=0,
        role="region",
        **aria(label="#"),
    )


def _heads(seen: Seen) -> list[html.Th]:
    used = set(seen.mapping.values())
    return [
        html.Th(one, scope="col", className="column-used" if one in used else "column-unused")
        for one in seen.columns
    ]
