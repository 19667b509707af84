"""Exact noding of lines on an integer grid of 1 cm; what each line is stays with its segments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gridmap.errors import EngineError, InputError, fault

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Geometries = NDArray[np.object_]

#: Steps of the grid in a metre; coordinates are integers divided by it, so that equal integers
#: always give the same float.
STEPS_PER_M = 100
GRID_M = 1.0 / STEPS_PER_M
#: Coordinates stay below this many steps (5,368 km) from the origin, so that the products of
#: the orientation test stay below 2**62.
MAX_STEPS = 1 << 29
_MAX_TURNS = 64
#: Two almost parallel segments can hand a rounded crossing on along a third, a few steps of the
#: grid a turn. After so many turns segments bend to each other's ends instead, which ends that.
_PATIENCE = 6


@dataclass(frozen=True, eq=False)
class Grid:
    """The integer grid of one territory.

    Attributes
    ----------
    origin
        Grid position, in steps, that local coordinates are counted from. Shape (2,).
    """

    origin: Ints

    @classmethod
    def around(cls, boundary: BaseGeometry) -> Grid:
        """Return the grid whose origin is the lower left corner of `boundary` (metres).

        Raises
        ------
        InputError
            If the boundary is too wide for exact arithmetic.
        """
        left, bottom, right, top = boundary.bounds
        if max(right - left, top - bottom) * STEPS_PER_M >= MAX_STEPS / 2:
            raise InputError(
                fault("units.too_wide", km=f"{max(right - left, top - bottom) / 1e3:.0f}")
            )
        return cls(np.floor(np.array([left, bottom]) * STEPS_PER_M).astype(np.int64))

    def steps(self, xy: Floats) -> Ints:
        """Round coordinates in metres to the grid, in local steps. Shape (n, 2)."""
        return np.rint(xy * STEPS_PER_M).astype(np.int64) - self.origin

    def local_m(self, xy: Floats) -> Floats:
        """Shift coordinates to the local origin, in metres, without rounding. Shape (n, 2)."""
        return np.asarray(xy - self.origin / STEPS_PER_M, dtype=np.float64)

    def world_m(self, local_m: Floats) -> Floats:
        """Return the coordinates in metres of local grid positions in metres. Shape (n, 2)."""
        return np.asarray((steps_of(local_m) + self.origin) / STEPS_PER_M, dtype=np.float64)


def steps_of(local_m: Floats) -> Ints:
    """Return local metres as steps of the grid."""
    return np.rint(local_m * STEPS_PER_M).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Segments:
    """Straight segments between grid positions.

    Attributes
    ----------
    start, end
        Local steps. Shape (n, 2).
    kind
        `LineKind` bits. Shape (n,).
    """

    start: Ints
    end: Ints
    kind: Ints

    def __len__(self) -> int:
        return len(self.kind)

    def __getitem__(self, which: Ints | Bools) -> Segments:
        return Segments(self.start[which], self.end[which], self.kind[which])

    def linestrings(self) -> Geometries:
        """Return the segments as LineStrings in local steps. Shape (n,)."""
        ends = np.stack([self.start, self.end], axis=1).astype(np.float64)
        return np.asarray(shapely.linestrings(ends), dtype=object)


def join(*some: Segments) -> Segments:
    """Put segments one after another."""
    return Segments(
        np.concatenate([one.start for one in some]),
        np.concatenate([one.end for one in some]),
        np.concatenate([one.kind for one in some]),
    )


def segments_of(lines: Geometries, kinds: Ints, grid: Grid) -> Segments:
    """Return the segments of lines.

    Parameters
    ----------
    lines
        LineStrings, LinearRings or MultiLineStrings in metres. Shape (n_lines,).
    kinds
        `LineKind` bits of each line. Shape (n_lines,).
    grid
        Grid to round to.
    """
    parts, line = shapely.get_parts(lines, return_index=True)
    xy, part = shapely.get_coordinates(parts, return_index=True)
    position = grid.steps(xy)
    same = part[1:] == part[:-1]
    return Segments(position[:-1][same], position[1:][same], kinds[line[part[:-1][same]]])


def pack(position: Ints) -> Ints:
    """Return one integer a position, which sorts by x, then y. Shape (n,)."""
    return np.asarray(position[:, 0] * (1 << 31) + position[:, 1], dtype=np.int64)


def orientation(start: Ints, end: Ints, point: Ints) -> Ints:
    """Return twice the signed area of the triangles: > 0 if the point is on the left. Exact."""
    along, aside = end - start, point - start
    return np.asarray(along[:, 0] * aside[:, 1] - along[:, 1] * aside[:, 0], dtype=np.int64)


def node(segments: Segments, fresh: Bools | None = None) -> Segments:
    """Split segments until any two of them meet in common end points only.

    The first turn also bends each segment to the positions whose grid square it passes (snap
    rounding). No crossing can appear by that, apart from the rounding of the crossings, so
    the exact test of the next turn usually finds nothing left.

    Parameters
    ----------
    segments
        Any segments, in any order and direction.
    fresh
        Which of them are new; the others are known to be noded. Default: all. Shape (n,).

    Returns
    -------
    Segments
        Each undirected segment once, lower end first, in ascending order, with the kinds of
        all segments that run there. The result does not depend on the order of the input.

    References
    ----------
    J. D. Hobby (1999), Practical segment intersection with finite precision output,
    Computational Geometry 13: 199–214. L. J. Guibas and D. H. Marimont (1998), Rounding
    arrangements dynamically, Int. J. Computational Geometry & Applications 8: 157–178.
    """
    new = np.ones(len(segments), dtype=bool) if fresh is None else fresh
    segments, new = _tidy(segments, new)
    for turn in range(_MAX_TURNS):
        one, other = _meeting(segments, new)
        late = turn >= _PATIENCE
        which, position = _splits(segments, one, other, snapping=turn == 0 or late, patient=late)
        if len(which) == 0:
            return segments
        segments, new = _split(segments, which, position)
    raise EngineError(fault("units.not_noded", turns=_MAX_TURNS))


def violations(segments: Segments) -> int:
    """Return how many times segments meet elsewhere than in common end points. Exact."""
    one, other = _meeting(segments, np.ones(len(segments), dtype=bool))
    return len(_splits(segments, one, other, snapping=False)[0])


def _tidy(segments: Segments, new: Bools) -> tuple[Segments, Bools]:
    """Direct, sort and fold the segments; drop those without length."""
    start, end = pack(segments.start), pack(segments.end)
    swap = (start > end)[:, None]
    tidy = Segments(
        np.where(swap, segments.end, segments.start),
        np.where(swap, segments.start, segments.end),
        segments.kind,
    )
    low, high = np.minimum(start, end), np.maximum(start, end)
    order = np.lexsort((high, low))
    order = order[low[order] != high[order]]
    if len(order) == 0:
        return tidy[order], new[order]
    low, high = low[order], high[order]
    head = np.flatnonzero(np.append(True, (low[1:] != low[:-1]) | (high[1:] != high[:-1])))
    kind = np.bitwise_or.reduceat(tidy.kind[order], head)
    first = order[head]
    return (
        Segments(tidy.start[first], tidy.end[first], kind),
        np.logical_or.reduceat(new[order], head),
    )


def _meeting(segments: Segments, new: Bools) -> tuple[Ints, Ints]:
    """Return the pairs of segments whose boxes meet, at least one of the two being new."""
    lines = segments.linestrings()
    asked = np.flatnonzero(new)
    one, other = shapely.STRtree(lines).query(lines[asked])
    one = asked[one]
    once = np.where(new[other], one < other, one != other)
    one, other = one[once], other[once]
    order = np.lexsort((other, one))
    return one[order].astype(np.int64), other[order].astype(np.int64)


def _splits(
    segments: Segments, one: Ints, other: Ints, *, snapping: bool, patient: bool = False
) -> tuple[Ints, Ints]:
    """Return which segment must be split at which position. Shapes (n,) and (n, 2).

    With `patient`, segments that bend to each other's ends are not split where they cross: once
    they are bent, they may cross no longer.
    """
    p, q, r, s = segments.start[one], segments.end[one], segments.start[other], segments.end[other]
    side_r, side_s = orientation(p, q, r), orientation(p, q, s)
    side_p, side_q = orientation(r, s, p), orientation(r, s, q)
    which, position = [], []
    bent = np.zeros(len(one), dtype=np.bool_)
    for segment, a, b, point, side in (
        (one, p, q, r, side_r),
        (one, p, q, s, side_s),
        (other, r, s, p, side_p),
        (other, r, s, q, side_q),
    ):
        # The open square of side 1 around the point is met by the line a b exactly if
        # 2 |orientation| < |dx| + |dy|: the corners then lie on both sides of the line.
        reach = np.abs(b - a).sum(axis=1) if snapping else 1
        touched = (2 * np.abs(side) < reach) & _in_box(a, b, point)
        bent |= touched & (point != a).any(axis=1) & (point != b).any(axis=1)
        which.append(segment[touched])
        position.append(point[touched])
    crossing = (np.sign(side_p) * np.sign(side_q) < 0) & (np.sign(side_r) * np.sign(side_s) < 0)
    if patient:
        crossing &= ~bent
    if crossing.any():
        share = side_p[crossing] / (side_p[crossing] - side_q[crossing])
        along = (q - p)[crossing]
        where = np.rint(p[crossing] + share[:, None] * along).astype(np.int64)
        which += [one[crossing], other[crossing]]
        position += [where, where]
    segment, at = np.concatenate(which), np.concatenate(position)
    inner = (at != segments.start[segment]).any(axis=1) & (at != segments.end[segment]).any(axis=1)
    return segment[inner], at[inner]


def _in_box(start: Ints, end: Ints, point: Ints) -> Bools:
    low, high = np.minimum(start, end), np.maximum(start, end)
    return np.asarray(((point >= low) & (point <= high)).all(axis=1))


def _split(segments: Segments, which: Ints, position: Ints) -> tuple[Segments, Bools]:
    """Replace each segment named in `which` by the chain through its positions."""
    along = segments.end[which] - segments.start[which]
    progress = ((position - segments.start[which]) * along).sum(axis=1)
    order = np.lexsort((pack(position), progress, which))
    which, position = which[order], position[order]
    first = np.append(True, which[1:] != which[:-1])
    last = np.append(which[1:] != which[:-1], True)
    whole = np.ones(len(segments), dtype=bool)
    whole[which] = False
    head = Segments(segments.start[which[first]], position[first], segments.kind[which[first]])
    middle = Segments(position[~last], position[~first], segments.kind[which[~last]])
    tail = Segments(position[last], segments.end[which[last]], segments.kind[which[last]])
    chain = join(head, middle, tail)
    new = np.append(np.zeros(whole.sum(), dtype=bool), np.ones(len(chain), dtype=bool))
    return _tidy(join(segments[whole], chain), new)
