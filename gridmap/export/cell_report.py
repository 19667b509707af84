"""The report of a cell on one page: what to do, where, how it stands, and what to look at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import shapely

from gridmap.catalogue import Language, text
from gridmap.export.cell_chart import draw_chart
from gridmap.export.cell_facts import (
    CellFacts,
    ReportBook,
    ScoreFigure,
    known,
    read_report_book,
)
from gridmap.export.cell_league import league_pages
from gridmap.export.cell_lists import (
    LETTERS,
    SHOWN,
    ZONES_SHOWN,
    draw_figures,
    draw_lists,
    listed_numbers,
    zone_words,
)
from gridmap.export.cell_map import (
    BEYOND_GREY,
    RING_GREY,
    RING_MM,
    Mark,
    border_shapes,
    cell_window,
    label_places,
    mark_shapes,
    pair_shapes,
    reach_shapes,
    ring_shapes,
    ring_style,
    sign,
    taken_by,
    zone_names,
    zone_shapes,
)
from gridmap.export.cell_words import column_names, figure, rank, region_figure, say, share
from gridmap.export.pen import CAPITAL_MM, Pen, text_width_mm, wrapped
from gridmap.export.route_map import Area, Home, Name, Shape, Strokes, Window, scale_bar
from gridmap.export.route_sheets import file_stem
from gridmap.export.sheet_page import FOOT_MM, INNER_MM, LEFT_MM, RIGHT_MM, TOP_MM
from gridmap.scoring.advice import Advice
from gridmap.scoring.metrics import note_text, threshold_name

BOOK = "book"
#: Pieces of advice on the page.
ADVICE_SHOWN = 4
#: Top of the lower half.
LOWER_MM = 99.0
MAP_WIDTH_MM, RIGHT_WIDTH_MM = 118.0, 71.0
LEGEND_MM = 9.0


def cell_report(book: ReportBook, cell_id: int, language: Language) -> bytes:
    """Return the report of a cell as a PDF of one page; the same plan gives the same bytes."""
    facts = book.facts(cell_id)
    pen = Pen(say("title", language, code=facts.code, name=facts.name))
    _Page(pen, book, facts, language).draw()
    return pen.finish()


def report_book(book: ReportBook, language: Language, cells: Sequence[int] = ()) -> bytes:
    """Return the league table and the reports of all cells, or of some, as one PDF."""
    pen = Pen(say("book_title", language, territory=book.plan.territory))
    league_pages(pen, book, language)
    for one in cells or book.plan.cells["cell_id"].tolist():
        _Page(pen, book, book.facts(int(one)), language).draw()
    return pen.finish()


def write_cell_reports(plan_file: Path, folder: Path, language: Language) -> list[Path]:
    """Write a report for each cell of a plan and a book of all; each file appears whole.

    Raises
    ------
    InputError
        If the plan cannot be read.
    """
    book = read_report_book(plan_file)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, content in report_files(book, language).items():
        path = folder / name
        draft = path.with_name(f".{name}.part")
        draft.write_bytes(content)
        draft.replace(path)
        written.append(path)
    return written


def report_files(
    book: ReportBook, language: Language, codes: Sequence[str] = ()
) -> dict[str, bytes]:
    """Return the reports of the cells with some codes, or of all, by the name of their files."""
    table = book.plan.cells
    pairs = zip(table["cell_id"].tolist(), table["code"].astype(str), strict=True)
    chosen = {code: int(one) for one, code in pairs if not codes or code in codes}
    files = {
        f"{file_stem(code)}.pdf": cell_report(book, one, language) for code, one in chosen.items()
    }
    return {**files, f"{BOOK}.pdf": report_book(book, language, list(chosen.values()))}


class _Page:
    """One page being drawn."""

    def __init__(self, pen: Pen, book: ReportBook, facts: CellFacts, language: Language) -> None:
        self.pen = pen
        self.book = book
        self.facts = facts
        self.language = language

    def say(self, key: str, **values: object) -> str:
        return say(key, self.language, **values)

    def draw(self) -> None:
        """Draw the page from the top to the foot."""
        self._header()
        bottom = self._advice(TOP_MM - (26.5 if self.book.plan.invented else 20.0))
        self._map(LEFT_MM, LOWER_MM + 2.0 + LEGEND_MM, bottom - 4.0 - LOWER_MM - LEGEND_MM)
        self._scores(RIGHT_MM - RIGHT_WIDTH_MM, bottom - 2.0)
        mode = text(f"scoring.mode.{self.book.mode}", self.language)
        basis = self.say("basis", mode=mode, minutes=self.book.minutes)
        at = (LEFT_MM, LOWER_MM - 2.0)
        draw_figures(
            self.pen, self.facts.figures, at, width=108.0, basis=basis, language=self.language
        )
        at, size = (LEFT_MM + 113.0, LOWER_MM - 2.0), (INNER_MM - 113.0, LOWER_MM - FOOT_MM - 2.0)
        draw_lists(self.pen, self.facts, at, size=size, language=self.language)
        self._foot()
        self.pen.end_page()

    def _header(self) -> None:
        pen, facts, book = self.pen, self.facts, self.book
        pen.box(LEFT_MM, 276.0, 30.0, 14.0, line_mm=None, fill=0.0)
        pen.text(23.0, 280.2, facts.code, 22, bold=True, grey=1.0, anchor="middle", width_mm=27.0)
        pen.text(42.0, 284.4, facts.name, 15, bold=True, width_mm=98.0)
        title = f"{book.plan.territory} · {self.say('heading')}"
        pen.text(42.0, 278.0, title, 9.5, width_mm=98.0)
        manager = (
            self.say("manager", name=", ".join(facts.managers))
            if facts.managers
            else self.say("manager_blank")
        )
        pen.text(RIGHT_MM, 284.4, manager, 10, anchor="right", width_mm=58.0)
        pen.text(RIGHT_MM, 278.0, self._period(), 9.5, anchor="right", width_mm=58.0)
        mode = text(f"scoring.mode.{book.mode}", self.language)
        rests = self.say(
            "rests", position=self._rest(facts.position),
            position_data=share(facts.position.data, self.language),
            coverage_data=share(facts.coverage.data, self.language),
            mode=mode, minutes=book.minutes,
        )  # fmt: skip
        pen.text(LEFT_MM, 271.6, rests, 7.5, grey=0.2, width_mm=INNER_MM)
        if book.plan.invented:
            words = text(
                "sheets.invented", self.language,
                columns=column_names(book.plan.invented, self.language),
            )  # fmt: skip
            width = text_width_mm(words, 8.0) + 4.0
            pen.box(LEFT_MM, 265.6, min(width, INNER_MM), 4.4, line_mm=0.5)
            pen.text(LEFT_MM + 2.0, 266.7, words, 8, bold=True, width_mm=INNER_MM - 4.0)

    def _period(self) -> str:
        if self.book.period:
            return self.say("period", period=self.book.period)
        return self.say("no_period" if "share" in self.book.medians else "no_market")

    def _rest(self, score: ScoreFigure) -> str:
        words = note_text(score.rest, self.language) if score.rest else ""
        return words or self.say("no_score" if score.value is None else "unknown")

    def _advice(self, top: float) -> float:
        """Draw what to do downwards from `top`; return where it ends."""
        pen, facts = self.pen, self.facts
        pen.text(LEFT_MM, top - 4.2, self.say("todo"), 12, bold=True)
        y = top - 6.0
        pen.rule(LEFT_MM, y, RIGHT_MM, y, line_mm=0.6)
        lines: list[tuple[str, float, bool, float]] = []
        if not facts.advice:
            y -= 4.6
            key = "no_advice_lists" if self._has_lists() else "no_advice"
            pen.text(LEFT_MM + 10.0, y, self.say(key), 10, width_mm=INNER_MM - 10.0)
            if weak := self._weakest():
                lines.append((weak, 8.5, False, 0.0))
        if best := self._best_fix():
            lines.insert(0, (best, 9.0, True, 0.0))
        for one in facts.advice[:ADVICE_SHOWN]:
            y = self._piece(one, y)
        hidden = len(facts.advice) - ADVICE_SHOWN
        if hidden > 0:
            more = self.say("more_advice", count=hidden)
            if later := self._hidden_later():
                more += text("scoring.advice_part.join", self.language) + later
            lines.append((more, 7.5, False, 0.25))
        reading = note_text(facts.execution, self.language) if facts.execution else ""
        if facts.execution.startswith("reading_") and reading:
            lines.append((reading, 8.0, False, 0.0))
        for words, size, bold, grey in lines:
            for line in wrapped(words, size, INNER_MM - 10.0):
                y -= 4.0
                pen.text(LEFT_MM + 10.0, y, line, size, bold=bold, grey=grey)
        return y - 2.0

    def _hidden_later(self) -> str:
        """Name the advice that is not shown and yields to other, or nothing."""

        def name(key: str) -> str:
            return text(f"scoring.advice_name.{key}", self.language)

        listed = [
            self.say("more_later_one", name=name(one.rule.key), other=name(one.yields_to))
            for one in self.facts.advice[ADVICE_SHOWN:]
            if one.yields_to
        ]
        return self.say("more_later", listed=", ".join(listed)) if listed else ""

    def _has_lists(self) -> bool:
        facts = self.facts
        return any((facts.zones, facts.zero_sale, facts.unmanaged, facts.pairs))

    def _best_fix(self) -> str:
        """Name the fix of the blind zone that leaves the least demand blind, or nothing."""
        fixed = [
            (one.after, letter, one)
            for letter, one in zip(LETTERS, (self.facts.zones or ())[:ZONES_SHOWN], strict=False)
            if one.before is not None and one.after is not None and one.after < one.before
        ]
        if not fixed:
            return ""
        _, letter, zone = min(fixed, key=lambda one: one[:2])
        _, fix = zone_words(zone, self.language)
        return self.say("best_fix", letter=letter, fix=fix)

    def _weakest(self) -> str:
        """Name the key figures that are worse than the territory's, or nothing."""
        language = self.language
        worse = [
            self.say(
                "weak",
                label=one.metric.metric.label(language),
                here=figure(one.metric, one.value, language),
                territory=region_figure(one, language),
            )
            for one in self.facts.figures
            if one.reading == "worse"
        ]
        join = text("scoring.advice_part.join", language)
        return self.say("weakest", figures=join.join(worse)) if worse else ""

    def _piece(self, one: Advice, y: float) -> float:
        """Draw a piece of advice with its reason downwards from `y`; return where it ends."""
        pen, language = self.pen, self.language
        suggestion = text(f"scoring.advice.{one.rule.key}", language)
        join = text("scoring.advice_part.join", language)
        figures = join.join(evidence.text(language) for evidence in one.figures)
        reason = self.say("why", figures=figures)
        if one.yields_to:
            suggestion = self.say("later", suggestion=suggestion)
            reason = self.say(
                "yields", figures=reason,
                other=text(f"scoring.advice_name.{one.yields_to}", language),
                reason=text(f"scoring.advice_yields.{one.rule.key}", language),
            )  # fmt: skip
        urgency = text(f"scoring.advice_part.severity_{one.rule.severity}", language)
        y -= 5.4
        pen.number(LEFT_MM + 3.4, y + 1.3, 2.6, str(one.priority))
        room = INNER_MM - 10.0 - 24.0
        first = not one.yields_to
        pen.text(RIGHT_MM, y, urgency, 8.5, bold=one.rule.severity == 3 and first, anchor="right",
                 width_mm=22.0)  # fmt: skip
        lines = wrapped(suggestion, 9.5 if first else 8.5, room)
        for number, line in enumerate(lines):
            y -= 4.1 if number else 0.0
            pen.text(LEFT_MM + 10.0, y, line, 9.5 if first else 8.5, bold=first)
        for line in wrapped(reason, 7.5, INNER_MM - 10.0):
            y -= 3.5
            pen.text(LEFT_MM + 10.0, y, line, 7.5, grey=0.25)
        return y

    def _map(self, x: float, y: float, height: float) -> None:
        pen, book, facts = self.pen, self.book, self.facts
        window = cell_window(facts.shape, MAP_WIDTH_MM, height)
        marks, centre = self._marks(window)
        zones = [one.shape for one in (facts.zones or ())]
        pairs = [one.shape for one in (facts.pairs or ())]
        with pen.frame(x, y, MAP_WIDTH_MM, height):
            self._shapes(reach_shapes(window, facts.shape, book.reach))
            if book.streets is not None:
                self._shapes(book.streets.ground(window))
            self._shapes(ring_shapes(window, book.reach))
            self._shapes(zone_shapes(window, zones))
            self._shapes(border_shapes(window, facts.shape))
            taken = taken_by(window, marks, facts.shape)
            if book.streets is not None:
                self._shapes(book.streets.street_names(window, taken))
            self._shapes(pair_shapes(window, pairs[:SHOWN]))
            self._shapes(mark_shapes(window, marks))
            if centre is not None:
                self._shapes([centre])
            for label, place in label_places(window, marks, taken).items():
                pen.haloed(place[0], place[1] - 9.0 * CAPITAL_MM / 2, label, 9.0)
            for name in zone_names(window, zones[:ZONES_SHOWN], LETTERS):
                pen.haloed(name.x, name.y - 11.0 * CAPITAL_MM / 2, name.words, 11.0)
            self._shapes([scale_bar(window)])
        self._legend(x, y - 3.6, has_zones=bool(zones), has_pairs=bool(pairs))

    def _marks(self, window: Window) -> tuple[list[Mark], Home | None]:
        numbers = listed_numbers(self.facts)
        table = self.book.plan.outlets
        left, bottom, right, top = window.bounds
        xy = shapely.get_coordinates(table.geometry.to_numpy())
        seen = (xy[:, 0] > left) & (xy[:, 0] < right) & (xy[:, 1] > bottom) & (xy[:, 1] < top)
        seen &= table["ownership"].isin(["own", "partner", "rival"]).to_numpy()
        cells = self.book.plan.cells
        chosen = cells.loc[cells["cell_id"] == self.facts.cell_id, "centre_outlet_id"].iloc[0]
        marks, centre = [], None
        for (px, py), one in zip(xy[seen], table[seen].itertuples(), strict=True):
            label = numbers.get(str(one.outlet_id), "")
            marks.append(Mark(str(one.ownership), float(px), float(py), label))
            if str(one.outlet_id) == str(chosen):
                on_paper = window.on_paper(np.array([[px, py]]))[0]
                centre = Home(float(on_paper[0]), float(on_paper[1]))
        return marks, centre

    def _legend(self, x: float, y: float, *, has_zones: bool, has_pairs: bool) -> None:
        at = x
        for ownership in ("own", "partner", "rival"):
            self._shapes(sign(ownership, at + 1.6, y + 0.9))
            at = self._word(at + 4.2, y, self.say(ownership))
        sign_of_home = text("sheets.home_sign", self.language)
        at = self._word(at, y, f"{sign_of_home} = {self.say('centre')}")
        if has_zones:
            at = self._word(at, y, f"A B = {self.say('blind')}")
        if listed_numbers(self.facts):
            self._word(at, y, self.say("listed"))
        y -= 4.4
        at = x
        if self.book.reach:
            at = self._rings_legend(x, y)
        if has_pairs:
            dots = shapely.get_coordinates(shapely.LineString([(at, y + 0.9), (at + 6, y + 0.9)]))
            self._shapes([Strokes((dots,), 0.6, 0.0, (0.1, 1.1))])
            at = self._word(at + 7.5, y, self.say("pair"))

    def _rings_legend(self, x: float, y: float) -> float:
        at = self._word(x, y, self.say("reached"))
        for place, (minutes, _) in enumerate(self.book.reach):
            grey, dash = ring_style(place)
            swatch = shapely.get_coordinates(shapely.box(at, y - 0.6, at + 6.0, y + 2.4))
            self._shapes([Area(swatch, grey), Strokes((swatch,), RING_MM, RING_GREY, dash)])
            at = self._word(at + 7.0, y, self.say("within", minutes=minutes))
        swatch = shapely.get_coordinates(shapely.box(at, y - 0.6, at + 6.0, y + 2.4))
        self._shapes([Area(swatch, BEYOND_GREY)])
        return self._word(at + 7.0, y, self.say("beyond", minutes=self.book.reach[-1][0]))

    def _word(self, x: float, y: float, words: str) -> float:
        self.pen.text(x, y, words, 7.5)
        return x + text_width_mm(words, 7.5) + 3.5

    def _shapes(self, shapes: Sequence[Shape | Name]) -> None:
        signs = (text("sheets.home_sign", self.language), text("sheets.north", self.language))
        self.pen.shapes(shapes, signs)

    def _scores(self, x: float, top: float) -> None:
        """Draw both scores, the quadrant and the chart downwards from `top`."""
        y = top
        for key, score in (("position", self.facts.position), ("coverage", self.facts.coverage)):
            self._score(x, y, self.say(key), score)
            y -= 16.5
        quadrant = text(f"scoring.quadrant.{self.facts.quadrant}", self.language)
        meaning = text(f"scoring.quadrant_meaning.{self.facts.quadrant}", self.language)
        reading = self.say("reading", quadrant=quadrant, meaning=meaning)
        for line in wrapped(reading, 7.5, RIGHT_WIDTH_MM):
            y -= 3.5
            self.pen.text(x, y, line, 7.5)
        y = self._reached(x, y - 2.0)
        note = "chart_note"
        if self.facts.position.value is None or self.facts.coverage.value is None:
            note = "chart_unplaced"
        lines = wrapped(self.say(note, others=len(self.book.spots) - 1), 6.5, RIGHT_WIDTH_MM)
        bottom = LOWER_MM + 3.0
        low = bottom + 2.9 * len(lines) + 8.5
        side = min(RIGHT_WIDTH_MM - 9.0, y - 7.0 - low)
        low = y - 7.0 - side
        box = (x + 7.0, low, RIGHT_WIDTH_MM - 9.0, side)
        draw_chart(self.pen, self.book, self.facts, box, self.language)
        for number, line in enumerate(lines):
            self.pen.text(x, low - 11.0 - 2.9 * number, line, 6.5, grey=0.25)

    def _reached(self, x: float, top: float) -> float:
        """Draw the share of demand that is reached within each threshold; return where it ends."""
        pen, y = self.pen, top - 3.5
        columns = [x + RIGHT_WIDTH_MM * share for share in (0.46, 0.80, 1.0)]
        pen.text(x, y, self.say("reached_demand"), 7.5, bold=True, width_mm=30.0)
        for at, key in zip(columns, ("own", "ours", "rival"), strict=True):
            pen.text(at, y, self.say(key), 7.5, bold=True, anchor="right", width_mm=15.0)
        y -= 1.2
        pen.rule(x, y, x + RIGHT_WIDTH_MM, y, line_mm=0.2)
        for minutes in sorted(self.book.plan.request.scoring.modes[self.book.mode]):
            y -= 3.6
            pen.text(x, y, self.say("within_minutes", minutes=minutes), 7.5)
            for at, key in zip(columns, ("own", "ours", "rival"), strict=True):
                name = threshold_name(f"coverage_{key}", self.book.mode, minutes)
                row = self.book.rows.get((self.facts.cell_id, name))
                value = None if row is None else known(row.value)
                pen.text(at, y, share(value, self.language), 7.5, anchor="right")
        return y - 1.0

    def _score(self, x: float, top: float, label: str, score: ScoreFigure) -> None:
        pen = self.pen
        pen.box(x, top - 15.0, RIGHT_WIDTH_MM, 15.0, line_mm=0.3)
        pen.text(x + 2.0, top - 4.4, label, 9, bold=True, width_mm=40.0)
        pen.text(x + RIGHT_WIDTH_MM - 2.0, top - 4.4, rank(score, self.language), 8,
                 anchor="right", width_mm=34.0)  # fmt: skip
        if score.value is None:
            pen.text(x + 2.0, top - 11.5, self.say("no_score"), 11, bold=True)
            reason = note_text(score.rest, self.language) if score.rest else ""
            pen.text(x + 24.0, top - 11.5, reason, 7, width_mm=RIGHT_WIDTH_MM - 26.0)
            return
        number = f"{score.value:.0f}"
        pen.text(x + 2.0, top - 12.4, number, 19, bold=True)
        pen.text(x + 3.0 + text_width_mm(number, 19), top - 12.4, self.say("of_100"), 7)
        low, width = x + 29.0, RIGHT_WIDTH_MM - 32.0
        pen.rule(low, top - 8.6, low + width, top - 8.6, line_mm=0.2, grey=0.4)
        for tick in (0, 50, 100):
            at = low + width * tick / 100.0
            pen.rule(at, top - 7.9, at, top - 9.3, line_mm=0.2, grey=0.4)
        if score.p05 is not None and score.p95 is not None:
            start, end = (low + width * one / 100.0 for one in (score.p05, score.p95))
            pen.box(start, top - 9.5, max(end - start, 0.3), 1.8, line_mm=None, fill=0.6)
            words = self.say("band", low=score.p05, high=score.p95)
            pen.text(x + RIGHT_WIDTH_MM - 2.0, top - 13.4, words, 7, anchor="right")
        at = low + width * score.value / 100.0
        pen.box(at - 0.5, top - 10.2, 1.0, 3.2, line_mm=None, fill=0.0)

    def _foot(self) -> None:
        plan = self.book.plan
        self.pen.text(LEFT_MM, 6.0, plan.attribution, 6.0, grey=0.25, width_mm=120.0)
        where = f"{plan.territory} · {self.facts.code}"
        self.pen.text(RIGHT_MM, 6.0, where, 6.5, grey=0.25, anchor="right", width_mm=70.0)
