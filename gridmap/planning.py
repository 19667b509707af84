"""Make a plan: the composition of partition, routing and scoring.

One whole immutable input, one whole immutable result; nothing in between reads a file, a setting
or the date.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap import schemas
from gridmap.bases import Bases, bases_of
from gridmap.errors import Fault, InputError, fault, some_ids
from gridmap.given_cells import GivenCells, KeptRoutes
from gridmap.jobs.executor import Executor
from gridmap.last_plan import LastPlan, kept_cells, relocated
from gridmap.partition.access import measure_access, snap_to_access
from gridmap.partition.cells import cell_polygons, compactness
from gridmap.partition.codes import cell_names, check_divisions, gb15_codes, sequence_codes
from gridmap.partition.draw import draw_cells, keep_cells
from gridmap.partition.partition import Partition
from gridmap.policies import PlanRequest
from gridmap.progress import Progress, Report, Stop, silent
from gridmap.routing.calendar import Calendar
from gridmap.routing.cells import plan_cells
from gridmap.routing.changes import Change, News, Visits, list_changes
from gridmap.routing.continuity import compare_days
from gridmap.routing.kept_searches import KeptSearches
from gridmap.routing.period_ways import cell_ways, written_legs
from gridmap.routing.plan import CellRoutes
from gridmap.routing.portfolio import compile_loops
from gridmap.routing.problem import CellVisits
from gridmap.routing.refusal import refuse_left_out, refuse_overload
from gridmap.routing.routes import home_times, lunch_begins, number_routes, route_managers
from gridmap.scenario import Scenario
from gridmap.scoring.assessment import Assessment, Cells, assess
from gridmap.scoring.calibrate import HuffFit
from gridmap.scoring.findings import recorded
from gridmap.scoring.fitting import fit_huff, fit_notice
from gridmap.scoring.indicators import scoring_faults
from gridmap.scoring.making import MAKING
from gridmap.scoring.point_rates import point_rates
from gridmap.scoring.scorecard import ScoringSettings, cell_summary
from gridmap.territory import Polygons, Territory
from gridmap.travel.engine import Snapped, TravelEngine
from gridmap.travel.engines import open_engine
from gridmap.travel.network import StreetNetwork

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def make_plan(
    territory: Territory,
    request: PlanRequest,
    *,
    seed: int = 0,
    stop: Stop | None = None,
    report: Report = silent,
    best_effort: bool = False,
    last: LastPlan | None = None,
    kept: KeptSearches | None = None,
    cells: Partition | GivenCells | None = None,
    executor: Executor | None = None,
) -> Scenario:
    """Cut the territory into cells, plan the visits of each, and score them.

    Parameters
    ----------
    territory
        What is planned.
    request
        What is asked.
    seed
        Seed of every random choice; the same seed gives the same plan.
    stop
        Ends the searches early; None = after the iterations of the request.
    report
        Takes the progress.
    best_effort
        Where not all visits fit, leave out the least and name them, instead of refusing.
    last
        The last plan; its visits stay on their days where that costs little travel. Of a cycle
        that is under way, its cells and what is done stay as they are.
    kept
        Where the search of each cell is kept when it is over, so that a run that is ended can go
        on from there.
    cells
        Cells of this territory that stay as they are: only the visits are planned, and of given
        cells only those that do not keep their routes.
    executor
        Where the visits of each cell are planned; None = in threads of this process.

    Returns
    -------
    Scenario
        The finished plan.

    Raises
    ------
    InputError
        If the request does not fit the territory, with all faults at once.
    InfeasibleError
        If some visits do not fit, with the numbers and the cures of every such cell.
    """
    unusable = scoring_faults(request.scoring)
    if unusable:
        raise InputError(*unusable)
    stages = Stages(report)
    with stages.running("travel"):
        network = _network(territory, request.routing.mode)
        engine = open_engine(network)
        old_cells = _kept_cells(territory, last, cells)
        centre = centre_rows(territory, request) if old_cells is None else old_cells[0]
        divisions = divisions_of_centres(territory, request, centre)
        bases = bases_of(territory, request.routing, engine)
        centre_xy = territory.outlets[["x", "y"]].to_numpy(np.float64)[centre]
        access = measure_access(
            territory.units,
            territory.demand,
            engine,
            centre_xy,
            snap=snap_to_access(network),
        )
    with stages.running("partition"):
        loads = unit_workloads(territory, request)
        partition = (
            draw_cells(
                territory,
                request.partition,
                centre=centre,
                travel_s=access.travel_s,
                workloads=loads,
                seed=seed,
                stop=stop,
                report=stages.within("partition"),
            )
            if old_cells is None
            else keep_cells(
                territory,
                request.partition,
                centre=centre,
                travel_s=access.travel_s,
                workloads=loads,
                label=old_cells[1],
            )
        )
    polygons = cell_polygons(territory.units, partition.label, partition.n_cells)
    shaped = _named_cells(territory, partition, polygons, divisions, cells)
    with stages.running("engine"):
        compile_loops()
    with stages.running("routing"):
        routing = _plan_routes(
            territory,
            partition,
            request,
            shaped,
            engine=engine,
            bases=bases,
            seed=seed,
            stop=stop,
            report=stages.within("routing"),
            best_effort=best_effort,
            last=last,
            kept=kept,
            executor=executor,
            kept_routes=cells.routes if isinstance(cells, GivenCells) else {},
        )
    with stages.running("scoring"):
        fit = calibrated(territory, request)
        visited = Cells(partition.label, polygons, routing.stops, shaped.ids)
        assessed = assess_plan(territory, request, visited, seed=seed, fit=fit)
        scores = assessed.scores
    with stages.running("findings"):
        zones, pairs = assessed.findings
        making = assessed.making
    table = _cells_table(
        territory, partition, request, shaped=shaped, routing=routing, scores=scores
    )
    return Scenario(
        territory_hash=territory.content_hash,
        request=request,
        seed=seed,
        partition=partition,
        cells=table,
        routes=routing.routes,
        stops=routing.stops,
        scores=scores,
        route_lines=routing.lines,
        notices=(
            *access.notices,
            *partition.notices,
            *routing.notices,
            *([] if fit is None else [fit_notice(fit)]),
        ),
        report={
            "timings_s": stages.timings_s,
            "left_out_visits": routing.left_out,
            "lunch_begins_s": routing.lunch_begins_s,
            "home_s": routing.home_s,
            **({"period_legs": routing.period_legs} if routing.period_legs else {}),
            "route_managers": routing.managers,
            "continuity": routing.continuity,
            "changes": [_told_change(one, request) for one in routing.changes],
            "replan": _replan_facts(last, routing),
            "blind_zones": recorded(zones),
            "duplicates": recorded(pairs),
            MAKING: making,
            **({} if fit is None else {"huff": fit.report()}),
        },
        point_rates=point_rates(
            assessed.fields.rates, territory.demand["weight"].to_numpy(np.float64), request.scoring
        ),
    )


def _kept_cells(
    territory: Territory, last: LastPlan | None, cells: Partition | GivenCells | None
) -> tuple[Ints, Ints] | None:
    """Return centres and labels of the cells that are not drawn anew, if they are not."""
    if cells is not None:
        return cells.centre, cells.label
    return kept_cells(last, territory) if last is not None and last.from_day else None


class Stages:
    """Times each stage of a plan and tells of its progress."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self.timings_s: dict[str, float] = {}

    @contextmanager
    def running(self, stage: str) -> Iterator[None]:
        """Time what runs inside, and report its start and its end."""
        key = f"planning.stage.{stage}"
        self._report(Progress(key, 0.0))
        start = time.perf_counter()
        yield
        self.timings_s[stage] = round(time.perf_counter() - start, 3)
        self._report(Progress(key, 1.0))

    def within(self, stage: str) -> Report:
        """Return a report that tells the steps of `stage` under its name."""

        def tell(progress: Progress) -> None:
            self._report(Progress(f"planning.stage.{stage}", progress.fraction, progress.detail))

        return tell


