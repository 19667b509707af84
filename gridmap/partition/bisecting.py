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
TOLERANCE = 0.12
#: Directions tried where buildings are in the way, in degrees from the best one.
_TURNS = (0.0, 15.0, -15.0, 30.0, -30.0, 50.0, -50.0, 90.0)
_OUTLET_TURNS = tuple(15.0 * turn for turn in range(12))
#: Places tried for a line between the least and the greatest share that the halves may have.
_PLACES = 41
#: What a building in the way, a turn by 90° and the loss of balance are worth against each other.
_HIT, _TURNED, _UNEVEN = 1.0, 0.3, 1.0


@dataclass(frozen=True, eq=False)
class Ground:
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


def bisect(region: Region, ground: Ground, obstacles: Obstacles) -> list[Region]:
    """Return lines that cut a face into pieces within the limits, one own outlet in each.

    Own outlets are separated first, through the widest gaps between them. Each further line halves what it cuts by ground or demand, whichever fills more pieces, across its
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
        _divide(region, across, place, lines, todo, index, ground.xy)
    return lines


def _best_line(
    ground: Ground, index: Ints, obstacles: Obstacles
) -> tuple[Floats, float] | None:
    """Return the direction across a line and its place, None if nothing is to be cut."""
    own = index[ground.own[index]]
    if len(own) > 1:
        return _widest_gap(ground.xy[own], obstacles)
    pieces = ground.pieces(index) if len(index) else 1
    return _halving(ground, index, pieces, obstacles) if pieces > 1 else None


def _divide(
    region: Region,
    across: Floats,
    place: float,
    lines: list[Region],
    todo: list[tuple[Region, Ints]],
    index: Ints,
    xy: Floats,
) -> None:
    """Note a line and both halves."""
    below, above, line = _split(region, float(across[0]), float(across[1]), place)
    upper = xy[index] @ across > place
    if len(line) == 2:
        lines.append(line)
    todo += [(below, index[~upper]), (above, index[upper])]


def _halving(
    ground: Ground, index: Ints, pieces: int, obstacles: Obstacles
) -> tuple[Floats, float] | None:
    """Return the direction across the best line and its place along it, None if there is none."""
    xy = ground.xy[index]
    area, load = ground.area[index], ground.load[index]
    by_load = load.sum() > area.sum()
    weight = load if by_load else area
    full = weight.sum()
    if not full > 0.0:
        weight, full = np.full(len(index), 1.0 / len(index)), 1.0
    unit = full / pieces
    fewer = pieces // 2
    even = unit * fewer
    # Neither half may hold more than its pieces can.
    most = max(unit, 1.0) * (1.0 + TOLERANCE / 2)
    least_share, most_share = full - most * (pieces - fewer), most * fewer
    main = _longer_axis(xy, area + load / max(pieces, 1))
    best: tuple[float, Floats, float] | None = None
    for turn in _TURNS if len(obstacles) else _TURNS[:1]:
        across = _turned(main, turn)
        found = _place(xy @ across, weight, even, (least_share, most_share), obstacles, across)
        if found is None:
            continue
        cost = found[0] + _TURNED * abs(turn) / 90.0
        if best is None or cost < best[0] - 1e-9:
            best = (cost, across, found[1])
        if cost < 1e-9:
            break
    if best is None and not len(obstacles):
        across = _turned(main, 90.0)
        found = _place(xy @ across, weight, even, (least_share, most_share), obstacles, across)
        return None if found is None else (across, found[1])
    return None if best is None else best[1:]


def _place(
    along: Floats,
    weight: Floats,
    even: float,
    window: tuple[float, float],
    obstacles: Obstacles,
    across: Floats,
) -> tuple[float, float] | None:
    """Return the cost and the place of the best line across one direction."""
    order = np.argsort(along, kind="stable")
    position, held = along[order], np.cumsum(weight[order])
    gaps = np.flatnonzero(np.diff(position) > 1e-6)
    if len(gaps) == 0:
        return None
    middle = (position[gaps] + position[gaps + 1]) / 2.0
    share = held[gaps]
    off = np.abs(share - even)
    target = int(np.argmin(off))
    if len(obstacles) == 0:
        return 0.0, float(middle[target])
    fits = np.flatnonzero((share >= window[0]) & (share <= window[1]))
    low, high = (fits[0], fits[-1]) if len(fits) else (target, target)
    first, last = position[gaps[low]], position[gaps[high] + 1]
    start, end = obstacles.spans(across)
    places = np.append(np.linspace(first, last, _PLACES + 2)[1:-1], middle[target])
    hits = _hits(start, end, places)
    # At a place within a gap the share is that of the points below it.
    below = held[np.clip(np.searchsorted(position, places) - 1, 0, len(held) - 1)]
    uneven = np.abs(below - even) / max(even, 1e-12)
    cost = _HIT * hits + _UNEVEN * uneven
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
    for turn in (_OUTLET_TURNS if len(xy) > 2 else (0.0, *_TURNS[1:-1])):
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
    return inner[np.argsort(-width[inner], kind="stable")][:3].tolist()


def _longer_axis(xy: Floats, weight: Floats) -> Floats:
    """Return the unit vector along which weighted points are spread most. Shape (2,)."""
    if not weight.sum() > 0.0:
        weight = np.ones(len(xy))
    total = weight.sum()
    x, y = xy[:, 0], xy[:, 1]
    x, y = x - (weight @ x) / total, y - (weight @ y) / total
    xx, yy, xy_ = float(weight @ (x * x)), float(weight @ (y * y)), float(weight @ (x * y))
    angle = 0.5 * math.atan2(2.0 * xy_, xx - yy)
    return np.array([math.cos(angle), math.sin(angle)])


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
