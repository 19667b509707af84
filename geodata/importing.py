"""A table as it is kept in an office, read into rows that a project can use.

Nothing is dropped in silence: each row is accepted, repaired with what was repaired, or left out
with its reason, and what was decided for a whole column is said, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata.boundaries import Boundary
from geodata.headers import Kind, datum_of, unit_of, usual_names
from geodata.located import place_columns, read_places
from geodata.mapping import TableMapping
from geodata.points import (
    mend_ids,
    place,
    read_weights,
    reject_bad_ids,
    reject_no_rows,
    remark_lost_zeros,
    turn_swapped,
    within,
)
from geodata.sieve import Sieve, excluded_notices
from geodata.tables import Table, find_columns, read_table
from geodata.values import (
    comma_is_decimal,
    empty,
    read_amounts,
    read_dates,
    read_shares,
    read_status,
)
from gridmap.datum import Datum, to_wgs84
from gridmap.errors import Fault, InputError, fault, some_ids

Floats = NDArray[np.float64]
Objects = NDArray[np.object_]

#: Which datum each of some coordinates fits much better than the one they are said to be in; the
#: empty text where none does. Takes and returns shape (n, 2) and n.
SuggestDatum = Callable[[Floats], Sequence[str]]

#: So many rows on one spot are rather a geocoder's answer for a whole town.
STACKED = 6
#: Decimals of a degree that are kept: 1 mm.
DECIMALS = 8
#: Shares of a group add up to 1 but for this.
SHARE_TOLERANCE = 0.005
REQUIRED: Mapping[Kind, tuple[str, ...]] = {
    "outlets": ("id",), "demand": (), "visits": ("id", "date"),
}  # fmt: skip
ID = {"outlets": "outlet_id", "demand": "demand_id", "visits": "outlet_id"}
TEXTS = ("name", "operator", "kind", "ownership", "grade", "address", "group", "manager", "result")
AMOUNTS = ("potential", "minutes")
DATES = ("opened", "closed", "date")


@dataclass(frozen=True, eq=False)
class Imported:
    """A table after its import.

    Attributes
    ----------
    table
        The table as it stood in the file.
    frame
        The accepted rows with `row`, the id and the fields that were found; lon and lat in WGS-84.
    shapes
        Shape of each accepted row in WGS-84, if the table has WKT.
    excluded, repaired, remarks
        Reasons, repairs and doubts by row, see `geodata.sieve.EXCLUDED_COLUMNS`.
    notices
        What the user should know.
    mapping
        How it was read, ready to be saved.
    """

    table: Table
    frame: pd.DataFrame
    shapes: Objects | None
    excluded: pd.DataFrame
    repaired: pd.DataFrame
    remarks: pd.DataFrame
    notices: tuple[Fault, ...]
    mapping: TableMapping

    @property
    def counts(self) -> dict[str, int]:
        """How many rows were accepted, how many of these repaired, and how many left out."""
        return {
            "accepted": len(self.frame),
            "repaired": int(self.repaired["row"].nunique()),
            "rejected": int(self.excluded["row"].nunique()),
        }


def import_table(
    path: Path,
    *,
    kind: Kind = "outlets",
    mapping: TableMapping | None = None,
    territory: Boundary | None = None,
    suggest_datum: SuggestDatum | None = None,
    may_be_empty: bool = False,
) -> Imported:
    """Read a table of outlets, demand or visits in whatever state it is.

    Parameters
    ----------
    path
        File in a format of `geodata.tables`.
    kind
        What its rows are.
    mapping
        How it is to be read; found out by default.
    territory
        Rows outside of it are left out, and ones that are inside when longitude and latitude are
        exchanged are repaired.
    suggest_datum
        Tells rows that fit another datum much better; these are remarked on.
    may_be_empty
        Whether it is no fault if no row is left.

    Raises
    ------
    InputError
        If the file or the mapping cannot be used, with all faults at once, or no row is left.
    """
    mapping = mapping or TableMapping()
    path = Path(path)
    faults = mapping.faults(kind, path.name)
    given = dict(mapping.columns)
    names = [name for one in given.values() for name in ([one] if isinstance(one, str) else one)]
    table = read_table(path, sheet=mapping.sheet, encoding=mapping.encoding, names=names)
    usual = usual_names(kind)
    columns, wrong = find_columns(table, given, usual, REQUIRED[kind])
    if kind != "visits":
        columns, wrong = place_columns(table, columns, wrong)
    datum, said = _datum(table, columns, mapping.datum)
    faults += wrong + [one for one in said if one.key == "tables.datum_asked"]
    if faults:
        raise InputError(*faults)

    text = {field: table.values(columns[field]) for field in usual}
    sieve = Sieve(table, text["id"].to_numpy(dtype=object))
    text["id"] = _ids(sieve, text["id"], kind)
    for field, words in mapping.values.items():
        if field != "status":
            text[field] = text[field].replace(dict(words))
    reject_no_rows(sieve, text)
    if kind == "outlets":
        _reject_closed(sieve, text, mapping.values.get("status", {}))
        reject_bad_ids(sieve, text["id"])
        remark_lost_zeros(sieve, text["id"])
    elif kind == "visits":
        sieve.reject((text["id"] == "").to_numpy(), "world.id_missing")

    frame = pd.DataFrame({"row": table.row, ID[kind]: text["id"]})
    for field in TEXTS:
        if columns.get(field):
            frame[field] = text[field]
    notices = [*table.notices, *said]
    shapes = None
    if kind != "visits":
        lonlat, shapes = _located(sieve, text, datum, territory, suggest_datum)
        frame["lon"], frame["lat"] = np.round(lonlat, DECIMALS).T
        shapes = _shapes(shapes, sieve, lonlat, datum)
    decimal = comma_is_decimal(pd.concat([text["lon"], text["lat"]]))
    notices += _read_numbers(sieve, frame, columns, text, decimal=decimal)
    notices += _read_days(sieve, frame, columns, text, required=kind == "visits")
    if columns.get("status"):
        frame["status"] = text["status"]
    if columns.get("share"):
        notices += _read_shares(sieve, frame, columns, text, normalise=mapping.normalise_shares)

    kept = sieve.kept
    if not kept.any() and not may_be_empty:
        raise InputError(
            *table.notices,
            *excluded_notices(sieve.excluded),
            fault("tables.no_row_left", table.name),
        )
    if kind == "outlets":
        _remark_stacked(sieve, frame)
    found: dict[str, str | tuple[str, ...]] = {
        field: names[0] if len(names) == 1 else tuple(names)
        for field, names in columns.items()
        if names
    }
    return Imported(
        table=table,
        frame=frame[kept].reset_index(drop=True),
        shapes=None if shapes is None else shapes[kept],
        excluded=sieve.excluded,
        repaired=sieve.repaired,
        remarks=sieve.remarks,
        notices=tuple(notices),
        mapping=mapping.model_copy(
            update={
                "columns": {
                    one: names[0] if len(names) == 1 else names for one, names in found.items()
                },
                "datum": datum,
            }
        ),
    )


def _datum(
    table: Table, columns: Mapping[str, list[str]], given: Datum | None
) -> tuple[Datum, list[Fault]]:
    """Return the datum: the one given, else the one that the names of the columns say."""
    named = [one for field in ("lon", "lat", "lonlat", "latlon") for one in columns.get(field, [])]
    said = sorted(datum_of(named))
    values = {"columns": ", ".join(named), "said": ", ".join(said)}
    if given is not None:
        if said and said != [given]:
            return given, [fault("tables.datum_differs", table.name, given=given, **values)]
        return given, []
    if len(said) > 1:
        return "wgs84", [fault("tables.datum_asked", table.name, **values)]
    if said:
        return said[0], [fault("tables.datum_said", table.name, **values)]
    return "wgs84", []


def _ids(sieve: Sieve, ids: pd.Series[str], kind: Kind) -> pd.Series[str]:
    ids = mend_ids(sieve, ids)
    if kind == "demand":  # a point of demand needs no id of its own
        sieve.ids = ids.where(
            ids != "", pd.Series([f"#{row}" for row in sieve.table.row], index=ids.index)
        ).to_numpy(dtype=object)
        return pd.Series(sieve.ids, index=ids.index, dtype=object).where(ids != "", "")
    return ids


def _reject_closed(
    sieve: Sieve, text: Mapping[str, pd.Series[str]], words: Mapping[str, str]
) -> None:
    """Leave out outlets that are closed by their state or, where this is empty, by a date."""
    state = read_status(text["status"], words)
    closed = (state == "closed").to_numpy()
    dates = read_dates(text["closed"])
    ended = (dates.iso != "").to_numpy() & (text["status"] == "").to_numpy()
    found = text["status"].where(text["status"] != "", dates.iso)
    sieve.reject(closed | ended, "tables.closed", list(found), final=True)
    unknown = (text["status"] != "").to_numpy() & (state == "").to_numpy()
    sieve.remark(unknown, "tables.status_unread", list(text["status"]))


def _located(
    sieve: Sieve,
    text: Mapping[str, pd.Series[str]],
    datum: Datum,
    territory: Boundary | None,
    suggest_datum: SuggestDatum | None,
) -> tuple[Floats, Objects | None]:
    """Return the place of each row in WGS-84, NaN where it is left out, and shapes as given."""
    lonlat, shapes = read_places(sieve, text)
    if territory is None:
        lonlat = turn_swapped(sieve, lonlat)
    else:
        area, crs = territory.shape, territory.crs
        lonlat = turn_swapped(sieve, lonlat, within(area, datum=datum, crs=crs))
        xy = place(sieve, lonlat, datum=datum, crs=crs, boundary=area)
        lonlat[np.isnan(xy).any(axis=1)] = np.nan
    known = np.isfinite(lonlat).all(axis=1)
    if suggest_datum is not None and known.any():
        other = np.full(len(lonlat), "", dtype=object)
        other[known] = list(suggest_datum(lonlat[known]))
        sieve.remark((other != "") & (other != datum), "tables.datum_other", list(other))
    lonlat[known] = to_wgs84(lonlat[known], datum)
    return lonlat, shapes


def _shapes(shapes: Objects | None, sieve: Sieve, lonlat: Floats, datum: Datum) -> Objects | None:
    """Return shapes in WGS-84; those whose row was exchanged are exchanged, too."""
    if shapes is None:
        return None
    repaired = sieve.repaired
    rows = repaired["row"][repaired["reason"] == "tables.place_turned"]
    turned = np.isin(sieve.table.row, rows.to_numpy())
    out = ~np.isfinite(lonlat).all(axis=1)
    shapes = shapes.copy()
    shapes[out] = None
    shapes[turned] = shapely.transform(shapes[turned], lambda xy: xy[:, ::-1])
    return np.asarray(shapely.transform(shapes, lambda xy: to_wgs84(xy, datum)), dtype=object)


def _read_numbers(
    sieve: Sieve,
    frame: pd.DataFrame,
    columns: Mapping[str, list[str]],
    text: Mapping[str, pd.Series[str]],
    *,
    decimal: bool,
) -> list[Fault]:
    """Fill potential, minutes and weight of the frame; say what a column's name multiplies by."""
    notices = []
    for field in (*AMOUNTS, "weight"):
        if not columns.get(field):
            continue
        column = columns[field][0]
        factor, _ = unit_of(column)
        if factor != 1.0:
            values = {"column": column, "factor": f"{factor:,.0f}"}
            notices.append(fault("tables.unit_applied", sieve.table.name, **values))
        if field == "weight":
            frame[field] = read_weights(sieve, text[field], factor=factor, decimal_comma=decimal)
            continue
        amount = read_amounts(text[field], factor=factor, decimal_comma=decimal)
        unread = ~np.isfinite(amount) & ~empty(text[field])
        sieve.remark(unread, "tables.amount_unread", list(text[field]))
        sieve.repair(amount < 0.0, "tables.amount_negative", list(text[field]))
        frame[field] = np.where(amount < 0.0, np.nan, amount)
    return notices


