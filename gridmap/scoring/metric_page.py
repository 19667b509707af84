"""The page of all metrics, written from the registry: it can't say anything else.

``python -m gridmap.scoring.metric_page docs`` writes ``metrics.md`` and ``metrics.zh.md``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from gridmap.catalogue import LANGUAGES, Language, text
from gridmap.scoring.metrics import DIRECTIONS, METRICS, Metric

PAGE_NAMES: dict[Language, str] = {"en": "metrics.md", "zh": "metrics.zh.md"}
COLUMNS = ("metric", "label", "meaning", "formula", "unit", "range", "direction", "source")


def metric_page(language: Language) -> str:
    """Return the page of all metrics as Markdown, a table for each dimension."""
    lines = [f"# {text('scoring.page.title', language)}", "", text("scoring.page.intro", language)]
    for dimension in dict.fromkeys(one.dimension for one in METRICS.values()):
        headings = [text(f"scoring.column.{key}", language) for key in COLUMNS]
        lines += ["", f"## {text(f'scoring.dimension.{dimension}', language)}", ""]
        lines += [_row(headings), _row(["---"] * len(headings))]
        lines += [
            _row(_fields(one, language)) for one in METRICS.values() if one.dimension == dimension
        ]
    return "\n".join(lines) + "\n"


def write_pages(folder: Path) -> list[Path]:
    """Write the page in every language and return the files."""
    written = [folder / PAGE_NAMES[language] for language in LANGUAGES]
    for language, path in zip(LANGUAGES, written, strict=True):
        path.write_text(metric_page(language), encoding="utf-8")
    return written


def _fields(metric: Metric, language: Language) -> list[str]:
    name = {"mode": "_MODE", "threshold": "_MODE_MINUTES", "item": "[_ITEM]"}.get(metric.spread, "")
    return [
        f"`{metric.key}{name}`",
        metric.label(language),
        metric.meaning(language),
        f"`{metric.formula}`",
        text(f"scoring.unit.{metric.unit}", language),
        metric.bounds,
        text(f"scoring.direction.{DIRECTIONS[metric.direction]}", language),
        metric.source,
    ]


def _row(fields: list[str]) -> str:
    return "| " + " | ".join(one.replace("|", "\\|") for one in fields) + " |"


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]))
