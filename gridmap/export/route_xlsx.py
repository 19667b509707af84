"""The route sheets of a cell as a workbook: the calendar, then one sheet a route to fill in."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell

from gridmap.catalogue import Language, text
from gridmap.export.sheet_book import SheetBook, SheetDay, SheetPlace, SheetStop
from gridmap.export.sheet_page import invented_note
from gridmap.export.visit_steps import (
    CHECKS,
    ENOUGH_STOCK,
    Entry,
    Field,
    entry_columns,
    sheet_code,
)
from gridmap.policies import clock_of

#: Bytes must not depend on the day they are written.
CREATED = datetime.datetime(2020, 1, 1)
HEAD_ROW = 4
MOST_COUNTED = 999_999
YES, NO = "√", "×"
#: Columns that are known before the visit, with their widths in characters.
KNOWN = (
    ("seq", 5),
    ("outlet_id", 13),
    ("name", 26),
    ("grade", 6),
    ("arrival", 9),
    ("service_min", 8),
    ("street", 20),
)
#: Columns that are added where sales are known.
KNOWN_SALES = (("sales", 8), ("stock_target", 8))
ENTRY_WIDTH = {Entry.TICK: 9, Entry.COUNT: 9, Entry.TIME: 8, Entry.TEXT: 28}


def route_workbook(book: SheetBook, language: Language) -> bytes:
    """Return the route sheets of a cell as XLSX; the same sheets give the same bytes.

    Parameters
    ----------
    book
        What stands on the sheets.
    language
        Language of every word.
    """
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as workbook:
        title = text("sheets.title", language, code=book.code, name=book.name)
        workbook.set_properties({"title": title, "author": "gridmap", "created": CREATED})
        writer = _Writer(book, language, _Styles(workbook, language))
        writer.calendar(workbook.add_worksheet(text("sheets.overview", language)))
        for day in book.days:
            writer.day(workbook.add_worksheet(day.number), day)
    return buffer.getvalue()


class _Styles:
    """The looks of the cells."""

    def __init__(self, workbook: Any, language: Language) -> None:
        font = "Microsoft YaHei" if language == "zh" else "Calibri"

        def look(**more: object) -> Any:
            return workbook.add_format(
                {"font_name": font, "font_size": 10, "valign": "vcenter", **more}
            )

        self.title = look(bold=True, font_size=14)
        self.plain = look()
        self.note = look(font_color="#555555")
        self.warning = look(bold=True)
        head = {"bold": True, "bg_color": "#DDDDDD", "border": 1, "text_wrap": True}
        self.head = look(**head, align="center")
        self.known = look(border=1, text_wrap=True)
        self.centred = look(border=1, align="center")
        self.day = look(border=1, text_wrap=True, align="center")
        self.link = look(border=1, text_wrap=True, align="center", underline=1)
        self.entries = {
            Entry.TICK: look(border=1, align="center", locked=False),
            Entry.COUNT: look(border=1, num_format="0", locked=False),
            Entry.TIME: look(border=1, num_format="hh:mm", align="center", locked=False),
            Entry.TEXT: look(border=1, text_wrap=True, locked=False),
        }


@dataclass(frozen=True, eq=False)
class _Writer:
    book: SheetBook
    language: Language
    styles: _Styles

    @property
    def known(self) -> tuple[tuple[str, int], ...]:
        """Columns before those to fill in, with their widths."""
        return (*KNOWN, *KNOWN_SALES) if self.book.knows_sales else KNOWN

    def say(self, key: str, **values: object) -> str:
        return text(f"sheets.{key}", self.language, **values)

    def calendar(self, sheet: Any) -> None:
        """Write weeks by weekdays, each day a link to its sheet, and the outlets below."""
        book, styles = self.book, self.styles
        sheet.write_string(0, 0, f"{book.code} {book.name}", styles.title)
        cycle = self.say("cycle", weeks=book.policy.weeks)
        sheet.write_string(1, 0, f"{book.territory} · {cycle}", styles.plain)
        home = [self.say("home", name=book.bases)]
        if book.managers:
            home.append(self.say("manager", name=", ".join(book.managers)))
        sheet.write_string(2, 0, " · ".join(home), styles.plain)
        sheet.set_column(0, 0, 26)
        sheet.set_column(1, max(len(book.policy.working_days), 3), 18)
        sheet.write_blank(HEAD_ROW, 0, None, styles.head)
        for column, weekday in enumerate(book.policy.working_days, 1):
            sheet.write_string(HEAD_ROW, column, self.say(f"weekday.{weekday}"), styles.head)
        for week in range(1, book.policy.weeks + 1):
            row = HEAD_ROW + week
            most = max(len(book.on_day(week, one)) for one in book.policy.working_days)
            sheet.set_row(row, 34 if most < 2 else 15 * most)
            sheet.write_string(row, 0, self.say("week", week=week), styles.head)
            for column, weekday in enumerate(book.policy.working_days, 1):
                self._calendar_day(sheet, row, column, book.on_day(week, weekday))
        row = self._notes(sheet, HEAD_ROW + book.policy.weeks + 2)
        self._outlets(sheet, row + 1)
        _for_print(sheet, rows=HEAD_ROW)

    def _calendar_day(self, sheet: Any, row: int, column: int, days: Sequence[SheetDay]) -> None:
        """Write a day; a cell of the table has one link, so of several routes the first has it."""
        if not days:
            sheet.write_string(row, column, self.say("free"), self.styles.day)
            return
        day = days[0]
        if len(days) > 1:
            lines = [f"{one.number} {self.book.manager_of(one)}".rstrip() for one in days]
            link = f"internal:'{day.number}'!A1"
            sheet.write_url(row, column, link, self.styles.link, string="\n".join(lines))
            return
        minutes = (day.travel_s + day.service_s) / 60.0
        load = self.say("stops_minutes", count=len(day.stops), minutes=minutes)
        words = f"{day.number}\n{load}"
        sheet.write_url(row, column, f"internal:'{day.number}'!A1", self.styles.link, string=words)

    def _notes(self, sheet: Any, row: int) -> int:
        """Write what is left out, invented, and where the data is from; return the next row."""
        book = self.book
        notes = [book.attribution]
        if book.invented:
            notes.insert(0, invented_note(book, self.language))
        if book.left_out:
            names = ", ".join(f"{one.name} ({one.grade})" for one in book.left_out)
            notes.insert(0, self.say("left_out", names=names))
        if not book.outlets:
            notes.insert(0, self.say("nothing"))
        for note in notes:
            sheet.write_string(row, 0, note, self.styles.note)
            row += 1
        return row

    def _outlets(self, sheet: Any, row: int) -> None:
        book, styles = self.book, self.styles
        heads = ("name", "outlet_id", "grade", "visits")
        for column, key in enumerate(heads):
            sheet.write_string(row, column, self.say(f"column.{key}"), styles.head)
        sheet.write_string(row, len(heads), self.say("visit_days"), styles.head)
        routes = book.visit_days()
        for outlet in book.outlets:
            row += 1
            mine = routes.get(outlet.outlet_id, [])
            sheet.write_string(row, 0, outlet.name, styles.known)
            sheet.write_string(row, 1, outlet.outlet_id, styles.known)
            sheet.write_string(row, 2, outlet.grade, styles.centred)
            sheet.write_number(row, 3, len(mine), styles.centred)
            sheet.write_string(row, 4, ", ".join(day.number for day in mine), styles.known)

    def day(self, sheet: Any, day: SheetDay) -> None:
        """Write one route with empty cells for the seven steps."""
        book, styles = self.book, self.styles
        weekday = self.say(f"weekday.{day.weekday}")
        when = self.say("day", week=day.week, weekday=weekday)
        sheet.write_string(0, 0, f"{day.number}   {when}", styles.title)
        code = sheet_code(book.code, day.number, day.week, day.weekday)
        sheet.write_string(0, len(self.known), self.say("sheet_code", code=code), styles.note)
        minutes = (day.travel_s + day.service_s) / 60.0
        load = self.say(
            "day_load", count=len(day.stops), km=day.distance_m / 1000.0, minutes=minutes
        )
        start = clock_of(book.policy.day.start_s)
        span = self.say("from_to", start=start, finish=clock_of(day.finish_s))
        about = [f"{book.code} {book.name}", load, span]
        if name := book.manager_of(day):
            about.append(self.say("manager", name=name))
        sheet.write_string(1, 0, " · ".join(about), styles.plain)
        hint = self.say("stock_hint", times=ENOUGH_STOCK)
        sheet.write_string(2, 0, f"{self.say('how')} {hint}", styles.note)
        if book.invented:
            sheet.write_string(3, 0, invented_note(book, self.language), styles.warning)
        columns = list(entry_columns(self.language))
        for column, (key, width) in enumerate(self.known):
            sheet.set_column(column, column, width)
            sheet.write_string(HEAD_ROW, column, self.say(f"column.{key}"), styles.head)
        for column, (field, head) in enumerate(columns, len(self.known)):
            sheet.set_column(column, column, ENTRY_WIDTH[field.entry])
            sheet.write_string(HEAD_ROW, column, head, styles.head)
        sheet.set_row(HEAD_ROW, 44)
        for row, stop in enumerate(day.stops, HEAD_ROW + 1):
            sheet.set_row(row, 24)
            self._stop(sheet, row, stop, [field for field, _ in columns])
        last = HEAD_ROW + len(day.stops)
        for column, (field, head) in enumerate(columns, len(self.known)):
            self._validate(sheet, (HEAD_ROW + 1, column, last, column), field, head)
        self._checks(sheet, last + 2)
        sheet.freeze_panes(HEAD_ROW + 1, 3)
        _for_print(sheet, rows=HEAD_ROW)

    def _stop(self, sheet: Any, row: int, stop: SheetStop, fields: Sequence[Field]) -> None:
        styles, place = self.styles, stop.place
        sheet.write_number(row, 0, stop.seq, styles.centred)
        sheet.write_string(row, 1, place.outlet_id, styles.known)
        sheet.write_string(row, 2, place.name, styles.known)
        sheet.write_string(row, 3, place.grade, styles.centred)
        sheet.write_string(row, 4, clock_of(stop.arrival_s), styles.centred)
        sheet.write_number(row, 5, round(stop.service_s / 60.0), styles.centred)
        sheet.write_string(row, 6, place.street, styles.known)
        if self.book.knows_sales:
            self._sales(sheet, row, place)
        at = {field.key: column for column, field in enumerate(fields, len(self.known))}
        for field in fields:
            column = at[field.key]
            style = styles.entries[field.entry]
            if field.key == "stock_enough":
                sold = xl_rowcol_to_cell(row, at["sold"])
                stock = xl_rowcol_to_cell(row, at["stock"])
                formula = (
                    f'=IF(OR({sold}="",{stock}=""),"",'
                    f'IF({stock}>={ENOUGH_STOCK}*{sold},"{YES}","{NO}"))'
                )
                if place.stock_target is not None:
                    target = xl_rowcol_to_cell(row, len(self.known) - 1)
                    formula = f'=IF({stock}="","",IF({stock}>={target},"{YES}","{NO}"))'
                sheet.write_formula(row, column, formula, style, "")
            else:
                sheet.write_blank(row, column, None, style)

    def _sales(self, sheet: Any, row: int, place: SheetPlace) -> None:
        """Write the sales of an outlet and its target of stock; nothing where not reported."""
        for column, number in enumerate((place.sales, place.stock_target), len(KNOWN)):
            if number is None:
                sheet.write_blank(row, column, None, self.styles.centred)
            else:
                sheet.write_number(row, column, round(number, 1), self.styles.centred)

    def _validate(
        self, sheet: Any, where: tuple[int, int, int, int], field: Field, head: str
    ) -> None:
        title = head.replace("\n", " ")[:32]
        rule: dict[str, object]
        if field.entry is Entry.TICK:
            rule = {"validate": "list", "source": [YES, NO], "error_type": "warning"}
            rule["error_message"] = self.say("choose_tick")
        elif field.entry is Entry.COUNT:
            rule = {"validate": "integer", "criteria": "between"}
            rule |= {"minimum": 0, "maximum": MOST_COUNTED}
            rule["error_message"] = self.say("choose_count")
        elif field.entry is Entry.TIME:
            rule = {"validate": "time", "criteria": "between"}
            rule |= {"minimum": datetime.time(0, 0), "maximum": datetime.time(23, 59)}
            rule["error_message"] = self.say("choose_time")
        else:
            return
        sheet.data_validation(*where, {**rule, "error_title": title})

    def _checks(self, sheet: Any, row: int) -> None:
        """Write the five checks with cells for their outcome."""
        styles = self.styles
        heads = ("checks", "executor", "agrees", "stop_no", "time", "signature")
        columns = (2, 6, 7, 8, 9, 10)
        for column, key in zip(columns, heads, strict=True):
            sheet.write_string(row, column, self.say(key), styles.head)
        for check in CHECKS:
            row += 1
            sheet.write_string(row, 2, self.say(f"check.{check}"), styles.known)
            sheet.write_string(row, 6, self.say(f"check.{check}_by"), styles.known)
            for column in columns[2:]:
                sheet.write_blank(row, column, None, styles.entries[Entry.TEXT])


def _for_print(sheet: Any, *, rows: int) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(0.3, 0.3, 0.4, 0.5)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(rows)
    sheet.hide_gridlines(2)
    sheet.set_footer("&L&A&R&P / &N")
