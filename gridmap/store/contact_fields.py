"""Names, homes and days off of grid managers, which not everybody may see."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd
import shapely

from gridmap.policies import DayPlace, Manager, RoutingPolicy
from gridmap.scenario import Scenario
from gridmap.territory import Territory

#: Stands where a name would.
MASK: Final = "***"
#: Entries of a report in which names of managers and their days off may stand.
_NAMING: Final = ("changes", "replan")


def has_contacts(scenario: Scenario) -> bool:
    """Return whether the plan names grid managers or knows where their days begin."""
    named = scenario.cells["manager"].astype(str).str.len().gt(0).any()
    return bool(scenario.request.routing.managers) or bool(named)


def without_contacts(territory: Territory, scenario: Scenario) -> Scenario:
    """Return the plan without names, homes and days off of grid managers.

    A route that begins or ends at a home is drawn straight from stop to stop, as its way along
    the streets would lead there.
    """
    if not has_contacts(scenario):
        return scenario
    routing = scenario.request.routing
    mask = {one.name: f"{MASK} {number}" for number, one in enumerate(routing.managers, 1)}
    managers = tuple(_masked(one, mask[one.name]) for one in routing.managers)
    names = scenario.report.get("route_managers", {})
    report = {name: one for name, one in scenario.report.items() if name not in _NAMING}
    report["route_managers"] = {number: mask.get(name, MASK) for number, name in names.items()}
    manager = scenario.cells["manager"].astype(str)
    return replace(
        scenario,
        request=scenario.request.model_copy(
            update={"routing": routing.model_copy(update={"managers": managers})}
        ),
        cells=scenario.cells.assign(manager=manager.where(manager.str.len() == 0, MASK)),
        route_lines=_lines_without_homes(territory, scenario, names),
        report=report,
    )


def _masked(manager: Manager, mask: str) -> Manager:
    return manager.model_copy(
        update={
            "name": mask,
            "leave": (),
            "skills": (),
            "start": _without_home(manager.start),
            "end": _without_home(manager.end),
        }
    )


def _without_home(place: DayPlace) -> DayPlace:
    return place if isinstance(place, str) else ""


def _lines_without_homes(
    territory: Territory, scenario: Scenario, names: dict[str, str]
) -> np.ndarray:
    routing = scenario.request.routing
    if not any(_is_home(one.start) or _is_home(one.end) for one in routing.managers):
        return scenario.route_lines
    centre = dict(zip(scenario.cells["cell_id"], scenario.cells["centre_outlet_id"], strict=True))
    place = territory.outlets.set_index("outlet_id")[["x", "y"]]
    lines = scenario.route_lines.copy()
    for row, route in enumerate(scenario.routes.to_dict("records")):
        if _from_home(routing, str(centre[route["cell_id"]]), names.get(str(route["number"]), "")):
            lines[row] = _straight(scenario.stops, str(route["route_id"]), place)
    return lines


def _from_home(routing: RoutingPolicy, centre: str, manager: str) -> bool:
    return any(_is_home(one) for one in routing.day_ends(centre, manager))


def _is_home(place: DayPlace) -> bool:
    return not isinstance(place, str)


def _straight(stops: pd.DataFrame, route_id: str, place: pd.DataFrame) -> shapely.LineString:
    mine = stops[stops["route_id"] == route_id].sort_values("seq")
    xy = place.loc[mine["outlet_id"]].to_numpy(np.float64)
    return shapely.LineString(xy) if len(xy) > 1 else shapely.LineString()
