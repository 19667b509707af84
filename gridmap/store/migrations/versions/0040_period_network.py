"""Street networks with the speeds of each part of the day."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; territories saved before have the mean of the day only."""
    op.create_table(
        "period_network",
        sa.Column("territory_id", sa.Integer, nullable=False),
        sa.Column("mode", sa.String(8), nullable=False),
        sa.Column("period", sa.String, nullable=False),
        sa.Column("begin_s", sa.Double, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("crs", sa.String, nullable=False),
        sa.Column("names", sa.JSON, nullable=False),
        sa.Column("road_classes", sa.JSON, nullable=False),
        sa.Column("arrays", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(
            ["territory_id"],
            ["territory.territory_id"],
            name=op.f("fk_period_network_territory_id_territory"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("territory_id", "mode", "period", name=op.f("pk_period_network")),
    )


def downgrade() -> None:
    """Drop the table; plans then use the mean of the day."""
    op.drop_table("period_network")
