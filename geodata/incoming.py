"""A table that comes in for a territory, read and held against what the territory has.

All that is wrong with it comes together: with the file, with its columns, and with each row.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pydantic
import shapely
from numpy.typing import NDArray

from geodata.boundaries import Boundary, project_points
from geodata.datum_check import DatumFinding, suggest_datum
from geodata.headers import Kind, Names, datum_of, usual_names
from geodata.importing import REQUIRED, import_table
from geodata.located import PLACE, place_columns
from geodata.mapping import TableMapping
from geodata.market import Ground, read_market_table
from geodata.market_section import MarketColumns, MarketTable
from geodata.outlet_history import Known, owner_of_words
from geodata.sieve import EXCLUDED_COLUMNS, no_rows
from geodata.tables import Table, find_columns, read_table
from geodata.visit_log import FIELDS, read_log_rows
from gridmap.datum import Datum, from_wgs84
from gridmap.errors import Fault, InputError, fault
from gridmap.intake import RowKind
from gridmap.policies import PlanRequest
from gridmap.schemas import MARKET_AMOUNTS
from gridmap.territory import Territory

Floats = NDArray[np.float64]

#: Fields that a page lets people map, by the kind of rows; those of the place come after them.
OFFERED: Mapping[RowKind, tuple[str, ...]] = {
    "outlets": (
        "id", "name", "ownership", "operator", "kind", "grade", "potential", "status", "closed",
    ),
    "demand": ("id", "weight"),
    "visit_log": FIELDS,
    "market": ("outlet", "lon", "lat", "operator", "period", *MARKET_AMOUNTS),
}  # fmt: skip
#: Which fields a table needs; of each tuple of fields all, and of the tuples of a place one.
NEEDED: Mapping[RowKind, tuple[str, ...]] = {
    "outlets": ("id",), "demand": (), "visit_log": ("outlet",), "market": (),
}  # fmt: skip
PLACED: Mapping[RowKind, Kind] = {"outlets": "outlets", "demand": "demand"}


@dataclass(frozen=True, eq=False)
class Read:
    """A table that was read for a territory.

    Attributes
    ----------
    table
        The table as it stands in its file.
    columns
        The columns of each field that has any.
    datum
        Datum as which its places were read.
    frame
        The accepted rows: `row` and the fields of the kind; where they have a place, `x`, `y`
        (metres) and `unit`.
    lonlat
        Their places in WGS-84; empty for visits. Shape (n_accepted, 2).
    excluded, repaired, remarks
        See `geodata.sieve.EXCLUDED_COLUMNS`.
    notices
        What the user should know.
    """

    table: Table
    columns: Mapping[str, Sequence[str]]
    datum: Datum
    frame: pd.DataFrame
    lonlat: Floats
    excluded: pd.DataFrame
    repaired: pd.DataFrame
    remarks: pd.DataFrame
    notices: tuple[Fault, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many rows were accepted, how many of these repaired, and how many left out."""
        return {
            "accepted": len(self.frame),
            "repaired": int(self.repaired["row"].nunique()),
            "rejected": int(self.excluded["row"].nunique()),
        }


@dataclass(frozen=True, eq=False)
class Head:
    """The columns of a table before its rows are looked at.

    Attributes
    ----------
    table
        The table.
    columns
        The columns of each field that has any, as far as they can be told.
    faults
        What is wrong with them.
    """

    table: Table
    columns: Mapping[str, Sequence[str]]
    faults: tuple[Fault, ...]


def fields_of(rows: RowKind) -> tuple[str, ...]:
    """Return the fields that the columns of a table can be mapped to."""
    return OFFERED[rows] + (PLACE if rows in PLACED else ())


def mapping_of(settings: Mapping[str, Any], file: str) -> TableMapping:
    """Return settings as a mapping.

    Raises
    ------
    InputError
        With all that is wrong with them.
    """
    try:
        return TableMapping.model_validate(settings)
    except pydantic.ValidationError as error:
        raise InputError(
            *(
                fault("jobs.bad_arguments", f"{file} {one['loc'][0]}", reason=one["msg"])
                for one in error.errors()
            )
        ) from error


