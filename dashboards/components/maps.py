"""The map of a plan with the addresses it fetches from."""

from __future__ import annotations

from dash import html

from dashboards import queries
from dashboards.access import Plan
from dashboards.components.legend import SYMBOLS_URL, legend
from dashboards.components.words import words
from dashboards.geojson import Bounds, symbol
from dashboards.map_editor import PlanMap
from gridmap.catalogue import Language


def plan_map(
    id: str, plan: Plan, *, language: Language, has_basemap: bool, view: Bounds | None = None
) -> html.Div:
    """Return the map with its legend, showing `view` or else the whole territory."""
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
                view=view or queries.territory_bounds(plan),
                language=language,
            ),
            legend(language, present),
        ],
        className="map-frame",
    )
