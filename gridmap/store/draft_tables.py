"""Tables of what people do with scenarios: versions, edits, the audit."""

from __future__ import annotations

import sqlalchemy as sa

from gridmap.store.tables import metadata


def scenario_key(*, primary_key: bool = True, name: str = "scenario_id") -> sa.Column[int]:
    """Return a column that leads to a scenario and goes with it."""
    return sa.Column(
        name,
        sa.Integer,
        sa.ForeignKey("scenario.scenario_id", ondelete="CASCADE"),
        primary_key=primary_key,
        nullable=False,
    )


#: What becomes of a scenario: where it comes from, how far it is, when it holds.
#: `planned` is the place in the log that the routes and scores were made for, NULL if none were;
#: `next_cell` and `n_units` are the counters of a draft that is redrawn.
version = sa.Table(
    "version",
    metadata,
    scenario_key(),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("parent_id", sa.Integer, sa.ForeignKey("scenario.scenario_id", ondelete="RESTRICT")),
    sa.Column("status", sa.String(10), nullable=False),
    sa.Column("author", sa.String, nullable=False),
    sa.Column("head", sa.Integer, nullable=False),
    sa.Column("planned", sa.Integer),
    sa.Column("next_cell", sa.Integer),
    sa.Column("n_units", sa.Integer),
    sa.Column("status_by", sa.String, nullable=False),
    sa.Column("status_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("effective_from", sa.Date),
    sa.Column("effective_until", sa.Date),
)

#: The version of each cell of a draft, against which an edit is compared and swapped.
cell_version = sa.Table(
    "cell_version",
    metadata,
    scenario_key(),
    sa.Column("cell", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("author", sa.String, nullable=False),
    sa.Column("changed", sa.DateTime(timezone=True), nullable=False),
)

#: The log of a draft; rows are added and never changed. `cells` holds pairs of a touched cell and
#: its version after the edit; `asked` is the digest of what was asked for under the key.
edit = sa.Table(
    "edit",
    metadata,
    scenario_key(),
    sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("key", sa.String(64), nullable=False),
    sa.Column("asked", sa.String(64), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("author", sa.String, nullable=False),
    sa.Column("made", sa.DateTime(timezone=True), nullable=False),
    sa.Column("cells", sa.JSON, nullable=False),
    sa.Column("change", sa.LargeBinary, nullable=False),
    sa.Column("inverse", sa.LargeBinary, nullable=False),
    sa.Column("undoes", sa.Integer),
    sa.UniqueConstraint("scenario_id", "key"),
)

#: Who did what; each row's hash covers the row and the hash of the one before.
audit = sa.Table(
    "audit",
    metadata,
    sa.Column("audit_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("time", sa.String(32), nullable=False),
    sa.Column("actor", sa.String, nullable=False),
    sa.Column("action", sa.String(32), nullable=False),
    sa.Column("subject", sa.String, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
)
