"""Sales of the outlets in a cycle of visits."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; nobody reported sales before."""
    op.add_column("outlet", sa.Column("sales", sa.Double(), nullable=True))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("outlet", "sales")
