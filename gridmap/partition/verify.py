"""Check the cells of a written plan from its tables alone, by definition.

Nothing here is shared with the code that draws cells. The law is the exact matching of edges:
areas and `coverage_is_valid` let slivers of a millimetre pass.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.checks import CheckResult
from gridmap.errors import Fault, fault, some_ids

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Geometries = NDArray[np.object_]

#: Share of the territory's area that rounding may add up to.
_AREA_SHARE = 1e-9
_LOAD_SHARE = 1e-9
#: Points may be this far outside the area they belong to: two steps of the grid.
_ON_BORDER_M = 0.02
_COLUMNS = {
    "cells": ("cell_id", "centre_outlet_id"),
    "territory": (),
    "outlets": ("outlet_id", "cell_id", "is_centre"),
    "units": ("unit_id", "cell_id"),
    "demand": ("weight", "unit_id", "cell_id"),
}


@dataclass(frozen=True, eq=False)
class _Plan:
    cells: gpd.GeoDataFrame
    territory: gpd.GeoDataFrame
    outlets: gpd.GeoDataFrame
    units: gpd.GeoDataFrame
    demand: gpd.GeoDataFrame
    balances: Sequence[Mapping[str, Any]]

    @cached_property
    def cell_polygons(self) -> Geometries:
        return _flat(self.cells)

    @cached_property
    def whole(self) -> Any:
        """The territory as one geometry."""
        areas = _flat(self.territory)
        return areas[0] if len(areas) == 1 else shapely.union_all(areas)

    @cached_property
    def cell_ids(self) -> NDArray[Any]:
        return np.asarray(self.cells["cell_id"])

    @cached_property
    def unit_cell(self) -> Ints:
        """Row of each unit's cell."""
        return _row_of(self.cells["cell_id"], self.units["cell_id"])


def verify_cells(
    cells: gpd.GeoDataFrame,
    territory: gpd.GeoDataFrame,
    outlets: gpd.GeoDataFrame,
    units: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame,
    *,
    balances: Sequence[Mapping[str, Any]],
) -> list[CheckResult]:
    """Return the result of every hard rule for the cells of a plan.

    Parameters
    ----------
    cells, territory, outlets, units, demand
        Layers of a plan.gpkg, all in one projected reference system.
    balances
        For each workload its column ``workload``, the ``tolerance`` asked for (a share, or
        None if it was not to be held) and the proven lower bound on the worst deviation,
        ``attainable``. A plan must be within the greater of the two.

    Returns
    -------
    list of CheckResult
        One a rule. Where tables lack columns or name rows that are not there, only the rule
        ``tables`` is judged, since the others would make no sense.
    """
    plan = _Plan(cells, territory, outlets, units, demand, balances)
    tables = check_tables(plan)
    if not tables.ok:
        return [tables]
    return [
        tables,
        *(
            check(plan)
            for check in (
                check_geometry,
                check_one_piece,
                check_edges,
                check_outer_edges,
                check_coverage,
                check_area,
                check_overlap,
                check_gap,
                check_centres,
                check_units,
                check_points,
                check_workloads,
                check_balance,
            )
        ),
    ]


def check_tables(plan: _Plan) -> CheckResult:
    """Columns are there, ids are unique, and every reference names a row."""
    faults = []
    layers: dict[str, gpd.GeoDataFrame] = {name: getattr(plan, name) for name in _COLUMNS}
    for name, layer in layers.items():
        wanted = [*_COLUMNS[name]]
        if name in {"cells", "units"}:
            wanted += [str(balance["workload"]) for balance in plan.balances]
        missing = [column for column in wanted if column not in layer.columns]
        if missing:
            faults.append(fault("check.columns_missing", name, missing=", ".join(missing)))
        if len(layer) == 0 and name in {"cells", "territory", "units"}:
            faults.append(fault("check.layer_empty", name))
        if layer.crs != plan.cells.crs or layer.crs is None or not layer.crs.is_projected:
            faults.append(fault("check.other_crs", name))
    if faults:
        return _result("tables", faults)
    for name, column in (("cells", "cell_id"), ("units", "unit_id"), ("outlets", "outlet_id")):
        again = layers[name][column].duplicated()
        if again.any():
            ids = some_ids(layers[name][column][again])
            faults.append(fault("check.ids_twice", f"{name}.{column}", ids=ids))
    for name, column, other, key in (
        ("units", "cell_id", "cells", "cell_id"),
        ("outlets", "cell_id", "cells", "cell_id"),
        ("demand", "cell_id", "cells", "cell_id"),
        ("demand", "unit_id", "units", "unit_id"),
        ("cells", "centre_outlet_id", "outlets", "outlet_id"),
    ):
        unknown = ~layers[name][column].isin(layers[other][key])
        if unknown.any():
            ids = some_ids(layers[name][column][unknown].unique())
            faults.append(fault("check.ids_unknown", f"{name}.{column}", ids=ids, other=other))
    return _result("tables", faults)


