"""Streets, rails and water under a map, and the names of the streets."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import shapely
import shapely.ops
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gridmap.export.route_map import (
    BESIDE_MM,
    NAME_ROOM_MM,
    NAME_SIZE,
    Area,
    Name,
    Shape,
    Strokes,
    Window,
)
from gridmap.territory import Territory
from gridmap.travel.network import StreetNetwork

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Shapes = NDArray[np.object_]

#: Rank of each street class: 0 = main … 4 = path.
RANKS = {
    "motorway": 0, "trunk": 0, "primary": 0, "secondary": 1, "tertiary": 1, "unclassified": 2,
    "residential": 2, "living_street": 2, "pedestrian": 2, "road": 2, "service": 3, "track": 3,
    "cycleway": 4, "footway": 4, "path": 4, "steps": 4, "bridleway": 4, "corridor": 4,
}  # fmt: skip
OTHER_RANK = 3
#: Streets up to this rank show their names.
NAMED_RANK = 2
#: Width in millimetres and grey (0 = black) of each rank.
STROKES = ((1.8, 0.72), (1.25, 0.74), (0.8, 0.76), (0.35, 0.78), (0.16, 0.74))
#: Coarsest scale at which a rank is still drawn, in metres a millimetre.
COARSEST = (1e9, 1e9, 40.0, 14.0, 6.0)
WATER_GREY = 0.91
RIVER_MM = 2.2
#: Width of a letter by its size: a narrow one, and a Chinese one.
LETTER_MM, WIDE_LETTER_MM = 0.19, 0.353


class StreetMap:
    """Streets, rails and water, prepared once and drawn in any window.

    Parameters
    ----------
    streets
        Lines of the streets, metres. Shape (n_streets,).
    rank
        Rank of each street, see `RANKS`. Shape (n_streets,).
    name
        Place of each street's name in `names`, 0 = none. Shape (n_streets,).
    names
        Names of streets; the first is empty.
    linework
        Other lines to draw, see `Territory.linework`.
    """

    def __init__(
        self,
        streets: Shapes,
        rank: Ints,
        name: Ints,
        names: Sequence[str],
        linework: Mapping[str, Shapes],
    ) -> None:
        self._streets = streets
        self._rank = rank
        self._name = name
        self._names = names
        self._lines_of: dict[int, BaseGeometry] = {}
        self._tree = shapely.STRtree(self._streets)
        self._linework = dict(linework)

    @classmethod
    def of(cls, territory: Territory, mode: str) -> StreetMap:
        """Return the map of a territory with the streets of one means of travel."""
        network = territory.networks[mode]
        return cls(
            street_lines(network),
            street_ranks(network),
            np.asarray(network.name, dtype=np.int64),
            network.names,
            {kind: np.asarray(lines, dtype=object) for kind, lines in territory.linework.items()},
        )

    def ground(self, window: Window) -> list[Shape]:
        """Return water, rails and streets of a window, the lowest first."""
        shapes: list[Shape] = []
        for water in self._clipped("water", window):
            ring = water.simplify(0.12 * window.metres_per_mm)
            if ring.geom_type == "Polygon" and ring.area > window.metres_per_mm**2:
                xy = shapely.get_coordinates(ring.exterior)
                shapes.append(Area(window.on_paper(xy), WATER_GREY))
        shapes += _strokes(self._clipped("river", window), window, RIVER_MM, WATER_GREY)
        shapes += _strokes(self._clipped("rail", window), window, 0.3, 0.6, (1.2, 0.8))
        if window.metres_per_mm <= COARSEST[3]:  # streets that this means of travel may not use
            shapes += _strokes(self._clipped("street", window), window, *STROKES[3])
        inside = self._tree.query(shapely.box(*window.bounds))
        for rank in reversed(range(len(STROKES))):
            if window.metres_per_mm <= COARSEST[rank]:
                lines = self._streets[inside[self._rank[inside] == rank]]
                shapes += _strokes(_clip(lines, window), window, *STROKES[rank])
            if rank == 0:
                shapes += _strokes(self._clipped("motorway", window), window, *STROKES[0])
        return shapes

    def street_names(self, window: Window, taken: Floats) -> list[Name]:
        """Return the names of the larger streets where they are straight and there is room.

        A name stands on its street, or beside it where the way of the day is drawn on it.

        Parameters
        ----------
        window
            What is shown.
        taken
            Points to keep clear of with the distance to keep, (x, y, distance) in millimetres.
            Shape (n, 3).
        """
        inside = np.sort(self._tree.query(shapely.box(*window.bounds)))
        inside = inside[(self._name[inside] > 0) & (self._rank[inside] <= NAMED_RANK)]
        names, which = np.unique(self._name[inside], return_inverse=True)
        least = np.full(len(names), OTHER_RANK)
        np.minimum.at(least, which, self._rank[inside])
        joined = np.array([self._joined(int(name)) for name in names], dtype=object)
        clipped = shapely.clip_by_rect(joined, *window.bounds)
        pieces: list[tuple[int, float, str, Floats]] = []
        for name, rank, street in zip(names, least, clipped, strict=True):
            longest = max(shapely.get_parts(street), key=lambda part: part.length, default=None)
            if longest is not None and longest.geom_type == "LineString":
                line = window.on_paper(shapely.get_coordinates(longest))
                pieces.append((int(rank), -float(longest.length), self._names[name], line))
        found: list[Name] = []
        for _, _, words, line in sorted(pieces, key=lambda piece: piece[:3]):
            for label in _labels(words, line):
                points = _points_along(label)
                if _free(points, taken) and _within(points, window):
                    found.append(label)
                    room = np.full((len(points), 1), NAME_ROOM_MM)
                    taken = np.vstack([taken, np.hstack([points, room])])
                    break
        return found

    def _joined(self, name: int) -> BaseGeometry:
        """Return the larger streets of a name as lines that are as long as possible."""
        if name not in self._lines_of:
            mine = (self._name == name) & (self._rank <= NAMED_RANK)
            self._lines_of[name] = shapely.line_merge(shapely.union_all(self._streets[mine]))
        return self._lines_of[name]

    def _clipped(self, kind: str, window: Window) -> Shapes:
        return _clip(self._linework.get(kind, np.empty(0, dtype=object)), window)


def street_lines(network: StreetNetwork) -> Shapes:
    """Return the streets of a network as lines. Shape (n_edges,)."""
    owner = np.repeat(np.arange(network.n_edges), np.diff(network.line_start))
    return np.asarray(shapely.linestrings(network.line_xy, indices=owner))


def street_ranks(network: StreetNetwork) -> Ints:
    """Return the rank of each street of a network, see `RANKS`. Shape (n_edges,)."""
    ranks = [RANKS.get(one.removesuffix("_link"), OTHER_RANK) for one in network.road_classes]
    return np.array(ranks, dtype=np.int64)[network.road_class]


def words_mm(words: str, size: float = NAME_SIZE) -> float:
    """Return about how wide words are on paper."""
    return size * sum(WIDE_LETTER_MM if ord(one) > 0x2E80 else LETTER_MM for one in words)


def _clip(shapes: Shapes, window: Window) -> Shapes:
    """Return the parts of shapes inside a window, single parts only."""
    parts = shapely.get_parts(shapely.clip_by_rect(shapes, *window.bounds))
    return np.asarray(parts[~shapely.is_empty(parts)], dtype=object)


def _strokes(
    lines: Shapes,
    window: Window,
    width_mm: float,
    grey: float,
    dash: tuple[float, float] | None = None,
) -> list[Shape]:
    lines = lines[np.isin(shapely.get_type_id(lines), [1])] if len(lines) else lines
    if len(lines) == 0:
        return []
    merged = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(lines)))
    merged = shapely.simplify(merged, 0.10 * window.metres_per_mm)
    paths = tuple(window.on_paper(shapely.get_coordinates(line)) for line in merged)
    return [Strokes(paths, width_mm, grey, dash)]


def _labels(words: str, line: Floats) -> Iterator[Name]:
    """Yield places for the words along the straight parts of a line, the middle one first."""
    path, length = shapely.LineString(line), words_mm(words)
    for share in (0.5, 0.3, 0.7, 0.15, 0.85):
        start = path.length * share - length / 2.0
        if start < 1.0 or start + length > path.length - 1.0:
            continue
        part = shapely.ops.substring(path, start, start + length)
        ends = shapely.LineString([part.coords[0], part.coords[-1]])
        if shapely.hausdorff_distance(part, ends) > 1.0 or ends.length < 0.9 * length:
            continue
        (x0, y0), (x1, y1) = ends.coords
        angle = math.atan2(y1 - y0, x1 - x0)
        if abs(angle) > math.pi / 2.0 + 1e-6:
            angle -= math.copysign(math.pi, angle)
        x, y = (x0 + x1) / 2.0, (y0 + y1) / 2.0
        for aside in (0.0, BESIDE_MM, -BESIDE_MM):
            yield Name(x - aside * math.sin(angle), y + aside * math.cos(angle), angle, words)


def _free(points: Floats, taken: Floats) -> bool:
    """Return whether all points keep their distance from what is taken."""
    at, room = taken[:, :2], taken[:, 2:]
    near = (at > points.min(axis=0) - room) & (at < points.max(axis=0) + room)
    taken = taken[near.all(axis=1)]
    apart = np.hypot(*(points[:, None] - taken[None, :, :2]).transpose(2, 0, 1))
    return bool((apart >= taken[None, :, 2]).all())


def _points_along(label: Name) -> Floats:
    half = words_mm(label.words) / 2.0
    along = np.linspace(-half, half, max(3, int(half)))
    return np.column_stack(
        [label.x + along * math.cos(label.angle), label.y + along * math.sin(label.angle)]
    )


def _within(points: Floats, window: Window) -> bool:
    inside = (points > 2.0) & (points < (window.width_mm - 2.0, window.height_mm - 2.0))
    return bool(inside.all())
