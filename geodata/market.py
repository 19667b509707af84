"""Market figures of a project: read, checked, and bound to the units they are about."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geodata.boundaries import project_areas
from geodata.headers import Names, unit_of, usual_names
from geodata.located import PLACE, read_places
from geodata.market_section import MarketSection, MarketTable
from geodata.points import mend_ids, place, reject_no_rows
from geodata.sieve import Sieve, excluded_notices
from geodata.tables import find_columns, read_table
from geodata.values import empty, half_width, read_amounts, read_dates
from geodata.vectors import read_vectors
from gridmap import schemas
from gridmap.errors import Fault, InputError, fault, some_ids
from gridmap.schemas import MARKET_AMOUNTS, OPERATOR_AMOUNTS
from gridmap.territory import Units

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

FIELDS = ("outlet", "zone", "operator", "period", *MARKET_AMOUNTS)
MONTH = re.compile(r"(\d{4})(?:\s*[-./年]\s*(0?[1-9]|1[0-2])\s*月?份?|(0[1-9]|1[0-2]))")


@dataclass(frozen=True, eq=False)
class Ground:
    """What market figures are bound to.

    Attributes
    ----------
    crs, boundary
        Reference system and boundary in metres.
    units
        Units of the territory.
    outlets, demand
        Outlets and demand points with their units, see `gridmap.schemas`.
    own_operators
        Regular expressions that find our operator; see `MarketSection`.
    """

    crs: str
    boundary: BaseGeometry
    units: Units
    outlets: pd.DataFrame
    demand: pd.DataFrame
    own_operators: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class MarketFound:
    """One table of market figures as it was read.

    Attributes
    ----------
    sieve
        Which rows are left out, repaired or doubtful.
    columns
        The columns of each field.
    frame
        Parts of the rows that are kept: `row` counts from 0, the rest is
        `gridmap.schemas.MARKET`.
    notices
        What else the user should know.
    """

    sieve: Sieve
    columns: Mapping[str, list[str]]
    frame: pd.DataFrame
    notices: tuple[Fault, ...]


@dataclass(frozen=True, eq=False)
class MarketRows:
    """Market figures, the rows left out, and what the user should know."""

    frame: pd.DataFrame
    excluded: pd.DataFrame
    notices: tuple[Fault, ...]


def read_market(
    section: MarketSection, files: Mapping[str, Path], ground: Ground
) -> MarketRows | None:
    """Read all tables of market figures; None where the project names none.

    Rows that cannot be used are left out with their reason. An amount that cannot be read, or is
    negative, is unknown, never 0.

    Parameters
    ----------
    section
        Section [market] of the project file.
    files
        Where each file that it names is.
    ground
        What the figures are bound to.

    Raises
    ------
    InputError
        With all faults of all tables: a file or column is missing, zones are unknown, or two
        tables give the same figure.
    """
    if not section.tables:
        return None
    faults: list[Fault] = []
    read: list[MarketRows] = []
    for number, table in enumerate(section.tables, 1):
        try:
            found = _read_one(table, files, ground)
        except InputError as error:
            faults += error.faults
            continue
        source = f"{number}: {table.file}{f' [{table.sheet}]' if table.sheet else ''}"
        read.append(replace(found, frame=found.frame.assign(source=source)))
    frame = pd.concat([one.frame for one in read], ignore_index=True) if read else pd.DataFrame()
    if not faults:
        frame, assumed = _dated(frame)
        faults = _told_twice(frame)
    if faults:
        raise InputError(*faults)
    return MarketRows(
        schemas.MARKET.validate(frame),
        pd.concat([one.excluded for one in read], ignore_index=True),
        (*(notice for one in read for notice in one.notices), *assumed),
    )


def read_months(text: pd.Series[str]) -> tuple[pd.Series[str], Bools]:
    """Return months such as 2024-06, empty where there are none, and which cells are unread.

    Read are 2024-06, 2024/6, 202406, 2024年6月 and whole dates. Shapes (n_rows,).
    """
    plain = {one: MONTH.fullmatch(half_width(one)) for one in set(text)}
    month = text.map(
        {one: f"{m[1]}-{int(m[2] or m[3]):02d}" if m else "" for one, m in plain.items()}
    )
    dates = read_dates(text.where(month == "", ""))
    return month.where(month != "", dates.iso.str[:7]), dates.unread


def _read_one(section: MarketTable, files: Mapping[str, Path], ground: Ground) -> MarketRows:
    found = read_market_table(section, files, ground)
    sieve = found.sieve
    return MarketRows(
        found.frame[list(schemas.MARKET.columns)],
        sieve.excluded,
        (
            *sieve.table.notices,
            *excluded_notices(sieve.excluded),
            *excluded_notices(sieve.repaired),
            *excluded_notices(sieve.remarks),
            *found.notices,
        ),
    )


def read_market_table(
    section: MarketTable, files: Mapping[str, Path], ground: Ground
) -> MarketFound:
    """Read one table of market figures.

    Raises
    ------
    InputError
        As of `read_market`, for this table.
    """
    usual: dict[str, Names] = {
        name: usual_names("market")[name] for name in (*FIELDS, *PLACE)
    }  # fmt: skip
    given = dict(section.columns)
    names = [one for lists in usual.values() for group in lists for one in group]
    names += [
        one for asked in given.values() if asked
        for one in ([asked] if isinstance(asked, str) else asked)
    ]  # fmt: skip
    table = read_table(
        files[section.file], sheet=section.sheet, encoding=section.encoding, names=names
    )
    columns, faults = find_columns(table, given, usual, ())
    faults = list(faults)
    have = ", ".join(table.columns)
    amounts = [name for name in MARKET_AMOUNTS if columns.get(name)]
    if not amounts:
        faults.append(
            fault("market.no_amount", table.name, known=", ".join(MARKET_AMOUNTS), have=have)
        )
    coordinates = any(columns.get(name) for name in ("lonlat", "latlon", "wkt")) or (
        bool(columns.get("lon")) and bool(columns.get("lat"))
    )
    if not (columns.get("outlet") or columns.get("zone") or coordinates):
        faults.append(fault("market.no_place", table.name, have=have))
    if columns.get("zone") and not section.zones and not faults:
        faults.append(fault("market.no_zones", table.name, column=columns["zone"][0]))
    if faults:
        raise InputError(*faults)

    text = {name: table.values(columns[name]) for name in usual}
    label = text["outlet"].where(text["outlet"] != "", text["zone"])
    text["id"] = label
    sieve = Sieve(table, label.to_numpy(dtype=object))
    reject_no_rows(sieve, text)
    period = _periods(sieve, text["period"], section.period)
    value = {
        name: _amounts(sieve, text[name], columns[name], name) for name in MARKET_AMOUNTS
    }  # fmt: skip
    nothing = np.all([np.isnan(one) for one in value.values()], axis=0)
    sieve.remark(nothing & sieve.kept, "market.row_empty")

    frame = pd.DataFrame({"row": np.arange(len(table)), "period": period, **value})
    outlet_at = _outlets(sieve, text["outlet"], ground.outlets)
    frame["outlet_id"] = np.where(
        outlet_at >= 0, ground.outlets["outlet_id"].to_numpy()[outlet_at], ""
    )
    frame["operator"], frame["ours"] = _operators(text["operator"], section, ground, outlet_at)
    told = ~np.all([np.isnan(value[name]) for name in OPERATOR_AMOUNTS], axis=0)
    nameless = (frame["operator"] == "").to_numpy() & (outlet_at < 0) & told
    sieve.reject(nameless & sieve.kept, "market.operator_missing")

    zone = text["zone"].where(~empty(text["zone"]), "")
    by_zone = (zone != "").to_numpy()
    by_outlet = ~by_zone & (outlet_at >= 0)
    by_point = ~by_zone & ~by_outlet & empty(text["outlet"]) & sieve.kept
    placed = [_outlet_parts(outlet_at, by_outlet, ground.outlets)]
    notices: list[Fault] = []
    if by_zone.any():
        parts, notices = _zone_parts(
            sieve, zone, by_zone, section=section, file=files[section.zones], ground=ground
        )
        placed.append(parts)
    if by_point.any():
        placed.append(_point_parts(sieve, text, by_point, section, ground))
    parts = pd.concat(placed, ignore_index=True)
    parts = parts[sieve.kept[parts["row"].to_numpy(np.int64)]]
    frame = parts.merge(frame, on="row", how="left", validate="many_to_one")
    for name in MARKET_AMOUNTS:
        frame[name] = frame[name].to_numpy(np.float64) * frame["part"].to_numpy(np.float64)
    key = ["place", "unit", "outlet_id", "operator", "ours", "period"]
    again = frame[frame.duplicated(key, keep="first")]
    if len(again):
        rows = some_ids(table.row[np.unique(again["row"].to_numpy(np.int64))].tolist())
        raise InputError(fault("market.row_again", table.name, rows=rows))
    frame = frame.assign(source=table.name)
    return MarketFound(sieve, columns, frame, tuple(notices))


def _periods(sieve: Sieve, text: pd.Series[str], whole: str) -> pd.Series[str]:
    if (text == "").all():
        return text.where(text != "", whole)
    month, unread = read_months(text)
    sieve.reject(unread, "market.period_unread", list(text))
    sieve.reject((month == "").to_numpy() & ~unread & (whole == ""), "market.period_missing")
    return month.where(month != "", whole)


def _amounts(sieve: Sieve, text: pd.Series[str], columns: Sequence[str], name: str) -> Floats:
    """Return amounts, NaN where there are none; what cannot be one is remarked on."""
    value = read_amounts(text, factor=unit_of(columns[0])[0] if columns else 1.0)
    found = [f"{name} {one}" for one in text]
    sieve.remark(np.isnan(value) & ~empty(text), "tables.amount_unread", found)
    negative = value < 0.0
    sieve.remark(negative, "tables.amount_negative", found)
    return np.where(negative, np.nan, value)


def _outlets(sieve: Sieve, text: pd.Series[str], outlets: pd.DataFrame) -> Ints:
    """Return the row of each outlet that is named, -1 for none. Shape (n_rows,)."""
    named = sieve.ids
    ids = mend_ids(sieve, text.where(~empty(text), ""))
    sieve.ids = np.where((ids != "").to_numpy(), ids.to_numpy(dtype=object), named)
    at = pd.Index(outlets["outlet_id"]).get_indexer(pd.Index(ids))
    unknown = (at < 0) & (ids != "").to_numpy()
    sieve.reject(unknown & sieve.kept, "market.outlet_unknown", list(ids))
    return np.asarray(at, dtype=np.int64)


def _operators(
    text: pd.Series[str], section: MarketTable, ground: Ground, outlet_at: Ints
) -> tuple[NDArray[np.object_], Bools]:
    """Return operator of each row and whether it is ours: that of the outlet, else as written."""
    written = text.where(~empty(text), section.operator).to_numpy(dtype=object)
    outlets = ground.outlets
    known = outlet_at >= 0
    mine = outlets["ownership"].isin(["own", "partner"]).to_numpy()
    operator = np.where(known, outlets["operator"].fillna("").to_numpy()[outlet_at], written)
    names = {
        one.casefold() for one in outlets.loc[outlets["ownership"] == "own", "operator"] if one
    }
    patterns = [re.compile(one, re.IGNORECASE) for one in ground.own_operators]
    ours = {
        one: one.casefold() in names or any(pattern.search(one) for pattern in patterns)
        for one in set(operator.tolist()) if one
    }  # fmt: skip
    said = np.array([ours.get(one, False) for one in operator.tolist()], dtype=bool)
    return operator, np.where(known, mine[outlet_at], said)


def _outlet_parts(outlet_at: Ints, rows: Bools, outlets: pd.DataFrame) -> pd.DataFrame:
    at = outlet_at[rows]
    return pd.DataFrame(
        {
            "row": np.flatnonzero(rows),
            "place": outlets["outlet_id"].to_numpy()[at],
            "unit": outlets["unit"].to_numpy(np.int64)[at],
            "part": 1.0,
        }
    )


def _point_parts(
    sieve: Sieve,
    text: Mapping[str, pd.Series[str]],
    rows: Bools,
    section: MarketTable,
    ground: Ground,
) -> pd.DataFrame:
    part = sieve.part(rows)
    cells = {name: one[rows].reset_index(drop=True) for name, one in text.items()}
    lonlat, _ = read_places(part, cells)
    xy = place(part, lonlat, datum=section.datum, crs=ground.crs, boundary=ground.boundary)
    there = np.isfinite(xy).all(axis=1)
    unit = np.full(len(xy), -1, dtype=np.int64)
    unit[there] = ground.units.locate(xy[there])
    names = [f"{x:.6f}, {y:.6f}" for x, y in lonlat]
    part.reject(there & (unit < 0), "world.place_outside", names)
    sieve.take_back(part, rows)
    found = pd.DataFrame({"row": np.flatnonzero(rows), "place": names, "unit": unit, "part": 1.0})
    return found[unit >= 0]


def _zone_parts(
    sieve: Sieve,
    zone: pd.Series[str],
    rows: Bools,
    *,
    section: MarketTable,
    file: Path,
    ground: Ground,
) -> tuple[pd.DataFrame, list[Fault]]:
    """Return the parts of the zones of the rows in each unit."""
    areas = _zone_areas(section, file, ground.crs)
    unknown = rows & ~zone.isin(list(areas)).to_numpy()
    sieve.reject(unknown & sieve.kept, "market.zone_unknown", list(zone))
    asked = sorted(set(zone[rows & ~unknown]))
    spread = zone_units({one: areas[one] for one in asked}, ground)
    outside = rows & ~unknown & ~zone.isin(spread["place"]).to_numpy()
    sieve.reject(outside & sieve.kept, "market.zone_outside", list(zone))
    notices = []
    inside = spread.groupby("place")["part"].sum()
    cut = inside[inside < 1.0 - 1e-6]
    if len(cut):
        notices.append(
            fault("market.zones_cut", section.file, count=len(cut), ids=some_ids(cut.index))
        )
    use = np.flatnonzero(rows & ~unknown & ~outside)
    named = pd.DataFrame({"row": use, "place": zone.to_numpy(dtype=object)[use]})
    return named.merge(spread, on="place", how="inner"), notices


def _zone_areas(section: MarketTable, path: Path, crs: str) -> dict[str, BaseGeometry]:
    frame = read_vectors(path, layer=section.zones_layer)
    if section.zones_code not in frame.columns:
        have = ", ".join(str(one) for one in frame.columns if one != frame.geometry.name) or "–"
        raise InputError(
            fault("market.zones_column", path.name, column=section.zones_code, have=have)
        )
    codes = frame[section.zones_code]
    if pd.api.types.is_numeric_dtype(codes):
        codes = codes.astype("Int64")
    areas = project_areas(path, frame, crs=crs, datum=section.zones_datum)
    found: dict[str, list[BaseGeometry]] = {}
    for code, area in zip(codes.astype(str).str.strip(), areas, strict=True):
        found.setdefault(code, []).append(area)
    return {code: shapely.union_all(parts) for code, parts in found.items()}


def zone_units(areas: Mapping[str, BaseGeometry], ground: Ground) -> pd.DataFrame:
    """Return the share of each zone that lies in each unit.

    Within the territory a zone is where its demand is, or evenly spread where it has none; what
    of its area lies outside is no share of any unit.

    Returns
    -------
    DataFrame
        place (code of the zone), unit and part, above 0; the parts of a zone sum to the share of
        its area inside the territory.
    """
    demand = ground.demand
    points = shapely.STRtree([shapely.Point(xy) for xy in demand[["x", "y"]].to_numpy()])
    weight = demand["weight"].to_numpy(np.float64)
    unit_of = demand["unit"].to_numpy(np.int64)
    tree = shapely.STRtree(ground.units.polygons)
    n_units = len(ground.units)
    pieces = [pd.DataFrame({"place": [], "unit": [], "part": []})]
    for code, area in areas.items():
        inside = area.intersection(ground.boundary).area
        if area.is_empty or inside <= 0.0:
            continue
        within = points.query(area, predicate="intersects")
        amount = np.bincount(unit_of[within], weight[within], minlength=n_units).astype(np.float64)
        if amount.sum() <= 0.0:
            near = tree.query(area, predicate="intersects")
            amount = np.zeros(n_units)
            amount[near] = shapely.area(shapely.intersection(ground.units.polygons[near], area))
        if amount.sum() <= 0.0:
            continue
        part = amount / amount.sum() * min(1.0, inside / area.area)
        units = np.flatnonzero(part > 0.0)
        pieces.append(pd.DataFrame({"place": code, "unit": units, "part": part[units]}))
    return pd.concat(pieces[1:] or pieces, ignore_index=True).astype({"unit": "int64"})


def _dated(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Fault]]:
    """Return figures without a month as of the last one that others have, and say so."""
    last = frame["period"].max()
    undated = frame["period"] == ""
    if not last or not undated.any():
        return frame, []
    said = [
        fault("market.period_assumed", source, period=last)
        for source in sorted(frame.loc[undated, "source"].unique())
    ]
    return frame.assign(period=frame["period"].where(~undated, last)), said


def _told_twice(frame: pd.DataFrame) -> list[Fault]:
    """Return faults for each figure that several tables give: it would count several times."""
    faults = []
    for name in MARKET_AMOUNTS:
        told = frame[frame[name].notna()]
        by = ["ours", "operator", "period"] if name in OPERATOR_AMOUNTS else ["period"]
        sources = told.groupby(by)["source"].unique()
        faults += [
            fault("market.told_twice", pair, amount=name)
            for pair in sorted({" + ".join(sorted(one)) for one in sources if len(one) > 1})
        ]
    return faults
