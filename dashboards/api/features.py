"""OGC API Features, parts that a GIS needs to read: core, GeoJSON and the OpenAPI description.

References
----------
OGC 17-069r4, OGC API - Features - Part 1: Core corrigendum.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import shapely
from flask import Blueprint, Response, request, url_for

from dashboards.access import Plan
from dashboards.api.layers import Layer, layer_within
from dashboards.pages import Desk
from dashboards.secured import secured
from gridmap.catalogue import Language, text
from gridmap.errors import Fault, InputError, fault
from gridmap.store.repository import ScenarioSummary
from gridmap.store.roles import Permission

#: Requirements classes of the standard that hold here.
CONFORMANCE = tuple(
    f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{name}"
    for name in ("core", "geojson", "oas30")
)
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
DEFAULT_LIMIT, MOST_LIMIT = 100, 10_000
#: Parameters that a request for items may have; the standard wants others refused.
_PARAMETERS = frozenset({"bbox", "datetime", "f", "limit", "offset"})
_GEOJSON = "application/geo+json"


@dataclass(frozen=True)
class Page:
    """Which items are asked for. `bbox` is `(west, south, east, north)` in degrees."""

    limit: int = DEFAULT_LIMIT
    offset: int = 0
    bbox: tuple[float, float, float, float] | None = None


def features_blueprint(desk: Desk, *, language: Language) -> Blueprint:
    """Return the routes under ``/ogc``; each asks the scope anew."""
    routes = Blueprint("features", __name__, url_prefix="/ogc")

    @routes.get("/")
    @secured(Permission.READ)
    def landing() -> Response:
        return _answer(
            {
                "title": "gridmap",
                "description": text("api.features", language),
                "links": [
                    _link("self", "features.landing"),
                    _link("service-desc", "features.description", _OPENAPI),
                    _link("conformance", "features.conformance"),
                    _link("data", "features.collections"),
                ],
            }
        )

    @routes.get("/conformance")
    @secured(Permission.READ)
    def conformance() -> Response:
        return _answer({"conformsTo": list(CONFORMANCE)})

    @routes.get("/api")
    @secured(Permission.READ)
    def description() -> Response:
        return _answer(openapi(language), _OPENAPI)

    @routes.get("/collections")
    @secured(Permission.READ)
    def collections() -> Response:
        told = [
            _collection(summary, layer, language)
            for summary in desk.plans.summaries(desk.scope())
            for layer in Layer
        ]
        return _answer({"links": [_link("self", "features.collections")], "collections": told})

    @routes.get("/collections/<name>")
    @secured(Permission.READ)
    def collection(name: str) -> Response:
        plan, layer = _named(desk, name)
        summary = next(
            one for one in desk.plans.summaries(desk.scope()) if one.scenario_id == plan.scenario_id
        )
        told = _collection(summary, layer, language)
        within = layer_within(plan, layer, desk.scope())
        if len(within):
            told["extent"] = {"spatial": {"bbox": [within.total_bounds.tolist()], "crs": CRS84}}
        return _answer(told)

    @routes.get("/collections/<name>/items")
    @secured(Permission.READ)
    def items(name: str) -> Response:
        page = page_of(request.args)
        plan, layer = _named(desk, name)
        found = layer_within(plan, layer, desk.scope())
        if page.bbox is not None:
            found = found.iloc[sorted(found.sindex.query(shapely.box(*page.bbox), "intersects"))]
        shown = found.iloc[page.offset : page.offset + page.limit]
        links = [_link("self", "features.items", _GEOJSON, name=name, **request.args)]
        following = page.offset + page.limit
        if following < len(found):
            asked = {**request.args, "offset": following, "limit": page.limit}
            links.append(_link("next", "features.items", _GEOJSON, name=name, **asked))
        return _answer(
            {
                "type": "FeatureCollection",
                "numberMatched": len(found),
                "numberReturned": len(shown),
                "links": links,
                "features": _features(shown),
            },
            _GEOJSON,
        )

    @routes.get("/collections/<name>/items/<feature>")
    @secured(Permission.READ)
    def item(name: str, feature: str) -> tuple[Response, int] | Response:
        plan, layer = _named(desk, name)
        found = layer_within(plan, layer, desk.scope())
        if feature not in found.index:
            return _problem(404, language, fault("api.no_feature", feature))
        (told,) = _features(found.loc[[feature]])
        links = [
            _link("self", "features.item", _GEOJSON, name=name, feature=feature),
            _link("collection", "features.collection", name=name),
        ]
        return _answer({**told, "links": links}, _GEOJSON)

    @routes.errorhandler(InputError)
    def bad_request(error: InputError) -> tuple[Response, int]:
        return _problem(400, language, *error.faults)

    return routes


def page_of(asked: Mapping[str, str]) -> Page:
    """Return the page that the parameters of a request name.

    Raises
    ------
    InputError
        If a parameter is unknown or cannot be used; all of them are named.
    """
    faults = [fault("api.unknown_parameter", one) for one in sorted({*asked} - _PARAMETERS)]
    limit, offset, bbox = DEFAULT_LIMIT, 0, None
    try:
        limit = min(_whole(asked.get("limit", str(DEFAULT_LIMIT)), 1), MOST_LIMIT)
        offset = _whole(asked.get("offset", "0"), 0)
    except ValueError:
        faults.append(fault("api.bad_page"))
    if "bbox" in asked:
        try:
            bbox = _bbox(asked["bbox"])
        except ValueError:
            faults.append(fault("api.bad_bbox", asked["bbox"][:100]))
    if faults:
        raise InputError(*faults)
    return Page(limit, offset, bbox)


def _whole(asked: str, least: int) -> int:
    number = int(asked)
    if not least <= number < 2**31:
        raise ValueError(asked)
    return number


def _bbox(asked: str) -> tuple[float, float, float, float]:
    """Return the corners; of a box with heights these are left out, as there are none here."""
    numbers = [float(one) for one in asked.split(",")]
    if len(numbers) == 6:
        numbers = [*numbers[0:2], *numbers[3:5]]
    west, south, east, north = numbers
    on_earth = all(abs(one) <= 180.0 for one in (west, east)) and south <= north
    if not on_earth or not all(abs(one) <= 90.0 for one in (south, north)) or west > east:
        raise ValueError(asked)
    return west, south, east, north


def _named(desk: Desk, name: str) -> tuple[Plan, Layer]:
    """Return the plan and the layer of a collection, within the scope.

    Raises
    ------
    StoreError
        If there is none of that name, or it is out of scope: both look the same.
    """
    number, _, layer = name.partition("-")
    known = next((one for one in Layer if one == layer), None)
    scenario = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0
    return desk.plan(scenario if known else 0, "features"), known or Layer.CELLS


def _collection(summary: ScenarioSummary, layer: Layer, language: Language) -> dict[str, Any]:
    name = f"{summary.scenario_id}-{layer}"
    return {
        "id": name,
        "title": text(
            f"api.layer.{layer}",
            language,
            territory=summary.territory_name,
            scenario=summary.scenario_id,
        ),
        "itemType": "feature",
        "crs": [CRS84],
        "links": [
            _link("self", "features.collection", name=name),
            _link("items", "features.items", _GEOJSON, name=name),
        ],
    }


def _features(shown: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Return GeoJSON features, each with its name as id."""
    features: list[dict[str, Any]] = json.loads(shown.to_json(na="null"))["features"]
    return features


