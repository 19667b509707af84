"""The routes of all cells of a plan: what there is to visit, searched, numbered, drawn, compared.

Cells that keep their routes are joined with those whose routes are planned anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap import schemas
from gridmap.bases import Bases
from gridmap.errors import Fault, fault, some_ids
from gridmap.given_cells import KeptRoutes
from gridmap.jobs.executor import Executor
from gridmap.last_plan import LastPlan, relocated
from gridmap.partition.partition import Partition
from gridmap.planned_cells import NamedCells, bordering_cells
from gridmap.policies import PlanRequest
from gridmap.progress import Progress, Report, Stop
from gridmap.routing.calendar import Calendar
from gridmap.routing.cells import plan_cells
from gridmap.routing.changes import Change, News, Visits, list_changes
from gridmap.routing.continuity import compare_days
from gridmap.routing.kept_searches import KeptSearches
from gridmap.routing.period_ways import cell_ways, written_legs
from gridmap.routing.plan import CellRoutes
from gridmap.routing.problem import CellVisits
from gridmap.routing.refusal import refuse_left_out, refuse_overload
from gridmap.routing.routes import home_times, lunch_begins, number_routes, route_managers
from gridmap.territory import Territory
from gridmap.travel.engine import Snapped, TravelEngine

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Routing:
    """Routes of all cells."""

    routes: pd.DataFrame
    stops: pd.DataFrame
    lines: NDArray[np.object_]
    notices: tuple[Fault, ...]
    left_out: list[str]
    lunch_begins_s: dict[str, float]
    home_s: dict[str, float]
    period_legs: dict[str, Any]
    managers: dict[str, str]
    continuity: dict[str, Any]
    changes: tuple[Change, ...]
    new: frozenset[str]


@dataclass(frozen=True, eq=False)
class _Visited:
    """What each cell has to visit: rows of the outlets, per cell; ids of the centres."""

    rows: list[Ints]
    centre_ids: list[str]
    any_at_all: bool


def _visited(territory: Territory, partition: Partition) -> _Visited:
    outlets = territory.outlets
    outlet_cell = partition.label[outlets["unit"].to_numpy()]
    visited = outlets["visited"].to_numpy(bool)
    return _Visited(
        rows=[np.flatnonzero(visited & (outlet_cell == cell)) for cell in range(partition.n_cells)],
        centre_ids=outlets["outlet_id"].iloc[partition.centre].astype(str).tolist(),
        any_at_all=bool(visited.any()),
    )


def plan_routes(
    territory: Territory,
    partition: Partition,
    request: PlanRequest,
    shaped: NamedCells,
    *,
    engine: TravelEngine,
    bases: Bases,
    seed: int,
    stop: Stop | None,
    report: Report,
    best_effort: bool,
    last: LastPlan | None,
    kept: KeptSearches | None,
    executor: Executor | None,
    kept_routes: Mapping[int, KeptRoutes],
) -> Routing:
    """Plan the routes of every cell that does not keep its own; see `make_plan`.

    `kept_routes` are those of the cells, by number, that keep theirs.

    Raises
    ------
    InfeasibleError
        If some visits do not fit and it is no best effort, with the cures of every such cell.
    """
    visited = _visited(territory, partition)
    numbers, codes = shaped.ids.tolist(), shaped.codes
    fresh = [cell for cell, number in enumerate(numbers) if number not in kept_routes]
    cells, places = _problems(
        territory,
        partition,
        request,
        numbers=numbers,
        visited=visited,
        fresh=fresh,
        engine=engine,
        bases=bases,
        last=last,
    )
    if not best_effort:
        neighbours = bordering_cells(territory, partition, shaped.ids)
        refuse_overload(
            cells,
            request.routing,
            neighbours={one: beside - set(kept_routes) for one, beside in neighbours.items()},
        )
    report(Progress("routing", 0.0, codes[0]))
    code_of = dict(zip(numbers, codes, strict=True))

    def on_done(count: int, cell: CellVisits) -> None:
        report(Progress("routing", count / len(fresh), code_of[cell.cell_id]))

    planned = list(
        plan_cells(
            cells,
            request.routing,
            seed=seed,
            stop=stop,
            executor=executor,
            kept=kept,
            on_done=on_done,
        )
    )
    if not best_effort:
        refuse_left_out(planned)
    cycles = dict(kept_routes) | {
        done.cell.cell_id: _cycle(done, request, engine, at)
        for done, at in zip(planned, places, strict=True)
    }
    idle = [
        fault("planning.cell_without_visits", code)
        for code, rows in zip(codes, visited.rows, strict=True)
        if not len(rows) and visited.any_at_all
    ]
    ordered = [cycles[number] for number in numbers]
    return _together(ordered, territory, request, planned=planned, idle=idle, last=last)


def _problems(
    territory: Territory,
    partition: Partition,
    request: PlanRequest,
    *,
    numbers: list[int],
    visited: _Visited,
    fresh: list[int],
    engine: TravelEngine,
    bases: Bases,
    last: LastPlan | None,
) -> tuple[list[CellVisits], list[Snapped]]:
    """Return what there is to visit in each fresh cell, and the places on the streets for it."""
    outlets = territory.outlets
    crew_bases = [
        bases.of_cell(request.routing, visited.centre_ids[cell], len(visited.rows[cell]))
        for cell in fresh
    ]
    places = [
        bases.snapped.take(
            np.concatenate([partition.centre[cell : cell + 1], visited.rows[cell], rows])
        )
        for cell, (rows, _) in zip(fresh, crew_bases, strict=True)
    ]
    # All at once: together they may be worth a preparation that none of them is worth alone.
    ways = cell_ways(territory, request.routing, engine, places)
    cells = []
    for cell, (_, ends), (ways_s, periods) in zip(fresh, crew_bases, ways, strict=True):
        seen, centre_id = outlets.iloc[visited.rows[cell]], visited.centre_ids[cell]
        crew = request.routing.crew(centre_id)
        cells.append(
            CellVisits(
                cell_id=numbers[cell],
                outlet_ids=tuple(seen["outlet_id"]),
                grades=tuple(seen["grade"]),
                travel_s=ways_s,
                periods=periods,
                kinds=tuple(seen["kind"]),
                centre_id=centre_id,
                bases=ends,
                last=None if last is None else last.of_cell(centre_id, crew),
            )
        )
    return cells, places


def _together(
    cycles: list[KeptRoutes],
    territory: Territory,
    request: PlanRequest,
    *,
    planned: list[CellRoutes],
    idle: list[Fault],
    last: LastPlan | None,
) -> Routing:
    """Return the cycles of all cells as one; `planned` are those planned anew."""
    told, continuity = _continuity(planned, last)
    routes = schemas.ROUTES.validate(pd.concat([one.routes for one in cycles], ignore_index=True))
    stops = schemas.STOPS.validate(pd.concat([one.stops for one in cycles], ignore_index=True))
    return Routing(
        routes=routes,
        stops=stops,
        changes=_changes(territory, request, last, routes, stops),
        lines=_objects([line for one in cycles for line in one.lines]),
        new=frozenset(
            outlet
            for one in (done.cell for done in planned)
            if one.last is not None
            for outlet in one.outlet_ids
            if outlet not in one.last.days
        ),
        notices=(*idle, *(one for each in cycles for one in each.notices), *told),
        continuity=continuity,
        left_out=[one for each in cycles for one in each.left_out],
        lunch_begins_s=_joined(one.by_route["lunch_begins_s"] for one in cycles),
        home_s=_joined(one.by_route["home_s"] for one in cycles),
        period_legs=_period_legs(cycles),
        managers=_joined(one.by_route["route_managers"] for one in cycles),
    )


def _cycle(
    done: CellRoutes, request: PlanRequest, engine: TravelEngine, places: Snapped
) -> KeptRoutes:
    """Return what a search found as tables and lines."""
    routes, stops = number_routes(done, request.routing)
    drawn = [drawn_way(engine, places, done.way(tour)) for tour in done.tours]
    legs = written_legs([done])
    return KeptRoutes(
        routes=routes.assign(distance_m=[metres for _, metres in drawn]),
        stops=stops,
        lines=_objects([line for line, _ in drawn]),
        left_out=done.left_out,
        notices=done.notices,
        by_route={
            "lunch_begins_s": lunch_begins(done, request.routing),
            "home_s": home_times(done, request.routing),
            "route_managers": route_managers(done, request.routing),
        },
        legs_s=legs.get("legs_s", {}),
        begins_s=legs.get("begins_s", ()),
    )


def _joined(values: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {number: value for one in values for number, value in one.items()}


def _period_legs(cycles: Sequence[KeptRoutes]) -> dict[str, Any]:
    """Return what a plan's file says on ways by part of the day; see `written_legs`."""
    begins_s = next((list(one.begins_s) for one in cycles if one.begins_s), None)
    if begins_s is None:
        return {}
    return {"begins_s": begins_s, "legs_s": _joined(one.legs_s for one in cycles)}


