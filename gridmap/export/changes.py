"""The table of what a re-plan changes, as a workbook for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path

import xlsxwriter

from gridmap.catalogue import Language, text
from gridmap.errors import Fault, fault
from gridmap.export.scorecards import CREATED
from gridmap.scenario import Scenario
from gridmap.territory import Territory

FILE = "changes.xlsx"
#: Columns and their widths in characters.
COLUMNS = {
    "outlet": 16, "name": 24, "old_day": 12, "new_day": 12, "old_route": 12, "new_route": 12,
    "reason": 24,
}  # fmt: skip


def write_changes(
    territory: Territory, scenario: Scenario, folder: Path, language: Language
) -> Fault | None:
    """Write `FILE` if the plan changes a last one, and return what to tell.

    The same plan gives the same bytes. An older file is removed where nothing changes.
    """
    changes: Sequence[Mapping[str, str]] = scenario.report.get("changes", ())
    target = folder / FILE
    if not changes:
        target.unlink(missing_ok=True)
        return None
    outlets = territory.outlets
    names = dict(zip(outlets["outlet_id"].astype(str), outlets["name"], strict=True))
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as workbook:
        workbook.set_properties({"title": territory.name, "created": CREATED})
        head = workbook.add_format({"bold": True, "bg_color": "#DDDDDD", "bottom": 1})
        sheet = workbook.add_worksheet(text("replan.column.sheet", language))
        sheet.freeze_panes(1, 1)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        for at, (column, width) in enumerate(COLUMNS.items()):
            sheet.set_column(at, at, width)
            sheet.write_string(0, at, text(f"replan.column.{column}", language), head)
        for row, change in enumerate(changes, 1):
            shown = {
                **change,
                "name": str(names.get(change["outlet"], "")),
                "reason": text(f"replan.reason.{change['reason']}", language),
            }
            for at, column in enumerate(COLUMNS):
                # Never `write`, which would make formulas of what users call their outlets.
                sheet.write_string(row, at, shown[column])
        sheet.autofilter(0, 0, len(changes), len(COLUMNS) - 1)
    draft = target.with_name(f".{FILE}.part")
    draft.write_bytes(buffer.getvalue())
    draft.replace(target)
    counts = Counter(one["reason"] for one in changes)
    told = ", ".join(
        f"{text(f'replan.reason.{reason}', language)} {count}"
        for reason, count in sorted(counts.items())
    )
    return fault("replan.changed", count=len(changes), reasons=told, file=FILE)
