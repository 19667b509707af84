"""Tables from the field: visits, results of their steps, complaints and sightings.

They come from filled route sheets, or as lists that an office keeps. Each is checked by its schema
in `gridmap.schemas`; an import takes all rows or names every cell that makes no sense.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pandera.errors
import pandera.pandas as pa

from geodata.filled_sheets import VisitRecord
from geodata.headers import FieldKind, plain, usual_names
from geodata.sheet_entries import plain_entry, read_entry
from geodata.tables import Table, find_columns, read_table
from geodata.values import read_dates
from gridmap import schemas
from gridmap.catalogue import LANGUAGES, text
from gridmap.errors import Fault, InputError, fault
from gridmap.export.visit_steps import REMARK, STEPS, TIMES, Entry, Field, Step

REQUIRED: Mapping[FieldKind, tuple[str, ...]] = {
    "steps": ("id", "field", "value"),
    "complaints": ("id", "category"),
    "sightings": ("about",),
}
SCHEMAS: Mapping[FieldKind, pa.DataFrameSchema] = {
    "steps": schemas.STEP_RESULTS,
    "complaints": schemas.COMPLAINTS,
    "sightings": schemas.SIGHTINGS,
}
#: What a sighting is about, by the field of the sheet that notes it.
ABOUT = {"about_rivals": "rival", "about_place": "place", "about_customers": "customers"}


@dataclass(frozen=True, eq=False)
class FieldTables:
    """The records of filled sheets as tables, see `gridmap.schemas`."""

    visits: pd.DataFrame
    steps: pd.DataFrame
    complaints: pd.DataFrame


def tables_of(records: Iterable[VisitRecord], *, start: date | None = None) -> FieldTables:
    """Return visits, results of steps and complaints.

    Parameters
    ----------
    records
        From `geodata.filled_sheets.read_filled_sheets`.
    start
        A day of the first week of the cycle; without it the dates are empty.
    """
    visits, steps, complaints = [], [], []
    for one in records:
        head = {"outlet_id": one.outlet_id, "date": one.day(start), "route": one.route}
        came, left = (one.values.get(time.key, np.nan) for time in TIMES)
        visits.append(
            {**head, "visited": one.visited, "came_s": came, "left_s": left,
             "result": str(one.values.get(REMARK.key, ""))}
        )  # fmt: skip
        for step in STEPS:
            for field in step.fields:
                if field.key not in one.values:
                    continue
                value = float(one.values[field.key])
                if field.key in schemas.COMPLAINTS_ABOUT:
                    row = {**head, "category": field.key, "count": int(value), "note": ""}
                    complaints.append(row)
                else:
                    steps.append({**head, "step": step.number, "field": field.key, "value": value})
    return FieldTables(
        visits=_checked(schemas.VISITS, visits),
        steps=_checked(schemas.STEP_RESULTS, steps),
        complaints=_checked(schemas.COMPLAINTS, complaints),
    )


def import_field_table(
    path: Path, kind: FieldKind, *, sheet: str = "", encoding: str = ""
) -> pd.DataFrame:
    """Return a list of results of steps, complaints or sightings, checked by its schema.

    Parameters
    ----------
    path
        File in a format of `geodata.tables`.
    kind
        What its rows are.
    sheet, encoding
        See `geodata.tables.read_table`.

    Raises
    ------
    InputError
        If the file cannot be used, or with every cell that makes no sense: file, row and column.
    """
    usual = usual_names(kind)
    names = [name for lists in usual.values() for one in lists for name in one]
    table = read_table(Path(path), sheet=sheet, encoding=encoding, names=names)
    columns, faults = find_columns(table, {}, usual, REQUIRED[kind])
    if faults:
        raise InputError(*faults)
    reader = _Reader(table, columns)
    rows = {"steps": _steps, "complaints": _complaints, "sightings": _sightings}[kind](reader)
    if reader.faults:
        raise InputError(*reader.faults)
    return _checked(SCHEMAS[kind], rows, where=table.name)


class _Reader:
    """Reads the cells of a table and gathers the faults."""

    def __init__(self, table: Table, columns: Mapping[str, Sequence[str]]) -> None:
        self.faults: list[Fault] = []
        self._table, self._columns = table, columns
        self._text = {key: list(table.values(names)) for key, names in columns.items()}
        dates = read_dates(table.values(columns.get("date", [])))
        self._dates, self._unread = list(dates.iso), list(dates.unread)

    @property
    def rows(self) -> range:
        return range(len(self._table))

    def words(self, row: int, key: str) -> str:
        return str(self._text[key][row]).strip() if self._columns.get(key) else ""

    def wrong(self, row: int, key: str, sentence: str, **values: object) -> None:
        column = next(iter(self._columns.get(key, ())), key)
        where = f"{self._table.name}:{int(self._table.row[row])} [{column}]"
        self.faults.append(fault(sentence, where, **values))

    def outlet(self, row: int, *, needed: bool = True) -> str:
        found = self.words(row, "id")
        if needed and not found:
            self.wrong(row, "id", "world.id_missing")
        return found

    def day(self, row: int) -> str:
        if self._unread[row]:
            self.wrong(row, "date", "tables.date_unread", found=self.words(row, "date"))
        return str(self._dates[row])

    def chosen(self, row: int, key: str, known: Mapping[str, str]) -> str:
        """Return the key of a word that is one of some."""
        said = self.words(row, key)
        if plain(said) not in known:
            have = ", ".join(dict.fromkeys(known.values()))
            self.wrong(row, key, "fieldwork.word_unknown", found=said, known=have)
        return known.get(plain(said), "")

    def number(self, row: int, key: str, low: float, high: float) -> float:
        said = self.words(row, key)
        if not said:
            return float("nan")
        try:
            value = float(plain_entry(said))
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            self.wrong(row, key, "fieldwork.number_unread", found=said, low=low, high=high)
        return value


def _steps(reader: _Reader) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for row in reader.rows:
        head = {"outlet_id": reader.outlet(row), "date": reader.day(row)}
        said = " ".join(
            one for one in (reader.words(row, "step"), reader.words(row, "field")) if one
        )
        found = _step_fields().get(plain(said)) or _step_fields().get(
            plain(reader.words(row, "field"))
        )
        if found is None:
            known = ", ".join(field.key for step in STEPS for field in step.fields)
            reader.wrong(row, "field", "fieldwork.word_unknown", found=said, known=known)
            continue
        step, field = found
        words = reader.words(row, "value")
        value = read_entry(words, field.entry) if words else None
        if value is None:
            reader.wrong(row, "value", f"fieldwork.{field.entry.value}_unread", found=words)
            continue
        mine = {"route": reader.words(row, "route"), "step": step.number, "field": field.key}
        rows.append({**head, **mine, "value": float(value)})
    return rows


def _complaints(reader: _Reader) -> list[dict[str, object]]:
    known = _words(schemas.COMPLAINTS_ABOUT, "sheets.field.{}")
    rows: list[dict[str, object]] = []
    for row in reader.rows:
        words = reader.words(row, "count")
        count = read_entry(words, Entry.COUNT) if words else 1
        if count is None:
            reader.wrong(row, "count", "fieldwork.count_unread", found=words)
        rows.append({
            "outlet_id": reader.outlet(row), "date": reader.day(row),
            "route": reader.words(row, "route"),
            "category": reader.chosen(row, "category", known),
            "count": int(count or 0), "note": reader.words(row, "note"),
        })  # fmt: skip
    return rows


def _sightings(reader: _Reader) -> list[dict[str, object]]:
    known = _words(ABOUT.values(), "sheets.field.{}", dict(zip(ABOUT.values(), ABOUT, strict=True)))
    rows: list[dict[str, object]] = []
    for row in reader.rows:
        outlet = reader.outlet(row, needed=False)
        lon = reader.number(row, "lon", -180.0, 180.0)
        lat = reader.number(row, "lat", -90.0, 90.0)
        if not outlet and not (reader.words(row, "lon") and reader.words(row, "lat")):
            reader.wrong(row, "id", "fieldwork.nowhere")
        rows.append({
            "date": reader.day(row), "about": reader.chosen(row, "about", known),
            "operator": reader.words(row, "operator"), "note": reader.words(row, "note"),
            "outlet_id": outlet, "lon": lon, "lat": lat,
        })  # fmt: skip
    return rows


@cache
def _step_fields() -> Mapping[str, tuple[Step, Field]]:
    """Return each field by its key, by its words, and by its step and words, as compared."""
    found: dict[str, tuple[Step, Field]] = {}
    twice: set[str] = set()
    for step in STEPS:
        for field in step.fields:
            found[plain(field.key)] = (step, field)
            for language in LANGUAGES:
                words = plain(field.label(language))
                twice |= {words} if found.get(words, (step, field)) != (step, field) else set()
                found.setdefault(words, (step, field))
                for name in (str(step.number), step.label(language), step.label(language)[2:]):
                    found[plain(f"{name} {field.label(language)}")] = (step, field)
                    found[plain(f"{name} {field.key}")] = (step, field)
    keys = {plain(field.key) for step in STEPS for field in step.fields}
    return {words: one for words, one in found.items() if words not in twice or words in keys}


def _words(
    keys: Iterable[str], sentence: str, names: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return keys by themselves and by their words in each language, as they are compared."""
    found: dict[str, str] = {}
    for key in keys:
        named = sentence.format((names or {}).get(key, key))
        for word in (key, *(text(named, language) for language in LANGUAGES)):
            found[plain(word)] = key
    return found


def _checked(
    schema: pa.DataFrameSchema, rows: Sequence[Mapping[str, object]], *, where: str = ""
) -> pd.DataFrame:
    """Return rows as a table that keeps its schema."""
    frame = pd.DataFrame(list(rows), columns=list(schema.columns))
    kinds: Mapping[str, Callable[[pd.Series], pd.Series]] = {
        "bool": lambda one: one.astype(bool),
        "int64": lambda one: one.astype("int64"),
        "float64": lambda one: one.astype(float),
    }
    for name, column in schema.columns.items():
        change = kinds.get(str(column.dtype))
        frame[name] = change(frame[name]) if change else frame[name].astype(str)
    try:
        return schema.validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as error:
        failures = error.failure_cases[["index", "column", "failure_case", "check"]]
        raise InputError(
            *(
                fault(
                    "fieldwork.schema", f"{where}, {index}", column=column, found=found, rule=rule
                )
                for index, column, found, rule in failures.itertuples(index=False)
            )
        ) from error
