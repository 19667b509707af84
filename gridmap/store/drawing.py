"""Redraw a draft by what was asked: read its head, draw on the ground, commit what came out."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import sqlalchemy as sa

from gridmap.errors import ConflictError, Fault, InputError, PermissionDenied, fault
from gridmap.partition.access import (
    DETOUR,
    OFF_NETWORK_M_S,
    SLOWEST_M_S,
    Meter,
    snap_to_access,
)
from gridmap.partition.edit import redraw
from gridmap.partition.edits import Edit, named_cells, to_json
from gridmap.partition.ground import Demand, Ground, Reach, bridges_of, build_ground
from gridmap.planned_cells import unit_workloads
from gridmap.policies import PlanRequest
from gridmap.store import tables
from gridmap.store.canvas import Base, Canvas, begun
from gridmap.store.drafts import Drafts
from gridmap.store.edit_log import Committed, cell_versions, state_at
from gridmap.store.engine import reading
from gridmap.store.roles import Permission
from gridmap.store.scope import Scope
from gridmap.store.steps import steps_since
from gridmap.store.territories import load_territory
from gridmap.store.titles import CellTitle, cell_titles
from gridmap.store.versions import Version, version_of
from gridmap.store.visiting import PlannedVisits, planned_visits
from gridmap.territory import Floats, Territory
from gridmap.travel.engines import open_engine

#: Territories and drafts kept at hand.
_KEPT_BASES, _KEPT_DRAFTS = 4, 16
#: So many edits of others are drawn one by one; a draft that is further on is read anew.
_MOST_STEPS = 64
_REQUEST = sa.select(tables.scenario.c.request).where(
    tables.scenario.c.scenario_id == sa.bindparam("scenario")
)


@dataclass(frozen=True)
class Drawn:
    """The answer to an edit: what was written, and what the person who drew should read.

    Attributes
    ----------
    committed
        What stands in the log.
    left_out
        Units that the edit asked for and could not take.
    notices
        Remarks. Both are empty when an edit was sent again.
    """

    committed: Committed
    left_out: tuple[int, ...] = ()
    notices: tuple[Fault, ...] = ()


@dataclass(frozen=True, eq=False)
class Opened:
    """A draft with all that an editor shows of it.

    Attributes
    ----------
    version
        Its row among the scenarios.
    canvas
        Units, cells and locks.
    versions, titles
        Version and names of each cell, also of those that are closed.
    visits
        How much the cells are visited.
    """

    version: Version
    canvas: Canvas
    versions: Mapping[int, int]
    titles: Mapping[int, CellTitle]
    visits: PlannedVisits


class DrawingTable:
    """Draws edits of drafts; keeps the drafts that were drawn on last.

    Parameters
    ----------
    engine
        The database of a `Store`.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._bases: OrderedDict[tuple[int, str], Base] = OrderedDict()
        self._canvases: OrderedDict[int, Canvas] = OrderedDict()
        self.drafts = Drafts(engine)

    def ground(self, scope: Scope, scenario_id: int) -> tuple[Territory, Ground]:
        """Return the territory of a scenario, and its units as ground to draw on.

        Raises
        ------
        StoreError, PermissionDenied
            If there is no such scenario; if the caller may not edit it.
        """
        with reading(self._engine, scope) as connection:
            one = version_of(connection, scope, scenario_id, Permission.EDIT)
            base = self._base(connection, one)
        return base.territory, base.ground

    def opened(self, scope: Scope, scenario_id: int) -> Opened:
        """Return a draft with all that an editor shows of it, read in one piece.

        Raises
        ------
        StoreError, PermissionDenied
            As `canvas` does.
        """
        with reading(self._engine, scope) as connection:
            one = version_of(connection, scope, scenario_id, Permission.EDIT)
            return Opened(
                version=one,
                canvas=self._canvas(connection, scope, one),
                versions=cell_versions(connection, scenario_id),
                titles=cell_titles(connection, scenario_id),
                visits=planned_visits(connection, scope, one),
            )

    def canvas(self, scope: Scope, scenario_id: int) -> tuple[Version, Canvas]:
        """Return a draft as it stands, with its ground.

        Raises
        ------
        StoreError
            If there is no such scenario, or it is a plan as it was made: open a draft of it.
        PermissionDenied
            If the caller may not edit it, or not all of its cells.
        """
        with reading(self._engine, scope) as connection:
            one = version_of(connection, scope, scenario_id, Permission.EDIT)
            return one, self._canvas(connection, scope, one)

    def edit(
        self,
        scope: Scope,
        scenario_id: int,
        edit: Edit,
        *,
        key: str,
        versions: Mapping[int, int],
    ) -> Drawn:
        """Draw an edit on the head of a draft and write it.

        Parameters
        ----------
        scope, scenario_id, edit
            Who asks for what, in which draft.
        key
            The same edit under the same key is written once and gets the same answer.
        versions
            Versions of the cells that the caller saw, at least of the touched ones.

        Raises
        ------
        ConflictError
            If somebody changed a touched cell since; a fault for each, with who and when.
        InputError
            If the edit breaks a rule, versions are missing, the key stands for another edit, or
            the scenario is no draft.
        StoreError, PermissionDenied
            If there is no such draft; if the caller may not edit it, or has some cells only.
        """
        if scope.cells is not None:
            # of their part of a draft nobody can tell whether an edit keeps the rules
            raise PermissionDenied(fault("drafts.not_your_cell", scenario_id))
        kind = str(to_json(edit)["kind"])
        asked = hashlib.sha256(json.dumps(to_json(edit), sort_keys=True).encode()).hexdigest()
        former = self.drafts.answered(scope, scenario_id, key, asked)
        if former is not None:
            return Drawn(former)
        _, canvas = self.canvas(scope, scenario_id)
        plan = canvas.plan
        try:
            done = redraw(plan, edit)
        except InputError:
            # the same edit may have come in meanwhile, or what it was meant for is gone
            former = self.drafts.answered(scope, scenario_id, key, asked)
            if former is not None:
                return Drawn(former)
            # a caller may give versions of all cells: what has become of others is no reason
            named = named_cells(edit, plan.label)
            seen = {cell: at for cell, at in versions.items() if cell in named}
            late = self.drafts.late(scope, scenario_id, seen)
            if late:
                raise ConflictError(*late) from None
            raise
        committed = self.drafts.commit(
            scope,
            scenario_id,
            plan,
            done,
            key=key,
            versions=versions,
            kind=kind,
            asked=asked,
        )
        if committed.change is done.change and committed.sequence == canvas.sequence + 1:
            self._keep(scenario_id, canvas.after([done.change], done.plan))
        return Drawn(committed, done.left_out, done.notices)

    def _base(self, connection: sa.Connection, one: Version) -> Base:
        asked = connection.execute(_REQUEST, {"scenario": one.scenario_id}).scalar_one()
        key = (one.territory_id, json.dumps(asked, sort_keys=True))
        with self._lock:
            base = self._bases.pop(key, None)
            if base is None:
                request = PlanRequest.model_validate(asked)
                territory = load_territory(connection, one.territory_id)
                base = Base(territory, request, ground_of(territory, request))
            self._bases[key] = base
            while len(self._bases) > _KEPT_BASES:
                self._bases.popitem(last=False)
        return base

    def _canvas(self, connection: sa.Connection, scope: Scope, one: Version) -> Canvas:
        if scope.cells is not None:
            raise PermissionDenied(fault("store.out_of_scope", one.territory_name))
        base = self._base(connection, one)
        with self._lock:
            kept = self._canvases.get(one.scenario_id)
        missing = one.head + 1 if kept is None else one.head - kept.sequence
        if kept is not None and kept.base is base and 0 <= missing <= _MOST_STEPS:
            steps = steps_since(connection, one.scenario_id, kept.sequence, None) if missing else []
            canvas = kept.after([step.change for step in steps])
        else:
            canvas = begun(base, one.head, state_at(connection, one.scenario_id, one.head))
        if canvas is not kept:
            self._keep(one.scenario_id, canvas)
        return canvas

    def _keep(self, scenario_id: int, canvas: Canvas) -> None:
        with self._lock:
            kept = self._canvases.pop(scenario_id, None)
            # another thread may have come further meanwhile
            later = kept is not None and kept.base is canvas.base
            if later and kept is not None and kept.sequence > canvas.sequence:
                canvas = kept
            self._canvases[scenario_id] = canvas
            while len(self._canvases) > _KEPT_DRAFTS:
                self._canvases.popitem(last=False)


