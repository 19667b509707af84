"""What the forms of the page of plans send, read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dashboards.state import Page, Selection
from gridmap.errors import InputError, fault


def chosen_of(data: dict[str, Any] | None, shown: int | None) -> Selection:
    """Return what a browser has chosen, for the plan that it shows."""
    return replace(Selection.of_data(data or {"page": Page.SCENARIOS}), scenario=shown)


def button_of(pressed: Any) -> str:
    """Return the id of the button that was pressed, or nothing."""
    return str(pressed.get("name", "")) if isinstance(pressed, dict) else ""


def number_of(written: str | None, otherwise: str) -> int:
    """Return a number that was chosen from a list.

    Raises
    ------
    InputError
        If nothing was chosen.
    """
    if written is None or not str(written).isdecimal():
        raise InputError(fault(otherwise))
    return int(written)
