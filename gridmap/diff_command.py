"""Command that compares the cells of two scenarios: diff."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from gridmap.catalogue import Language, text
from gridmap.errors import InputError, fault
from gridmap.options import DatabaseOption, JsonOption, LanguageName
from gridmap.settings import read_settings

#: Joined to the other commands in `gridmap.cli`.
differing = typer.Typer()


@differing.command()
def diff(
    old: Annotated[int, typer.Argument(metavar="OLD", help="Number of the scenario of before.")],
    new: Annotated[int, typer.Argument(metavar="NEW", help="Number of the scenario of after.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write tables (.xlsx) or a map layer (.gpkg)."),
    ] = None,
    language: Annotated[LanguageName | None, typer.Option(help="Language of the table.")] = None,
    as_json: JsonOption = False,
    database: DatabaseOption = None,
) -> None:
    """Show what moves between the cells of two scenarios in the database."""
    from gridmap.export.border_changes import border_changes, write_layer, write_workbook
    from gridmap.export.border_changes_text import changes_text, changes_values
    from gridmap.store.differences import two_scenarios
    from gridmap.store.repository import Store
    from gridmap.store.scope import Scope

    settings = read_settings()
    chosen: Language = settings.language if language is None else language.value
    if out is not None and out.suffix not in (".xlsx", ".gpkg", ".geojson"):
        raise InputError(fault("drafts.diff.bad_suffix", out))
    store = Store(database or settings.database_url)
    try:
        two = two_scenarios(store.engine, Scope.everything(), old, new)
    finally:
        store.close()
    found = border_changes(
        two.territory, two.old, two.new, old_names=two.old_names, new_names=two.new_names
    )
    if as_json:
        typer.echo(json.dumps(changes_values(found), ensure_ascii=False))
    else:
        typer.echo(changes_text(found, chosen))
    if out is not None:
        if out.suffix == ".xlsx":
            write_workbook(found, out, chosen)
        else:
            write_layer(found, out)
        if not as_json:
            typer.echo(text("compare.written", chosen, file=out))