def check_geometry(plan: _Plan) -> CheckResult:
    """Cells, units and territory are valid areas that are not empty."""
    faults = []
    for name in ("cells", "units", "territory"):
        layer: gpd.GeoDataFrame = getattr(plan, name)
        areas = _flat(layer)
        good = shapely.is_valid(areas) & ~shapely.is_empty(areas) & ~shapely.is_missing(areas)
        good &= np.isin(shapely.get_type_id(areas), (3, 6))
        if not good.all():
            ids = some_ids(layer.iloc[:, 0][~good])
            faults.append(fault("check.not_valid", name, ids=ids))
    return _result("geometry", faults)


def check_one_piece(plan: _Plan) -> CheckResult:
    """A cell is one polygon in each connected part of the territory that it lies in."""
    parts = shapely.get_parts(plan.whole)
    pieces, cell = shapely.get_parts(plan.cell_polygons, return_index=True)
    piece, part = shapely.STRtree(parts).query(
        shapely.point_on_surface(pieces), predicate="intersects"
    )
    where = pd.DataFrame({"cell": cell[piece], "part": part})
    wrong = where["cell"][where.duplicated()].unique()
    return _result("one_piece", _about(plan, "check.in_pieces", wrong))


def check_edges(plan: _Plan) -> CheckResult:
    """No directed border edge of the cells is there twice."""
    start, end, cell = _directed_edges(plan.cell_polygons)
    number = _edge_numbers(start, end)[0]
    again = pd.Series(number).duplicated(keep=False).to_numpy()
    return _result("edges", _about(plan, "check.edge_twice", np.unique(cell[again])))


def check_outer_edges(plan: _Plan) -> CheckResult:
    """Edges of cells without an opposite edge are exactly the edges of the territory."""
    start, end, cell = _directed_edges(plan.cell_polygons)
    border_start, border_end, _ = _directed_edges(np.array([plan.whole], dtype=object))
    n_cell = len(cell)
    ahead, back = _edge_numbers(
        np.concatenate([start, border_start]), np.concatenate([end, border_end])
    )
    alone = ~np.isin(ahead[:n_cell], back[:n_cell])
    border = ahead[n_cell:]
    faults = []
    stray = alone & ~np.isin(ahead[:n_cell], border)
    if stray.any():
        faults.append(
            fault(
                "check.edge_alone",
                edges=int(stray.sum()),
                cells=some_ids(plan.cell_ids[np.unique(cell[stray])]),
                place=_place(start[stray][0]),
            )
        )
    open_edge = ~np.isin(border, ahead[:n_cell][alone])
    if open_edge.any():
        faults.append(
            fault(
                "check.border_open",
                edges=int(open_edge.sum()),
                place=_place(border_start[open_edge][0]),
            )
        )
    return _result("outer_edges", faults)


def check_coverage(plan: _Plan) -> CheckResult:
    """GEOS, too, finds the cells to be a valid coverage."""
    invalid = ~shapely.is_empty(shapely.coverage_invalid_edges(plan.cell_polygons))
    return _result("coverage", _about(plan, "check.coverage_invalid", np.flatnonzero(invalid)))


def check_area(plan: _Plan) -> CheckResult:
    """The areas of the cells add up to the area of the territory."""
    origin = np.array(plan.whole.bounds[:2])
    # Counted from nearby, since the rounding of an area grows with the coordinates.
    cells = shapely.transform(plan.cell_polygons, lambda xy: xy - origin)
    whole = shapely.area(shapely.transform(plan.whole, lambda xy: xy - origin))
    off = float(shapely.area(cells).sum() - whole)
    wrong = abs(off) > _AREA_SHARE * whole
    return _result("area", [fault("check.area_off", off_m2=f"{off:+.6f}")] if wrong else [])


