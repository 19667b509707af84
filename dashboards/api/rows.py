"""Lists and tables as pages of plain values."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import pandas as pd

from dashboards.api.models import Page, Paging

T = TypeVar("T")
U = TypeVar("U")


def page_of(found: Sequence[T], asked: Paging, tell: Callable[[T], U]) -> dict[str, Any]:
    """Return a part of a list as a `Page`; only what is on it is told."""
    shown = [tell(one) for one in found[asked.offset : asked.offset + asked.limit]]
    return Page[Any](
        items=shown, total=len(found), limit=asked.limit, offset=asked.offset
    ).model_dump(mode="json")


def table_page(table: pd.DataFrame, asked: Paging) -> dict[str, Any]:
    """Return a part of a table as a `Page`; what is not known is null."""
    shown = table.iloc[asked.offset : asked.offset + asked.limit]
    return {
        "items": rows_of(shown),
        "total": len(table),
        "limit": asked.limit,
        "offset": asked.offset,
    }


def rows_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table as JSON values."""
    said = table.to_json(orient="records", date_format="iso", double_precision=15)
    rows: list[dict[str, Any]] = json.loads(said)
    return rows
