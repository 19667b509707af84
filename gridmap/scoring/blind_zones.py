"""Clusters of demand that no outlet of ours reaches within the threshold, and their ground."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import Delaunay, KDTree, QhullError
from shapely.geometry.base import BaseGeometry

from gridmap.policies import Mode, ScoringPolicy
from gridmap.scoring.findings import BlindZone
from gridmap.scoring.indicators import main_threshold
from gridmap.scoring.inputs import Bools, Floats, Ints, ScoringInputs
from gridmap.scoring.reach import Reach, reach
from gridmap.scoring.travel_times import Owner
from gridmap.territory import Polygons

#: Demand points are of one zone if a chain of them has no longer gap, in metres; where demand is
#: coarser, twice the median way from a point to the next.
LINK_M = 150.0
#: Ground round the points of a zone, and how much of it is taken back to smooth it, as shares of
#: the longest gap: more than half, so that discs of neighbours meet; less than half in the end,
#: so that zones keep apart.
DISC, SMOOTHED = 0.6, 0.2
#: Outlines are simplified by so many metres.
TIDY_M = 5.0


@dataclass(frozen=True, eq=False)
class Ground:
    """Where everything of a plan is, in metres.

    Attributes
    ----------
    demand_xy, outlet_xy
        Demand points and scored outlets. Shapes (n_demand, 2) and (n_outlets, 2).
    outlet_ids
        Ids of these outlets.
    cells
        Polygons of the cells. Shape (n_cells,).
    """

    demand_xy: Floats
    outlet_xy: Floats
    outlet_ids: tuple[str, ...]
    cells: Polygons


@dataclass(frozen=True, eq=False)
class ZonePoints:
    """A blind zone and its demand points, rows of the inputs."""

    zone: BlindZone
    rows: Ints


def blind_zones(
    inputs: ScoringInputs, policy: ScoringPolicy, ground: Ground
) -> tuple[ZonePoints, ...]:
    """Return the blind zones by the first means of travel and its main threshold.

    Points of one cell whose chain has no gap longer than `link_distance` are one zone: single
    linkage. Most demand first.
    """
    mode, limits = next(iter(policy.modes.items()))
    minutes = main_threshold(limits)
    found = reach(inputs.times[mode])
    blind = np.flatnonzero((found.nearest["ours"] > minutes) & (inputs.demand_weight > 0.0))
    link_m = link_distance(ground.demand_xy)
    cluster = _clusters(ground.demand_xy[blind], inputs.demand_cell[blind], link_m)
    order = np.argsort(cluster, kind="stable")
    ends = np.flatnonzero(np.diff(cluster[order])) + 1
    groups = [blind[rows] for rows in np.split(order, ends)] if len(blind) else []
    groups.sort(key=lambda rows: (-float(inputs.demand_weight[rows].sum()), int(rows[0])))
    of_cell = inputs.by_cell(inputs.demand_weight)
    describe = _Describer(inputs, mode, minutes, ground, found, link_m, of_cell)
    return tuple(
        ZonePoints(describe(number, rows), rows) for number, rows in enumerate(groups, start=1)
    )


def link_distance(demand_xy: Floats) -> float:
    """Return the longest gap inside a zone, in metres: see `LINK_M`."""
    spots = np.unique(demand_xy, axis=0)
    if len(spots) < 2:
        return LINK_M
    gap_m, _ = KDTree(spots).query(spots, k=[2])
    return max(LINK_M, 2.0 * float(np.median(gap_m)))


def _clusters(xy: Floats, cell: Ints, link_m: float) -> Ints:
    """Return the cluster of each point by single linkage within its cell. Shape (n,)."""
    ends = [np.empty((0, 2), dtype=np.int64)]
    for one in np.unique(cell).tolist():
        rows = np.flatnonzero(cell == one)
        pairs = _near_pairs(xy[rows], link_m)
        ends.append(rows[pairs])
    first, second = np.concatenate(ends).T
    linked = coo_array((np.ones(len(first)), (first, second)), shape=(len(xy), len(xy)))
    return np.asarray(connected_components(linked, directed=False)[1], dtype=np.int64)


def _near_pairs(xy: Floats, link_m: float) -> Ints:
    """Return pairs of points that link all that chains of gaps up to `link_m` link.

    Edges of a Delaunay triangulation will do, for it holds a shortest spanning tree.
    """
    spots, spot = np.unique(xy, axis=0, return_inverse=True)
    spot = spot.reshape(-1)
    first_at = np.full(len(spots), len(xy), dtype=np.int64)
    np.minimum.at(first_at, spot, np.arange(len(xy)))
    same = np.column_stack([np.arange(len(xy)), first_at[spot]])
    try:
        corners = Delaunay(spots - spots.mean(axis=0)).simplices
        edges = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]])
        long = np.linalg.norm(spots[edges[:, 0]] - spots[edges[:, 1]], axis=1) > link_m
        edges = edges[~long]
    except (QhullError, ValueError):  # too few points, or all on a line
        edges = KDTree(spots).query_pairs(link_m, output_type="ndarray")
    return np.concatenate([same, first_at[edges.reshape(-1, 2)]])


def zone_ground(xy: Floats, cell: BaseGeometry, link_m: float) -> BaseGeometry:
    """Return the tidy ground of a zone: round its points, inside its cell."""
    discs = shapely.union_all(shapely.buffer(shapely.points(xy), DISC * link_m))
    smooth = shapely.simplify(shapely.buffer(discs, -SMOOTHED * link_m), TIDY_M)
    inside = shapely.make_valid(shapely.intersection(smooth, cell))
    parts = [one for one in shapely.get_parts(inside) if one.geom_type == "Polygon"]
    whole = [shapely.Polygon(one.exterior, _large_holes(one, link_m)) for one in parts]
    return shapely.union_all(whole)


def _large_holes(polygon: shapely.Polygon, link_m: float) -> list[NDArray[np.float64]]:
    """Return the holes of a polygon that are no specks."""
    holes = [shapely.get_coordinates(one) for one in polygon.interiors]
    return [one for one in holes if shapely.Polygon(one).area > link_m**2 / 4]


@dataclass(frozen=True, eq=False)
class _Describer:
    """Makes a zone of a group of demand points."""

    inputs: ScoringInputs
    mode: Mode
    minutes: float
    ground: Ground
    found: Reach
    link_m: float
    demand_of_cell: Floats

    def __call__(self, number: int, rows: Ints) -> BlindZone:
        inputs, ground, found = self.inputs, self.ground, self.found
        weight, xy = inputs.demand_weight[rows], ground.demand_xy[rows]
        demand = float(weight.sum())
        middle = (weight[:, None] * xy).sum(axis=0) / demand
        at = int(rows[np.linalg.norm(xy - middle, axis=1).argmin()])
        cell = int(inputs.demand_cell[rows[0]])
        own_min, partner_min = (float(found.nearest[who][at]) for who in ("own", "partner"))
        rival: Bools = found.nearest["rival"][rows] <= self.minutes
        return BlindZone(
            zone_id=number,
            cell_id=int(inputs.ids[cell]),
            mode=self.mode,
            minutes=self.minutes,
            demand=demand,
            points=len(rows),
            share_of_cell=demand / float(self.demand_of_cell[cell]),
            x=float(ground.demand_xy[at, 0]),
            y=float(ground.demand_xy[at, 1]),
            nearest_own_id=self._nearest("own", at),
            nearest_own_min=own_min,
            nearest_ours_id=self._nearest("own" if own_min <= partner_min else "partner", at),
            nearest_ours_min=min(own_min, partner_min),
            nearest_rival_id=self._nearest("rival", at),
            nearest_rival_min=float(found.nearest["rival"][at]),
            rival_covered=float(weight[rival].sum()) / demand,
            shape=zone_ground(xy, ground.cells[cell], self.link_m),
        )

    def _nearest(self, who: Owner, demand: int) -> str:
        times = self.inputs.times[self.mode]
        outlet = int(times.nearest_outlet[who][times.place[demand]])
        return self.ground.outlet_ids[outlet] if outlet >= 0 else ""