def _continuity(
    planned: list[CellRoutes], last: LastPlan | None
) -> tuple[tuple[Fault, ...], dict[str, Any]]:
    """Return what to tell about the last plan's days, and the figures for the report."""
    if last is None:
        return (), {}
    new = {outlet: days for done in planned for outlet, days in done.visit_days.items()}
    found = compare_days(last.days, new)
    told = fault(
        "replan.continuity",
        visits=found.visits,
        kept=found.kept,
        moved=some_ids(found.moved) or "-",
        added=len(found.added),
        dropped=len(found.dropped),
    )
    return (told,), {**asdict(found), "kept_share": found.kept_share}


def _changes(
    territory: Territory,
    request: PlanRequest,
    last: LastPlan | None,
    routes: pd.DataFrame,
    stops: pd.DataFrame,
) -> tuple[Change, ...]:
    """Return what is not as in the last plan, visit by visit, with its reason."""
    if last is None:
        return ()
    calendar = Calendar(request.routing)
    place = {weekday: at for at, weekday in enumerate(request.routing.working_days)}
    day_of = {
        number: (week - 1) * len(place) + place[weekday]
        for number, week, weekday in zip(
            routes["route_id"], routes["week"], routes["weekday"], strict=True
        )
    }
    new: dict[str, dict[int, str]] = {}
    for number, outlet in zip(stops["route_id"], stops["outlet_id"], strict=True):
        new.setdefault(str(outlet), {})[day_of[number]] = str(number)
    old: dict[str, dict[int, str]] = {}
    leave: set[str] = set()
    for number, one in last.routes.items():
        for outlet in one.outlets:
            old.setdefault(outlet, {})[one.day] = number
        crew = request.routing.crew(last.centres[one.cell_id])
        names = [each.name for each in crew]
        at = names.index(one.manager_name) if one.manager_name in names else one.manager
        if at < len(crew) and any(one.day in calendar.days_of(day) for day in crew[at].leave):
            leave.add(number)
    visited = territory.outlets["visited"].to_numpy(bool)
    news = News(
        from_day=last.from_day,
        missed=last.missed,
        relocated=relocated(last, territory),
        known=frozenset(territory.outlets["outlet_id"].astype(str)[visited]),
        leave=leave,
    )
    before: Visits = old
    return list_changes(before, new, news)


