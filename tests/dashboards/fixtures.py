"""A town of four cells whose figures can be checked by hand, and a store that holds it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import shapely

from dashboards.access import Plan
from dashboards.downloads import Exports
from gridmap import schemas
from gridmap.errors import StoreError, fault
from gridmap.partition.partition import Balance, Partition
from gridmap.policies import PartitionPolicy, PlanRequest, RoutingPolicy
from gridmap.scenario import Scenario
from gridmap.scoring.findings import BlindZone, DuplicatePair, Effect, Fix, recorded
from gridmap.store.repository import PlanRun, ScenarioSummary
from gridmap.store.scope import Scope
from gridmap.territory import Adjacency, Territory, Units

#: The town lies where Helsinki is, so that a real basemap can be put under it.
CRS = "EPSG:32635"
WEST, SOUTH, SIDE_M = 385_000.0, 6_671_600.0, 100.0
COLUMNS, ROWS = 12, 8
#: Per cell: south-west, south-east, north-west, north-east.
LOADS = (240.0, 250.0, 230.0, 280.0)
OWN_UNIT = (2 * COLUMNS + 2, 2 * COLUMNS + 9, 5 * COLUMNS + 2, 5 * COLUMNS + 9)
CELL_NAMES = ("Market", "Harbour", "Station", "Park")
#: What the report says of how the scores were made: places that each choice moves a cell.
MAKING = {
    key: {
        "cells": 4, "scored": 4, "doubles": [], "draws": 200, "shifts": shifts,
        "indicators": [{"metric": metric, "state": state} for metric, state in states.items()],
    }
    for key, shifts, states in (
        ("position", {"weights": 0.5, "sampling": 0.25}, {"outlet_share": "used"}),
        ("coverage", {"sampling": 1.5, "weights": 0.0}, {"active_outlet_rate": "absent"}),
    )
}  # fmt: skip
SERVICE_MIN = {"A": 25.0, "B": 18.0, "C": 12.0}


def make_plan(scenario_id: int = 1, *, name: str = "Test Town") -> Plan:
    """Return the town with its plan."""
    territory = _territory(name)
    return Plan(scenario_id, territory, _scenario(territory))


class MemoryStore:
    """A store without a database."""

    def __init__(self, *plans: Plan) -> None:
        self._plans = {plan.scenario_id: plan for plan in plans}
        self.loads: list[int] = []
        self.running: list[PlanRun] = []

    def ready(self) -> bool:
        """Nothing is in its way."""
        return True

    def which_plan(self, scenario_id: int) -> str:
        """No plan is made again."""
        return f"{scenario_id}"

    def runs(self, scope: Scope) -> list[PlanRun]:
        """The plans in the making within the scope."""
        return [run for run in self.running if scope.allows(run.name)]

    def scenarios(self, scope: Scope) -> list[ScenarioSummary]:
        """The scenarios within the scope, the newest first."""
        return [
            ScenarioSummary(
                scenario_id=plan.scenario_id,
                territory_name=plan.territory.name,
                created="2026-03-04T05:06:07+00:00",
                seed=plan.scenario.seed,
                n_cells=plan.scenario.partition.n_cells,
                language="en",
            )
            for plan in sorted(self._plans.values(), key=lambda plan: -plan.scenario_id)
            if scope.allows(plan.territory.name)
        ]

    def load(self, scope: Scope, scenario_id: int) -> tuple[Territory, Scenario]:
        """A scenario and its territory."""
        self.loads.append(scenario_id)
        if scenario_id not in self._plans:
            raise StoreError(fault("store.no_scenario", scenario_id))
        plan = self._plans[scenario_id]
        scope.demand(plan.territory.name)
        return plan.territory, plan.scenario


def plain_exports() -> Exports:
    """Exports that write what they were asked for."""
    return Exports(
        plan=lambda plan, path: path.write_text(f"plan {plan.scenario_id}"),
        scorecards=lambda plan, path, language: path.write_text(
            f"scorecards {plan.scenario_id} {language}"
        ),
        route_sheet=lambda plan, cell, kind, path, language: path.write_text(
            f"{kind} of cell {cell} of {plan.scenario_id} in {language}"
        ),
    )


def _territory(name: str) -> Territory:
    x, y = np.meshgrid(WEST + np.arange(COLUMNS) * SIDE_M, SOUTH + np.arange(ROWS) * SIDE_M)
    polygons = np.asarray(
        shapely.box(x.ravel(), y.ravel(), x.ravel() + SIDE_M, y.ravel() + SIDE_M), dtype=object
    )
    number = np.arange(COLUMNS * ROWS).reshape(ROWS, COLUMNS)
    first = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    second = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    none = np.zeros(len(first))
    units = Units(
        polygons=polygons,
        part=np.zeros(len(polygons), dtype=np.int64),
        water=np.zeros(len(polygons), dtype=bool),
        adjacency=Adjacency(
            first=first,
            second=second,
            shared_m=np.full(len(first), SIDE_M),
            river_m=none,
            rail_m=none,
            motorway_m=none,
            admin_m=none,
            crossings=np.zeros(len(first), dtype=np.int64),
        ),
        grid_m=0.01,
    )
    outlets = _outlets(units)
    unit = np.arange(len(units), dtype=np.int64)
    demand = pd.DataFrame(
        {
            "demand_id": [f"d{one}" for one in unit],
            "weight": np.array(LOADS)[_label()] / 24.0,
            "x": units.inner_xy[:, 0],
            "y": units.inner_xy[:, 1],
            "unit": unit,
        }
    )
    return Territory(
        name=name,
        crs=CRS,
        boundary=shapely.box(WEST, SOUTH, WEST + COLUMNS * SIDE_M, SOUTH + ROWS * SIDE_M),
        units=units,
        outlets=outlets,
        demand=schemas.DEMAND.validate(demand),
        networks={},
        invented=("grade",),
    )


def _label() -> np.ndarray:
    column, row = np.arange(COLUMNS * ROWS) % COLUMNS, np.arange(COLUMNS * ROWS) // COLUMNS
    return ((column >= COLUMNS // 2) + 2 * (row >= ROWS // 2)).astype(np.int64)


def _outlets(units: Units) -> pd.DataFrame:
    """One own outlet a cell, seven visited partners each, and two rivals in all but the last."""
    rng = np.random.default_rng(5)
    rows = []
    label = _label()
    for cell, own in enumerate(OWN_UNIT):
        rows.append((f"own-{cell}", f"{CELL_NAMES[cell]} shop", "own", "Ours", "shop", "", own))
        others = rng.permutation(np.flatnonzero((label == cell) & (np.arange(96) != own)))
        for place, unit in enumerate(others[:7]):
            grade = "ABCBCAC"[place]
            name = f"Kiosk {cell + 1}{place + 1}" if place else "Café “Ä” <b>杂货</b>"
            rows.append((f"p-{cell}-{place}", name, "partner", "Partner", "kiosk", grade, unit))
        if cell < 3:
            for place, unit in enumerate(others[7:9]):
                rows.append((f"r-{cell}-{place}", "Rival", "rival", "Telco", "shop", "", unit))
    unit = np.array([row[6] for row in rows], dtype=np.int64)
    xy = units.inner_xy[unit] + rng.uniform(-30, 30, (len(rows), 2)).round(2)
    table = pd.DataFrame(
        [row[:6] for row in rows],
        columns=["outlet_id", "name", "ownership", "operator", "kind", "grade"],
    ).assign(
        grade_source=["invented" if row[5] else "" for row in rows],
        visited=[row[2] == "partner" for row in rows],
        potential=1.0,
        x=xy[:, 0],
        y=xy[:, 1],
        unit=unit,
        snap_distance_m=5.0,
    )
    return schemas.OUTLETS.validate(table)


def _scenario(territory: Territory) -> Scenario:
    routing = RoutingPolicy(weeks=2)
    routes, stops, lines = _routes(territory)
    load = np.array(LOADS)
    cells = pd.DataFrame(
        {
            "cell_id": np.array([1, 2, 3, 4]),
            "code": ["G01", "G02", "G03", "G04"],
            "name": list(CELL_NAMES),
            "centre_outlet_id": [f"own-{cell}" for cell in range(4)],
            "manager": ["Li Wei", "", "", ""],
            "area_m2": np.full(4, 240_000.0),
            "compactness": np.full(4, 0.754),
            "routes": [int((routes["cell_id"] == cell).sum()) for cell in (1, 2, 3, 4)],
            "visit_minutes_per_day": [64.0, 71.5, 58.25, np.nan],
            "position_score": [72.0, 41.0, 55.0, np.nan],
            "coverage_score": [64.0, 38.0, 81.0, 47.0],
            "quadrant": ["leader", "challenger", "contested", "unknown"],
            "demand": load,
            "visit_minutes": np.full(4, 232.0),
        }
    )
    return Scenario(
        territory_hash=territory.content_hash,
        request=PlanRequest(
            partition=PartitionPolicy(workloads=("demand", "visit_minutes")), routing=routing
        ),
        seed=3,
        partition=Partition(
            centre=np.flatnonzero(territory.outlets["ownership"] == "own"),
            label=_label(),
            balances=(
                Balance("demand", load, tolerance=0.05, attainable=0.06),
                Balance("visit_minutes", np.full(4, 232.0)),
            ),
            travel_cost=1234.5,
        ),
        cells=cells,
        routes=schemas.ROUTES.validate(routes),
        stops=schemas.STOPS.validate(stops),
        scores=schemas.SCORES.validate(_scores()),
        route_lines=lines,
        notices=(fault("planning.cell_without_visits", "G04"),),
        report={
            "timings_s": {"partition": 1.25, "routing": 2.0},
            "score_making": MAKING,
            "blind_zones": recorded(_zones()),
            "duplicates": recorded([_pair(territory)]),
        },
    )


def _routes(territory: Territory) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    """Two days a week in each cell but the last: Monday four stops, Thursday three."""
    outlets = territory.outlets
    routes, stops, lines = [], [], []
    for cell in range(3):
        mine = outlets[outlets["outlet_id"].str.startswith(f"p-{cell}-")]
        for week in (1, 2):
            for order, (weekday, chosen) in enumerate(((1, mine.iloc[:4]), (4, mine.iloc[4:]))):
                number = f"G0{cell + 1}-{2 * (week - 1) + order + 1}"
                xy = chosen[["x", "y"]].to_numpy()
                corners = [xy[0]]
                for before, after in pairwise(xy):
                    corners += [np.array([after[0], before[1]]), after]
                line = shapely.LineString(corners)
                service = [SERVICE_MIN[grade] * 60.0 for grade in chosen["grade"]]
                arrival_s, clock = [], 8.5 * 3600.0
                for one in service:
                    clock += 300.0
                    arrival_s.append(clock)
                    clock += one
                stops += [
                    (number, place + 1, outlet, arrival_s[place], service[place])
                    for place, outlet in enumerate(chosen["outlet_id"])
                ]
                travel = 300.0 * len(service)
                routes.append(
                    (
                        number,
                        number,
                        cell + 1,
                        week,
                        weekday,
                        len(service),
                        travel,
                        sum(service),
                        line.length,
                    )
                )
                lines.append(line)
    names = [
        "route_id",
        "number",
        "cell_id",
        "week",
        "weekday",
        "stops",
        "travel_s",
        "service_s",
        "distance_m",
    ]
    return (
        pd.DataFrame(routes, columns=names),
        pd.DataFrame(stops, columns=["route_id", "seq", "outlet_id", "arrival_s", "service_s"]),
        np.array(lines, dtype=object),
    )


def _zones() -> list[BlindZone]:
    """Two blind zones of the first cell, the first with a fix, and none elsewhere."""
    effect = Effect(0.7, 0.9, 0.3, 0.1, 0.35, np.nan, 0.1, 0.1, 48.0)
    x, y = WEST + 150.0, SOUTH + 150.0
    fix = Fix("open", x=x, y=y, effect=effect)
    nearest = ("own-0", 12.5, "own-0", 12.5, "", np.inf, 0.25)
    shapes = (shapely.box(x - 40, y - 40, x + 40, y + 40), shapely.box(x, y + 200, x + 20, y + 220))
    about = ((1, 48.0, 5, 0.2, fix), (2, 24.0, 2, 0.1, None))
    return [
        BlindZone(number, 1, "walk", 10.0, demand, points, share, x, y, *nearest, shape, one)
        for (number, demand, points, share, one), shape in zip(about, shapes, strict=True)
    ]


def _pair(territory: Territory) -> DuplicatePair:
    """The own outlets of the first two cells; the second may close."""
    own = territory.outlets[territory.outlets["ownership"] == "own"]
    xy = own[["x", "y"]].to_numpy()[:2]
    effect = Effect(0.8, 0.8, 0.2, 0.2, 0.4, 0.39, 0.1, 0.05, 0.0)
    fix = Fix("close", "own-1", x=float(xy[1, 0]), y=float(xy[1, 1]), effect=effect)
    shape = shapely.LineString(xy)
    return DuplicatePair(
        1, "own-0", "own-1", 1, 2, "walk", 10.0, 200.0, 180.0, 120.0, 2 / 3, shape, fix
    )


def _scores() -> pd.DataFrame:
    rows = []

    def add(cell: int, metric: str, value: float, note: str = "", **more: float) -> None:
        rows.append({"cell_id": cell, "metric": metric, "value": value, "note": note, **more})

    for cell, (position, coverage) in enumerate(
        ((72.0, 64.0), (41.0, 38.0), (55.0, 81.0), (np.nan, 47.0)), start=1
    ):
        note = "too_little_data" if np.isnan(position) else ""
        known = {"p05": position - 6, "p95": position + 5, "rank_low": 4 - cell, "rank_high": 4}
        add(cell, "position_score", position, note, **(known if not note else {}))
        add(cell, "position_data_coverage", 0.8 if not note else 0.4)
        band = {"p05": coverage - 3, "p95": coverage + 4, "rank_low": cell, "rank_high": cell}
        add(cell, "coverage_score", coverage, **band)
        add(cell, "coverage_data_coverage", 1.0)
        add(cell, "hhi", 4200.0 + 100 * cell)
        add(cell, "expected_share", 0.3 + 0.05 * cell)
        for step, minutes in enumerate((5, 10, 15)):
            reach = 0.25 * (step + 1) + 0.02 * cell
            for key, value in {
                "coverage_own": reach,
                "coverage_partner": min(1.0, reach + 0.15),
                "coverage_ours": min(1.0, reach + 0.2),
                "coverage_rival": reach - 0.1,
                "blind_share": 1.0 - min(1.0, reach + 0.2),
                "duplicate_share": 0.05 * (step + 1),
                "contested": reach - 0.12,
            }.items():
                add(cell, f"{key}_walk_{minutes}", value)
    return pd.DataFrame(rows).assign(n=24).reindex(columns=list(schemas.SCORES.columns))
