"""The store as the pages see it: whole plans, within a scope, a few of them kept at hand."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol, TypeVar, cast

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from gridmap.export.report_layers import reach_layer
from gridmap.partition.cells import cell_polygons
from gridmap.scenario import Scenario
from gridmap.scoring.findings import BlindZone, DuplicatePair, found_pairs, found_zones
from gridmap.store.neighbours import Neighbour, as_seen, neighbours
from gridmap.store.repository import PlanRun, ScenarioSummary
from gridmap.store.roles import Permission, Role
from gridmap.store.scope import Scope
from gridmap.store.seen import seen_by
from gridmap.territory import Territory

T = TypeVar("T")

_KEPT = 8
#: Layouts and layers that are kept of one plan.
_DERIVED = 300
#: Scopes whose lists of scenarios are kept.
_LISTED = 256
#: So long it is not asked again which plan a scenario has, as a draft is planned in place, nor
#: which scenarios there are.
_SURE_S = 1.0
#: Number of the scenario, which plan of it, own cells or all, with contacts or without.
_Key = tuple[int, str, frozenset[str] | None, bool]


class PlanStore(Protocol):
    """What the dashboard needs of a store."""

    def ready(self) -> bool:
        """Return whether the database can be read now."""
        ...

    def scenarios(self, scope: Scope) -> list[ScenarioSummary]:
        """Return the scenarios within the scope, the newest first."""
        ...

    def load(self, scope: Scope, scenario_id: int) -> tuple[Territory, Scenario]:
        """Return a scenario and its territory."""
        ...

    def which_plan(self, scenario_id: int) -> str:
        """Return what is another text once a scenario is planned again or edited."""
        ...

    def runs(self, scope: Scope) -> list[PlanRun]:
        """Return the plans in the making within the scope."""
        ...


@dataclass(frozen=True, eq=False)
class Plan:
    """A scenario with its territory, and what several pages derive from them.

    `beside` are the neighbours of the cells where the plan is a part of a larger one.
    """

    scenario_id: int
    territory: Territory
    scenario: Scenario
    beside: Mapping[int, tuple[Neighbour, ...]] | None = None
    _made: OrderedDict[Hashable, Any] = field(default_factory=OrderedDict, init=False, repr=False)
    _making: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what `make` gives, made when first asked for and kept while it is in use.

        Plans never change, so what is derived from one stays true.
        """
        with self._making:
            if key in self._made:
                self._made.move_to_end(key)
                return cast(T, self._made[key])
        made = make()
        with self._making:
            self._made[key] = made
            while len(self._made) > _DERIVED:
                self._made.popitem(last=False)
        return made

    @cached_property
    def cell_polygons(self) -> NDArray[np.object_]:
        """Polygon of each cell in metres. Shape (n_cells,)."""
        partition = self.scenario.partition
        return cell_polygons(self.territory.units, partition.label, partition.n_cells)

    @cached_property
    def cell_ids(self) -> frozenset[int]:
        """Numbers of the cells."""
        return frozenset(int(one) for one in self.scenario.cells["cell_id"])

    @cached_property
    def zones(self) -> tuple[BlindZone, ...]:
        """Blind zones, most demand first."""
        return found_zones(self.scenario.report)

    @cached_property
    def pairs(self) -> tuple[DuplicatePair, ...]:
        """Duplicate pairs, most shared demand first."""
        return found_pairs(self.scenario.report)

    @cached_property
    def neighbours(self) -> Mapping[int, tuple[Neighbour, ...]]:
        """Neighbours of each cell, in sums, the longest border first."""
        return neighbours(self.territory, self.scenario) if self.beside is None else self.beside

    @property
    def has_findings(self) -> bool:
        """Whether blind zones and duplicate pairs were looked for: older plans have none."""
        return "blind_zones" in self.scenario.report

    @cached_property
    def reach(self) -> gpd.GeoDataFrame:
        """Ground that own and partner outlets reach within each threshold, the shortest first.

        It has `minutes` and is empty where the territory has no streets of the means of travel.
        """
        mode = next(iter(self.scenario.request.scoring.modes))
        if mode not in self.territory.networks:
            return gpd.GeoDataFrame({"minutes": []}, geometry=[], crs=self.territory.crs)
        return reach_layer(self.territory, self.scenario.request)

    @cached_property
    def cell_of_outlet(self) -> NDArray[np.int64]:
        """Row of each outlet's cell. Shape (n_outlets,)."""
        unit = self.territory.outlets["unit"].to_numpy()
        return np.asarray(self.scenario.partition.label[unit], dtype=np.int64)


