"""Make a plan: the composition of partition, routing and scoring.

One whole immutable input, one whole immutable result; nothing in between reads a file, a setting
or the date.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.bases import bases_of
from gridmap.errors import InputError, fault
from gridmap.given_cells import GivenCells
from gridmap.jobs.executor import Executor
from gridmap.last_plan import LastPlan, kept_cells
from gridmap.partition.access import measure_access, snap_to_access
from gridmap.partition.cells import cell_polygons, compactness
from gridmap.partition.draw import draw_cells, keep_cells
from gridmap.partition.partition import Partition
from gridmap.planned_cells import (
    NamedCells,
    centre_rows,
    divisions_of_centres,
    named_cells,
    unit_workloads,
)
from gridmap.planned_routes import Routing, plan_routes, replan_facts, told_change
from gridmap.policies import PlanRequest
from gridmap.progress import Progress, Report, Stop, silent
from gridmap.routing.kept_searches import KeptSearches
from gridmap.routing.portfolio import compile_loops
from gridmap.scenario import Scenario
from gridmap.scoring.assessment import Assessment, Cells, assess
from gridmap.scoring.calibrate import HuffFit
from gridmap.scoring.card_settings import ScoringSettings
from gridmap.scoring.findings import recorded
from gridmap.scoring.fitting import fit_huff, fit_notice
from gridmap.scoring.indicators import scoring_faults
from gridmap.scoring.making import MAKING
from gridmap.scoring.point_rates import point_rates
from gridmap.scoring.score_table import cell_summary
from gridmap.territory import Territory
from gridmap.travel.engine import TravelEngine
from gridmap.travel.engines import open_engine
from gridmap.travel.network import StreetNetwork

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
    shaped = named_cells(territory, partition, polygons, divisions, cells)
    with stages.running("engine"):
        compile_loops()
    with stages.running("routing"):
        routing = plan_routes(
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
            "changes": [told_change(one, request) for one in routing.changes],
            "replan": replan_facts(last, routing),
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


def _network(territory: Territory, mode: str) -> StreetNetwork:
    if mode not in territory.networks:
        raise InputError(
            fault("planning.no_network", mode, known=", ".join(sorted(territory.networks)))
        )
    return territory.networks[mode]


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
    shaped: NamedCells,
    routing: Routing,
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
