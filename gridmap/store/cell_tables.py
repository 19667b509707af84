"""Tables of what outlives a plan: a cell is known by the own outlet in its centre.

Challenges belong to one scenario; lists, assignments and targets to a cell whatever its borders.
"""

from __future__ import annotations

import sqlalchemy as sa

from gridmap.store.tables import metadata


def _cell() -> tuple[sa.Column[str], sa.Column[str]]:
    return (
        sa.Column("territory_name", sa.String, nullable=False),
        sa.Column("centre_outlet_id", sa.String, nullable=False),
    )


challenge = sa.Table(
    "challenge",
    metadata,
    sa.Column("challenge_id", sa.Integer, primary_key=True),
    sa.Column(
        "scenario_id",
        sa.Integer,
        sa.ForeignKey("scenario.scenario_id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    sa.Column("cell_id", sa.Integer, nullable=False),
    sa.Column("centre_outlet_id", sa.String, nullable=False),
    sa.Column("author", sa.String, nullable=False),
    sa.Column("made", sa.DateTime(timezone=True), nullable=False),
    sa.Column("words", sa.Text, nullable=False),
    sa.Column("units", sa.JSON, nullable=False),
    sa.Column("state", sa.String(8), nullable=False),
    sa.Column("answer", sa.Text, nullable=False),
    sa.Column("answered_by", sa.String, nullable=False),
    sa.Column("answered", sa.DateTime(timezone=True)),
)

#: What came onto a list and what left it; rows are added and never changed.
list_change = sa.Table(
    "list_change",
    metadata,
    sa.Column("change_id", sa.Integer, primary_key=True),
    *_cell(),
    sa.Column("list_name", sa.String, nullable=False),
    sa.Column("item", sa.String, nullable=False),
    sa.Column("action", sa.String(8), nullable=False),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("author", sa.String, nullable=False),
    sa.Column("made", sa.DateTime(timezone=True), nullable=False),
    sa.Index("ix_list_change_cell", "territory_name", "centre_outlet_id", "list_name"),
)

#: Who is responsible for a cell from a day on; no row of a cell begins before the former ends.
assignment = sa.Table(
    "assignment",
    metadata,
    sa.Column("assignment_id", sa.Integer, primary_key=True),
    *_cell(),
    sa.Column("user_name", sa.String, nullable=False),
    sa.Column("begins", sa.Date, nullable=False),
    sa.Column("ends", sa.Date),
    sa.Column("note", sa.String, nullable=False),
    sa.Column("author", sa.String, nullable=False),
    sa.Column("made", sa.DateTime(timezone=True), nullable=False),
    sa.UniqueConstraint("territory_name", "centre_outlet_id", "begins"),
)

#: Targets in whole steps of 10 ** -decimals, so that sums are exact.
target = sa.Table(
    "target",
    metadata,
    sa.Column("territory_name", sa.String, primary_key=True),
    sa.Column("metric", sa.String, primary_key=True),
    sa.Column("period", sa.String(10), primary_key=True),
    sa.Column("centre_outlet_id", sa.String, primary_key=True),
    sa.Column("steps", sa.BigInteger, nullable=False),
    sa.Column("decimals", sa.Integer, nullable=False),
    sa.Column("author", sa.String, nullable=False),
    sa.Column("made", sa.DateTime(timezone=True), nullable=False),
)
