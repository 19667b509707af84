"""Lines that halve a face, and go between its buildings."""

import numpy as np
import pytest
import shapely

from gridmap.partition.bisecting import NO_OBSTACLES, FacePoints, Obstacles, bisect

BOX = [(0.0, 0.0), (300.0, 0.0), (300.0, 200.0), (0.0, 200.0)]


def ground(
    pieces: float,
    *,
    load: list[tuple[float, float, float]] = (),
    own: list[tuple[float, float]] = (),
    extent: float = 1e9,
) -> FacePoints:  # type: ignore[assignment]
    """Even ground of 300 m by 200 m, worth so many pieces, with demand and own outlets."""
    x, y = np.meshgrid(np.arange(5.0, 300, 10), np.arange(5.0, 200, 10))
    grid = np.column_stack([x.ravel(), y.ravel()])
    places = np.array(load, dtype=float).reshape(-1, 3)
    xy = np.concatenate([np.array(own, dtype=float).reshape(-1, 2), grid, places[:, :2]])
    area = np.concatenate(
        [np.zeros(len(own)), np.full(len(grid), pieces / len(grid)), np.zeros(len(places))]
    )
    held = np.concatenate([np.zeros(len(own) + len(grid)), places[:, 2]])
    return FacePoints(xy, area, held, np.arange(len(xy)) < len(own), extent)


def pieces_of(lines: list) -> list[shapely.Geometry]:
    """Split the box by lines that are drawn a little over their ends."""
    longer = []
    for start, end in np.array(lines):
        step = (end - start) / np.hypot(*(end - start)) * 0.01
        longer.append(shapely.LineString([start - step, end + step]))
    faces = shapely.polygonize([shapely.union_all([shapely.Polygon(BOX).exterior, *longer])])
    return [one for one in shapely.get_parts(faces) if one.area > 1.0]


def obstacles(*buildings: shapely.Geometry) -> Obstacles:
    xy, owner = shapely.get_coordinates(np.array(buildings, dtype=object), return_index=True)
    return Obstacles(xy, np.searchsorted(owner, np.arange(len(buildings) + 1)))


def test_small_face_stays_whole() -> None:
    assert bisect(BOX, ground(1.1), NO_OBSTACLES) == []


def test_large_face_is_halved_across_its_longer_side() -> None:
    [line] = bisect(BOX, ground(2.0), NO_OBSTACLES)
    assert [x for x, _ in line] == pytest.approx([150.0, 150.0], abs=6.0)


@pytest.mark.parametrize("pieces", [3, 4, 5, 7, 12])
def test_pieces_are_even(pieces: int) -> None:
    parts = pieces_of(bisect(BOX, ground(float(pieces)), NO_OBSTACLES))
    assert len(parts) == pieces
    areas = shapely.area(parts)
    assert areas.sum() == pytest.approx(60_000.0)
    assert areas.max() < 1.25 * 60_000.0 / pieces


def test_demand_is_halved_with_room_on_both_sides() -> None:
    """Two places 100 m apart: the line runs about midway, not beside one of them."""
    [line] = bisect(BOX, ground(0.5, load=[(100, 100, 1.0), (200, 100, 1.0)]), NO_OBSTACLES)
    assert all(120.0 < x < 180.0 for x, _ in line)


def test_demand_of_one_place_is_not_cut_off_from_itself() -> None:
    assert bisect(BOX, ground(0.1, load=[(100, 100, 1.0)] * 1), NO_OBSTACLES) == []
    only = FacePoints(
        np.array([(5.0, 5.0)] * 3), np.zeros(3), np.ones(3), np.zeros(3, dtype=bool), 1e9
    )
    assert bisect(BOX, only, NO_OBSTACLES) == []


def test_long_face_is_cut_by_its_extent() -> None:
    parts = pieces_of(bisect(BOX, ground(0.1, extent=150.0), NO_OBSTACLES))
    assert len(parts) >= 3


def test_line_goes_around_a_building_in_the_middle() -> None:
    building = shapely.box(140, 20, 158, 180)
    line = shapely.LineString(bisect(BOX, ground(2.0), obstacles(building))[0])
    assert not line.intersects(building)
    assert abs(line.centroid.x - 150) < 20
    assert shapely.LineString(bisect(BOX, ground(2.0), NO_OBSTACLES)[0]).intersects(building)


def test_line_turns_where_buildings_stand_slantwise() -> None:
    """Rows of houses at 30°: only a slanting line finds the lane between them."""
    houses = [
        shapely.affinity.rotate(shapely.box(x, -300, x + 34, 500), 30, origin=(150, 100))
        for x in range(-200, 500, 40)
    ]
    [line] = bisect(BOX, ground(2.0), obstacles(*houses))
    assert not any(shapely.LineString(line).intersects(one.buffer(-0.1)) for one in houses)


def test_own_outlets_are_parted_even_in_a_small_face() -> None:
    own = [(20.0, 20.0), (20.0, 20.1), (280.0, 180.0), (150.0, 100.0)]
    lines = bisect(BOX, ground(0.1, own=own), NO_OBSTACLES)
    parts = pieces_of(lines)
    assert len(parts) == 4
    holders = [
        [n for n, part in enumerate(parts) if part.contains(shapely.Point(xy))] for xy in own
    ]
    assert sorted(one[0] for one in holders) == [0, 1, 2, 3]


def test_own_outlets_are_parted_between_buildings() -> None:
    own = [(100.0, 100.0), (200.0, 100.0)]
    building = shapely.box(130, 0, 165, 200)
    [line] = bisect(BOX, ground(0.1, own=own), obstacles(building))
    assert not shapely.LineString(line).intersects(building.buffer(-0.1))
