"""The sentences of the pages in one language."""

from __future__ import annotations

from collections.abc import Callable

from gridmap.catalogue import Language, sentences, text

Words = Callable[..., str]


def quadrant_name(quadrant: object, language: Language) -> str:
    """Return the name of a quadrant of competitive position."""
    return text(f"scoring.quadrant.{quadrant}", language)


def quadrant_advice(quadrant: object, language: Language) -> str:
    """Return what a quadrant means and what to do in it."""
    return text(f"scoring.quadrant_meaning.{quadrant}", language)


def kind_name(kind: str, language: Language) -> str:
    """Return what an outlet is; tags of OpenStreetMap are said in words.

    Examples
    --------
    >>> kind_name("shop=mobile_phone", "en"), kind_name("shop=yes", "en")
    ('Mobile phones', '')
    >>> kind_name("flagship store", "en")
    'flagship store'
    """
    _, separator, value = kind.partition("=")
    if not separator:
        return kind
    if value in ("yes", "unknown", ""):
        return ""
    return sentences(language).get(f"kinds.{value}", value.replace("_", " "))


def outlet_name(name: str, outlet_id: str, kind: str, language: Language) -> str:
    """Return what people call an outlet; one without a name is told by its kind and number."""
    if name and name != outlet_id:
        return name
    return " ".join(one for one in (kind_name(kind, language), outlet_id) if one)


def words(language: Language, area: str = "pages") -> Words:
    """Return a function that takes a key below an area of the catalogue and fills its sentence."""

    def say(key: str, /, **values: object) -> str:
        return text(f"{area}.{key}", language, **values)

    return say