def _read_days(
    sieve: Sieve,
    frame: pd.DataFrame,
    columns: Mapping[str, list[str]],
    text: Mapping[str, pd.Series[str]],
    *,
    required: bool,
) -> list[Fault]:
    """Fill the dates of the frame; those of visits are needed, others only remarked on."""
    notices = []
    for field in DATES:
        if not columns.get(field):
            continue
        dates = read_dates(text[field])
        frame[field] = dates.iso
        if dates.ambiguous:
            column = columns[field][0]
            notices.append(fault("tables.dates_ambiguous", sieve.table.name, column=column))
        if required:
            sieve.reject((dates.iso == "").to_numpy(), "tables.date_unread", list(text[field]))
        else:
            sieve.remark(dates.unread, "tables.date_doubtful", list(text[field]))
    return notices


def _read_shares(
    sieve: Sieve,
    frame: pd.DataFrame,
    columns: Mapping[str, list[str]],
    text: Mapping[str, pd.Series[str]],
    *,
    normalise: bool,
) -> list[Fault]:
    """Fill the shares of the frame; say how they were read and which groups do not add up."""
    name, column = sieve.table.name, columns["share"][0]
    shares = read_shares(text["share"], percent=unit_of(column)[1])
    key = "tables.shares_percent" if shares.percent else "tables.shares_fraction"
    notices = [fault(key, name, column=column)]
    sieve.remark(shares.mixed, "tables.share_doubtful", list(text["share"]))
    sieve.reject(shares.values < 0.0, "tables.share_negative", list(text["share"]))
    unread = ~np.isfinite(shares.values) & ~empty(text["share"])
    sieve.remark(unread, "tables.amount_unread", list(text["share"]))
    frame["share"] = shares.values
    group = text["group"] if columns.get("group") else pd.Series("", index=frame.index)
    used = sieve.kept & np.isfinite(shares.values)
    sums = frame["share"][used].groupby(group[used], sort=True).sum()
    off = sums[(sums - 1.0).abs() > SHARE_TOLERANCE]
    if len(off):
        listed = some_ids(f"{one or '*'} ({total:.4g})" for one, total in off.items())
        said = "tables.shares_made_one" if normalise else "tables.shares_not_one"
        notices.append(fault(said, name, groups=listed))
    if normalise:
        frame["share"] = frame["share"] / group.map(sums[sums > 0.0])
    return notices


def _remark_stacked(sieve: Sieve, frame: pd.DataFrame) -> None:
    """Remark on spots where suspiciously many rows stand."""
    spot = frame[sieve.kept].groupby(["lon", "lat"])["row"].transform("size")
    count = spot.reindex(frame.index, fill_value=0)
    sieve.remark((count >= STACKED).to_numpy(), "tables.stacked", count.tolist())
