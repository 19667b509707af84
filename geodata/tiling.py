"""Do the parts of a territory tile it? Checked exactly, on the integer grid of 1 cm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from pandas.api.types import is_string_dtype
from shapely.geometry.base import BaseGeometry

from geodata.boundaries import project_areas, unproject
from geodata.vectors import read_vectors
from gridmap.datum import Datum
from gridmap.errors import Fault, InputError, fault
from gridmap.partition.linework import LineKind
from gridmap.partition.noding import Grid, Ints, join, node, segments_of
from gridmap.partition.planar import OUTSIDE, Plane, build_plane, connected, to_world

Bools = NDArray[np.bool_]
Geometries = NDArray[np.object_]
What = Literal["gap", "overlap", "beyond"]

#: Bits of a segment's kind that are free for children; the first one marks the frame.
BITS = 62
PARENT = -1
#: The frame around everything stands off this far. Metres.
MARGIN_M = 10.0
LEVEL = "admin_level"
NAMES = ("name", "name:en", "name:zh", "名称", "名字")
#: Findings that are told one by one.
TOLD = 12


@dataclass(frozen=True)
class TilingFinding:
    """A place where the children do not tile their parent.

    Attributes
    ----------
    what
        ``gap``: in the parent, in no child; ``overlap``: in several children; ``beyond``: in a
        child, not in the parent.
    area_m2
        Area of the place.
    width_m
        Twice its area by its perimeter: what a sliver is wide.
    lonlat
        A point inside it, WGS-84.
    children
        For an overlap the children that cover it, otherwise those beside it, the one with the
        longest common border first. Names; the first two matter most.
    """

    what: What
    area_m2: float
    width_m: float
    lonlat: tuple[float, float]
    children: tuple[str, ...]

    def fault(self, where: str) -> Fault:
        """Return the finding as a sentence."""
        lon, lat = self.lonlat
        return fault(
            f"places.tiling_{self.what}", where, area=f"{self.area_m2:,.2f}",
            width=f"{self.width_m:.2f}", lon=f"{lon:.6f}", lat=f"{lat:.6f}",
            children=", ".join(self.children[:2]) or "–",
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Arrangement:
    """Parent and children noded together; which face lies in which of them."""

    plane: Plane
    grid: Grid
    parent: Bools
    cover: Bools


def check_tiling(
    parent: BaseGeometry, children: Sequence[BaseGeometry], names: Sequence[str], *, crs: str
) -> list[TilingFinding]:
    """Find every place where children do not tile their parent.

    All outlines are noded together on the grid of 1 cm. The children tile the parent exactly if
    each face inside the parent lies in one child and no other face lies in any; every inner edge
    then belongs to two children and the outer ones are the parent's outline.

    Parameters
    ----------
    parent, children
        Polygons or MultiPolygons in metres, valid.
    names
        Name of each child.
    crs
        Their reference system.

    Returns
    -------
    list of TilingFinding
        The largest first; empty exactly if the children tile the parent.

    Raises
    ------
    InputError
        If the territory is too wide for exact arithmetic.
    """
    if not children:
        children, names = [], []
    world = _arrange(parent, children)
    count = world.cover.sum(axis=0)
    findings = []
    for what, faces in _wrong(world, count):
        group = _grouped(world, faces)
        for one in range(group.max(initial=-1) + 1):
            found = _finding(world, what, np.flatnonzero(faces)[group == one], names, crs)
            findings.append(found)
    return sorted(findings, key=lambda one: (-one.area_m2, one.what, one.lonlat))


def snap_tiling(
    parent: BaseGeometry, children: Sequence[BaseGeometry], *, tolerance_m: float
) -> list[BaseGeometry]:
    """Return the children with slivers closed: gaps, overlaps and what lies beyond the parent.

    A sliver is a wrong place no wider than `tolerance_m`. A gap goes to the child with the
    longest border beside it, an overlap to that of its children with the longest border beside
    it, and what lies beyond is cut off. Wider places stay as they are.

    Returns
    -------
    list of geometries
        One a child, in metres, on the grid; empty where nothing is left of a child.
    """
    world = _arrange(parent, children)
    cover = world.cover.copy()
    count = cover.sum(axis=0)
    for what, faces in _wrong(world, count):
        group = _grouped(world, faces)
        for one in range(group.max(initial=-1) + 1):
            chosen = np.flatnonzero(faces)[group == one]
            if _width(world, chosen)[1] > tolerance_m:
                continue
            beside = _beside(world, chosen, count)
            if what == "overlap":
                inside = np.flatnonzero(world.cover[:, chosen[0]])
                beside = [child for child in beside if child in inside] or inside.tolist()
            cover[:, chosen] = False
            if what != "beyond" and beside:
                cover[beside[0], chosen] = True
    snapped = []
    for row in cover:
        whole = shapely.union_all(world.plane.faces[row])
        snapped.append(to_world(np.array([whole], dtype=object), world.grid.origin)[0])
    return snapped


def check_children(
    path: Path, parent: BaseGeometry, *, crs: str, datum: Datum = "wgs84", level: str = ""
) -> tuple[Fault, ...]:
    """Return what is wrong with the children of a territory in a vector file, as notices.

    Parameters
    ----------
    path
        Vector file; each feature with an area is a child, named by a column such as ``name``.
    parent
        The boundary in metres.
    crs, datum
        Reference system of the parent, and datum of the file.
    level
        Administrative level of the children (column ``admin_level``); by default all features.

    Raises
    ------
    InputError
        If the file is unreadable, has no areas, or no such level.
    """
    frame = read_vectors(path)
    if level:
        have = frame[LEVEL].astype(str).tolist() if LEVEL in frame.columns else []
        if level not in have:
            known = ", ".join(sorted(set(have))) or "–"
            raise InputError(fault("places.level_unknown", path, level=level, known=known))
        frame = frame[[one == level for one in have]]
    areas = project_areas(path, frame, crs=crs, datum=datum)
    columns = [*NAMES, *(one for one in frame.columns if is_string_dtype(frame[one]))]
    column = next((one for one in columns if one in frame.columns), None)
    labels = [f"#{row + 1}" for row in frame.index]
    if column:
        given = frame[column].fillna("").astype(str)
        labels = [name or label for name, label in zip(given, labels, strict=True)]
    with_area = [not shapely.is_empty(one) for one in areas]
    if not any(with_area):
        raise InputError(fault("world.no_polygon", path))
    children = [one for one, use in zip(areas, with_area, strict=True) if use]
    names = [one for one, use in zip(labels, with_area, strict=True) if use]
    findings = check_tiling(parent, children, names, crs=crs)
    if not findings:
        return (fault("places.tiling_good", path.name, count=len(children)),)
    notices = [one.fault(path.name) for one in findings[:TOLD]]
    if len(findings) > TOLD:
        rest = findings[TOLD:]
        area = sum(one.area_m2 for one in rest)
        notices.append(fault("places.tiling_more", path.name, count=len(rest), area=f"{area:,.2f}"))
    return tuple(notices)


def _arrange(parent: BaseGeometry, children: Sequence[BaseGeometry]) -> _Arrangement:
    shapes = np.array([parent, *children], dtype=object)
    left, bottom, right, top = shapely.total_bounds(shapes)
    frame = shapely.box(left - MARGIN_M, bottom - MARGIN_M, right + MARGIN_M, top + MARGIN_M)
    grid = Grid.around(frame)
    parts, owner = shapely.get_parts(shapes, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    owner = owner[part]
    outer = segments_of(
        np.array([frame.exterior], dtype=object), np.array([int(LineKind.TERRITORY)]), grid
    )
    local = shapely.transform(frame, grid.local_m)
    # A kind has room for so many outlines only, but what is noded does not depend on kinds: the
    # same map comes out again for each lot, with the bits of other outlines.
    inside: list[Bools] = []
    plane: Plane | None = None
    for start in range(0, len(shapes), BITS):
        lot = range(start, min(start + BITS, len(shapes)))
        kinds = np.array(
            [1 << (one - start + 1) if one in lot else 0 for one in owner.tolist()],
            dtype=np.int64,
        )
        plane = build_plane(node(join(outer, segments_of(rings, kinds, grid))), local)
        for one in lot:
            shape = shapely.transform(shapes[one], grid.local_m)
            inside.append(_inside(plane, 1 << (one - start + 1), shape))
    if plane is None:
        raise ValueError("Expected a parent.")
    return _Arrangement(
        plane, grid, inside[0], np.array(inside[1:], dtype=bool).reshape(-1, len(plane.faces))
    )


def _inside(plane: Plane, bit: int, shape: BaseGeometry) -> Bools:
    """Return the faces inside an outline. Shape (n_faces,).

    No face is judged alone, as a hairline might be misjudged: faces that the outline does not
    separate are on the same side, and the largest of them says on which.
    """
    open_edge = ((plane.kind & bit) == 0) & plane.inner
    group = connected(plane.left[open_edge], plane.right[open_edge], len(plane.faces))
    by_size = np.lexsort((-shapely.area(plane.faces), group))
    largest = by_size[np.append(True, np.diff(group[by_size]) > 0)]
    shapely.prepare(shape)
    judged = shapely.intersects(shape, shapely.point_on_surface(plane.faces[largest]))
    return np.asarray(judged[group], dtype=np.bool_)


def _wrong(world: _Arrangement, count: Ints) -> list[tuple[What, Bools]]:
    return [
        ("gap", world.parent & (count == 0)),
        ("overlap", count > 1),
        ("beyond", ~world.parent & (count == 1)),
    ]


def _grouped(world: _Arrangement, faces: Bools) -> Ints:
    """Number the places that faces make up; those of different children stay apart."""
    plane = world.plane
    number = np.append(np.where(faces, np.cumsum(faces) - 1, -1), -1)
    left, right = number[plane.left], number[plane.right]
    both = (left >= 0) & (right >= 0)
    same = (world.cover[:, plane.left[both]] == world.cover[:, plane.right[both]]).all(axis=0)
    return connected(left[both][same], right[both][same], int(faces.sum()))


def _beside(world: _Arrangement, faces: Ints, count: Ints) -> list[int]:
    """Return the children beside some faces, the one with the longest common border first."""
    plane = world.plane
    mine = np.zeros(len(plane.faces) + 1, dtype=bool)
    mine[faces] = True
    edge = np.flatnonzero(mine[plane.left] != mine[plane.right])
    other = np.where(mine[plane.left[edge]], plane.right[edge], plane.left[edge])
    known = other != OUTSIDE
    edge, other = edge[known], other[known]
    single = count[other] == 1
    length = world.cover[:, other[single]] @ plane.length_m[edge[single]]
    return [int(one) for one in np.argsort(-length, kind="stable") if length[one] > 0.0]


def _width(world: _Arrangement, faces: Ints) -> tuple[float, float]:
    """Return area and width of the place that faces make up."""
    whole = shapely.union_all(world.plane.faces[faces])
    return float(whole.area), 2.0 * float(whole.area) / float(whole.length)


def _finding(
    world: _Arrangement, what: What, faces: Ints, names: Sequence[str], crs: str
) -> TilingFinding:
    area_m2, width_m = _width(world, faces)
    largest = world.plane.faces[faces[np.argmax(shapely.area(world.plane.faces[faces]))]]
    inner = shapely.transform(shapely.point_on_surface(largest), world.grid.world_m)
    lon, lat = shapely.get_coordinates(unproject(inner, crs))[0].tolist()
    count = world.cover.sum(axis=0)
    if what in ("overlap", "beyond"):
        children = np.flatnonzero(world.cover[:, faces[0]]).tolist()
    else:
        children = _beside(world, faces, count)
    return TilingFinding(
        what, area_m2, width_m, (lon, lat),
        tuple(names[one] for one in children),
    )  # fmt: skip
