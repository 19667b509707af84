"""Attributes for readers who do not see the page."""

from __future__ import annotations

from typing import Any


def aria(**attributes: str) -> dict[str, Any]:
    """Return ``aria-`` attributes for a component: ``aria(label="Map")``."""
    return {f"aria-{name}": value for name, value in attributes.items()}
