"""A plan as it stands in its GeoPackage, cell by cell and day by day, for files made of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.checking import read_layers
from gridmap.errors import InputError, fault
from gridmap.export.sheet_book import lunch_and_finish
from gridmap.policies import PlanRequest, RoutingPolicy

Floats = NDArray[np.float64]

LAYERS = ("territory", "cells", "outlets", "routes", "stops", "plan")


@dataclass(frozen=True)
class PlannedStop:
    """One visit: where, when (seconds after midnight) and how long; degrees are WGS-84."""

    seq: int
    outlet_id: str
    name: str
    grade: str
    arrival_s: float
    service_s: float
    lon: float
    lat: float


@dataclass(frozen=True, eq=False)
class PlannedDay:
    """One route.

    Attributes
    ----------
    number
        Route number.
    week, weekday
        Day of the cycle; weekday 1 = Monday.
    stops
        In order.
    start_s, finish_s
        Seconds after midnight of leaving and of coming back.
    travel_s, service_s, distance_m
        Of the whole day.
    way
        Longitude and latitude along the streets, from start to end. Shape (n, 2).
    start
        Where the day starts: a name, longitude and latitude (WGS-84).
    manager
        Who goes, where the plan names the managers of its routes; else empty.
    """

    number: str
    week: int
    weekday: int
    stops: tuple[PlannedStop, ...]
    start_s: float
    finish_s: float
    travel_s: float
    service_s: float
    distance_m: float
    way: Floats
    start: tuple[str, float, float]
    manager: str = ""


@dataclass(frozen=True, eq=False)
class PlannedCell:
    """One cell with the days of its cycle in order, and its centre (degrees, WGS-84)."""

    code: str
    name: str
    manager: str
    centre: str
    lon: float
    lat: float
    days: tuple[PlannedDay, ...]

    @property
    def managers(self) -> tuple[str, ...]:
        """Names of all who go the routes of the cell, each once, sorted."""
        named = {name for day in self.days if (name := day.manager or self.manager)}
        return tuple(sorted(named))

    def on_day(self, week: int, weekday: int) -> tuple[PlannedDay, ...]:
        """Return the routes of a day of the cycle: one for each manager who works."""
        return tuple(day for day in self.days if (day.week, day.weekday) == (week, weekday))


@dataclass(frozen=True, eq=False)
class PlanFile:
    """What a plan's GeoPackage says; the layers are in the plan's reference system.

    `home_s` is when the manager is back from each route, and `managers` who that is, by the
    number of the route; older plans lack them. `directions` are those of
    `route_directions.directions_table`, None if the plan was made without.
    """

    territory: str
    request: PlanRequest
    attribution: str
    invented: tuple[str, ...]
    cells: gpd.GeoDataFrame
    outlets: gpd.GeoDataFrame
    routes: gpd.GeoDataFrame
    stops: gpd.GeoDataFrame
    home_s: Mapping[str, float] = field(default_factory=dict)
    managers: Mapping[str, str] = field(default_factory=dict)
    directions: pd.DataFrame | None = None

    @property
    def policy(self) -> RoutingPolicy:
        """How the outlets are visited."""
        return self.request.routing

    def planned_cells(self) -> list[PlannedCell]:
        """Return the cells in the order of their layer."""
        outlet = self.outlets.to_crs("EPSG:4326").set_index("outlet_id")
        ways = self.routes.geometry.to_crs("EPSG:4326")
        stops_of = dict(iter(self.stops.sort_values(["route_id", "seq"]).groupby("route_id")))
        centres = self.cells.set_index("cell_id")["centre_outlet_id"]
        days: dict[int, list[PlannedDay]] = {}
        for route, way in zip(self.routes.drop(columns="geometry").itertuples(), ways, strict=True):
            mine = stops_of[route.route_id]
            columns = (mine["seq"], mine["outlet_id"], mine["arrival_s"], mine["service_min"])
            visits = tuple(
                _stop(outlet, int(seq), str(one), float(at), float(minutes) * 60.0)
                for seq, one, at, minutes in zip(*columns, strict=True)
            )
            _, finish_s = lunch_and_finish(
                mine["arrival_s"].to_numpy(np.float64),
                mine["service_min"].to_numpy(np.float64) * 60.0,
                float(route.travel_s),
                self.policy.day,
            )
            days.setdefault(int(route.cell_id), []).append(
                PlannedDay(
                    number=str(route.number), week=int(route.week), weekday=int(route.weekday),
                    stops=visits, start_s=self.policy.day.start_s,
                    finish_s=self.home_s.get(str(route.number), finish_s),
                    travel_s=float(route.travel_s), service_s=float(route.service_s),
                    distance_m=float(route.distance_m), way=shapely.get_coordinates(way),
                    start=self._start(outlet, str(centres[route.cell_id]), str(route.number)),
                    manager=self.managers.get(str(route.number), ""),
                )
            )  # fmt: skip
        found = []
        for cell in self.cells.itertuples():
            centre = outlet.loc[cell.centre_outlet_id]
            mine_days = sorted(days.get(int(cell.cell_id), []), key=lambda d: (d.week, d.weekday))
            found.append(
                PlannedCell(
                    code=str(cell.code), name=str(cell.name),
                    manager="" if pd.isna(cell.manager) else str(cell.manager),
                    centre=str(centre["name"]) or str(cell.centre_outlet_id),
                    lon=float(centre.geometry.x), lat=float(centre.geometry.y),
                    days=tuple(mine_days),
                )
            )  # fmt: skip
        return found

    def _start(
        self, outlet: gpd.GeoDataFrame, centre: str, number: str
    ) -> tuple[str, float, float]:
        place, _ = self.policy.day_ends(centre, self.managers.get(number, ""))
        if isinstance(place, str):
            row = outlet.loc[place]
            return str(row["name"]) or place, float(row.geometry.x), float(row.geometry.y)
        lon, lat = place
        return f"{lat:.5f}, {lon:.5f}", lon, lat


def _stop(
    outlet: gpd.GeoDataFrame, seq: int, outlet_id: str, arrival_s: float, service_s: float
) -> PlannedStop:
    row = outlet.loc[outlet_id]
    name = "" if pd.isna(row["name"]) else str(row["name"]).strip()
    return PlannedStop(
        seq=seq, outlet_id=outlet_id, name=name or outlet_id, grade=str(row["grade"]),
        arrival_s=arrival_s, service_s=service_s,
        lon=float(row.geometry.x), lat=float(row.geometry.y),
    )  # fmt: skip


def read_plan(path: Path) -> PlanFile:
    """Return a plan from its GeoPackage.

    Parameters
    ----------
    path
        plan.gpkg, or the folder it lies in.

    Raises
    ------
    InputError
        If it is missing, or not a plan that gridmap wrote.
    """
    path = path / "plan.gpkg" if path.is_dir() else path
    layer = read_layers(path, LAYERS)
    facts = dict(zip(layer["plan"]["key"], layer["plan"]["value"], strict=True))
    try:
        request = PlanRequest.model_validate_json(facts["request"])
    except (KeyError, ValueError) as error:
        raise InputError(fault("cli.facts_missing", path, missing="request")) from error
    invented = str(facts.get("invented") or "")
    return PlanFile(
        territory=str(layer["territory"]["name"].iloc[0]),
        request=request,
        attribution=str(facts.get("attribution") or ""),
        invented=tuple(one for one in invented.split(", ") if one),
        cells=layer["cells"],
        outlets=layer["outlets"].assign(name=layer["outlets"]["name"].fillna("")),
        routes=layer["routes"],
        stops=layer["stops"],
        home_s=json.loads(facts.get("home_s") or "{}"),
        managers=json.loads(facts.get("route_managers") or "{}"),
        directions=read_layers(path, ("directions",))["directions"] if request.directions else None,
    )


def day_of(start: date, week: int, weekday: int) -> date:
    """Return the date of a day of a cycle that starts on a Monday.

    Examples
    --------
    >>> day_of(date(2026, 3, 2), 2, 5)
    datetime.date(2026, 3, 13)
    """
    return start + timedelta(weeks=week - 1, days=weekday - 1)


def require_monday(start: date) -> date:
    """Return the first day of a cycle.

    Raises
    ------
    InputError
        If it is no Monday: the week of a route would be in doubt.
    """
    if start.weekday() != 0:
        monday = start - timedelta(days=start.weekday())
        raise InputError(fault("feeds.no_monday", start.isoformat(), monday=monday.isoformat()))
    return start
