"""The sentences of the pages in one language."""

from __future__ import annotations

from collections.abc import Callable

from gridmap.catalogue import Language, text

Words = Callable[..., str]


def quadrant_name(quadrant: object, language: Language) -> str:
    """Return the name of a quadrant of competitive position."""
    return text(f"scoring.quadrant.{quadrant}", language)


def quadrant_advice(quadrant: object, language: Language) -> str:
    """Return what a quadrant means and what to do in it."""
    return text(f"scoring.quadrant_meaning.{quadrant}", language)


def words(language: Language, area: str = "pages") -> Words:
    """Return a function that takes a key below an area of the catalogue and fills its sentence."""

    def say(key: str, /, **values: object) -> str:
        return text(f"{area}.{key}", language, **values)

    return say
