"""A comparison in words, as plain values, as a workbook and as a table for statistics."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xlsxwriter

from gridmap.catalogue import Language, text
from gridmap.errors import InputError, fault
from gridmap.export.plan_changes import Comparison
from gridmap.export.score_sheets import FORMATS, Book
from gridmap.export.scorecards import CREATED
from gridmap.export.scores_csv import harmless
from gridmap.export.sheet_column import Column
from gridmap.scoring.metrics import named

#: Rows of a metric that are printed.
SHOWN = 6
#: Height of a row with a sentence of three lines.
EFFECT_POINTS = 42


def comparison_text(found: Comparison, language: Language) -> str:
    """Return the comparison for people: told metrics with the largest changes, then effects."""
    lines = [_headline(found, language)]

    def rebound(row: dict[Any, Any]) -> bool:
        return found.borders != "plan" and row["basis"] != "cell"

    for name in found.told:
        rows = found.table[found.table["metric"] == name]
        if not len(rows):
            continue
        share = named(name).metric.unit == "share"
        lines += ["", named(name).label(language)]
        for row in rows.head(SHOWN).to_dict("records"):
            mark = ("*" if row["beyond_bands"] else " ") + ("~" if rebound(row) else " ")
            before, after = (_figure(row[key], share=share) for key in ("before", "after"))
            change = _change(row["change"], language, share=share)
            lines.append(f" {mark} {row['code']}  {before} → {after}  ({change})")
        if len(rows) > SHOWN:
            lines.append("    " + text("compare.more", language, count=len(rows) - SHOWN))
    return "\n".join([*lines, "", *caveats(found, language), *effect_sentences(found, language)])


def comparison_values(found: Comparison, language: Language) -> dict[str, Any]:
    """Return the comparison as plain values for JSON; what is missing is None."""
    told = found.table[found.table["metric"].isin(found.told)]
    effects = effect_rows(found, language)
    return {
        "before": found.before,
        "after": found.after,
        "borders": found.borders,
        "touched": list(found.touched),
        "changes": _plain(told),
        "effects": _plain(effects),
        "caveats": caveats(found, language),
    }


def write_comparison(found: Comparison, path: Path, language: Language) -> Path:
    """Write all changes as CSV, or as a workbook with the effects and caveats; by the suffix.

    Raises
    ------
    InputError
        If the suffix is neither .csv nor .xlsx.
    """
    kind = path.suffix.lower()
    if kind not in (".csv", ".xlsx"):
        raise InputError(fault("compare.fault.suffix", path))
    draft = path.with_name(f".{path.name}.part")
    if kind == ".csv":
        table = found.table.assign(label=[named(one).label(language) for one in
                                          found.table["metric"]])  # fmt: skip
        table[["code", "label"]] = table[["code", "label"]].map(harmless)
        table.to_csv(draft, index=False, encoding="utf-8-sig", lineterminator="\r\n")
    else:
        draft.write_bytes(_workbook(found, language))
    draft.replace(path)
    return path


def caveats(found: Comparison, language: Language) -> list[str]:
    """Return what a reader must know before believing the figures."""
    lines = [text("compare.invented", language)] if found.invented else []
    if found.borders == "plan":
        lines.append(text("compare.no_bands", language))
    else:
        lines.append(text("compare.mark", language))
        if found.borders != "same":
            lines.append(text("compare.rebound", language))
        if found.lacks_rates:
            lines.append(text("compare.lacks_rates", language))
        if found.found and found.touched:
            codes = ", ".join(found.touched)
            lines.append(text("compare.touched_auto", language, codes=codes))
        elif found.found:
            lines.append(text("compare.touched_none", language))
    return lines


def effect_sentences(found: Comparison, language: Language) -> list[str]:
    """Return a sentence on the effect on each told metric."""
    return [
        one.text(named(name).label(language), language, share=named(name).metric.unit == "share")
        for name, one in found.effects.items()
    ]


def effect_rows(found: Comparison, language: Language) -> pd.DataFrame:
    """Return one row a metric: effect, interval, p and numbers of cells, and in words."""
    rows = [
        (name, one.effect, one.low, one.high, one.p_value, one.touched, one.untouched, said)
        for (name, one), said in zip(
            found.effects.items(), effect_sentences(found, language), strict=True
        )
    ]
    columns = ["metric", "effect", "low", "high", "p", "touched", "untouched", "told"]
    return pd.DataFrame(rows, columns=columns)


def _headline(found: Comparison, language: Language) -> str:
    if found.borders == "plan":
        return text("compare.months", language, before=found.before, after=found.after)
    borders = text(f"compare.borders.{found.borders}", language)
    return text("compare.versions", language, old=found.before, new=found.after, borders=borders)


def _workbook(found: Comparison, language: Language) -> bytes:
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as workbook:
        workbook.set_properties({"title": _headline(found, language), "created": CREATED})
        book = Book(workbook, language)
        table, effects = found.table, effect_rows(found, language)

        def head(key: str) -> str:
            return text(f"compare.column.{key}", language)

        styles = [_style(name) for name in table["metric"]]
        columns = [
            Column(head("cell"), table["code"].tolist(), width=12),
            Column(head("metric"), table["metric"].tolist(), width=28),
            Column(head("label"), [named(one).label(language) for one in table["metric"]],
                   width=40),
            *(Column(head(key), table[key].tolist(), styles=styles)
              for key in ("before", "after", "change")),
            Column(head("beyond"), [text(f"compare.beyond.{'yes' if one else 'no'}", language)
                                    for one in table["beyond_bands"]]),
            Column(head("basis"), [text(f"compare.basis.{one}", language)
                                   for one in table["basis"]], width=16),
        ]  # fmt: skip
        book.sheet("changes", columns, frozen=1, title=text("compare.sheet.changes", language))
        effect_styles = [_style(name) for name in effects["metric"]]
        columns = [
            Column(head("label"), [named(one).label(language) for one in effects["metric"]],
                   width=40),
            *(Column(head(key), effects[key].tolist(), styles=effect_styles)
              for key in ("effect", "low", "high")),
            Column(head("p"), effects["p"].tolist(), "number"),
            *(Column(head(key), effects[key].tolist(), "count")
              for key in ("touched", "untouched")),
            Column(head("told"), effects["told"].tolist(), width=100),
        ]  # fmt: skip
        sheet = book.sheet(
            "effects", columns, frozen=1, title=text("compare.sheet.effects", language)
        )
        for row in range(1, len(effects) + 1):
            sheet.set_row(row, EFFECT_POINTS)
        lines = [_headline(found, language), *caveats(found, language)]
        column = Column(text("compare.sheet.caveats", language), lines, width=120)
        book.sheet("caveats", [column], title=text("compare.sheet.caveats", language))
    return buffer.getvalue()


def _style(metric: str) -> str:
    unit = named(metric).metric.unit
    return unit if unit in FORMATS else "ratio"


def _plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    plain = table.astype(object)
    rows = plain.where(plain.notna(), None).to_dict("records")
    return [{str(key): value for key, value in row.items()} for row in rows]


def _figure(value: float, *, share: bool) -> str:
    if np.isnan(value):
        return "–"
    return f"{value:.1%}" if share else f"{value:,.2f}"


def _change(value: float, language: Language, *, share: bool) -> str:
    key = "compare.share_points" if share else "compare.number"
    return text(key, language, value=100.0 * value if share else value)
