"""A plan as GeoJSON in EPSG:4326: what the map fetches."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from dashboards.access import Plan
from dashboards.colours import cell_colours
from gridmap.catalogue import Language, text
from gridmap.export.finding_columns import fix_text, outlet_names
from gridmap.partition.display import display_cells
from gridmap.policies import clock_of
from gridmap.scoring.findings import Fix

#: Seven decimals are a centimetre: neighbours still meet, and the file stays small.
_DECIMALS = 7
#: Bends of borders as small as a square of this side are not drawn. Metres.
_DRAWN_TO_M = 3.0

#: Lines that the map draws in its own style each; longer times share the last.
_REACH_STYLES = 3

Bounds = tuple[float, float, float, float]


def cells(plan: Plan, language: Language) -> bytes:
    """Return the cells with their colours and titles."""
    table = plan.scenario.cells
    rows = zip(table["cell_id"], table["code"], table["name"], colours(plan), strict=True)
    return _collection(
        to_degrees(drawn_cells(plan.cell_polygons), plan.territory.crs),
        (
            {
                "cell_id": int(cell_id),
                "colour": colour,
                "title": text("pages.map.cell", language, code=code, name=name),
            }
            for cell_id, code, name, colour in rows
        ),
    )


def drawn_cells(polygons: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the cells with fewer points, none of which is missed on a screen."""
    return display_cells(polygons, _DRAWN_TO_M).polygons


def outlets(plan: Plan, language: Language) -> bytes:
    """Return the outlets with their symbols and titles."""
    table = plan.territory.outlets
    code = plan.scenario.cells["code"].to_numpy()[plan.cell_of_outlet]
    points = np.asarray(shapely.points(table[["x", "y"]].to_numpy(np.float64)), dtype=object)
    columns = table[["name", "ownership", "operator", "visited"]].to_dict("records")
    return _collection(
        to_degrees(points, plan.territory.crs),
        (
            {
                "ownership": row["ownership"],
                "symbol": symbol(row["ownership"], bool(row["visited"])),
                "label": f"{cell} {row['name'] or ''}".strip() if row["ownership"] == "own" else "",
                "title": text(
                    "pages.map.outlet",
                    language,
                    name=row["name"] or "–",
                    ownership=text(f"pages.ownership.{row['ownership']}", language),
                    operator=row["operator"] or "–",
                    cell=cell,
                ),
            }
            for row, cell in zip(columns, code, strict=True)
        ),
    )


def arrived(points: Sequence[tuple[float, float, str]]) -> bytes:
    """Return the places of a table that comes in (longitude, latitude and name of each)."""
    places = np.asarray(
        shapely.points([one[:2] for one in points] or np.empty((0, 2))), dtype=object
    )
    return _collection(
        places,
        (
            {
                "ownership": "partner",
                "symbol": symbol("partner", visited=True),
                "label": "",
                "title": name,
            }
            for _, _, name in points
        ),
    )


def routes(plan: Plan, cell_id: int, language: Language) -> bytes:
    """Return the routes of a cell as lines, and their stops as points."""
    table = plan.scenario.routes
    chosen = np.flatnonzero(table["cell_id"].to_numpy() == cell_id)
    mine = table.iloc[chosen]
    stops = stops_of(plan, mine)
    stop_points = np.asarray(shapely.points(stops[["x", "y"]].to_numpy(np.float64)), dtype=object)
    geometries = np.concatenate([plan.scenario.route_lines[chosen], stop_points])
    lines = (
        {"week": int(row["week"]), "weekday": int(row["weekday"])}
        for row in mine.to_dict("records")
    )
    points = (
        {
            "week": int(row["week"]),
            "weekday": int(row["weekday"]),
            "seq": int(row["seq"]),
            "title": text(
                "pages.map.stop",
                language,
                seq=int(row["seq"]),
                name=row["name"],
                arrival=clock_of(row["arrival_s"]),
            ),
        }
        for row in stops.to_dict("records")
    )
    return _collection(to_degrees(geometries, plan.territory.crs), [*lines, *points])


