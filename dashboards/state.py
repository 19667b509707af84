"""What is selected, and how it stands in the address."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qs, urlencode

from gridmap.catalogue import LANGUAGES, Language

_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
_DAY = re.compile(r"(\d{1,2})-([1-7])", re.ASCII)
_FIGURE = re.compile(r"[\w:.@ +-]{1,100}", re.ASCII)


class Page(StrEnum):
    """The pages; the value is the path of the address."""

    CELLS = "cells"
    CARD = "cell"
    ROUTES = "routes"
    EDITOR = "editor"
    SCENARIOS = "scenarios"
    DATA = "data"
    JOBS = "jobs"
    PEOPLE = "people"
    HELP = "help"
    #: Behind the name of whoever is signed in, not among the pages of the header.
    ACCOUNT = "account"


@dataclass(frozen=True)
class Selection:
    """Page, scenario, cell and day that are shown. None = not chosen.

    `other` is the scenario that the chosen one is compared with; `shade` is the figure by which
    the cells are coloured.
    """

    page: Page = Page.CELLS
    language: Language = "en"
    scenario: int | None = None
    cell: int | None = None
    week: int | None = None
    weekday: int | None = None
    other: int | None = None
    shade: str | None = None

    @classmethod
    def of_address(cls, path: str | None, query: str | None, *, language: Language) -> Selection:
        """Read an address. What cannot be read is taken as not chosen."""
        values = {
            key: found[-1]
            for key, found in parse_qs((query or "").lstrip("?"), max_num_fields=20).items()
        }
        name = (path or "").strip("/")
        asked = values.get("lang", "")
        day = _DAY.fullmatch(values.get("day", ""))
        return cls(
            page=Page(name) if name in set(Page) else Page.CELLS,
            language=next((one for one in LANGUAGES if one == asked), language),
            scenario=_number(values.get("scenario", "")),
            cell=_number(values.get("cell", "")),
            week=int(day[1]) if day else None,
            weekday=int(day[2]) if day else None,
            other=_number(values.get("with", "")),
            shade=values["by"] if _FIGURE.fullmatch(values.get("by", "")) else None,
        )

    @classmethod
    def of_data(cls, data: dict[str, Any]) -> Selection:
        """Read what `data` wrote."""
        return cls(**{**data, "page": Page(data["page"])})

    def data(self) -> dict[str, Any]:
        """Return the selection as plain values."""
        return {**asdict(self), "page": self.page.value}

    def address(self, **changes: Any) -> str:
        """Return the address of this selection with some of it changed."""
        chosen = replace(self, **changes)
        query: dict[str, object] = {}
        if chosen.scenario is not None:
            query["scenario"] = chosen.scenario
        if chosen.cell is not None:
            query["cell"] = chosen.cell
        if chosen.week is not None and chosen.weekday is not None:
            query["day"] = f"{chosen.week}-{chosen.weekday}"
        if chosen.other is not None:
            query["with"] = chosen.other
        if chosen.shade is not None:
            query["by"] = chosen.shade
        query["lang"] = chosen.language
        return f"/{chosen.page}?{urlencode(query)}"


def _number(value: str) -> int | None:
    return int(value) if _NUMBER.fullmatch(value) else None
