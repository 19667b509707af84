"""The units of a territory, made from its streets, rivers, railways and borders."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely
from scipy.spatial import cKDTree
from shapely.geometry.base import BaseGeometry

from gridmap.errors import Fault, InputError, fault, some_ids
from gridmap.partition.adjacency import adjacency_of, parts
from gridmap.partition.cutting import (
    APART_M,
    Load,
    Most,
    cut_segments,
    cuts,
    doorsteps,
)
from gridmap.partition.insertion import insert
from gridmap.partition.linework import LineKind, Linework
from gridmap.partition.merging import MergeRule, merge_faces
from gridmap.partition.noding import (
    GRID_M,
    MAX_STEPS,
    Bools,
    Floats,
    Geometries,
    Grid,
    Segments,
    join,
    node,
    segments_of,
    steps_of,
)
from gridmap.partition.planar import (
    Plane,
    build_plane,
    dissolve,
    locate,
    to_world,
)
from gridmap.territory import Units

#: Least distance of an own outlet from the border of the territory, which cannot give way.
_BORDER_CLEARANCE_M = 0.02
#: Lines across bent faces do not hit a limit exactly: what is still this far above is cut again.
_CUT_TURNS = 3
_SLACK = 1.03
#: A joined face may be this far above the limits for cutting, lest both go on for ever.
_JOINED_AREA = 1.5
_JOINED_LOAD = 1.25


@dataclass(frozen=True)
class UnitLimits:
    """How large and how small units may be.

    Attributes
    ----------
    max_area_m2, max_extent_m
        Larger or longer faces are cut: a river or a railway's ground in one piece would be a wall
        that one cell alone can cross. The extent is the diagonal of the box.
    max_demand_share
        Faces with more than this share of the mean demand of a cell (total demand / own
        outlets) are cut; a quarter of the tolerance of the balance is a good choice.
    min_area_m2, min_width_m
        Smaller or narrower faces are joined to a neighbour; the width is 2 · area / perimeter.
    sliver_area_m2, sliver_width_m
        Below either a face is joined even across a river, a railway or a motorway.
    strip_width_m
        So is a face below the minima that is narrower than this and has neither demand nor a
        street, such as the ground between two carriageways.
    """

    max_area_m2: float = 4.0e5
    max_extent_m: float = 1000.0
    max_demand_share: float = 0.0125
    min_area_m2: float = 2000.0
    min_width_m: float = 16.0
    sliver_area_m2: float = 400.0
    sliver_width_m: float = 6.0
    strip_width_m: float = 16.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.sliver_area_m2 <= self.min_area_m2 < self.max_area_m2:
            raise ValueError("Expected 0 <= sliver_area_m2 <= min_area_m2 < max_area_m2.")
        if not 0.0 <= self.sliver_width_m <= self.min_width_m:
            raise ValueError("Expected 0 <= sliver_width_m <= min_width_m.")
        if not self.strip_width_m >= 0.0:
            raise ValueError(f"Expected strip_width_m >= 0, found {self.strip_width_m}.")
        if not self.max_extent_m > 0.0:
            raise ValueError(f"Expected max_extent_m > 0, found {self.max_extent_m}.")
        if not self.max_demand_share > 0.0:
            raise ValueError(f"Expected max_demand_share > 0, found {self.max_demand_share}.")


def build_units(
    linework: Linework,
    boundary: BaseGeometry,
    *,
    own_xy: Floats,
    demand_xy: Floats,
    demand_weight: Floats,
    limits: UnitLimits | None = None,
    buildings: Geometries | None = None,
) -> Units:
    """Cut a territory into units along its lines, without service roads.

    Lines and boundary are noded on a grid of 1 cm, so the union of the units differs from the
    boundary given by at most 2 grid steps; that union is the territory from then on.

    Parameters
    ----------
    linework
        Lines, water areas and bridges; administrative lines among them.
    boundary
        Territory, a Polygon or MultiPolygon in metres; holes are allowed.
    own_xy
        Own outlets. Each ends strictly inside a unit of its own. Shape (n_own, 2).
    demand_xy, demand_weight
        Demand points; those outside count for nothing. Shapes (n, 2) and (n,).
    limits
        Sizes; by default those of `UnitLimits`.
    buildings
        Polygons or points in metres; lines that cut large faces go around them where they can.
        Shape (n_buildings,).

    Returns
    -------
    Units
        Units from south to north, in the order of the lower left corner of their box. They
        depend neither on the order of the lines nor on that of the points.

    Raises
    ------
    InputError
        If the boundary is no valid area, or own outlets lie at the same place, outside, or on
        the border; the rows of such outlets are in the fault's value ``rows``.
    """
    limits = limits or UnitLimits()
    site = Site.of(
        boundary,
        own_xy,
        load=(demand_xy, demand_weight),
        water=linework.water,
        bridges=linework.bridges,
        buildings=buildings,
    )
    plane = plane_of(_lines(linework, site.grid, boundary), boundary, site)
    max_load = limits.max_demand_share * _cell_load(plane, site)
    plane = _cut(plane, site, limits, max_load)
    rule = MergeRule(
        limits.min_area_m2,
        limits.min_width_m,
        limits.sliver_area_m2,
        limits.sliver_width_m,
        _JOINED_AREA * limits.max_area_m2,
        _JOINED_AREA * limits.max_extent_m,
        _JOINED_LOAD * max_load,
        limits.strip_width_m,
    )
    return finish(plane, replace(site, load=site.load.at_most(max_load)), rule)


@dataclass(frozen=True, eq=False)
class Site:
    """What units are made for, in local metres.

    Attributes
    ----------
    grid
        Where the local origin is.
    boundary
        Territory as it was given.
    own_xy
        Own outlets. Shape (n_own, 2).
    load
        Demand points.
    water, bridges
        Water polygons and bridge lines.
    buildings
        Polygons or points that cutting lines go around.
    """

    grid: Grid
    boundary: BaseGeometry
    own_xy: Floats
    load: Load
    water: Geometries
    bridges: Geometries
    buildings: Geometries

    @classmethod
    def of(
        cls,
        boundary: BaseGeometry,
        own_xy: Floats | None,
        *,
        load: tuple[Floats, Floats] | None = None,
        water: Geometries | None = None,
        bridges: Geometries | None = None,
        buildings: Geometries | None = None,
    ) -> Site:
        """Check boundary and own outlets and move everything to the local origin.

        Raises
        ------
        InputError
            If the boundary is no valid area, or own outlets lie at the same place, outside,
            or on the border.
        """
        _check_boundary(boundary)
        grid = Grid.around(boundary)
        nothing = np.empty(0, dtype=object)
        demand_xy, weight = load or (np.empty((0, 2)), np.empty(0))
        own = np.empty((0, 2)) if own_xy is None else np.asarray(own_xy, dtype=np.float64)
        site = cls(
            grid,
            shapely.transform(boundary, grid.local_m),
            grid.local_m(own.reshape(-1, 2)),
            Load.of(
                grid.local_m(np.asarray(demand_xy, dtype=np.float64).reshape(-1, 2)),
                np.asarray(weight, dtype=np.float64),
            ),
            _moved(nothing if water is None else water, grid),
            _moved(nothing if bridges is None else bridges, grid),
            _moved(nothing if buildings is None else buildings, grid),
        )
        _check_own(site.own_xy, site.boundary)
        return site


def plane_of(lines: Segments, boundary: BaseGeometry, site: Site) -> Plane:
    """Node lines together with the boundary (in metres) and return the faces inside."""
    rings = shapely.get_rings(shapely.get_parts(boundary))
    kinds = np.full(len(rings), int(LineKind.TERRITORY), dtype=np.int64)
    return build_plane(node(join(lines, segments_of(rings, kinds, site.grid))), site.boundary)


def cut_for_outlets(plane: Plane, site: Site) -> Plane:
    """Give each own outlet a face of its own."""
    return _with_lines(plane, site, cuts(plane, site.load, site.own_xy, Most(), site.buildings))


def finish(plane: Plane, site: Site, rule: MergeRule) -> Units:
    """Free the own outlets from borders, join small faces and number the units.

    Parameters
    ----------
    plane
        Planar map with at most one own outlet inside each face.
    site
        What the units are made for.
    rule
        What to join.
    """
    plane = _free_outlets(plane, site)
    own = np.bincount(locate(plane.faces, site.own_xy), minlength=len(plane.faces)) > 0
    load = site.load.per_face(plane)
    label, is_water = merge_faces(plane, load, own, _is_water(plane.faces, site.water), rule)
    lowest = np.full((len(is_water), 2), np.iinfo(np.int64).max)
    corner = steps_of(shapely.bounds(plane.faces)[:, [1, 0]])
    np.minimum.at(lowest, label, corner)
    order = np.lexsort((np.arange(len(lowest)), lowest[:, 1], lowest[:, 0]))
    plane = dissolve(plane, np.argsort(order)[label])
    part = parts(plane)
    polygons = np.asarray(shapely.normalize(plane.faces), dtype=object)
    return Units(
        polygons=to_world(polygons, site.grid.origin),
        part=part,
        water=is_water[order],
        adjacency=adjacency_of(plane, part, site.bridges),
        grid_m=GRID_M,
    )


def _check_boundary(boundary: BaseGeometry) -> None:
    """Raise if a boundary is no valid area.

    Raises
    ------
    InputError
        If it is not a Polygon or MultiPolygon, empty, or invalid.
    """
    if boundary.geom_type not in {"Polygon", "MultiPolygon"} or boundary.is_empty:
        raise InputError(fault("units.boundary_not_area", found=boundary.geom_type))
    if not boundary.is_valid:
        reason = shapely.is_valid_reason(boundary)
        raise InputError(fault("units.boundary_invalid", reason=reason))


def _check_own(own_xy: Floats, boundary: BaseGeometry) -> None:
    """Raise if own outlets cannot each have a unit of their own.

    Parameters
    ----------
    own_xy
        Own outlets. Shape (n, 2).
    boundary
        Boundary in the same coordinates.

    Raises
    ------
    InputError
        If two are closer than `APART_M`, or one is outside or on the border.
    """
    faults: list[Fault] = []
    if len(own_xy):
        close = cKDTree(own_xy).query_pairs(APART_M * (1.0 - 1e-9), output_type="ndarray")
        if len(close):
            pairs = sorted((int(one), int(other)) for one, other in close)
            together = some_ids(f"{one} = {other}" for one, other in pairs)
            faults.append(
                fault(
                    "units.own_same_place",
                    positions=together,
                    apart_cm=round(APART_M * 100),
                    rows=tuple(sorted({row for pair in pairs for row in pair})),
                )
            )
        points = shapely.points(own_xy)
        inside = shapely.covers(boundary, points)
        margin = shapely.distance(shapely.boundary(boundary), points)
        on_border = inside & (margin < _BORDER_CLEARANCE_M + 2 * GRID_M)
        for key, wrong in (("units.own_outside", ~inside), ("units.own_on_border", on_border)):
            rows = np.flatnonzero(wrong).tolist()
            if rows:
                faults.append(fault(key, positions=some_ids(rows), rows=tuple(rows)))
    if faults:
        raise InputError(*faults)


def _lines(linework: Linework, grid: Grid, boundary: BaseGeometry) -> Segments:
    """Return the segments of the lines that borders may follow, near the boundary."""
    followed = (linework.kinds & ~int(LineKind.SERVICE_STREET)) != 0
    lines, kinds = linework.lines[followed], linework.kinds[followed]
    met = np.sort(shapely.STRtree(lines).query(boundary, predicate="intersects"))
    segments = segments_of(lines[met], kinds[met] & ~int(LineKind.TERRITORY), grid)
    left, bottom, right, top = boundary.bounds
    low, high = grid.steps(np.array([[left, bottom], [right, top]]))
    near = (np.maximum(segments.start, segments.end) >= low).all(axis=1)
    near &= (np.minimum(segments.start, segments.end) <= high).all(axis=1)
    near &= (np.abs(segments.start) < MAX_STEPS).all(axis=1)
    near &= (np.abs(segments.end) < MAX_STEPS).all(axis=1)
    return segments[near]


def _moved(geometries: Geometries, grid: Grid) -> Geometries:
    return np.asarray(shapely.transform(geometries, grid.local_m), dtype=object)


def _cell_load(plane: Plane, site: Site) -> float:
    """Return the mean demand of a cell; without any demand no limit."""
    total = float(site.load.per_face(plane).sum())
    return total / max(len(site.own_xy), 1) if total > 0.0 else np.inf


def _cut(plane: Plane, site: Site, limits: UnitLimits, max_load: float) -> Plane:
    """Cut between own outlets, and what is above the limits, until little is left."""
    for turn in range(_CUT_TURNS):
        slack = 1.0 if turn == 0 else _SLACK
        most = Most(slack * limits.max_area_m2, slack * limits.max_extent_m, slack * max_load)
        lines = cuts(plane, site.load, site.own_xy, most, site.buildings)
        if len(lines) == 0:
            break
        plane = _with_lines(plane, site, lines)
    return plane


def _with_lines(plane: Plane, site: Site, lines: Geometries) -> Plane:
    if len(lines) == 0:
        return plane
    return insert(plane, cut_segments(lines), site.boundary)


def _free_outlets(plane: Plane, site: Site) -> Plane:
    """Break off the lines at the doorstep of own outlets that lie on a border."""
    squares = doorsteps(plane, site.own_xy)
    if len(squares) == 0:
        return plane
    sides = cut_segments(shapely.boundary(squares))
    return insert(plane, sides, site.boundary, cleared=squares)


def _is_water(faces: Geometries, water: Geometries) -> Bools:
    """Return which faces are water by more than half. Shape (n_faces,)."""
    wet = np.zeros(len(faces), dtype=np.bool_)
    if len(water) == 0:
        return wet
    whole = np.where(shapely.is_valid(water), water, shapely.make_valid(water))
    area, face = shapely.STRtree(faces).query(whole, predicate="intersects")
    inside = shapely.within(shapely.point_on_surface(faces[face]), whole[area])
    area, face = area[inside], face[inside]
    covered = np.zeros(len(faces))
    np.add.at(covered, face, shapely.area(shapely.intersection(faces[face], whole[area])))
    wet[covered > 0.5 * shapely.area(faces)] = True
    return wet