def centre_rows(territory: Territory, request: PlanRequest) -> Ints:
    """Return the rows of the cells' centre outlets, numbered west → east, then north → south.

    Raises
    ------
    InputError
        If a centre is unknown, or is no own outlet, or there is none at all.
    """
    outlets = territory.outlets
    own = outlets["ownership"].to_numpy() == "own"
    if request.partition.centres == "own":
        rows = np.flatnonzero(own)
    else:
        asked = list(request.partition.centres)
        rows = pd.Index(outlets["outlet_id"]).get_indexer(pd.Index(asked))
        faults = []
        unknown = [name for name, row in zip(asked, rows, strict=True) if row < 0]
        if unknown:
            faults.append(fault("planning.unknown_centres", some_ids(unknown)))
        foreign = [name for name, row in zip(asked, rows, strict=True) if row >= 0 and not own[row]]
        if foreign:
            faults.append(fault("planning.centres_not_own", some_ids(foreign)))
        if faults:
            raise InputError(*faults)
    if len(rows) == 0:
        raise InputError(fault("planning.no_centre", territory.name))
    x, y = outlets["x"].to_numpy()[rows], outlets["y"].to_numpy()[rows]
    return np.asarray(rows[np.lexsort((-y, x))], dtype=np.int64)


def divisions_of_centres(territory: Territory, request: PlanRequest, centre: Ints) -> list[str]:
    """Return the administrative division of each centre, or nothing where none are given.

    `centre` are rows of the outlets. Shape (n_cells,).

    Raises
    ------
    InputError
        If a centre has no division, or one that is no code.
    """
    given = request.partition.divisions
    if not given:
        return []
    ids = territory.outlets["outlet_id"].iloc[centre].astype(str).tolist()
    lacking = [one for one in ids if one not in given]
    if lacking:
        raise InputError(fault("cellcode.no_division_given", centres=some_ids(lacking)))
    found = [given[one] for one in ids]
    check_divisions(found)
    return found


