"""The sentences of the area ``world``: each is used and each use has one."""

from __future__ import annotations

import re
from pathlib import Path

from gridmap.catalogue import sentences


def test_every_sentence_is_used_and_every_use_has_a_sentence() -> None:
    source = "".join(
        path.read_text(encoding="utf-8")
        for path in sorted((Path(__file__).parents[3] / "geodata").glob("*.py"))
    )
    # what ends in "_" stands for all that begin so
    used = set(re.findall(r'"(world\.\w*[^\W_])"', source))
    own = {key for key in sentences("en") if key.startswith("world.")}
    rows = {key for key in own if key.endswith("_rows")}
    assert used == own - rows
    assert {key.removesuffix("_rows") for key in rows} <= used


def test_row_sentences_take_only_what_a_row_gives() -> None:
    for language in ("en", "zh"):
        for key, sentence in sentences(language).items():
            if key.startswith("world.") and key.endswith("_rows"):
                assert sentence.format(count=1, rows="2")
                one = sentences(language)[key.removesuffix("_rows")]
                assert one.format(found="x")
