"""The command line: parse, call one function, print. It alone knows all three packages."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from gridmap.catalogue import Language, text
from gridmap.diff_command import differing
from gridmap.errors import (
    Cancelled,
    EngineError,
    GridmapError,
    InfeasibleError,
    InputError,
    StoreError,
    fault,
)
from gridmap.job_commands import background
from gridmap.options import DatabaseOption, JsonOption, LanguageName, PortOption
from gridmap.progress import MaxRuntime, Report
from gridmap.service_commands import basemap_folder, serve, service
from gridmap.settings import Settings, read_settings
from gridmap.user_commands import user_app

if TYPE_CHECKING:
    from gridmap.delivery import Delivery
    from gridmap.last_plan import LastPlan
    from gridmap.policies import PlanRequest, RoutingPolicy
    from gridmap.territory import Territory
    from gridmap.travel.cache import NetworkCache

app = typer.Typer(
    help="Seamless sales cells around own outlets, numbered visit routes, and their scores.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(service)
app.add_typer(user_app, name="user")
app.add_typer(background)
app.add_typer(differing)


class ExitCode(IntEnum):
    """What the command line says to the shell."""

    GOOD = 0
    BAD_INPUT = 1
    INFEASIBLE = 2
    FAILED = 3
    CANCELLED = 130


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


class BordersName(StrEnum):
    """Borders on which two plans are compared."""

    SAME = "same"
    OLD = "old"
    NEW = "new"


class FeedName(StrEnum):
    """Kinds of files that a plan is written as."""

    ICS = "ics"
    GPX = "gpx"
    KML = "kml"
    GEOJSON = "geojson"
    CALENDAR = "calendar"
    DIRECTIONS = "directions"
    REPORTS = "reports"


_EXIT_CODES: tuple[tuple[type[GridmapError], ExitCode], ...] = (
    (InputError, ExitCode.BAD_INPUT),
    (InfeasibleError, ExitCode.INFEASIBLE),
    (Cancelled, ExitCode.CANCELLED),
    (StoreError, ExitCode.FAILED),
    (EngineError, ExitCode.FAILED),
    (GridmapError, ExitCode.BAD_INPUT),
)

#: Folder, beside the results, of a plan's finished searches while it is being made.
UNFINISHED = ".unfinished"

OutOption = Annotated[Path, typer.Option("--out", help="Folder of the results.")]
SeedOption = Annotated[int, typer.Option(min=0, help="Same seed, same plan.")]
StartOption = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day of the cycle.")
]


def main() -> None:
    """Run the command line: errors become one message and an exit code, never a traceback."""
    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    language: Language = "en"
    try:
        language = read_settings().language
        code = app(args=arguments, standalone_mode=False)
    except GridmapError as error:
        if debug:
            raise
        code = _complain(error, language)
    except typer.Exit as leave:
        code = leave.exit_code
    except (KeyboardInterrupt, typer.Abort):
        code = ExitCode.CANCELLED
    except Exception as error:
        if debug:
            raise
        code = _complain_of_anything(error, language)
    if code == ExitCode.CANCELLED:
        typer.echo(text("cli.cancelled", language), err=True)
    sys.exit(int(code or 0))


@app.command()
def plan(
    project: Annotated[Path, typer.Argument(help="Project file (TOML).")],
    out: OutOption = Path("out"),
    data: Annotated[
        Path | None, typer.Option(help="Folder of the project's files, if not beside it.")
    ] = None,
    seed: SeedOption = 0,
    max_seconds: Annotated[
        float | None, typer.Option(min=0.0, help="End the search early after so long.")
    ] = None,
    best_effort: Annotated[
        bool,
        typer.Option("--best-effort", help="If not all visits fit, leave out the least."),
    ] = False,
    last: Annotated[
        Path | None,
        typer.Option(metavar="PLAN.gpkg", help="Keep the visit days of this plan if possible."),
    ] = None,
    from_day: Annotated[
        str | None,
        typer.Option("--from", metavar="DAY", help="With --last: what lies before it is done."),
    ] = None,
    missed: Annotated[
        Path | None,
        typer.Option(help="With --from: visits to catch up; a table, or filled route sheets."),
    ] = None,
    leave: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=DAY", help="A manager's day off; may be repeated."),
    ] = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a plan: cells, routes, scores, and all files of them."""
    url = database or read_settings().database_url
    done = _plan_and_deliver(
        project, out, url, data=data, seed=seed, max_seconds=max_seconds,
        best_effort=best_effort, since=Since(last, from_day, missed, tuple(leave or ())),
    )  # fmt: skip
    if as_json:
        typer.echo(json.dumps(done.report, sort_keys=True, ensure_ascii=False))
    else:
        typer.echo(done.summary())
    _refuse_broken(done)


