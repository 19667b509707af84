"""Towns with plans that have routes: made once, shared by the tests of the store and the pages."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import cache

import numpy as np
from grid_town import grid_territory

from gridmap.partition.ground import Ground, Reach, build_ground
from gridmap.planning import make_plan
from gridmap.policies import PlanRequest
from gridmap.scenario import Scenario
from gridmap.territory import Territory


@cache
def town() -> tuple[Territory, Scenario, Ground]:
    """Four cells around own outlets in a town of 48 units, and a fifth own outlet."""
    territory = _with_own(grid_territory(8, 6), {9, 14, 34, 38, 20})
    request = _request(territory, {9, 14, 34, 38}, iterations=5, tolerance=0.5)
    scenario = make_plan(territory, request, seed=5, best_effort=True)
    middle = territory.units.inner_xy
    own = territory.outlets[territory.outlets["ownership"] == "own"]
    ground = build_ground(
        territory.units.polygons,
        weights=np.full((48, 1), 10.0),
        reach=Reach({}, lambda unit: np.hypot(*(middle - middle[unit]).T)),
        own_xy=own[["x", "y"]].to_numpy(),
    )
    return territory, scenario, ground


@cache
def wide_town() -> tuple[Territory, Scenario]:
    """Twelve cells in a town of 192 units, six own outlets more, two workloads."""
    columns, rows = 16, 12
    centres = {row * columns + column for row in (1, 5, 9) for column in (2, 6, 10, 14)}
    spare = {row * columns + column for row in (3, 7, 11) for column in (4, 12)}
    territory = _with_own(grid_territory(columns, rows, name="Wide Town"), centres | spare)
    request = _request(
        territory,
        centres,
        iterations=2,
        tolerance={"demand": 0.2},
        workloads=("demand", "visit_minutes"),
    )
    return territory, make_plan(territory, request, seed=5, best_effort=True)


def _with_own(territory: Territory, units: Collection[int]) -> Territory:
    """Return a territory whose own outlets are those in some units, each of which has an outlet."""
    outlets = territory.outlets
    own = outlets["unit"].isin(units)
    outlets = outlets.assign(
        ownership=np.where(own, "own", outlets["ownership"].replace("own", "other")),
        visited=outlets["visited"] & ~own,
        grade=np.where(own, "", outlets["grade"]),
    )
    return replace(territory, outlets=outlets)


def _request(
    territory: Territory,
    centres: Collection[int],
    *,
    iterations: int,
    tolerance: float | dict[str, float],
    workloads: Collection[str] = ("demand",),
) -> PlanRequest:
    """Return the wish for cells around the own outlets in some units."""
    outlets = territory.outlets
    chosen = outlets["unit"].isin(centres) & (outlets["ownership"] == "own")
    return PlanRequest.model_validate(
        {
            "routing": {"mode": "walk", "iterations": iterations},
            "partition": {
                "workloads": workloads,
                "tolerance": tolerance,
                "centres": outlets.loc[chosen, "outlet_id"].tolist(),
            },
            "scoring": {"modes": {"walk": [5]}},
        }
    )
