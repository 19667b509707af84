"""Segments are split exactly and keep what they are."""

import numpy as np
import pytest
import shapely

from gridmap.errors import EngineError, InputError
from gridmap.partition import noding
from gridmap.partition.linework import LineKind
from gridmap.partition.noding import Grid, Segments, node, segments_of, violations

RIVER, STREET, ADMIN = LineKind.RIVER, LineKind.LOCAL_STREET, LineKind.ADMIN


def segments(*rows: tuple[tuple[int, int], tuple[int, int], LineKind]) -> Segments:
    return Segments(
        np.array([row[0] for row in rows], dtype=np.int64).reshape(-1, 2),
        np.array([row[1] for row in rows], dtype=np.int64).reshape(-1, 2),
        np.array([int(row[2]) for row in rows], dtype=np.int64),
    )


def as_set(noded: Segments) -> set[tuple[int, int, int, int, int]]:
    rows = np.column_stack([noded.start, noded.end, noded.kind])
    assert len(np.unique(rows, axis=0)) == len(rows)
    return {tuple(row) for row in rows.tolist()}


def test_crossing_lines_are_split_where_they_cross() -> None:
    noded = node(segments(((0, 0), (10, 10), RIVER), ((0, 10), (10, 0), STREET)))
    assert as_set(noded) == {
        (0, 0, 5, 5, RIVER),
        (5, 5, 10, 10, RIVER),
        (0, 10, 5, 5, STREET),
        (5, 5, 10, 0, STREET),
    }


def test_crossing_off_the_grid_is_rounded_for_both() -> None:
    """(0,0)–(3,2) and (0,1)–(3,1) cross at (1.5, 1), between two positions: both bend to one."""
    noded = node(segments(((0, 0), (300, 200), RIVER), ((0, 101), (300, 101), STREET)))
    assert violations(noded) == 0
    # y = 101 at x = 151.5; numpy rounds half to even.
    assert (152, 101) in {tuple(xy) for xy in noded.start.tolist()}
    assert len(noded) == 4


def test_t_junction_splits_the_through_line() -> None:
    noded = node(segments(((0, 0), (10, 0), STREET), ((5, 0), (5, 7), STREET)))
    assert as_set(noded) == {
        (0, 0, 5, 0, STREET),
        (5, 0, 10, 0, STREET),
        (5, 0, 5, 7, STREET),
    }


def test_line_that_ends_half_a_step_beside_another_is_joined_to_it() -> None:
    """The line y = x/3 passes (4, 1) at a distance below half a step."""
    noded = node(segments(((0, 0), (9, 3), STREET), ((4, 1), (4, -9), STREET)))
    assert (0, 0, 4, 1, STREET) in as_set(noded)
    # It passes (5, 1) at the corner of the grid square: 2 |9 · 1 - 3 · 5| = 9 + 3.
    noded = node(segments(((0, 0), (9, 3), STREET), ((5, 1), (5, -9), STREET)))
    assert (0, 0, 9, 3, STREET) in as_set(noded)


def test_overlapping_collinear_lines_share_kinds() -> None:
    noded = node(segments(((0, 0), (8, 0), STREET), ((12, 0), (4, 0), ADMIN)))
    assert as_set(noded) == {
        (0, 0, 4, 0, STREET),
        (4, 0, 8, 0, STREET | ADMIN),
        (8, 0, 12, 0, ADMIN),
    }


def test_same_line_twice_and_reversed_is_one() -> None:
    noded = node(
        segments(((0, 0), (8, 3), STREET), ((8, 3), (0, 0), RIVER), ((2, 2), (2, 2), ADMIN))
    )
    assert as_set(noded) == {(0, 0, 8, 3, STREET | RIVER)}


def test_nothing_gives_nothing() -> None:
    assert len(node(segments())) == 0
    assert len(node(segments(((1, 1), (1, 1), RIVER)))) == 0


