"""What moves between cells as text, and as plain values for a machine."""

from __future__ import annotations

import unicodedata
from typing import Any

import pandas as pd

from gridmap.catalogue import Language, text
from gridmap.export.border_changes import FLOWS, BorderChanges

_WHOLE = {"units", "customers", "outlets", "visited", "lost"}


def changes_text(changes: BorderChanges, language: Language) -> str:
    """Return the table of flows with its totals, or that nothing moves."""
    if changes.flows.empty:
        return text("drafts.diff.nothing", language)
    head = [text(f"drafts.diff.column.{name}", language) for name in FLOWS]
    rows = [
        [_told(name, value) for name, value in zip(FLOWS, row, strict=True)]
        for row in changes.flows[list(FLOWS)].itertuples(index=False)
    ]
    total = changes.total
    last = [
        text("drafts.diff.total", language),
        "",
        *(_told(name, total[name]) for name in FLOWS[2:]),
    ]
    table = [head, *rows, last]
    widths = [max(_columns(row[at]) for row in table) for at in range(len(FLOWS))]
    return "\n".join(
        "  ".join(
            _padded(cell, width, right=at > 1)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    )


def changes_values(changes: BorderChanges) -> dict[str, Any]:
    """Return flows, outlets and totals as JSON knows them; areas in square metres."""
    return {
        "flows": _records(changes.flows),
        "outlets": _records(changes.outlets),
        "total": changes.total,
    }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    return [
        {str(name): getattr(one, "item", lambda one=one: one)() for name, one in row.items()}
        for row in rows
    ]


def _told(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    if name == "area_m2":
        return f"{value / 1e6:,.3f}"
    return f"{value:,.0f}" if name in _WHOLE else f"{value:,.1f}"


def _columns(told: str) -> int:
    """Return how many columns of a terminal a text takes; Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in told)


def _padded(told: str, width: int, *, right: bool) -> str:
    gap = " " * (width - _columns(told))
    return gap + told if right else told + gap
