"""The scores of a plan as a tidy table for spreadsheets and statistics."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from gridmap.catalogue import Language, text
from gridmap.scenario import Scenario
from gridmap.scoring.metrics import named, note_text

COLUMNS = (
    "cell_code", "metric", "label", "value", "unit", "p05", "p95", "rank_low", "rank_high", "n",
    "note",
)  # fmt: skip
#: What makes a spreadsheet run the text behind it.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def scores_table(scenario: Scenario, language: Language = "en") -> pd.DataFrame:
    """Return one row a cell and metric, see `COLUMNS`; what is missing is NaN.

    The columns have the same names in every language; label, unit and note are in words.
    """
    scores = scenario.scores
    codes = dict(zip(scenario.cells["cell_id"], scenario.cells["code"].astype(str), strict=True))
    names = {one: named(one) for one in scores["metric"].unique().tolist()}
    notes = {one: note_text(one, language) for one in scores["note"].unique().tolist()}
    label = {name: one.label(language) for name, one in names.items()}
    unit = {name: text(f"scoring.unit.{one.metric.unit}", language) for name, one in names.items()}
    table = scores.assign(
        cell_code=scores["cell_id"].map(codes),
        label=scores["metric"].map(label),
        unit=scores["metric"].map(unit),
        note=scores["note"].map(notes),
    )[list(COLUMNS)]
    words = ["cell_code", "metric", "label", "note"]
    table[words] = table[words].map(harmless)
    whole = ["rank_low", "rank_high", "n"]
    table[whole] = table[whole].astype("Int64")
    return table


def write_scores_csv(scenario: Scenario, path: Path, language: Language = "en") -> Path:
    """Write the scores as CSV in UTF-8 with a byte order mark, by which Excel knows it.

    The file appears whole or not at all; the same plan gives the same bytes.
    """
    draft = path.with_name(f".{path.name}.part")
    table = scores_table(scenario, language)
    table.to_csv(draft, index=False, encoding="utf-8-sig", lineterminator="\r\n")
    draft.replace(path)
    return path


def harmless(words: str) -> str:
    """Return words that no spreadsheet takes for a formula."""
    return f"'{words}" if words.startswith(FORMULA_SIGNS) else words