def ground_of(territory: Territory, request: PlanRequest) -> Ground:
    """Return the units of a territory as ground to draw on, with the workloads of a request.

    Travel is that of `make_plan`, measured from a centre when it is first asked for. Where the
    territory has no streets of the means of travel, it is straight ways times `DETOUR`.
    """
    units, outlets, demand = territory.units, territory.outlets, territory.demand
    own = outlets[outlets["ownership"] == "own"]
    loads = unit_workloads(territory, request)
    by_demand = demand["weight"].to_numpy(np.float64)
    points = [by_demand if name == "demand" else np.zeros(len(by_demand)) for name in loads]
    return build_ground(
        units.polygons,
        weights=np.column_stack(list(loads.values())),
        reach=_reach_of(territory, request.routing.mode),
        bridges=bridges_of(units.adjacency),
        own_xy=own[["x", "y"]].to_numpy(np.float64),
        demand=Demand(demand[["x", "y"]].to_numpy(np.float64), np.column_stack(points)),
    )


def _reach_of(territory: Territory, mode: str) -> Reach:
    """Return the travel from units, from the own outlet in each if it has one."""
    units, outlets = territory.units, territory.outlets
    own = outlets[outlets["ownership"] == "own"].drop_duplicates("unit")
    start_of = dict(zip(own["unit"], own[["x", "y"]].to_numpy(np.float64), strict=True))
    network = territory.networks.get(mode)

    def start(unit: int) -> Floats:
        return np.asarray(start_of.get(unit, units.inner_xy[unit]))

    def straight(unit: int) -> Floats:
        away_m = np.hypot(*(units.inner_xy - start(unit)).T)
        return np.asarray(away_m * DETOUR / OFF_NETWORK_M_S.get(mode, SLOWEST_M_S))

    if network is None:
        return Reach({}, straight)

    @cache
    def meter() -> Meter:
        snap = snap_to_access(network)
        return Meter.of(units, territory.demand, open_engine(network), snap=snap)

    def along_streets(asked: Sequence[int]) -> Floats:
        return meter().measure(np.array([start(unit) for unit in asked])).travel_s

    return Reach({}, lambda unit: along_streets([unit])[:, 0], along_streets)
