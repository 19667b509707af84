"""Challenges, lists, assignments, targets."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def _cell() -> tuple[sa.Column[str], sa.Column[str]]:
    return (
        sa.Column("territory_name", sa.String(), nullable=False),
        sa.Column("centre_outlet_id", sa.String(), nullable=False),
    )


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "challenge",
        sa.Column("challenge_id", sa.Integer(), primary_key=True),
        sa.Column(
            "scenario_id",
            sa.Integer(),
            sa.ForeignKey("scenario.scenario_id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("cell_id", sa.Integer(), nullable=False),
        sa.Column("centre_outlet_id", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("made", sa.DateTime(timezone=True), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("units", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.String(), nullable=False),
        sa.Column("answered", sa.DateTime(timezone=True)),
    )
    op.create_index("ix_challenge_scenario_id", "challenge", ["scenario_id"])
    op.create_table(
        "list_change",
        sa.Column("change_id", sa.Integer(), primary_key=True),
        *_cell(),
        sa.Column("list_name", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("action", sa.String(8), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("made", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index(
        "ix_list_change_cell", "list_change", ["territory_name", "centre_outlet_id", "list_name"]
    )
    op.create_table(
        "assignment",
        sa.Column("assignment_id", sa.Integer(), primary_key=True),
        *_cell(),
        sa.Column("user_name", sa.String(), nullable=False),
        sa.Column("begins", sa.Date(), nullable=False),
        sa.Column("ends", sa.Date()),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("made", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("territory_name", "centre_outlet_id", "begins"),
    )
    op.create_table(
        "target",
        sa.Column("territory_name", sa.String(), primary_key=True),
        sa.Column("metric", sa.String(), primary_key=True),
        sa.Column("period", sa.String(10), primary_key=True),
        sa.Column("centre_outlet_id", sa.String(), primary_key=True),
        sa.Column("steps", sa.BigInteger(), nullable=False),
        sa.Column("decimals", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("made", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    """Drop the tables."""
    for name in ("target", "assignment", "list_change", "challenge"):
        op.drop_table(name)
