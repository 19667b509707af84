"""The lines a territory is cut along, and what each of them is."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntFlag

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Geometries = NDArray[np.object_]


class LineKind(IntFlag):
    """What a line is, one bit each: a street on an administrative line keeps both meanings."""

    TERRITORY = 1
    ADMIN = 2
    RIVER = 4
    RAIL = 8
    MOTORWAY = 16
    MAJOR_STREET = 32
    MINOR_STREET = 64
    LOCAL_STREET = 128
    SERVICE_STREET = 256
    SHORE = 512
    CUT = 1024


@dataclass(frozen=True, eq=False)
class Linework:
    """Lines and water areas in metres of the territory's reference system.

    Attributes
    ----------
    lines
        LineStrings. Shape (n_lines,).
    kinds
        `LineKind` bits of each line. Shape (n_lines,).
    water
        Polygons of water areas (their shores are among the lines). Shape (n_areas,).
    bridges
        LineStrings of street bridges, which link parts of the territory. Shape (n_bridges,).
    """

    lines: Geometries
    kinds: Ints
    water: Geometries = field(default_factory=lambda: np.empty(0, dtype=object))
    bridges: Geometries = field(default_factory=lambda: np.empty(0, dtype=object))

    def __post_init__(self) -> None:
        if len(self.lines) != len(self.kinds):
            raise ValueError(
                f"Expected one kind a line, found {len(self.kinds)} for {len(self.lines)} lines."
            )
