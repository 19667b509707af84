"""Visits that were not made, from filled route sheets or from a list."""

from __future__ import annotations

from pathlib import Path

from geodata.filled_sheets import is_filled_sheets, read_filled_sheets
from geodata.headers import plain
from geodata.sheet_entries import plain_entry
from geodata.tables import find_columns, read_table
from geodata.values import read_dates
from gridmap.errors import InputError, fault
from gridmap.last_plan import MissedVisit

WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
#: Usual names of the columns of a list. ``visited`` = no or yes: rows with a visit do not count.
NAMES = {
    "id": ("outlet_id", "outlet", "id", "网点编号", "网点", "渠道编码", "编号"),
    "day": ("date", "day", "日期", "拜访日期", "拜访日"),
    "route": ("route", "route_id", "number", "线路", "线路编号"),
    "visited": ("visited", "done", "已拜访", "是否拜访"),
}
_NO = frozenset({"false", "no", "n", "0", "x", "×", "否", "未", "未拜访", "missed"})


def read_missed_visits(path: Path) -> list[MissedVisit]:
    """Return the visits that a workbook of filled sheets, or a list, says were not made.

    On a filled sheet that is a row with nothing but a remark. A list has a column with the
    outlet's id, and may have the day (a date, or a day of the cycle such as ``2:We``) or the route;
    with a column ``visited`` only the rows that say no count, such as those of `gridmap import`.

    Raises
    ------
    InputError
        If the file cannot be read or has no column of ids, or with each row without an id.
    """
    path = Path(path)
    if path.suffix.lower() in WORKBOOKS and is_filled_sheets(path):
        return [
            MissedVisit(one.where, one.outlet_id, one.route)
            for one in read_filled_sheets(path).records
            if not one.visited
        ]
    table = read_table(path, names=[name for names in NAMES.values() for name in names])
    columns, faults = find_columns(table, {}, NAMES, ("id",))
    if faults:
        raise InputError(*faults)
    text = {key: [str(one).strip() for one in table.values(columns.get(key, []))] for key in NAMES}
    dates = list(read_dates(table.values(columns.get("day", []))).iso)
    found = []
    for row, number in enumerate(table.row):
        said = {key: words[row] if columns.get(key) else "" for key, words in text.items()}
        where = f"{table.name}:{int(number)}"
        if said["visited"] and plain_entry(said["visited"]).casefold() not in _NO | {
            plain(one) for one in _NO
        }:
            continue
        if not said["id"]:
            faults.append(fault("world.id_missing", where))
            continue
        day = said["route"] or (dates[row] if columns.get("day") and dates[row] else said["day"])
        found.append(MissedVisit(where, said["id"], day))
    if faults:
        raise InputError(*faults)
    return found
