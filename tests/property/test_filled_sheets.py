"""Filled route sheets come back as the same records, or as a fault that names the cell."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from sheet_plan import sheet_plan
from xlsxwriter.utility import xl_rowcol_to_cell

from geodata.filled_sheets import FilledSheets, read_filled_sheets
from geodata.sheet_entries import Value, read_entry
from geodata.workbooks import read_visible_sheets
from gridmap.catalogue import Language
from gridmap.errors import InputError
from gridmap.export.route_xlsx import HEAD_ROW, KNOWN, route_workbook
from gridmap.export.sheet_book import sheet_books
from gridmap.export.visit_steps import Entry, entry_columns

Rows = list[list[object]]
FILE = "filled.xlsx"
OUTLET = 1
DONE = ["√", "✓", "V", "v", "对", "1", 1]
NOT_DONE = ["×", "x", "X", "0", 0, "否"]
NONSENSE = {Entry.TICK: ["?", "2", "maybe"], Entry.COUNT: ["-1", "many", "1.5", "²"],
            Entry.TIME: ["25:00", "soon", "9"]}  # fmt: skip


@cache
def empty_sheet(language: Language) -> tuple[str, list[list[str]]]:
    """Name and cells of the first route of a real plan, with the checks below its stops."""
    book = next(sheet_books(*sheet_plan(weeks=1)))
    with TemporaryDirectory() as folder:
        path = Path(folder) / FILE
        path.write_bytes(route_workbook(book, language))
        return read_visible_sheets(path)[1]


def stop_rows(rows: Rows) -> list[int]:
    return [at for at in range(HEAD_ROW + 1, len(rows)) if rows[at][OUTLET]]


def read_back(name: str, rows: Rows) -> FilledSheets:
    """What is read from the cells, written by Excel's own means."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / FILE
        with xlsxwriter.Workbook(path) as workbook:
            sheet = workbook.add_worksheet(name)
            for at, row in enumerate(rows):
                for column, value in enumerate(row):
                    if isinstance(value, int | float):
                        sheet.write_number(at, column, value)
                    elif value != "":
                        sheet.write_string(at, column, str(value))
        return read_filled_sheets(path)


@st.composite
def entries(draw: st.DrawFn, entry: Entry) -> tuple[object, Value]:
    """A cell as somebody fills it, and what it means."""
    match entry:
        case Entry.TICK:
            done = draw(st.booleans())
            return draw(st.sampled_from(DONE if done else NOT_DONE)), done
        case Entry.COUNT:
            count = draw(st.integers(0, 999_999))
            return draw(st.sampled_from([count, str(count), f" {count} "])), count
        case Entry.TIME:
            minutes = draw(st.integers(0, 1439))
            hour, rest = divmod(minutes, 60)
            written = [f"{hour}:{rest:02d}", f"{hour:02d}:{rest:02d}:00", f"{hour}：{rest:02d}"]
            if minutes > 0:
                written.append(minutes / 1440)  # type: ignore[arg-type]
            return draw(st.sampled_from(written)), minutes * 60.0
        case Entry.TEXT:
            words = draw(st.sampled_from(["closed", "店主不在", "=1+1", "9:05", "√"]))
            return words, words


def same_values(one: Value, other: Value) -> bool:
    return one == other and isinstance(one, bool) == isinstance(other, bool)


@st.composite
def filled(draw: st.DrawFn) -> tuple[str, Rows, dict[str, dict[str, Value]]]:
    """A route sheet that is filled in at random, and the records that stand in it."""
    language: Language = draw(st.sampled_from(["en", "zh"]))
    name, cells = empty_sheet(language)
    rows: Rows = [list(row) for row in cells]
    records: dict[str, dict[str, Value]] = {}
    for at in stop_rows(rows):
        mine: dict[str, Value] = {}
        for column, (field, _) in enumerate(entry_columns(language), len(KNOWN)):
            if draw(st.booleans()):
                rows[at][column], mine[field.key] = draw(entries(field.entry))
        came, left = mine.get("came"), mine.get("left")
        if came is not None and left is not None and left < came:  # type: ignore[operator]
            rows[at][len(KNOWN)], mine["came"] = rows[at][len(KNOWN) + 1], left
        if "sold" in mine and "stock" in mine:
            mine.setdefault("stock_enough", float(mine["stock"]) >= 1.5 * float(mine["sold"]))
        if mine:
            records[str(rows[at][OUTLET])] = mine
    return name, rows, records


