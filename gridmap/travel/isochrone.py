"""What can be reached within a time: street pieces and the ground beside them."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.travel import polyline
from gridmap.travel.engine import Isochrone, Snapped
from gridmap.travel.network import StreetNetwork

Floats = NDArray[np.float64]

#: Ground this near a reached street counts as reached. Metres.
BESIDE_M = 50.0
#: Holes smaller than this are courtyards and not ground that is out of reach. Square metres.
LEAST_HOLE_M2 = 40_000.0


def draw_isochrone(
    network: StreetNetwork,
    begun_s: Floats,
    whole_s: Floats,
    *,
    sources: Snapped,
    access_s: Floats,
    limit_s: float,
) -> Isochrone:
    """Return what is reached within a time.

    An isochrone of a longer time contains that of a shorter one.

    Parameters
    ----------
    network
        Street network.
    begun_s
        When each arc (2 e along edge e, 2 e + 1 against it) is begun; infinite = never.
        Shape (2 n_edges,).
    whole_s
        Seconds of each arc; infinite = closed. Shape (2 n_edges,).
    sources, access_s
        Where one sets off, and the seconds from there to the street. Shape (n_sources,).
    limit_s
        The time.
    """
    shares = _reached_shares(begun_s, whole_s, limit_s)
    reached = [_from_both_ends(edge, *pair) for edge, pair in shares.items()]
    spans = [span for found in reached for span in found]
    spans += _around_sources(whole_s, sources, access_s, limit_s)
    lines = [
        shapely.LineString(polyline.part(network.line(edge), start, end))
        for edge, start, end in _joined(spans)
    ]
    length_m = sum(float(network.length_m[e]) * (end - start) for e, start, end in _joined(spans))
    streets = np.array(lines, dtype=object)
    return Isochrone(limit_s, streets, length_m, _ground(streets))


def _reached_shares(
    begun_s: Floats, whole_s: Floats, limit_s: float
) -> dict[int, tuple[float, float]]:
    """Return by edge which share of it is reached from its tail and from its head."""
    left_s = limit_s - begun_s
    arcs = np.flatnonzero(np.isfinite(begun_s) & (left_s > 0.0))
    with np.errstate(divide="ignore"):
        share = np.minimum(1.0, left_s[arcs] / whole_s[arcs])
    found: dict[int, tuple[float, float]] = {}
    for arc, part in zip(arcs.tolist(), share.tolist(), strict=True):
        from_tail, from_head = found.get(arc >> 1, (0.0, 0.0))
        found[arc >> 1] = (part, from_head) if arc & 1 == 0 else (from_tail, part)
    return found


def _from_both_ends(
    edge: int, from_tail: float, from_head: float
) -> list[tuple[int, float, float]]:
    spans = [(edge, 0.0, from_tail), (edge, 1.0 - from_head, 1.0)]
    return [one for one in spans if one[2] > one[1]]


def _around_sources(
    whole_s: Floats, sources: Snapped, access_s: Floats, limit_s: float
) -> list[tuple[int, float, float]]:
    """Return the parts of the sources' own edges that are reached straight from there."""
    spans = []
    for row in np.flatnonzero(sources.reached).tolist():
        edge, at = int(sources.edge[row]), float(sources.fraction[row])
        left_s = limit_s - float(access_s[row])
        if left_s <= 0.0:
            continue
        for arc, room in ((2 * edge, 1.0 - at), (2 * edge + 1, at)):
            if not np.isfinite(whole_s[arc]):
                continue
            share = room if whole_s[arc] == 0.0 else min(room, left_s / float(whole_s[arc]))
            low, high = (at, at + share) if arc & 1 == 0 else (at - share, at)
            if high > low:
                spans.append((edge, low, high))
    return spans


def _joined(spans: list[tuple[int, float, float]]) -> list[tuple[int, float, float]]:
    """Return spans of the same edge that overlap as one, in order."""
    joined: list[tuple[int, float, float]] = []
    for edge, start, end in sorted(spans):
        if joined and joined[-1][0] == edge and start <= joined[-1][2]:
            joined[-1] = (edge, joined[-1][1], max(end, joined[-1][2]))
        else:
            joined.append((edge, start, end))
    return joined


def _ground(streets: NDArray[np.object_]) -> shapely.MultiPolygon:
    if not len(streets):
        return shapely.MultiPolygon()
    wide = shapely.union_all(shapely.buffer(streets, BESIDE_M, quad_segs=4))
    parts = [
        shapely.Polygon(
            part.exterior,
            [ring for ring in part.interiors if shapely.Polygon(ring).area >= LEAST_HOLE_M2],
        )
        for part in shapely.get_parts(wide)
    ]
    return shapely.MultiPolygon(parts)
