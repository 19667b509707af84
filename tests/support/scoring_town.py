"""A town of streets, demand and outlets, scored along its streets."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from grid_town import SIDE_M, grid_network

from gridmap.policies import ScoringPolicy
from gridmap.scoring.inputs import ScoringInputs
from gridmap.scoring.outlet_search import StreetSearch
from gridmap.scoring.travel_times import measured_times
from gridmap.scoring.what_if import Change, NewOutlet, WhatIf
from gridmap.travel.dijkstra import DijkstraEngine

POLICY = ScoringPolicy(modes={"walk": (2.0, 4.0, 6.0), "bike": (3.0, 5.0)}, draws=0)
BLOCKS = 10
N_CELLS = 4


@dataclass(frozen=True, eq=False)
class ScoredTown:
    """A town with lists that hold all outlets, or are cut."""

    inputs: ScoringInputs
    outlet_xy: np.ndarray
    demand_xy: np.ndarray
    engines: dict[str, DijkstraEngine]
    cut: bool

    def what_if(self) -> WhatIf:
        return WhatIf(self.inputs, self.outlet_xy, self.search(), POLICY, seed=1)

    def search(self) -> StreetSearch:
        return StreetSearch(self.engines, self.demand_xy)

    def after(self, change: Change) -> ScoredTown:
        """Return the town with the change really made."""
        stays = np.setdiff1d(np.arange(self.inputs.n_outlets), change.close)
        opened = np.array([[one.x, one.y] for one in change.open]).reshape(-1, 2)
        xy = np.concatenate([self.outlet_xy[stays], opened])

        def column(name: str, attribute: str) -> np.ndarray:
            new = [getattr(one, attribute) for one in change.open]
            old = getattr(self.inputs, name)[stays]
            return np.append(old, new).astype(old.dtype if old.dtype.kind != "U" else np.str_)

        columns = {
            name: column(name, name)
            for name in ("ownership", "operator", "kind", "grade", "attraction", "potential",
                         "due_visits", "planned_visits")
        }  # fmt: skip
        columns["outlet_cell"] = column("outlet_cell", "cell")
        inputs = replace(
            self.inputs,
            **columns,
            travel_min=times_of(self.engines, self.demand_xy, xy, columns["ownership"], self.cut),
        )
        return replace(self, inputs=inputs, outlet_xy=xy)


def times_of(engines, demand_xy, outlet_xy, ownership, cut):
    options = {"cap_min": 7.0, "most": 5, "full_entries": 0} if cut else {}
    return {
        mode: measured_times(engine, demand_xy, outlet_xy, ownership, **options)
        for mode, engine in engines.items()
    }


def scored_town(seed: int, *, cut: bool, n_demand: int = 80, n_outlets: int = 24) -> ScoredTown:
    """Return an invented town; some demand is off the streets, some stands at one spot."""
    rng = np.random.default_rng(seed)
    size = (BLOCKS - 1) * SIDE_M
    demand_xy = rng.uniform(0.0, size, (n_demand, 2))
    demand_xy[1], demand_xy[2] = demand_xy[0], [1e6, 1e6]
    outlet_xy = rng.uniform(0.0, size, (n_outlets, 2))
    engines = {
        mode: DijkstraEngine(grid_network(BLOCKS, BLOCKS, mode=mode)) for mode in POLICY.modes
    }
    some = ["own", "own", "own", "partner", "rival"]
    ownership = np.array(some + rng.choice(some, n_outlets - 5).tolist())
    half = size / 2
    cell = np.where(demand_xy[:, 0] < half, 0, 1) + np.where(demand_xy[:, 1] < half, 0, 2)
    at = np.where(outlet_xy[:, 0] < half, 0, 1) + np.where(outlet_xy[:, 1] < half, 0, 2)
    inputs = ScoringInputs(
        n_cells=N_CELLS,
        area_m2=np.full(N_CELLS, half**2),
        demand_weight=rng.uniform(0.5, 5.0, n_demand),
        demand_cell=cell,
        outlet_cell=at,
        ownership=ownership,
        operator=np.where(ownership == "rival", rng.choice(["red", "blue"], n_outlets), ""),
        kind=rng.choice(["kiosk", "store"], n_outlets),
        grade=rng.choice(["A", "B", ""], n_outlets),
        travel_min=times_of(engines, demand_xy, outlet_xy, ownership, cut),
        attraction=rng.uniform(0.5, 3.0, n_outlets),
        potential=rng.uniform(1.0, 9.0, n_outlets),
        due_visits=rng.integers(0, 5, n_outlets),
        planned_visits=rng.integers(0, 5, n_outlets),
    )
    return ScoredTown(inputs, outlet_xy, demand_xy, engines, cut)


def random_change(town: ScoredTown, seed: int) -> Change:
    """Return up to two outlets that close and up to two that open, at least one in all."""
    rng = np.random.default_rng(seed)
    n_close, n_open = [(0, 1), (1, 0), (1, 1), (2, 2), (0, 2), (2, 0)][rng.integers(6)]
    size = (BLOCKS - 1) * SIDE_M
    opened = tuple(
        NewOutlet(
            *rng.uniform(0.0, size, 2).tolist(),
            cell=int(rng.integers(-1, N_CELLS)),
            ownership=str(rng.choice(["own", "partner", "rival"])),
            operator="red",
            kind=str(rng.choice(["kiosk", "stall"])),
            grade="A",
            attraction=float(rng.uniform(0.5, 3.0)),
            potential=4.0,
            due_visits=2,
            planned_visits=1,
        )
        for _ in range(n_open)
    )
    close = rng.choice(town.inputs.n_outlets, n_close, replace=False)
    return Change(tuple(int(one) for one in close), opened)
