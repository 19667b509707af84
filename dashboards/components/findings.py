"""Blind zones and duplicate pairs of a cell as lists, with what to do about each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dash import html
from dash.development.base_component import Component

from dashboards.access import Plan
from dashboards.components.words import words
from dashboards.formats import number
from gridmap.catalogue import Language, text
from gridmap.export.finding_columns import effect_text, fix_text, outlet_names, sought_text
from gridmap.scoring.findings import BlindZone, DuplicatePair, Fix, sought

#: Findings of a cell that stand in its list at once; the rest is folded away.
SHOWN = 8


def cell_findings(plan: Plan, cell_id: int, language: Language) -> list[Component]:
    """Return both lists of a cell, or why there are none."""
    say = words(language)
    if not plan.has_findings:
        return [html.P(say("findings.older"), className="hint")]
    names = outlet_names(plan.territory)

    columns = plan.scenario.cells["cell_id"], plan.scenario.cells["code"].astype(str)
    codes = dict(zip(*columns, strict=True))

    def cure(fix: Fix | None, cell: int, *, pair: bool) -> list[Component]:
        told = [html.Div(fix_text(fix, plan.territory, names, language), className="finding-fix")]
        if fix is not None and fix.effect is not None:
            effect = effect_text(fix.effect, codes.get(cell, "–"), language, pair=pair)
            told.append(html.Div(effect, className="hint"))
        return told

    zones = [one for one in plan.zones if one.cell_id == cell_id]
    pairs = [one for one in plan.pairs if cell_id in (one.first_cell, one.second_cell)]
    return [
        *_list(
            say("findings.zones", count=len(zones)),
            say("findings.no_zones"),
            (
                (str(one.zone_id), _zone(one, language), cure(one.fix, cell_id, pair=False))
                for one in zones
            ),
            zones,
            language,
        ),
        *_list(
            say("findings.pairs", count=len(pairs)),
            say("findings.no_pairs"),
            (
                (
                    str(one.pair_id),
                    _pair(one, names, language),
                    cure(one.fix, one.fixed_cell, pair=True),
                )
                for one in pairs
            ),
            pairs,
            language,
            mark_class="finding-number finding-pair",
        ),
    ]


def _list(
    title: str,
    none: str,
    entries: Iterable[tuple[str, str, list[Component]]],
    found: Sequence[BlindZone] | Sequence[DuplicatePair],
    language: Language,
    *,
    mark_class: str = "finding-number",
) -> list[Component]:
    """Return a list under its title, the largest first; without entries it says so."""
    if not found:
        return [html.H4(title), html.P(none, className="hint")]
    items = [
        html.Li(
            [
                html.Span(mark, className=mark_class),
                html.Div([html.Div(line), *cure], className="finding-text"),
            ]
        )
        for mark, line, cure in entries
    ]
    parts: list[Component] = [html.H4(title), html.Ul(items[:SHOWN], className="findings")]
    if len(items) > SHOWN:
        more = words(language)("findings.more", count=len(items) - SHOWN)
        rest = html.Ul(items[SHOWN:], className="findings")
        parts.append(html.Details([html.Summary(more), rest]))
    return [*parts, html.P(sought_text(sought(found), language), className="hint")]


def _zone(zone: BlindZone, language: Language) -> str:
    return text(
        "pages.findings.zone",
        language,
        demand=number(zone.demand),
        share=zone.share_of_cell,
        nearest=_minutes(zone.nearest_ours_min, language),
        mode=text(f"pages.mode.{zone.mode}", language),
        rival=zone.rival_covered,
    )


def _pair(pair: DuplicatePair, names: dict[str, str], language: Language) -> str:
    return text(
        "pages.findings.pair",
        language,
        first=names.get(pair.first_id, pair.first_id),
        second=names.get(pair.second_id, pair.second_id),
        overlap=pair.overlap,
        demand=number(pair.shared_demand),
    )


def _minutes(value: float, language: Language) -> str:
    if value == float("inf"):
        return text("pages.findings.unreachable", language)
    return text("pages.findings.minutes", language, minutes=value)
