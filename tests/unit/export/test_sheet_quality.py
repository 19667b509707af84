"""Route sheets as a printer and a telephone see them: codes decode, words and fonts are there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO

import numpy as np
import pypdf
import pypdfium2
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from sheet_plan import sheet_plan

from gridmap.catalogue import LANGUAGES, Language
from gridmap.export.pen import fitted, missing_letters, readable
from gridmap.export.route_pages import _record_name, navigation
from gridmap.export.route_pdf import route_pdf
from gridmap.export.sheet_book import SheetBook, SheetDay, SheetStop, sheet_books
from gridmap.export.street_map import StreetMap
from gridmap.policies import MapLink
from gridmap.scenario import Scenario
from gridmap.territory import Territory

DPI = 200
MOST_BYTES_A_DAY = 150_000
SHORT, LONG = "店", "中国邮政集团有限公司黑龙江省哈尔滨市道里区分公司中央大街邮政支局营业厅代办点"


@pytest.fixture(scope="module")
def plan() -> tuple[Territory, Scenario]:
    return sheet_plan(weeks=1)


@pytest.fixture(scope="module")
def book(plan: tuple[Territory, Scenario]) -> SheetBook:
    return next(sheet_books(*plan))


@pytest.fixture(scope="module")
def streets(plan: tuple[Territory, Scenario]) -> StreetMap:
    return StreetMap.of(plan[0], "walk")


def day_with(book: SheetBook, count: int, *, name: str = "", one_place: bool = False) -> SheetDay:
    """An invented day of so many stops, some 20 m apart, around the first real stop."""
    day, first = book.days[0], book.days[0].stops[0]
    stops: list[SheetStop] = []
    for seq in range(1, count + 1):
        aside = 0 if one_place else seq
        place = replace(
            first.place, outlet_id=f"x{seq}", name=name or f"Outlet {seq:02d} 店",
            x=first.place.x + 20.0 * aside, lon=first.place.lon + 2e-4 * aside,
        )  # fmt: skip
        stops.append(replace(first, seq=seq, place=place))
    return replace(day, stops=tuple(stops))


def one_bit_pages(content: bytes) -> Iterator[np.ndarray]:
    """Each page as a laser printer's raster: 200 dpi, black or white."""
    document = pypdfium2.PdfDocument(content)
    for page in document:
        grey = page.render(scale=DPI / 72.0, grayscale=True).to_numpy()
        yield np.where(grey.reshape(grey.shape[:2]) < 128, 0, 255).astype(np.uint8)
    document.close()


def codes(content: bytes) -> list[str]:
    return sorted(
        found.text
        for page in one_bit_pages(content)
        for found in zxingcpp.read_barcodes(page, formats=zxingcpp.BarcodeFormat.QRCode)
    )


def squeezed(words: str) -> str:
    return "".join(words.split())


