"""The description of the API (OpenAPI 3.1), made of what the routes say of themselves."""

from __future__ import annotations

import re
from typing import Any, Final

import pydantic
from flask import current_app
from pydantic.json_schema import models_json_schema
from werkzeug.routing import Rule

from dashboards.api.contract import MAX_ID, Contract, contract_of
from dashboards.api.models import ProblemOut
from dashboards.secured import demand_of
from gridmap import __version__
from gridmap.catalogue import Language, text

_PLACE: Final = re.compile(r"<(?:(\w+):)?(\w+)>")
_REF: Final = "#/components/schemas/{model}"
#: What each route may answer instead of what it gives.
PROBLEMS: Final = {
    "400": "bad_request", "401": "sign_in", "403": "forbidden", "404": "not_there",
    "409": "conflict", "413": "too_large", "422": "not_usable", "429": "later",
    "503": "unavailable",
}  # fmt: skip


def describe(prefix: str, language: Language) -> dict[str, Any]:
    """Return the description of the routes of the running application under a prefix."""
    found = [
        (rule, agreed)
        for rule in current_app.url_map.iter_rules()
        if rule.rule.startswith(f"{prefix}/")
        and (agreed := contract_of(current_app.view_functions[rule.endpoint]))
    ]
    paths: dict[str, Any] = {}
    for rule, agreed in sorted(found, key=lambda one: one[0].rule):
        path = _PLACE.sub(r"{\2}", rule.rule.removeprefix(prefix))
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            paths.setdefault(path, {})[method.lower()] = _operation(rule, agreed, language)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "gridmap",
            "version": __version__,
            "description": text("api.rest", language),
        },
        "servers": [{"url": prefix}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": _schemas([agreed for _, agreed in found]),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(rule: Rule, agreed: Contract, language: Language) -> dict[str, Any]:
    name = rule.endpoint.rsplit(".", 1)[-1]
    demand = demand_of(current_app, rule.endpoint)
    said: dict[str, Any] = {
        "operationId": name,
        "summary": text(f"api.does.{name}", language),
        "description": text("api.demands", language, permission=demand),
        "parameters": [*_places(rule), *_parameters(agreed, language)],
        "responses": {
            str(agreed.status): {"description": "OK", "content": _content(agreed)},
            **{
                status: {
                    "description": text(f"api.answers.{key}", language),
                    "content": {"application/json": {"schema": _reference(ProblemOut)}},
                }
                for status, key in PROBLEMS.items()
            },
        },
    }
    if agreed.body is not None:
        schema = {"schema": _reference(agreed.body)}
        said["requestBody"] = {"content": {"application/json": schema}}
    if agreed.file:
        form = {
            "type": "object",
            "required": ["file"],
            "properties": {"file": {"type": "string", "contentMediaType": "text/csv"}},
        }
        said["requestBody"] = {
            "required": True,
            "content": {"multipart/form-data": {"schema": form}},
        }
    return said


def _content(agreed: Contract) -> dict[str, Any]:
    if agreed.gives is None:
        return {"*/*": {"schema": {}}}
    return {"application/json": {"schema": _reference(agreed.gives)}}


def _places(rule: Rule) -> list[dict[str, Any]]:
    number = {"type": "integer", "minimum": 0, "maximum": MAX_ID}
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": number if kind == "int" else {"type": "string", "minLength": 1},
        }
        for kind, name in _PLACE.findall(rule.rule)
    ]


def _parameters(agreed: Contract, language: Language) -> list[dict[str, Any]]:
    said: list[dict[str, Any]] = []
    if agreed.query is not None:
        schema = agreed.query.model_json_schema(ref_template=_REF)
        needed = schema.get("required", [])
        said = [
            {"name": name, "in": "query", "required": name in needed, "schema": one}
            for name, one in schema["properties"].items()
        ]
    if agreed.key:
        key = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[!-~]+$"}
        said.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "description": text("api.key", language),
                "schema": key,
            }
        )
    said.append(
        {
            "name": "lang",
            "in": "query",
            "required": False,
            "schema": {"type": "string", "enum": ["en", "zh"]},
        }
    )
    return said


def _models(agreed: list[Contract]) -> list[type[pydantic.BaseModel]]:
    used = {
        model for one in agreed for model in (one.gives, one.body, ProblemOut) if model is not None
    }
    return sorted(used, key=lambda one: one.__name__)


def _schemas(agreed: list[Contract]) -> dict[str, Any]:
    _, schemas = models_json_schema(
        [(model, "validation") for model in _models(agreed)], ref_template=_REF
    )
    found: dict[str, Any] = schemas["$defs"]
    for one in agreed:
        if one.query is not None:
            # parameters are listed one by one, and only what they refer to stands here
            found |= one.query.model_json_schema(ref_template=_REF).get("$defs", {})
    return found


def _reference(model: type[pydantic.BaseModel]) -> dict[str, str]:
    name = re.sub(r"[^a-zA-Z0-9.\-_]", "_", model.__name__)
    return {"$ref": _REF.format(model=name)}
