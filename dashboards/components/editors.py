"""The map editor with its sentences, colours and addresses."""

from __future__ import annotations

from collections.abc import Sequence

from dashboards.colours import PALETTE, SPARE
from dashboards.components.legend import SYMBOLS_URL
from dashboards.map_editor import MapEditor
from gridmap.catalogue import Language, sentences

_AREA = "editor.ui."


def map_editor(
    id: str,
    base: str,
    *,
    language: Language,
    attribution: str = "",
    tiles_url: str | None = None,
    view: Sequence[float] | None = None,
    selected: int | None = None,
    dark: bool = False,
) -> MapEditor:
    """Return the editor of the draft at the address `base`, such as ``/editor/12``."""
    return MapEditor(
        id,
        base=base,
        labels={**editor_labels(language), "attribution": attribution},
        palette=PALETTE + SPARE,
        symbolsUrl=SYMBOLS_URL,
        tilesUrl=tiles_url,
        view=view,
        selected=selected,
        dark=dark,
        language=language,
    )


def editor_labels(language: Language) -> dict[str, str]:
    """Return the sentences of the editor, their placeholders unfilled, by their short keys."""
    return {
        key.removeprefix(_AREA): sentence
        for key, sentence in sentences(language).items()
        if key.startswith(_AREA)
    }


def editor_keys(language: Language) -> list[tuple[str, str]]:
    """Return the keys of the editor and what each does, as its own list of keys shows them."""
    labels = editor_labels(language)
    tools = [
        (labels[key], f"{labels[tool]}: {labels[tool.replace('tool_', 'tip_', 1)]}")
        for key in labels
        if key.startswith("tool_") and key.endswith("_key")
        for tool in [key.removesuffix("_key")]
    ]
    others = [
        (labels[key], labels[key.removesuffix("_keys")])
        for key in labels
        if key.startswith("key_") and key.endswith("_keys")
    ]
    return [*tools, *others]
