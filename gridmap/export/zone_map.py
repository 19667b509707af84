"""The largest blind zones of a plan on one page: a map, and what to do about each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from gridmap.catalogue import Language, text
from gridmap.export.cell_words import column_names
from gridmap.export.finding_columns import effect_text, fix_text, outlet_names, sought_text
from gridmap.export.pen import FONT, HEIGHT_MM, WIDTH_MM, font_letters, readable, text_width_mm
from gridmap.partition.cells import cell_polygons
from gridmap.scenario import Scenario
from gridmap.scoring.findings import BlindZone, found_zones, sought
from gridmap.territory import Territory

Floats = NDArray[np.float64]

#: Zones on the page.
SHOWN = 10
MARGIN_MM = 12.0
#: Lower edge and height of the map, millimetres.
MAP_BOTTOM_MM, MAP_HEIGHT_MM = 118.0, 150.0
LINE_MM = 5.1
#: Radius of the number of a zone, half a cross, and how far from a zone its number may stand.
BADGE_MM, CROSS_MM = 2.2, 1.5
BADGE_AWAY_MM = (3.7, 5.5, 7.5, 10.0, 13.0)
#: Colours that stay apart for the colour-blind and in grey, as the dashboard has them.
ZONE, ZONE_EDGE, FIX = "#f2a65a", "#9c4a00", "#c1121f"
DOTS = {"own": ("#0b5394", 0.9), "partner": ("#6fa8dc", 0.65), "rival": ("#555555", 0.55)}
STREET, CELL, PAPER = "#d9d9d9", "#7f7f7f", "#ffffff"


def write_zone_map(
    territory: Territory, scenario: Scenario, path: Path, language: Language = "en"
) -> Path:
    """Write the ten largest blind zones with their fixes as a page of A4.

    The same plan gives the same bytes.

    Parameters
    ----------
    territory, scenario
        The plan.
    path
        PDF file to write; an older one is replaced.
    language
        Language of the words.
    """
    zones = found_zones(scenario.report)
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=(WIDTH_MM * mm, HEIGHT_MM * mm), invariant=1)
    canvas.setTitle(f"{territory.name}: {text('findings.zone.title', language)}")
    page = _Page(canvas, territory)
    page.draw_map(scenario, zones[:SHOWN])
    page.draw_words(scenario, zones, language)
    canvas.showPage()
    canvas.save()
    path.write_bytes(buffer.getvalue())
    return path


def spread_badges(at: Floats, crosses: Floats) -> Floats:
    """Return where the number of each zone stands: near it, and on no other number or cross.

    Places are tried round the zone, farther and farther out; where none is free the last is taken.

    Parameters
    ----------
    at
        Places of the zones, millimetres. Shape (n_zones, 2).
    crosses
        Places that are kept clear. Shape (n_crosses, 2).
    """
    turn = np.deg2rad(np.arange(45.0, 405.0, 45.0))
    round_ = np.column_stack([np.cos(turn), np.sin(turn)])
    offsets = np.concatenate([round_ * away for away in BADGE_AWAY_MM])
    badges = np.empty_like(at)
    for number, one in enumerate(at):
        tried = one + offsets
        free = _apart(tried, badges[:number], 2 * BADGE_MM) & _apart(
            tried, crosses, BADGE_MM + CROSS_MM
        )
        badges[number] = tried[int(free.argmax())] if free.any() else tried[-1]
    return badges


def _apart(tried: Floats, taken: Floats, least_mm: float) -> NDArray[np.bool_]:
    away = np.linalg.norm(tried[:, None] - taken[None], axis=2)
    return np.asarray((away >= least_mm).all(axis=1))


class _Page:
    """Draws on one page; the map shows the whole territory."""

    def __init__(self, canvas: Any, territory: Territory) -> None:
        font_letters()
        self._canvas, self._territory = canvas, territory
        left, bottom, right, top = territory.boundary.bounds
        width = WIDTH_MM - 2 * MARGIN_MM
        self._scale = min(width / (right - left), MAP_HEIGHT_MM / (top - bottom))
        self._origin = np.array([left, bottom])
        shown = np.array([right - left, top - bottom]) * self._scale
        self._corner = np.array(
            [(WIDTH_MM - shown[0]) / 2, MAP_BOTTOM_MM + (MAP_HEIGHT_MM - shown[1]) / 2]
        )

    def draw_map(self, scenario: Scenario, zones: Sequence[BlindZone]) -> None:
        """Draw streets, cells, outlets, and the zones with their fixes."""
        territory, canvas = self._territory, self._canvas
        label, n_cells = scenario.partition.label, len(scenario.cells)
        streets = territory.linework.get("street", np.array([], dtype=object))
        self._lines(streets, STREET, 0.12)
        canvas.setFillColor(ZONE)
        canvas.setStrokeColor(ZONE_EDGE)
        canvas.setLineWidth(0.25 * mm)
        for zone in zones:
            self._polygons(zone.shape)
        borders = shapely.boundary(cell_polygons(territory.units, label, n_cells))
        self._lines(borders, CELL, 0.3)
        for owner, (colour, radius_mm) in DOTS.items():
            rows = territory.outlets[territory.outlets["ownership"] == owner]
            canvas.setFillColor(colour)
            for point in self._mm(rows[["x", "y"]].to_numpy(np.float64)):
                canvas.circle(*(point * mm), radius_mm * mm, stroke=0, fill=1)
        self._mark(zones)

    def draw_words(
        self, scenario: Scenario, zones: tuple[BlindZone, ...], language: Language
    ) -> None:
        """Write heading, legend and one line a zone."""
        top = HEIGHT_MM - MARGIN_MM
        self._write(MARGIN_MM, top - 4, self._heading(language), 14)
        if not zones:
            self._write(MARGIN_MM, top - 10, text("findings.zone.none", language), 9)
            return
        subtitle = text(
            "findings.zone.subtitle",
            language,
            count=min(SHOWN, len(zones)),
            all=len(zones),
            mode=text(f"scoring.mode.{zones[0].mode}", language),
            minutes=zones[0].minutes,
        )
        self._write(MARGIN_MM, top - 10, subtitle, 9)
        self._write(MARGIN_MM, top - 14.5, sought_text(sought(zones), language), 7.5)
        self._legend(MAP_BOTTOM_MM - 6, language)
        columns = scenario.cells["cell_id"], scenario.cells["code"].astype(str)
        codes = dict(zip(*columns, strict=True))
        names = outlet_names(self._territory)
        y = MAP_BOTTOM_MM - 14
        for zone in zones[:SHOWN]:
            words = f"{zone.zone_id}   {codes.get(zone.cell_id, '')}   " + text(
                "findings.zone.line",
                language,
                demand=zone.demand,
                share=zone.share_of_cell,
                fix=fix_text(zone.fix, self._territory, names, language),
            )
            self._write(MARGIN_MM, y, words, 8)
            y -= LINE_MM - 0.8
            if zone.fix is not None and zone.fix.effect is not None:
                effect = effect_text(zone.fix.effect, codes.get(zone.cell_id, ""), language)
                self._write(MARGIN_MM + 6, y, effect, 7)
            y -= LINE_MM
        foot = self._territory.attribution
        if self._territory.invented:
            invented = column_names(self._territory.invented, language)
            foot += "; " + text("planning.summary.invented", language, columns=invented)
        self._write(MARGIN_MM, MARGIN_MM - 5, foot, 6)

    def _heading(self, language: Language) -> str:
        return f"{self._territory.name}: {text('findings.zone.title', language)}"

    def _legend(self, y: float, language: Language) -> None:
        x, canvas = MARGIN_MM, self._canvas

        def entry(key: str, draw: Callable[[float], None]) -> None:
            nonlocal x
            draw(x + 1.5)
            words = text(f"findings.zone.legend_{key}", language)
            self._write(x + 4.5, y - 1, words, 8)
            x += 4.5 + text_width_mm(words, 8) + 6

        def square(at: float) -> None:
            canvas.setFillColor(ZONE)
            canvas.setStrokeColor(ZONE_EDGE)
            canvas.rect((at - 1.5) * mm, (y - 1.5) * mm, 3 * mm, 3 * mm, fill=1)

        entry("zone", square)
        entry("fix", lambda at: self._cross(np.array([at, y])))
        for owner, (colour, radius_mm) in DOTS.items():

            def dot(at: float, colour: str = colour, radius_mm: float = radius_mm) -> None:
                canvas.setFillColor(colour)
                canvas.circle(at * mm, y * mm, radius_mm * mm, stroke=0, fill=1)

            entry(owner, dot)

    def _mark(self, zones: Sequence[BlindZone]) -> None:
        """Draw the best places, and the number of each zone beside it where nothing is yet."""
        canvas = self._canvas
        at = self._mm(np.array([[one.x, one.y] for one in zones]).reshape(-1, 2))
        fixes = [one.fix for one in zones if one.fix is not None and np.isfinite(one.fix.x)]
        places = self._mm(np.array([[one.x, one.y] for one in fixes]).reshape(-1, 2))
        fixed = [one.fix is not None and bool(np.isfinite(one.fix.x)) for one in zones]
        badges = spread_badges(at, places)
        canvas.setStrokeColor(FIX)
        canvas.setLineWidth(0.2 * mm)
        canvas.setDash(0.8 * mm, 0.6 * mm)
        for start, end in zip(at[np.array(fixed, dtype=bool)], places, strict=True):
            canvas.line(*(start * mm), *(end * mm))
        canvas.setDash()
        for place in places:
            self._cross(place)
        canvas.setStrokeColor(ZONE_EDGE)
        for start, end in zip(at, badges, strict=True):
            canvas.line(*(start * mm), *(end * mm))
        canvas.setFont(FONT, 8)
        for zone, (x, y) in zip(zones, badges * mm, strict=True):
            canvas.setFillColor(PAPER)
            canvas.circle(x, y, BADGE_MM * mm, stroke=1, fill=1)
            canvas.setFillColor(ZONE_EDGE)
            canvas.drawCentredString(x, y - 1.0 * mm, str(zone.zone_id))

    def _cross(self, at: Floats) -> None:
        canvas, (x, y), arm = self._canvas, at * mm, CROSS_MM * mm
        canvas.setStrokeColor(FIX)
        canvas.setLineWidth(0.6 * mm)
        canvas.line(x - arm, y - arm, x + arm, y + arm)
        canvas.line(x - arm, y + arm, x + arm, y - arm)
        canvas.setLineWidth(0.25 * mm)

    def _write(self, x: float, y: float, words: str, size: float) -> None:
        room = WIDTH_MM - MARGIN_MM - x
        while len(words) > 1 and text_width_mm(words, size) > room:
            words = words[:-2] + "…"
        self._canvas.setFillColor("#000000")
        self._canvas.setFont(FONT, size)
        self._canvas.drawString(x * mm, y * mm, readable(words))

    def _mm(self, xy: Floats) -> Floats:
        return np.asarray((xy - self._origin) * self._scale + self._corner)

    def _lines(self, lines: Any, colour: str, width_mm: float) -> None:
        self._canvas.setStrokeColor(colour)
        self._canvas.setLineWidth(width_mm * mm)
        for one in shapely.get_parts(lines):
            self._path(shapely.get_coordinates(one), stroke=1, fill=0)

    def _polygons(self, shape: Any) -> None:
        path = self._canvas.beginPath()
        for polygon in shapely.get_parts(shape):
            for ring in (polygon.exterior, *polygon.interiors):
                points = self._mm(shapely.get_coordinates(ring)) * mm
                path.moveTo(*points[0])
                for point in points[1:]:
                    path.lineTo(*point)
                path.close()
        self._canvas.drawPath(path, stroke=1, fill=1, fillMode=0)

    def _path(self, xy: Floats, *, stroke: int, fill: int) -> None:
        path = self._canvas.beginPath()
        points = self._mm(xy) * mm
        path.moveTo(*points[0])
        for point in points[1:]:
            path.lineTo(*point)
        self._canvas.drawPath(path, stroke=stroke, fill=fill)