def told_change(change: Change, request: PlanRequest) -> dict[str, str]:
    """Return a change with its days as people write them; empty where there is none."""
    calendar = Calendar(request.routing)
    days = {
        key: "" if day is None else calendar.named(frozenset({day}))
        for key, day in (("old_day", change.old_day), ("new_day", change.new_day))
    }
    return {**asdict(change), **days}


def replan_facts(last: LastPlan | None, routing: Routing) -> dict[str, Any]:
    """Return what a checker needs to know of a cycle that is under way."""
    if last is None or not last.from_day:
        return {}
    return {
        "from_day": last.from_day,
        "missed": {outlet: list(days) for outlet, days in sorted(last.missed.items())},
        "new": sorted(routing.new),
    }


def _objects(values: list[shapely.LineString]) -> NDArray[np.object_]:
    """Return an object array of the values, also of none."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def drawn_way(
    engine: TravelEngine, places: Snapped, way: tuple[int, ...]
) -> tuple[shapely.LineString, float]:
    """Return the street geometry and the metres of a day from its start to its end."""
    path = engine.route(places.take(np.array(way)))
    xy = np.concatenate(path.leg_xy)
    keep = np.ones(len(xy), dtype=bool)
    keep[1:] = (xy[1:] != xy[:-1]).any(axis=1)
    xy = xy[keep] if keep.sum() > 1 else xy[:2]
    return shapely.LineString(xy), float(path.leg_m.sum())
