"""The log of the visits of the past: read, checked, and bound to the outlets it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.filled_sheets import is_filled_sheets, read_filled_sheets
from geodata.headers import Names, usual_names
from geodata.points import mend_ids, reject_no_rows
from geodata.sheet_entries import plain_entry, read_entry
from geodata.sieve import Sieve, excluded_notices, no_rows
from geodata.tables import EXCEL_SUFFIXES, find_columns, read_table
from geodata.values import empty, plain_number, read_amounts, read_dates
from geodata.visits_section import VisitsSection
from gridmap import schemas
from gridmap.errors import Fault, InputError, fault, some_ids
from gridmap.export.visit_steps import Entry

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

FIELDS = ("outlet", "date", "planned", "route", "seq", "came", "done")
#: Words for done and not done beside those of route sheets.
MADE = frozenset(
    {"done", "visited", "made", "planned", "已拜访", "已完成", "完成", "计划", "计划内"}
)
NOT_MADE = frozenset(
    {"missed", "not visited", "skipped", "unplanned", "未拜访", "未完成", "未", "计划外", "临时"}
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class LoggedVisits:
    """Visits, the rows left out, and what the user should know.

    `frame` is a `gridmap.schemas.VISIT_LOG`, or None where no row can be used.
    """

    frame: pd.DataFrame | None
    excluded: pd.DataFrame
    notices: tuple[Fault, ...]


def read_visit_logs(
    section: VisitsSection, files: Mapping[str, Path], outlets: pd.Series[str]
) -> LoggedVisits | None:
    """Read all files of a log of visits; None where the project names none.

    Rows that cannot be used are left out with their reason. A time or place in the order that
    cannot be read is unknown.

    Parameters
    ----------
    section
        Section [visits] of the project file.
    files
        Where each file that it names is.
    outlets
        Ids of the outlets of the territory.

    Raises
    ------
    InputError
        With all faults of all files: a file or a column is missing, nothing says which visits
        were made, or an entry of a filled route sheet makes no sense.
    """
    faults: list[Fault] = []
    read: list[LoggedVisits] = []
    for name in section.files:
        path = files[name]
        try:
            sheets = path.suffix.lower() in EXCEL_SUFFIXES and is_filled_sheets(path)
            read.append(
                _of_sheets(section, path, outlets) if sheets else _of_table(section, path, outlets)
            )
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(*faults)
    if not read:
        return None
    frames = [one.frame for one in read if one.frame is not None]
    return LoggedVisits(
        pd.concat(frames, ignore_index=True) if frames else None,
        pd.concat([one.excluded for one in read], ignore_index=True),
        tuple(notice for one in read for notice in one.notices),
    )


def _of_sheets(section: VisitsSection, path: Path, outlets: pd.Series[str]) -> LoggedVisits:
    """Return the visits of filled route sheets: every stop on them was planned."""
    sheets = read_filled_sheets(path)
    here = set(outlets)
    stops = [one for one in (*sheets.records, *sheets.left) if one.outlet_id in here]
    notices = [] if section.start else [fault("visitlog.no_start", path.name)]
    gone = sorted({one.outlet_id for one in (*sheets.records, *sheets.left)} - here)
    if gone:
        notices.append(fault("visitlog.gone", path.name, count=len(gone), ids=some_ids(gone)))
    if not stops:
        return LoggedVisits(None, no_rows(), (*notices, fault("visitlog.empty", path.name)))
    frame = pd.DataFrame(
        {
            "outlet_id": [one.outlet_id for one in stops],
            "date": [one.day(section.start) for one in stops],
            "route": [one.route for one in stops],
            "planned": 1.0,
            "done": [one.visited for one in stops],
            "seq": [float(one.seq) or np.nan for one in stops],
            "came": [float(one.values.get("came", np.nan)) for one in stops],
        }
    )
    return LoggedVisits(schemas.VISIT_LOG.validate(frame), no_rows(), tuple(notices))


@dataclass(frozen=True, eq=False)
class LoggedRows:
    """The rows of one table of visits.

    Attributes
    ----------
    sieve
        Which rows are left out, repaired or doubtful.
    columns
        The columns of each field.
    frame
        The rows that are kept, with `row` beside the columns of `gridmap.schemas.VISIT_LOG`.
    """

    sieve: Sieve
    columns: Mapping[str, list[str]]
    frame: pd.DataFrame


def _of_table(section: VisitsSection, path: Path, outlets: pd.Series[str]) -> LoggedVisits:
    read = read_log_rows(
        path, outlets, dict(section.columns), sheet=section.sheet, encoding=section.encoding
    )
    sieve, frame = read.sieve, read.frame
    notices = (
        *sieve.table.notices,
        *excluded_notices(sieve.excluded),
        *excluded_notices(sieve.repaired),
        *excluded_notices(sieve.remarks),
    )
    if not len(frame):
        empty_log = fault("visitlog.empty", sieve.table.name)
        return LoggedVisits(None, sieve.excluded, (*notices, empty_log))
    return LoggedVisits(schemas.VISIT_LOG.validate(frame), sieve.excluded, notices)


def read_log_rows(
    path: Path,
    outlets: pd.Series[str],
    given: Mapping[str, str | Sequence[str] | None],
    *,
    sheet: str = "",
    encoding: str = "",
) -> LoggedRows:
    """Read a table with a row for each visit that was planned or made.

    Parameters
    ----------
    path
        The file.
    outlets
        Ids of the outlets of the territory.
    given
        Columns by field; what is not named is found by its usual names.
    sheet, encoding
        As for `geodata.tables.read_table`.

    Raises
    ------
    InputError
        If the file or a column is missing, or nothing says which visits were made.
    """
    usual: dict[str, Names] = {name: usual_names("visit_log")[name] for name in FIELDS}
    names = [one for lists in usual.values() for group in lists for one in group]
    names += [
        one for asked in given.values() if asked
        for one in ([asked] if isinstance(asked, str) else asked)
    ]  # fmt: skip
    table = read_table(path, sheet=sheet, encoding=encoding, names=names)
    columns, faults = find_columns(table, given, usual, ("outlet",))
    if not (columns.get("done") or columns.get("date")) and not faults:
        faults = [fault("visitlog.no_made", table.name, have=", ".join(table.columns))]
    if faults:
        raise InputError(*faults)
    text = {name: table.values(columns[name]) for name in FIELDS}
    text["id"] = text["outlet"]
    sieve = Sieve(table, text["id"].to_numpy(dtype=object))
    ids = mend_ids(sieve, text["outlet"])
    reject_no_rows(sieve, text)
    sieve.reject((ids == "").to_numpy() & sieve.kept, "world.id_missing")
    unknown = ~ids.isin(set(outlets)).to_numpy() & (ids != "").to_numpy()
    sieve.reject(unknown & sieve.kept, "market.outlet_unknown", list(ids))

    date = read_dates(text["date"])
    sieve.reject(date.unread, "tables.date_unread", list(text["date"]))
    route = text["route"].where(~empty(text["route"]), "")
    planned, planned_day = _planned(text["planned"], route, asked=bool(columns["planned"]))
    if not (columns["planned"] or columns["route"]):
        planned = np.full(len(table), np.nan)
    frame = pd.DataFrame(
        {
            "row": table.row,
            "outlet_id": ids,
            "date": date.iso.where(date.iso != "", planned_day),
            "route": route,
            "planned": planned,
            "done": _done(sieve, text["done"], date.iso, asked=bool(columns["done"])),
            "seq": _places(sieve, text["seq"]),
            "came": _times(sieve, text["came"]),
        }
    )
    key = ["outlet_id", "date", "route", "seq", "came"]
    again = frame[sieve.kept].duplicated(key, keep="first") & (frame["date"][sieve.kept] != "")
    sieve.reject(
        again.reindex(frame.index, fill_value=False).to_numpy(dtype=bool), "visitlog.again"
    )
    return LoggedRows(sieve, columns, frame[sieve.kept].reset_index(drop=True))


def yes_or_no(words: str) -> bool | None:
    """Return whether words say yes or no, or None."""
    said = plain_entry(words)
    if said in MADE or said in NOT_MADE:
        return said in MADE
    found = read_entry(words, Entry.TICK)
    return None if found is None else bool(found)


def _planned(
    text: pd.Series[str], route: pd.Series[str], *, asked: bool
) -> tuple[Floats, pd.Series[str]]:
    """Return which visits were planned, and the days for which they were.

    A cell that says neither yes nor no names the day or route of the plan. Shapes (n_rows,).
    """
    if not asked:
        routed: Floats = np.asarray(route != "", dtype=np.float64)
        return routed, pd.Series("", index=text.index)
    known = {one: yes_or_no(one) for one in set(text)}
    open_ = text.map({one: said is None for one, said in known.items()}).to_numpy(dtype=bool)
    yes = np.array([known[one] is True for one in text], dtype=bool)
    days = read_dates(text.where(open_, "")).iso
    planned: Floats = np.asarray(np.where(open_, ~empty(text), yes), dtype=np.float64)
    return planned, days


def _done(sieve: Sieve, text: pd.Series[str], day: pd.Series[str], *, asked: bool) -> Bools:
    """Return which visits were made: by the column's word, else by the day on which it was."""
    if not asked:
        return (day != "").to_numpy(dtype=bool)
    known = {one: yes_or_no(one) for one in set(text)}
    said = [known[one] for one in text]
    unread = np.array([one is None for one in said], dtype=bool) & ~empty(text)
    sieve.reject(unread, "visitlog.done_unread", list(text))
    # An empty cell of a column of ticks is a visit that was not made.
    return np.array([bool(one) for one in said], dtype=bool)


def _places(sieve: Sieve, text: pd.Series[str]) -> Floats:
    seq = read_amounts(text)
    good = seq >= 0.0
    sieve.remark(~good & ~empty(text), "visitlog.seq_unread", list(text))
    return np.where(good, seq, np.nan)


def _times(sieve: Sieve, text: pd.Series[str]) -> Floats:
    """Return seconds after midnight, or plain numbers as they are. Shape (n_rows,)."""
    read = {one: _time(one) for one in set(text)}
    came = np.array([read[one] for one in text], dtype=np.float64)
    sieve.remark(np.isnan(came) & ~empty(text), "visitlog.came_unread", list(text))
    return came


def _time(words: str) -> float:
    # A date may stand before the time; only the order within a day counts.
    found = read_entry(words.rpartition(" ")[2], Entry.TIME)
    value = plain_number(words) if found is None else float(found)
    return value if value >= 0.0 else np.nan