@app.command()
def demo(
    out: OutOption = Path("demo"),
    serve_it: Annotated[
        bool, typer.Option("--serve/--no-serve", help="Open the dashboard afterwards.")
    ] = True,
    port: PortOption = None,
    seed: SeedOption = 0,
) -> None:
    """Run the embedded real example, Helsinki centre, from file to dashboard."""
    from geodata.demo import demo_project

    url = f"sqlite:///{(out / 'gridmap.db').resolve().as_posix()}"
    done = _plan_and_deliver(demo_project(), out, url, seed=seed)
    typer.echo(done.summary())
    _refuse_broken(done)
    if serve_it:
        serve(database=url, port=port)
    else:
        typer.echo(text("cli.serve_with", done.language, command=f"gridmap serve --db {url}"))


@app.command()
def check(
    plan_file: Annotated[Path, typer.Argument(metavar="PLAN.gpkg", help="plan.gpkg of a plan.")],
    as_json: JsonOption = False,
) -> None:
    """Check a plan independently of the solver; exit 0 only when every hard rule holds."""
    from gridmap.checking import check_plan

    language = read_settings().language
    results = check_plan(plan_file)
    if as_json:
        listed: dict[str, Any] = {
            one.name: {"ok": one.ok, "faults": [each.text(language) for each in one.faults]}
            for one in results
        }
        typer.echo(json.dumps(listed, ensure_ascii=False))
    else:
        for one in results:
            state = text("cli.check_good" if one.ok else "cli.check_bad", language)
            typer.echo(f"{state}  {text(f'check.name.{one.name}', language)}")
            for each in one.faults:
                typer.echo(f"      {each.text(language)}")
    if not all(one.ok for one in results):
        raise typer.Exit(ExitCode.INFEASIBLE)


@app.command()
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


@app.command("what-if")
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
            project, data_dir=data, cache=_network_cache(settings), report=report
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


@app.command()
def basemap(
    extract: Annotated[Path, typer.Argument(help="OpenStreetMap extract (.osm.pbf).")],
    output: Annotated[Path, typer.Option("-o", "--output", help="PMTiles file to write.")],
) -> None:
    """Build an offline basemap from an OpenStreetMap extract."""
    from geodata.basemap import build_basemap
    from gridmap.console import progress_report

    with progress_report(read_settings().language) as report:
        typer.echo(build_basemap(extract, output, report=report))


@app.command("import")
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
    with _limited_reader():
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


@app.command()
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


@app.command("calibrate")
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
    with _limited_reader():
        done = calibrate_project(
            project, trips, mode=mode, data_dir=data, cache=_network_cache(settings),
            folds=folds, seed=seed,
        )  # fmt: skip
    write_factors(out, done.factors, summary_comment(trips.name, done, mode))
    if as_json:
        typer.echo(json.dumps(done.plain(settings.language), ensure_ascii=False))
    else:
        typer.echo(done.summary(settings.language))
        typer.echo(text("speeds.written", settings.language, file=out, name=out.name))


@app.command()
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

    with _limited_reader():
        review = review_operators(project, data_dir=data)
    typer.echo(review_text(review, read_settings().language))
    if out is not None:
        typer.echo(write_review(review, out))


