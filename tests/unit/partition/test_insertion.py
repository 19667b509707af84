"""A map with lines put in is the map made anew with them."""

import numpy as np
import pytest
import shapely
from towns import LOCAL, grid_streets, linework

from gridmap.partition import insertion
from gridmap.partition.cutting import cut_segments, doorsteps
from gridmap.partition.insertion import insert
from gridmap.partition.linework import LineKind
from gridmap.partition.noding import segments_of, violations
from gridmap.partition.planar import OUTSIDE, Plane, build_plane
from gridmap.partition.units import Site, plane_of

TOWN = shapely.box(0, 0, 900, 900)


def town(*more: tuple) -> tuple[Plane, Site]:
    lines = linework(*grid_streets(9, 9), *more)
    site = Site.of(TOWN, None)
    return plane_of(segments_of(lines.lines, lines.kinds, site.grid), TOWN, site), site


def same(one: Plane, other: Plane) -> None:
    """Equal faces, and the same pair of them beside each edge."""
    names = [sorted(shapely.to_wkb(shapely.normalize(plane.faces))) for plane in (one, other)]
    assert names[0] == names[1]

    def edges(plane: Plane) -> dict:
        wkb = [*shapely.to_wkb(shapely.normalize(plane.faces)).tolist(), b"outside"]
        return {
            (tuple(plane.xy[tail]), tuple(plane.xy[head])): (kind, wkb[left], wkb[right])
            for tail, head, kind, left, right in zip(
                plane.tail.tolist(), plane.head.tolist(), plane.kind.tolist(),
                plane.left.tolist(), plane.right.tolist(), strict=True,
            )
        }  # fmt: skip

    assert edges(one) == edges(other)
    assert violations(one.segments()) == 0


@pytest.mark.parametrize(
    "line",
    [
        [(310, 305), (395, 390)],
        [(299.97, 340), (400.03, 360)],
        [(-0.03, 50), (100.03, 50)],
        [(250, 250), (450, 450)],
        [(333.333, 200), (366.667, 500)],
    ],
)
def test_lines_inside_across_and_at_the_border(line: list, monkeypatch: pytest.MonkeyPatch) -> None:
    plane, site = town((LOCAL, [(350, 310), (350, 390)]), (LineKind.RIVER, [(-5, 50), (905, 53)]))
    fresh = cut_segments(np.array([shapely.LineString(line)], dtype=object))
    calls: list[int] = []
    monkeypatch.setattr(insertion, "build_plane", lambda *_: calls.append(1))
    local = insert(plane, fresh, site.boundary)
    assert not calls, "the whole map was made anew"
    whole = build_plane(insertion._noded(plane.segments(), fresh), site.boundary)
    same(local, whole)


def test_a_dead_end_that_a_cut_closes_divides() -> None:
    plane, site = town((LOCAL, [(350, 295), (350, 350)]))
    fresh = cut_segments(np.array([shapely.LineString([(350, 350), (400.03, 350)])], dtype=object))
    local = insert(plane, fresh, site.boundary)
    assert len(local.faces) == 82
    same(local, build_plane(insertion._noded(plane.segments(), fresh), site.boundary))


def test_random_lines_one_after_another() -> None:
    rng = np.random.default_rng(1)
    plane, site = town()
    whole = plane
    for _ in range(15):
        start = rng.uniform(50, 850, 2)
        line = shapely.LineString([start, start + rng.uniform(-150, 150, 2)])
        fresh = cut_segments(np.array([line], dtype=object))
        plane = insert(plane, fresh, site.boundary)
        whole = build_plane(insertion._noded(whole.segments(), fresh), site.boundary)
    same(plane, whole)


def test_squares_are_cleared() -> None:
    """An own outlet on a crossing gets a square of its own, without the streets in it."""
    plane, site = town()
    squares = doorsteps(plane, np.array([(300.0, 300.0)]))
    sides = cut_segments(shapely.boundary(squares))
    found = insert(plane, sides, site.boundary, cleared=squares)
    assert len(found.faces) == 82
    assert sorted(shapely.area(found.faces))[0] == 4.0
    assert (found.left != found.right).all()
    assert (np.bincount(found.left[found.left != OUTSIDE], minlength=82) > 0).any()


def test_lines_everywhere_make_the_whole_map_anew() -> None:
    plane, site = town()
    lines = [shapely.LineString([(x, 1), (x, 899)]) for x in range(50, 900, 100)]
    found = insert(plane, cut_segments(np.array(lines, dtype=object)), site.boundary)
    assert len(found.faces) == 81 + 9 * 7 + 0 * 2 or len(found.faces) > 81
