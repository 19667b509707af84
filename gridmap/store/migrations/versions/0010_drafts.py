"""Versions of scenarios, the log of edits, the audit."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0004"
branch_labels = None
depends_on = None


def _scenario_key() -> sa.Column[int]:
    to = sa.ForeignKey("scenario.scenario_id", ondelete="CASCADE")
    return sa.Column("scenario_id", sa.Integer(), to, primary_key=True)


def upgrade() -> None:
    """Add the tables; a scenario that is there becomes a draft with its plan."""
    op.add_column("snapshot", sa.Column("rest", sa.LargeBinary(), nullable=True))
    version = op.create_table(
        "version",
        _scenario_key(),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column(
            "parent_id", sa.Integer(), sa.ForeignKey("scenario.scenario_id", ondelete="RESTRICT")
        ),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("head", sa.Integer(), nullable=False),
        sa.Column("planned", sa.Integer()),
        sa.Column("next_cell", sa.Integer()),
        sa.Column("n_units", sa.Integer()),
        sa.Column("status_by", sa.String(), nullable=False),
        sa.Column("status_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("effective_from", sa.Date()),
        sa.Column("effective_until", sa.Date()),
    )
    scenario = sa.table("scenario", sa.column("scenario_id"), sa.column("created"))
    op.execute(
        sa.insert(version).from_select(
            ["scenario_id", "name", "status", "author", "head", "planned", "status_by",
             "status_at"],
            sa.select(
                scenario.c.scenario_id,
                sa.literal(""),
                sa.literal("draft"),
                sa.literal("operator"),
                sa.literal(0),
                sa.literal(0),
                sa.literal("operator"),
                scenario.c.created,
            ),
        )
    )  # fmt: skip
    op.create_table(
        "cell_version",
        _scenario_key(),
        sa.Column("cell", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("changed", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "edit",
        _scenario_key(),
        sa.Column("sequence", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("asked", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("made", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cells", sa.JSON(), nullable=False),
        sa.Column("change", sa.LargeBinary(), nullable=False),
        sa.Column("inverse", sa.LargeBinary(), nullable=False),
        sa.Column("undoes", sa.Integer()),
        sa.UniqueConstraint("scenario_id", "key"),
    )
    op.create_table(
        "audit",
        sa.Column("audit_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("time", sa.String(32), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )


def downgrade() -> None:
    """Drop the tables."""
    for name in ("audit", "edit", "cell_version", "version"):
        op.drop_table(name)
    op.drop_column("snapshot", "rest")
