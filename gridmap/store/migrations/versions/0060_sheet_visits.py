"""Visits that were read back from filled route sheets."""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; what was read before was shown and not kept."""
    key = ("territory_name", "outlet_id", "date", "route")
    op.create_table(
        "sheet_visit",
        sa.Column("territory_name", sa.String, nullable=False),
        sa.Column("outlet_id", sa.String, nullable=False),
        sa.Column("date", sa.String(length=10), nullable=False),
        sa.Column("route", sa.String, nullable=False),
        sa.Column("planned", sa.Double, nullable=True),
        sa.Column("done", sa.Boolean, nullable=False),
        sa.Column("seq", sa.Double, nullable=True),
        sa.Column("came", sa.Double, nullable=True),
        sa.Column("author", sa.String, nullable=False),
        sa.Column("made", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(*key, name=op.f("pk_sheet_visit")),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("sheet_visit")
