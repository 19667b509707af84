"""Where a scenario lies, without loading its territory: enough to open a map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
import sqlalchemy as sa
from numpy.typing import NDArray

from gridmap.store.tables import territory

_QUERY = sa.select(
    territory.c.content_hash, territory.c.crs, territory.c.boundary, territory.c.attribution
).where(territory.c.territory_id == sa.bindparam("territory"))


@dataclass(frozen=True, eq=False)
class Frame:
    """The outline of a territory in metres, its CRS, and whom its data are to be credited to.

    `outline` is an array of one geometry.
    """

    territory_hash: str
    crs: str
    outline: NDArray[np.object_]
    attribution: str


def frame_of(connection: sa.Connection, territory_id: int) -> Frame:
    """Return the frame of a territory."""
    row = connection.execute(_QUERY, {"territory": territory_id}).one()
    outline = np.array([shapely.from_wkb(row.boundary)], dtype=object)
    return Frame(row.content_hash, row.crs, outline, row.attribution)
