"""A scenario: one finished plan of a territory, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridmap.errors import Fault
from gridmap.partition.partition import Partition
from gridmap.policies import PlanRequest

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Scenario:
    """Cells, routes and scores of one plan, and how it came about.

    Attributes
    ----------
    territory_hash
        `Territory.content_hash` of the territory it was made for.
    request
        What was asked.
    seed
        Seed of every random choice.
    partition
        Units to cells.
    cells
        One row a cell: cell_id, code, name, centre_outlet_id, manager, one column a workload,
        area_m2, compactness, routes, visit_minutes_per_day, position_score, coverage_score,
        quadrant.
    routes, stops, scores
        See `gridmap.schemas`.
    route_lines
        Street geometry of each route, in the order of `routes`.
    notices
        What the planner should know: unattainable balance, overloaded cells, unreachable outlets.
    report
        What goes into report.json.
    point_rates
        Rates by demand point, see `gridmap.scoring.point_rates`. They go into plan.gpkg when the
        plan is made; the store does not keep them (None).
    """

    territory_hash: str
    request: PlanRequest
    seed: int
    partition: Partition
    cells: pd.DataFrame
    routes: pd.DataFrame
    stops: pd.DataFrame
    scores: pd.DataFrame
    route_lines: NDArray[np.object_]
    notices: tuple[Fault, ...] = ()
    report: Mapping[str, Any] = field(default_factory=dict)
    point_rates: pd.DataFrame | None = None
