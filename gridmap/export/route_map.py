"""The map of a day as a few kinds of shapes in millimetres, ready for any printer of pages."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Metres a millimetre of the map; a map takes the smallest that shows everything. 5 = 1 : 5000.
SCALES = (1.5, 2, 2.5, 3, 4, 5, 6, 7.5, 10, 12.5, 15, 20, 25, 30, 40, 50, 75, 100, 150, 200, 500)
#: Lengths of the scale bar in metres.
BARS = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000)
LONGEST_BAR_MM = 40.0
#: Room between what is shown and the frame, in millimetres.
MARGIN_MM = 9.0
DISC_MM = 2.6
NAME_SIZE = 6.5
#: Distance of names from one another, and from the middle of a way they stand beside.
NAME_ROOM_MM, BESIDE_MM = 1.4, 2.2
WAY_ROOM_MM = 1.9


@dataclass(frozen=True, eq=False)
class Area:
    """A filled ring. Shape (n, 2), millimetres."""

    ring: Floats
    grey: float


@dataclass(frozen=True, eq=False)
class Ground:
    """Filled rings of which each inner one is a hole. Shapes (n, 2), millimetres."""

    rings: tuple[Floats, ...]
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
    """A length on the ground; `label` says how long; `north` adds an arrow to the north."""

    length_mm: float
    label: str
    north: bool = True


Shape = Area | Ground | Strokes | Arrow | Disc | Home | Name | ScaleBar


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


def fit_window(
    xy: Floats, width_mm: float, height_mm: float, scales: Sequence[float] = SCALES
) -> Window:
    """Return the window of the finest round scale that shows all points.

    Parameters
    ----------
    xy
        Points to show, metres. Shape (n, 2), n > 0.
    width_mm, height_mm
        Size on paper.
    scales
        Scales to choose from, the finest first.
    """
    low, high = xy.min(axis=0), xy.max(axis=0)
    room = np.array([width_mm, height_mm]) - 2.0 * MARGIN_MM
    needed = float(((high - low) / room).max())
    scale = next((one for one in scales if one >= needed), math.ceil(needed / 1000.0) * 1000.0)
    x, y = (low + high) / 2.0
    return Window(float(x), float(y), float(scale), width_mm, height_mm)


def day_shapes(
    window: Window,
    *,
    way_xy: Floats,
    return_xy: Floats,
    home_xy: Floats,
    stops_xy: Floats,
    ringed: Sequence[bool],
    numbers: Sequence[int] | None = None,
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
        Where the day starts, metres; none where it is not shown. Shape (2,) or (0, 2).
    stops_xy
        The stops in order, metres. Shape (n_stops, 2).
    ringed
        Which stops have the most important grade. Shape (n_stops,).
    numbers
        Numbers of the stops; 1, 2, 3 … where not given. Shape (n_stops,).
    """
    way, back = window.on_paper(way_xy), window.on_paper(return_xy)
    home = np.reshape(home_xy, (-1, 2))
    places = window.on_paper(np.vstack([home, stops_xy]))
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
    labels = range(1, len(stops_xy) + 1) if numbers is None else numbers
    discs = zip(centres[len(home) :], labels, ringed, strict=True)
    shapes += [
        Disc(float(at[0]), float(at[1]), str(number), bool(ring)) for at, number, ring in discs
    ]
    shapes += [Home(float(x), float(y)) for x, y in centres[: len(home)]]
    discs_room = np.column_stack([centres, np.full(len(centres), DISC_MM + NAME_ROOM_MM)])
    return shapes, np.vstack([discs_room, along(way), along(back)])


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


def scale_bar(window: Window, longest_mm: float = LONGEST_BAR_MM) -> ScaleBar:
    """Return the longest round scale bar that is not too long for the map."""
    longest_m = longest_mm * window.metres_per_mm
    metres = max((one for one in BARS if one <= longest_m), default=BARS[0])
    label = f"{metres} m" if metres < 1000 else f"{metres // 1000} km"
    return ScaleBar(metres / window.metres_per_mm, label)


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


def _walks(places: Floats, way: Floats, least_mm: float = 1.5) -> tuple[Floats, ...]:
    """Return straight lines from the places that are not on the way to it."""
    line = shapely.LineString(way) if len(way) > 1 else shapely.LineString([way[0], way[0]])
    points = shapely.points(places)
    nearest = shapely.line_interpolate_point(line, shapely.line_locate_point(line, points))
    on_way = shapely.get_coordinates(nearest)
    far = np.hypot(*(on_way - places).T) > least_mm
    return tuple(np.stack(pair) for pair in zip(places[far], on_way[far], strict=True))


def along(way: Floats) -> Floats:
    """Return points of a way at each millimetre with the distance that names keep from it."""
    run_mm = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(way, axis=0).T))])
    every = np.arange(0.0, run_mm[-1] + 1.0)
    points = [np.interp(every, run_mm, way[:, axis]) for axis in (0, 1)]
    return np.column_stack([*points, np.full(len(every), WAY_ROOM_MM)])
