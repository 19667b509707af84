"""What the pages of a route sheet have in common: frame, foot, grade signs, maps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.catalogue import Language, sentences, text
from gridmap.export.pen import CAPITAL_MM, Pen, fitted
from gridmap.export.route_map import Home, Shape, Window, fit_window, scale_bar
from gridmap.export.sheet_book import SheetBook
from gridmap.export.street_map import StreetMap
from gridmap.routing.visits import by_importance

Floats = NDArray[np.float64]
T = TypeVar("T")

LEFT_MM, RIGHT_MM, TOP_MM = 8.0, 202.0, 290.0
INNER_MM = RIGHT_MM - LEFT_MM
#: Foot of the page; nothing else is drawn below.
FOOT_MM = 11.0


@dataclass(frozen=True, eq=False)
class Sheets:
    """One document being written.

    Attributes
    ----------
    pen
        Draws.
    book
        What is drawn.
    streets
        The map underneath.
    language
        Language of every word.
    """

    pen: Pen
    book: SheetBook
    streets: StreetMap
    language: Language

    def say(self, key: str, **values: object) -> str:
        """Return a sentence of the area ``sheets``."""
        return text(f"sheets.{key}", self.language, **values)

    @property
    def most_important(self) -> str:
        """Return the grade with the most visits; of equal ones the first."""
        return next(iter(by_importance(self.book.policy)), "")

    def manager_line(self, name: str) -> str:
        """Return the line that names a manager, or one to write the name on."""
        return self.say("manager", name=name) if name else self.say("manager_blank")

    def foot(self, page: int, pages: int) -> None:
        """Write the source of the map, the warning of invented data, and the page."""
        book = self.book
        self.pen.text(LEFT_MM, 6.0, book.attribution, 6.0, grey=0.25)
        if book.invented:
            self.pen.text(105.0, 6.0, invented_note(book, self.language), 6.5, anchor="middle")
        where = f"{book.territory} · {book.code} · {self.say('page', page=page, pages=pages)}"
        self.pen.text(RIGHT_MM, 6.0, where, 6.5, grey=0.25, anchor="right", width_mm=70.0)

    def grade(self, x: float, y: float, grade: str, side: float = 5.0) -> None:
        """Draw the sign of a grade; the most important one is white on black."""
        inverse = grade == self.most_important
        fill = 0.0 if inverse else 1.0
        self.pen.box(x, y, side, side, line_mm=0.35, fill=fill, round_mm=0.7)
        words, size = fitted(grade, 2.0 * side, side - 0.8)
        y += (side - size * CAPITAL_MM) / 2
        self.pen.text(x + side / 2, y, words, size, bold=True, grey=1.0 - fill, anchor="middle")

    @contextmanager
    def map(
        self, x: float, y: float, size_mm: tuple[float, float], shown_xy: Floats
    ) -> Iterator[Window]:
        """Draw streets in a frame, then what the caller draws, then scale and north.

        Yields the window; inside, the lower left corner of the frame is the origin of the pen.

        Parameters
        ----------
        x, y
            Lower left corner on the page.
        size_mm
            Width and height.
        shown_xy
            Points that must be seen, metres. Shape (n, 2).
        """
        window = fit_window(shown_xy, *size_mm)
        whole = self._whole(window)
        shift = (np.array(whole.bounds[:2]) - window.bounds[:2]) / window.metres_per_mm
        with self.pen.frame(x, y, *size_mm):
            with self.pen.moved(float(shift[0]), float(shift[1])):
                key = f"streets-{window.metres_per_mm:g}"
                self.pen.stored(key, self.streets.ground, whole)
            yield window
            self.shapes([scale_bar(window)])

    @contextmanager
    def detail(self, x: float, y: float, window: Window) -> Iterator[None]:
        """Draw the streets of a small window in a frame, then what the caller draws, then a scale.

        Inside, the lower left corner of the frame is the origin of the pen.
        """
        size = (window.width_mm, window.height_mm)
        with self.pen.frame(x, y, *size):
            self.pen.box(0.0, 0.0, *size, line_mm=None, fill=1.0)
            self.shapes(self.streets.ground(window))
            yield
            self.shapes([replace(scale_bar(window, 20.0), north=False)])
        self.pen.box(x, y, *size, line_mm=0.8)

    def home(self, window: Window, xy: Floats) -> None:
        """Draw the centre outlet, or where a day starts or ends, on a map. Shape (2,), metres."""
        x, y = window.on_paper(xy[None])[0]
        self.shapes([Home(float(x), float(y))])

    def shapes(self, shapes: Iterable[Shape]) -> None:
        """Draw shapes of a map with the signs of the language."""
        self.pen.shapes(shapes, (self.say("home_sign"), self.say("north")))

    def _whole(self, window: Window) -> Window:
        """Return the window of this scale that covers the maps of all days of the cell."""
        book = self.book
        ways = [way for day in book.days for way in (day.way_xy, day.return_xy)]
        ways.append(shapely.get_coordinates(book.boundary))
        every = np.concatenate(ways)
        low, high = every.min(axis=0), every.max(axis=0)
        x, y = (low + high) / 2.0
        size = (high - low) / window.metres_per_mm
        width, height = size + 2.0 * np.array([window.width_mm, window.height_mm])
        return Window(float(x), float(y), window.metres_per_mm, float(width), float(height))


def invented_note(book: SheetBook, language: Language) -> str:
    """Return the warning that columns are invented, named in the language of the reader."""
    known = sentences(language)
    columns = ", ".join(known.get(f"sheets.invented_column.{one}", one) for one in book.invented)
    return text("sheets.invented", language, columns=columns)


def in_groups(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Yield the values in groups of a size; the last may be smaller."""
    for start in range(0, len(values), size):
        yield values[start : start + size]
