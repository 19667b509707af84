"""``gridmap user …``: who may sign in, as what, and how far. Passwords never stand in arguments."""

from __future__ import annotations

import getpass
import json
import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from gridmap.catalogue import text
from gridmap.errors import InputError, fault
from gridmap.options import DatabaseOption
from gridmap.settings import read_settings
from gridmap.store.roles import Role

if TYPE_CHECKING:
    from gridmap.store.accounts import Account, Grant
    from gridmap.store.people import People

#: A new password may stand in this variable where nobody sits at a terminal.
PASSWORD_VARIABLE = "GRIDMAP_NEW_PASSWORD"  # noqa: S105

user_app = typer.Typer(
    help="Who may sign in, as what, and for which territories.", no_args_is_help=True
)

NameArgument = Annotated[str, typer.Argument(help="Name of the account.")]
RoleOption = Annotated[Role, typer.Option(help="What the account may do.")]
TerritoryOption = Annotated[
    list[str] | None, typer.Option("--territory", help="A territory it reaches. Repeatable.")
]
RegionOption = Annotated[
    list[str] | None, typer.Option("--region", help="A region it reaches. Repeatable.")
]
CellOption = Annotated[
    list[str] | None,
    typer.Option("--cell", help="Centre outlet of a grid manager's own cell. Repeatable."),
]
EverywhereOption = Annotated[bool, typer.Option("--everywhere", help="It reaches everything.")]


@user_app.command()
def add(
    name: NameArgument,
    role: RoleOption = Role.VIEWER,
    territory: TerritoryOption = None,
    region: RegionOption = None,
    cell: CellOption = None,
    everywhere: EverywhereOption = False,
    oidc_subject: Annotated[
        str | None,
        typer.Option(help="Signs in elsewhere, by this issuer and subject: ISSUER|SUBJECT."),
    ] = None,
    database: DatabaseOption = None,
) -> None:
    """Add an account; its password is asked for, or read from GRIDMAP_NEW_PASSWORD or stdin."""
    from gridmap.store.scope import Scope

    password = None if oidc_subject else _new_password(name)
    _people(database).accounts.add(
        Scope.everything(),
        name,
        _grant(role, territory, region, cell, everywhere),
        password=password,
        oidc_subject=oidc_subject,
    )
    _tell("added", name=name)


@user_app.command("list")
def list_(
    database: DatabaseOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print for a machine.")] = False,
) -> None:
    """List the accounts, what they may do and how far they reach."""
    from gridmap.store.scope import Scope

    found = _people(database).accounts.list(Scope.everything())
    if as_json:
        typer.echo(json.dumps([_plain(one) for one in found], ensure_ascii=False))
        return
    language = read_settings().language
    for one in found:
        state = text("people.cli.disabled", language) if one.disabled else ""
        typer.echo(f"{one.name}  {one.grant.role}  {_reach(one.grant)}  {state}".rstrip())


@user_app.command()
def grant(
    name: NameArgument,
    role: RoleOption = Role.VIEWER,
    territory: TerritoryOption = None,
    region: RegionOption = None,
    cell: CellOption = None,
    everywhere: EverywhereOption = False,
    database: DatabaseOption = None,
) -> None:
    """Give an account another role and reach instead of those it has."""
    from gridmap.store.scope import Scope

    granted = _grant(role, territory, region, cell, everywhere)
    _people(database).accounts.set_grant(Scope.everything(), name, granted)
    _tell("granted", name=name)


@user_app.command()
def password(name: NameArgument, database: DatabaseOption = None) -> None:
    """Give an account another password."""
    from gridmap.store.scope import Scope

    people = _people(database)
    people.accounts.set_password(Scope.everything(), name, _new_password(name))
    people.logins.forget(name)
    _tell("password_set", name=name)


@user_app.command()
def disable(name: NameArgument, database: DatabaseOption = None) -> None:
    """Close an account: its sessions and tokens end at once."""
    from gridmap.store.scope import Scope

    _people(database).accounts.set_disabled(Scope.everything(), name, True)
    _tell("closed", name=name)


@user_app.command()
def enable(name: NameArgument, database: DatabaseOption = None) -> None:
    """Open an account again, also one that is locked by wrong passwords."""
    from gridmap.store.scope import Scope

    people = _people(database)
    people.accounts.set_disabled(Scope.everything(), name, False)
    people.logins.forget(name)
    _tell("opened", name=name)


@user_app.command()
def token(
    name: NameArgument,
    label: Annotated[str, typer.Option(help="What it is for.")] = "",
    role: RoleOption = Role.VIEWER,
    territory: TerritoryOption = None,
    days: Annotated[int, typer.Option(help="Days until it ends.")] = 90,
    database: DatabaseOption = None,
) -> None:
    """Make a token by which a program asks in the name of an account; it is shown this once."""
    from gridmap.store.scope import Scope
    from gridmap.store.tokens import TokenWish

    territories = None if territory is None else frozenset(territory)
    wish = TokenWish(label, days=days, role=role, territories=territories)
    typer.echo(_people(database).tokens.add(Scope.everything(), name, wish))


@user_app.command()
def region(
    name: Annotated[str, typer.Argument(help="Name of the region.")],
    territory: TerritoryOption = None,
    database: DatabaseOption = None,
) -> None:
    """Say which territories a region is made of; none = there is no such region any more."""
    from gridmap.store.scope import Scope

    _people(database).accounts.set_region(Scope.everything(), name, territory or [])
    _tell("region_set", name=name)


@user_app.command()
def contacts(database: DatabaseOption = None) -> None:
    """List who saw names and homes of grid managers, the newest first."""
    from gridmap.store.scope import Scope

    for one in _people(database).contacts.list(Scope.everything()):
        typer.echo(f"{one.hour}  {one.account}  {one.scenario_id}  {one.what}")


def _people(database: str | None) -> People:
    from gridmap.store.repository import Store

    return Store(database or read_settings().database_url).people()


def _grant(
    role: Role,
    territory: list[str] | None,
    region: list[str] | None,
    cell: list[str] | None,
    everywhere: bool,
) -> Grant:
    from gridmap.store.accounts import Grant

    return Grant(
        role,
        everywhere=everywhere,
        territories=frozenset(territory or ()),
        regions=frozenset(region or ()),
        cells=frozenset(cell or ()),
    )


def _new_password(name: str) -> str:
    given = os.environ.get(PASSWORD_VARIABLE)
    if given is not None:
        return given
    language = read_settings().language
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass(text("people.cli.ask", language, name=name) + " ")
    if first != getpass.getpass(text("people.cli.ask_again", language) + " "):
        raise InputError(fault("people.cli.differ", name))
    return first


def _reach(grant: Grant) -> str:
    return ", ".join(f"{kind}:{name}" if name else kind for kind, name in grant.rows())


def _plain(account: Account) -> dict[str, object]:
    return {
        "name": account.name,
        "role": account.grant.role,
        "reach": [list(row) for row in account.grant.rows()],
        "disabled": account.disabled,
    }


def _tell(key: str, **values: object) -> None:
    typer.echo(text(f"people.cli.{key}", read_settings().language, **values))
