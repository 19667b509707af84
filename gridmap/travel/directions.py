"""Turn-by-turn directions in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gridmap.catalogue import Language, text
from gridmap.travel import polyline
from gridmap.travel.engine import Step
from gridmap.travel.network import StreetNetwork
from gridmap.travel.search_graph import Piece

Floats = NDArray[np.float64]

#: Turns by their angle: what is below the first bound is straight on, and so on. Degrees.
BOUNDS_DEG = (20.0, 60.0, 120.0, 165.0)
TURNS = ("straight", "slight", "turn", "sharp")
#: A heading is that of the first and last metres of a piece, for vertices at a junction wiggle.
LOOK_M = 15.0
POINTS_OF_COMPASS = ("north", "northeast", "east", "southeast", "south", "southwest", "west",
                     "northwest")  # fmt: skip


@dataclass(frozen=True)
class _Stretch:
    """Pieces of one street that follow each other without a turn."""

    name: str
    length_m: float
    seconds: float
    heading_in: float
    heading_out: float
    turn: float


def directions(
    network: StreetNetwork, pieces: Sequence[Piece], language: Language
) -> tuple[Step, ...]:
    """Return what to do on a way, one step a turn, the last one being the arrival.

    Parameters
    ----------
    network
        Street network.
    pieces
        Parts of edges in the order they are travelled.
    language
        One of `LANGUAGES`.
    """
    stretches = _stretches(network, pieces)
    steps = []
    for number, stretch in enumerate(stretches):
        if number == 0:
            compass = POINTS_OF_COMPASS[round(stretch.heading_in / 45.0) % 8]
            key, side = "depart", text(f"travel.compass.{compass}", language)
        else:
            key, side = _turn(stretch.turn)
            side = text(f"travel.side.{side}", language) if side else ""
        named = "named" if stretch.name else "unnamed"
        sentence = text(f"travel.{key}_{named}", language, side=side, street=stretch.name)
        steps.append(Step(sentence, stretch.name, stretch.length_m, stretch.seconds))
    steps.append(Step(text("travel.arrive", language), "", 0.0, 0.0))
    return tuple(steps)


def _stretches(network: StreetNetwork, pieces: Sequence[Piece]) -> list[_Stretch]:
    found: list[_Stretch] = []
    for piece in pieces:
        line = polyline.part(network.line(piece.edge), piece.start, piece.end)
        name = network.names[int(network.name[piece.edge])]
        share = abs(piece.end - piece.start)
        length_m = float(network.length_m[piece.edge]) * share
        whole_s = (network.forward_s if piece.end > piece.start else network.backward_s)[piece.edge]
        heading_in, heading_out = _heading(line), (_heading(line[::-1]) + 180.0) % 360.0
        if found:
            last = found[-1]
            turn = (heading_in - last.heading_out + 180.0) % 360.0 - 180.0
            if name == last.name and abs(turn) < BOUNDS_DEG[1]:
                found[-1] = _Stretch(
                    name,
                    last.length_m + length_m,
                    last.seconds + float(whole_s) * share,
                    last.heading_in,
                    heading_out,
                    last.turn,
                )
                continue
        else:
            turn = 0.0
        found.append(
            _Stretch(name, length_m, float(whole_s) * share, heading_in, heading_out, turn)
        )
    return found


def _turn(angle: float) -> tuple[str, str]:
    """Return the kind of a turn and its side."""
    size = abs(angle)
    if size < BOUNDS_DEG[0]:
        return "straight", ""
    side = "right" if angle > 0.0 else "left"
    for name, bound in zip(TURNS[1:], BOUNDS_DEG[1:], strict=True):
        if size < bound:
            return name, side
    return "u_turn", ""


def _heading(line: Floats) -> float:
    """Return where a line sets off to, in degrees clockwise from north."""
    step = np.hypot(*np.diff(line, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(step)])
    look = min(LOOK_M, float(along[-1]))
    x = float(np.interp(look, along, line[:, 0])) - float(line[0, 0])
    y = float(np.interp(look, along, line[:, 1])) - float(line[0, 1])
    return math.degrees(math.atan2(x, y)) % 360.0
