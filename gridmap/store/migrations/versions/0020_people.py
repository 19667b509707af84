"""Accounts with their grants, regions, sessions, tokens, tries to sign in, and who saw contacts."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0011"
branch_labels = None
depends_on = None

_TABLES = (
    "contact_access",
    "login_attempt",
    "api_token",
    "session",
    "region_territory",
    "account_grant",
    "account",
)


def _time(name: str, *, nullable: bool = False, key: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, primary_key=key)


def _account(table: str, *, key: bool = False) -> sa.Column[Any]:
    return sa.Column(
        "account_id",
        sa.Integer(),
        sa.ForeignKey(
            "account.account_id", ondelete="CASCADE", name=f"fk_{table}_account_id_account"
        ),
        nullable=False,
        primary_key=key,
    )


def upgrade() -> None:
    """Make the tables; before, everybody who reached the port saw everything."""
    op.create_table(
        "account",
        sa.Column("account_id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String()),
        sa.Column("oidc_subject", sa.String()),
        sa.Column("role", sa.String(24), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        _time("created"),
        sa.UniqueConstraint("name_key", name="uq_account_name_key"),
        sa.UniqueConstraint("oidc_subject", name="uq_account_oidc_subject"),
    )
    op.create_table(
        "account_grant",
        _account("account_grant", key=True),
        sa.Column("kind", sa.String(12), primary_key=True),
        sa.Column("name", sa.String(), primary_key=True),
    )
    op.create_table(
        "region_territory",
        sa.Column("region", sa.String(), primary_key=True),
        sa.Column("territory", sa.String(), primary_key=True),
    )
    op.create_table(
        "session",
        sa.Column("session_id", sa.Integer(), primary_key=True),
        sa.Column("token_hash", sa.String(64), nullable=False),
        _account("session"),
        _time("created"),
        _time("last_seen"),
        _time("expires"),
        _time("revoked", nullable=True),
        sa.UniqueConstraint("token_hash", name="uq_session_token_hash"),
    )
    op.create_index("ix_session_account_id", "session", ["account_id"])
    op.create_table(
        "api_token",
        sa.Column("token_id", sa.Integer(), primary_key=True),
        sa.Column("token_hash", sa.String(64), nullable=False),
        _account("api_token"),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("role", sa.String(24), nullable=False),
        sa.Column("territories", sa.JSON()),
        _time("created"),
        _time("expires"),
        _time("revoked", nullable=True),
        sa.UniqueConstraint("token_hash", name="uq_api_token_token_hash"),
    )
    op.create_index("ix_api_token_account_id", "api_token", ["account_id"])
    op.create_table(
        "login_attempt",
        sa.Column("attempt_id", sa.Integer(), primary_key=True),
        sa.Column("name_hash", sa.String(64), nullable=False),
        _time("tried"),
    )
    op.create_index("ix_login_attempt_name_hash", "login_attempt", ["name_hash"])
    op.create_table(
        "contact_access",
        sa.Column("account", sa.String(), primary_key=True),
        sa.Column("scenario_id", sa.Integer(), primary_key=True),
        sa.Column("what", sa.String(40), primary_key=True),
        _time("hour", key=True),
    )


def downgrade() -> None:
    """Drop the tables."""
    for table in _TABLES:
        op.drop_table(table)
