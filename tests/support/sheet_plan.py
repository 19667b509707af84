"""A small finished plan with names as bad as they come, for the tests of route sheets."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
from grid_town import grid_territory

from gridmap.planning import make_plan
from gridmap.policies import GradePolicy, PartitionPolicy, PlanRequest, RoutingPolicy
from gridmap.scenario import Scenario
from gridmap.territory import Territory

#: Names by row of the outlets; row 0 and 1 are the centres.
NAMES = {
    0: "中国移动营业厅",
    2: "=1+1",
    3: "An outlet whose name is much longer than any line on the sheet could ever be, really",
    4: "镕犇婳便利店",
    5: "Kahvila Ääkköset 🦀",
    6: "",
    7: "中国邮政集团有限公司黑龙江省哈尔滨市道里区分公司中央大街邮政支局营业厅代办点",
}


def sheet_plan(*, weeks: int = 4, same_place: bool = False) -> tuple[Territory, Scenario]:
    """Two cells of a grid town with their routes.

    Parameters
    ----------
    weeks
        Length of the cycle.
    same_place
        All outlets stand at the first centre.
    """
    territory = grid_territory()
    outlets = territory.outlets.copy()
    for row, name in NAMES.items():
        outlets.loc[row, "name"] = name
    if same_place:
        outlets[["x", "y", "unit"]] = outlets.loc[0, ["x", "y", "unit"]].tolist()
        outlets["unit"] = outlets["unit"].astype("int64")
        outlets.loc[1, ["x", "y", "unit"]] = territory.outlets.loc[1, ["x", "y", "unit"]].tolist()
        outlets["unit"] = outlets["unit"].astype("int64")
    names = ("", "Main Street", "中央大街")
    network = territory.networks["walk"]
    name = network.name.copy()
    name[:] = [1, 2] * (len(name) // 2) + [1] * (len(name) % 2)
    town = replace(
        territory,
        outlets=outlets,
        networks={"walk": replace(network, names=names, name=name)},
        invented=("grade", "colour"),
    )
    every = {
        "A": GradePolicy(visits=weeks, minutes=25.0),
        "B": GradePolicy(visits=max(1, weeks // 2), minutes=18.0),
        "C": GradePolicy(visits=1, minutes=12.0),
    }
    request = PlanRequest(
        partition=PartitionPolicy(tolerance=0.4, iterations=1),
        routing=RoutingPolicy(weeks=weeks, iterations=20, grade_policy=every),
    )
    return town, make_plan(town, request, seed=1)


def only_cell(scenario: Scenario, cell_id: int) -> Scenario:
    """The scenario cut down to one cell, as a download of it is."""
    mine = (scenario.routes["cell_id"] == cell_id).to_numpy()
    routes = scenario.routes[mine].reset_index(drop=True)
    cells = scenario.cells[scenario.cells["cell_id"] == cell_id].reset_index(drop=True)
    stops = scenario.stops[scenario.stops["route_id"].isin(routes["route_id"])]
    return replace(
        scenario,
        cells=cells,
        routes=routes,
        stops=stops.reset_index(drop=True),
        route_lines=scenario.route_lines[mine],
    )


def without_stops(scenario: Scenario) -> Scenario:
    """The scenario with no route at all."""
    none = pd.Series(False, index=scenario.routes.index)
    return replace(
        scenario,
        routes=scenario.routes[none],
        stops=scenario.stops.iloc[:0],
        route_lines=scenario.route_lines[none.to_numpy()],
    )
