"""Are the routes of a plan on streets, and do its times hold? Checked from the network alone.

``python -m benchmarks.route_truth PROJECT.toml [--data DIR] [--mode walk]`` plans and prints the
largest gap between a route and the streets, and between a planned time and the one that plain
Dijkstra legs, service, lunch and waiting add up to. Exit 1 where one is too large.
"""

from __future__ import annotations

import argparse
import operator
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.policies import seconds_of
from gridmap.progress import MaxRuntime
from gridmap.routing.verify_periods import arrival
from gridmap.scenario import Scenario
from gridmap.territory import Territory
from gridmap.travel.dijkstra import DijkstraEngine
from gridmap.travel.engine import Snapped
from gridmap.travel.network import StreetNetwork
from gridmap.weekly import opening_hours

Floats = NDArray[np.float64]
#: From the moment at which a way is begun to that at which it is over.
Leg = Callable[[float], float]

#: Vertices lie on streets but for rounding; times are in tenths of seconds inside.
MOST_GAP_M, MOST_GAP_S = 0.05, 1.0
#: Routes are looked at this often along their way, in metres.
EVERY_M = 5.0


@dataclass(frozen=True)
class Truth:
    """The largest gaps of a plan, and what they were found over.

    Attributes
    ----------
    off_street_m
        Of any point of a route from the nearest street.
    stop_gap_m
        Of the place on the street at which a stop is reached from the line of its route.
    length_gap
        Of the sum of a route's legs from its length, as a share.
    arrival_s, home_s
        Of an arrival and of coming back from what the legs and stays add up to.
    routes, stops
        How many there are.
    """

    off_street_m: float
    stop_gap_m: float
    length_gap: float
    arrival_s: float
    home_s: float
    routes: int
    stops: int

    @property
    def good(self) -> bool:
        """Whether no gap is larger than rounding explains."""
        metres = max(self.off_street_m, self.stop_gap_m)
        seconds = max(self.arrival_s, self.home_s)
        return metres <= MOST_GAP_M and seconds <= MOST_GAP_S and self.length_gap <= 1e-6


def truth_of(territory: Territory, scenario: Scenario) -> Truth:
    """Measure a plan against the street network it was made on."""
    network = territory.networks[scenario.request.routing.mode]
    owner = np.repeat(np.arange(network.n_edges), np.diff(network.line_start))
    streets = shapely.STRtree(shapely.linestrings(network.line_xy, indices=owner))
    engine = DijkstraEngine(network)
    outlets = territory.outlets.set_index("outlet_id")
    centre_of = scenario.cells.set_index("cell_id")["centre_outlet_id"]
    stops_of = dict(iter(scenario.stops.sort_values(["route_id", "seq"]).groupby("route_id")))
    off, near, length, late, back = [0.0], [0.0], [0.0], [0.0], [0.0]
    routes = scenario.routes.to_dict("records")
    for route, line in zip(routes, scenario.route_lines, strict=True):
        stops = stops_of[route["route_id"]]
        home = centre_of[route["cell_id"]]
        ids = [home, *stops["outlet_id"], home]
        points = engine.snap(outlets.loc[ids, ["x", "y"]].to_numpy(np.float64))
        off.append(float(streets.query_nearest(_along(line), return_distance=True)[1].max()))
        at_street = _positions(network, points)
        near.append(float(shapely.distance(at_street, line).max()))
        legs = _legs(territory, scenario, points)
        path = engine.route(points)
        length.append(abs(path.leg_m.sum() - route["distance_m"]) / max(1.0, path.leg_m.sum()))
        arrival_s, home_s = _times(scenario, str(route["number"]), legs, stops)
        late.append(float(np.abs(stops["arrival_s"].to_numpy() - arrival_s).max()))
        back.append(abs(scenario.report["home_s"][route["number"]] - home_s))
    worst = [float(np.max(one)) for one in (off, near, length, late, back)]
    return Truth(*worst, len(routes), len(scenario.stops))


