"""A plan in, small plain values out: what the pages and figures show."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely

from dashboards.access import Plan
from dashboards.geojson import Bounds, bounds, colours, stops_of
from dashboards.state import Selection
from gridmap.errors import Fault
from gridmap.scoring.making import MAKING
from gridmap.scoring.metrics import Named, named
from gridmap.scoring.robustness import FACTORS

#: Sets of outlets whose coverage is shown, in their order.
COVERAGE_SETS = ("own", "partner", "rival")


@dataclass(frozen=True)
class Balance:
    """Load of each cell against the mean."""

    workload: str
    cell_ids: tuple[int, ...]
    codes: tuple[str, ...]
    loads: tuple[float, ...]
    colours: tuple[str, ...]
    target: float
    tolerance: float | None
    attainable: float

    @property
    def deviations(self) -> tuple[float, ...]:
        """Relative deviation of each cell from the mean."""
        if self.target == 0.0:
            return tuple(0.0 for _ in self.loads)
        return tuple(load / self.target - 1.0 for load in self.loads)

    @property
    def outside(self) -> tuple[str, ...]:
        """Codes of the cells outside the tolerance."""
        if self.tolerance is None:
            return ()
        limit = self.tolerance + 1e-12
        pairs = zip(self.codes, self.deviations, strict=True)
        return tuple(code for code, deviation in pairs if abs(deviation) > limit)


@dataclass(frozen=True)
class Measure:
    """One metric of one cell; a missing value is None and `note` says why."""

    metric: str
    value: float | None
    p05: float | None
    p95: float | None
    rank_low: int | None
    rank_high: int | None
    numerator: float | None
    denominator: float | None
    n: int
    note: str

    @property
    def named(self) -> Named | None:
        """What the metric is, or None if this version of gridmap does not know it."""
        try:
            return named(self.metric)
        except KeyError:
            return None


@dataclass(frozen=True)
class CellPoint:
    """A cell in the quadrant chart."""

    cell_id: int
    code: str
    position: float
    coverage: float
    quadrant: str
    load: float


@dataclass(frozen=True)
class Standing:
    """A score of a cell with its band and the band of its rank; None = missing."""

    value: float | None
    p05: float | None
    p95: float | None
    rank_low: int | None
    rank_high: int | None


@dataclass(frozen=True)
class LeagueRow:
    """A cell in the league table."""

    cell_id: int
    code: str
    position: Standing
    coverage: Standing


@dataclass(frozen=True)
class Moves:
    """What moves the ranks of a score.

    Attributes
    ----------
    score
        ``position`` or ``coverage``.
    shifts
        Choice and mean change of rank in places, in the order of the choices.
    left_out
        Metrics that were planned for the score and do not count.
    """

    score: str
    shifts: tuple[tuple[str, float], ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class Threshold:
    """Coverage at one threshold, as shares of the demand."""

    mode: str
    minutes: float
    shares: dict[str, float | None]


@dataclass(frozen=True)
class RouteLoad:
    """A route of a day; `manager` is who goes it, where the plan says so."""

    number: str
    manager: str
    stops: int
    travel_s: float
    service_s: float
    distance_m: float

    @property
    def busy_s(self) -> float:
        """Travel and service together."""
        return self.travel_s + self.service_s


@dataclass(frozen=True)
class DayLoad:
    """A day of the cycle with one route for each manager who works; without any it is empty."""

    week: int
    weekday: int
    routes: tuple[RouteLoad, ...] = ()

    @property
    def number(self) -> str:
        """Numbers of the routes."""
        return ", ".join(one.number for one in self.routes)

    @property
    def stops(self) -> int:
        """Visits of all routes."""
        return sum(one.stops for one in self.routes)

    @property
    def longest_s(self) -> float:
        """Travel and service of the longest route: each is one manager's day."""
        return max((one.busy_s for one in self.routes), default=0.0)


@dataclass(frozen=True)
class Stop:
    """A stop of a day."""

    route: str
    seq: int
    outlet_id: str
    name: str
    ownership: str
    operator: str
    kind: str
    grade: str
    invented: bool
    arrival_s: float
    service_s: float


