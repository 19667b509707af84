"""report.json: how a plan came about and how good it is."""

from __future__ import annotations

import importlib.metadata
import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gridmap import __version__
from gridmap.catalogue import Language, text
from gridmap.checks import CheckResult
from gridmap.errors import Fault
from gridmap.routing.regularity import regularity
from gridmap.routing.verify import day_balance
from gridmap.scenario import Scenario
from gridmap.scoring.advice import advice_table
from gridmap.scoring.findings import found_pairs, found_zones, sought
from gridmap.scoring.making import MAKING
from gridmap.territory import Territory

#: Distributions whose versions can change a plan.
_VERSIONED = ("numpy", "scipy", "numba", "shapely", "pandas", "osmium", "pyproj")

#: The only part of report.json that differs between two runs with the same seed.
TIMINGS = "timings_s"


def build_report(
    territory: Territory, scenario: Scenario, checks: Sequence[CheckResult]
) -> dict[str, Any]:
    """Return the report of a plan as plain JSON values.

    Everything but `TIMINGS` is the same for the same input, seed and versions.
    """
    partition, language = scenario.partition, scenario.request.language
    return {
        "name": territory.name,
        "seed": scenario.seed,
        "versions": _versions(),
        "inputs_sha256": dict(sorted(territory.sources.items())),
        "territory_sha256": territory.content_hash,
        "crs": territory.crs,
        "attribution": territory.attribution,
        "invented": list(territory.invented),
        "request": scenario.request.model_dump(mode="json"),
        "counts": {
            "units": len(territory.units),
            "cells": partition.n_cells,
            "outlets": len(territory.outlets),
            "demand_points": len(territory.demand),
            "routes": len(scenario.routes),
            "stops": len(scenario.stops),
        },
        "workloads": {
            balance.workload: {
                "target": balance.target,
                "min": float(balance.load.min()),
                "max": float(balance.load.max()),
                "worst_deviation": balance.worst_deviation,
                "tolerance": balance.tolerance,
                "within_tolerance": balance.kept,
                "proven_least_deviation": balance.attainable,
            }
            for balance in partition.balances
        },
        "travel_cost": partition.travel_cost,
        "lower_bound": partition.lower_bound,
        "gap": partition.gap,
        "unattainable": _texts(partition.notices, language),
        "partition": dict(partition.details),
        "day_balance": day_balance(scenario.routes, scenario.request.routing).to_dict("records"),
        "regularity": regularity(scenario.routes, scenario.stops),
        "left_out_visits": list(scenario.report.get("left_out_visits", [])),
        "lunch_begins_s": dict(scenario.report.get("lunch_begins_s", {})),
        "home_s": dict(scenario.report.get("home_s", {})),
        "route_managers": dict(scenario.report.get("route_managers", {})),
        "continuity": dict(scenario.report.get("continuity", {})),
        "replan": dict(scenario.report.get("replan", {})),
        "changes": list(scenario.report.get("changes", [])),
        "advice": advice_table(scenario.scores, scenario.request.scoring, language).to_dict(
            "records"
        ),
        "blind_zones": list(scenario.report.get("blind_zones", [])),
        "duplicates": list(scenario.report.get("duplicates", [])),
        MAKING: dict(scenario.report.get(MAKING, {})),
        "fixes_sought": {
            "blind_zones": asdict(sought(found_zones(scenario.report))),
            "duplicates": asdict(sought(found_pairs(scenario.report))),
        },
        "excluded": _excluded(territory, language),
        "territory_notices": _texts(territory.notices, language),
        "notices": _texts(scenario.notices, language),
        "checks": {check.name: check.ok for check in checks},
        "check_faults": [
            one for check in checks for one in _texts(check.faults, language) if not check.ok
        ],
        TIMINGS: dict(scenario.report.get(TIMINGS, {})),
    }


def write_report(report: Mapping[str, Any], path: Path) -> Path:
    """Write a report as JSON with sorted keys; the file appears whole or not at all."""
    draft = path.with_name(f".{path.name}.part")
    content = json.dumps(report, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    draft.write_text(content + "\n", encoding="utf-8")
    draft.replace(path)
    return path


def _versions() -> dict[str, str]:
    versions = {"gridmap": __version__, "python": platform.python_version()}
    for name in _VERSIONED:
        versions[name] = importlib.metadata.version(name)
    return versions


def _excluded(territory: Territory, language: Language) -> list[dict[str, Any]]:
    """Return each row of the input that was left out, with its reason in words."""
    return [
        {
            "file": row["file"],
            "row": int(row["row"]),
            "id": row["id"],
            "reason": text(row["reason"], language, found=row["found"]),
        }
        for row in territory.excluded.to_dict("records")
    ]


def _texts(faults: Sequence[Fault], language: Language) -> list[str]:
    return [one.text(language) for one in faults]
