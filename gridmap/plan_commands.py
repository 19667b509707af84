"""Commands that make and check a plan: plan, demo, check, basemap."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridmap.catalogue import text
from gridmap.errors import (
    EngineError,
    InfeasibleError,
    InputError,
    fault,
)
from gridmap.exit_codes import ExitCode
from gridmap.options import (
    DatabaseOption,
    JsonOption,
    OutOption,
    PortOption,
    SeedOption,
)
from gridmap.progress import MaxRuntime, Report
from gridmap.reading_limits import limited_reader, network_cache
from gridmap.service_commands import basemap_folder, serve
from gridmap.settings import read_settings

if TYPE_CHECKING:
    from gridmap.delivery import Delivery
    from gridmap.last_plan import LastPlan
    from gridmap.policies import PlanRequest, RoutingPolicy
    from gridmap.territory import Territory


#: Joined to the other commands in `gridmap.cli`.
planning = typer.Typer()


#: Folder, beside the results, of a plan's finished searches while it is being made.
UNFINISHED = ".unfinished"


@planning.command()
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


@planning.command()
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


@planning.command()
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


@planning.command()
def basemap(
    extract: Annotated[Path, typer.Argument(help="OpenStreetMap extract (.osm.pbf).")],
    output: Annotated[Path, typer.Option("-o", "--output", help="PMTiles file to write.")],
) -> None:
    """Build an offline basemap from an OpenStreetMap extract."""
    from geodata.basemap import build_basemap
    from gridmap.console import progress_report

    with progress_report(read_settings().language) as report:
        typer.echo(build_basemap(extract, output, report=report))


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
        with limited_reader():
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
        cache = network_cache(settings)
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


def _refuse_broken(done: Delivery) -> None:
    """End with the code for an infeasible plan if the checker found a hard rule broken."""
    if done.broken:
        raise InfeasibleError(*done.broken)
