"""Bringing points to the nearest street."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.travel.engine import Snapped
from gridmap.travel.network import StreetNetwork

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Points farther than this from every street are off the network, if not said otherwise. Metres.
SNAP_LIMIT_M = 500.0
#: A position this close to the end of an edge is that end, so that a point beside a junction is
#: reached as soon as the junction is, whatever the one-way signs behind it say.
END_TOLERANCE_M = 0.01
#: Points are looked up by stripes of this width. Metres.
STRIPE_M = 200.0


class Snapper:
    """A search tree over the edges of one network.

    Parameters
    ----------
    network
        Street network.
    limit_m
        Points farther than this from every street stay off the network. Metres.
    """

    def __init__(self, network: StreetNetwork, limit_m: float) -> None:
        if not limit_m > 0.0:
            raise ValueError(f"Expected limit_m > 0, found {limit_m}.")
        self._network = network
        self.limit_m = limit_m

    @cached_property
    def _lines(self) -> NDArray[np.object_]:
        start = self._network.line_start
        owner = np.repeat(np.arange(self._network.n_edges), np.diff(start))
        lines = shapely.linestrings(self._network.line_xy, indices=owner)
        return np.asarray(lines, dtype=object)

    @cached_property
    def _stops(self) -> Ints:
        """Edges on which one may set off and arrive."""
        no_stop = self._network.no_stop
        if no_stop is None or no_stop.all():
            return np.arange(self._network.n_edges)
        return np.flatnonzero(~no_stop)

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self._lines[self._stops])

    def snap(self, xy: Floats) -> Snapped:
        """Return the nearest edge of each point; of equally near ones the lowest.

        Parameters
        ----------
        xy
            Metres in the reference system of the network; a point with a coordinate that is
            not finite stays off the network. Shape (n_points, 2).
        """
        xy = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
        edge = np.full(len(xy), -1, dtype=np.int64)
        fraction = np.zeros(len(xy))
        distance = np.full(len(xy), np.inf)
        usable = np.flatnonzero(np.isfinite(xy).all(axis=1))
        if len(usable):
            # Neighbours one after the other find the same part of the tree in the cache.
            stripe = np.floor(xy[usable] / STRIPE_M)
            usable = usable[np.lexsort((stripe[:, 1], stripe[:, 0]))]
            points = np.asarray(shapely.points(xy[usable]), dtype=object)
            (row, found), apart = self._tree.query_nearest(
                points, max_distance=self.limit_m, return_distance=True, all_matches=True
            )
            found = self._stops[found]
            order = np.lexsort((found, row))
            row, found, apart = row[order], found[order], apart[order]
            first = np.flatnonzero(np.diff(row, prepend=-1))
            row, found = row[first], found[first]
            edge[usable[row]] = found
            distance[usable[row]] = apart[first]
            fraction[usable[row]] = self._locate(points[row], found)
        return Snapped(edge, fraction, distance)

    def _locate(self, points: NDArray[np.object_], edge: Ints) -> Floats:
        lines = self._lines[edge]
        length = shapely.length(lines)
        along = shapely.line_locate_point(lines, points)
        fraction = np.divide(along, length, out=np.zeros(len(along)), where=length > 0.0)
        at_end = (length - along <= END_TOLERANCE_M) & (along > END_TOLERANCE_M)
        fraction = np.where(along <= END_TOLERANCE_M, 0.0, fraction)
        return np.asarray(np.where(at_end, 1.0, np.clip(fraction, 0.0, 1.0)))