def check_overlap(plan: _Plan) -> CheckResult:
    """The insides of no two cells meet."""
    cells = _usable(plan.cell_polygons)
    one, other = shapely.STRtree(cells).query(cells, predicate="intersects")
    one, other = one[one < other], other[one < other]
    meet = shapely.relate_pattern(cells[one], cells[other], "T********")
    return _result(
        "overlap",
        [
            fault("check.cells_overlap", one=plan.cell_ids[a], other=plan.cell_ids[b])
            for a, b in zip(one[meet], other[meet], strict=True)
        ],
    )


def check_gap(plan: _Plan) -> CheckResult:
    """No ground of the territory is in no cell, and no cell reaches outside."""
    union = shapely.union_all(_usable(plan.cell_polygons))
    whole = shapely.make_valid(plan.whole)
    faults = []
    for key, rest in (
        ("check.gap", shapely.difference(whole, union)),
        ("check.outside", shapely.difference(union, whole)),
    ):
        if rest.area > _AREA_SHARE * whole.area:
            place = _place(shapely.get_coordinates(shapely.point_on_surface(rest))[0])
            faults.append(fault(key, area_m2=f"{rest.area:.6f}", place=place))
    return _result("gap", faults)


def check_centres(plan: _Plan) -> CheckResult:
    """Each cell has exactly one centre, strictly inside it; each centre has its cell."""
    outlets, cells = plan.outlets, plan.cells
    faults = []
    centre_row = _row_of(outlets["outlet_id"], cells["centre_outlet_id"])
    inside = shapely.within(_flat(outlets)[centre_row], plan.cell_polygons)
    faults += _about(plan, "check.centre_not_inside", np.flatnonzero(~inside))
    is_centre = outlets["is_centre"].to_numpy(dtype=bool)
    held = np.bincount(
        _row_of(cells["cell_id"], outlets["cell_id"])[is_centre], minlength=len(cells)
    )
    named = is_centre[centre_row]
    faults += _about(plan, "check.centre_count", np.flatnonzero((held != 1) | ~named))
    shared = cells["centre_outlet_id"].duplicated(keep=False).to_numpy()
    faults += _about(plan, "check.centre_shared", np.flatnonzero(shared))
    return _result("centres", faults)


def check_units(plan: _Plan) -> CheckResult:
    """Each cell is exactly the union of the units that carry its number.

    Of the edges of a cell's units, those that two of its units share fall away; what is left
    must be the cell's own edges. No unit can then be cut, missing, or in two cells.
    """
    unit_start, unit_end, unit = _directed_edges(_flat(plan.units))
    start, end, cell = _directed_edges(plan.cell_polygons)
    n_unit = len(unit)
    ahead, back = _edge_numbers(
        np.concatenate([unit_start, start]), np.concatenate([unit_end, end])
    )
    owner = np.concatenate([plan.unit_cell[unit], cell])
    n_cells = len(plan.cells)
    forward, backward = ahead * n_cells + owner, back * n_cells + owner
    of_units, of_cells = forward[:n_unit], forward[n_unit:]
    again = pd.Series(ahead[:n_unit]).duplicated(keep=False).to_numpy()
    left = of_units[~np.isin(of_units, backward[:n_unit])]
    different = np.setxor1d(left, of_cells) % n_cells
    faults = _about(plan, "check.not_its_units", np.unique(different))
    if again.any():
        ids = plan.units["unit_id"].to_numpy()[np.unique(unit[again])]
        faults.append(fault("check.units_overlap", ids=some_ids(ids)))
    return _result("units", faults)


def check_points(plan: _Plan) -> CheckResult:
    """Demand points lie in their unit and carry its cell; outlets lie in their cell."""
    faults = []
    unit = _row_of(plan.units["unit_id"], plan.demand["unit_id"])
    cell = _row_of(plan.cells["cell_id"], plan.demand["cell_id"])
    far = ~shapely.dwithin(_flat(plan.demand), _flat(plan.units)[unit], _ON_BORDER_M)
    if far.any():
        faults.append(fault("check.demand_elsewhere", rows=some_ids(np.flatnonzero(far))))
    other = plan.unit_cell[unit] != cell
    if other.any():
        faults.append(fault("check.demand_other_cell", rows=some_ids(np.flatnonzero(other))))
    cell = _row_of(plan.cells["cell_id"], plan.outlets["cell_id"])
    far = ~shapely.dwithin(_flat(plan.outlets), plan.cell_polygons[cell], _ON_BORDER_M)
    if far.any():
        ids = some_ids(plan.outlets["outlet_id"][far])
        faults.append(fault("check.outlet_elsewhere", ids=ids))
    return _result("points", faults)


