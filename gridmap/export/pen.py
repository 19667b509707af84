"""Drawing on A4 pages in millimetres, black and white, with the font of the package."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from importlib.resources import as_file, files
from io import BytesIO
from typing import Any, Literal

import numpy as np
import segno
from numpy.typing import NDArray
from reportlab import rl_config
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from gridmap.export.route_map import (
    DISC_MM,
    NAME_SIZE,
    Area,
    Arrow,
    Disc,
    Ground,
    Home,
    Name,
    ScaleBar,
    Shape,
    Strokes,
    Window,
)

# Streams of bytes as they are: the spelling in letters only costs a tenth of the time and a fifth
# of the size, and nothing that carries a PDF today needs it.
rl_config.useA85 = 0

Floats = NDArray[np.float64]
Anchor = Literal["left", "middle", "right"]

WIDTH_MM, HEIGHT_MM = 210.0, 297.0
FONT = "GridmapSans"
#: What stands for a character that the font lacks.
UNKNOWN = "〓"
#: Text is shrunk to this size before it is cut. Points.
LEAST_SIZE = 6.0
#: Stroke that makes the one face bold, as a share of its size.
BOLD_STROKE = 0.028
#: Height of a capital letter as a share of the size, and in millimetres a point.
CAPITAL_MM = 0.733 * 0.3528


@cache
def font_letters() -> frozenset[int]:
    """Register the font of the package and return the code points it has."""
    with as_file(files("gridmap.export") / "fonts" / "GridmapSans-Regular.ttf") as path:
        font = TTFont(FONT, str(path))
    pdfmetrics.registerFont(font)
    return frozenset(font.face.charToGlyph)


@lru_cache(maxsize=4096)
def readable(words: str) -> str:
    """Return words in which each character that the font lacks is replaced by a sign."""
    known = font_letters()
    return "".join(one if ord(one) in known else UNKNOWN for one in words)


def missing_letters(words: Iterable[str]) -> str:
    """Return the characters in some words that the font lacks, each once, sorted."""
    return "".join(sorted({one for each in words for one in each if readable(one) == UNKNOWN}))


def text_width_mm(words: str, size: float) -> float:
    """Return the width of words on paper."""
    font_letters()
    return float(pdfmetrics.stringWidth(readable(words), FONT, size) / mm)


def fitted(words: str, size: float, width_mm: float) -> tuple[str, float]:
    """Shrink words a little, then cut them with an ellipsis, so that they never overflow."""
    words = readable(words)
    while size > LEAST_SIZE and text_width_mm(words, size) > width_mm:
        size = max(LEAST_SIZE, size - 0.25)
    if text_width_mm(words, size) <= width_mm:
        return words, size
    while words and text_width_mm(words + "…", size) > width_mm:
        words = words[:-1]
    return words + "…", size


def wrapped(words: str, size: float, width_mm: float) -> list[str]:
    """Return words in lines that fit; Chinese breaks anywhere, other scripts at spaces."""
    lines: list[str] = []
    line = ""
    for piece in _pieces(readable(words)):
        if line and text_width_mm((line + piece).rstrip(), size) > width_mm:
            lines.append(line.rstrip())
            line = piece.lstrip()
        else:
            line += piece
    return [*lines, line.rstrip()] if line.strip() else lines


@lru_cache(maxsize=4096)
def qr_operators(content: str) -> tuple[int, str]:
    """Return modules a side and the page operators of a QR code in units of a module."""
    matrix = segno.make(content, error="m", micro=False, boost_error=False).matrix
    side = len(matrix)
    runs = []
    for row, modules in enumerate(matrix):
        column = 0
        while column < side:
            if not modules[column]:
                column += 1
                continue
            end = modules.find(0, column)
            end = side if end < 0 else end
            runs.append(f"{column} {side - 1 - row} {end - column} 1 re")
            column = end
    return side, " ".join(runs) + " f"


class Pen:
    """A document of A4 pages; the same drawing gives the same bytes.

    Coordinates are millimetres from the lower left corner, sizes of text are points, greys run
    from 0 = black to 1 = white.

    Parameters
    ----------
    title
        Title of the document.
    """

    def __init__(self, title: str) -> None:
        font_letters()
        self._buffer = BytesIO()
        self._canvas: Any = Canvas(
            self._buffer,
            pagesize=(WIDTH_MM * mm, HEIGHT_MM * mm),
            pageCompression=1,
            initialFontName=FONT,
            invariant=1,
        )
        self._canvas.setTitle(readable(title))
        self._canvas.setAuthor("gridmap")
        self._canvas.setCreator("gridmap")
        self._stored: set[str] = set()

    def text(
        self,
        x: float,
        y: float,
        words: str,
        size: float,
        *,
        bold: bool = False,
        grey: float = 0.0,
        anchor: Anchor = "left",
        width_mm: float | None = None,
    ) -> None:
        """Write one line; with `width_mm` it is made to fit."""
        words, size = (readable(words), size) if width_mm is None else fitted(words, size, width_mm)
        shift = {"left": 0.0, "middle": 0.5, "right": 1.0}[anchor] * text_width_mm(words, size)
        canvas = self._canvas
        canvas.setFillGray(grey)
        line = canvas.beginText((x - shift) * mm, y * mm)
        line.setFont(FONT, size)
        if bold:
            canvas.setStrokeGray(grey)
            canvas.setLineWidth(BOLD_STROKE * size)
        line.setTextRenderMode(2 if bold else 0)
        line.textOut(words)
        line.setTextRenderMode(0)
        canvas.drawText(line)

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        line_mm: float | None = 0.3,
        fill: float | None = None,
        round_mm: float = 0.0,
        grey: float = 0.0,
    ) -> None:
        """Draw a rectangle from its lower left corner."""
        canvas = self._canvas
        if fill is not None:
            canvas.setFillGray(fill)
        if line_mm is not None:
            canvas.setStrokeGray(grey)
            canvas.setLineWidth(line_mm * mm)
        numbers = (x * mm, y * mm, width * mm, height * mm)
        paint = (int(line_mm is not None), int(fill is not None))
        if round_mm > 0.0:
            canvas.roundRect(*numbers, round_mm * mm, *paint)
        else:
            canvas.rect(*numbers, *paint)

    def rule(
        self,
        x0: float,
        y0: float,
        x1: float,
        y1: float,
        *,
        line_mm: float = 0.2,
        grey: float = 0.0,
    ) -> None:
        """Draw a straight line."""
        self._canvas.setStrokeGray(grey)
        self._canvas.setLineWidth(line_mm * mm)
        self._canvas.line(x0 * mm, y0 * mm, x1 * mm, y1 * mm)

    def number(self, x: float, y: float, radius: float, label: str) -> None:
        """Draw a black disc with a number in it."""
        self._canvas.setFillGray(0)
        self._canvas.circle(x * mm, y * mm, radius * mm, 0, 1)
        size = radius * (3.5 if len(label) < 2 else 3.0 if len(label) < 3 else 2.2)
        self.text(x, y - size * CAPITAL_MM / 2, label, size, bold=True, grey=1.0, anchor="middle")

    def qr(self, content: str, x: float, y: float, side: float) -> None:
        """Draw a QR code from its lower left corner."""
        modules, operators = qr_operators(content)
        unit = side * mm / modules
        self._canvas.addLiteral(
            f"q 0 g {unit:.4f} 0 0 {unit:.4f} {x * mm:.2f} {y * mm:.2f} cm {operators} Q"
        )

    def shapes(self, shapes: Iterable[Shape], words: tuple[str, str]) -> None:
        """Draw the shapes of a map at the origin; `words` are the signs of home and north."""
        for shape in shapes:
            self._shape(shape, words)

    def stored(self, key: str, shapes: Callable[[Window], list[Shape]], window: Window) -> None:
        """Draw the shapes of a window that several pages show.

        The document holds them once under `key`; `shapes` is called the first time only.
        """
        canvas = self._canvas
        if key not in self._stored:
            self._stored.add(key)
            canvas.beginForm(key, 0, 0, window.width_mm * mm, window.height_mm * mm)
            canvas.setLineCap(1)
            canvas.setLineJoin(1)
            self.shapes(shapes(window), ("", ""))
            canvas.endForm()
        canvas.doForm(key)

    @contextmanager
    def frame(self, x: float, y: float, width: float, height: float) -> Iterator[None]:
        """Clip to a rectangle whose lower left corner becomes the origin, and frame it."""
        canvas = self._canvas
        canvas.saveState()
        canvas.translate(x * mm, y * mm)
        path = canvas.beginPath()
        path.rect(0, 0, width * mm, height * mm)
        canvas.clipPath(path, stroke=0, fill=0)
        canvas.setLineCap(1)
        canvas.setLineJoin(1)
        yield
        canvas.restoreState()
        self.box(x, y, width, height, line_mm=0.4)

    @contextmanager
    def moved(self, x: float, y: float) -> Iterator[None]:
        """Move the origin."""
        self._canvas.saveState()
        self._canvas.translate(x * mm, y * mm)
        yield
        self._canvas.restoreState()

    def end_page(self) -> None:
        """Begin a new page."""
        self._canvas.showPage()

    def finish(self) -> bytes:
        """Return the document."""
        self._canvas.save()
        return self._buffer.getvalue()

    def _shape(self, shape: Shape, words: tuple[str, str]) -> None:
        match shape:
            case Area():
                self._canvas.addLiteral(f"{shape.grey} g {_path([shape.ring])} h f")
            case Ground():
                rings = " ".join(f"{_path([ring])} h" for ring in shape.rings)
                self._canvas.addLiteral(f"{shape.grey} g {rings} f*")
            case Strokes():
                dash = " ".join(f"{one * mm:.2f}" for one in shape.dash or ())
                self._canvas.addLiteral(
                    f"[{dash}] 0 d {shape.width_mm * mm:.2f} w {shape.grey} G "
                    f"{_path(shape.lines)} S [] 0 d"
                )
            case Arrow():
                self._canvas.addLiteral(f"0 g 1 G 1 w {_path([_arrow(shape)])} h B")
            case Disc():
                self._disc(shape)
            case Home():
                side = 2.0 * DISC_MM
                x, y = shape.x - DISC_MM, shape.y - DISC_MM
                self.box(x, y, side, side, line_mm=0.7, fill=1.0)
                size = 9.0
                y = shape.y - size * CAPITAL_MM / 2
                self.text(shape.x, y, words[0], size, bold=True, anchor="middle")
            case Name():
                self._canvas.saveState()
                self._canvas.translate(shape.x * mm, shape.y * mm)
                self._canvas.rotate(math.degrees(shape.angle))
                self.haloed(0.0, -NAME_SIZE * CAPITAL_MM / 2, shape.words, NAME_SIZE, grey=0.3)
                self._canvas.restoreState()
            case ScaleBar():
                self._scale_bar(shape, words[1])

    def haloed(self, x: float, y: float, words: str, size: float, *, grey: float = 0.0) -> None:
        """Write words with a white rim, centred."""
        words = readable(words)
        canvas = self._canvas
        canvas.setStrokeGray(1)
        canvas.setLineWidth(1.8)
        line = canvas.beginText(x * mm - text_width_mm(words, size) * mm / 2, y * mm)
        line.setFont(FONT, size)
        line.setTextRenderMode(1)
        line.textOut(words)
        line.setTextRenderMode(0)
        canvas.drawText(line)
        self.text(x, y, words, size, grey=grey, anchor="middle")

    def _disc(self, shape: Disc) -> None:
        canvas = self._canvas
        canvas.setStrokeGray(1)
        canvas.setLineWidth(0.35 * mm)
        if shape.ringed:
            canvas.setFillGray(0)
            canvas.circle(shape.x * mm, shape.y * mm, (DISC_MM + 0.15) * mm, 1, 1)
            canvas.circle(shape.x * mm, shape.y * mm, (DISC_MM - 0.45) * mm, 1, 1)
        else:
            canvas.circle(shape.x * mm, shape.y * mm, DISC_MM * mm, 1, 0)
            canvas.setFillGray(0)
            canvas.circle(shape.x * mm, shape.y * mm, (DISC_MM - 0.1) * mm, 0, 1)
        size = 8.0 if len(shape.label) < 2 else 6.8
        y = shape.y - size * CAPITAL_MM / 2
        self.text(shape.x, y, shape.label, size, bold=True, grey=1.0, anchor="middle")

    def _scale_bar(self, shape: ScaleBar, north: str) -> None:
        bar = np.array([[0, 1.2], [0, 0], [shape.length_mm, 0], [shape.length_mm, 1.2]])
        self._canvas.addLiteral(f"1 G 3 w {_path([bar + 3.0])} S 0 G 1.2 w {_path([bar + 3.0])} S")
        x = shape.length_mm + 5.0 + text_width_mm(shape.label, 7.5) / 2
        self.haloed(x, 2.8, shape.label, 7.5)
        if not shape.north:
            return
        arrow = np.array([[5.5, 18.0], [3.3, 11.5], [5.5, 12.9], [7.7, 11.5]])
        self._canvas.addLiteral(f"0 g 1 G 1 w {_path([arrow])} h B")
        self.haloed(5.5, 7.6, north, 8.0)


def _path(lines: Iterable[Floats]) -> str:
    """Return the path operators of polylines in millimetres, by one join."""
    parts = []
    for line in lines:
        steps = [f"{x:.1f} {y:.1f} " for x, y in (np.asarray(line) * mm).tolist()]
        parts.append(steps[0] + "m " + "".join(step + "l " for step in steps[1:] or steps))
    return "".join(parts)


def _arrow(shape: Arrow) -> Floats:
    turn = shape.angle + np.array([0.0, 2.45, math.pi, -2.45])
    radius = 2.2 * np.array([0.75, 0.8, 0.2, 0.8])
    return np.column_stack([shape.x + radius * np.cos(turn), shape.y + radius * np.sin(turn)])


def _pieces(words: str) -> Iterator[str]:
    """Yield pieces after each of which a line may end."""
    piece = ""
    for one in words:
        wide = ord(one) > 0x2E80
        if wide and piece:
            yield piece
            piece = ""
        piece += one
        if wide or one == " ":
            yield piece
            piece = ""
    if piece:
        yield piece
