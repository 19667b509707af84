"""Days start and end where their managers do, and the times say so."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.project_file import ProjectFile
from gridmap.datum import from_wgs84
from gridmap.policies import RoutingPolicy
from gridmap.routing.plan import plan_cell_routes
from gridmap.routing.problem import CellVisits
from gridmap.routing.routes import home_times, number_routes, route_managers
from tests.support.based_cells import CREW, based_cell


@settings(max_examples=12, deadline=None)
@given(st.integers(2, 14), st.integers(0, 10_000), st.booleans())
def test_the_times_are_those_from_the_managers_start_to_the_end(
    n_outlets: int, seed: int, timed: bool
) -> None:
    """Walked anew stop by stop from the matrix alone, with lunch where the plan has none else."""
    cell = based_cell(n_outlets, seed)
    day = {"lunch": 0} | ({"lunch": 30, "lunch_until": "17:00"} if timed else {})
    policy = RoutingPolicy.model_validate(
        CREW.model_dump() | {"day": day, "iterations": 3, "weeks": 2}
    )
    planned = plan_cell_routes(cell, policy, seed=seed)
    routes, stops = number_routes(planned, policy)
    managers, homes = route_managers(planned, policy), home_times(planned, policy)
    assert not planned.left_out
    ends = {"Ann": (n_outlets + 1, n_outlets + 2), "Bo": (0, n_outlets + 3)}
    for route, travel in zip(routes["route_id"], routes["travel_s"], strict=True):
        start, end = ends[managers[route]]
        mine = stops[stops["route_id"] == route].sort_values("seq")
        places = [start, *(int(one[1:]) + 1 for one in mine["outlet_id"]), end]
        legs = [cell.travel_s[a, b] for a, b in pairwise(places)]
        assert travel == pytest.approx(sum(legs))
        begins = mine["arrival_s"].to_numpy()
        leaves = np.concatenate([[policy.day.start_s], begins + mine["service_s"].to_numpy()])
        slack = np.append(begins, homes[route]) - leaves - legs
        assert (slack > -1e-6).all()
        assert slack.sum() == pytest.approx(0.0, abs=1e-6) or timed


def test_a_manager_serves_what_is_near_home() -> None:
    """Two clusters an hour apart, one at each home: nobody goes to the other's."""
    xy = np.array([[0.0, 0], *([-3000.0 - n, 0] for n in range(6)),
                   *([3000.0 + n, 0] for n in range(6)), [-3000.0, 9], [3000.0, 9]])  # fmt: skip
    travel_s = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    cell = CellVisits(1, tuple(f"o{n}" for n in range(12)), ("B",) * 12, travel_s,
                      bases=((13, 13), (14, 14)))  # fmt: skip
    planned = plan_cell_routes(cell, CREW.model_copy(update={"iterations": 40}), seed=1)
    west = [set(tour.places) <= set(range(1, 7)) for tour in planned.tours]
    assert west == [tour.manager == 0 for tour in planned.tours]


def test_places_given_in_another_datum_become_wgs84() -> None:
    """Guangzhou in GCJ-02 lies some 500 m off; an outlet's id stays what it is."""
    content = {
        "territory": {"name": "t", "boundary": "b", "streets": "s", "datum": "gcj02"},
        "outlets": {"file": "o", "own": {"match": ["x"]}},
        "demand": {"file": "d"},
        "routing": {"managers": [{"name": "Ann", "start": [113.26, 23.13], "end": "o1"}]},
    }
    (ann,) = ProjectFile.model_validate(content).request.routing.managers
    shown = from_wgs84(np.array([ann.start]), "gcj02")[0]
    assert shown == pytest.approx([113.26, 23.13], abs=1e-7)
    assert abs(ann.start[0] - 113.26) > 0.002
    assert ann.end == "o1"
