"""Log of visits, and what outlets stock."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and add the columns; nobody reported either before."""
    op.create_table(
        "visit_log",
        sa.Column("territory_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("outlet_id", sa.String(), nullable=False),
        sa.Column("date", sa.String(length=10), nullable=False),
        sa.Column("route", sa.String(), nullable=False),
        sa.Column("planned", sa.Double(), nullable=True),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.Column("seq", sa.Double(), nullable=True),
        sa.Column("came", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["territory_id"],
            ["territory.territory_id"],
            name=op.f("fk_visit_log_territory_id_territory"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("territory_id", "position", name=op.f("pk_visit_log")),
    )
    op.add_column("outlet", sa.Column("stocks", sa.Double(), nullable=True))
    op.add_column("outlet", sa.Column("category_sales", sa.Double(), nullable=True))


def downgrade() -> None:
    """Drop both."""
    op.drop_column("outlet", "category_sales")
    op.drop_column("outlet", "stocks")
    op.drop_table("visit_log")
