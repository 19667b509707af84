"""From the rows of a table to checked points: what can be used, and why the rest cannot."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geodata.boundaries import project_points
from geodata.headers import JOINED, NUMBERED, plain
from geodata.sieve import Sieve
from geodata.values import (
    DECIMAL_COMMA,
    NOTHING,
    empty,
    half_width,
    numbers,
    plain_number,
    read_amounts,
)
from gridmap.datum import Datum, to_wgs84

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

#: Names of rows that add up others.
TOTALS = frozenset({"合计", "小计", "总计", "总和", "total", "subtotal", "sum", "grand total"})
TOTAL = re.compile(
    r"(?:.*[^A-Za-z0-9])?(?:合\s*计|小\s*计|总\s*计|总\s*和|累\s*计|汇\s*总)\s*[:：]?"
    r"|(?:.*\s)?(?:grand total|sub-?total|total|sum)\s*:?",
    re.IGNORECASE | re.DOTALL,
)
FOOTNOTE = re.compile(
    r"(注|备注|说明|附注|数据来源|来源|资料来源|制表|填表|审核|统计|打印|导出|截至|截止|以上)"
    r"|(note|source|remark|prepared|printed|exported|as of)\b|[*※]",
    re.IGNORECASE,
)
#: Cells that a row of a table has at least, in a table of `WIDE` columns and more.
FEWEST_CELLS, WIDE = 2, 4
#: An id such as 3.2E+11: a spreadsheet has thrown its last digits away.
DAMAGED_ID = re.compile(r"\d(\.\d+)?[eE]\+\d+")
PAIR = re.compile(r"[^,;\s]+\s*[,;\s]\s*[^,;\s]+")
SPLIT = re.compile(r"\s*[,;，；、\s]\s*")
SIDES = "NSEWnsew东西南北"
DEGREES = re.compile(
    rf"([{SIDES}]?)[纬经]?\s*([+-]?)(\d{{1,3}}(?:\.\d+)?)\s*[°º度d]?\s*"
    rf"(?:(\d{{1,2}}(?:\.\d+)?)\s*['′’分m]\s*)?"
    rf"(?:(\d{{1,2}}(?:\.\d+)?)\s*(?:[\"″”秒s]|'')\s*)?([{SIDES}]?)"
)
#: So many rows must stand where the others do before one elsewhere counts as swapped.
ENOUGH = 10
#: Room around the rows of a table in which others of it are expected. Degrees.
ROOM = 0.5


def reject_no_rows(sieve: Sieve, text: Mapping[str, pd.Series[str]]) -> None:
    """Leave out what stands in a table and is no row of it.

    That is a header that is printed again, a note below the table, a total or subtotal, and a row
    whose cells have been moved by a separator within a value.
    """
    table = sieve.table
    cells = table.text.to_numpy(dtype=object)
    filled = (cells != "").sum(axis=1)
    labels = [plain(NUMBERED.sub("", one).rpartition(JOINED)[2]) for one in table.columns]
    again = np.zeros(len(table), dtype=bool)
    for at in np.flatnonzero(_equal_to_header(table.text)):
        same = sum(
            plain(cell) == label for cell, label in zip(cells[at], labels, strict=True) if cell
        )
        again[at] = same >= FEWEST_CELLS and same * 2 > filled[at]
    sieve.reject(again, "tables.header_again", final=True)
    overlong = np.zeros(len(table), dtype=bool)
    overlong[list(table.overlong)] = True
    sieve.reject(overlong, "tables.row_overlong", final=True)
    reject_totals(sieve, text)

    placeless = _placeless(text, len(table))
    thin = placeless & (filled <= FEWEST_CELLS) & (len(table.columns) >= WIDE)
    full = np.flatnonzero(~thin)
    after = np.arange(len(table)) > (full[-1] if len(full) else len(table))
    note = np.zeros(len(table), dtype=bool)
    first = [next(cell for cell in row if cell) if any(row) else "" for row in cells[thin]]
    marked = [bool(FOOTNOTE.match(half_width(cell))) for cell in first]
    note[thin] = np.array(marked, dtype=bool) | (after[thin] & (filled[thin] == 1))
    sieve.reject(note & sieve.kept, "tables.footnote", _first_cells(cells), final=True)


def reject_totals(sieve: Sieve, text: Mapping[str, pd.Series[str]]) -> None:
    """Leave out rows that add up others, by a cell such as 合计 or 南京小计.

    A name such as Total may be that of an outlet, so a cell other than the id counts only where
    the coordinates lack, too; and one that is neither id nor name only where the id lacks.
    """
    ids = text["id"]
    by_id = ids.map({one: bool(TOTAL.fullmatch(half_width(one))) for one in set(ids)})
    mask = by_id.to_numpy(dtype=bool) & (
        ids.str.casefold().isin(TOTALS).to_numpy(dtype=bool) | _placeless(text, len(ids))
    )
    found = list(ids)
    name = text.get("name", pd.Series("", index=ids.index, dtype=object))
    cells = sieve.table.text.to_numpy(dtype=object)
    for at in np.flatnonzero(_placeless(text, len(ids)) & ~mask):
        tried = [name.iloc[at]] if ids.iloc[at] else [name.iloc[at], *cells[at]]
        total = next((one for one in tried if TOTAL.fullmatch(half_width(one))), "")
        if total:
            mask[at], found[at] = True, total
    sieve.reject(mask, "world.total_row", found, final=True)


def mend_ids(sieve: Sieve, ids: pd.Series[str]) -> pd.Series[str]:
    """Return ids in half-width letters, without the .0 that a program put behind all numbers."""
    wide = ~ids.map(str.isascii).to_numpy(dtype=bool)
    # Chinese letters and their punctuation are no digits that were typed in full width.
    halves = ids.map(half_width)
    mended = ids.where(~(wide & halves.map(str.isascii)), halves).str.removeprefix("'")
    changed = (mended != ids).to_numpy(dtype=bool, copy=True)
    pointed = mended.str.fullmatch(r"\d+\.0").to_numpy(dtype=bool)
    if pointed.any() and (pointed == mended.str.fullmatch(r"\d+(\.\d+)?").to_numpy(bool)).all():
        mended[pointed] = mended[pointed].str.removesuffix(".0")
        changed |= pointed
    sieve.repair(changed, "tables.id_mended", list(ids))
    sieve.ids = mended.to_numpy(dtype=object)
    return mended


def remark_lost_zeros(sieve: Sieve, ids: pd.Series[str]) -> None:
    """Remark on numeric ids that are shorter than those beginning with 0: zeros may be lost."""
    digits = ids.str.fullmatch(r"\d+").to_numpy(dtype=bool)
    padded = digits & ids.str.startswith("0").to_numpy(dtype=bool)
    if not padded.any():
        return
    size = ids.str.len().to_numpy()
    usual = int(np.bincount(size[padded]).argmax())
    sieve.remark(digits & ~padded & (size < usual), "tables.zeros_lost", list(ids))


def reject_bad_ids(sieve: Sieve, ids: pd.Series[str]) -> None:
    """Leave out rows without an id, with a damaged one, or with one that stood before."""
    text = ids.astype(str)
    lacking = (text == "").to_numpy()
    sieve.reject(lacking, "world.id_missing")
    sieve.reject(text.str.fullmatch(DAMAGED_ID).to_numpy(dtype=bool), "world.id_damaged", list(ids))
    again = text.duplicated(keep="first").to_numpy() & ~lacking
    first = dict(zip(text[::-1], sieve.table.row[::-1], strict=True))
    sieve.reject(again, "world.id_again", [first[one] for one in text])


def read_coordinates(sieve: Sieve, lon: pd.Series[str], lat: pd.Series[str]) -> Floats:
    """Return longitude and latitude of each row as given, NaN where left out. Shape (n_rows, 2).

    Rows without coordinates, with ones that are no numbers, at 0, 0 or beyond the globe are left
    out; those that are on the globe when swapped are left to `turn_swapped`. Degrees and minutes,
    full-width digits and a pair in one cell are understood.
    """
    one_column = bool((lon == lat).all())
    lon, lat = lon.mask(empty(lon), ""), lat.mask(empty(lat), "")
    as_written = [x if x == y or not y else f"{x}, {y}" for x, y in zip(lon, lat, strict=True)]
    alone = (lon == "") != (lat == "")
    pair = ((lon == lat) & (lon != "")) | alone
    for at in np.flatnonzero(pair.to_numpy()).tolist():
        halves = SPLIT.split(half_width(lon.iloc[at] or lat.iloc[at]).strip("()[]"))
        # 118,78 alone is rather a number with a decimal comma than a place.
        if len(halves) == 2 and not (alone.iloc[at] and all(map(str.isdigit, halves))):
            lon.iloc[at], lat.iloc[at] = halves
    split = (
        pair.to_numpy() & (lon != lat).to_numpy() & (lat != "").to_numpy() & (lon != "").to_numpy()
    )
    degrees = np.column_stack([numbers(one, _coordinate) for one in (lon, lat)])
    turned = _side(lon, "NS北南") & _side(lat, "EW东西")
    degrees[turned] = degrees[turned][:, ::-1]
    given = [f"{x}, {y}" for x, y in zip(lon, lat, strict=True)]
    lacking = ((lon == "") | (lat == "")).to_numpy()
    unread = np.isnan(degrees).any(axis=1) & ~lacking
    zero = np.all(degrees == 0.0, axis=1)
    beyond = ~_on_globe(degrees) & ~_on_globe(degrees[:, ::-1]) & ~unread & ~lacking
    sieve.reject(lacking, "world.place_missing", given)
    sieve.reject(unread, "world.place_not_number", given)
    sieve.reject(zero, "world.place_zero", given)
    sieve.reject(beyond, "world.place_beyond", given)
    degrees[lacking | unread | zero | beyond] = np.nan
    if one_column:
        split = np.zeros(len(degrees), dtype=bool)
    written = np.asarray(_unusual(lon) | _unusual(lat) | split, dtype=bool)
    written &= np.isfinite(degrees).all(axis=1)
    sieve.repair(written, "tables.place_read", as_written)
    return degrees


def turn_swapped(
    sieve: Sieve, lonlat: Floats, inside: Callable[[Floats], Bools] | None = None
) -> Floats:
    """Return coordinates in which rows that are certainly swapped are exchanged, and say so.

    A row is certainly swapped if it lies outside the territory as it is, and inside when
    exchanged. Without a territory the box around the middle of the other rows stands for it.

    Parameters
    ----------
    lonlat
        Longitude and latitude as given, NaN where unknown. Shape (n_rows, 2).
    inside
        Returns which of some coordinates on the globe are in the territory.

    Returns
    -------
    Floats
        Coordinates, NaN where a row had to be left out. Shape (n_rows, 2).
    """
    known = np.isfinite(lonlat).all(axis=1)
    usable = known & _on_globe(lonlat)
    back = lonlat[:, ::-1]
    beyond = known & ~usable
    if inside is None:
        inside = _box(lonlat[usable])
    turnable = known & _on_globe(back)
    fits, fits_back = (np.zeros(len(lonlat), dtype=bool) for _ in range(2))
    fits[usable] = inside(lonlat[usable])
    fits_back[turnable] = inside(back[turnable])
    turned = ~fits & fits_back
    given = [f"{x:.10g}, {y:.10g}" for x, y in lonlat]
    sieve.repair(turned, "tables.place_turned", given)
    sieve.reject(beyond & ~turned, "world.place_swapped", given)
    found = np.where(turned[:, None], back, lonlat)
    found[beyond & ~turned] = np.nan
    return found


def place(
    sieve: Sieve, lonlat: Floats, *, datum: Datum, crs: str, boundary: BaseGeometry
) -> Floats:
    """Return the points in metres; swapped ones are turned, those outside the boundary left out.

    Shape (n_rows, 2), NaN where a row is out.
    """
    lonlat = turn_swapped(sieve, lonlat, within(boundary, datum=datum, crs=crs))
    xy = np.full_like(lonlat, np.nan)
    known: Bools = np.asarray(np.isfinite(lonlat).all(axis=1))
    xy[known] = project_points(to_wgs84(lonlat[known], datum), crs)
    outside: Bools = known.copy()
    outside[known] = ~shapely.intersects_xy(boundary, np.where(np.isfinite(xy), xy, np.inf)[known])
    given = [f"{x:.6f}, {y:.6f}" for x, y in lonlat]
    sieve.reject(outside, "world.place_outside", given)
    xy[outside] = np.nan
    return xy


def within(boundary: BaseGeometry, *, datum: Datum, crs: str) -> Callable[[Floats], Bools]:
    """Return a test of which coordinates in a datum (n, 2) are within a boundary in metres."""
    shapely.prepare(boundary)

    def inside(lonlat: Floats) -> Bools:
        xy = project_points(to_wgs84(lonlat, datum), crs)
        finite = np.where(np.isfinite(xy), xy, np.inf)
        return np.asarray(shapely.intersects_xy(boundary, finite), dtype=bool)

    return inside


def read_weights(
    sieve: Sieve, text: pd.Series[str], *, factor: float = 1.0, decimal_comma: bool = False
) -> Floats:
    """Return the weights of the rows; unreadable and negative ones are left out. Shape (n_rows,).

    An empty cell is unknown and therefore left out, too. See `values.read_amounts`.
    """
    weight = read_amounts(text, factor=factor, decimal_comma=decimal_comma)
    bad = ~np.isfinite(weight)
    sieve.reject(bad, "world.weight_not_number", list(text))
    sieve.reject(weight < 0.0, "world.weight_negative", list(text))
    return np.where(bad, 0.0, weight)


def _box(lonlat: Floats) -> Callable[[Floats], Bools]:
    """Return a test of lying where the rows of a table do; everything does if there are none."""
    if not len(lonlat):
        return lambda other: np.ones(len(other), dtype=bool)
    low, high = np.quantile(lonlat, (0.1, 0.9), axis=0)
    room = np.maximum(high - low, ROOM)
    low, high = low - room, high + room
    if len(lonlat) < ENOUGH:  # too few to call one of them misplaced: only the impossible is
        low, high = np.minimum(low, lonlat.min(axis=0)), np.maximum(high, lonlat.max(axis=0))
    return lambda other: np.all((other >= low) & (other <= high), axis=1)


def _on_globe(lonlat: Floats) -> Bools:
    return np.asarray(np.all(np.abs(lonlat) <= (180.0, 90.0), axis=1), dtype=bool)


def _placeless(text: Mapping[str, pd.Series[str]], rows: int) -> Bools:
    """Return which rows have no coordinates at all. Shape (n_rows,)."""
    lacking = np.ones(rows, dtype=bool)
    for name in ("lon", "lat", "lonlat", "latlon", "wkt"):
        if name in text:
            lacking &= empty(text[name])
    return lacking


def _equal_to_header(text: pd.DataFrame) -> Bools:
    """Return rows of which at least one cell is the name of its column, cheaply."""
    hit = np.zeros(len(text), dtype=bool)
    for at, column in enumerate(text.columns):
        label = NUMBERED.sub("", str(column)).rpartition(JOINED)[2]
        hit |= (text.iloc[:, at] == label).to_numpy(dtype=bool)
    return hit


def _first_cells(cells: NDArray[np.object_]) -> Sequence[str]:
    return [next((cell for cell in row if cell), "") for row in cells]


def _side(text: pd.Series[str], sides: str) -> Bools:
    return text.str.contains(f"[{sides}]", case=False).to_numpy(dtype=bool)


def _unusual(text: pd.Series[str]) -> Bools:
    """Return which cells are neither plain numbers nor ones with a decimal comma."""
    plain_ones = pd.to_numeric(text, errors="coerce").notna() | text.str.fullmatch(DECIMAL_COMMA)
    wide = ~text.map(str.isascii)
    return (~plain_ones | wide).to_numpy(dtype=bool)


def _coordinate(text: str) -> float:
    if DECIMAL_COMMA.fullmatch(text):
        return plain_number(text.replace(",", "."))
    if text.casefold() in NOTHING:
        return np.nan
    match = DEGREES.fullmatch(text)
    if not match:
        return plain_number(text)
    before, sign, degrees, minutes, seconds, after = match.groups()
    value = float(degrees) + float(minutes or 0.0) / 60.0 + float(seconds or 0.0) / 3600.0
    side = (before or after or " ").upper()
    return -value if sign == "-" or side in "SW南西" else value
