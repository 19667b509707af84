"""The tables of who may sign in: accounts and their grants, sessions, tokens and tries."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from gridmap.store.tables import metadata


def _account_key(*, primary_key: bool = False) -> sa.Column[int]:
    return sa.Column(
        "account_id",
        sa.Integer,
        sa.ForeignKey("account.account_id", ondelete="CASCADE"),
        primary_key=primary_key,
        nullable=False,
        index=not primary_key,
    )


def _time(name: str, *, nullable: bool = False) -> sa.Column[dt.datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


#: `name_key` is the folded name: two accounts must not differ in capitals only. An account
#: without a password signs in elsewhere, by `oidc_subject` (issuer and subject).
account = sa.Table(
    "account",
    metadata,
    sa.Column("account_id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("name_key", sa.String, nullable=False, unique=True),
    sa.Column("password_hash", sa.String),
    sa.Column("oidc_subject", sa.String, unique=True),
    sa.Column("role", sa.String(24), nullable=False),
    sa.Column("disabled", sa.Boolean, nullable=False),
    _time("created"),
)

#: How far an account reaches. `kind` is everywhere, territory, region or cell.
account_grant = sa.Table(
    "account_grant",
    metadata,
    _account_key(primary_key=True),
    sa.Column("kind", sa.String(12), primary_key=True),
    sa.Column("name", sa.String, primary_key=True),
)

#: A region is a named set of territories.
region_territory = sa.Table(
    "region_territory",
    metadata,
    sa.Column("region", sa.String, primary_key=True),
    sa.Column("territory", sa.String, primary_key=True),
)

#: Only the hash of a token is kept: who reads the database can't sign in with what he finds.
session = sa.Table(
    "session",
    metadata,
    sa.Column("session_id", sa.Integer, primary_key=True),
    sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
    _account_key(),
    _time("created"),
    _time("last_seen"),
    _time("expires"),
    _time("revoked", nullable=True),
)

#: A token does at most what its account may, and less where `role` or `territories` say so.
api_token = sa.Table(
    "api_token",
    metadata,
    sa.Column("token_id", sa.Integer, primary_key=True),
    sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
    _account_key(),
    sa.Column("label", sa.String, nullable=False),
    sa.Column("role", sa.String(24), nullable=False),
    sa.Column("territories", sa.JSON),
    _time("created"),
    _time("expires"),
    _time("revoked", nullable=True),
)

#: A try to sign in. Of the name only a hash is kept: people type passwords there by mistake.
#: `name_hash` is half a hash of the name, then half a hash of the address.
login_attempt = sa.Table(
    "login_attempt",
    metadata,
    sa.Column("attempt_id", sa.Integer, primary_key=True),
    sa.Column("name_hash", sa.String(64), nullable=False, index=True),
    _time("tried"),
)

#: Who saw the names and homes of grid managers, by the hour.
contact_access = sa.Table(
    "contact_access",
    metadata,
    sa.Column("account", sa.String, primary_key=True),
    sa.Column("scenario_id", sa.Integer, primary_key=True),
    sa.Column("what", sa.String(40), primary_key=True),
    sa.Column("hour", sa.DateTime(timezone=True), primary_key=True),
)
