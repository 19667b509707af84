"""Cut a face by straight lines, half by half, between its buildings."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
#: Corners of a convex region, counter-clockwise or clockwise.
Region = list[tuple[float, float]]

#: A piece this much above a limit stays whole: two halves would be further from it.
TOLERANCE = 0.2
#: What a half may have above its even share where that spares a building.
_ROOM = 0.15
#: Directions tried where buildings are in the way, in degrees from the best one.
_TURNS = (0.0, 15.0, -15.0, 30.0, -30.0, 50.0, -50.0, 90.0)
_OUTLET_TURNS = tuple(15.0 * turn for turn in range(12))
#: Places tried for a line between the least and the greatest share that the halves may have.
_PLACES = 41
#: What a building in the way, a turn by 90°, and halves that are uneven by all of what is halved,
#: or of the ground, are worth against each other.
_HIT, _TURNED, _UNEVEN, _UNEVEN_GROUND = 1.0, 0.3, 1.0, 0.2
#: A half with less than this part of its share of the ground is a crumb, worth as much as
#: several buildings.
_LEAST_GROUND, _CRUMB = 0.3, 4.0


@dataclass(frozen=True, eq=False)
class FacePoints:
    """Points that stand for a face: its ground and its demand.

    Attributes
    ----------
    xy
        Shape (n, 2).
    area, load
        Share of each point in the limits: 1 in all is one full piece. Shape (n,).
    own
        Which points are own outlets: no piece may hold two of them. Shape (n,).
    max_extent_m
        Longest diagonal of a piece's box.
    """

    xy: Floats
    area: Floats
    load: Floats
    own: Bools
    max_extent_m: float

    def pieces(self, index: Ints) -> int:
        """Return into how many pieces the points of `index` must be cut."""
        xy = self.xy[index]
        extent = math.hypot(*(xy.max(axis=0) - xy.min(axis=0)).tolist())
        full = max(
            float(self.area[index].sum()), float(self.load[index].sum()), extent / self.max_extent_m
        )
        return max(1, math.ceil(full - TOLERANCE))


@dataclass(frozen=True, eq=False)
class Obstacles:
    """Buildings that lines go around.

    Attributes
    ----------
    xy
        Corners of all buildings, one after another. Shape (n, 2).
    start
        First corner of each building, and one past the last. Shape (n_buildings + 1,).
    """

    xy: Floats
    start: Ints

    def __len__(self) -> int:
        return len(self.start) - 1

    def spans(self, across: Floats) -> tuple[Floats, Floats]:
        """Return the least and greatest position of each building along a direction."""
        along = self.xy @ across
        if len(self) == 0:
            return np.empty(0), np.empty(0)
        head = self.start[:-1]
        return np.minimum.reduceat(along, head), np.maximum.reduceat(along, head)


NO_OBSTACLES = Obstacles(np.empty((0, 2)), np.zeros(1, dtype=np.int64))


def bisect(region: Region, ground: FacePoints, obstacles: Obstacles) -> list[Region]:
    """Return lines that cut a face into pieces within the limits, one own outlet in each.

    Own outlets are separated first, through the widest gaps between them. Each further line
    halves what it cuts by ground or demand, whichever fills more pieces, across its
    longer axis; a place beside the even one, or another direction, is taken if that spares
    buildings. Demand of one place cannot be cut.

    Parameters
    ----------
    region
        Convex region around the face.
    ground
        What stands for the face.
    obstacles
        Buildings in it.

    Returns
    -------
    list
        Lines as two ends each, from border to border of the piece that they cut.
    """
    lines: list[Region] = []
    todo = [(region, np.arange(len(ground.xy), dtype=np.int64))]
    while todo:
        region, index = todo.pop()
        found = _best_line(ground, index, obstacles)
        if found is None:
            continue
        across, place = found
        below, above, line = _split(region, float(across[0]), float(across[1]), place)
        upper = ground.xy[index] @ across > place
        if len(line) == 2:
            lines.append(line)
        todo += [(below, index[~upper]), (above, index[upper])]
    return lines


def _best_line(
    ground: FacePoints, index: Ints, obstacles: Obstacles
) -> tuple[Floats, float] | None:
    """Return the direction across a line and its place, None if nothing is to be cut."""
    own = index[ground.own[index]]
    if len(own) > 1:
        return _widest_gap(ground.xy[own], obstacles)
    pieces = ground.pieces(index) if len(index) else 1
    return _halving(ground, index, pieces, obstacles) if pieces > 1 else None


@dataclass(frozen=True, eq=False)
class _Halves:
    """How points of one piece are to be divided.

    Attributes
    ----------
    xy
        Shape (n, 2).
    weight
        What is halved: ground or demand. Shape (n,).
    ground
        Share of each point in the ground. Shape (n,).
    share
        Share of the first half in both.
    window
        Least and most weight of the first half.
    """

    xy: Floats
    weight: Floats
    ground: Floats
    share: float
    window: tuple[float, float]

    @classmethod
    def of(cls, ground: FacePoints, index: Ints, pieces: int) -> _Halves:
        area, load = ground.area[index], ground.load[index]
        weight = load if load.sum() > area.sum() else area
        if not weight.sum() > 0.0:
            weight = np.full(len(index), 1.0 / len(index))
        if not area.sum() > 0.0:
            area = np.ones(len(index))
        full = float(weight.sum())
        fewer = pieces // 2
        # Neither half may hold more than its pieces can.
        most = max(full / pieces, 1.0) * (1.0 + _ROOM)
        window = (full - most * (pieces - fewer), most * fewer)
        return cls(ground.xy[index], weight, area / area.sum(), fewer / pieces, window)

    def cost(self, weight: Floats, ground: Floats) -> Floats:
        """Return how far places are from an even division, by what lies below them."""
        even = self.share * float(self.weight.sum())
        least = _LEAST_GROUND * min(self.share, 1.0 - self.share)
        crumb = np.minimum(ground, 1.0 - ground) < least
        uneven = np.abs(weight - even) / max(even, 1e-12)
        return np.asarray(
            _UNEVEN * uneven + _UNEVEN_GROUND * np.abs(ground - self.share) + _CRUMB * crumb
        )


def _halving(
    ground: FacePoints, index: Ints, pieces: int, obstacles: Obstacles
) -> tuple[Floats, float] | None:
    """Return the direction across the best line and its place along it, None if there is none."""
    halves = _Halves.of(ground, index, pieces)
    main, drawn_out = _longer_axis(halves.xy, halves.ground + halves.weight / halves.weight.sum())
    best: tuple[float, Floats, float] | None = None
    for turn in _TURNS:
        across = _turned(main, turn)
        found = _place(halves, across, obstacles)
        if found is None:
            continue
        # A line along a strip would leave two narrower ones.
        cost = found[0] + _TURNED * drawn_out * abs(turn) / 90.0
        if best is None or cost < best[0] - 1e-9:
            best = (cost, across, found[1])
        # Without buildings in the way, or crumbs, the first direction is the best.
        if found[0] < min(_HIT, _CRUMB):
            break
    return None if best is None else best[1:]


def _place(halves: _Halves, across: Floats, obstacles: Obstacles) -> tuple[float, float] | None:
    """Return the cost and the place of the best line across one direction."""
    along = halves.xy @ across
    order = np.argsort(along, kind="stable")
    position = along[order]
    weight, ground = np.cumsum(halves.weight[order]), np.cumsum(halves.ground[order])
    gaps = np.flatnonzero(np.diff(position) > 1e-6)
    if len(gaps) == 0:
        return None
    places = (position[gaps] + position[gaps + 1]) / 2.0
    cost = halves.cost(weight[gaps], ground[gaps])
    best = int(np.argmin(cost))
    if len(obstacles) == 0:
        return float(cost[best]), float(places[best])
    low, high = halves.window
    fits = np.flatnonzero((weight[gaps] >= low) & (weight[gaps] <= high))
    first, last = (fits[0], fits[-1]) if len(fits) else (best, best)
    places = np.append(
        np.linspace(position[gaps[first]], position[gaps[last] + 1], _PLACES + 2)[1:-1],
        places[best],
    )
    # At a place within a gap the share is that of the points below it.
    below = np.clip(np.searchsorted(position, places) - 1, 0, len(position) - 1)
    start, end = obstacles.spans(across)
    cost = _HIT * _hits(start, end, places) + halves.cost(weight[below], ground[below])
    best = int(np.argmin(cost))
    return float(cost[best]), float(places[best])


def _hits(start: Floats, end: Floats, places: Floats) -> Ints:
    """Return how many spans hold each place in their inside."""
    begun = np.searchsorted(np.sort(start), places, side="left")
    over = np.searchsorted(np.sort(end), places, side="right")
    return np.asarray(begun - over, dtype=np.int64)


def _widest_gap(xy: Floats, obstacles: Obstacles) -> tuple[Floats, float]:
    """Return the direction across a line between the points, and its place."""
    best: tuple[int, float] | None = None
    chosen = (np.array([1.0, 0.0]), 0.0)
    for turn in _OUTLET_TURNS if len(xy) > 2 else (0.0, *_TURNS[1:-1]):
        main = xy[1] - xy[0] if len(xy) == 2 else np.array([1.0, 0.0])
        across = _turned(main / math.hypot(*main.tolist()), turn)
        position = np.sort(xy @ across)
        start, end = obstacles.spans(across)
        for one in _middle_gaps(np.diff(position)):
            here, there = position[one], position[one + 1]
            # Off the points by a fifth of the gap, else one of them would end on the line.
            places = here + (there - here) * np.array([0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8])
            hits = _hits(start, end, places)
            free = int(np.argmin(hits))
            score = (int(-hits[free]), float(there - here))
            if best is None or score > best:
                best, chosen = score, (across, float(places[free]))
    return chosen


def _middle_gaps(width: Floats) -> list[int]:
    """Return the widest gaps among the middle half of them."""
    count = len(width)
    low = (count - 1) // 4
    inner = np.arange(low, count - low)
    return [int(one) for one in inner[np.argsort(-width[inner], kind="stable")][:3]]


def _longer_axis(xy: Floats, weight: Floats) -> tuple[Floats, float]:
    """Return the unit vector along which weighted points spread most, and how much more."""
    if not weight.sum() > 0.0:
        weight = np.ones(len(xy))
    total = weight.sum()
    x, y = xy[:, 0], xy[:, 1]
    x, y = x - (weight @ x) / total, y - (weight @ y) / total
    xx, yy, xy_ = float(weight @ (x * x)), float(weight @ (y * y)), float(weight @ (x * y))
    angle = 0.5 * math.atan2(2.0 * xy_, xx - yy)
    cosine, sine = math.cos(angle), math.sin(angle)
    along = xx * cosine**2 + 2.0 * xy_ * cosine * sine + yy * sine**2
    across = max(xx + yy - along, 1e-9 * (xx + yy), 1e-12)
    return np.array([cosine, sine]), max(1.0, math.sqrt(max(along, 0.0) / across))


def _turned(direction: Floats, degrees: float) -> Floats:
    angle = math.radians(degrees)
    cosine, sine = math.cos(angle), math.sin(angle)
    x, y = float(direction[0]), float(direction[1])
    return np.array([x * cosine - y * sine, x * sine + y * cosine])


def _split(region: Region, a: float, b: float, place: float) -> tuple[Region, Region, Region]:
    """Split a convex region along ``a x + b y = place``; the third is the line inside."""
    below: Region = []
    above: Region = []
    line: Region = []
    side = [a * x + b * y - place for x, y in region]
    for number, (x, y) in enumerate(region):
        (before_x, before_y), before, here = region[number - 1], side[number - 1], side[number]
        if (before < 0.0) != (here < 0.0):
            share = before / (before - here)
            corner = (before_x + share * (x - before_x), before_y + share * (y - before_y))
            below.append(corner)
            above.append(corner)
            line.append(corner)
        (below if here < 0.0 else above).append((x, y))
    return below, above, line
