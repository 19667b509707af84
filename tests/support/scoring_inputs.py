"""Small inputs of scoring for the tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gridmap.scoring.inputs import ScoringInputs
from gridmap.scoring.travel_times import TravelTimes, full_times

NAN = float("nan")


def inputs_of(
    minutes: Sequence[Sequence[float]] | np.ndarray,
    ownership: Sequence[str],
    *,
    weight: Sequence[float] | None = None,
    demand_cell: Sequence[int] | None = None,
    outlet_cell: Sequence[int] | None = None,
    operator: Sequence[str] | None = None,
    kind: Sequence[str] | None = None,
    grade: Sequence[str] | None = None,
    n_cells: int = 1,
    **more: Any,
) -> ScoringInputs:
    """Return inputs with everything that is not given filled in: one cell, weight 1, no text."""
    outlets = len(ownership)
    demand = len(minutes)
    travel = np.asarray(minutes, dtype=np.float64).reshape(demand, outlets)
    return ScoringInputs(
        n_cells=n_cells,
        area_m2=more.pop("area_m2", np.full(n_cells, 1e6)),
        demand_weight=np.asarray(weight if weight is not None else [1.0] * demand, dtype=float),
        demand_cell=np.asarray(demand_cell or [0] * demand, dtype=np.int64),
        outlet_cell=np.asarray(outlet_cell or [0] * outlets, dtype=np.int64),
        ownership=np.asarray(ownership, dtype=np.str_),
        operator=np.asarray(operator or [""] * outlets, dtype=np.str_),
        kind=np.asarray(kind or [""] * outlets, dtype=np.str_),
        grade=np.asarray(grade or [""] * outlets, dtype=np.str_),
        travel_min={"walk": travel},
        **more,
    )


def all_own(minutes: Sequence[Sequence[float]] | np.ndarray) -> TravelTimes:
    """Return a table of times to outlets that are all our own."""
    table = np.asarray(minutes, dtype=np.float64)
    return full_times(table, np.full(table.shape[1], "own"))


def random_inputs(
    seed: int, *, n_cells: int = 6, n_demand: int = 120, n_outlets: int = 24
) -> ScoringInputs:
    """Return a town of random places; every cell has demand, some of it unreachable."""
    rng = np.random.default_rng(seed)
    homes = rng.uniform(0.0, 3000.0, (n_demand, 2))
    shops = rng.uniform(0.0, 3000.0, (n_outlets, 2))
    metres = np.linalg.norm(homes[:, None] - shops[None], axis=2)
    minutes = metres / 75.0
    minutes[rng.random(minutes.shape) < 0.1] = NAN
    minutes[::17] = NAN
    cell = np.concatenate([np.arange(n_cells), rng.integers(0, n_cells, n_demand - n_cells)])
    return inputs_of(
        minutes,
        ["own", "partner", "rival", *rng.choice(["own", "partner", "rival"], n_outlets - 3)],
        weight=rng.uniform(0.5, 5.0, n_demand).tolist(),
        demand_cell=cell.tolist(),
        outlet_cell=rng.integers(0, n_cells, n_outlets).tolist(),
        operator=rng.choice(["", "red", "blue"], n_outlets).tolist(),
        kind=rng.choice(["kiosk", "store"], n_outlets).tolist(),
        grade=rng.choice(["A", "B", ""], n_outlets).tolist(),
        n_cells=n_cells,
        due_visits=rng.integers(0, 5, n_outlets),
        planned_visits=rng.integers(0, 5, n_outlets),
        attraction=rng.uniform(0.5, 3.0, n_outlets),
    )