class Plans:
    """Loads plans and keeps the last few. The scope is asked each time, kept or not."""

    def __init__(self, store: PlanStore, *, keep: int = _KEPT) -> None:
        self._store = store
        self._keep = keep
        self._kept: OrderedDict[_Key, Plan] = OrderedDict()
        self._lock = threading.Lock()
        self._which: dict[int, tuple[float, str]] = {}
        self._listed: OrderedDict[Scope, tuple[float, list[ScenarioSummary]]] = OrderedDict()

    def summaries(self, scope: Scope) -> list[ScenarioSummary]:
        """Return the scenarios within the scope, the newest first, as they were a second ago.

        The first plan of all is seen at once.
        """
        now = time.monotonic()
        asked, found = self._listed.get(scope, (-_SURE_S, []))
        if not found or now - asked >= _SURE_S:
            found = self._store.scenarios(scope)
            with self._lock:
                self._listed[scope] = (now, found)
                self._listed.move_to_end(scope)
                while len(self._listed) > _LISTED:
                    self._listed.popitem(last=False)
        return list(found)

    def runs(self, scope: Scope) -> list[PlanRun]:
        """Return the plans in the making within the scope."""
        return self._store.runs(scope)

    def plan(self, scope: Scope, scenario_id: int) -> Plan:
        """Return a plan; one that is kept is still true until its scenario is planned again.

        Raises
        ------
        StoreError
            If there is no such scenario.
        PermissionDenied
            If its territory is out of scope.
        """
        which = self._which_plan(scenario_id)
        whole = self._whole(scope, scenario_id, which)
        scope.demand(whole.territory.name)
        part = (scope.cells, scope.may(Permission.READ_CONTACTS))
        if part == (None, True):
            return whole
        with self._lock:
            return self._kept_or_made((scenario_id, which, *part), lambda: _part(scope, whole))

    def forget(self, scenario_id: int) -> None:
        """Ask anew which plan a scenario has: somebody says that it changed just now."""
        self._which.pop(scenario_id, None)

    def renew(self, scenario_id: int, load: Callable[[], tuple[Territory, Scenario]]) -> None:
        """Keep a plan that was changed here just now, which `load` has at hand.

        Nothing is kept if it is changed again meanwhile: the next reader then loads it.
        """
        self.forget(scenario_id)
        which = self._store.which_plan(scenario_id)
        made = Plan(scenario_id, *load())
        if self._store.which_plan(scenario_id) == which:
            with self._lock:
                self._kept_or_made((scenario_id, which, None, True), lambda: made)

    def _which_plan(self, scenario_id: int) -> str:
        now = time.monotonic()
        asked, which = self._which.get(scenario_id, (-_SURE_S, ""))
        if now - asked >= _SURE_S:
            which = self._store.which_plan(scenario_id)
            if which:
                self._which[scenario_id] = (now, which)
        return which

    def _whole(self, scope: Scope, scenario_id: int, which: str) -> Plan:
        # the whole plan is kept for all; each caller then gets the part within the own scope
        reach = replace(scope, cells=None, role=Role.ADMIN)
        with self._lock:
            return self._kept_or_made(
                (scenario_id, which, None, True),
                lambda: Plan(scenario_id, *self._store.load(reach, scenario_id)),
            )

    def _kept_or_made(self, key: _Key, make: Callable[[], Plan]) -> Plan:
        plan = self._kept.pop(key, None) or make()
        self._kept[key] = plan
        while len(self._kept) > self._keep:
            self._kept.popitem(last=False)
        return plan


def _part(scope: Scope, whole: Plan) -> Plan:
    """Return what the caller may see of a plan; of the cells next door sums without numbers."""
    territory, scenario = seen_by(scope, whole.territory, whole.scenario)
    own = [int(one) for one in scenario.cells["cell_id"]]
    beside = None if scope.cells is None else as_seen(dict(whole.neighbours), own)
    return Plan(whole.scenario_id, territory, scenario, beside)