def pages_of(content: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(content)
    words = [squeezed(page.get_textpage().get_text_bounded()) for page in document]
    document.close()
    return words


def words_of(content: bytes) -> str:
    return "".join(pages_of(content))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("count", [1, 12, 16, 17])
def test_every_code_decodes_to_its_stop(
    book: SheetBook, streets: StreetMap, language: Language, count: int
) -> None:
    day = day_with(book, count)
    content = route_pdf(replace(book, days=(day,)), streets, language)
    assert codes(content) == sorted(navigation(stop.place) for stop in day.stops)
    places = {tuple(map(float, one.removeprefix("geo:").split(","))) for one in codes(content)}
    for stop in day.stops:  # a metre, whatever `navigation` says
        assert (
            min(abs(lat - stop.place.lat) + abs(lon - stop.place.lon) for lat, lon in places) < 2e-5
        )
    words = words_of(content)
    assert all(squeezed(stop.place.name) in words for stop in day.stops)
    assert len(content) <= MOST_BYTES_A_DAY


def test_stops_at_one_point_all_decode(book: SheetBook, streets: StreetMap) -> None:
    day = day_with(book, 12, one_place=True)
    content = route_pdf(replace(book, days=(day,)), streets, "zh")
    assert codes(content) == [navigation(day.stops[0].place)] * 12


@pytest.mark.parametrize("name", [SHORT, LONG, "Kahvila Ääkköset on the corner of a long"])
def test_short_and_long_names_are_found_whole(
    book: SheetBook, streets: StreetMap, name: str
) -> None:
    """A name of 1 and of 40 characters: the card gives it two lines, so it is there whole."""
    assert len(name) <= 40
    for count in (2, 14):
        content = route_pdf(replace(book, days=(day_with(book, count, name=name),)), streets, "zh")
        *_, front, back = pages_of(content)
        whole = squeezed(readable(name))
        assert front.count(whole) >= count
        # On the back, too, a name is whole, or an ellipsis says that it is not.
        begun = whole[: 20 if len(whole) > 20 else None]
        rests = back.split(begun)[1:]
        cut = [one for one in rests if not one.startswith(whole[len(begun) :])]
        assert back.count(begun) >= count
        assert all("…" in one[: len(whole) - len(begun)] for one in cut)
        assert not cut or len(whole) > 25, "a short name has room"


@settings(max_examples=40, deadline=None)
@given(
    st.text(st.sampled_from("abcdefgh iMW éß-&'中国邮政营业厅"), min_size=1, max_size=60).filter(
        str.strip
    )
)
def test_no_name_is_cut_without_a_sign(name: str) -> None:
    """What of a name is printed in the record is all of it, or ends with an ellipsis."""
    lines, size = _record_name(name, 23.4)
    assert 1 <= len(lines) <= 3
    printed = squeezed("".join(fitted(line, size, 23.4)[0] for line in lines))
    whole = squeezed(readable(name))
    assert printed == whole or (printed.endswith("…") and whole.startswith(printed[:-1]))


def test_every_font_is_embedded(book: SheetBook, streets: StreetMap) -> None:
    reader = pypdf.PdfReader(BytesIO(route_pdf(book, streets, "zh")))
    used = 0
    for page in reader.pages:
        for reference in page["/Resources"]["/Font"].values():  # type: ignore[index]
            font = reference.get_object()
            inner = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
            assert "/FontFile2" in inner["/FontDescriptor"].get_object(), font["/BaseFont"]
            used += 1
    assert used >= len(reader.pages)


def test_a_cell_without_streets_still_has_its_sheet(
    plan: tuple[Territory, Scenario], book: SheetBook
) -> None:
    """Streets that lie far away leave the map empty but for the way."""
    network = plan[0].networks["walk"]
    away = replace(network, line_xy=network.line_xy + 1e6)
    bare = StreetMap.of(replace(plan[0], networks={"walk": away}), "walk")
    day = day_with(book, 3)
    content = route_pdf(replace(book, days=(day,)), bare, "en")
    assert codes(content) == sorted(navigation(stop.place) for stop in day.stops)


@pytest.mark.parametrize(
    ("link", "start"),
    [
        ("auto", "geo:"), ("geo", "geo:"), ("amap", "https://uri.amap.com/marker?position="),
        ("google", "https://www.google.com/maps/search/?api=1&query="),
        ("apple", "https://maps.apple.com/?q="),
    ],
)  # fmt: skip
def test_codes_open_the_map_that_is_set(
    book: SheetBook, streets: StreetMap, link: MapLink, start: str
) -> None:
    day = day_with(book, 16)
    content = route_pdf(replace(book, days=(day,), link=link), streets, "en")
    found = codes(content)
    assert found == sorted(navigation(stop.place, link) for stop in day.stops)
    assert all(one.startswith(start) for one in found)


def test_characters_without_a_glyph_are_listed() -> None:
    assert missing_letters(["a🦀b", "镕🦀", "🜚"]) == "🜚🦀"