def findings(plan: Plan, language: Language) -> bytes:
    """Return blind zones, duplicate pairs, and the places that their fixes ask for.

    `layer` is ``blind``, ``pair``, ``blind_fix`` or ``pair_fix``.
    """
    codes = plan.scenario.cells.set_index("cell_id")["code"]
    names = outlet_names(plan.territory)

    def told(fix: Fix | None) -> str:
        return fix_text(fix, plan.territory, names, language)

    shapes: list[Any] = []
    properties: list[dict[str, Any]] = []

    def add(layer: str, shape: Any, number: int, title: str) -> None:
        shapes.append(shape)
        properties.append({"layer": layer, "number": number, "title": title})

    for zone in plan.zones:
        title = text(
            "pages.findings.zone_title",
            language,
            number=zone.zone_id,
            cell=codes.get(zone.cell_id, "–"),
            demand=zone.demand,
            share=zone.share_of_cell,
            fix=told(zone.fix),
        )
        add("blind", zone.shape, zone.zone_id, title)
        if zone.fix is not None and np.isfinite(zone.fix.x):
            add("blind_fix", shapely.Point(zone.fix.x, zone.fix.y), zone.zone_id, title)
    for pair in plan.pairs:
        title = text(
            "pages.findings.pair_title",
            language,
            number=pair.pair_id,
            first=names.get(pair.first_id, pair.first_id),
            second=names.get(pair.second_id, pair.second_id),
            overlap=pair.overlap,
            fix=told(pair.fix),
        )
        add("pair", pair.shape, pair.pair_id, title)
        if pair.fix is not None and np.isfinite(pair.fix.x):
            add("pair_fix", shapely.Point(pair.fix.x, pair.fix.y), pair.pair_id, title)
    return _collection(to_degrees(np.array(shapes, dtype=object), plan.territory.crs), properties)


def reach(plan: Plan, language: Language) -> bytes:
    """Return the ground that own and partner outlets reach, `place` 0 = the shortest time."""
    table = plan.reach
    mode = text(f"pages.mode.{next(iter(plan.scenario.request.scoring.modes))}", language)
    ground = np.asarray(table.geometry.to_numpy(), dtype=object)
    return _collection(
        to_degrees(ground, plan.territory.crs),
        (
            {
                "place": min(place, _REACH_STYLES - 1),
                "minutes": minutes,
                "title": text("pages.coverage.threshold", language, mode=mode,
                              minutes=f"{minutes:g}"),
            }
            for place, minutes in enumerate(table["minutes"].tolist())
        ),
    )  # fmt: skip


def stops_of(plan: Plan, chosen: pd.DataFrame) -> pd.DataFrame:
    """Return the stops of some routes with their outlets and days, in order of visit."""
    known = plan.territory.outlets[
        ["outlet_id", "name", "ownership", "operator", "kind", "grade", "grade_source", "x", "y"]
    ]
    return (
        plan.scenario.stops.merge(chosen[["route_id", "week", "weekday"]], on="route_id")
        .merge(known, on="outlet_id", how="left")
        .sort_values(["week", "weekday", "route_id", "seq"], kind="stable")
        .reset_index(drop=True)
    )


def colours(plan: Plan) -> tuple[str, ...]:
    """Return the colour of each cell, the same on the map and in the charts."""
    partition, units = plan.scenario.partition, plan.territory.units
    return plan.once(
        "colours", lambda: cell_colours(units.adjacency, partition.label, partition.n_cells)
    )


def symbol(ownership: str, visited: bool) -> str:
    """Return the name of the symbol file of an outlet."""
    return f"{ownership}_visited" if visited and ownership != "own" else ownership


def bounds(geometries: NDArray[np.object_], crs: str) -> Bounds:
    """Return `(west, south, east, north)` in degrees."""
    west, south, east, north = shapely.total_bounds(to_degrees(geometries, crs)).tolist()
    return west, south, east, north


def to_degrees(geometries: NDArray[np.object_], crs: str) -> NDArray[np.object_]:
    """Return geometries in EPSG:4326, longitude first, rounded."""
    transformer = _transformer(crs)

    def transform(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(transformer.transform(xy[:, 0], xy[:, 1])).round(_DECIMALS)

    return np.asarray(shapely.transform(geometries, transform), dtype=object)


@cache
def _transformer(crs: str) -> Transformer:
    return Transformer.from_crs(crs, "EPSG:4326", always_xy=True)


def _collection(geometries: NDArray[np.object_], properties: Iterable[Mapping[str, Any]]) -> bytes:
    shapes = shapely.to_geojson(geometries)
    features = (
        f'{{"type":"Feature","properties":{_json(one)},"geometry":{shape}}}'
        for shape, one in zip(shapes, properties, strict=True)
    )
    return f'{{"type":"FeatureCollection","features":[{",".join(features)}]}}'.encode()


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
