"""Both languages say the same things with the same placeholders."""

from string import Formatter

import pytest

from gridmap.catalogue import LANGUAGES, sentences, text


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def test_every_sentence_exists_in_every_language() -> None:
    english = set(sentences("en"))
    assert english
    for language in LANGUAGES:
        assert set(sentences(language)) == english


def test_placeholders_are_the_same() -> None:
    for key, english in sentences("en").items():
        assert placeholders(sentences("zh")[key]) == placeholders(english), key


def test_no_sentence_is_empty() -> None:
    for language in LANGUAGES:
        assert all(sentence.strip() for sentence in sentences(language).values())


def test_chinese_is_chinese() -> None:
    """A sentence of some length without one Chinese character was not translated."""
    for key, sentence in sentences("zh").items():
        if len(sentences("en")[key].split()) > 3:
            assert any("\u4e00" <= letter <= "\u9fff" for letter in sentence), key


def test_unknown_sentence_is_a_fault_of_the_program() -> None:
    with pytest.raises(KeyError):
        text("cli.nothing_of_the_kind")


def test_placeholders_are_filled() -> None:
    assert text("cli.serving", "en", where="http://x/").startswith("gridmap is at http://x/")