def test_added_lines_are_noded_against_the_old_ones() -> None:
    rng = np.random.default_rng(5)
    ends = rng.integers(0, 2000, (60, 2, 2))
    lines = Segments(ends[:, 0], ends[:, 1], np.full(60, int(STREET)))
    old = node(lines[np.arange(40)])
    both = noding.join(old, lines[np.arange(40, 60)])
    fresh = np.arange(len(both)) >= len(old)
    noded = node(both, fresh)
    assert violations(noded) == 0
    assert len(noded) > len(old)


def test_order_and_direction_have_no_influence() -> None:
    rng = np.random.default_rng(6)
    ends = rng.integers(0, 500, (80, 2, 2))
    lines = Segments(ends[:, 0], ends[:, 1], rng.choice([int(RIVER), int(STREET)], 80))
    one = node(lines)
    mixed = lines[rng.permutation(80)]
    other = node(Segments(mixed.end, mixed.start, mixed.kind))
    assert as_set(one) == as_set(other)
    assert (one.start == other.start).all()


def test_violations_are_counted() -> None:
    assert violations(segments(((0, 0), (10, 10), RIVER), ((0, 10), (10, 0), STREET))) == 2
    assert violations(segments(((0, 0), (10, 0), RIVER), ((5, 0), (5, 5), STREET))) == 1
    assert violations(segments(((0, 0), (10, 0), RIVER), ((10, 0), (5, 5), STREET))) == 0


def test_far_coordinates_stay_exact() -> None:
    """At 2,600 km from the origin a vertex one step beside a long line is not on it."""
    far = noding.MAX_STEPS // 2 - 1
    line = ((0, 0), (far, far - 1), STREET)
    beside = ((far - 1, far - 2), (far - 1, 0), STREET)
    start, end, _ = line
    assert noding.orientation(np.array([start]), np.array([end]), np.array([beside[0]]))[0] == -1
    assert violations(node(segments(line, beside))) == 0


def test_lines_become_segments_of_their_part() -> None:
    grid = Grid(np.array([100, 100]))
    lines = np.array(
        [
            shapely.LineString([(1, 1), (2, 1), (2, 3)]),
            shapely.LinearRing([(0, 0), (1, 0), (1, 1)]),
        ],
        dtype=object,
    )
    found = segments_of(lines, np.array([2, 4]), grid)
    assert found.kind.tolist() == [2, 2, 4, 4, 4]
    assert found.start[:2].tolist() == [[0, 0], [100, 0]]


def test_grid_rounds_trips_coordinates() -> None:
    grid = Grid.around(shapely.box(500_000.004, 5_000_000.006, 500_100, 5_000_100))
    xy = np.array([[500_012.34, 5_000_099.99]])
    assert (grid.world_m(grid.local_m(xy)) == xy).all()
    assert (grid.steps(xy) == [[1234, 9999]]).all()


def test_territory_beyond_exact_arithmetic_is_refused() -> None:
    with pytest.raises(InputError, match="2700 km"):
        Grid.around(shapely.box(0, 0, 2.7e6, 1))


def test_endless_noding_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noding, "_MAX_TURNS", 1)
    with pytest.raises(EngineError, match="1 turns"):
        node(segments(((0, 0), (10, 10), RIVER), ((0, 10), (10, 0), STREET)))


def test_a_crossing_that_wanders_along_a_wall_comes_to_rest() -> None:
    """Two cuts, almost parallel to a long border, hand their crossing on for a metre."""
    start = [
        [59223, 53272], [41120, 50738], [59358, 49229], [59335, 49046], [59370, 48836],
        [59341, 49726], [59334, 49919],
    ]  # fmt: skip
    end = [
        [59417, 47447], [59447, 45860], [59301, 50905], [59346, 49585], [59301, 50951],
        [59383, 49147], [59351, 49587],
    ]  # fmt: skip
    kind = np.full(7, int(LineKind.CUT), dtype=np.int64)
    fresh = np.arange(7) > 0
    found = node(Segments(np.array(start), np.array(end), kind), fresh)
    assert violations(found) == 0
