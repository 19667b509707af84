"""Places of a territory as whole steps of a degree: what the editor's files hold."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from gridmap.territory import Floats, Territory

#: A tenth of a metre: neighbours still meet, since they share their points.
STEP_DEG: Final = 1e-6
_DECIMALS: Final = 6


@dataclass(frozen=True)
class Lattice:
    """Steps from an origin in degrees.

    Attributes
    ----------
    crs
        Where metres come from.
    origin
        Longitude and latitude of the origin.
    """

    crs: str
    origin: tuple[float, float]

    @classmethod
    def of(cls, territory: Territory) -> Lattice:
        """Return the lattice of a territory; its origin is near the south-west corner."""
        west, south, _, _ = shapely.bounds(territory.boundary)
        lon, lat = _to_degrees(territory.crs).transform(west, south)
        return cls(territory.crs, (round(lon, _DECIMALS), round(lat, _DECIMALS)))

    def steps(self, xy: Floats) -> NDArray[np.int32]:
        """Return coordinates in metres as steps. Shape (n, 2)."""
        degrees = np.column_stack(_to_degrees(self.crs).transform(xy[:, 0], xy[:, 1]))
        return np.rint((degrees - self.origin) / STEP_DEG).astype(np.int32)

    @property
    def header(self) -> dict[str, object]:
        """The fields that tell a reader of it."""
        return {"origin": list(self.origin), "step_deg": STEP_DEG}


@lru_cache(maxsize=8)
def _to_degrees(crs: str) -> Transformer:
    return Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
