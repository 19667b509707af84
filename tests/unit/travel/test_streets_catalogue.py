"""The sentences of the area ``streets``."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

from gridmap.catalogue import sentences


def own(language: str) -> dict[str, str]:
    return {key: text for key, text in sentences(language).items() if key.startswith("streets.")}


def test_both_languages_have_the_same_sentences_and_placeholders() -> None:
    english, chinese = own("en"), own("zh")
    assert english.keys() == chinese.keys()
    for key, text in english.items():
        fields = [{name for _, name, _, _ in Formatter().parse(t)} for t in (text, chinese[key])]
        assert fields[0] == fields[1], key


def test_every_sentence_is_used_and_every_use_has_a_sentence() -> None:
    root = Path(__file__).parents[3]
    sources = [*root.glob("geodata/*.py"), *root.glob("gridmap/travel/*.py")]
    used = set()
    for source in sources:
        used |= set(re.findall(r'fault\(\s*"(streets\.\w+)"', source.read_text(encoding="utf-8")))
    assert used == set(own("en"))
