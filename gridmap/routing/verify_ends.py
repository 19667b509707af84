"""The rule on where days start and end, from the drawn ways alone."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.errors import Fault, fault, some_ids
from gridmap.policies import DayPlace
from gridmap.routing.verify_plan import WrittenPlan

#: Metres by which drawn ways may miss the nearest street, by rounding.
DRAWN_M = 1.0
#: A way may pass so many metres nearer to its own start, on a street where nobody stops.
PASSING_M = 50.0


def day_ends(plan: WrittenPlan) -> list[Fault]:
    """Each way starts, and ends, at the street position nearest to its manager's place.

    The streets are not in a plan; but every start and end in it is a position on one, and every
    way runs along some. So none of these positions is nearer to the place than the start is, and
    the way itself comes no nearer but in passing. Routes without a drawn way are not looked at,
    and those without a manager are another rule's matter.
    """
    routes = plan.routes
    if not isinstance(routes, gpd.GeoDataFrame) or not isinstance(plan.outlets, gpd.GeoDataFrame):
        return []
    ways = routes.geometry.to_numpy()
    drawn = np.array([one is not None and not one.is_empty for one in ways], dtype=bool)
    ends = [(one.coords[0], one.coords[-1]) for one in ways[drawn]]
    known = np.asarray(shapely.points(np.array(ends, dtype=np.float64).reshape(-1, 2)))
    wrong = []
    for route, cell, way in zip(
        routes["route_id"][drawn], routes["cell_id"][drawn], ways[drawn], strict=True
    ):
        manager, centre = plan.manager_of[str(route)], plan.centres.get(cell, "")
        if manager is None:
            continue
        for place, reached in (
            (manager.start or centre, way.coords[0]),
            (manager.end or centre, way.coords[-1]),
        ):
            if not place:
                continue
            point = _point(plan, place)
            if point is None or not _nearest(point, shapely.Point(reached), known, way):
                wrong.append(str(route))
    return [fault("routing.check.day_ends", some_ids(dict.fromkeys(wrong)))] if wrong else []


def _nearest(
    place: shapely.Point,
    reached: shapely.Point,
    known: NDArray[np.object_],
    way: shapely.LineString,
) -> bool:
    away_m = place.distance(reached)
    others_m = float(shapely.distance(place, known).min())
    return bool(away_m <= others_m + DRAWN_M and away_m <= float(place.distance(way)) + PASSING_M)


def _point(plan: WrittenPlan, place: DayPlace) -> shapely.Point | None:
    """Return a place in the plan's reference system; None if no such outlet is there."""
    if isinstance(place, str):
        found = plan.outlets.loc[plan.outlets["outlet_id"] == place].geometry
        return None if found.empty else shapely.Point(found.iloc[0])
    degrees = gpd.GeoSeries([shapely.Point(place)], crs="EPSG:4326")
    return shapely.Point(degrees.to_crs(plan.routes.crs).iloc[0])
