"""Route sheets as PDF and XLSX, read back with pypdf and openpyxl."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import openpyxl
import pypdf
import pytest
from sheet_plan import only_cell, sheet_plan, without_stops

from gridmap.catalogue import LANGUAGES, Language, text
from gridmap.datum import from_wgs84
from gridmap.export import pen
from gridmap.export.pen import fitted, font_letters, readable, text_width_mm, wrapped
from gridmap.export.route_pages import degrees, navigation
from gridmap.export.route_pdf import route_pdf
from gridmap.export.route_sheets import file_stem, write_route_sheets
from gridmap.export.route_xlsx import HEAD_ROW, KNOWN, route_workbook
from gridmap.export.sheet_book import SheetBook, SheetPlace, sheet_books
from gridmap.export.street_map import StreetMap
from gridmap.export.visit_steps import CHECKS, STEPS, Entry, stock_target
from gridmap.policies import GradePolicy, RoutingPolicy, clock_of
from gridmap.scenario import Scenario
from gridmap.territory import Territory


@pytest.fixture(scope="module")
def plan() -> tuple[Territory, Scenario]:
    return sheet_plan()


@pytest.fixture(scope="module")
def book(plan: tuple[Territory, Scenario]) -> SheetBook:
    return next(sheet_books(*plan))


@pytest.fixture(scope="module")
def streets(plan: tuple[Territory, Scenario]) -> StreetMap:
    return StreetMap.of(plan[0], "walk")


def pages_of(content: bytes) -> list[str]:
    """The text of each page without white space, which PDF keeps at will."""
    reader = pypdf.PdfReader(BytesIO(content))
    return ["".join(page.extract_text().split()) for page in reader.pages]


def squeezed(words: str) -> str:
    return "".join(words.split())


def test_two_files_a_cell_with_the_same_bytes_each_time(
    plan: tuple[Territory, Scenario], tmp_path: Path
) -> None:
    first = write_route_sheets(*plan, tmp_path / "one", "en")
    again = write_route_sheets(*plan, tmp_path / "two", "en")
    assert [path.name for path in first] == ["C01.pdf", "C01.xlsx", "C02.pdf", "C02.xlsx"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
    assert {path.name for path in (tmp_path / "one").iterdir()} == {path.name for path in first}


def test_an_older_file_is_replaced(plan: tuple[Territory, Scenario], tmp_path: Path) -> None:
    (tmp_path / "C02.pdf").write_bytes(b"old")
    written = write_route_sheets(plan[0], only_cell(plan[1], 2), tmp_path, "zh")
    assert [path.name for path in written] == ["C02.pdf", "C02.xlsx"]
    assert (tmp_path / "C02.pdf").read_bytes().startswith(b"%PDF")


def test_no_file_is_written_elsewhere(plan: tuple[Territory, Scenario], tmp_path: Path) -> None:
    scenario = only_cell(plan[1], 2)
    scenario = replace(scenario, cells=scenario.cells.assign(code="../C 2"))
    written = write_route_sheets(plan[0], scenario, tmp_path / "sheets", "en")
    assert [path.name for path in written] == ["_C_2.pdf", "_C_2.xlsx"]
    assert {path.parent for path in written} == {tmp_path / "sheets"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_route_has_a_front_and_a_back(
    book: SheetBook, streets: StreetMap, language: Language
) -> None:
    """Calendar, outlets, then two pages a route; stops, times and warnings stand on them."""
    pages = pages_of(route_pdf(book, streets, language))
    assert len(pages) == 2 + 2 * len(book.days)
    assert squeezed(text("sheets.overview", language)) in pages[0]
    for day in book.days:
        assert day.number in pages[0]
    for day, front, back in zip(book.days, pages[2::2], pages[3::2], strict=True):
        assert day.number in front
        assert day.number in back
        for stop in day.stops:
            assert clock_of(stop.arrival_s) in front
            assert squeezed(stop.place.name)[:8] in front.replace(pen.UNKNOWN, "🦀")
        for step in STEPS:
            assert squeezed(step.label(language)) in back
        for check in CHECKS:
            assert squeezed(text(f"sheets.check.{check}", language)) in back
    grades = text("sheets.invented_column.grade", language)
    warning = squeezed(text("sheets.invented", language, columns=f"{grades}, colour"))
    for page in pages:
        assert "©OpenStreetMap" in page
        assert warning in page


def test_the_first_stop_after_lunch_says_so(book: SheetBook, streets: StreetMap) -> None:
    """Arrivals at 9:00, 11:30, 15:00 and 16:00, lunch at 13:30: it is said once, at the third."""
    day, stop = book.days[0], book.days[0].stops[0]
    arrivals = (9.0, 11.5, 15.0, 16.0)
    stops = tuple(
        replace(stop, seq=seq, arrival_s=hour * 3600.0) for seq, hour in enumerate(arrivals, 1)
    )
    busy = replace(day, stops=stops, lunch_s=13.5 * 3600.0)
    pages = pages_of(
        route_pdf(replace(book, days=(busy, replace(busy, lunch_s=None))), streets, "en")
    )
    assert pages[2].count("afterlunch") == 1
    assert pages[2].index("15:00") < pages[2].index("afterlunch") < pages[2].index("16:00")
    assert "Lunch13:30" in pages[2]
    assert pages[4].count("afterlunch") == 0
    assert "nolunchbreak" in pages[4]
    assert "doublering=gradeA" in pages[2]


def test_nothing_is_called_invented_where_nothing_is(book: SheetBook, streets: StreetMap) -> None:
    pages = pages_of(route_pdf(replace(book, invented=()), streets, "en"))
    assert not any("Invented" in page for page in pages)


def test_a_cell_without_routes_has_a_calendar_that_says_so(
    plan: tuple[Territory, Scenario], streets: StreetMap
) -> None:
    bare = next(sheet_books(plan[0], without_stops(plan[1])))
    pages = pages_of(route_pdf(bare, streets, "en"))
    assert len(pages) == 2
    assert "Withoutavisitinthiscycle:" in pages[0]
    assert pages[1].count("–") == len(bare.outlets)
    empty = pages_of(route_pdf(replace(bare, outlets=()), streets, "en"))
    assert len(empty) == 1
    assert "Nooutletofthiscellisdueavisit." in empty[0]
    workbook = openpyxl.load_workbook(BytesIO(route_workbook(replace(bare, outlets=()), "en")))
    assert len(workbook.worksheets) == 1


def test_a_long_day_takes_more_pages(book: SheetBook, streets: StreetMap) -> None:
    """33 stops: three fronts of up to 16, three backs of up to 14."""
    day = book.days[0]
    stops = tuple(replace(day.stops[0], seq=seq) for seq in range(1, 34))
    long = replace(book, days=(replace(day, stops=stops),))
    pages = pages_of(route_pdf(long, streets, "en"))
    assert len(pages) == 2 + 3 + 3


def test_many_weeks_and_seven_days_fit_the_calendar(book: SheetBook, streets: StreetMap) -> None:
    policy = RoutingPolicy(weeks=13, working_days=(1, 2, 3, 4, 5, 6, 7))
    pages = pages_of(route_pdf(replace(book, policy=policy), streets, "en"))
    assert "Week13" in pages[0]
    assert "Sunday" in pages[0]


def test_long_names_of_grades_fit(book: SheetBook, streets: StreetMap) -> None:
    grades = {"Platinum": GradePolicy(visits=4, minutes=9.0)}
    places = tuple(replace(one, grade="Platinum") for one in book.outlets)
    policy = RoutingPolicy(grade_policy=grades)
    assert route_pdf(replace(book, policy=policy, outlets=places), streets, "en")


def test_all_outlets_at_one_place_can_be_drawn(tmp_path: Path) -> None:
    written = write_route_sheets(*sheet_plan(weeks=1, same_place=True), tmp_path, "zh")
    assert all(path.stat().st_size > 1000 for path in written)


def test_managers_are_named_where_there_is_one(book: SheetBook, streets: StreetMap) -> None:
    pages = pages_of(route_pdf(replace(book, manager="李犇"), streets, "zh"))
    assert "网格经理:李犇" in pages[0]
    assert "网格经理:李犇" in pages[2]


def test_each_route_names_its_own_manager(
    plan: tuple[Territory, Scenario], streets: StreetMap
) -> None:
    """Two managers of a cell go on the same day: both routes stand in the calendar, each sheet
    names the one who goes, and so does the workbook."""
    first, second = plan[1].routes["number"].iloc[:2]
    weekday = plan[1].routes["weekday"].copy()
    weekday.iloc[1] = weekday.iloc[0]
    week = plan[1].routes["week"].copy()
    week.iloc[1] = week.iloc[0]
    scenario = replace(
        plan[1],
        routes=plan[1].routes.assign(week=week, weekday=weekday),
        report={**plan[1].report, "route_managers": {first: "Li Wei", second: "王芳"}},
    )
    shared = next(sheet_books(plan[0], scenario))
    pages = pages_of(route_pdf(shared, streets, "zh"))
    assert "网格经理:LiWei,王芳" in pages[0]
    assert f"{first}·LiWei·" in pages[0]
    assert f"{second}·王芳·" in pages[0]
    for name, other, front, back in (("LiWei", "王芳", 2, 3), ("王芳", "LiWei", 4, 5)):
        assert f"网格经理:{name}" in pages[front]
        assert name in pages[back]
        assert other not in pages[front] + pages[back]
    workbook = openpyxl.load_workbook(BytesIO(route_workbook(shared, "en")))
    assert "Grid manager: Li Wei" in workbook[first]["A2"].value
    assert "Grid manager: 王芳" in workbook[second]["A2"].value
    words = [str(cell.value) for row in workbook.worksheets[0] for cell in row]
    assert f"{first} Li Wei\n{second} 王芳" in words


def test_the_code_at_a_stop_is_its_position() -> None:
    place = SheetPlace("a", "A", "A", "", 0.0, 0.0, 24.9412345, 60.1698765)
    assert navigation(place) == "geo:60.16988,24.94123"


def test_qr_code_has_its_finder_patterns() -> None:
    """A version-2 code has 25 modules a side; its top row starts with a run of seven."""
    side, operators = pen.qr_operators("geo:60.16988,24.94123")
    assert side == 25
    assert operators.startswith(f"0 {side - 1} 7 1 re")


def test_workbook_has_a_sheet_a_route(book: SheetBook) -> None:
    workbook = openpyxl.load_workbook(BytesIO(route_workbook(book, "en")))
    assert workbook.sheetnames == ["Visit calendar", *(day.number for day in book.days)]
    for day in book.days:
        sheet = workbook[day.number]
        heads = [sheet.cell(HEAD_ROW + 1, column + 1).value for column in range(len(KNOWN))]
        assert heads == [text(f"sheets.column.{key}", "en") for key, _ in KNOWN]
        for row, stop in enumerate(day.stops, HEAD_ROW + 2):
            cells = [sheet.cell(row, column + 1).value for column in range(5)]
            place = stop.place
            assert cells == [
                stop.seq, place.outlet_id, place.name, place.grade, clock_of(stop.arrival_s),
            ]  # fmt: skip
            assert all(sheet.cell(row, column).data_type != "f" for column in range(1, 8))


def test_workbook_asks_for_the_seven_steps(book: SheetBook) -> None:
    """Each field has a column and a rule for what may be entered."""
    workbook = openpyxl.load_workbook(BytesIO(route_workbook(book, "zh")))
    sheet = workbook[book.days[0].number]
    heads = [cell.value for cell in sheet[HEAD_ROW + 1]]
    fields = [(step, field) for step in STEPS for field in step.fields]
    for step, field in fields:
        assert f"{step.label('zh')}\n{field.label('zh')}" in heads
    kinds = [rule.type for rule in sheet.data_validations.dataValidation]
    ticks = sum(field.entry is Entry.TICK for _, field in fields)
    assert kinds.count("list") == ticks
    assert kinds.count("whole") == len(fields) - ticks
    assert kinds.count("time") == 2


def test_enough_stock_is_worked_out(book: SheetBook) -> None:
    workbook = openpyxl.load_workbook(BytesIO(route_workbook(book, "en")))
    sheet = workbook[book.days[0].number]
    heads = [str(cell.value) for cell in sheet[HEAD_ROW + 1]]
    column = next(at for at, head in enumerate(heads, 1) if "1.5" in head)
    formula = sheet.cell(HEAD_ROW + 2, column).value
    assert formula == '=IF(OR(P6="",Q6=""),"",IF(Q6>=1.5*P6,"√","×"))'
    assert heads[15].endswith("sold")
    assert heads[16].endswith("stock")


def test_known_sales_print_the_target_of_stock(
    plan: tuple[Territory, Scenario], streets: StreetMap
) -> None:
    """13 pieces a cycle ask for 19.5, so 20, in stock; where nothing is known the rule stands."""
    outlets = plan[0].outlets.copy()
    outlets.loc[outlets.index[outlets["grade"] == "A"], "sales"] = 13.0
    known = next(sheet_books(replace(plan[0], outlets=outlets), plan[1]))
    stop, lists = known.days[0].stops[0], (known.outlets, known.outlets[:1])
    days = [
        replace(
            day, stops=tuple(replace(stop, seq=at, place=one) for at, one in enumerate(all_, 1))
        )
        for day, all_ in zip(known.days, lists, strict=False)
    ]
    known = replace(known, days=tuple(days))
    pages = pages_of(route_pdf(known, streets, "en"))
    workbook = openpyxl.load_workbook(BytesIO(route_workbook(known, "en")))
    rule = squeezed(text("sheets.field.stock_enough", "en"))
    both = 0
    for day, back in zip(known.days, pages[3::2], strict=True):
        told = [stop.place.sales is not None for stop in day.stops]
        both += any(told) and not all(told)
        assert back.count("target≥20") == sum(told)
        assert back.count(rule) == len(told) - sum(told)
        assert ("1.5×thesalesofacycle" in back) == any(told)
        sheet = workbook[day.number]
        heads = [str(cell.value) for cell in sheet[HEAD_ROW + 1]]
        sales, target = heads.index("Sales a cycle"), heads.index("Stock target")
        enough = next(at for at, head in enumerate(heads) if "≥ 1.5" in head)
        for row, is_told in enumerate(told, HEAD_ROW + 2):
            cells = [cell.value for cell in sheet[row]]
            assert (cells[sales], cells[target]) == ((13, 20) if is_told else (None, None))
            assert ("S" if is_told else "R") in cells[enough]
            assert ("1.5*" in cells[enough]) != is_told
    assert both


@pytest.mark.parametrize("sales", [0.0, 1.0, 12.5, 66.0, 66.1, 100.0, 1234.0])
def test_a_target_of_stock_is_enough_and_hardly_more(sales: float) -> None:
    target = stock_target(sales)
    assert 1.5 * sales <= target < 1.5 * sales + (1.0 if target < 100 else 5.0)
    assert target < 100 or target % 5 == 0


def test_calendar_links_to_the_routes_and_lists_the_outlets(book: SheetBook) -> None:
    workbook = openpyxl.load_workbook(BytesIO(route_workbook(book, "en")))
    sheet = workbook.worksheets[0]
    links = [cell.hyperlink.location for row in sheet for cell in row if cell.hyperlink]
    assert links == [f"'{day.number}'!A1" for day in book.days]
    words = [cell.value for row in sheet for cell in row]
    assert all(one.outlet_id in words for one in book.outlets)


def test_calendar_names_who_is_left_out(plan: tuple[Territory, Scenario]) -> None:
    bare = next(sheet_books(plan[0], without_stops(plan[1])))
    sheet = openpyxl.load_workbook(BytesIO(route_workbook(bare, "en"))).worksheets[0]
    words = [str(cell.value) for row in sheet for cell in row]
    assert any(word.startswith("Without a visit in this cycle:") for word in words)


def test_file_names_are_safe() -> None:
    assert file_stem("C03") == "C03"
    assert file_stem("../a/b c") == "_a_b_c"
    assert file_stem("网格-1") == "网格-1"


def test_the_font_has_rare_names_and_says_what_it_lacks() -> None:
    letters = font_letters()
    assert {ord(one) for one in "镕犇婳①⑦√×≥Äñß"} <= letters
    assert readable("a🦀") == f"a{pen.UNKNOWN}"


def test_the_licence_lies_beside_the_font() -> None:
    fonts = Path(pen.__file__).parent / "fonts"
    licence = (fonts / "OFL.txt").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence
    font = (fonts / "GridmapSans-Regular.ttf").read_bytes()
    assert "Gridmap Sans".encode("utf-16-be") in font


@pytest.mark.parametrize("words", ["short", "a very long name " * 5, "很长的名字" * 20, ""])
def test_fitted_text_never_overflows(words: str) -> None:
    cut, size = fitted(words, 11.0, 40.0)
    assert text_width_mm(cut, size) <= 40.0
    assert size >= pen.LEAST_SIZE


def test_wrapped_text_keeps_every_word() -> None:
    words = "one two three 四五六七八九十 seven"
    lines = wrapped(words, 10.0, 18.0)
    assert len(lines) > 2
    assert squeezed("".join(lines)) == squeezed(words)
    assert all(text_width_mm(line, 10.0) <= 18.0 for line in lines)
    assert wrapped("", 10.0, 18.0) == []


@pytest.mark.parametrize("datum", ["wgs84", "gcj02"])
def test_coordinates_of_the_sheets_are_in_the_datum_asked_for(
    plan: tuple[Territory, Scenario], datum: str
) -> None:
    """The sheet's town, moved to Nanjing, where GCJ-02 is some 500 m off."""
    territory, scenario = plan
    moved = replace(territory, crs="+proj=tmerc +lat_0=32 +lon_0=118.7 +datum=WGS84 +units=m")
    request = scenario.request.model_copy(update={"datum": datum})
    asked = next(sheet_books(moved, replace(scenario, request=request))).home
    plain = next(sheet_books(moved, scenario)).home
    expected = from_wgs84(np.array([[plain.lon, plain.lat]]), datum)[0]  # type: ignore[arg-type]
    assert (asked.lon, asked.lat) == pytest.approx(tuple(expected), abs=1e-12)
    if datum == "wgs84":
        assert navigation(asked).startswith("geo:")
        assert "GCJ-02" not in degrees(asked)
    else:
        assert asked.lon != plain.lon
        assert navigation(asked) == (
            f"https://uri.amap.com/marker?position={asked.lon:.6f},{asked.lat:.6f}&coordinate=gaode"
        )
        assert degrees(asked).endswith("(GCJ-02)")


def test_outside_china_nothing_is_shifted(plan: tuple[Territory, Scenario]) -> None:
    territory, scenario = plan
    request = scenario.request.model_copy(update={"datum": "gcj02"})
    asked = next(sheet_books(territory, replace(scenario, request=request))).home
    assert asked == next(sheet_books(territory, scenario)).home