def settle(plan: Plan, chosen: Selection) -> Selection:
    """Return the selection with what does not exist in the plan taken out."""
    cell = chosen.cell if chosen.cell in plan.cell_ids else None
    routing = plan.scenario.request.routing
    day = chosen.week is not None and chosen.weekday is not None
    if day and not (
        1 <= (chosen.week or 0) <= routing.weeks and chosen.weekday in routing.working_days
    ):
        day = False
    return Selection(
        page=chosen.page,
        language=chosen.language,
        scenario=plan.scenario_id,
        cell=cell,
        week=chosen.week if day else None,
        weekday=chosen.weekday if day else None,
        shade=chosen.shade,
    )


def cell_row(plan: Plan, cell_id: int) -> int:
    """Return the row of a cell."""
    return int(np.flatnonzero(plan.scenario.cells["cell_id"].to_numpy() == cell_id)[0])


def cell_names(plan: Plan) -> list[tuple[int, str]]:
    """Return number and readable name of each cell."""
    table = plan.scenario.cells
    return [
        (int(number), f"{code} · {name}" if name and name != code else str(code))
        for number, code, name in zip(table["cell_id"], table["code"], table["name"], strict=True)
    ]


def balances(plan: Plan) -> list[Balance]:
    """Return the balance of each workload, the one held to the tolerance first."""
    return plan.once("balances", lambda: _balances(plan))


def _balances(plan: Plan) -> list[Balance]:
    table, tints = plan.scenario.cells, colours(plan)
    return [
        Balance(
            workload=one.workload,
            cell_ids=tuple(int(cell) for cell in table["cell_id"]),
            codes=tuple(str(code) for code in table["code"]),
            loads=tuple(float(load) for load in one.load),
            colours=tints,
            target=one.target,
            tolerance=one.tolerance,
            attainable=one.attainable,
        )
        for one in plan.scenario.partition.balances
    ]


def cell_table(plan: Plan) -> list[dict[str, object]]:
    """Return one row a cell with plain values; a missing one is None."""
    return plan.once("cell_table", lambda: _cell_table(plan))


def _cell_table(plan: Plan) -> list[dict[str, object]]:
    deviation = balances(plan)[0].deviations
    own = pd.Series(plan.cell_of_outlet[plan.territory.outlets["visited"].to_numpy(bool)])
    visited = own.value_counts()
    return [
        {
            "id": str(row["cell_id"]),
            "code": row["code"],
            "name": row["name"],
            "manager": row["manager"],
            "deviation": deviation[position],
            "area_km2": row["area_m2"] / 1e6,
            "outlets": int(visited.get(position, 0)),
            "routes": int(row["routes"]),
            "day_min": _number(row["visit_minutes_per_day"]),
            "position": _number(row["position_score"]),
            "coverage": _number(row["coverage_score"]),
            "quadrant": row["quadrant"],
            **{one.workload: float(one.load[position]) for one in plan.scenario.partition.balances},
        }
        for position, (_, row) in enumerate(plan.scenario.cells.iterrows())
    ]


def measures(plan: Plan, cell_id: int) -> dict[str, Measure]:
    """Return the metrics of a cell by their names."""
    table = plan.scenario.scores
    mine = table[table["cell_id"].to_numpy() == cell_id]
    return {
        str(row.metric): Measure(
            metric=str(row.metric),
            value=_number(row.value),
            p05=_number(row.p05),
            p95=_number(row.p95),
            rank_low=_rank(row.rank_low),
            rank_high=_rank(row.rank_high),
            numerator=_number(row.numerator),
            denominator=_number(row.denominator),
            n=int(row.n),
            note=str(row.note),
        )
        for row in mine.itertuples(index=False)
    }


def thresholds(found: dict[str, Measure]) -> list[Threshold]:
    """Return coverage, blind, duplicate and contested shares by threshold, the shortest first."""
    shares: dict[tuple[str, float], dict[str, float | None]] = {}
    for one in found.values():
        known = one.named
        if known is not None and known.minutes is not None:
            shares.setdefault((known.mode, known.minutes), {})[known.metric.key] = one.value
    return [Threshold(mode, minutes, shares[mode, minutes]) for mode, minutes in sorted(shares)]


