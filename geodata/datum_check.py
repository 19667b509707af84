"""Is the declared datum right? Points of a town lie beside its streets, in the right datum only.

GCJ-02 is 300 to 700 m beside WGS-84, BD-09 another kilometre; shifted wrongly, points fall
anywhere between the streets. So the datum in which their median distance to the nearest street is
clearly the least is very likely theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.boundaries import project_points
from gridmap.datum import Datum, inside_china, to_wgs84
from gridmap.errors import Fault, fault, some_ids

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Geometries = NDArray[np.object_]

DATUMS: tuple[Datum, ...] = get_args(Datum)
#: Fewer points than this say nothing.
LEAST_POINTS = 20
#: Points looked at; evenly chosen if there are more.
MOST_POINTS = 2000
#: A datum wins if its median distance is at most this share of that of the declared one, …
MARGIN = 0.5
#: … and less by at least so much, in metres.
LEAST_GAIN_M = 15.0
#: Rows this far from the streets as declared (and four times the median) may have another datum.
FAR_M = 40.0
#: They do if so many of them, …
LEAST_ROWS = 5
#: … and this share, are beside a street in one and the same other datum: one in four would be by
#: chance where streets are 150 m apart.
LEAST_SHARE = 0.6
#: “Beside”: so near, in metres, or twice the median.
NEAR_M = 15.0
#: Distances beyond this do not count up. Metres.
CAP_M = 5000.0


@dataclass(frozen=True, eq=False)
class DatumFinding:
    """How well points fit the streets in each datum.

    Attributes
    ----------
    declared
        The datum that the user gave.
    median_m, q90_m
        Median and 90 % quantile of the distance to the nearest street, by datum; empty where
        nothing could be said: outside China, or too few points.
    best
        The datum that fits clearly better than the declared one, else the declared one.
    n
        Points looked at.
    outlier
        Which points fit in one other datum only while the declared one fits most: a table put
        together from several sources. Shape (n_points,).
    """

    declared: Datum
    median_m: Mapping[Datum, float]
    q90_m: Mapping[Datum, float]
    best: Datum
    n: int
    outlier: Bools


def suggest_datum(
    lonlat: Floats, streets: Geometries, declared: Datum, *, crs: str
) -> DatumFinding:
    """Compare the datums by the distance of points to the nearest street.

    Parameters
    ----------
    lonlat
        Longitude and latitude as they stand in the file; NaN where a row has none.
        Shape (n_points, 2).
    streets
        LineStrings in metres. Shape (n_streets,).
    declared
        Datum that the user gave.
    crs
        Reference system of the streets.
    """
    outlier = np.zeros(len(lonlat), dtype=bool)
    usable = np.flatnonzero(np.isfinite(lonlat).all(axis=1))
    usable = usable[inside_china(lonlat[usable])]
    nothing = DatumFinding(declared, {}, {}, declared, len(usable), outlier)
    if len(usable) < LEAST_POINTS or not len(streets):
        return nothing
    some = usable[np.unique(np.linspace(0, len(usable) - 1, MOST_POINTS).astype(np.int64))]
    tree = shapely.STRtree(streets)
    distance = {datum: _distance_m(tree, lonlat[some], datum, crs) for datum in DATUMS}
    median = {datum: float(np.median(one)) for datum, one in distance.items()}
    q90 = {datum: float(np.quantile(one, 0.9)) for datum, one in distance.items()}
    least = min(DATUMS, key=lambda datum: median[datum])
    gain_m = median[declared] - median[least]
    clear = gain_m >= LEAST_GAIN_M and median[least] <= MARGIN * median[declared]
    others = [median[datum] for datum in DATUMS if datum not in (least, declared)]
    # Of two others that fit equally well neither is clearly right.
    clear &= all(median[least] <= MARGIN * other for other in others)
    if not clear:
        outlier[_outliers(tree, lonlat, usable, declared, median_m=median[declared], crs=crs)] = (
            True
        )
    return DatumFinding(declared, median, q90, least if clear else declared, len(some), outlier)


def datum_notices(
    finding: DatumFinding, where: str, ids: NDArray[np.object_], *, section: str
) -> list[Fault]:
    """Return what a finding has to say: that another datum fits, or that some rows stand out.

    Parameters
    ----------
    where
        Name of the file.
    ids
        Id of each point. Shape (n_points,).
    section
        Section of the project file that declares the datum, for example ``outlets``.
    """
    if finding.best != finding.declared:
        return [
            fault(
                "places.datum_other", where, declared=finding.declared, best=finding.best,
                near=round(finding.median_m[finding.best]),
                far=round(finding.median_m[finding.declared]), count=finding.n, section=section,
            )
        ]  # fmt: skip
    if finding.outlier.any():
        which = some_ids(ids[finding.outlier])
        count = int(finding.outlier.sum())
        return [
            fault("places.datum_mixed", where, count=count, ids=which, declared=finding.declared)
        ]
    return []


def _outliers(
    tree: shapely.STRtree,
    lonlat: Floats,
    usable: Ints,
    declared: Datum,
    *,
    median_m: float,
    crs: str,
) -> Ints:
    """Return the rows that fit in another datum, where they are too many for chance."""
    mine = _distance_m(tree, lonlat[usable], declared, crs)
    far = usable[mine > max(FAR_M, 4.0 * median_m)]
    near_m = max(NEAR_M, 2.0 * median_m)
    fits = [
        far[_distance_m(tree, lonlat[far], datum, crs) <= near_m]
        for datum in DATUMS
        if datum != declared and len(far)
    ]
    most = max(fits, key=len, default=far)
    enough = LEAST_ROWS <= len(most) < len(usable) / 2 and len(most) >= LEAST_SHARE * len(far)
    return most if enough else most[:0]


def _distance_m(tree: shapely.STRtree, lonlat: Floats, datum: Datum, crs: str) -> Floats:
    """Return the distance to the nearest street if the points were in a datum. Shape (n,)."""
    points = np.asarray(shapely.points(project_points(to_wgs84(lonlat, datum), crs)))
    (number, _), distance = tree.query_nearest(
        points, max_distance=CAP_M, return_distance=True, all_matches=False
    )
    found = np.full(len(points), CAP_M)
    found[number] = distance
    return found
