"""Every sentence a person reads, in English and Chinese, from one catalogue.

The sentences stand in ``<language>/<area>.toml``; a key is ``area.name`` (or ``area.group.name``).
Placeholders are those of `str.format`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


@cache
def sentences(language: Language) -> Mapping[str, str]:
    """Return all sentences of a language by their full key."""
    found: dict[str, str] = {}
    for entry in sorted(files(__package__).joinpath(language).iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".toml"):
            area = entry.name.removesuffix(".toml")
            _flatten(area, tomllib.loads(entry.read_text(encoding="utf-8")), found)
    return found


def text(key: str, language: Language = "en", /, **values: object) -> str:
    """Return the sentence `key` in `language` with its placeholders filled.

    Raises
    ------
    KeyError
        If the catalogue has no such sentence: a fault of the program, caught by the tests.
    """
    return sentences(language)[key].format(**values)


def _flatten(prefix: str, table: Mapping[str, object], found: dict[str, str]) -> None:
    for name, value in table.items():
        key = f"{prefix}.{name}"
        if isinstance(value, Mapping):
            _flatten(key, value, found)
        else:
            found[key] = str(value)