def cell_points(plan: Plan) -> list[CellPoint]:
    """Return the cells that have both scores."""
    return plan.once("cell_points", lambda: _cell_points(plan))


def _cell_points(plan: Plan) -> list[CellPoint]:
    load = plan.scenario.partition.balances[0].load
    rows = zip(plan.scenario.cells.to_dict("records"), load, strict=True)
    return [
        CellPoint(
            int(row["cell_id"]),
            str(row["code"]),
            float(row["position_score"]),
            float(row["coverage_score"]),
            str(row["quadrant"]),
            float(weight),
        )
        for row, weight in rows
        if not (pd.isna(row["position_score"]) or pd.isna(row["coverage_score"]))
    ]


def league(plan: Plan) -> list[LeagueRow]:
    """Return all cells in the order of their position score, those without it last."""
    return plan.once("league", lambda: _league(plan))


def _league(plan: Plan) -> list[LeagueRow]:
    scores, table = plan.scenario.scores, plan.scenario.cells
    standings: dict[tuple[str, int], Standing] = {}
    for metric in ("position_score", "coverage_score"):
        for row in scores[scores["metric"] == metric].to_dict("records"):
            standings[metric, int(row["cell_id"])] = Standing(
                _number(row["value"]),
                _number(row["p05"]),
                _number(row["p95"]),
                _rank(row["rank_low"]),
                _rank(row["rank_high"]),
            )
    missing = Standing(None, None, None, None, None)
    rows = [
        LeagueRow(
            int(number),
            str(code),
            standings.get(("position_score", int(number)), missing),
            standings.get(("coverage_score", int(number)), missing),
        )
        for number, code in zip(table["cell_id"], table["code"], strict=True)
    ]
    return sorted(
        rows,
        key=lambda row: (row.position.value is None, -(row.position.value or 0.0), row.code),
    )


def moves(plan: Plan) -> list[Moves]:
    """Return what moves the ranks of each score that has any; a plan of old knows of none."""
    found = []
    for key, record in plan.scenario.report.get(MAKING, {}).items():
        shifts = record["shifts"]
        if shifts:
            left_out = [one["metric"] for one in record["indicators"] if one["state"] != "used"]
            ordered = tuple((one, float(shifts[one])) for one in FACTORS if one in shifts)
            found.append(Moves(key, ordered, tuple(left_out)))
    return found


def cell_outlets(plan: Plan, cell_id: int) -> list[dict[str, object]]:
    """Return the outlets of a cell: own first, then by grade and name."""
    table = plan.territory.outlets[plan.cell_of_outlet == cell_row(plan, cell_id)]
    policy = plan.scenario.request.routing.grade_policy
    order = {"own": 0, "partner": 1, "rival": 2, "other": 3}
    rows: list[dict[str, object]] = [
        {
            "id": row["outlet_id"],
            "name": row["name"],
            "ownership": row["ownership"],
            "operator": row["operator"],
            "kind": row["kind"],
            "grade": row["grade"],
            "invented": row["grade_source"] in ("invented", "quantile"),
            "visits": policy[row["grade"]].visits
            if row["visited"] and row["grade"] in policy
            else 0,
        }
        for row in table.to_dict("records")
    ]
    return sorted(
        rows,
        key=lambda row: (
            order[str(row["ownership"])],
            str(row["grade"]) or "~",
            str(row["name"]),
            str(row["id"]),
        ),
    )


