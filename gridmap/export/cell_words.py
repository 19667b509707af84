"""How figures of a cell's report are written."""

from __future__ import annotations

from gridmap.catalogue import Language, sentences, text
from gridmap.export.cell_facts import KeyFigure, ScoreFigure
from gridmap.scoring.metrics import Named, note_text

#: The font of the reports has no minus sign; its dash of the same width stands for it.
MINUS = "–"


def say(key: str, language: Language, **values: object) -> str:
    """Return a sentence of the area ``cellreport``."""
    return text(f"cellreport.{key}", language, **values)


def share(value: float | None, language: Language) -> str:
    """Return a share in per cent; what is missing is called missing."""
    return say("missing", language) if value is None else f"{100.0 * value:.0f}\u00a0%"


def figure(metric: Named, value: float | None, language: Language) -> str:
    """Return a figure in its unit."""
    if value is None:
        return say("missing", language)
    if metric.metric.key == "execution_gap":
        return say("points", language, value=100.0 * value).replace("-", MINUS)
    match metric.metric.unit:
        case "share":
            return share(value, language)
        case "minutes":
            return say("minutes", language, value=value)
        case "score":
            return f"{value:.0f}"
        case _:
            return f"{value:,.2f}"


def region_figure(one: KeyFigure, language: Language) -> str:
    """Return the figure of the territory; a median says that it is one."""
    if one.region is None:
        return say("unknown", language)
    value = figure(one.metric, one.region, language)
    return say("median", language, value=value) if one.is_median else value


def band(one: KeyFigure, language: Language) -> str:
    """Return the band of a figure, empty where it has none."""
    if one.p05 is None or one.p95 is None or one.p05 == one.p95:
        return ""
    low, high = figure(one.metric, one.p05, language), figure(one.metric, one.p95, language)
    return say("range", language, low=low.removesuffix(" %"), high=high)


def why_missing(note: str, language: Language) -> str:
    """Return why a figure is missing."""
    reason = note_text(note, language) if note else ""
    return say("missing_why", language, reason=reason) if reason else say("missing", language)


def rank(score: ScoreFigure, language: Language) -> str:
    """Return the band of a rank."""
    if score.rank_low is None or score.rank_high is None:
        return ""
    key = "rank" if score.rank_low != score.rank_high else "rank_one"
    return say(key, language, low=score.rank_low, high=score.rank_high, cells=score.cells)


def column_names(columns: tuple[str, ...], language: Language) -> str:
    """Return the names of invented columns."""
    known = sentences(language)
    return ", ".join(known.get(f"sheets.invented_column.{one}", one) for one in columns)
