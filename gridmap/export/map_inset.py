"""Insets: where stops crowd on the map of a day, a piece of it is drawn again, enlarged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from gridmap.export.route_map import DISC_MM, SCALES, Window, fit_window

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: Stops closer than this on paper are in one crowd: their discs would cover each other's numbers.
CROWDED_MM = 1.6 * DISC_MM
#: Two discs that touch are told apart well enough, side by side; so many are not.
LEAST_STOPS = 3
#: An inset enlarges at least so many times, or it would show nothing new.
LEAST_ZOOM = 1.8
#: Scales of insets that are finer than those of maps, metres a millimetre.
FINER = (0.5, 0.75, 1.0)
#: A day has so many insets at most.
MOST_INSETS = 2
#: So much of the way, in millimetres, may be hidden behind an inset.
MOST_HIDDEN_MM = 12


@dataclass(frozen=True)
class Slot:
    """Room for an inset: lower left corner and size in millimetres of the main map's frame.

    What lies outside the frame hides nothing of the map.
    """

    x: float
    y: float
    width_mm: float
    height_mm: float

    def holds(self, points: Floats, room_mm: float = 0.0) -> Bools:
        """Return which points lie in the slot or closer to it than `room_mm`. Shape (n,)."""
        low = np.array([self.x, self.y]) - room_mm
        high = np.array([self.x + self.width_mm, self.y + self.height_mm]) + room_mm
        return np.asarray(((points > low) & (points < high)).all(axis=1))


@dataclass(frozen=True, eq=False)
class Inset:
    """An enlarged piece of the map.

    Attributes
    ----------
    slot
        Where it is drawn.
    window
        What it shows.
    frame
        The piece on the main map: left, bottom, width and height in millimetres.
    stops
        Rows of the stops that it shows instead of the main map. Shape (n_stops,).
    """

    slot: Slot
    window: Window
    frame: tuple[float, float, float, float]
    stops: Ints


def find_insets(
    main: Window,
    stops_xy: Floats,
    *,
    keep_clear: Floats,
    way: Floats,
    slots: Sequence[Slot],
) -> list[Inset]:
    """Return the insets of a map, those of the largest crowds first.

    A crowd that no room is left for, or that even the finest scale cannot part, has none: its
    discs are moved apart as everywhere.

    Parameters
    ----------
    main
        What the map shows.
    stops_xy
        The stops, metres. Shape (n_stops, 2).
    keep_clear
        Points that no inset may cover, millimetres. Shape (n, 2).
    way
        Points of the way, one a millimetre, of which an inset may cover a few. Shape (n, 2).
    slots
        Where insets may be, the best first.
    """
    free = list(slots)
    found: list[Inset] = []
    for crowd in crowds(main.on_paper(stops_xy)):
        if len(found) == MOST_INSETS:
            break
        taken = np.isin(np.arange(len(stops_xy)), [row for one in found for row in one.stops])
        if taken[crowd].any():
            continue
        for slot in free:
            inset = _inset(main, stops_xy, crowd, slot)
            if inset is None or taken[inset.stops].any():
                continue
            clear = np.vstack([keep_clear, *(_corners(one.frame) for one in (*found, inset))])
            hides = slot.holds(clear, DISC_MM + 1.0).any()
            if not hides and slot.holds(way).sum() <= MOST_HIDDEN_MM:
                found.append(inset)
                free.remove(slot)
                break
    return found


def crowds(places: Floats) -> Iterator[Ints]:
    """Yield the stops of each crowd, the largest first.

    Parameters
    ----------
    places
        Where the stops are on paper, millimetres. Shape (n_stops, 2).
    """
    gap = places[:, None] - places[None]
    near = np.hypot(gap[..., 0], gap[..., 1]) < CROWDED_MM
    _, group = connected_components(near, directed=False)
    size = np.bincount(group)
    for one in np.argsort(-size, kind="stable"):
        if size[one] >= LEAST_STOPS:
            yield np.flatnonzero(group == one)


def ranges(numbers: Sequence[int]) -> str:
    """Return rising numbers in short.

    Examples
    --------
    >>> ranges([1, 2, 3, 5, 8, 9])
    '1–3, 5, 8–9'
    """
    runs: list[list[int]] = []
    for one in numbers:
        if runs and one == runs[-1][-1] + 1:
            runs[-1].append(one)
        else:
            runs.append([one])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)


def _inset(main: Window, stops_xy: Floats, crowd: Ints, slot: Slot) -> Inset | None:
    """Return the inset of a crowd in a slot, or None where it would not part the discs."""
    scales = (*FINER, *SCALES)
    window = fit_window(stops_xy[crowd], slot.width_mm, slot.height_mm, scales)
    if window.metres_per_mm * LEAST_ZOOM > main.metres_per_mm:
        return None
    extent_mm = np.ptp(stops_xy[crowd], axis=0).max() / window.metres_per_mm
    if extent_mm < 2.0 * DISC_MM:
        return None
    left, bottom, right, top = window.bounds
    inside = ((stops_xy > (left, bottom)) & (stops_xy < (right, top))).all(axis=1)
    (x0, y0), (x1, y1) = main.on_paper(np.array([(left, bottom), (right, top)]))
    frame = (float(x0), float(y0), float(x1 - x0), float(y1 - y0))
    return Inset(slot, window, frame, np.flatnonzero(inside))


def _corners(frame: tuple[float, float, float, float]) -> Floats:
    x, y, width, height = frame
    return np.array([(x, y), (x + width, y), (x, y + height), (x + width, y + height)])
