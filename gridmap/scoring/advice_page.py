"""The page of all rules of advice, written from the rules: it can't say anything else.

``python -m gridmap.scoring.advice_page docs`` writes ``advice.md`` and ``advice.zh.md``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from gridmap.catalogue import LANGUAGES, Language, text
from gridmap.scoring.advice_rules import RULES, Condition, Rule
from gridmap.scoring.metrics import METRICS

PAGE_NAMES: dict[Language, str] = {"en": "advice.md", "zh": "advice.zh.md"}
COLUMNS = ("rule", "suggestion", "conditions", "evidence", "severity", "yields", "source")


def advice_page(language: Language) -> str:
    """Return the page of all rules as Markdown: a table, and how to change a limit."""
    lines = [f"# {text('advice.page.title', language)}", "", text("advice.page.intro", language)]
    headings = [text(f"advice.column.{key}", language) for key in COLUMNS]
    lines += ["", _row(headings), _row(["---"] * len(headings))]
    lines += [_row(_fields(one, language)) for one in RULES]
    lines += ["", f"## {text('advice.page.settings', language)}", ""]
    lines += [text("advice.page.settings_intro", language), "", "```toml", "[scoring.advice]"]
    for rule in RULES:
        limits = [one for one in rule.conditions if one.test != "missing"]
        if limits:
            said = ", ".join(f"{one.name} = {one.limit:g}" for one in limits)
            lines.append(f"{rule.key} = {{ {said} }}")
    return "\n".join([*lines, "```"]) + "\n"


def write_pages(folder: Path) -> list[Path]:
    """Write the page in every language and return the files."""
    written = [folder / PAGE_NAMES[language] for language in LANGUAGES]
    for language, path in zip(LANGUAGES, written, strict=True):
        path.write_text(advice_page(language), encoding="utf-8")
    return written


def _fields(rule: Rule, language: Language) -> list[str]:
    join = text("advice.page.join", language)
    evidence = [METRICS[one.rstrip("@~")].label(language) for one in rule.evidence]
    yields = [text(f"scoring.advice_name.{one}", language) for one in rule.yields_to]
    told = join.join(yields)
    if yields:
        reason = text(f"scoring.advice_yields.{rule.key}", language)
        told = text("advice.page.reason", language, others=told, reason=reason)
    return [
        f"`{rule.key}`",
        text(f"scoring.advice.{rule.key}", language),
        join.join(_condition(one, language) for one in rule.conditions),
        join.join(evidence),
        text(f"scoring.advice_part.severity_{rule.severity}", language),
        told,
        rule.source,
    ]


def _condition(one: Condition, language: Language) -> str:
    label = METRICS[one.name].label(language)
    return text(f"advice.condition.{one.test}", language, metric=label, limit=one.limit)


def _row(fields: list[str]) -> str:
    return "| " + " | ".join(one.replace("|", "\\|") for one in fields) + " |"


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]))
