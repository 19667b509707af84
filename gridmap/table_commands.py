"""Commands that read and write tables and files: import, export, calibrate, operators."""

from __future__ import annotations

import json
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from gridmap.catalogue import Language, text
from gridmap.options import JsonOption, LanguageName, OutOption, SeedOption, StartOption
from gridmap.reading_limits import limited_reader, network_cache
from gridmap.settings import read_settings

if TYPE_CHECKING:
    pass


#: Joined to the other commands in `gridmap.cli`.
tables = typer.Typer()


class ImportKind(StrEnum):
    """What the rows of an imported table are."""

    OUTLETS = "outlets"
    DEMAND = "demand"
    VISITS = "visits"
    STEPS = "steps"
    COMPLAINTS = "complaints"
    SIGHTINGS = "sightings"


class DatumName(StrEnum):
    """Datums of coordinates."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


class FeedName(StrEnum):
    """Kinds of files that a plan is written as."""

    ICS = "ics"
    GPX = "gpx"
    KML = "kml"
    GEOJSON = "geojson"
    CALENDAR = "calendar"
    DIRECTIONS = "directions"
    REPORTS = "reports"


@tables.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="Table: CSV, Excel, ODS or a vector file.")],
    kind: Annotated[ImportKind, typer.Option(help="What the rows are.")] = ImportKind.OUTLETS,
    project: Annotated[
        Path | None, typer.Option(help="Project file: rows outside its boundary are left out.")
    ] = None,
    mapping: Annotated[Path | None, typer.Option(help="How to read the table (TOML).")] = None,
    save_mapping: Annotated[
        Path | None, typer.Option(help="Write how the table was read, for the next one.")
    ] = None,
    datum: Annotated[DatumName | None, typer.Option(help="Datum of the coordinates.")] = None,
    encoding: Annotated[str, typer.Option(help="Encoding of text, if it is not found.")] = "",
    sheet: Annotated[str, typer.Option(help="Sheet of a workbook.")] = "",
    preview: Annotated[bool, typer.Option("--preview", help="Show only, write nothing.")] = False,
    out: Annotated[Path | None, typer.Option(help="Accepted rows: .csv or .gpkg.")] = None,
    faults: Annotated[Path | None, typer.Option(help="Fault report: .xlsx.")] = None,
    language: Annotated[LanguageName | None, typer.Option(help="Language of the report.")] = None,
    plan_file: Annotated[
        Path | None, typer.Option("--plan", help="plan.gpkg: outlets that may be on its sheets.")
    ] = None,
    start: StartOption = None,
    as_json: JsonOption = False,
) -> None:
    """Clean a table in whatever state it is; rejected rows come back with their reasons."""
    from geodata.field_job import FieldJob, is_field_job, run_field_job
    from geodata.import_job import ImportJob, run_import
    from geodata.mapping import TableMapping

    spoken: Language = language.value if language else read_settings().language
    overrides = {"datum": datum and datum.value, "encoding": encoding, "sheet": sheet}
    with limited_reader():
        if is_field_job(file, kind.value):
            known = None if plan_file is None else _planned_outlets(plan_file)
            day = None if start is None else _monday(start)
            field_job = FieldJob(file, kind.value, known, day, out, preview, sheet, encoding)
            said = run_field_job(field_job)
            typer.echo(said.as_json() if as_json else "\n".join(said.lines(spoken)))
            return
        done = run_import(
            ImportJob(
                file, _table_kind(kind), project, mapping, save_mapping,
                TableMapping.model_validate(overrides), preview, out, faults, spoken,
            )
        )  # fmt: skip
    if as_json:
        typer.echo(json.dumps(done.as_json(spoken), ensure_ascii=False, sort_keys=True))
    else:
        typer.echo("\n".join(done.lines(spoken)))


@tables.command()
def export(
    plan_file: Annotated[
        Path, typer.Argument(metavar="PLAN.gpkg", help="plan.gpkg, or the folder of a plan.")
    ],
    formats: Annotated[
        list[FeedName] | None,
        typer.Option("--format", help="Kind of files; may be repeated. All by default."),
    ] = None,
    out: OutOption = Path("export"),
    start: StartOption = None,
    cycles: Annotated[
        int, typer.Option(min=1, max=120, help="How often the cycle repeats in calendars.")
    ] = 1,
    cell: Annotated[list[str] | None, typer.Option(help="Code of a cell; may be repeated.")] = None,
    language: Annotated[LanguageName | None, typer.Option(help="Language of the files.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Write a plan for calendars, navigation, maps, the wall; directions; cell reports."""
    from gridmap.export.feeds import Feed, FeedRequest, export_feeds

    spoken: Language = language.value if language else read_settings().language
    request = FeedRequest(
        feeds=tuple(Feed(one.value) for one in formats or ()),
        start=None if start is None else start.date(),
        cycles=cycles,
        cells=tuple(cell or ()),
        language=language.value if language else None,
    )
    files = export_feeds(plan_file, out, request)
    if as_json:
        typer.echo(json.dumps({"files": [str(one) for one in files]}, ensure_ascii=False))
        return
    kinds = ", ".join(dict.fromkeys(one.parent.name for one in files))
    typer.echo(text("feeds.wrote", spoken, count=len(files), folder=out, kinds=kinds))


