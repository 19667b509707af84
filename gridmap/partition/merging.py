"""Join slivers and crumbs to a neighbour by relabelling faces; no vertex moves."""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass

import numpy as np
import shapely

from gridmap.partition.linework import LineKind
from gridmap.partition.noding import STEPS_PER_M, Bools, Floats, Ints
from gridmap.partition.planar import OUTSIDE, Plane, locate

#: How much a metre of each kind of line resists being dropped; a side of several kinds counts
#: as its strongest. Lines above `_WALL` are walls.
RESISTANCE = {
    LineKind.CUT: 0.5,
    LineKind.SERVICE_STREET: 1.0,
    LineKind.LOCAL_STREET: 2.0,
    LineKind.MINOR_STREET: 4.0,
    LineKind.MAJOR_STREET: 6.0,
    LineKind.SHORE: 20.0,
    LineKind.RAIL: 20.0,
    LineKind.MOTORWAY: 20.0,
    LineKind.RIVER: 30.0,
    # Between two faces inside only where snapping has folded the border over: a hairline.
    LineKind.TERRITORY: 30.0,
}
_WEAKEST = 0.5
#: A border is a wall if its mean resistance a metre is above this.
_WALL = 15.0
_WALLS = LineKind.SHORE | LineKind.RAIL | LineKind.MOTORWAY | LineKind.RIVER
_STREETS = (
    LineKind.MAJOR_STREET | LineKind.MINOR_STREET | LineKind.LOCAL_STREET | LineKind.SERVICE_STREET
)
#: A street that crosses a strip runs along it for its width at either end.
_FRONTAGE = 3.0
#: Neither slivers nor anything else is joined across this.
_NEVER = LineKind.ADMIN
#: Neighbours this close to the best are as good; among them the one furthest to the north-east
#: is taken, so that the pieces between two carriageways all go to the same side.
_AS_GOOD = 0.85
_NORTH_EAST = (0.8, 0.6)
#: A neighbour counts so much less if one is water and the other land …
_OTHER_GROUND = 0.05
#: … if a sliver would bring it above the maxima; a face that is no sliver may not …
_TOO_LARGE = 0.02
#: … and if a sliver would become too long with it.
_TOO_LONG = 0.001


@dataclass(frozen=True)
class MergeRule:
    """What is joined, and what must not come of it.

    Attributes
    ----------
    min_area_m2, min_width_m
        A face below either is joined to a neighbour, where walls and the maxima allow it.
    sliver_area_m2, sliver_width_m
        A face below either is joined across walls and above the maxima, too.
    strip_width_m
        So is a strip below this width that has neither demand nor a street, such as the ground
        between two carriageways; all strips along a barrier go to the same side of it.
    max_area_m2, max_extent_m, max_load
        What a joined face may have at most; the extent is the diagonal of its box.
    """

    min_area_m2: float
    min_width_m: float
    sliver_area_m2: float
    sliver_width_m: float
    max_area_m2: float
    max_extent_m: float
    max_load: float
    strip_width_m: float = 0.0


@dataclass(slots=True)
class _Border:
    """What two faces share: metres, resistance times metres, and whether it may never go."""

    length_m: float = 0.0
    resistance: float = 0.0
    fixed: bool = False

    def add(self, other: _Border) -> None:
        self.length_m += other.length_m
        self.resistance += other.resistance
        self.fixed |= other.fixed

    @property
    def wall(self) -> bool:
        return self.resistance > _WALL * self.length_m


@dataclass(slots=True)
class _Face:
    """A face with all that has been joined to it."""

    area_m2: float
    length_m: float
    load: float
    own: bool
    water: bool
    x: float
    y: float
    box: tuple[float, float, float, float]
    street: bool
    borders: dict[int, _Border]
    version: int = 0

    @property
    def width_m(self) -> float:
        """Mean width: a long rectangle has this width."""
        return 2.0 * self.area_m2 / self.length_m


