"""Areas from elsewhere as units: repaired until they tile the territory exactly."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.errors import Fault, InputError, fault, some_ids
from gridmap.partition.cutting import Most, cut_segments, cuts
from gridmap.partition.insertion import insert
from gridmap.partition.linework import LineKind, Linework
from gridmap.partition.merging import MergeRule
from gridmap.partition.noding import (
    STEPS_PER_M,
    Floats,
    Geometries,
    Grid,
    Ints,
    segments_of,
)
from gridmap.partition.ownership import NOBODY, ROUNDING_M2, Claims, owners, pieces
from gridmap.partition.planar import Plane, dissolve
from gridmap.partition.units import Site, finish, plane_of
from gridmap.territory import Units

#: Ground in no area is cut into pieces of about this size.
REST_M2 = 4.0e5
#: A border this close to a river, railway, motorway or administrative line runs along it.
BESIDE_M = 10.0
_BARRIERS = (LineKind.RIVER, LineKind.SHORE, LineKind.RAIL, LineKind.MOTORWAY, LineKind.ADMIN)
#: An area narrower than this, or smaller, cannot be a unit.
_LEAST_M2, _LEAST_WIDTH_M = 10.0, 1.0
_KEEP = MergeRule(0.0, 0.0, 0.0, 0.0, np.inf, np.inf, np.inf)


@dataclass(frozen=True)
class Repair:
    """What had to be moved until areas tiled the territory.

    Attributes
    ----------
    areas, units
        Rows that were given, and units that came of them.
    moved
        Rows whose area changed by more than a square metre through gaps or overlaps.
    overlap_m2
        Ground of several rows, given to one of them.
    gap_m2
        Ground of no row, given to a neighbour.
    rest_m2, rest_units
        Ground of no row that became units of its own.
    outside_m2
        Ground beyond the boundary, cut off.
    parts
        Rows in several pieces; each piece became a unit.
    mended
        Rows that were no valid area and were repaired.
    dropped
        Rows left out with the reason, a key of the catalogue.
    """

    areas: int
    units: int
    moved: int
    overlap_m2: float
    gap_m2: float
    rest_m2: float
    rest_units: int
    outside_m2: float
    parts: int
    mended: int
    dropped: tuple[tuple[int, str], ...]

    def notices(self, where: str = "", *, first_row: int = 0) -> list[Fault]:
        """Return the report as remarks; nothing to report is none.

        Parameters
        ----------
        where
            File.
        first_row
            Number of the first row.
        """
        found = []
        if self.overlap_m2 + self.gap_m2 > ROUNDING_M2:
            found.append(
                fault(
                    "unitfile.moved", where, moved=self.moved, areas=self.areas,
                    overlap=self.overlap_m2, gap=self.gap_m2,
                )
            )  # fmt: skip
        if self.rest_units:
            found.append(
                fault("unitfile.rest", where, units=self.rest_units, km2=self.rest_m2 / 1e6)
            )
        if self.outside_m2 > ROUNDING_M2:
            found.append(fault("unitfile.outside", where, m2=self.outside_m2))
        if self.parts:
            found.append(fault("unitfile.parts", where, count=self.parts))
        if self.mended:
            found.append(fault("unitfile.mended", where, count=self.mended))
        for reason in sorted({one for _, one in self.dropped}):
            rows = [row + first_row for row, one in self.dropped if one == reason]
            found.append(fault(reason, where, count=len(rows), rows=some_ids(rows)))
        return found


def area_units(
    areas: Geometries,
    boundary: BaseGeometry,
    *,
    own_xy: Floats,
    linework: Linework | None = None,
) -> tuple[Units, Repair]:
    """Make units of areas such as census tracts or communities, whatever their borders are like.

    Everything is noded on the grid of 1 cm, and each face of the map goes to one area: where
    several overlap to the one it mostly consists of, else to the one with the longest border;
    ground of none to the neighbour with the longest border, or, if it is more than a crumb, to
    units of its own. Own outlets that share an area are cut apart.

    Parameters
    ----------
    areas
        Polygons or MultiPolygons in metres, or other geometries, which are left out.
        Shape (n_areas,).
    boundary
        Territory in metres.
    own_xy
        Own outlets. Shape (n_own, 2).
    linework
        Barriers and administrative lines; borders that run along them count as such.

    Returns
    -------
    Units
        They tile the territory exactly.
    Repair
        What was moved.

    Raises
    ------
    InputError
        If no area lies in the territory, the boundary is no valid area, or own outlets lie at
        the same place, outside, or on the border.
    """
    lines = linework or Linework(np.empty(0, dtype=object), np.empty(0, dtype=np.int64))
    site = Site.of(boundary, own_xy, water=lines.water, bridges=lines.bridges)
    sound = _Sound.of(areas, boundary, site)
    rings = shapely.get_rings(shapely.get_parts(sound.areas))
    kinds = np.full(len(rings), int(LineKind.CUT), dtype=np.int64)
    plane = plane_of(segments_of(rings, kinds, Grid(np.zeros(2, dtype=np.int64))), boundary, site)
    claims = Claims.of(plane, sound.areas)
    owner = owners(plane, sound.areas, claims)
    label, owner, parts = pieces(plane, owner)
    report = _report(plane, owner, claims, sound, parts)
    plane = _merged(plane, label)
    rest = _first_of(owner, label) == NOBODY
    lines_between = cuts(plane, site.load, site.own_xy, Most())
    lines_across = cuts(plane, site.load, site.own_xy, Most(area_m2=REST_M2), among=rest)
    fresh = np.concatenate([lines_between, lines_across])
    if len(fresh):
        plane = insert(plane, cut_segments(fresh), site.boundary)
    units = finish(_along_barriers(plane, lines, site), site, _KEEP)
    rest_units = 0
    if rest.any():
        inner = shapely.points(site.grid.local_m(units.inner_xy))
        ours, _ = shapely.STRtree(sound.areas).query(inner, predicate="intersects")
        rest_units = len(units) - len(np.unique(ours))
    return units, replace(report, units=len(units), rest_units=rest_units)


def borders_of(units: Units) -> Geometries:
    """Return the edges of units as lines in metres, each once."""
    rings = shapely.get_rings(units.polygons)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    ends = np.stack([xy[:-1][same], xy[1:][same]], axis=1)
    swap = (ends[:, 0, 0] > ends[:, 1, 0]) | (
        (ends[:, 0, 0] == ends[:, 1, 0]) & (ends[:, 0, 1] > ends[:, 1, 1])
    )
    ends[swap] = ends[swap][:, ::-1]
    return np.asarray(shapely.linestrings(np.unique(ends, axis=0)), dtype=object)


@dataclass(frozen=True, eq=False)
class _Sound:
    """The usable areas in local metres, the row of each, and what became of the others."""

    areas: Geometries
    row: Ints
    given: int
    mended: int
    outside_m2: float
    dropped: tuple[tuple[int, str], ...]

    @classmethod
    def of(cls, areas: Geometries, boundary: BaseGeometry, site: Site) -> _Sound:
        """Keep what is an area in the boundary.

        Raises
        ------
        InputError
            If nothing is kept.
        """
        whole = np.asarray(areas, dtype=object).copy()
        whole[shapely.is_missing(whole)] = shapely.Polygon()
        broken = ~shapely.is_valid(whole)
        whole[broken] = shapely.make_valid(whole[broken], method="structure", keep_collapsed=False)
        flat = np.array([_flat(one) for one in whole], dtype=object)
        shapely.prepare(boundary)
        inside = shapely.intersection(flat, boundary)
        inside = np.array([_flat(one) for one in inside], dtype=object)
        width = 2.0 * shapely.area(inside) / np.maximum(shapely.length(inside), 1e-9)
        _, first = np.unique(shapely.to_wkb(shapely.normalize(inside)), return_index=True)
        again = np.ones(len(inside), dtype=bool)
        again[first] = False
        reason = np.full(len(inside), "", dtype=object)
        tests = (
            (again, "unitfile.twice"),
            ((shapely.area(inside) < _LEAST_M2) | (width < _LEAST_WIDTH_M), "unitfile.too_small"),
            (shapely.area(inside) == 0.0, "unitfile.elsewhere"),
            (shapely.area(flat) == 0.0, "unitfile.no_area"),
        )
        for wrong, key in tests:
            reason[wrong] = key
        kept = np.flatnonzero(reason == "")
        dropped = tuple((int(row), str(reason[row])) for row in np.flatnonzero(reason != ""))
        if len(kept) == 0:
            counts = {key: sum(one == key for _, one in dropped) for _, key in tests}
            raise InputError(
                fault(
                    "unitfile.nothing_left", rows=len(whole),
                    elsewhere=counts["unitfile.elsewhere"], no_area=counts["unitfile.no_area"],
                    too_small=counts["unitfile.too_small"],
                )
            )  # fmt: skip
        beyond = shapely.area(flat[kept]).sum() - shapely.area(inside[kept]).sum()
        return cls(
            np.asarray(shapely.transform(flat[kept], site.grid.local_m), dtype=object),
            kept.astype(np.int64),
            len(whole),
            int((broken & (reason == "")).sum()),
            float(beyond),
            dropped,
        )


def _flat(geometry: BaseGeometry) -> BaseGeometry:
    """Return the areas of a geometry, without what is thinner."""
    if geometry.geom_type in {"Polygon", "MultiPolygon"}:
        return geometry
    parts = shapely.get_parts(shapely.get_parts(geometry))
    return shapely.union_all(parts[shapely.get_dimensions(parts) == 2])


def _report(plane: Plane, owner: Ints, claims: Claims, sound: _Sound, parts: int) -> Repair:
    """Return what was moved, apart from what is known only once the units are there."""
    area = shapely.area(plane.faces)
    several = claims.count > 1
    gap = (claims.count == 0) & (owner != NOBODY)
    # What each row had, and what it has now.
    before = np.bincount(claims.area, area[claims.face], len(sound.areas))
    held = owner != NOBODY
    after = np.bincount(owner[held], area[held], len(sound.areas))
    kept = np.zeros(len(sound.areas))
    mine = owner[claims.face] == claims.area
    np.add.at(kept, claims.area[mine], area[claims.face[mine]])
    changed = (before - kept) + (after - kept)
    covered = tuple(
        (int(sound.row[one]), "unitfile.covered") for one in np.flatnonzero(after == 0.0)
    )
    return Repair(
        areas=sound.given,
        units=0,
        moved=int((changed > ROUNDING_M2).sum()),
        overlap_m2=float(area[several].sum()),
        gap_m2=float(area[gap].sum()),
        rest_m2=float(area[~held].sum()),
        rest_units=0,
        outside_m2=sound.outside_m2,
        parts=parts,
        mended=sound.mended,
        dropped=tuple(sorted(sound.dropped + covered)),
    )


def _merged(plane: Plane, label: Ints) -> Plane:
    """Join the faces of each label, and forget the lines between them."""
    joined = dissolve(plane, label)
    return replace(joined, loose=joined.loose[np.empty(0, dtype=np.int64)])


def _first_of(owner: Ints, label: Ints) -> Ints:
    held = np.zeros(int(label.max()) + 1, dtype=np.int64)
    held[label] = owner
    return held


def _along_barriers(plane: Plane, lines: Linework, site: Site) -> Plane:
    """Mark the edges that run along barriers or administrative lines."""
    kind = plane.kind.copy()
    ends = plane.xy[np.stack([plane.tail, plane.head])] / STEPS_PER_M
    middle = shapely.points(ends.mean(axis=0))
    for one in _BARRIERS:
        chosen = lines.lines[(lines.kinds & int(one)) != 0]
        if len(chosen) == 0:
            continue
        tree = shapely.STRtree(shapely.transform(chosen, site.grid.local_m))
        beside = np.zeros(len(kind), dtype=np.int64)
        for points in (shapely.points(ends[0]), shapely.points(ends[1]), middle):
            near, _ = tree.query(points, predicate="dwithin", distance=BESIDE_M)
            beside[np.unique(near)] += 1
        kind[beside == 3] |= int(one)
    return replace(plane, kind=kind)