@tables.command("calibrate")
def calibrate_speeds(
    project: Annotated[Path, typer.Argument(help="Project file (TOML).")],
    trips: Annotated[Path, typer.Argument(help="Table of trips: from, to, period, minutes.")],
    out: Annotated[Path, typer.Option("--out", help="File of the factors.")] = Path("factors.toml"),
    data: Annotated[
        Path | None, typer.Option(help="Folder of the project's files, if not beside it.")
    ] = None,
    mode: Annotated[str, typer.Option(help="Means of travel of the trips.")] = "drive",
    folds: Annotated[int, typer.Option(min=2, help="Folds of the check on unseen trips.")] = 5,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Fit the speed factors of each period to observed trips."""
    from geodata.speeds import write_factors
    from geodata.trips import calibrate_project, summary_comment

    settings = read_settings()
    with limited_reader():
        done = calibrate_project(
            project, trips, mode=mode, data_dir=data, cache=network_cache(settings),
            folds=folds, seed=seed,
        )  # fmt: skip
    write_factors(out, done.factors, summary_comment(trips.name, done, mode))
    if as_json:
        typer.echo(json.dumps(done.plain(settings.language), ensure_ascii=False))
    else:
        typer.echo(done.summary(settings.language))
        typer.echo(text("speeds.written", settings.language, file=out, name=out.name))


@tables.command()
def operators(
    project: Annotated[Path, typer.Argument(help="Project file (TOML).")],
    data: Annotated[
        Path | None, typer.Option(help="Folder of the project's files, if not beside it.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write the whole table (.csv or .xlsx).")
    ] = None,
) -> None:
    """Show which operator each outlet gets, and from what: rule, file or dictionary."""
    from geodata.operator_review import review_operators, review_text, write_review

    with limited_reader():
        review = review_operators(project, data_dir=data)
    typer.echo(review_text(review, read_settings().language))
    if out is not None:
        typer.echo(write_review(review, out))


def _table_kind(kind: ImportKind) -> Literal["outlets", "demand", "visits"]:
    """Return the kind of a table that is cleaned row by row."""
    if kind is ImportKind.OUTLETS:
        return "outlets"
    return "demand" if kind is ImportKind.DEMAND else "visits"


def _monday(start: datetime) -> date:
    from gridmap.export.plan_file import require_monday

    return require_monday(start.date())


def _planned_outlets(plan_file: Path) -> frozenset[str]:
    from gridmap.export.plan_file import read_plan

    return frozenset(read_plan(plan_file).outlets["outlet_id"])