def merge_faces(
    plane: Plane,
    load: Floats,
    own: Bools,
    water: Bools,
    rule: MergeRule,
    *,
    street: Bools | None = None,
) -> tuple[Ints, Bools]:
    """Join faces that are too small or too narrow, the smallest first.

    A face goes to the neighbour with the greatest shared length / mean resistance. Two own
    outlets never come together, administrative lines are never crossed, and water goes to
    land, or land to water, only if nothing else is there.

    Parameters
    ----------
    plane
        Planar map.
    load
        Demand of each face. Shape (n_faces,).
    own
        Which faces hold an own outlet. Shape (n_faces,).
    water
        Which faces are water. Shape (n_faces,).
    rule
        What to join.
    street
        Which faces can be entered from a street; by default those with one along their border
        or in them, see `street_access`. Shape (n_faces,).

    Returns
    -------
    label
        New number of each face, 0 … n - 1, in the order of the lowest face. Shape (n_faces,).
    water
        Which of the joined faces are water: what had the greater area. Shape (n,).
    """
    faces = _faces(plane, load, own, water, street_access(plane) if street is None else street)
    parent = list(range(len(faces)))
    queue = [(face.area_m2, number, 0) for number, face in enumerate(faces) if _poor(face, rule)]
    heapq.heapify(queue)
    while queue:
        _, number, version = heapq.heappop(queue)
        if parent[number] != number or version != faces[number].version:
            continue
        target = _best_neighbour(faces, number, rule)
        if target is None:
            continue
        _join(faces, number, target)
        parent[number] = target
        if _poor(faces[target], rule):
            heapq.heappush(queue, (faces[target].area_m2, target, faces[target].version))
    root = np.array(parent, dtype=np.int64)
    while (root[root] != root).any():
        root = root[root]
    roots, first, label = np.unique(root, return_index=True, return_inverse=True)
    order = np.argsort(first)
    joined_water = np.array([faces[one].water for one in roots[order]], dtype=np.bool_)
    return np.argsort(order)[label].astype(np.int64), joined_water


def street_access(plane: Plane) -> Bools:
    """Return which faces can be entered from a street. Shape (n_faces,).

    A motorway is no access, nor is a street that only crosses a strip at its ends: streets along
    a face, or in it, count if they are longer than `_FRONTAGE` times its mean width.
    """
    here: Floats = np.zeros(len(plane.faces))
    street = ((plane.kind & _STREETS) != 0) & ((plane.kind & _WALLS) == 0)
    length = plane.length_m
    for side in (plane.left, plane.right):
        beside = street & (side != OUTSIDE)
        here += np.bincount(side[beside], length[beside], len(plane.faces))
    ends = plane.loose[((plane.loose.kind & _STREETS) != 0) & ((plane.loose.kind & _WALLS) == 0)]
    face = locate(plane.faces, (ends.start + ends.end) / (2.0 * STEPS_PER_M))
    across = np.hypot(*((ends.end - ends.start) / STEPS_PER_M).T)
    here += np.bincount(face[face != OUTSIDE], across[face != OUTSIDE], len(plane.faces))
    width = 2.0 * shapely.area(plane.faces) / shapely.length(plane.faces)
    return np.asarray(here > _FRONTAGE * width, dtype=np.bool_)


def _faces(plane: Plane, load: Floats, own: Bools, water: Bools, street: Bools) -> list[_Face]:
    centre = shapely.get_coordinates(shapely.centroid(plane.faces))
    faces = [
        _Face(area_m2, length_m, held, is_own, is_water, x, y, tuple(box), on_street, {})
        for area_m2, length_m, held, is_own, is_water, (x, y), box, on_street in zip(
            np.asarray(shapely.area(plane.faces)).tolist(),
            np.asarray(shapely.length(plane.faces)).tolist(),
            load.tolist(),
            own.tolist(),
            water.tolist(),
            centre.tolist(),
            shapely.bounds(plane.faces).tolist(),
            street.tolist(),
            strict=True,
        )
    ]
    inner = plane.inner
    length = plane.length_m[inner]
    kind = plane.kind[inner]
    for left, right, length_m, resisting, fixed in zip(
        plane.left[inner].tolist(),
        plane.right[inner].tolist(),
        length.tolist(),
        (_resistance(kind) * length).tolist(),
        ((kind & _NEVER) != 0).tolist(),
        strict=True,
    ):
        border = faces[left].borders.get(right)
        if border is None:
            border = faces[left].borders[right] = faces[right].borders[left] = _Border()
        border.add(_Border(length_m, resisting, fixed))
    return faces


