"""The engine on a street map small enough to do the sums by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gridmap.errors import InputError
from gridmap.travel.dijkstra import DijkstraEngine
from gridmap.travel.engine import ACCESS_SPEED_M_S, Snapped, TravelEngine
from gridmap.travel.network import StreetNetwork

INF = np.inf
#: A one-way square of 100 m sides, anticlockwise, 10 s a side; a two-way street from its
#: south-west corner 200 m west (20 s, faster to the west: 16 s).
#:
#:          3 ----- 2
#:          |       |
#:   4 ---- 0 ----- 1
NODES = np.array([[0, 0], [100, 0], [100, 100], [0, 100], [-200, 0]], dtype=np.float64)


def square() -> StreetNetwork:
    tail, head = np.array([0, 1, 2, 3, 0]), np.array([1, 2, 3, 0, 4])
    return StreetNetwork(
        mode="drive",
        crs="EPSG:32630",
        node_xy=NODES,
        node_osm_id=np.arange(5),
        tail=tail,
        head=head,
        length_m=np.array([100.0, 100.0, 100.0, 100.0, 200.0]),
        forward_s=np.array([10.0, 10.0, 10.0, 10.0, 16.0]),
        backward_s=np.array([INF, INF, INF, INF, 20.0]),
        name=np.zeros(5, dtype=np.int64),
        names=("",),
        road_class=np.zeros(5, dtype=np.int64),
        road_classes=("residential",),
        line_start=np.arange(6) * 2,
        line_xy=np.stack([NODES[tail], NODES[head]], axis=1).reshape(-1, 2),
    )


def points(*rows: tuple[int, float, float]) -> Snapped:
    edge, fraction, distance = zip(*rows, strict=True)
    return Snapped(np.array(edge), np.array(fraction), np.array(distance, dtype=np.float64))


def test_is_a_travel_engine() -> None:
    engine: TravelEngine = DijkstraEngine(square())
    assert engine.mode == "drive"
    with pytest.raises(ValueError, match="at least one"):
        empty = np.empty(0, dtype=np.int64)
        DijkstraEngine(
            replace(
                square(),
                tail=empty,
                head=empty,
                forward_s=np.empty(0),
                backward_s=np.empty(0),
                line_start=np.zeros(1, dtype=np.int64),
            )
        )


@pytest.mark.parametrize(
    ("start", "end", "seconds"),
    [
        # On one edge, with the traffic: half of 10 s.
        ((0, 0.25, 0.0), (0, 0.75, 0.0), 5.0),
        # Against the traffic: out by the end (2.5), three sides (30), in by the start (2.5).
        ((0, 0.75, 0.0), (0, 0.25, 0.0), 35.0),
        # West on the two-way street at 16 s the whole, east at 20 s.
        ((4, 0.25, 0.0), (4, 0.75, 0.0), 8.0),
        ((4, 0.75, 0.0), (4, 0.25, 0.0), 10.0),
        # From the street to the square: 0.5 * 20 + 0.5 * 10.
        ((4, 0.5, 0.0), (0, 0.5, 0.0), 15.0),
        # The straight ways at both ends: 5 m and 10 m at 1.25 m/s are 12 s more.
        ((4, 0.5, 5.0), (0, 0.5, 10.0), 27.0),
        # Two points at one position of a street, 5 m to either side.
        ((4, 0.5, 5.0), (4, 0.5, 6.0), 8.8),
        # The same point.
        ((4, 0.5, 5.0), (4, 0.5, 5.0), 0.0),
        # The end of edge 3 is node 0; so is the start of edge 0: no way between them.
        ((3, 1.0, 0.0), (0, 0.0, 0.0), 0.0),
        ((0, 0.0, 0.0), (3, 1.0, 0.0), 0.0),
    ],
)
def test_seconds_by_hand(start: tuple, end: tuple, seconds: float) -> None:
    engine = DijkstraEngine(square())
    sources, targets = points(start), points(end)
    assert engine.matrix(sources, targets) == pytest.approx(np.array([[seconds]]), abs=2e-3)
    found = engine.nearest(sources, targets)
    assert (found.seconds[0], found.source[0]) == (pytest.approx(seconds, abs=2e-3), 0)
    assert engine.route(points(start, end)).leg_s[0] == pytest.approx(seconds, abs=2e-3)
    assert pytest.approx(1.25) == ACCESS_SPEED_M_S


def test_points_off_the_network_are_nan() -> None:
    engine = DijkstraEngine(square())
    sources = points((0, 0.5, 0.0), (-1, 0.0, INF))
    targets = points((-1, 0.0, INF), (1, 0.5, 0.0))
    np.testing.assert_array_equal(engine.matrix(sources, targets), [[np.nan, 10.0], [np.nan] * 2])
    found = engine.nearest(sources, targets)
    np.testing.assert_array_equal(found.seconds, [np.nan, 10.0])
    assert found.source.tolist() == [-1, 0]
    none = engine.nearest(points((-1, 0.0, INF)), targets, margin=True)
    assert np.isnan(none.seconds).all()
    assert none.source.tolist() == [-1, -1]
    assert none.margin_s is not None
    assert np.isnan(none.margin_s).all()


def test_of_equally_near_sources_the_lowest() -> None:
    """Node 0 from 20 s west and, in both orders, from 2 sides away; and a twin of each."""
    engine = DijkstraEngine(square())
    west, north = (4, 1.0, 0.0), (2, 0.0, 0.0)
    target = points((0, 0.5, 0.0))
    for sources in ([west, north], [north, west], [north, north, west]):
        found = engine.nearest(points(*sources), target, margin=True)
        assert (found.seconds[0], found.source[0]) == (25.0, 0)
        assert found.margin_s is not None
        assert found.margin_s[0] == 0.0
    # Further, further, equal: the second.
    found = engine.nearest(points((1, 0.0, 0.0), west, north), target)
    assert found.source[0] == 1


def test_route_along_the_streets() -> None:
    """From the middle of the western street to the middle of the eastern side, then on."""
    engine = DijkstraEngine(square())
    path = engine.route(points((4, 0.5, 0.0), (1, 0.5, 5.0), (2, 0.5, 0.0)))
    assert path.leg_s == pytest.approx([10 + 10 + 5 + 4, 4 + 10])
    # Metres are those on the street.
    assert path.leg_m == pytest.approx([100 + 100 + 50, 100])
    np.testing.assert_allclose(path.leg_xy[0], [[-100, 0], [0, 0], [100, 0], [100, 50]])
    np.testing.assert_allclose(path.leg_xy[1], [[100, 50], [100, 100], [50, 100]])
    # One point is a route without legs.
    assert len(engine.route(points((4, 0.5, 0.0))).leg_s) == 0


def test_long_legs_are_found_too() -> None:
    """Farther than the first search goes (300 s), and than the last limit."""
    for slow in (100.0, 10_000.0):
        network = square()
        network = replace(network, forward_s=network.forward_s * slow)
        engine = DijkstraEngine(network)
        pair = points((0, 0.75, 0.0), (0, 0.25, 0.0))
        assert engine.route(pair).leg_s[0] == pytest.approx(35.0 * slow)


def test_faults_of_routes_name_the_stops() -> None:
    engine = DijkstraEngine(square(), snap_limit_m=250.0)
    with pytest.raises(InputError, match=r"Stop\(s\) 2, 3 .* 250 m"):
        engine.route(points((0, 0.5, 0.0), (-1, 0.0, INF), (-1, 0.0, INF)))
    closed = replace(square(), backward_s=np.full(5, INF))
    with pytest.raises(InputError, match="stop 2 to stop 3") as caught:
        DijkstraEngine(closed).route(points((0, 0.5, 0.0), (4, 0.5, 0.0), (0, 0.5, 0.0)))
    assert len(caught.value.faults) == 1
    assert "2" in caught.value.text("zh")


def test_snap_uses_the_limit() -> None:
    engine = DijkstraEngine(square(), snap_limit_m=250.0)
    snapped = engine.snap(np.array([[50.0, -10.0], [50.0, -251.0]]))
    assert snapped.edge.tolist() == [0, -1]
    assert snapped.fraction[0] == pytest.approx(0.5)


def test_fingerprint_follows_everything_that_changes_an_answer() -> None:
    same = DijkstraEngine(square()).fingerprint
    assert same == DijkstraEngine(square()).fingerprint
    network = square()
    others = [
        DijkstraEngine(network, snap_limit_m=100.0),
        DijkstraEngine(replace(network, mode="bike")),
        DijkstraEngine(replace(network, forward_s=network.forward_s * 1.01)),
        DijkstraEngine(replace(network, backward_s=network.backward_s * 1.01)),
        DijkstraEngine(replace(network, length_m=network.length_m * 1.01)),
        DijkstraEngine(replace(network, line_xy=network.line_xy + 1.0)),
        DijkstraEngine(replace(network, head=np.array([1, 2, 3, 0, 3]))),
    ]
    assert len({same, *(engine.fingerprint for engine in others)}) == len(others) + 1