def unit_workloads(territory: Territory, request: PlanRequest) -> dict[str, Floats]:
    """Return the workloads that are asked for, per unit.

    ``demand`` is Σ weight of the demand points of a unit; ``visit_minutes`` is Σ visits per cycle
    · service minutes of its visited outlets. Each array has shape (n_units,).
    """
    n_units = len(territory.units)
    demand, outlets = territory.demand, territory.outlets
    grades = request.routing.grade_policy
    minutes = np.array(
        [
            grades[grade].visits * grades[grade].minutes if visited and grade in grades else 0.0
            for grade, visited in zip(outlets["grade"], outlets["visited"], strict=True)
        ]
    )
    columns = {
        "demand": (demand["unit"].to_numpy(), demand["weight"].to_numpy()),
        "visit_minutes": (outlets["unit"].to_numpy(), minutes),
    }
    return {
        name: np.bincount(columns[name][0], columns[name][1], n_units).astype(np.float64)
        for name in request.partition.workloads
    }


def _network(territory: Territory, mode: str) -> StreetNetwork:
    if mode not in territory.networks:
        raise InputError(
            fault("planning.no_network", mode, known=", ".join(sorted(territory.networks)))
        )
    return territory.networks[mode]


@dataclass(frozen=True, eq=False)
class _Cells:
    """Shape, number and names of all cells."""

    polygons: Polygons
    ids: Ints
    codes: Sequence[str]
    names: Sequence[str]
    managers: Sequence[str]


