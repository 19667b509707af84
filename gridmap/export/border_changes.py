"""What differs between the cells of two scenarios of one territory: OLD → NEW."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xlsxwriter

from gridmap.catalogue import Language, text
from gridmap.export.scorecards import CREATED
from gridmap.partition.borders import Borders, CellNames, common_pieces
from gridmap.territory import Territory

#: Columns of the table of flows; one row for each pair of cells.
FLOWS = (
    "old_cell", "new_cell", "units", "area_m2", "customers", "demand", "outlets", "visited",
    "sales", "month_sales", "lost",
)  # fmt: skip
#: Columns of the table of outlets that change their cell.
OUTLETS = (
    "outlet_id", "name", "grade", "visited", "sales", "old_cell", "new_cell", "old_manager",
    "new_manager", "lost",
)  # fmt: skip
_MONEY = {"sales", "month_sales", "demand"}


@dataclass(frozen=True, eq=False)
class BorderChanges:
    """What moves from one cell to another.

    Attributes
    ----------
    flows
        One row a pair of old and new cell, see `FLOWS`: units in whole or in part, area,
        demand points and their weight, outlets, those of them that are visited, their sales in
        a cycle, our sales in the latest month of the market figures, and relationships lost:
        visited outlets whose manager changes.
    outlets
        One row an outlet that changes its cell, see `OUTLETS`.
    areas
        The ground of each flow, in its order. Shape (n_flows,).
    crs
        Reference system of `areas`.
    """

    flows: pd.DataFrame
    outlets: pd.DataFrame
    areas: np.ndarray[Any, np.dtype[np.object_]]
    crs: str

    def layer(self) -> gpd.GeoDataFrame:
        """Return the flows as a layer of a map."""
        return gpd.GeoDataFrame(self.flows, geometry=list(self.areas), crs=self.crs)

    @property
    def total(self) -> dict[str, float]:
        """Sum of each number over all flows."""
        return {name: float(self.flows[name].sum()) for name in FLOWS[2:]}


def border_changes(
    territory: Territory,
    old: Borders,
    new: Borders,
    *,
    old_names: Mapping[int, CellNames],
    new_names: Mapping[int, CellNames],
) -> BorderChanges:
    """Return what moves between two scenarios.

    Parameters
    ----------
    territory
        What both were made for.
    old, new
        Their cells.
    old_names, new_names
        Code and manager of each cell; a cell without one is called by its number.
    """
    pieces = common_pieces(old, new)
    moved = pieces.old != pieces.new
    pairs = sorted(set(zip(pieces.old[moved].tolist(), pieces.new[moved].tolist(), strict=True)))
    outlets = _moved_outlets(territory, old, new, old_names, new_names)
    points = territory.demand
    point_pairs = _pairs(points, old, new)
    weight = points["weight"].to_numpy(np.float64)
    month_sales = _month_sales(territory, old, new)
    rows, areas = [], []
    for pair in pairs:
        mine = (pieces.old == pair[0]) & (pieces.new == pair[1])
        area = shapely.union_all(pieces.polygons[mine])
        theirs = outlets[(outlets["old"] == pair[0]) & (outlets["new"] == pair[1])]
        at = (point_pairs == pair).all(axis=1)
        rows.append(
            {
                "old_cell": _named(old_names, pair[0]).code,
                "new_cell": _named(new_names, pair[1]).code,
                "units": len(np.unique(pieces.row[mine])),
                "area_m2": float(shapely.area(pieces.polygons[mine]).sum()),
                "customers": int(at.sum()),
                "demand": float(weight[at].sum()),
                "outlets": len(theirs),
                "visited": int(theirs["visited"].sum()),
                "sales": float(theirs["sales"].sum()),
                "month_sales": month_sales.get(pair, 0.0),
                "lost": int(theirs["lost"].sum()),
            }
        )
        areas.append(area)
    shapes = np.empty(len(areas), dtype=object)
    shapes[:] = areas
    return BorderChanges(
        flows=pd.DataFrame(rows, columns=list(FLOWS)),
        outlets=outlets[list(OUTLETS)].reset_index(drop=True),
        areas=shapes,
        crs=territory.crs,
    )


def write_layer(changes: BorderChanges, path: Path) -> Path:
    """Write the map layer; the file appears whole or not at all.

    ``.gpkg`` is in the territory's reference system, ``.geojson`` in EPSG:4326.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.stem}.part{path.suffix}")
    draft.unlink(missing_ok=True)
    layer = changes.layer()
    if path.suffix == ".geojson":
        layer.to_crs("EPSG:4326").to_file(draft, driver="GeoJSON", engine="pyogrio")
    else:
        layer.to_file(draft, layer="changes", driver="GPKG", engine="pyogrio")
    draft.replace(path)
    return path