@dataclass(frozen=True)
class Since:
    """Options of a re-plan: the last plan, the first day ahead, missed visits and leave."""

    last: Path | None = None
    from_day: str | None = None
    missed: Path | None = None
    leave: tuple[str, ...] = ()

    def with_leave(self, request: PlanRequest) -> PlanRequest:
        """Return a request with the leave of the command line."""
        from gridmap.last_plan import on_leave

        if not self.leave:
            return request
        return request.model_copy(update={"routing": on_leave(request.routing, self.leave)})

    def last_plan(self, policy: RoutingPolicy) -> LastPlan | None:
        """Return the last plan, with what is done of it; None = there is none."""
        from geodata.missed_visits import read_missed_visits
        from gridmap.last_plan import read_last_plan, under_way

        if self.from_day is not None and self.last is None:
            raise InputError(fault("replan.without_last", "--from"))
        if self.missed is not None and self.from_day is None:
            raise InputError(fault("replan.without_from", "--missed"))
        if self.last is None:
            return None
        last = read_last_plan(self.last, policy)
        if self.from_day is None:
            return last
        with _limited_reader():
            missed = [] if self.missed is None else read_missed_visits(self.missed)
        return under_way(last, policy, self.from_day, missed)


def _plan_and_deliver(
    project: Path,
    out: Path,
    url: str,
    *,
    data: Path | None = None,
    seed: int = 0,
    max_seconds: float | None = None,
    best_effort: bool = False,
    since: Since | None = None,
) -> Delivery:
    from geodata.project import load_project
    from geodata.project_file import read_project
    from gridmap.console import progress_report
    from gridmap.delivery import deliver
    from gridmap.jobs.executor import open_executor
    from gridmap.planning import make_plan
    from gridmap.routing.kept_searches import KeptSearches
    from gridmap.store.repository import Store
    from gridmap.store.runs import announced
    from gridmap.store.scope import Scope

    settings = read_settings()
    executor = open_executor(settings.executor)
    name = read_project(project).territory.name
    store = Store(url)
    with (
        progress_report(settings.language) as draw,
        announced(store, Scope.everything(), name, draw) as report,
    ):
        start = time.perf_counter()
        cache = _network_cache(settings)
        territory, request = load_project(project, data_dir=data, cache=cache, report=report)
        loading_s = time.perf_counter() - start
        searches = KeptSearches(out / UNFINISHED)
        stop = None if max_seconds is None else MaxRuntime(max_seconds)
        if since is not None:
            request = since.with_leave(request)
        last = None if since is None else since.last_plan(request.routing)
        scenario = make_plan(
            territory, request, seed=seed, stop=stop, report=report, best_effort=best_effort,
            last=last, kept=searches, executor=executor,
        )  # fmt: skip
        done = deliver(territory, scenario, out, store, loading_s=loading_s, report=report)
        searches.clear()
        _build_basemap(project, data, basemap_folder(url, settings), territory, report)
    store.close()
    return done


def _build_basemap(
    project: Path, data: Path | None, folder: Path, territory: Territory, report: Report
) -> None:
    """Build the basemap of a territory once; a plan is good without one."""
    from geodata.basemap import build_basemap
    from geodata.project import street_extract

    target = folder / f"{territory.content_hash}.pmtiles"
    extract = street_extract(project, data_dir=data)
    if target.exists() or extract is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    try:
        build_basemap(extract, target, report=report)
    except EngineError as error:
        typer.echo(error.text(read_settings().language), err=True)


@contextmanager
def _limited_reader() -> Iterator[None]:
    """Let a limited child process read all tables and vector files."""
    from geodata.isolation import reading_by
    from geodata.sandbox import Sandbox

    with Sandbox() as reader, reading_by(reader):
        yield


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


def _network_cache(settings: Settings) -> NetworkCache | None:
    from gridmap.travel.cache import NetworkCache

    if settings.cache_dir is None:
        return None
    return NetworkCache(settings.cache_dir, limit_bytes=settings.cache_mb * 1_000_000)


def _refuse_broken(done: Delivery) -> None:
    """End with the code for an infeasible plan if the checker found a hard rule broken."""
    if done.broken:
        raise InfeasibleError(*done.broken)


def _complain(error: GridmapError, language: Language) -> int:
    typer.echo(error.text(language), err=True)
    return next(code for kind, code in _EXIT_CODES if isinstance(error, kind))


def _complain_of_anything(error: Exception, language: Language) -> int:
    show: Callable[[], None] | None = getattr(error, "show", None)
    if show is not None:  # a wrong option or argument: typer knows how to say it
        show()
        return ExitCode.BAD_INPUT
    typer.echo(text("cli.unexpected", language, error=repr(error)), err=True)
    return ExitCode.FAILED
