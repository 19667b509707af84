"""Travel of units: weighted means, stand-ins off the network, nothing left out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap.partition.access import DETOUR, measure_access
from gridmap.territory import Adjacency, Units
from gridmap.travel.engine import Path, Snapped


@dataclass
class CrowEngine:
    """Two metres a second as the crow flies; streets only where y >= 0; a closed pair.

    The point's number travels in `edge`, its place is remembered.
    """

    mode: str = "walk"
    fingerprint: str = "crow"
    closed: tuple[tuple[float, float], ...] = ()
    places: list[np.ndarray] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)

    def snap(self, xy: np.ndarray, /) -> Snapped:
        edge = np.arange(len(xy), dtype=np.int64) + len(self.places)
        self.places += list(xy)
        return Snapped(np.where(xy[:, 1] >= 0, edge, -1), np.zeros(len(xy)), np.zeros(len(xy)))

    def matrix(self, sources: Snapped, targets: Snapped) -> np.ndarray:
        self.calls.append(len(sources))
        found = np.full((len(sources), len(targets)), np.nan)
        for row, source in enumerate(sources.edge):
            for column, target in enumerate(targets.edge):
                if source < 0 or target < 0:
                    continue
                start, end = self.places[source], self.places[target]
                if (start[0], end[0]) not in self.closed:
                    found[row, column] = np.hypot(*(end - start)) / 2.0
        return found

    def nearest(self, sources: Snapped, targets: Snapped) -> tuple[np.ndarray, np.ndarray]:
        raise NotImplementedError

    def route(self, points: Snapped) -> Path:
        raise NotImplementedError


def row_of_units(n_units: int, y: float = 0.0) -> Units:
    """Squares of 10 m side by side, their inner points at (5, y + 5), (15, y + 5) …"""
    polygons = np.array([shapely.box(10 * i, y, 10 * i + 10, y + 10) for i in range(n_units)])
    none, zero = np.empty(0), np.empty(0, dtype=np.int64)
    pairs = Adjacency(zero, zero, none, none, none, none, none, zero)
    return Units(
        polygons, np.zeros(n_units, dtype=np.int64), np.zeros(n_units, dtype=bool), pairs, 0.01
    )


def demand(*rows: tuple[float, float, float, int]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["weight", "x", "y", "unit"])
    frame.insert(0, "demand_id", [f"d{i}" for i in range(len(frame))])
    return frame


def test_demand_of_a_unit_is_averaged_by_weight() -> None:
    """From x = 0: 2 m weighs 3, 6 m weighs 1, so 3 m and 1.5 s."""
    found = measure_access(
        row_of_units(1),
        demand((3, 2, 0, 0), (1, 6, 0, 0)),
        CrowEngine(),
        np.array([[0.0, 0.0]]),
    )
    assert found.travel_s.tolist() == [[1.5]]
    assert found.notices == ()


def test_unit_without_demand_is_measured_inside_it() -> None:
    """Unit 1 has a point of no weight only: inner point (15, 5) from (5, 5)."""
    table = demand((1, 1, 5, 0), (0, 12, 5, 1))
    found = measure_access(row_of_units(2), table, CrowEngine(), np.array([[5.0, 5.0]]))
    assert found.travel_s.tolist() == [[2.0], [5.0]]


def test_point_off_the_network_goes_by_the_nearest_on_it() -> None:
    """(8, -6) has no street; the nearest reached point is (8, 4): 4 s, and 10 m at 1.25 m/s."""
    table = demand((1, 8, 4, 0), (1, 8, -6, 0))
    found = measure_access(row_of_units(1), table, CrowEngine(), np.array([[0.0, 4.0]]))
    assert found.travel_s[0, 0] == pytest.approx((4.0 + 4.0 + 10.0 * DETOUR / 1.25) / 2.0)
    (notice,) = found.notices
    assert notice.key == "partition.points_off_network"
    assert notice.values["count"] == 1
    assert "d1" in notice.text("en")
    assert notice.text("zh")


def test_pair_without_a_route_goes_by_the_straight_line() -> None:
    """Nothing leads from x = 0 to x = 15; the other centre is not affected."""
    engine = CrowEngine(mode="drive", closed=((0.0, 15.0),))
    table = demand((1, 5, 0, 0), (1, 15, 0, 1))
    found = measure_access(row_of_units(2), table, engine, np.array([[0.0, 0.0], [10.0, 0.0]]))
    assert found.travel_s[1].tolist() == pytest.approx([15.0 * DETOUR / 8.3, 2.5])
    (notice,) = found.notices
    assert notice.key == "partition.straight_line_travel"
    assert (notice.values["pairs"], notice.values["off"], notice.values["centres"]) == (1, 0, "1")


def test_nothing_on_the_network_is_still_measured() -> None:
    """Centre and units south of all streets: all straight, both notices."""
    found = measure_access(
        row_of_units(2, y=-50.0), demand((1, 5, -45, 0)), CrowEngine(), np.array([[5.0, -45.0]])
    )
    assert found.travel_s[:, 0].tolist() == pytest.approx([0.0, 10.0 * DETOUR / 1.25])
    assert [one.key for one in found.notices] == [
        "partition.points_off_network",
        "partition.straight_line_travel",
    ]
    assert found.notices[1].values["off"] == 1


def test_centres_are_measured_in_chunks() -> None:
    """Three centres, two points, at most four travel times at once."""
    centres = np.array([[0.0, 0.0], [5.0, 0.0], [20.0, 0.0]])
    table = demand((1, 5, 0, 0), (1, 15, 0, 1))
    engine = CrowEngine()
    found = measure_access(row_of_units(2), table, engine, centres, chunk=4)
    assert engine.calls == [2, 1]
    whole = measure_access(row_of_units(2), table, CrowEngine(), centres)
    assert (found.travel_s == whole.travel_s).all()


def test_a_motorway_is_no_access() -> None:
    """A point 2 m off the motorway belongs to the street 30 m off; without one to the motorway."""
    from grid_town import grid_network

    from gridmap.partition.access import snap_to_access

    network = grid_network(3, 3, "drive")
    middle = network.line_xy[network.line_start[:-1]]
    point = (middle[:1] + network.line_xy[1:2]) / 2.0
    first = int(snap_to_access(network)(point).edge[0])
    road_class = network.road_class.copy()
    road_class[first] = len(network.road_classes)
    classes = (*network.road_classes, "motorway")
    fast = replace(network, road_class=road_class, road_classes=classes)
    assert int(snap_to_access(fast)(point).edge[0]) != first
    closed = replace(fast, no_stop=np.zeros(network.n_edges, dtype=bool))
    assert int(snap_to_access(closed)(point).edge[0]) != first
    everywhere = replace(fast, road_class=np.full_like(road_class, len(classes) - 1))
    assert int(snap_to_access(everywhere)(point).edge[0]) == first


def test_points_are_brought_to_the_network_as_asked() -> None:
    engine = CrowEngine()
    calls: list[int] = []

    def snap(xy: np.ndarray) -> Snapped:
        calls.append(len(xy))
        return engine.snap(xy)

    centre = np.array([[0.0, 0.0]])
    measure_access(row_of_units(1), demand((3, 2, 0, 0)), engine, centre, snap=snap)
    assert calls == [1, 1]