def read_head(path: Path, rows: RowKind, mapping: TableMapping) -> Head:
    """Read a table and find its columns.

    Raises
    ------
    InputError
        If the file cannot be read as a table.
    """
    given = dict(mapping.columns)
    usual: Mapping[str, Names] = usual_names(PLACED.get(rows, rows))
    names = [name for one in given.values() for name in ([one] if isinstance(one, str) else one)]
    if rows not in PLACED:
        usual = {one: usual[one] for one in OFFERED[rows]}
        names += [name for lists in usual.values() for group in lists for name in group]
    table = read_table(path, sheet=mapping.sheet, encoding=mapping.encoding, names=names)
    known = {one: columns for one, columns in given.items() if one in usual}
    needed = REQUIRED[PLACED[rows]] if rows in PLACED else NEEDED[rows]
    columns, faults = find_columns(table, known, usual, needed)
    if rows in PLACED:
        columns, faults = place_columns(table, columns, faults)
    elif rows == "market":
        faults += _market_faults(table, columns)
    elif not (columns.get("done") or columns.get("date")):
        faults.append(fault("visitlog.no_made", table.name, have=", ".join(table.columns)))
    return Head(table, {one: found for one, found in columns.items() if found}, tuple(faults))


def read_rows(
    path: Path,
    rows: RowKind,
    mapping: TableMapping,
    territory: Territory,
    request: PlanRequest,
) -> Read:
    """Read the rows of a table and hold them against a territory.

    Raises
    ------
    InputError
        If the file or its columns cannot be used, with all faults at once.
    """
    if rows == "visit_log":
        return _visits(path, mapping, territory)
    if rows == "market":
        return _market(path, mapping, territory)
    boundary = Boundary(territory.boundary, territory.crs)
    done = import_table(
        path, kind=PLACED[rows], mapping=mapping, territory=boundary, may_be_empty=True
    )
    frame = done.frame
    lonlat = frame[["lon", "lat"]].to_numpy(np.float64)
    xy = project_points(lonlat, territory.crs)
    frame = frame.assign(x=xy[:, 0], y=xy[:, 1], unit=territory.units.locate(xy))
    read = Read(
        done.table,
        {
            field: (names,) if isinstance(names, str) else names
            for field, names in done.mapping.columns.items()
        },
        done.mapping.datum or "wgs84",
        frame,
        lonlat,
        done.excluded,
        done.repaired,
        done.remarks,
        done.notices,
    )
    given = [f"{lon:.6f}, {lat:.6f}" for lon, lat in lonlat]
    read = _without(read, (frame["unit"] < 0).to_numpy(), "world.place_outside", given)
    return _owned(read, territory, request) if rows == "outlets" else _weighed(read)


def datum_fit(read: Read, territory: Territory) -> DatumFinding:
    """Return how well the places of a table fit the streets of a territory in each datum."""
    network = next(iter(territory.networks.values()), None)
    given = from_wgs84(read.lonlat, read.datum)
    if network is None:
        return suggest_datum(given[:0], np.empty(0, dtype=object), read.datum, crs=territory.crs)
    ends = np.stack([network.node_xy[network.tail], network.node_xy[network.head]], axis=1)
    streets = np.asarray(shapely.linestrings(ends), dtype=object)
    return suggest_datum(given, streets, read.datum, crs=network.crs)


def said_datum(head: Head) -> Datum | None:
    """Return the datum that the names of the columns say, if they name one."""
    said = datum_of(name for one in PLACE for name in head.columns.get(one, ()))
    return said.pop() if len(said) == 1 else None


def _visits(path: Path, mapping: TableMapping, territory: Territory) -> Read:
    done = read_log_rows(
        path,
        territory.outlets["outlet_id"],
        mapping.columns,
        sheet=mapping.sheet,
        encoding=mapping.encoding,
    )
    sieve = done.sieve
    return Read(
        sieve.table,
        {field: names for field, names in done.columns.items() if names},
        "wgs84",
        done.frame,
        np.empty((0, 2)),
        sieve.excluded,
        sieve.repaired,
        sieve.remarks,
        sieve.table.notices,
    )


def _market_faults(table: Table, columns: Mapping[str, Sequence[str]]) -> list[Fault]:
    """Return what a table of market figures lacks: an amount, and something that places it."""
    have, faults = ", ".join(table.columns), []
    if not any(columns.get(name) for name in MARKET_AMOUNTS):
        known = ", ".join(MARKET_AMOUNTS)
        faults.append(fault("market.no_amount", table.name, known=known, have=have))
    if not (columns.get("outlet") or (columns.get("lon") and columns.get("lat"))):
        faults.append(fault("market.no_place", table.name, have=have))
    return faults


