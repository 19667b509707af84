"""What planners do with the routes of a draft."""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0040"
branch_labels = None
depends_on = None


def _scenario_key(table: str) -> tuple[sa.Column[int], sa.ForeignKeyConstraint]:
    return (
        sa.Column("scenario_id", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(
            ["scenario_id"],
            ["scenario.scenario_id"],
            name=op.f(f"fk_{table}_scenario_id_scenario"),
            ondelete="CASCADE",
        ),
    )


def upgrade() -> None:
    """Make the tables; no route was changed by hand so far."""
    op.create_table(
        "cycle",
        *_scenario_key("cycle"),
        sa.Column("cell_id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("author", sa.String, nullable=False),
        sa.Column("changed", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pins", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("scenario_id", "cell_id", name=op.f("pk_cycle")),
    )
    op.create_table(
        "cycle_edit",
        *_scenario_key("cycle_edit"),
        sa.Column("sequence", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("asked", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("author", sa.String, nullable=False),
        sa.Column("made", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cell_id", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("change", sa.JSON, nullable=False),
        sa.Column("undoes", sa.Integer),
        sa.PrimaryKeyConstraint("scenario_id", "sequence", name=op.f("pk_cycle_edit")),
        sa.UniqueConstraint("scenario_id", "key", name=op.f("uq_cycle_edit_scenario_id")),
    )


def downgrade() -> None:
    """Drop the tables; the routes stay as they were changed, and nothing can be undone."""
    op.drop_table("cycle_edit")
    op.drop_table("cycle")