def moved(draw: st.DrawFn, rows: Rows) -> tuple[Rows, list[str]]:
    """The rows below the header shuffled, with some doubled, deleted and inserted; what is gone."""
    stops = stop_rows(rows)
    gone = draw(st.lists(st.sampled_from(stops), unique=True, max_size=len(stops) - 1))
    body = [row for at, row in enumerate(rows) if at > HEAD_ROW and at not in gone]
    kept = [at for at in stops if at not in gone]
    body += [list(rows[at]) for at in draw(st.lists(st.sampled_from(kept), max_size=2))]
    width = len(rows[HEAD_ROW])
    body += [[""] * width for _ in range(draw(st.integers(0, 2)))]
    body += [["", "", "a note", *[""] * (width - 3)] for _ in range(draw(st.integers(0, 1)))]
    body = draw(st.permutations(body))
    order = draw(st.permutations(range(width)))
    whole = [*rows[: HEAD_ROW + 1], *body]
    whole = [row + [""] * (width - len(row)) for row in whole]
    return [[row[at] for at in order] for row in whole], [str(rows[at][OUTLET]) for at in gone]


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_shuffled_doubled_and_inserted_rows_give_the_same_records(data: st.DataObject) -> None:
    name, rows, records = data.draw(filled())
    changed, gone = moved(data.draw, rows)
    expected = {outlet: values for outlet, values in records.items() if outlet not in gone}
    found = read_back(name, changed)
    got = {one.outlet_id: dict(one.values) for one in found.records}
    assert got.keys() == expected.keys()
    assert len(got) == len(found.records)
    for outlet, values in expected.items():
        assert got[outlet].keys() == values.keys()
        for key, value in values.items():
            assert same_values(got[outlet][key], value), (outlet, key)
    assert {one.route for one in found.records} <= {name}
    assert {(one.cell, one.week) for one in found.records} <= {("C01", 1)}


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_what_makes_no_sense_is_named_by_its_cell(data: st.DataObject) -> None:
    name, rows, _ = data.draw(filled())
    changed, _ = moved(data.draw, rows)
    outlet = changed[HEAD_ROW].index(rows[HEAD_ROW][OUTLET])
    at = data.draw(st.sampled_from([
        at for at in range(HEAD_ROW + 1, len(changed)) if changed[at][outlet]
    ]))  # fmt: skip
    column, entry = data.draw(st.sampled_from([
        (changed[HEAD_ROW].index(heading), field.entry)
        for language in ("en", "zh") for field, heading in entry_columns(language)
        if heading in changed[HEAD_ROW] and field.entry is not Entry.TEXT
    ]))  # fmt: skip
    changed[at][column] = data.draw(st.sampled_from(NONSENSE[entry]))
    with pytest.raises(InputError) as raised:
        read_back(name, changed)
    where = f"{FILE}, {name}!{xl_rowcol_to_cell(at, column)}"
    assert [one.where for one in raised.value.faults if one.key.endswith("_unread")] == [where]


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_a_doubled_row_that_says_another_thing_is_named(data: st.DataObject) -> None:
    name, rows, _ = data.draw(filled())
    at = data.draw(st.sampled_from(stop_rows(rows)))
    column = len(KNOWN) + 2  # the first tick
    rows[at][column] = "√"
    rows.append([*rows[at][:column], "×", *rows[at][column + 1 :]])
    with pytest.raises(InputError) as raised:
        read_back(name, rows)
    (found,) = raised.value.faults
    assert found.key == "fieldwork.row_differs"
    assert found.where.endswith(f"!{xl_rowcol_to_cell(len(rows) - 1, column)}")
    assert found.values["other"] == xl_rowcol_to_cell(at, column)


def test_a_filled_row_without_a_number_is_named() -> None:
    name, cells = empty_sheet("zh")
    rows: Rows = [list(row) for row in cells]
    at = stop_rows(rows)[0]
    rows[at][OUTLET], rows[at][len(KNOWN)] = "", "9:05"
    with pytest.raises(InputError) as raised:
        read_back(name, rows)
    assert raised.value.faults[0].where == f"{FILE}, {name}!{xl_rowcol_to_cell(at, OUTLET)}"


def test_a_heading_that_stands_twice_is_named() -> None:
    name, cells = empty_sheet("en")
    rows: Rows = [list(row) for row in cells]
    rows[HEAD_ROW].append(rows[HEAD_ROW][len(KNOWN)])
    with pytest.raises(InputError) as raised:
        read_back(name, rows)
    last = xl_rowcol_to_cell(HEAD_ROW, len(rows[HEAD_ROW]) - 1)
    assert raised.value.faults[0].key == "fieldwork.heading_twice"
    assert raised.value.faults[0].where == f"{FILE}, {name}!{last}"


def test_the_visit_must_not_end_before_it_begins() -> None:
    name, cells = empty_sheet("en")
    rows: Rows = [list(row) for row in cells]
    at = stop_rows(rows)[0]
    rows[at][len(KNOWN)], rows[at][len(KNOWN) + 1] = "10:00", "9:00"
    with pytest.raises(InputError) as raised:
        read_back(name, rows)
    assert raised.value.faults[0].key == "fieldwork.left_before"
    assert raised.value.faults[0].where.endswith(xl_rowcol_to_cell(at, len(KNOWN) + 1))


def test_a_copied_sheet_counts_once_and_must_not_differ(tmp_path: Path) -> None:
    name, cells = empty_sheet("en")
    for second, outcome in (("9:00", 1), ("9:30", "fieldwork.sheet_differs")):
        path = tmp_path / "two.xlsx"
        with xlsxwriter.Workbook(path) as workbook:
            for title, came in ((name, "9:00"), (f"{name} (2)", second)):
                sheet = workbook.add_worksheet(title)
                for at, row in enumerate(cells[: HEAD_ROW + 2]):
                    for column, words in enumerate(row):
                        sheet.write_string(at, column, words)
                sheet.write_string(HEAD_ROW + 1, len(KNOWN), came)
        if isinstance(outcome, int):
            assert len(read_filled_sheets(path).records) == outcome
            continue
        with pytest.raises(InputError) as raised:
            read_filled_sheets(path)
        assert [one.key for one in raised.value.faults] == [outcome]


def test_digits_of_either_width_count_and_superscripts_do_not() -> None:
    assert [read_entry(one, Entry.COUNT) for one in ("2", "２", " 12 ", "²", "①")] == [
        2, 2, 12, None, None,
    ]  # fmt: skip
