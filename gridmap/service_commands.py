"""Commands that run the service: serve, migrate, backup, restore."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer
from platformdirs import user_data_path
from sqlalchemy import make_url

from gridmap.catalogue import text
from gridmap.options import DatabaseOption, PortOption
from gridmap.settings import Settings, read_settings

#: Joined to the other commands in `gridmap.cli`.
service = typer.Typer()

BackupArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The backup.")]


@service.command()
def serve(
    *,
    database: DatabaseOption = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: PortOption = None,
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="Processes that answer; not on Windows.")
    ] = 1,
    threads: Annotated[
        int, typer.Option(min=1, max=64, help="Requests that each of them answers at once.")
    ] = 8,
    with_worker: Annotated[
        bool | None,
        typer.Option(
            "--with-worker/--no-worker",
            help="Run a worker for jobs beside it; by default with SQLite on this machine.",
        ),
    ] = None,
) -> None:
    """Serve the dashboard; people sign in to it as soon as there is an account."""
    from gridmap.admission import admission
    from gridmap.server import Listening, run_server
    from gridmap.service_log import logged_to_stderr
    from gridmap.side_worker import starts_by_itself, worker_beside
    from gridmap.store.repository import Store

    settings = read_settings()
    address = host or settings.host
    url = database or settings.database_url
    # what is wrong with the database or the settings is said once, before a worker starts
    store = Store(url)
    admitted = admission(
        address, public_url=settings.public_url, accounts=store.people().accounts.any()
    )
    store.close()
    oidc = settings.oidc()
    # nothing else is signed: sessions are rows of the database
    secret_key = settings.secret(workers=workers) if oidc else ""

    def application() -> Any:
        # only in the workers, which measure together
        from dashboards.api.workshop import workshop_of
        from dashboards.app import create_app
        from dashboards.elsewhere import SignInElsewhere
        from dashboards.security import LOCAL_HOSTS
        from gridmap.job_kinds import example_name, job_kinds, table_intake

        store = Store(url)
        elsewhere = oidc and SignInElsewhere(*oidc, secret_key, settings.public_url)
        people = store.people(limits=settings.session_limits())
        return create_app(
            store,
            basemaps=basemap_folder(url, settings),
            language=settings.language,
            hosts=[*LOCAL_HOSTS, *([admitted.host] if admitted.host else [])],
            people=people if admitted.sign_in else None,
            https=admitted.https,
            proxies=settings.trusted_proxies,
            elsewhere=elsewhere,
            work=workshop_of(
                store.engine,
                job_kinds(),
                beside_database(url, "files"),
                intake=table_intake(),
                example=example_name(),
                four_eyes=settings.four_eyes,
            ),
        ).server

    def ready(where: str) -> None:
        typer.echo(text("cli.serving", settings.language, where=where))
        if not admitted.sign_in:
            typer.echo(text("cli.serving_open", settings.language))

    listening = Listening(address, port or settings.port, workers, threads)
    asked = starts_by_itself(url, address) if with_worker is None else with_worker
    beside = worker_beside(url, beside_database(url, "files")) if asked else nullcontext()
    with logged_to_stderr(), beside:
        run_server(application, listening, ready)


@service.command()
def migrate(
    database: DatabaseOption = None,
    service_role: Annotated[
        str | None,
        typer.Option(help="PostgreSQL role of the service: may read and write within its scope."),
    ] = None,
) -> None:
    """Bring the schema of the database up to date."""
    from gridmap.store.missing_shapes import add_missing_shapes
    from gridmap.store.repository import Store

    settings = read_settings()
    store = Store(database or settings.database_url)
    if service_role is not None:
        store.let_serve(service_role)
    add_missing_shapes(store.engine)
    store.close()
    typer.echo(text("cli.migrated", settings.language))


@service.command()
def backup(file: BackupArgument, database: DatabaseOption = None) -> None:
    """Write all plans into one verified file; nobody need stop working."""
    from gridmap.store.backup import backup as write
    from gridmap.store.engine import open_engine

    settings = read_settings()
    contents = write(open_engine(database or settings.database_url), file)
    _tell("backup.written", contents, settings, file)


@service.command()
def restore(
    file: BackupArgument,
    database: DatabaseOption = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Give up what the database holds now.")
    ] = False,
    verify_only: Annotated[
        bool, typer.Option("--verify", help="Only look whether the backup is whole.")
    ] = False,
) -> None:
    """Verify a backup and write it into a database, whole or not at all."""
    from gridmap.store.backup import restore as write
    from gridmap.store.backup import verify
    from gridmap.store.engine import open_engine
    from gridmap.store.missing_shapes import add_missing_shapes

    settings = read_settings()
    if verify_only:
        _tell("backup.verified", verify(file), settings, file)
        return
    engine = open_engine(database or settings.database_url)
    contents = write(file, engine, replace=replace)
    add_missing_shapes(engine)
    _tell("backup.restored", contents, settings, file)


def _tell(key: str, contents: dict[str, Any], settings: Settings, file: Path) -> None:
    rows = sum(one.rows for one in contents.values())
    said = text(key, settings.language, path=file, rows=f"{rows:,}", tables=len(contents))
    typer.echo(said)


def basemap_folder(url: str, settings: Settings) -> Path:
    """Return the folder of the basemaps: beside a SQLite file, else in the user's data folder."""
    return settings.basemaps or beside_database(url, "basemaps")


def beside_database(url: str, name: str) -> Path:
    """Return a folder beside a SQLite file, else in the user's data folder."""
    database = make_url(url).database
    if url.startswith("sqlite") and database:
        return Path(database).parent / name
    return user_data_path("gridmap") / name
