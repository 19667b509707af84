"""The sentences of the pages in one language."""

from __future__ import annotations

from collections.abc import Callable

from gridmap.catalogue import Language, text

Words = Callable[..., str]


def words(language: Language) -> Words:
    """Return a function that takes a key below ``pages`` and fills its sentence."""

    def say(key: str, /, **values: object) -> str:
        return text(f"pages.{key}", language, **values)

    return say