def check_workloads(plan: _Plan) -> CheckResult:
    """Loads of units add up to those of the cells, and demand to that of the units."""
    faults = []
    n_cells = len(plan.cells)
    for balance in plan.balances:
        name = str(balance["workload"])
        of_units = plan.units[name].to_numpy(dtype=float)
        written = plan.cells[name].to_numpy(dtype=float)
        summed = _sums(plan.unit_cell, of_units, n_cells)
        wrong = _differ(written, summed)
        faults += _about(plan, "check.load_wrong", np.flatnonzero(wrong), workload=name)
        if name == "demand":
            unit = _row_of(plan.units["unit_id"], plan.demand["unit_id"])
            weight = plan.demand["weight"].to_numpy(dtype=float)
            wrong = _differ(of_units, _sums(unit, weight, len(plan.units)))
            if wrong.any():
                ids = some_ids(plan.units["unit_id"][wrong])
                faults.append(fault("check.demand_wrong", ids=ids))
    return _result("workloads", faults)


def check_balance(plan: _Plan) -> CheckResult:
    """Loads are within the tolerance, or within the proven bound where that is greater."""
    faults = []
    for balance in plan.balances:
        if balance["tolerance"] is None:
            continue
        name = str(balance["workload"])
        load = plan.cells[name].to_numpy(dtype=float)
        mean = load.mean()
        deviation = np.zeros(len(load)) if mean == 0.0 else np.abs(load / mean - 1.0)
        limit = max(float(balance["tolerance"]), float(balance["attainable"]))
        beyond = np.flatnonzero(~(deviation <= limit + _LOAD_SHARE))
        faults += _about(
            plan,
            "check.unbalanced",
            beyond,
            workload=name,
            worst=f"{deviation.max():.2%}",
            limit=f"{limit:.2%}",
        )
    return _result("balance", faults)


def _result(name: str, faults: list[Fault]) -> CheckResult:
    return CheckResult(name, not faults, tuple(faults))


def _about(plan: _Plan, key: str, rows: Ints, **values: object) -> list[Fault]:
    """Return one fault that names the cells in `rows`, or none if there are none."""
    return [fault(key, cells=some_ids(plan.cell_ids[rows]), **values)] if len(rows) else []


def _flat(layer: gpd.GeoDataFrame) -> Geometries:
    return np.asarray(shapely.force_2d(np.asarray(layer.geometry, dtype=object)), dtype=object)


def _usable(areas: Geometries) -> Geometries:
    return np.where(shapely.is_valid(areas), areas, shapely.make_valid(areas))


def _row_of(ids: pd.Series, wanted: pd.Series) -> Ints:
    return np.asarray(pd.Index(ids).get_indexer(wanted), dtype=np.int64)


def _sums(group: Ints, value: Floats, size: int) -> Floats:
    return np.asarray(np.bincount(group, value, size), dtype=np.float64)


def _differ(one: Floats, other: Floats) -> Bools:
    scale = np.maximum(np.abs(other), np.abs(other).sum() / max(len(other), 1))
    return np.asarray(~(np.abs(one - other) <= _LOAD_SHARE * scale), dtype=np.bool_)


def _place(xy: Floats) -> str:
    return f"{xy[0]:.3f}, {xy[1]:.3f}"


def _directed_edges(areas: Geometries) -> tuple[Floats, Floats, Ints]:
    """Return the edges of all rings, the inside on their left, and the row of their area."""
    polygons, row = shapely.get_parts(areas, return_index=True)
    rings, polygon = shapely.get_rings(polygons, return_index=True)
    shell = np.append(True, polygon[1:] != polygon[:-1])
    wrong_way = shapely.is_ccw(rings) != shell
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    edge = (ring[1:] == ring[:-1]) & (xy[1:] != xy[:-1]).any(axis=1)
    start, end, ring = xy[:-1][edge], xy[1:][edge], ring[1:][edge]
    turn = wrong_way[ring][:, None]
    return np.where(turn, end, start), np.where(turn, start, end), row[polygon[ring]]


def _edge_numbers(start: Floats, end: Floats) -> tuple[Ints, Ints]:
    """Return one number a directed edge and the number of its opposite; equal means equal."""
    # Adding zero turns -0.0, which is another key, into 0.0.
    points = np.concatenate([start, end]) + 0.0
    _, vertex = np.unique(points[:, 0] + 1j * points[:, 1], return_inverse=True)
    tail, head = vertex[: len(start)].astype(np.int64), vertex[len(start) :].astype(np.int64)
    size = len(vertex) + 1
    return tail * size + head, head * size + tail
