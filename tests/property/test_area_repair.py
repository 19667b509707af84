"""Whatever is wrong with a file of areas: what comes of it tiles the territory exactly."""

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from towns import assert_exact

from benchmarks.unit_quality import exact_faults
from gridmap.partition.coverage import area_units

SIDE_M = 120.0


@st.composite
def broken_areas(draw: st.DrawFn) -> tuple[shapely.Geometry, list[shapely.Geometry]]:
    """A grid of areas with moved corners, gaps, overlaps, repetitions, holes and bow ties."""
    seed = draw(st.integers(0, 2**32 - 1))
    columns, rows = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    jitter_m = draw(st.sampled_from([0.0, 0.004, 0.3, 5.0, 25.0]))
    shrink_m = draw(st.sampled_from([-6.0, -0.01, 0.0, 0.02, 4.0]))
    rng = np.random.default_rng(seed)
    areas: list[shapely.Geometry] = []
    for column in range(columns):
        for row in range(rows):
            box = shapely.box(0, 0, SIDE_M, SIDE_M)
            corners = shapely.get_coordinates(shapely.segmentize(box, 50.0))
            corners += np.array([column * SIDE_M, row * SIDE_M])
            corners[:-1] += rng.normal(0.0, jitter_m, (len(corners) - 1, 2))
            corners[-1] = corners[0]
            areas.append(shapely.Polygon(corners))
    areas = [one.buffer(-shrink_m, join_style="mitre") if one.is_valid else one for one in areas]
    if draw(st.booleans()):
        areas.append(areas[int(rng.integers(len(areas)))])
    if draw(st.booleans()):
        areas.pop(int(rng.integers(len(areas))))
    if draw(st.booleans()):
        x, y = rng.uniform(0, SIDE_M, 2)
        areas.append(shapely.Polygon([(x, y), (x + 60, y + 60), (x + 60, y), (x, y + 60)]))
    inner = shapely.box(5.3, 5.7, columns * SIDE_M - 4.1, rows * SIDE_M - 6.2)
    if draw(st.booleans()):
        inner = inner.difference(shapely.Point(60, 60).buffer(17.0))
    return inner, areas


@settings(max_examples=60, deadline=None)
@given(broken_areas())
def test_broken_areas_become_an_exact_coverage(
    case: tuple[shapely.Geometry, list[shapely.Geometry]],
) -> None:
    boundary, areas = case
    # A place for an own outlet in each corner of the first areas.
    own = np.array([(31.0, 12.0), (31.0, 14.5)])
    if not shapely.contains(boundary, shapely.multipoints(own)) or not areas:
        return
    usable = shapely.area(shapely.intersection(shapely.make_valid(areas), boundary)) > 100.0
    if not usable.any():
        return
    units, report = area_units(np.array(areas, dtype=object), boundary, own_xy=own)
    assert_exact(units, boundary)
    assert exact_faults(units.polygons, boundary) == 0
    assert len(set(units.locate(own).tolist())) == 2
    assert abs(units.area_m2.sum() - boundary.area) < 0.02 * boundary.length
    assert report.areas == len(areas)
    assert report.units == len(units)
