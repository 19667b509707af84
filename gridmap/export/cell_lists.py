"""The lower half of a cell's report: key figures beside the territory's, and lists to look at."""

from __future__ import annotations

from collections.abc import Sequence

from gridmap.catalogue import Language
from gridmap.export.cell_facts import CellFacts, FoundPair, FoundZone, KeyFigure, Listed
from gridmap.export.cell_words import band, figure, region_figure, say, share, why_missing
from gridmap.export.pen import Pen, text_width_mm, wrapped

ROW_MM, LINE_MM = 7.2, 3.5
#: Rows of each list before the rest is only counted.
SHOWN, ZONES_SHOWN = 4, 3
LETTERS = "ABCDEFGH"


def listed_numbers(facts: CellFacts) -> dict[str, str]:
    """Return the number in the lists and on the map of each outlet that is listed by name."""
    shown = [*(facts.zero_sale or ())[:SHOWN], *facts.unmanaged[:SHOWN]]
    ids = dict.fromkeys(one.outlet_id for one in shown)
    return {one: str(number) for number, one in enumerate(ids, start=1)}


def draw_figures(
    pen: Pen,
    figures: Sequence[KeyFigure],
    at: tuple[float, float],
    *,
    width: float,
    basis: str,
    language: Language,
) -> None:
    """Draw the table of key figures downwards from a point; `basis` names time and threshold."""
    x, top = at
    columns = (x + width - 46.0, x + width - 20.0, x + width)
    title = say("figures", language)
    pen.text(x, top - 3.4, title, 10, bold=True)
    pen.text(x + text_width_mm(title, 10) + 2.5, top - 3.4, basis, 7, grey=0.25)
    for column, key in zip(columns, ("here", "territory", "compared"), strict=True):
        pen.text(column, top - 3.4, say(key, language), 8, bold=True, anchor="right")
    y = top - 5.0
    pen.rule(x, y, x + width, y, line_mm=0.4)
    for one in figures:
        _figure_row(pen, one, (x, y), columns, language)
        y -= ROW_MM
        pen.rule(x, y, x + width, y, line_mm=0.1, grey=0.5)
    for line in wrapped(say("arrow_note", language), 6.5, width):
        y -= 2.9
        pen.text(x, y, line, 6.5, grey=0.25)


def _figure_row(
    pen: Pen, one: KeyFigure, at: tuple[float, float], columns: tuple[float, ...],
    language: Language,
) -> None:  # fmt: skip
    x, y = at
    room = columns[0] - x - 17.0
    label, *rest = wrapped(one.metric.metric.label(language), 8, room)
    pen.text(x, y - 3.2, label, 8, width_mm=room)
    second = " ".join(rest)
    if second:
        pen.text(x, y - 6.2, second, 8, width_mm=room)
    direction = {1: "more_better", -1: "less_better"}.get(one.metric.metric.direction)
    if direction:
        after = text_width_mm(second + "  ", 8) if second else 0.0
        words = say(direction, language)
        pen.text(x + after, y - 6.2, words, 6.5, grey=0.25, width_mm=room - after)
    pen.text(columns[1], y - 3.2, region_figure(one, language), 8, anchor="right", width_mm=24.0)
    if one.value is None:
        pen.text(columns[0], y - 3.2, say("missing", language), 8, anchor="right")
        reason = why_missing(one.note, language)
        pen.text(columns[2], y - 6.2, reason, 6.5, grey=0.25, anchor="right", width_mm=75.0)
        return
    pen.text(columns[0], y - 3.2, figure(one.metric, one.value, language), 9, bold=True,
             anchor="right")  # fmt: skip
    pen.text(columns[0], y - 6.2, band(one, language), 6.5, grey=0.25, anchor="right")
    worse = one.reading == "worse"
    reading = say(one.reading, language)
    pen.text(columns[2], y - 3.2, reading, 8, bold=worse, anchor="right", width_mm=20.0)