def _legs(territory: Territory, scenario: Scenario, points: Snapped) -> list[Leg]:
    """Return when each way from point to point is over, by when it is begun.

    Where speeds depend on the time of day, by the checker's own sum over the periods.
    """
    routing = scenario.request.routing
    by_day = territory.day_networks.get(routing.mode)
    if by_day is None:
        legs_s = np.diagonal(
            DijkstraEngine(territory.networks[routing.mode]).matrix(points, points), 1
        )
        return [partial(operator.add, float(one)) for one in legs_s]
    order = sorted(by_day.begins_s, key=lambda one: by_day.begins_s[one])
    # What begins last also holds before the first.
    names, begins_s = [order[-1], *order], [0.0, *(by_day.begins_s[one] for one in order)]
    seconds = [
        np.diagonal(DijkstraEngine(by_day.networks[one]).matrix(points, points), 1) for one in names
    ]
    return [partial(arrival, begins_s, leg) for leg in np.array(seconds).T.tolist()]


def _along(line: shapely.LineString) -> NDArray[np.object_]:
    every = np.arange(0.0, line.length + EVERY_M, EVERY_M)
    vertices = shapely.points(shapely.get_coordinates(line))
    return np.concatenate([shapely.line_interpolate_point(line, every), vertices])


def _positions(network: StreetNetwork, points: Snapped) -> NDArray[np.object_]:
    """Return the points on the streets at which outlets are reached."""
    streets = [shapely.LineString(network.line(int(edge))) for edge in points.edge]
    return np.asarray(shapely.line_interpolate_point(streets, points.fraction, normalized=True))


def _times(
    scenario: Scenario, number: str, legs: Sequence[Leg], stops: pd.DataFrame
) -> tuple[Floats, float]:
    """Return when each visit begins and when the manager is back, by adding up.

    Lunch begins when the plan says; a visit waits for the opening that the plan lets it wait for,
    and for nothing else: a planned begin that is no opening time must follow from the legs.
    """
    policy = scenario.request.routing
    lunch_s = scenario.report["lunch_begins_s"].get(number)
    now_s, found = policy.day.start_s, []
    planned = stops["arrival_s"].to_numpy(np.float64)
    stays = stops["service_s"].to_numpy(np.float64)
    ids = stops["outlet_id"].tolist()
    for outlet, leg, begin_s, stay_s in zip(ids, legs, planned, stays, strict=False):
        if lunch_s is not None and now_s <= lunch_s < begin_s:
            now_s, lunch_s = lunch_s + 60.0 * policy.day.lunch, None
        now_s = leg(now_s)
        if begin_s > now_s + MOST_GAP_S and round(begin_s) in _openings(scenario, outlet):
            now_s = begin_s
        found.append(now_s)
        now_s += stay_s
    if lunch_s is not None:
        now_s = max(now_s, lunch_s) + 60.0 * policy.day.lunch
    return np.array(found), legs[-1](now_s)


def _openings(scenario: Scenario, outlet: str) -> set[int]:
    """Return the seconds after midnight at which an outlet opens, or an appointment begins."""
    policy = scenario.request.routing
    mine = policy.outlets.get(outlet)
    asked = [seconds_of(one.start) for one in policy.appointments if one.outlet == outlet]
    hours = opening_hours(mine.hours) if mine is not None and mine.hours else ()
    asked += [begin for day in hours for begin, _ in day]
    return {round(one) for one in asked}


def main() -> None:
    from geodata.project import load_project
    from gridmap.planning import make_plan

    parser = argparse.ArgumentParser()
    parser.add_argument("project", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--mode", default="")
    parser.add_argument("--seconds", type=float, default=20.0)
    asked = parser.parse_args()
    territory, request = load_project(asked.project, data_dir=asked.data)
    if asked.mode:
        routing = request.routing.model_copy(update={"mode": asked.mode})
        request = request.model_copy(update={"routing": routing})
    scenario = make_plan(territory, request, seed=0, stop=MaxRuntime(asked.seconds))
    found = truth_of(territory, scenario)
    print(found)
    sys.exit(0 if found.good else 1)


if __name__ == "__main__":
    main()
