"""The map of a day as a few kinds of shapes in millimetres, ready for any printer of pages."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
import shapely.ops
from numpy.typing import NDArray

from gridmap.territory import Territory

Floats = NDArray[np.float64]
Shapes = NDArray[np.object_]

#: Metres a millimetre of the map; a map takes the smallest that shows everything. 5 = 1 : 5000.
SCALES = (1.5, 2, 2.5, 3, 4, 5, 6, 7.5, 10, 12.5, 15, 20, 25, 30, 40, 50, 75, 100, 150, 200, 500)
#: Lengths of the scale bar in metres.
BARS = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000)
LONGEST_BAR_MM = 40.0
#: Room between what is shown and the frame, in millimetres.
MARGIN_MM = 9.0
DISC_MM = 2.6
#: Rank of each street class: 0 = main … 4 = path.
RANKS = {
    "motorway": 0, "trunk": 0, "primary": 0, "secondary": 1, "tertiary": 1, "unclassified": 2,
    "residential": 2, "living_street": 2, "pedestrian": 2, "road": 2, "service": 3, "track": 3,
    "cycleway": 4, "footway": 4, "path": 4, "steps": 4, "bridleway": 4, "corridor": 4,
}  # fmt: skip
OTHER_RANK = 3
#: Width in millimetres and grey (0 = black) of each rank.
STROKES = ((1.8, 0.72), (1.25, 0.74), (0.8, 0.76), (0.35, 0.78), (0.16, 0.74))
#: Coarsest scale at which a rank is still drawn, in metres a millimetre.
COARSEST = (1e9, 1e9, 40.0, 14.0, 6.0)
WATER_GREY = 0.91
RIVER_MM = 2.2
NAME_SIZE = 6.5
#: Distance of names from one another, and from the middle of a way they stand beside.
NAME_ROOM_MM, BESIDE_MM = 1.4, 2.2
WAY_ROOM_MM = 1.9
#: Width of a letter by its size: a narrow one, and a Chinese one.
LETTER_MM, WIDE_LETTER_MM = 0.19, 0.353


@dataclass(frozen=True, eq=False)
class Area:
    """A filled ring. Shape (n, 2), millimetres."""

    ring: Floats
    grey: float


@dataclass(frozen=True, eq=False)
class Strokes:
    """Lines of one look; `dash` is (on, off) in millimetres."""

    lines: tuple[Floats, ...]
    width_mm: float
    grey: float
    dash: tuple[float, float] | None = None


@dataclass(frozen=True)
class Arrow:
    """A direction of travel, `angle` in radians from east."""

    x: float
    y: float
    angle: float


@dataclass(frozen=True)
class Disc:
    """The number of a stop; `ringed` for the most important grade."""

    x: float
    y: float
    label: str
    ringed: bool


@dataclass(frozen=True)
class Home:
    """The centre outlet."""

    x: float
    y: float


@dataclass(frozen=True)
class Name:
    """Words centred at a point and turned by `angle` radians."""

    x: float
    y: float
    angle: float
    words: str


@dataclass(frozen=True)
class ScaleBar:
    """A length on the ground; `label` says how long."""

    length_mm: float
    label: str


Shape = Area | Strokes | Arrow | Disc | Home | Name | ScaleBar


@dataclass(frozen=True)
class Window:
    """The part of the territory that a map shows.

    Attributes
    ----------
    x, y
        Its middle, metres.
    metres_per_mm
        Scale.
    width_mm, height_mm
        Size on paper.
    """

    x: float
    y: float
    metres_per_mm: float
    width_mm: float
    height_mm: float

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Return `(left, bottom, right, top)` in metres."""
        half_x = self.width_mm / 2.0 * self.metres_per_mm
        half_y = self.height_mm / 2.0 * self.metres_per_mm
        return self.x - half_x, self.y - half_y, self.x + half_x, self.y + half_y

    def on_paper(self, xy: Floats) -> Floats:
        """Return metres as millimetres from the lower left corner. Shape (n, 2)."""
        left, bottom, _, _ = self.bounds
        return (np.asarray(xy, dtype=np.float64) - (left, bottom)) / self.metres_per_mm


