"""What the symbols on the map mean."""

from __future__ import annotations

from dash import html

from dashboards.components.words import words
from gridmap.catalogue import Language

SYMBOLS_URL = "/assets/symbols/"
_ENTRIES = ("own", "partner_visited", "partner", "rival_visited", "rival", "other_visited", "other")


def legend(language: Language, present: frozenset[str], *, unfolded: bool = True) -> html.Details:
    """Return the legend of the outlet symbols that occur on the map."""
    say = words(language)
    entries = [
        html.Li([html.Img(src=f"{SYMBOLS_URL}{name}.svg", alt="", width=20), say(f"legend.{name}")])
        for name in _ENTRIES
        if name in present
    ]
    return html.Details(
        [html.Summary(say("legend.title")), html.Ul(entries)], open=unfolded, className="legend"
    )
