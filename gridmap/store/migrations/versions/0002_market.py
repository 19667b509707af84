"""Market figures of a territory."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

AMOUNTS = (
    "subscribers",
    "sales",
    "additions",
    "departures",
    "ported_in",
    "ported_out",
    "potential",
    "households",
    "target",
)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "market",
        sa.Column("territory_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("unit", sa.Integer(), nullable=False),
        sa.Column("part", sa.Double(), nullable=False),
        sa.Column("outlet_id", sa.String(), nullable=False),
        sa.Column("operator", sa.String(), nullable=False),
        sa.Column("ours", sa.Boolean(), nullable=False),
        sa.Column("period", sa.String(length=7), nullable=False),
        *(sa.Column(name, sa.Double(), nullable=True) for name in AMOUNTS),
        sa.ForeignKeyConstraint(
            ["territory_id"],
            ["territory.territory_id"],
            name=op.f("fk_market_territory_id_territory"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("territory_id", "position", name=op.f("pk_market")),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("market")
