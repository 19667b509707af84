"""Directions on a map small enough to walk through in one's head."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gridmap.travel.cch import CchEngine
from gridmap.travel.dijkstra import DijkstraEngine
from gridmap.travel.directions import directions
from gridmap.travel.engine import Snapped
from gridmap.travel.network import StreetNetwork
from gridmap.travel.search_graph import Piece

#: From the west along High Street, which bends a little at node 1, to node 2; there North Road
#: leads north, South Road south, and a lane without a name goes on half right.
NODES = np.array(
    [[0, 0], [200, 0], [400, 20], [400, 220], [400, -180], [541, -121]], dtype=np.float64
)
TAIL, HEAD = np.array([0, 1, 2, 2, 2]), np.array([1, 2, 3, 4, 5])
NAMES = ("", "High Street", "North Road", "South Road")


def crossing() -> StreetNetwork:
    length_m = np.hypot(*(NODES[HEAD] - NODES[TAIL]).T)
    return StreetNetwork(
        mode="drive",
        crs="EPSG:32630",
        node_xy=NODES,
        node_osm_id=np.arange(6),
        tail=TAIL,
        head=HEAD,
        length_m=length_m,
        forward_s=length_m / 10.0,
        backward_s=length_m / 10.0,
        name=np.array([1, 1, 2, 3, 0]),
        names=NAMES,
        road_class=np.zeros(5, dtype=np.int64),
        road_classes=("residential",),
        line_start=np.arange(6) * 2,
        line_xy=np.stack([NODES[TAIL], NODES[HEAD]], axis=1).reshape(-1, 2),
    )


def at(edge: int, fraction: float) -> tuple[int, float]:
    return edge, fraction


def steps(*stops: tuple[int, float], language: str = "en") -> list[str]:
    edge, fraction = zip(*stops, strict=True)
    points = Snapped(np.array(edge), np.array(fraction), np.zeros(len(stops)))
    found = DijkstraEngine(crossing()).route(points, language=language)  # type: ignore[arg-type]
    hierarchy = CchEngine(crossing(), few_searches=0).route(points, language=language)  # type: ignore[arg-type]
    assert found.leg_steps == hierarchy.leg_steps
    return [one.text for one in found.leg_steps[0]]


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        # A bend of 6 degrees on the same street is no turn.
        (at(0, 0.5), at(2, 0.5), ["Set off to the east along High Street.",
                                  "Turn left into North Road.", "Arrive at the stop."]),
        (at(0, 0.5), at(3, 0.5), ["Set off to the east along High Street.",
                                  "Turn right into South Road.", "Arrive at the stop."]),
        (at(0, 0.5), at(4, 0.5), ["Set off to the east along High Street.", "Bear right.",
                                  "Arrive at the stop."]),
        (at(3, 0.5), at(2, 0.5), ["Set off to the north along South Road.",
                                  "Go straight on into North Road.", "Arrive at the stop."]),
        (at(3, 0.5), at(4, 0.5), ["Set off to the north along South Road.", "Turn sharp right.",
                                  "Arrive at the stop."]),
        (at(4, 0.5), at(0, 0.5), ["Set off to the northwest.", "Bear left into High Street.",
                                  "Arrive at the stop."]),
    ],
)  # fmt: skip
def test_what_is_said(start: tuple[int, float], end: tuple[int, float], said: list[str]) -> None:
    found = steps(start, end)
    assert [one.replace("north-west", "northwest") for one in found] == said


def test_in_chinese() -> None:
    assert steps(at(0, 0.5), at(2, 0.5), language="zh") == [
        "沿High Street向东出发。",
        "左转进入North Road。",
        "到达网点。",
    ]


def test_turning_round() -> None:
    pieces = [Piece(2, 0.0, 1.0), Piece(2, 1.0, 0.0)]
    found = directions(crossing(), pieces, "en")
    assert found[1].text == "Turn round and go back along North Road."
    network = replace(crossing(), name=np.zeros(5, dtype=np.int64))
    assert directions(network, pieces, "zh")[1].text == "掉头。"


def test_lengths_and_times_add_up() -> None:
    network = crossing()
    points = Snapped(np.array([0, 2]), np.array([0.25, 0.75]), np.zeros(2))
    path = DijkstraEngine(network).route(points, language="en")
    assert sum(one.distance_m for one in path.leg_steps[0]) == pytest.approx(path.leg_m[0])
    assert sum(one.duration_s for one in path.leg_steps[0]) == pytest.approx(
        path.leg_s[0], abs=0.01
    )
    assert [one.name for one in path.leg_steps[0]] == ["High Street", "North Road", ""]
