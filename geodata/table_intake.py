"""Look at tables from outside before they are imported; they are opened in the sandbox only."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pandas as pd

from geodata import fault_report
from geodata.headers import Kind, usual_names
from geodata.incoming import (
    NEEDED,
    PLACED,
    Head,
    Read,
    datum_fit,
    fields_of,
    mapping_of,
    read_head,
    read_rows,
    said_datum,
)
from geodata.isolation import reading_by
from geodata.project_archive import territory_of
from geodata.renewal import unusable
from geodata.sandbox import Sandbox
from geodata.tables import Table
from gridmap.catalogue import Language
from gridmap.errors import Fault, InputError, fault
from gridmap.intake import Incoming, RowFault, Seen

#: Rows that a preview shows, points that its map has, and faults of rows that are listed.
SHOWN, MOST_POINTS, MOST_FAULTS = 50, 5_000, 2_000
#: Tables that are kept as text, so that another choice of columns reads no file again.
KEPT = 4
#: The fields in which a fault of a row lies; what is not here concerns the row as a whole.
_FIELDS_OF: Mapping[str, tuple[str, ...]] = {
    "world.place_": ("lon", "lat", "lonlat", "latlon", "wkt"),
    "tables.place": ("lon", "lat", "lonlat", "latlon", "wkt"),
    "world.id_": ("id", "outlet"),
    "tables.id": ("id", "outlet"),
    "tables.zeros": ("id",),
    "tables.wkt": ("wkt",),
    "tables.polygon": ("wkt",),
    "tables.ring": ("wkt",),
    "tables.stacked": ("lon", "lat", "lonlat", "latlon"),
    "tables.closed": ("status", "closed"),
    "tables.status": ("status",),
    "tables.date": ("date", "opened", "closed"),
    "tables.share": ("share",),
    "tables.amount": ("potential", "weight", "share", "minutes"),
    "world.weight_": ("weight",),
    "data.no_weight": ("weight",),
    "data.ownership": ("ownership",),
    "data.own_share": ("ownership", "id"),
    "market.outlet": ("outlet",),
    "market.period": ("period",),
    "market.operator": ("operator",),
    "visitlog.done": ("done",),
    "visitlog.seq": ("seq",),
    "visitlog.came": ("came",),
}
_UNPLACED: tuple[Kind, ...] = ("visit_log", "market")
#: Names of columns that are looked for without being asked for.
_USUAL = frozenset(
    name
    for kind in _UNPLACED
    for lists in usual_names(kind).values()
    for names in lists
    for name in names
)


class KeptTables:
    """A reader of untrusted files: each in a child of its own, and the last few are kept as text.

    What a user chooses on the page is read out of the text again, not out of the file.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[object, ...], Table] = OrderedDict()
        self._lock = threading.Lock()

    def call(self, name: str, path: Path, /, *args: object, **options: object) -> object:
        """Return what the function of that name makes of the file.

        Raises
        ------
        InputError
            As for `geodata.sandbox.Sandbox.call`.
        """
        asked = {str(one) for one in cast(Iterable[object], options.get("names") or ())}
        key = (name, path, options.get("sheet", ""), options.get("encoding", ""))
        with self._lock:
            kept = self._kept.get(key)
            # names of its own columns, or the usual ones, find no other header
            if kept is not None and asked <= {*kept.columns, *_USUAL, ""}:
                self._kept.move_to_end(key)
                return kept
        with Sandbox() as sandbox:
            found = sandbox.call(name, path, *args, **options)
        if isinstance(found, Table):
            with self._lock:
                self._kept[key] = found
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
        return found


