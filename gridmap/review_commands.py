"""Commands that compare what is planned with what was, or might be: compare, what-if."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridmap.catalogue import Language, text
from gridmap.errors import (
    InputError,
    fault,
)
from gridmap.options import JsonOption, LanguageName
from gridmap.reading_limits import network_cache
from gridmap.settings import read_settings

if TYPE_CHECKING:
    pass


#: Joined to the other commands in `gridmap.cli`.
reviewing = typer.Typer()


class BordersName(StrEnum):
    """Borders on which two plans are compared."""

    SAME = "same"
    OLD = "old"
    NEW = "new"


@reviewing.command()
def compare(
    plan_file: Annotated[
        Path, typer.Argument(metavar="PLAN.gpkg", help="plan.gpkg: of before, or the only one.")
    ],
    new: Annotated[
        Path | None, typer.Argument(metavar="[NEW.gpkg]", help="plan.gpkg of after.")
    ] = None,
    before: Annotated[
        str | None, typer.Option(metavar="MONTH", help="With one plan: 2024-03.")
    ] = None,
    after: Annotated[
        str | None, typer.Option(metavar="MONTH", help="With one plan: 2024-06.")
    ] = None,
    on: Annotated[
        BordersName, typer.Option(help="With two: on the borders of which plan; same = both's.")
    ] = BordersName.SAME,
    touched: Annotated[
        str, typer.Option(help="Codes of the cells in which something was done: C01,C02.")
    ] = "",
    out: Annotated[
        Path | None, typer.Option("--out", help="Write all changes (.xlsx or .csv).")
    ] = None,
    language: Annotated[LanguageName | None, typer.Option(help="Language of the table.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what changed in cells between two plans or two months, beside untouched cells."""
    from gridmap.export.plan_changes import compare_months, compare_plans
    from gridmap.export.plan_changes_files import (
        comparison_text,
        comparison_values,
        write_comparison,
    )

    chosen: Language = read_settings().language if language is None else language.value
    codes = [one.strip() for one in touched.split(",") if one.strip()]
    if new is not None and before is None and after is None:
        found = compare_plans(plan_file, new, on=on.value, touched=codes)
    elif new is None and before is not None and after is not None:
        found = compare_months(plan_file, before, after, touched=codes)
    else:
        raise InputError(fault("compare.fault.one_or_two", plan_file))
    if as_json:
        typer.echo(json.dumps(comparison_values(found, chosen), ensure_ascii=False))
    else:
        typer.echo(comparison_text(found, chosen))
    if out is not None:
        write_comparison(found, out, chosen)
        if not as_json:
            typer.echo(text("compare.written", chosen, file=out))


@reviewing.command("what-if")
def what_if(
    project: Annotated[Path, typer.Argument(help="Project file (TOML) of the plan.")],
    plan_file: Annotated[
        Path, typer.Option("--plan", metavar="PLAN.gpkg", help="plan.gpkg of the plan.")
    ] = Path("out/plan.gpkg"),
    open_: Annotated[
        list[str] | None,
        typer.Option("--open", help="LON,LAT[,own|partner|rival]: an outlet opens. Repeatable."),
    ] = None,
    close: Annotated[
        list[str] | None, typer.Option("--close", help="ID: an outlet closes. Repeatable.")
    ] = None,
    move: Annotated[
        list[str] | None, typer.Option("--move", help="ID=LON,LAT: an outlet moves. Repeatable.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder of the project's files, if not beside it.")
    ] = None,
    language: Annotated[LanguageName | None, typer.Option(help="Language of the table.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Score the touched cells again as if outlets, ours or a rival's, opened, closed or moved."""
    from geodata.project import load_project
    from gridmap.console import progress_report
    from gridmap.export.plan_file import read_plan
    from gridmap.trial import Trial, change_of, outcome_table, outcome_text, written_assessment

    settings = read_settings()
    chosen: Language = settings.language if language is None else language.value
    with progress_report(chosen) as report:
        territory, request = load_project(
            project, data_dir=data, cache=network_cache(settings), report=report
        )
        plan = read_plan(plan_file)
        assessment = written_assessment(territory, request, plan_file, report=report)
    change = change_of(assessment, Trial(open_ or (), close or (), move or ()))
    outcome = assessment.what_if().outcome(change)
    if as_json:
        table = outcome_table(outcome).astype(object)
        rows = table.where(table.notna(), None).to_dict("records")
        typer.echo(json.dumps({"cells": rows}, ensure_ascii=False))
        return
    codes = dict(zip(plan.cells["cell_id"].tolist(), plan.cells["code"].astype(str), strict=True))
    typer.echo(outcome_text(outcome, codes, request, chosen))
