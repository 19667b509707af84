"""What every engine says of a route that cannot be travelled."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gridmap.errors import InputError, fault, some_ids
from gridmap.travel.engine import Snapped


def require_reached(points: Snapped, limit_m: float) -> None:
    """Raise a fault that names the stops that are farther than `limit_m` from every street.

    Raises
    ------
    InputError
        If there are any.
    """
    off = np.flatnonzero(~points.reached)
    if len(off):
        ids = some_ids(off + 1)
        raise InputError(fault("streets.point_off_network", points=ids, limit_m=limit_m))


def require_legs(found: Sequence[bool]) -> None:
    """Raise a fault for each leg, from one stop to the next, for which no way was found.

    Raises
    ------
    InputError
        If there are any.
    """
    stuck = [at for at, one in enumerate(found) if not one]
    if stuck:
        raise InputError(
            *(fault("streets.leg_unreachable", start=at + 1, end=at + 2) for at in stuck)
        )
