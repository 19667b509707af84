"""A town with a plan that has routes: made once, shared by the tests of the store and the pages."""

from __future__ import annotations

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
    territory = grid_territory(8, 6)
    outlets = territory.outlets
    own = outlets["unit"].isin([9, 14, 34, 38, 20])
    outlets = outlets.assign(
        ownership=np.where(own, "own", outlets["ownership"].replace("own", "other")),
        visited=outlets["visited"] & ~own,
        grade=np.where(own, "", outlets["grade"]),
    )
    territory = replace(territory, outlets=outlets)
    centres = outlets.loc[outlets["unit"].isin([9, 14, 34, 38]) & own, "outlet_id"].tolist()
    request = PlanRequest.model_validate(
        {
            "routing": {"mode": "walk", "iterations": 5},
            "partition": {"tolerance": 0.5, "centres": centres},
            "scoring": {"modes": {"walk": [5]}},
        }
    )
    scenario = make_plan(territory, request, seed=5, best_effort=True)
    middle = territory.units.inner_xy
    ground = build_ground(
        territory.units.polygons,
        weights=np.full((48, 1), 10.0),
        reach=Reach({}, lambda unit: np.hypot(*(middle - middle[unit]).T)),
        own_xy=outlets.loc[own, ["x", "y"]].to_numpy(),
    )
    return territory, scenario, ground
