"""How far each unit is from each centre: the travel of its demand on the streets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import KDTree

from gridmap.errors import Fault, fault, some_ids
from gridmap.territory import Units
from gridmap.travel.engine import Snapped, TravelEngine
from gridmap.travel.network import StreetNetwork
from gridmap.travel.snap import SNAP_LIMIT_M, Snapper

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Street metres per straight metre where there are no streets to follow: a grid of right angles
#: has 4/π = 1.27 on average, and measured circuity of cities lies at 1.2 to 1.4 (Boeing 2019,
#: "Urban spatial order", Applied Network Science 4:67, and the works cited there).
DETOUR = 1.3

#: Metres a second off the network: walking 4.5 km/h (the planning standard's), the others a
#: usual speed in town.
OFF_NETWORK_M_S = {"walk": 1.25, "bike": 4.2, "ebike": 5.5, "drive": 8.3}
SLOWEST_M_S = 1.25

#: Streets along which nobody can set off or arrive.
NO_ACCESS = ("motorway", "motorway_link")

#: Travel times held at once: 32 MB.
CHUNK = 1 << 22


@dataclass(frozen=True, eq=False)
class Access:
    """Travel of units from centres.

    Attributes
    ----------
    travel_s
        Mean seconds of each unit's demand from each centre, finite. Shape (n_units, n_cells).
    notices
        What could not be measured on the streets, and how it was replaced.
    """

    travel_s: Floats
    notices: tuple[Fault, ...]


def measure_access(
    units: Units,
    demand: pd.DataFrame,
    engine: TravelEngine,
    centre_xy: Floats,
    *,
    snap: Callable[[Floats], Snapped] | None = None,
    chunk: int = CHUNK,
) -> Access:
    """Measure the travel from each centre to each unit: the weighted mean over its demand.

    A unit without demand is measured at a point inside it. A point off the network counts as
    the nearest point on it, plus the straight way there times `DETOUR`. What still cannot be
    reached from a centre counts as the straight way from the centre times `DETOUR`. Both are
    counted in the notices; nothing is left out.

    Parameters
    ----------
    units
        The units.
    demand
        Demand points, see `gridmap.schemas.DEMAND`.
    engine
        Travel times.
    centre_xy
        Where the centres are. Shape (n_cells, 2).
    snap
        Brings points to the network of `engine`; by default the engine's own way, see
        `snap_to_access`.
    chunk
        Most travel times held at once.

    Returns
    -------
    Access
        Finite travel times and notices.
    """
    return Meter.of(units, demand, engine, snap=snap).measure(centre_xy, chunk=chunk)


@dataclass(frozen=True, eq=False)
class Meter:
    """The demand of units, brought to a network: ready to be measured from any centres.

    Build it with `of`; bringing the demand to the network costs more than a few centres do.
    """

    engine: TravelEngine
    snap: Callable[[Floats], Snapped]
    xy: Floats
    weight: Floats
    unit: Ints
    ids: list[str]
    points: Snapped
    target: Snapped
    extra_s: Floats
    total: Floats

    @classmethod
    def of(
        cls,
        units: Units,
        demand: pd.DataFrame,
        engine: TravelEngine,
        *,
        snap: Callable[[Floats], Snapped] | None = None,
    ) -> Meter:
        """Bring the demand of units to the network of an engine; see `measure_access`."""
        xy, weight, unit, ids = _points(units, demand)
        snap = snap or engine.snap
        points = snap(xy)
        stand_in, extra_m = _stand_ins(xy, points)
        return cls(
            engine=engine,
            snap=snap,
            xy=xy,
            weight=weight,
            unit=unit,
            ids=ids,
            points=points,
            target=points.take(stand_in),
            extra_s=extra_m * DETOUR / OFF_NETWORK_M_S.get(engine.mode, SLOWEST_M_S),
            total=np.bincount(unit, weights=weight, minlength=len(units)).astype(np.float64),
        )

    def measure(self, centre_xy: Floats, *, chunk: int = CHUNK) -> Access:
        """Measure the travel from centres; see `measure_access`."""
        centres = self.snap(centre_xy)
        speed = OFF_NETWORK_M_S.get(self.engine.mode, SLOWEST_M_S)
        travel_s = np.empty((len(self.total), len(centre_xy)))
        straight = np.zeros(len(centre_xy), dtype=np.int64)
        step = max(1, chunk // len(self.xy))
        for start in range(0, len(centre_xy), step):
            source = centres.take(slice(start, start + step))
            seconds = self.engine.matrix(source, self.target) + self.extra_s
            for place, row in enumerate(seconds, start):
                lost = ~np.isfinite(row)
                straight[place] = lost.sum()
                away_m = np.hypot(*(self.xy[lost] - centre_xy[place]).T)
                row[lost] = away_m * DETOUR / speed
                weighed = np.bincount(self.unit, self.weight * row, minlength=len(self.total))
                travel_s[:, place] = weighed / self.total
        return Access(travel_s, _notices(self.points, self.ids, centres, straight))


def snap_to_access(
    network: StreetNetwork, limit_m: float = SNAP_LIMIT_M
) -> Callable[[Floats], Snapped]:
    """Return a function that brings points to the nearest street with access to what lies on it.

    A motorway and its ramps give none: a unit beside one is reached from the streets around it.
    On a network of nothing else they have to do.

    Parameters
    ----------
    network
        Network of the engine that the points are meant for.
    limit_m
        Points farther from every such street stay off the network.
    """
    classes = [number for number, one in enumerate(network.road_classes) if one in NO_ACCESS]
    closed = np.isin(network.road_class, classes)
    if network.no_stop is not None:
        closed |= network.no_stop
    return Snapper(replace(network, no_stop=closed), limit_m).snap


def _points(units: Units, demand: pd.DataFrame) -> tuple[Floats, Floats, Ints, list[str]]:
    """Return place, weight, unit and name of all points to measure."""
    weight = demand["weight"].to_numpy(dtype=np.float64)
    used = weight > 0
    unit = demand["unit"].to_numpy(dtype=np.int64)[used]
    empty = np.setdiff1d(np.arange(len(units), dtype=np.int64), unit)
    xy = demand[["x", "y"]].to_numpy(dtype=np.float64)[used]
    return (
        np.concatenate([xy, units.inner_xy[empty]]),
        np.concatenate([weight[used], np.ones(len(empty))]),
        np.concatenate([unit, empty]),
        [*demand["demand_id"].astype(str)[used], *(f"#{one}" for one in empty)],
    )


def _stand_ins(xy: Floats, points: Snapped) -> tuple[Ints, Floats]:
    """Return for each point the nearest point on the network, and the metres to it."""
    stand_in = np.arange(len(xy), dtype=np.int64)
    extra_m = np.zeros(len(xy))
    off, on = np.flatnonzero(~points.reached), np.flatnonzero(points.reached)
    if len(off) and len(on):
        extra_m[off], nearest = KDTree(xy[on]).query(xy[off])
        stand_in[off] = on[nearest]
    return stand_in, extra_m


def _notices(
    points: Snapped, ids: list[str], centres: Snapped, straight: Ints
) -> tuple[Fault, ...]:
    notices = []
    off = np.flatnonzero(~points.reached)
    if len(off):
        notices.append(
            fault(
                "partition.points_off_network",
                count=len(off),
                total=len(points),
                # A zone is spread to many points that all have its id.
                ids=some_ids(dict.fromkeys(ids[one] for one in off)),
                detour=DETOUR,
            )
        )
    if straight.any():
        notices.append(
            fault(
                "partition.straight_line_travel",
                pairs=int(straight.sum()),
                centres=some_ids((np.flatnonzero(straight) + 1).tolist()),
                off=int((~centres.reached).sum()),
                detour=DETOUR,
            )
        )
    return tuple(notices)
