"""The table of the visits that were read back from filled route sheets."""

from __future__ import annotations

import sqlalchemy as sa

from gridmap.store.tables import metadata

#: The columns are those of `gridmap.schemas.VISIT_LOG`. A visit is known by its outlet, day and
#: route, so that a sheet that is handed in twice counts once. Visits outlive plans and states of
#: the data.
sheet_visit = sa.Table(
    "sheet_visit",
    metadata,
    sa.Column("territory_name", sa.String, primary_key=True),
    sa.Column("outlet_id", sa.String, primary_key=True),
    sa.Column("date", sa.String(10), primary_key=True),
    sa.Column("route", sa.String, primary_key=True),
    sa.Column("planned", sa.Double),
    sa.Column("done", sa.Boolean, nullable=False),
    sa.Column("seq", sa.Double),
    sa.Column("came", sa.Double),
    sa.Column("author", sa.String, nullable=False),
    sa.Column("made", sa.DateTime(timezone=True), nullable=False),
)