def fit_window(xy: Floats, width_mm: float, height_mm: float) -> Window:
    """Return the window of the finest round scale that shows all points.

    Parameters
    ----------
    xy
        Points to show, metres. Shape (n, 2), n > 0.
    width_mm, height_mm
        Size on paper.
    """
    low, high = xy.min(axis=0), xy.max(axis=0)
    room = np.array([width_mm, height_mm]) - 2.0 * MARGIN_MM
    needed = float(((high - low) / room).max())
    scale = next((one for one in SCALES if one >= needed), math.ceil(needed / 1000.0) * 1000.0)
    x, y = (low + high) / 2.0
    return Window(float(x), float(y), float(scale), width_mm, height_mm)


class StreetMap:
    """Streets, rails and water of a territory, prepared once and drawn in any window.

    Parameters
    ----------
    territory
        What is mapped.
    mode
        The network whose streets are drawn.
    """

    def __init__(self, territory: Territory, mode: str) -> None:
        network = territory.networks[mode]
        owner = np.repeat(np.arange(network.n_edges), np.diff(network.line_start))
        self._streets = np.asarray(shapely.linestrings(network.line_xy, indices=owner))
        ranks = [RANKS.get(one.removesuffix("_link"), OTHER_RANK) for one in network.road_classes]
        self._rank = np.array(ranks, dtype=np.int64)[network.road_class]
        self._name = network.name
        self._names = network.names
        self._tree = shapely.STRtree(self._streets)
        self._linework = {
            kind: np.asarray(lines, dtype=object) for kind, lines in territory.linework.items()
        }

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
        inside = inside[(self._name[inside] > 0) & (self._rank[inside] <= 2)]
        pieces: list[tuple[int, float, str, Floats]] = []
        for name in np.unique(self._name[inside]):
            mine = inside[self._name[inside] == name]
            joined = shapely.line_merge(shapely.union_all(_clip(self._streets[mine], window)))
            longest = max(shapely.get_parts(joined), key=lambda part: part.length, default=None)
            if longest is not None and longest.geom_type == "LineString":
                line = window.on_paper(shapely.get_coordinates(longest))
                rank = int(self._rank[mine].min())
                pieces.append((rank, -float(longest.length), self._names[name], line))
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

    def _clipped(self, kind: str, window: Window) -> Shapes:
        return _clip(self._linework.get(kind, np.empty(0, dtype=object)), window)


def day_shapes(
    window: Window,
    *,
    way_xy: Floats,
    return_xy: Floats,
    home_xy: Floats,
    stops_xy: Floats,
    ringed: Sequence[bool],
) -> tuple[list[Shape], Floats]:
    """Return the way of a day with its numbered stops, and what they occupy.

    What they occupy is as `StreetMap.street_names` takes it.

    Places beside the way are dotted to it. Discs that would cover one another are moved apart and
    tied to their places.

    Parameters
    ----------
    window
        What is shown.
    way_xy, return_xy
        Street geometry to the last stop and back, metres. Shape (n, 2).
    home_xy
        The centre outlet, metres. Shape (2,).
    stops_xy
        The stops in order, metres. Shape (n_stops, 2).
    ringed
        Which stops have the most important grade. Shape (n_stops,).
    """
    way, back = window.on_paper(way_xy), window.on_paper(return_xy)
    places = window.on_paper(np.vstack([home_xy, stops_xy]))
    centres = spread_discs(places, window)
    shapes: list[Shape] = [
        Strokes((way, back), 2.0, 1.0),
        Strokes((back,), 0.7, 0.3, (1.6, 1.2)),
        Strokes((way,), 0.8, 0.0),
        *_arrows(way),
    ]
    walks = _walks(places, np.vstack([way, back]))
    if walks:
        shapes.append(Strokes(walks, 0.35, 0.2, (0.1, 0.9)))
    far = np.hypot(*(centres - places).T) > 0.4 * DISC_MM
    ties = tuple(
        np.stack([place, disc]) for place, disc in zip(places[far], centres[far], strict=True)
    )
    if ties:
        shapes += [Strokes(ties, 0.9, 1.0), Strokes(ties, 0.3, 0.0)]
        shapes += [Strokes((np.stack([place, place]),), 1.3, 0.0) for place in places[far]]
    discs = zip(centres[1:], ringed, strict=True)
    shapes += [
        Disc(float(at[0]), float(at[1]), str(number), ring)
        for number, (at, ring) in enumerate(discs, 1)
    ]
    shapes.append(Home(float(centres[0, 0]), float(centres[0, 1])))
    discs_room = np.column_stack([centres, np.full(len(centres), DISC_MM + NAME_ROOM_MM)])
    return shapes, np.vstack([discs_room, _along(way), _along(back)])


