"""The map of a plan with the addresses it fetches from."""

from __future__ import annotations

from collections.abc import Sequence

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboards import queries
from dashboards.access import Plan
from dashboards.components.aria import aria
from dashboards.components.legend import SYMBOLS_URL, legend
from dashboards.components.words import words
from dashboards.geojson import Bounds, symbol
from dashboards.map_editor import PlanMap
from gridmap.catalogue import Language

#: What may be switched on and off, see `PlanMap.layers`.
LAYERS = ("blind", "pairs", "reach")


def plan_map(
    id: str,
    plan: Plan,
    *,
    language: Language,
    has_basemap: bool,
    view: Bounds | None = None,
    switches: str = "",
    shown: Sequence[str] = (),
    beside: Sequence[Component] = (),
    small: bool = False,
) -> html.Div:
    """Return the map with its legend, showing `view` or else the whole territory.

    With `switches`, the id of a checklist, the reader switches the layers; `shown` are on at first.
    `beside` are more panels, which come first. On a small map the legend is folded.
    """
    say = words(language)
    data, query = f"/data/{plan.scenario_id}", f"?lang={language}"
    outlets = plan.territory.outlets
    present = frozenset(
        symbol(str(ownership), bool(visited))
        for ownership, visited in zip(outlets["ownership"], outlets["visited"], strict=True)
    )
    return html.Div(
        [
            PlanMap(
                id,
                labels={
                    "map": say("map.title"),
                    "zoomIn": say("map.zoom_in"),
                    "zoomOut": say("map.zoom_out"),
                    "noWebgl": say("map.no_webgl"),
                    "failed": say("map.failed"),
                    "attribution": plan.territory.attribution,
                },
                symbolsUrl=SYMBOLS_URL,
                tilesUrl=f"/tiles/{plan.scenario_id}/{{z}}/{{x}}/{{y}}.mvt"
                if has_basemap
                else None,
                cellsUrl=f"{data}/cells.geojson{query}",
                outletsUrl=f"{data}/outlets.geojson{query}",
                findingsUrl=f"{data}/findings.geojson{query}",
                reachUrl=f"{data}/reach.geojson{query}",
                layers=shown,
                view=view or queries.territory_bounds(plan),
                language=language,
            ),
            html.Div(
                [
                    *beside,
                    legend(language, present, unfolded=not small),
                    *([_switches(switches, plan, language, shown)] if switches else []),
                ],
                className="map-panels",
            ),
        ],
        className="map-frame",
    )


def _switches(id: str, plan: Plan, language: Language, shown: Sequence[str]) -> html.Details:
    """Return the switches of the layers; one with nothing to show says so and cannot be used."""
    say = words(language)
    counts = {"blind": len(plan.zones), "pairs": len(plan.pairs), "reach": None}
    mode, limits = next(iter(plan.scenario.request.scoring.modes.items()))
    has_ground = mode in plan.territory.networks
    minutes = " / ".join(f"{one:g}" for one in sorted(limits))

    def option(layer: str) -> dmc.Checkbox:
        count = counts[layer]
        empty = not count if count is not None else not has_ground
        name = say(f"layers.{layer}", count=count, minutes=minutes, mode=say(f"mode.{mode}"))
        mark = html.Span(className=f"layer-mark layer-{layer}", **aria(hidden="true"))
        return dmc.Checkbox(
            value=layer, label=html.Span([mark, name]), disabled=empty, size="xs", py=4
        )

    return html.Details(
        [
            html.Summary(say("layers.title")),
            dmc.CheckboxGroup(
                [option(one) for one in LAYERS],
                id=id,
                value=list(shown),
                persistence=True,
                persistence_type="memory",
                **aria(label=say("layers.title")),
            ),
        ],
        open=True,
        className="legend",
    )