_OPENAPI = "application/vnd.oai.openapi+json;version=3.0"


def openapi(language: Language) -> dict[str, Any]:
    """Return the description of these routes that the standard asks for."""
    page = [
        {"name": "limit", "in": "query", "style": "form", "explode": False,
         "schema": {"type": "integer", "minimum": 1, "maximum": MOST_LIMIT,
                    "default": DEFAULT_LIMIT}},
        {"name": "offset", "in": "query", "schema": {"type": "integer", "minimum": 0}},
        {"name": "bbox", "in": "query", "style": "form", "explode": False,
         "schema": {"type": "array", "minItems": 4, "maxItems": 6,
                    "items": {"type": "number"}}},
        {"name": "datetime", "in": "query", "schema": {"type": "string"}},
    ]  # fmt: skip
    name = {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
    feature = {**name, "name": "feature"}
    paths: dict[str, list[Any]] = {
        "/": [], "/conformance": [], "/api": [], "/collections": [],
        "/collections/{name}": [name],
        "/collections/{name}/items": [name, *page],
        "/collections/{name}/items/{feature}": [name, feature],
    }  # fmt: skip
    good = {"200": {"description": "OK"}, "400": {"description": "Bad request"},
            "404": {"description": "Not found"}}  # fmt: skip
    return {
        "openapi": "3.0.3",
        "info": {"title": "gridmap", "version": "1", "description": text("api.features", language)},
        "servers": [{"url": url_for("features.landing", _external=True).rstrip("/")}],
        "paths": {
            path: {"get": {"parameters": parameters, "responses": good}}
            for path, parameters in paths.items()
        },
    }


def _link(
    relation: str, endpoint: str, media: str = "application/json", **values: object
) -> dict[str, str]:
    href = url_for(endpoint, _external=True, **{name: str(one) for name, one in values.items()})
    return {"rel": relation, "type": media, "href": href}


def _answer(content: Mapping[str, Any], media: str = "application/json") -> Response:
    said = json.dumps(content, ensure_ascii=False, allow_nan=False)
    answer = Response(said, content_type=media)
    answer.cache_control.no_cache = True
    answer.cache_control.private = True
    return answer


def _problem(status: int, language: Language, *faults: Fault) -> tuple[Response, int]:
    said = [{"key": one.key, "text": one.text(language)} for one in faults]
    return _answer({"code": str(status), "description": said[0]["text"], "faults": said}), status