def calendar(plan: Plan, cell_id: int) -> list[list[DayLoad]]:
    """Return the cycle of a cell: one list a week, one entry a working day."""
    table = plan.scenario.routes
    mine = table[table["cell_id"].to_numpy() == cell_id]
    managers = plan.scenario.report.get("route_managers", {})
    routes: dict[tuple[int, int], list[RouteLoad]] = {}
    for row in mine.itertuples(index=False):
        routes.setdefault((int(row.week), int(row.weekday)), []).append(
            RouteLoad(
                number=str(row.number),
                manager=str(managers.get(str(row.number), "")),
                stops=int(row.stops),
                travel_s=float(row.travel_s),
                service_s=float(row.service_s),
                distance_m=float(row.distance_m),
            )
        )
    routing = plan.scenario.request.routing
    return [
        [DayLoad(week, day, tuple(routes.get((week, day), ()))) for day in routing.working_days]
        for week in range(1, routing.weeks + 1)
    ]


def first_day(plan: Plan, cell_id: int) -> DayLoad | None:
    """Return the first day of the cycle that has stops."""

    def first() -> DayLoad | None:
        days = (day for week in calendar(plan, cell_id) for day in week if day.stops)
        return next(days, None)

    return plan.once(("first_day", cell_id), first)


def day_stops(plan: Plan, cell_id: int, week: int, weekday: int) -> list[Stop]:
    """Return the stops of a day, route by route, in the order of the visits."""
    table = plan.scenario.routes
    chosen = table[
        (table["cell_id"] == cell_id) & (table["week"] == week) & (table["weekday"] == weekday)
    ]
    return [stop_of(row) for row in stops_of(plan, chosen).to_dict("records")]


def stop_of(row: Mapping[Any, Any]) -> Stop:
    """Return a row of `stops_of` as a stop."""
    return Stop(
        route=str(row["route_id"]),
        seq=int(row["seq"]),
        outlet_id=str(row["outlet_id"]),
        name=str(row["name"]),
        ownership=str(row["ownership"]),
        operator=str(row["operator"]),
        kind=str(row["kind"]),
        grade=str(row["grade"]),
        invented=row["grade_source"] in ("invented", "quantile"),
        arrival_s=float(row["arrival_s"]),
        service_s=float(row["service_s"]),
    )


def territory_bounds(plan: Plan) -> Bounds:
    """Return the territory's bounds in degrees."""
    return bounds(np.array([plan.territory.boundary], dtype=object), plan.territory.crs)


def day_bounds(plan: Plan, cell_id: int, week: int | None, weekday: int | None) -> Bounds:
    """Return the bounds of a day's route, or those of the cell if it has none."""
    table = plan.scenario.routes
    chosen = (table["cell_id"] == cell_id) & (table["week"] == week) & (table["weekday"] == weekday)
    lines = plan.scenario.route_lines[chosen.to_numpy()]
    if len(lines) and not shapely.is_empty(lines).all():
        return bounds(lines, plan.territory.crs)
    return cell_bounds(plan, cell_id)


def cell_bounds(plan: Plan, cell_id: int) -> Bounds:
    """Return the bounds of a cell."""
    return bounds(plan.cell_polygons[[cell_row(plan, cell_id)]], plan.territory.crs)


def notices(plan: Plan) -> list[Fault]:
    """Return what the planner should know of the plan, each remark once."""
    every = (*plan.scenario.notices, *plan.scenario.partition.notices)
    seen: dict[tuple[str, str, str], Fault] = {}
    for one in every:
        seen.setdefault((one.key, one.where, str(sorted(one.values.items()))), one)
    return list(seen.values())


def overloaded(plan: Plan) -> list[str]:
    """Return the codes of the cells in which a day is longer than the policy allows."""
    limit_s = plan.scenario.request.routing.day.max_minutes * 60.0
    table = plan.scenario.routes
    over = table[table["travel_s"] + table["service_s"] > limit_s + 1.0]
    cells = set(over["cell_id"])
    rows = plan.scenario.cells
    return [str(code) for code in rows["code"][rows["cell_id"].isin(cells)]]


def timings(plan: Plan) -> list[tuple[str, float]]:
    """Return the seconds that each stage of the planning took."""
    found = plan.scenario.report.get("timings_s", {})
    return [(str(stage), float(seconds)) for stage, seconds in found.items()]


def _number(value: float) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def _rank(value: float) -> int | None:
    return None if value is None or not math.isfinite(value) else round(value)
