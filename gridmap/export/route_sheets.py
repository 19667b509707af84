"""Route sheets of a plan: what a grid manager carries, as PDF and as XLSX for each cell."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from gridmap.catalogue import Language
from gridmap.export.route_pdf import route_pdf
from gridmap.export.route_xlsx import route_workbook
from gridmap.export.sheet_book import sheet_books
from gridmap.export.street_map import StreetMap
from gridmap.scenario import Scenario
from gridmap.territory import Territory


def file_stem(code: str) -> str:
    """Return a cell's code as the name of a file that any system takes."""
    return re.sub(r"[^\w-]+", "_", code)


def with_cells(scenario: Scenario, codes: Collection[str]) -> Scenario:
    """Return a scenario with the cells of these codes and their routes only, for sheets."""
    cells = scenario.cells[scenario.cells["code"].isin(set(codes))]
    mine = scenario.routes["cell_id"].isin(set(cells["cell_id"])).to_numpy()
    routes = scenario.routes[mine].reset_index(drop=True)
    stops = scenario.stops[scenario.stops["route_id"].isin(set(routes["route_id"]))]
    return replace(
        scenario,
        cells=cells.reset_index(drop=True),
        routes=routes,
        stops=stops.reset_index(drop=True),
        route_lines=scenario.route_lines[mine],
    )


def write_route_sheets(
    territory: Territory, scenario: Scenario, directory: Path, language: Language = "en"
) -> list[Path]:
    """Write the route sheets of each cell of a plan.

    Each file appears whole or not at all, and the same plan gives the same bytes.

    Parameters
    ----------
    territory, scenario
        The plan; `Scenario.cells`, routes, stops and route_lines may be cut down to some cells.
    directory
        Made if it is not there; ``<code>.pdf`` and ``<code>.xlsx`` are written into it.
    language
        Language of everything a person reads.

    Returns
    -------
    list of Path
        The files, in the order of the cells.
    """
    directory.mkdir(parents=True, exist_ok=True)
    streets = StreetMap.of(territory, scenario.request.routing.mode)
    written: list[Path] = []
    for book in sheet_books(territory, scenario):
        documents = {
            ".pdf": route_pdf(book, streets, language),
            ".xlsx": route_workbook(book, language),
        }
        for suffix, content in documents.items():
            path = directory / f"{file_stem(book.code)}{suffix}"
            draft = path.with_name(f".{path.name}.part")
            draft.write_bytes(content)
            draft.replace(path)
            written.append(path)
    return written
