"""The sentences of the area ``speeds``: each is used, and each use has one."""

from __future__ import annotations

import re
from pathlib import Path

from gridmap.catalogue import sentences


def test_every_sentence_is_used_and_every_use_has_a_sentence() -> None:
    root = Path(__file__).parents[3]
    sources = [
        *root.glob("geodata/*.py"),
        *root.glob("gridmap/travel/*.py"),
        root / "gridmap/table_commands.py",
    ]
    used = set()
    for source in sources:
        used |= set(re.findall(r'"(speeds\.\w+)"', source.read_text(encoding="utf-8")))
    own = {key for key in sentences("en") if key.startswith("speeds.")}
    rows = {key for key in own if key.endswith("_rows")}
    assert used == own - rows
    assert {key.removesuffix("_rows") for key in rows} <= used


def test_row_sentences_take_only_what_a_row_gives() -> None:
    for language in ("en", "zh"):
        for key, sentence in sentences(language).items():
            if key.startswith("speeds.") and key.endswith("_rows"):
                assert sentence.format(count=1, rows="2")
                assert sentences(language)[key.removesuffix("_rows")].format(found="x")