def _resistance(kind: Ints) -> Floats:
    resistance = np.full(len(kind), _WEAKEST)
    for bit, value in RESISTANCE.items():
        resistance[(kind & bit) != 0] = np.maximum(resistance[(kind & bit) != 0], value)
    return resistance


def _around(
    one: tuple[float, float, float, float], other: tuple[float, float, float, float]
) -> tuple[float, float, float, float]:
    """Return the box (left, bottom, right, top) around two boxes."""
    return (
        min(one[0], other[0]),
        min(one[1], other[1]),
        max(one[2], other[2]),
        max(one[3], other[3]),
    )


def _extent_m(box: tuple[float, float, float, float]) -> float:
    return math.hypot(box[2] - box[0], box[3] - box[1])


def _poor(face: _Face, rule: MergeRule) -> bool:
    return face.area_m2 < rule.min_area_m2 or face.width_m < rule.min_width_m


def _sliver(face: _Face, rule: MergeRule) -> bool:
    if face.area_m2 < rule.sliver_area_m2 or face.width_m < rule.sliver_width_m:
        return True
    strip = face.width_m < rule.strip_width_m
    return strip and not (face.street or face.own or face.load > 0.0)


def _best_neighbour(faces: list[_Face], number: int, rule: MergeRule) -> int | None:
    face = faces[number]
    sliver = _sliver(face, rule)
    scores: list[tuple[float, int]] = []
    for other, border in face.borders.items():
        neighbour = faces[other]
        if border.fixed or (face.own and neighbour.own):
            continue
        area = face.area_m2 + neighbour.area_m2
        score = border.length_m**2 / border.resistance
        if face.water != neighbour.water:
            score *= _OTHER_GROUND
        if _extent_m(_around(face.box, neighbour.box)) > rule.max_extent_m:
            if not sliver:
                continue
            score *= _TOO_LONG
        too_large = area > rule.max_area_m2 or face.load + neighbour.load > rule.max_load
        if sliver and too_large:
            score *= _TOO_LARGE
        if not sliver:
            if too_large or border.wall or face.water != neighbour.water:
                continue
            score /= 1.0 + area / rule.max_area_m2
        scores.append((score, other))
    if not scores:
        return None
    enough = _AS_GOOD * max(score for score, _ in scores)
    east, north = _NORTH_EAST
    return max(
        ((faces[other].x - face.x) * east + (faces[other].y - face.y) * north, other)
        for score, other in scores
        if score >= enough
    )[1]


def _join(faces: list[_Face], number: int, target: int) -> None:
    gone, kept = faces[number], faces[target]
    area = gone.area_m2 + kept.area_m2
    kept.x = (gone.x * gone.area_m2 + kept.x * kept.area_m2) / area
    kept.y = (gone.y * gone.area_m2 + kept.y * kept.area_m2) / area
    kept.water = kept.water if kept.area_m2 >= gone.area_m2 else gone.water
    kept.length_m += gone.length_m - 2.0 * gone.borders[target].length_m
    kept.area_m2 = area
    kept.box = _around(gone.box, kept.box)
    kept.load += gone.load
    kept.own |= gone.own
    kept.street |= gone.street
    kept.version += 1
    for other, border in gone.borders.items():
        del faces[other].borders[number]
        if other == target:
            continue
        mine = kept.borders.get(other)
        if mine is None:
            kept.borders[other] = faces[other].borders[target] = border
        else:
            mine.add(border)
    gone.borders = {}
