"""The route sheets of a cell for the printer: A4, black and white.

First the calendar of the cycle with a map of the cell, then the outlets with the days of their
visits, then each route: in front the way to go, on the back the record of the visits to fill in.
"""

from __future__ import annotations

from gridmap.catalogue import Language, text
from gridmap.export.pen import Pen
from gridmap.export.route_cover import cover_pages
from gridmap.export.route_pages import day_pages
from gridmap.export.sheet_book import SheetBook
from gridmap.export.sheet_page import Sheets
from gridmap.export.street_map import StreetMap


def route_pdf(book: SheetBook, streets: StreetMap, language: Language) -> bytes:
    """Return the route sheets of a cell as a PDF; the same sheets give the same bytes.

    Parameters
    ----------
    book
        What stands on the sheets.
    streets
        The map underneath.
    language
        Language of every word.
    """
    pen = Pen(text("sheets.title", language, code=book.code, name=book.name))
    sheets = Sheets(pen, book, streets, language)
    pages = [*cover_pages(sheets), *(page for day in book.days for page in day_pages(sheets, day))]
    for number, draw in enumerate(pages, 1):
        draw()
        sheets.foot(number, len(pages))
        pen.end_page()
    return pen.finish()
