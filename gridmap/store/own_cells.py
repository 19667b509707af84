"""The part of a plan that a grid manager may see: the own cells, and nothing of the others.

What is left is a whole plan of a smaller territory, so that whoever shows or writes plans need
not know of it, and cannot show what is not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.errors import PermissionDenied, fault
from gridmap.partition.partition import Balance, Partition
from gridmap.policies import PlanRequest
from gridmap.scenario import Scenario
from gridmap.territory import Adjacency, Territory, Units

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: Entries of a report that have a value a route number, and those that hold no name or place.
_BY_ROUTE = ("lunch_begins_s", "home_s", "route_managers", "period_legs")
_HARMLESS = ("timings_s",)


@dataclass(frozen=True, eq=False)
class BalanceOfSome(Balance):
    """Loads of some of the cells, compared with the mean of all."""

    mean_of_all: float = 0.0

    @property
    def target(self) -> float:
        """Mean load of a cell of the whole plan."""
        return self.mean_of_all


def only_cells(
    territory: Territory, scenario: Scenario, centres: frozenset[str]
) -> tuple[Territory, Scenario]:
    """Return the part of a plan that lies in the cells of some centre outlets.

    The scenario keeps the hash of its whole territory, by which its basemap is found.

    Raises
    ------
    PermissionDenied
        If the plan has no such cell.
    """
    chosen = scenario.cells["centre_outlet_id"].isin(sorted(centres)).to_numpy()
    if not chosen.any():
        raise PermissionDenied(fault("store.out_of_scope", territory.name))
    kept = chosen[scenario.partition.label]
    outlet_kept = kept[territory.outlets["unit"].to_numpy()]
    return (
        _territory(territory, kept),
        _scenario(scenario, chosen, kept, outlet_kept, territory.outlets["outlet_id"]),
    )


def _territory(territory: Territory, kept: Bools) -> Territory:
    units, new = territory.units, _renumbered(kept)
    polygons = units.polygons[kept]
    return replace(
        territory,
        boundary=shapely.union_all(polygons),
        units=Units(
            polygons=polygons,
            part=units.part[kept],
            water=units.water[kept],
            adjacency=_adjacency(units.adjacency, new),
            grid_m=units.grid_m,
        ),
        outlets=_in_units(territory.outlets, new),
        demand=_in_units(territory.demand, new),
        market=None if territory.market is None else _in_units(territory.market, new),
        excluded=territory.excluded.iloc[:0],
        notices=(),
        sources={},
    )


def _adjacency(pairs: Adjacency, new: Ints) -> Adjacency:
    both = (new[pairs.first] >= 0) & (new[pairs.second] >= 0)
    return Adjacency(
        first=new[pairs.first[both]],
        second=new[pairs.second[both]],
        shared_m=pairs.shared_m[both],
        river_m=pairs.river_m[both],
        rail_m=pairs.rail_m[both],
        motorway_m=pairs.motorway_m[both],
        admin_m=pairs.admin_m[both],
        crossings=pairs.crossings[both],
    )


def _in_units(table: pd.DataFrame, new: Ints) -> pd.DataFrame:
    """Return the rows in kept units, with the new numbers of these; -1 stands for no unit."""
    unit = table["unit"].to_numpy()
    number = np.where(unit >= 0, new[unit], -1)
    return table.assign(unit=number)[number >= 0].reset_index(drop=True)


def _scenario(
    scenario: Scenario, chosen: Bools, kept: Bools, outlet_kept: Bools, outlets: pd.Series
) -> Scenario:
    cell_ids = set(scenario.cells["cell_id"][chosen])
    on_routes = scenario.routes["cell_id"].isin(cell_ids).to_numpy()
    routes = scenario.routes[on_routes].reset_index(drop=True)
    stops = scenario.stops[scenario.stops["route_id"].isin(routes["route_id"])]
    scores = scenario.scores[scenario.scores["cell_id"].isin(cell_ids)]
    return replace(
        scenario,
        request=_request(
            scenario.request,
            set(scenario.cells["centre_outlet_id"][chosen]),
            set(outlets[outlet_kept]),
        ),
        partition=_partition(scenario.partition, chosen, kept, outlet_kept),
        cells=scenario.cells[chosen].reset_index(drop=True),
        routes=routes,
        stops=stops.reset_index(drop=True),
        scores=scores.reset_index(drop=True),
        route_lines=scenario.route_lines[on_routes],
        notices=(),
        report=_report(scenario.report, set(routes["number"].astype(str))),
    )


def _partition(whole: Partition, chosen: Bools, kept: Bools, outlet_kept: Bools) -> Partition:
    return replace(
        whole,
        centre=_renumbered(outlet_kept)[whole.centre[chosen]],
        label=_renumbered(chosen)[whole.label[kept]],
        balances=tuple(
            BalanceOfSome(
                one.workload,
                one.load[chosen],
                one.tolerance,
                one.attainable,
                mean_of_all=one.target,
            )
            for one in whole.balances
        ),
        notices=(),
        details={},
    )


def _request(request: PlanRequest, centres: set[str], outlets: set[str]) -> PlanRequest:
    partition, routing = request.partition, request.routing
    own = partition.centres
    return request.model_copy(
        update={
            "partition": partition.model_copy(
                update={
                    "centres": own if own == "own" else tuple(one for one in own if one in centres),
                    "forced": _pairs_within(partition.forced, outlets),
                    "forbidden": _pairs_within(partition.forbidden, outlets),
                    "divisions": {
                        outlet: code
                        for outlet, code in partition.divisions.items()
                        if outlet in outlets
                    },
                }
            ),
            "routing": routing.model_copy(
                update={
                    "managers": tuple(
                        one for one in routing.managers if one.centre in {"", *centres}
                    ),
                    "appointments": tuple(
                        one for one in routing.appointments if one.outlet in outlets
                    ),
                    "outlets": {
                        outlet: one for outlet, one in routing.outlets.items() if outlet in outlets
                    },
                }
            ),
        }
    )


def _pairs_within(
    pairs: tuple[tuple[str, str], ...], outlets: set[str]
) -> tuple[tuple[str, str], ...]:
    return tuple(pair for pair in pairs if set(pair) <= outlets)


def _report(report: Mapping[str, Any], numbers: set[str]) -> dict[str, Any]:
    harmless = {name: report[name] for name in _HARMLESS if name in report}
    by_route = {
        name: {number: one for number, one in report[name].items() if number in numbers}
        for name in _BY_ROUTE
        if name in report
    }
    return {**harmless, **by_route}


def _renumbered(kept: Bools) -> Ints:
    """Return the new number of each, in the old order; -1 for those that are left out."""
    return np.where(kept, np.cumsum(kept) - 1, -1).astype(np.int64)
