"""From the rows of a table to checked points: what can be used, and why the rest cannot."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geodata.boundaries import project_points
from geodata.datum import Datum, to_wgs84
from geodata.tables import Table
from gridmap.errors import Fault, fault, some_ids

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: Columns of the table of excluded rows. `reason` is a key of the catalogue whose sentence takes
#: `found`, the value that was found.
EXCLUDED_COLUMNS = ("file", "row", "id", "reason", "found")

#: Names of rows that add up others.
TOTALS = frozenset({"合计", "小计", "总计", "总和", "total", "subtotal", "sum", "grand total"})
#: An id such as 3.2E+11: a spreadsheet has thrown its last digits away.
DAMAGED_ID = re.compile(r"\d(\.\d+)?[eE]\+\d+")
THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
MYRIADS = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*万")
PAIR = re.compile(r"[^,;\s]+\s*[,;\s]\s*[^,;\s]+")
DEGREES = re.compile(
    r"([+-]?)(\d{1,3})\s*[°度d]\s*(?:(\d{1,2}(?:\.\d+)?)\s*['′’分m]\s*)?"
    r"(?:(\d{1,2}(?:\.\d+)?)\s*(?:[\"″”秒s]|'')\s*)?([NSEWnsew东西南北]?)"
)


@dataclass(eq=False)
class Sieve:
    """Collects which rows of a table are left out, with all the reasons for each.

    Attributes
    ----------
    table
        The table.
    ids
        Id of each row as it is named to the user. Shape (n_rows,).
    """

    table: Table
    ids: NDArray[np.object_]
    _reasons: list[pd.DataFrame] = field(default_factory=list)
    _out: set[int] = field(default_factory=set)

    def reject(self, mask: Bools, reason: str, found: Sequence[object] | None = None) -> None:
        """Leave out the rows of a mask (n_rows,) because of `reason`, a key of the catalogue."""
        at = np.flatnonzero(mask)
        if not len(at):
            return
        self._out.update(at.tolist())
        values = [""] * len(at) if found is None else [str(found[row]) for row in at.tolist()]
        self._reasons.append(
            pd.DataFrame(
                {
                    "file": self.table.name,
                    "row": self.table.row[at],
                    "id": [str(one) for one in self.ids[at]],
                    "reason": reason,
                    "found": values,
                }
            )
        )

    @property
    def kept(self) -> Bools:
        """Which rows are still in. Shape (n_rows,)."""
        mask = np.ones(len(self.table), dtype=bool)
        mask[sorted(self._out)] = False
        return mask

    @property
    def excluded(self) -> pd.DataFrame:
        """One line for each reason of each row left out, by row."""
        if not self._reasons:
            return no_rows()
        return pd.concat(self._reasons).sort_values("row", kind="stable", ignore_index=True)


def no_rows() -> pd.DataFrame:
    """Return an empty table of excluded rows."""
    frame = pd.DataFrame({column: pd.Series(dtype=object) for column in EXCLUDED_COLUMNS})
    return frame.astype({"row": "int64"})


def excluded_notices(excluded: pd.DataFrame) -> list[Fault]:
    """Return one notice a file and reason, naming rows and ids."""
    notices = []
    for (file, reason), group in excluded.groupby(["file", "reason"], sort=True):
        named = [f"{row} ({name})" if name else str(row) for row, name in _rows_ids(group)]
        notices.append(fault(f"{reason}_rows", file, count=len(group), rows=some_ids(named)))
    return notices


def reject_bad_ids(sieve: Sieve, ids: pd.Series[str]) -> None:
    """Leave out rows without an id, with a damaged one, or with one that stood before."""
    text = ids.astype(str)
    empty = (text == "").to_numpy()
    sieve.reject(empty, "world.id_missing")
    sieve.reject(text.str.fullmatch(DAMAGED_ID).to_numpy(dtype=bool), "world.id_damaged", list(ids))
    again = text.duplicated(keep="first").to_numpy() & ~empty
    first = dict(zip(text[::-1], sieve.table.row[::-1], strict=True))
    sieve.reject(again, "world.id_again", [first[one] for one in text])


def reject_totals(sieve: Sieve, text: Mapping[str, pd.Series[str]]) -> None:
    """Leave out rows that add up others, by the id or the name.

    A name such as Total may be that of an outlet, so it counts only where a coordinate lacks.
    """
    ids = text["id"].str.casefold().isin(TOTALS).to_numpy(dtype=bool)
    sieve.reject(ids, "world.total_row", list(text["id"]))
    if "name" in text:
        names = text["name"].str.casefold().isin(TOTALS) & (
            (text["lon"] == "") | (text["lat"] == "")
        )
        sieve.reject(names.to_numpy(dtype=bool) & ~ids, "world.total_row", list(text["name"]))


def read_coordinates(sieve: Sieve, lon: pd.Series[str], lat: pd.Series[str]) -> Floats:
    """Return longitude and latitude of each row as given, NaN where left out. Shape (n_rows, 2).

    Rows without coordinates, with ones that are no numbers, at 0, 0 or beyond the globe are left
    out. Degrees and minutes, full-width digits and a pair in one cell are understood.
    """
    pair = (lon == lat) & lon.str.fullmatch(PAIR)
    halves = lon[pair].str.split(r"\s*[,;\s]\s*", n=1, regex=True)
    lon, lat = lon.copy(), lat.copy()
    lon[pair], lat[pair] = halves.str[0], halves.str[1]
    degrees = np.column_stack([numbers(one, _coordinate) for one in (lon, lat)])
    given = [f"{x}, {y}" for x, y in zip(lon, lat, strict=True)]
    empty = ((lon == "") | (lat == "")).to_numpy()
    unread = np.isnan(degrees).any(axis=1) & ~empty
    zero = np.all(degrees == 0.0, axis=1)
    lon_size, lat_size = np.abs(degrees).T
    beyond = (lon_size > 180.0) | (lat_size > 90.0)
    swapped = beyond & (lon_size <= 90.0) & (lat_size <= 180.0)
    sieve.reject(empty, "world.place_missing", given)
    sieve.reject(unread, "world.place_not_number", given)
    sieve.reject(zero, "world.place_zero", given)
    sieve.reject(beyond & ~swapped, "world.place_beyond", given)
    sieve.reject(swapped, "world.place_swapped", given)
    degrees[empty | unread | zero | beyond] = np.nan
    return degrees


def place(
    sieve: Sieve, lonlat: Floats, *, datum: Datum, crs: str, boundary: BaseGeometry
) -> Floats:
    """Return the points in metres; those outside the boundary are left out.

    Shape (n_rows, 2), NaN where a row is out.
    """
    xy = np.full_like(lonlat, np.nan)
    known = np.isfinite(lonlat).all(axis=1)
    xy[known] = project_points(to_wgs84(lonlat[known], datum), crs)
    shapely.prepare(boundary)
    inside = np.zeros(len(xy), dtype=bool)
    inside[known] = shapely.intersects_xy(boundary, xy[known])
    outside = known & ~inside
    swapped = np.zeros(len(xy), dtype=bool)
    turned = lonlat[:, ::-1]
    try_again = outside & (np.abs(turned[:, 1]) <= 90.0)
    back = project_points(to_wgs84(turned[try_again], datum), crs)
    finite = np.where(np.isfinite(back), back, np.inf)
    swapped[try_again] = shapely.intersects_xy(boundary, finite)
    given = [f"{x:.6f}, {y:.6f}" for x, y in lonlat]
    sieve.reject(swapped, "world.place_swapped", given)
    sieve.reject(outside & ~swapped, "world.place_outside", given)
    xy[outside] = np.nan
    return xy


def read_weights(sieve: Sieve, text: pd.Series[str]) -> Floats:
    """Return the weights of the rows; unreadable and negative ones are left out. Shape (n_rows,).

    An empty cell is unknown and therefore left out, too.
    """
    weight = numbers(text, _amount)
    bad = ~np.isfinite(weight)
    sieve.reject(bad, "world.weight_not_number", list(text))
    sieve.reject(weight < 0.0, "world.weight_negative", list(text))
    return np.where(bad, 0.0, weight)


def read_amounts(text: pd.Series[str]) -> Floats:
    """Return amounts such as a potential, NaN where there is none to read. Shape (n_rows,)."""
    return numbers(text, _amount)


def numbers(text: pd.Series[str], read: Callable[[str], float]) -> Floats:
    """Return the numbers in texts, NaN where there is none. Shape (n,).

    What is no plain number is given to `read`.
    """
    found = pd.to_numeric(text, errors="coerce").to_numpy(dtype=np.float64, copy=True)
    for at in np.flatnonzero(~np.isfinite(found) & (text != "").to_numpy()):
        found[at] = read(unicodedata.normalize("NFKC", text.iloc[at]).strip())
    found[~np.isfinite(found)] = np.nan
    return found


def _plain_number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan


def _coordinate(text: str) -> float:
    if DECIMAL_COMMA.fullmatch(text):
        return _plain_number(text.replace(",", "."))
    match = DEGREES.fullmatch(text)
    if not match:
        return _plain_number(text.rstrip("°度"))
    sign, degrees, minutes, seconds, side = match.groups()
    value = float(degrees) + float(minutes or 0.0) / 60.0 + float(seconds or 0.0) / 3600.0
    return -value if sign == "-" or (side and side.upper() in "SW南西") else value


def _amount(text: str) -> float:
    if THOUSANDS.fullmatch(text):
        return _plain_number(text.replace(",", ""))
    if DECIMAL_COMMA.fullmatch(text):
        return _plain_number(text.replace(",", "."))
    myriads = MYRIADS.fullmatch(text)
    return float(myriads[1]) * 10_000.0 if myriads else _plain_number(text)


def _rows_ids(group: pd.DataFrame) -> list[tuple[int, str]]:
    return list(zip(group["row"].tolist(), group["id"].tolist(), strict=True))