def _market(path: Path, mapping: TableMapping, territory: Territory) -> Read:
    """Read market figures by outlet or place; those by zone need the file of the zones, too."""
    named = set(MarketColumns.model_fields)
    columns = {one: names for one, names in mapping.columns.items() if one in named}
    section = MarketTable(
        file=path.name,
        sheet=mapping.sheet,
        encoding=mapping.encoding,
        columns=MarketColumns.model_validate({**columns, "zone": ""}),
        datum=mapping.datum or "wgs84",
    )
    before = territory.market
    ours = [] if before is None else sorted(set(before.loc[before["ours"], "operator"]) - {""})
    ground = Ground(
        str(territory.crs),
        territory.boundary,
        territory.units,
        territory.outlets,
        territory.demand,
        own_operators=tuple(f"^{re.escape(one)}$" for one in ours),
    )
    found = read_market_table(section, {path.name: path}, ground)
    sieve, frame = found.sieve, found.frame
    rows = sieve.table.row[frame["row"].to_numpy(np.int64)]
    return Read(
        sieve.table,
        {field: names for field, names in found.columns.items() if names},
        mapping.datum or "wgs84",
        frame.assign(row=np.asarray(rows, dtype=np.int64)),
        np.empty((0, 2)),
        sieve.excluded,
        sieve.repaired,
        sieve.remarks,
        (*sieve.table.notices, *found.notices),
    )


def _owned(read: Read, territory: Territory, request: PlanRequest) -> Read:
    """Fill `ownership`, and leave out own outlets that would share a unit with another one."""
    frame = read.frame
    none = pd.Series("", index=frame.index)
    said = frame.get("ownership", none)
    kind = frame.get("kind", none)
    known = Known(territory.outlets)
    by_word = [owner_of_words(one) for one in said]
    unread = np.array(
        [not word and one != "" for word, one in zip(by_word, said, strict=True)], dtype=bool
    )
    read = _remarked(read, unread, "data.ownership_unread", said.tolist())
    operator = frame.get("operator", none)
    ownership = [
        word or known.ownership(one, carrier) or owner_of_words(sort) or "other"
        for word, one, carrier, sort in zip(
            by_word, frame["outlet_id"], operator, kind, strict=True
        )
    ]
    read = replace(read, frame=frame.assign(ownership=ownership))
    if request.partition.centres != "own":
        return read
    own = read.frame["ownership"] == "own"
    units = read.frame["unit"].where(own, -1 - np.arange(len(frame)))
    second = units.duplicated(keep="first").to_numpy(dtype=bool)
    first = dict(zip(units[::-1], read.frame["outlet_id"][::-1], strict=True))
    return _without(read, second, "data.own_share_unit", [first[one] for one in units])


def _weighed(read: Read) -> Read:
    """Fill `weight`: one a row where the table has none; rows of no weight are left out."""
    if "weight" not in read.frame:
        return replace(read, frame=read.frame.assign(weight=1.0))
    weight = read.frame["weight"].to_numpy(np.float64)
    return _without(read, ~(weight > 0.0), "data.no_weight", [f"{one:g}" for one in weight])


def _without(read: Read, mask: NDArray[np.bool_], reason: str, found: Sequence[object]) -> Read:
    """Leave out accepted rows for one more reason."""
    if not mask.any():
        return read
    lines = _lines(read, mask, reason, found)
    gone = set(lines["row"])
    return replace(
        read,
        frame=read.frame[~mask].reset_index(drop=True),
        lonlat=read.lonlat[~mask],
        excluded=_joined(read.excluded, lines),
        repaired=read.repaired[~read.repaired["row"].isin(gone)].reset_index(drop=True),
        remarks=read.remarks[~read.remarks["row"].isin(gone)].reset_index(drop=True),
    )


def _remarked(read: Read, mask: NDArray[np.bool_], reason: str, found: Sequence[object]) -> Read:
    if not mask.any():
        return read
    return replace(read, remarks=_joined(read.remarks, _lines(read, mask, reason, found)))


def _lines(
    read: Read, mask: NDArray[np.bool_], reason: str, found: Sequence[object]
) -> pd.DataFrame:
    rows = read.frame[mask]
    name = next(one for one in ("outlet_id", "demand_id") if one in rows)
    return pd.DataFrame(
        {
            "file": read.table.name,
            "row": rows["row"].astype("int64"),
            "id": rows[name].astype(str),
            "reason": reason,
            "found": [str(one) for one, out in zip(found, mask, strict=True) if out],
        }
    )[list(EXCLUDED_COLUMNS)]


def _joined(frame: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    parts = [one for one in (frame, lines) if len(one)]
    if not parts:
        return no_rows()
    return pd.concat(parts).sort_values("row", kind="stable", ignore_index=True)