class TableIntake:
    """Looks at tables; see `gridmap.intake.Intake`."""

    def __init__(self) -> None:
        self._reader = KeptTables()

    def look(self, asked: Incoming) -> Seen:
        """Return what a table looks like; what is wrong with it is part of the answer."""
        with reading_by(self._reader):
            try:
                seen = self._seen(asked)
            except InputError as error:
                seen = Seen(faults=error.faults)
        return replace(
            seen,
            faults=_named(seen.faults, asked.file, asked.name),
            notices=_named(seen.notices, asked.file, asked.name),
        )

    def report(self, asked: Incoming, target: Path, language: Language) -> None:
        """Write the fault report of a table as a workbook.

        Raises
        ------
        InputError
            If the table cannot be read at all.
        """
        mapping = mapping_of(asked.settings, asked.name)
        with reading_by(self._reader):
            read = read_rows(asked.file, asked.rows, mapping, asked.territory, asked.request)
        fault_report.write(
            target, read.table, read.excluded, read.repaired,
            remarks=read.remarks, language=language,
        )  # fmt: skip

    def territory_of(self, file: Path, name: str) -> str:
        """Return the name of the territory of a whole project in a zip archive.

        Raises
        ------
        InputError
            If that is no such archive; `name` stands for the file in the sentences.
        """
        with reading_by(self._reader):
            try:
                return territory_of(file)
            except InputError as error:
                raise InputError(*_named(error.faults, file, name)) from error

    def _seen(self, asked: Incoming) -> Seen:
        mapping = mapping_of(asked.settings, asked.name)
        head = read_head(asked.file, asked.rows, mapping)
        seen = _head_seen(asked, head, mapping.datum or said_datum(head) or "wgs84")
        faults = list(mapping.faults(PLACED.get(asked.rows, asked.rows), asked.name))
        faults += head.faults
        if faults:
            return replace(seen, faults=tuple(faults))
        try:
            read = read_rows(asked.file, asked.rows, mapping, asked.territory, asked.request)
        except InputError as error:
            return replace(seen, faults=error.faults)
        fit = datum_fit(read, asked.territory)
        return replace(
            seen,
            datum=read.datum,
            datum_fit_m={str(datum): metres for datum, metres in fit.median_m.items()},
            datum_best=fit.best,
            faults=tuple(unusable(read, asked.rows, asked.request)),
            rows=_row_faults(read),
            notices=read.notices,
            counts=read.counts,
            points=_points(read),
        )


def _head_seen(asked: Incoming, head: Head, datum: str) -> Seen:
    table, layout = head.table, head.table.layout
    placed = asked.rows in PLACED
    place = (("lon", "lat"), ("lonlat",), ("latlon",), ("wkt",)) if placed else ()
    first = table.text.head(SHOWN)
    return Seen(
        columns=tuple(table.columns),
        fields=fields_of(asked.rows),
        required=(*((one,) for one in NEEDED[asked.rows]), *place),
        mapping={field: names[0] for field, names in head.columns.items()},
        datum=datum,
        datum_best=datum,
        sheet=layout.sheet if layout else "",
        encoding=layout.encoding if layout else "",
        header_row=layout.header_row if layout else 1,
        counts={"accepted": 0, "repaired": 0, "rejected": 0},
        preview=[
            {"": str(row), **{str(column): str(cell) for column, cell in cells.items()}}
            for row, cells in zip(table.row[:SHOWN], first.to_dict("records"), strict=True)
        ],
        notices=table.notices,
    )


def _row_faults(read: Read) -> tuple[RowFault, ...]:
    found: list[RowFault] = []
    for weight, frame in (
        ("out", read.excluded), ("mended", read.repaired), ("doubt", read.remarks),
    ):  # fmt: skip
        found += [
            RowFault(
                row=int(row), name=name, column=_column_of(reason, read), found=what,
                what=fault(reason, found=what), weight=cast(Any, weight),
            )
            for _, row, name, reason, what in frame.drop_duplicates(
                ["row", "reason", "found"]
            ).itertuples(index=False)
        ]  # fmt: skip
    order = {"out": 0, "doubt": 1, "mended": 2}
    return tuple(sorted(found, key=lambda one: (order[one.weight], one.row))[:MOST_FAULTS])


def _column_of(reason: str, read: Read) -> str:
    """Return the columns in which a fault lies; empty = the row as a whole."""
    fields = next((of for key, of in _FIELDS_OF.items() if reason.startswith(key)), ())
    named = [name for field in fields for name in read.columns.get(field, ())]
    return ", ".join(dict.fromkeys(named))


def _points(read: Read) -> list[tuple[float, float, str]]:
    if not len(read.lonlat):
        return []
    name = "outlet_id" if "outlet_id" in read.frame else "demand_id"
    titles = read.frame[name].astype(str)
    if "name" in read.frame:
        titles = read.frame["name"].where(read.frame["name"] != "", titles)
    step = -(-len(read.lonlat) // MOST_POINTS)
    chosen: Iterable[tuple[Any, str]] = zip(
        read.lonlat[::step].tolist(), pd.Series(titles)[::step], strict=True
    )
    return [(lon, lat, title) for (lon, lat), title in chosen]


def _named(faults: Iterable[Fault], file: Path, name: str) -> tuple[Fault, ...]:
    """Return faults in which a file has the name that its owner knows."""
    kept, path = file.name, str(file)

    def named(text: object) -> object:
        if not isinstance(text, str):
            return text
        return text.replace(path, name).replace(kept, name)

    return tuple(
        Fault(
            one.key, str(named(one.where)), {key: named(value) for key, value in one.values.items()}
        )
        for one in faults
    )