def _named_cells(
    territory: Territory,
    partition: Partition,
    polygons: Polygons,
    divisions: list[str],
    given: Partition | GivenCells | None,
) -> _Cells:
    if isinstance(given, GivenCells):
        return _Cells(polygons, given.ids, given.codes, given.names, given.managers)
    codes = gb15_codes(divisions, polygons) if divisions else sequence_codes(len(polygons))
    names = cell_names(territory.outlets["name"].iloc[partition.centre].tolist(), codes)
    return _Cells(polygons, np.arange(1, len(codes) + 1), codes, names, [""] * len(codes))


@dataclass(frozen=True, eq=False)
class _Routing:
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


def _plan_routes(
    territory: Territory,
    partition: Partition,
    request: PlanRequest,
    shaped: _Cells,
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
) -> _Routing:
    outlets = territory.outlets
    outlet_cell = partition.label[outlets["unit"].to_numpy()]
    visited = outlets["visited"].to_numpy(bool)
    planned: list[CellRoutes] = []
    cycles: dict[int, KeptRoutes] = dict(kept_routes)
    numbers, codes = shaped.ids.tolist(), shaped.codes
    to_visit = [
        np.flatnonzero(visited & (outlet_cell == cell)) for cell in range(partition.n_cells)
    ]
    fresh = [cell for cell, number in enumerate(numbers) if number not in kept_routes]
    centre_ids = outlets["outlet_id"].iloc[partition.centre].astype(str).tolist()
    crew_bases = {
        cell: bases.of_cell(request.routing, centre_ids[cell], len(to_visit[cell]))
        for cell in fresh
    }
    stations = {
        cell: bases.snapped.take(
            np.concatenate([partition.centre[cell : cell + 1], to_visit[cell], crew_bases[cell][0]])
        )
        for cell in fresh
    }
    # All at once: together they may be worth a preparation that none of them is worth alone.
    ways = cell_ways(territory, request.routing, engine, list(stations.values()))
    cells = [
        CellVisits(
            cell_id=numbers[cell],
            outlet_ids=tuple(outlets["outlet_id"].iloc[to_visit[cell]]),
            grades=tuple(outlets["grade"].iloc[to_visit[cell]]),
            travel_s=ways_s,
            periods=periods,
            kinds=tuple(outlets["kind"].iloc[to_visit[cell]]),
            centre_id=centre_ids[cell],
            bases=crew_bases[cell][1],
            last=None
            if last is None
            else last.of_cell(centre_ids[cell], request.routing.crew(centre_ids[cell])),
        )
        for cell, (ways_s, periods) in zip(fresh, ways, strict=True)
    ]
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

    searches = plan_cells(
        cells, request.routing, seed=seed, stop=stop, executor=executor, kept=kept, on_done=on_done
    )
    for done, places in zip(searches, stations.values(), strict=True):
        cycles[done.cell.cell_id] = _cycle(done, request, engine, places)
        planned.append(done)
    if not best_effort:
        refuse_left_out(planned)
    idle = [
        fault("planning.cell_without_visits", code)
        for code, rows in zip(codes, to_visit, strict=True)
        if not len(rows) and visited.any()
    ]
    told, continuity = _continuity(planned, last)
    ordered = [cycles[number] for number in numbers]
    all_routes = schemas.ROUTES.validate(
        pd.concat([one.routes for one in ordered], ignore_index=True)
    )
    all_stops = schemas.STOPS.validate(pd.concat([one.stops for one in ordered], ignore_index=True))
    return _Routing(
        routes=all_routes,
        stops=all_stops,
        changes=_changes(territory, request, last, all_routes, all_stops),
        lines=_objects([line for one in ordered for line in one.lines]),
        new=frozenset(
            outlet
            for one in cells
            if one.last is not None
            for outlet in one.outlet_ids
            if outlet not in one.last.days
        ),
        notices=(*idle, *(one for each in ordered for one in each.notices), *told),
        continuity=continuity,
        left_out=[one for each in ordered for one in each.left_out],
        lunch_begins_s=_joined(one.by_route["lunch_begins_s"] for one in ordered),
        home_s=_joined(one.by_route["home_s"] for one in ordered),
        period_legs=_period_legs(ordered),
        managers=_joined(one.by_route["route_managers"] for one in ordered),
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


def _told_change(change: Change, request: PlanRequest) -> dict[str, str]:
    """Return a change with its days as people write them; empty where there is none."""
    calendar = Calendar(request.routing)
    days = {
        key: "" if day is None else calendar.named(frozenset({day}))
        for key, day in (("old_day", change.old_day), ("new_day", change.new_day))
    }
    return {**asdict(change), **days}


def _replan_facts(last: LastPlan | None, routing: _Routing) -> dict[str, Any]:
    """Return what a checker needs to know of a cycle that is under way."""
    if last is None or not last.from_day:
        return {}
    return {
        "from_day": last.from_day,
        "missed": {outlet: list(days) for outlet, days in sorted(last.missed.items())},
        "new": sorted(routing.new),
    }


def bordering_cells(
    territory: Territory, partition: Partition, ids: Ints | None = None
) -> dict[int, set[int]]:
    """Return the numbers, by default from 1, of the cells that each cell borders or is bridged to.

    `ids` are the numbers. Shape (n_cells,).
    """
    adjacency = territory.units.adjacency
    numbers = np.arange(1, partition.n_cells + 1) if ids is None else ids
    first = numbers[partition.label[adjacency.first]]
    second = numbers[partition.label[adjacency.second]]
    beside: dict[int, set[int]] = {}
    for one, other in zip(first.tolist(), second.tolist(), strict=True):
        if one != other:
            beside.setdefault(one, set()).add(other)
            beside.setdefault(other, set()).add(one)
    return beside


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


def calibrated(territory: Territory, request: PlanRequest) -> HuffFit | None:
    """Return the Huff model fitted to the market figures, if the request asks for it."""
    if request.scoring.huff == "fixed":
        return None
    engine = open_engine(_network(territory, next(iter(request.scoring.modes))))
    return fit_huff(territory, request.scoring, engine)


def assess_plan(
    territory: Territory,
    request: PlanRequest,
    cells: Cells,
    *,
    seed: int,
    fit: HuffFit | None = None,
) -> Assessment:
    """Return the assessment of a plan's cells: scores, blind zones, duplicates and what-ifs.

    Raises
    ------
    InputError
        If the territory has no streets for a means of travel of the scoring.
    """
    modes = request.scoring.modes
    settings = ScoringSettings(
        huff=None if fit is None else fit.model, beta_error=None if fit is None else fit.beta_error
    )
    engines: dict[str, TravelEngine] = {
        mode: open_engine(_network(territory, mode)) for mode in modes
    }
    return assess(territory, request, cells, engines, settings=settings, seed=seed)


def _cells_table(
    territory: Territory,
    partition: Partition,
    request: PlanRequest,
    *,
    shaped: _Cells,
    routing: _Routing,
    scores: pd.DataFrame,
) -> pd.DataFrame:
    centres = territory.outlets.iloc[partition.centre]
    cell_ids = shaped.ids
    minutes = (routing.routes["travel_s"] + routing.routes["service_s"]) / 60.0
    by_cell = minutes.groupby(routing.routes["cell_id"]).agg(["size", "sum"]).reindex(cell_ids)
    cells = pd.DataFrame(
        {
            "cell_id": cell_ids,
            "code": shaped.codes,
            "name": shaped.names,
            "centre_outlet_id": centres["outlet_id"].to_numpy(),
            "manager": shaped.managers,
            "area_m2": shapely.area(shaped.polygons),
            "compactness": compactness(shaped.polygons),
            "routes": by_cell["size"].fillna(0).to_numpy(np.int64),
            "visit_minutes_per_day": by_cell["sum"].fillna(0.0).to_numpy()
            / request.routing.cycle_days,
        }
    )
    summary = cell_summary(scores)
    cells = cells.merge(summary, on="cell_id", how="left", validate="one_to_one")
    for balance in partition.balances:
        cells[balance.workload] = balance.load
    return cells
