"""The days on which the last plan visits its outlets."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from gridmap.checking import read_layers
from gridmap.errors import InputError, fault
from gridmap.policies import PlanRequest, RoutingPolicy


def last_visit_days(path: Path, policy: RoutingPolicy) -> dict[str, tuple[int, ...]]:
    """Return the cycle days, from 0, of each outlet that a written plan visits, by its id.

    Parameters
    ----------
    path
        plan.gpkg of the last plan.
    policy
        Of the new plan; its cycle must have the same weeks and working days.

    Raises
    ------
    InputError
        If the file is no plan, or its cycle is another one.
    """
    layer = read_layers(path, ("plan", "routes", "stops"))
    before = _policy_of(path, layer["plan"])
    if (before.weeks, before.working_days) != (policy.weeks, policy.working_days):
        raise InputError(
            fault(
                "replan.other_cycle",
                path,
                weeks=before.weeks,
                days=len(before.working_days),
                now_weeks=policy.weeks,
                now_days=len(policy.working_days),
            )
        )
    routes = layer["routes"]
    place = {weekday: at for at, weekday in enumerate(policy.working_days)}
    day = (routes["week"] - 1) * len(place) + routes["weekday"].map(place)
    days = dict(zip(routes["route_id"], day.astype(int), strict=True))
    stops = layer["stops"].assign(day=layer["stops"]["route_id"].map(days))
    visits = stops.groupby("outlet_id")["day"]
    return {str(outlet): tuple(sorted(found.astype(int))) for outlet, found in visits}


def _policy_of(path: Path, rows: pd.DataFrame) -> RoutingPolicy:
    facts = dict(zip(rows["key"], rows["value"], strict=True))
    try:
        return PlanRequest.model_validate_json(facts["request"]).routing
    except (KeyError, ValueError) as error:
        raise InputError(fault("cli.facts_missing", path, missing="request")) from error
