"""Numbers as people read them."""

from __future__ import annotations

from gridmap.catalogue import Language, text

MISSING = "–"


def share(value: float | None, *, sign: bool = False) -> str:
    """Return a share as a percentage."""
    if value is None:
        return MISSING
    return f"{value:+.1%}" if sign else f"{value:.1%}"


def number(value: float | None, decimals: int = 0) -> str:
    """Return a number with thousands separated."""
    return MISSING if value is None else f"{value:,.{decimals}f}"


def significant(value: float | None) -> str:
    """Return a number with as many decimals as its size deserves."""
    if value is None:
        return MISSING
    size = abs(value)
    return number(value, 0 if size >= 100 else 1 if size >= 10 else 2)


def minutes(seconds: float, language: Language) -> str:
    """Return seconds as whole minutes with their unit."""
    return text("pages.unit.minutes", language, value=f"{seconds / 60.0:,.0f}")


def kilometres(metres: float, language: Language) -> str:
    """Return metres as kilometres with their unit."""
    return text("pages.unit.kilometres", language, value=f"{metres / 1000.0:,.1f}")


def square_kilometres(area_m2: float, language: Language) -> str:
    """Return square metres as square kilometres with their unit."""
    return text("pages.unit.square_kilometres", language, value=f"{area_m2 / 1e6:,.2f}")


def rank_band(low: int | None, high: int | None, of: int, language: Language) -> str:
    """Return a band of ranks, or nothing where there is none."""
    if low is None or high is None:
        return ""
    if low == high:
        return text("pages.card.rank", language, rank=low, cells=of)
    return text("pages.card.rank_band", language, low=low, high=high, cells=of)
