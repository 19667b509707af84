"""Tables of what planners do with the routes of a draft: the log of each cell, and what stays."""

from __future__ import annotations

import sqlalchemy as sa

from gridmap.store.draft_tables import scenario_key
from gridmap.store.tables import metadata

#: How often the routes of a cell were changed, against which a change is compared and swapped, and
#: what of them stays. A cell without a row was never changed; its version is 0.
cycle = sa.Table(
    "cycle",
    metadata,
    scenario_key(),
    sa.Column("cell_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("author", sa.String, nullable=False),
    sa.Column("changed", sa.DateTime(timezone=True), nullable=False),
    sa.Column("pins", sa.JSON, nullable=False),
)

#: The log; rows are added and never changed. `change` holds the routes and the pins that changed,
#: before and after; `asked` is the digest of what was asked for under the key.
cycle_edit = sa.Table(
    "cycle_edit",
    metadata,
    scenario_key(),
    sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("key", sa.String(64), nullable=False),
    sa.Column("asked", sa.String(64), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("author", sa.String, nullable=False),
    sa.Column("made", sa.DateTime(timezone=True), nullable=False),
    sa.Column("cell_id", sa.Integer, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("change", sa.JSON, nullable=False),
    sa.Column("undoes", sa.Integer),
    sa.UniqueConstraint("scenario_id", "key"),
)
