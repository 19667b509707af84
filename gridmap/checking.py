"""Check a written plan from its GeoPackage alone: the cells, then the routes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio

from gridmap.checks import CheckResult
from gridmap.errors import InputError, fault
from gridmap.partition.verify import verify_cells
from gridmap.policies import PlanRequest
from gridmap.routing.verify import verify_routes

_REQUIRED = ("request", "balances", "left_out")
_LAYERS = ("territory", "units", "cells", "outlets", "demand", "routes", "stops", "plan")


def check_plan(path: Path) -> list[CheckResult]:
    """Return the result of every hard rule for the plan in a GeoPackage.

    Raises
    ------
    InputError
        If the file is missing, cannot be read, or lacks layers.
    """
    layer = read_layers(path, _LAYERS)
    facts = _facts(path, layer["plan"])
    return [
        *verify_cells(
            layer["cells"],
            layer["territory"],
            layer["outlets"],
            layer["units"],
            layer["demand"],
            balances=facts.balances,
        ),
        *verify_routes(
            layer["outlets"],
            layer["routes"],
            layer["stops"],
            facts.request.routing,
            left_out=facts.left_out,
            lunch_begins_s=facts.lunch_begins_s,
            managers=facts.managers,
            home_s=facts.home_s,
            period_legs=facts.period_legs,
            replan=facts.replan,
        ),
    ]


def read_layers(path: Path, names: Sequence[str]) -> dict[str, gpd.GeoDataFrame]:
    """Return layers of a written plan by name.

    Raises
    ------
    InputError
        If the file is missing, cannot be read, or lacks some of them.
    """
    if not path.is_file():
        raise InputError(fault("cli.file_missing", path))
    try:
        there = {str(row[0]) for row in pyogrio.list_layers(path)}
    except pyogrio.errors.DataSourceError as error:
        raise InputError(fault("cli.not_a_plan", path)) from error
    missing = [name for name in names if name not in there]
    if missing:
        raise InputError(fault("cli.layers_missing", path, missing=", ".join(missing)))
    return {name: gpd.read_file(path, layer=name, engine="pyogrio") for name in names}


@dataclass(frozen=True, eq=False)
class _Facts:
    """What was asked, the balances, who was left out, and the times and manager of each route."""

    request: PlanRequest
    balances: list[Any]
    left_out: list[str]
    lunch_begins_s: dict[str, float]
    managers: dict[str, str]
    home_s: dict[str, float]
    period_legs: dict[str, Any]
    replan: dict[str, Any]


def _facts(path: Path, rows: pd.DataFrame) -> _Facts:
    """Return the facts in the layer `plan`; older plans have neither lunch nor managers."""
    spoilt = ", ".join(name for name in _REQUIRED if name not in set(rows.get("key", ())))
    try:
        facts = dict(zip(rows["key"], rows["value"], strict=True))
        return _Facts(
            request=PlanRequest.model_validate_json(facts["request"]),
            balances=json.loads(facts["balances"]),
            left_out=json.loads(facts["left_out"]),
            lunch_begins_s=json.loads(facts.get("lunch_begins_s", "{}")),
            managers=json.loads(facts.get("route_managers", "{}")),
            home_s=json.loads(facts.get("home_s", "{}")),
            period_legs=json.loads(facts.get("period_legs", "{}")),
            replan=json.loads(facts.get("replan", "{}")),
        )
    except (KeyError, ValueError) as error:  # pydantic's and JSON's errors are ValueErrors
        missing = spoilt or ", ".join(_REQUIRED)
        raise InputError(fault("cli.facts_missing", path, missing=missing)) from error