def write_workbook(changes: BorderChanges, path: Path, language: Language) -> Path:
    """Write both tables as a workbook; the same changes give the same bytes."""
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as workbook:
        workbook.set_properties({"title": text("drafts.diff.title", language), "created": CREATED})
        flows = changes.flows.assign(area_m2=changes.flows["area_m2"] / 1e6)
        total: dict[str, object] = {"old_cell": text("drafts.diff.total", language)}
        total |= {name: flows[name].sum() for name in FLOWS[2:]}
        _sheet(workbook, "flows", pd.concat([flows, pd.DataFrame([total])]), language)
        _sheet(workbook, "outlets", changes.outlets, language)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.part")
    draft.write_bytes(buffer.getvalue())
    draft.replace(path)
    return path


def _sheet(
    workbook: xlsxwriter.Workbook, name: str, table: pd.DataFrame, language: Language
) -> None:
    head = workbook.add_format({"bold": True, "bg_color": "#DDDDDD", "bottom": 1})
    formats = {
        "area_m2": workbook.add_format({"num_format": "#,##0.000"}),
        **{one: workbook.add_format({"num_format": "#,##0.00"}) for one in _MONEY},
    }
    sheet = workbook.add_worksheet(text(f"drafts.diff.{name}", language))
    sheet.freeze_panes(1, 2)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    for at, column in enumerate(table.columns):
        sheet.set_column(at, at, 16)
        sheet.write_string(0, at, text(f"drafts.diff.column.{column}", language), head)
        for row, value in enumerate(table[column], 1):
            if isinstance(value, str):
                # Never `write`, which would make formulas of what users call their outlets.
                sheet.write_string(row, at, value)
            elif isinstance(value, bool | np.bool_):
                sheet.write_string(row, at, text(f"drafts.diff.{bool(value)}".lower(), language))
            elif pd.notna(value):
                sheet.write_number(row, at, float(value), formats.get(column))
    sheet.autofilter(0, 0, max(len(table), 1), len(table.columns) - 1)


def _pairs(table: pd.DataFrame, old: Borders, new: Borders) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the cell before and after at the places of a table. Shape (n, 2)."""
    unit, xy = table["unit"].to_numpy(np.int64), table[["x", "y"]].to_numpy(np.float64)
    return np.column_stack([old.cell_at(unit, xy), new.cell_at(unit, xy)])


def _moved_outlets(
    territory: Territory,
    old: Borders,
    new: Borders,
    old_names: Mapping[int, CellNames],
    new_names: Mapping[int, CellNames],
) -> pd.DataFrame:
    pairs = _pairs(territory.outlets, old, new)
    moved = pairs[:, 0] != pairs[:, 1]
    table = territory.outlets[moved].assign(old=pairs[moved, 0], new=pairs[moved, 1])
    before = [_named(old_names, cell) for cell in table["old"]]
    after = [_named(new_names, cell) for cell in table["new"]]
    changes = [one.person != other.person for one, other in zip(before, after, strict=True)]
    told: pd.DataFrame = table.assign(
        old_cell=[one.code for one in before],
        new_cell=[one.code for one in after],
        old_manager=[one.manager for one in before],
        new_manager=[one.manager for one in after],
        lost=table["visited"].to_numpy(bool) & np.array(changes, dtype=bool),
    )
    return told


def _month_sales(territory: Territory, old: Borders, new: Borders) -> dict[tuple[int, int], float]:
    """Return our sales in the latest month of each source of market figures, by both cells.

    Where an outlet is named, the figure goes with it; otherwise it goes with the unit, and of
    a cut unit with the piece that keeps the unit's number.
    """
    if territory.market is None:
        return {}
    ours = territory.market[territory.market["ours"] & territory.market["sales"].notna()]
    latest = ours["period"] == ours.groupby("source")["period"].transform("max")
    ours = ours[latest]
    unit = ours["unit"].to_numpy(np.int64)
    outlets = territory.outlets["outlet_id"]
    at = dict(zip(outlets, _pairs(territory.outlets, old, new).tolist(), strict=True))
    found: dict[tuple[int, int], float] = {}
    for outlet, *pair, amount in zip(
        ours["outlet_id"], old.label[unit], new.label[unit], ours["sales"], strict=True
    ):
        one, other = at.get(outlet, pair)
        found[int(one), int(other)] = found.get((int(one), int(other)), 0.0) + float(amount)
    return found


def _named(names: Mapping[int, CellNames], cell: int) -> CellNames:
    return names.get(cell) or CellNames(f"#{cell}")