def spread_discs(places: Floats, window: Window) -> Floats:
    """Return centres of discs near their places, none over another, all inside the window.

    Parameters
    ----------
    places
        Where the discs belong, millimetres; equal places are allowed. Shape (n, 2).
    window
        What is shown.
    """
    apart_mm = 2.0 * DISC_MM + 0.3
    turn = np.arange(len(places)) * 2.399963  # golden angle: equal places part in all directions
    centres = places + 0.01 * np.column_stack([np.cos(turn), np.sin(turn)])
    low = np.full(2, DISC_MM + 0.5)
    high = np.array([window.width_mm, window.height_mm]) - low
    for _ in range(300):
        gap = centres[:, None] - centres[None]
        distance = np.hypot(gap[..., 0], gap[..., 1])
        np.fill_diagonal(distance, np.inf)
        overlap = np.maximum(apart_mm - distance, 0.0)
        if not overlap.any():
            break
        push = (gap / np.maximum(distance, 1e-9)[..., None] * overlap[..., None]).sum(axis=1)
        centres = np.clip(centres + 0.5 * push + 0.01 * (places - centres), low, high)
    return centres


def scale_bar(window: Window) -> ScaleBar:
    """Return the longest round scale bar that is not too long for the map."""
    longest_m = LONGEST_BAR_MM * window.metres_per_mm
    metres = max((one for one in BARS if one <= longest_m), default=BARS[0])
    label = f"{metres} m" if metres < 1000 else f"{metres // 1000} km"
    return ScaleBar(metres / window.metres_per_mm, label)


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


def _arrows(way: Floats, every_mm: float = 22.0, least_mm: float = 7.0) -> Iterable[Arrow]:
    line = shapely.LineString(way) if len(way) > 1 else None
    if line is None or line.length < least_mm:
        return []
    count = max(1, int(line.length // every_mm))
    at = line.length * (np.arange(count) + 0.5) / count
    before = shapely.get_coordinates(shapely.line_interpolate_point(line, at - 0.8))
    after = shapely.get_coordinates(shapely.line_interpolate_point(line, at + 0.8))
    angle = np.arctan2(*(after - before).T[::-1])
    columns = zip(after, angle, strict=True)
    return [Arrow(float(x), float(y), float(turn)) for (x, y), turn in columns]


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
    apart = np.hypot(*(points[:, None] - taken[None, :, :2]).transpose(2, 0, 1))
    return bool((apart >= taken[None, :, 2]).all())


def _walks(places: Floats, way: Floats, least_mm: float = 1.5) -> tuple[Floats, ...]:
    """Return straight lines from the places that are not on the way to it."""
    line = shapely.LineString(way) if len(way) > 1 else shapely.LineString([way[0], way[0]])
    points = shapely.points(places)
    nearest = shapely.line_interpolate_point(line, shapely.line_locate_point(line, points))
    on_way = shapely.get_coordinates(nearest)
    far = np.hypot(*(on_way - places).T) > least_mm
    return tuple(np.stack(pair) for pair in zip(places[far], on_way[far], strict=True))


def _along(way: Floats) -> Floats:
    """Return points of a way at each millimetre with the distance that names keep from it."""
    path = shapely.LineString(way) if len(way) > 1 else shapely.LineString([way[0], way[0]])
    every = np.arange(0.0, path.length + 1.0)
    points = shapely.get_coordinates(shapely.line_interpolate_point(path, every))
    return np.column_stack([points, np.full(len(points), WAY_ROOM_MM)])


def _points_along(label: Name) -> Floats:
    half = words_mm(label.words) / 2.0
    along = np.linspace(-half, half, max(3, int(half)))
    return np.column_stack(
        [label.x + along * math.cos(label.angle), label.y + along * math.sin(label.angle)]
    )


def _within(points: Floats, window: Window) -> bool:
    inside = (points > 2.0) & (points < (window.width_mm - 2.0, window.height_mm - 2.0))
    return bool(inside.all())