def draw_lists(
    pen: Pen,
    facts: CellFacts,
    at: tuple[float, float],
    *,
    size: tuple[float, float],
    language: Language,
) -> None:
    """Draw the lists downwards from a point into a width and a height."""
    x, top = at
    width, height = size
    pen.text(x, top - 3.4, say("lists", language), 10, bold=True)
    pen.rule(x, top - 5.0, x + width, top - 5.0, line_mm=0.4)
    blocks = _blocks(facts, language)
    room = int((height - 6.0 - 1.2 * len(blocks)) / LINE_MM)
    kept = _share_room([len(lines) for _, lines, _ in blocks], room - len(blocks))
    y = top - 5.0
    for (heading, lines, hidden), count in zip(blocks, kept, strict=True):
        y -= LINE_MM + 1.0
        pen.text(x, y, heading, 8, bold=True, width_mm=width)
        rest = hidden + len(lines) - count
        shown = list(lines[:count])
        if rest and shown:
            shown[-1] = say("more", language, count=rest + 1) if rest > hidden else shown[-1]
            if rest == hidden:
                shown[-1] += f"  {say('more', language, count=rest)}"
        for line in shown:
            y -= LINE_MM
            pen.text(x + 2.0, y, line, 7.5, width_mm=width - 2.0)


def _share_room(wanted: Sequence[int], room: int) -> list[int]:
    """Return how many lines each list gets: fewer from the longest until all fit."""
    kept = list(wanted)
    while sum(kept) > room and max(kept) > 1:
        kept[max(range(len(kept)), key=lambda one: (kept[one], one))] -= 1
    return kept


def _blocks(facts: CellFacts, language: Language) -> list[tuple[str, list[str], int]]:
    """Return heading, lines and number of rows not shown of each list."""
    numbers = listed_numbers(facts)
    none = [say("none", language)]

    def outlets(rows: Sequence[Listed]) -> list[str]:
        return [f"{numbers[one.outlet_id]}  {one.words}" for one in rows[:SHOWN]] or none

    blocks: list[tuple[str, list[str], int]] = []
    if facts.zones is None:
        blocks.append((_heading("zones", None, language), [say("not_analysed", language)], 0))
    else:
        zones = []
        for letter, one in zip(LETTERS, facts.zones[:ZONES_SHOWN], strict=False):
            where, fix = zone_words(one, language)
            zones += [f"{letter}  {where}", f"     {fix}"]
        hidden = max(0, len(facts.zones) - ZONES_SHOWN)
        blocks.append((_heading("zones", len(facts.zones), language), zones or none, hidden))
    if facts.zero_sale is None:
        line = [say("sales_unknown", language)]
        blocks.append((_heading("zero_sale", None, language), line, 0))
    else:
        hidden = max(0, len(facts.zero_sale) - SHOWN)
        heading = _heading("zero_sale", len(facts.zero_sale), language)
        blocks.append((heading, outlets(facts.zero_sale), hidden))
    heading = _heading("unmanaged", len(facts.unmanaged), language)
    hint = f"{heading} – {say('unmanaged_hint', language)}"
    hidden = max(0, len(facts.unmanaged) - SHOWN)
    blocks.append((hint, outlets(facts.unmanaged), hidden))
    if facts.pairs is None:
        blocks.append((_heading("pairs", None, language), [say("not_analysed", language)], 0))
    else:
        pairs = []
        for pair in facts.pairs[:SHOWN]:
            which, cure = pair_words(pair, language)
            pairs += [which, f"     {cure}"]
        hidden = max(0, len(facts.pairs) - SHOWN)
        blocks.append((_heading("pairs", len(facts.pairs), language), pairs or none, hidden))
    return blocks


def _heading(key: str, count: int | None, language: Language) -> str:
    return say(key, language, count="?" if count is None else count)


def zone_words(zone: FoundZone, language: Language) -> tuple[str, str]:
    """Return demand of a blind zone and way to our nearest outlet, and the fix with its effect."""
    fix = fix_words(zone.fix, zone.fix_outlet, language)
    if zone.before is not None and zone.after is not None:
        fix = say(
            "zone_effect", language, fix=fix,
            before=share(zone.before, language), after=share(zone.after, language),
        )  # fmt: skip
    nearest = (
        say("far", language)
        if zone.nearest_min is None
        else say("minutes", language, value=zone.nearest_min)
    )
    return say("zone", language, share=share(zone.share, language), nearest=nearest), fix


def pair_words(pair: FoundPair, language: Language) -> tuple[str, str]:
    """Return the outlets of a pair, and what they share with the fix."""
    fix = fix_words(pair.fix, pair.fix_outlet, language)
    return (
        say("pair_line", language, first=pair.first, second=pair.second),
        say("pair_fix", language, overlap=share(pair.overlap, language), fix=fix),
    )


def fix_words(fix: str, outlet: str, language: Language) -> str:
    """Return a fix in words; empty = none was sought."""
    return say(f"fix.{fix or 'unknown'}", language, outlet=outlet)
