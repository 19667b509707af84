"""The tables of the store. SQL stands in this package and in `gridmap.jobs.queue` only."""

from __future__ import annotations

import sqlalchemy as sa

from gridmap.schemas import MARKET_AMOUNTS

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _territory_key() -> sa.Column[int]:
    return sa.Column(
        "territory_id",
        sa.Integer,
        sa.ForeignKey("territory.territory_id", ondelete="CASCADE"),
        primary_key=True,
    )


def _scenario_key() -> sa.Column[int]:
    return sa.Column(
        "scenario_id",
        sa.Integer,
        sa.ForeignKey("scenario.scenario_id", ondelete="CASCADE"),
        primary_key=True,
    )


territory = sa.Table(
    "territory",
    metadata,
    sa.Column("territory_id", sa.Integer, primary_key=True),
    sa.Column("content_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("name", sa.String, nullable=False, index=True),
    sa.Column("crs", sa.String, nullable=False),
    sa.Column("boundary", sa.LargeBinary, nullable=False),
    sa.Column("grid_m", sa.Double, nullable=False),
    sa.Column("notices", sa.JSON, nullable=False),
    sa.Column("invented", sa.JSON, nullable=False),
    sa.Column("sources", sa.JSON, nullable=False),
    sa.Column("attribution", sa.String, nullable=False),
    sa.Column("created", sa.DateTime(timezone=True), nullable=False),
)

unit = sa.Table(
    "unit",
    metadata,
    _territory_key(),
    sa.Column("unit_id", sa.Integer, primary_key=True),
    sa.Column("polygon", sa.LargeBinary, nullable=False),
    sa.Column("part", sa.Integer, nullable=False),
    sa.Column("water", sa.Boolean, nullable=False),
)

unit_pair = sa.Table(
    "unit_pair",
    metadata,
    _territory_key(),
    sa.Column("first", sa.Integer, primary_key=True),
    sa.Column("second", sa.Integer, primary_key=True),
    sa.Column("shared_m", sa.Double, nullable=False),
    sa.Column("river_m", sa.Double, nullable=False),
    sa.Column("rail_m", sa.Double, nullable=False),
    sa.Column("motorway_m", sa.Double, nullable=False),
    sa.Column("admin_m", sa.Double, nullable=False),
    sa.Column("crossings", sa.Integer, nullable=False),
)

outlet = sa.Table(
    "outlet",
    metadata,
    _territory_key(),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("outlet_id", sa.String, nullable=False),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("ownership", sa.String, nullable=False),
    sa.Column("operator", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("grade", sa.String, nullable=False),
    sa.Column("grade_source", sa.String, nullable=False),
    sa.Column("visited", sa.Boolean, nullable=False),
    sa.Column("potential", sa.Double),
    sa.Column("x", sa.Double, nullable=False),
    sa.Column("y", sa.Double, nullable=False),
    sa.Column("unit", sa.Integer, nullable=False),
    sa.Column("snap_distance_m", sa.Double, nullable=False),
    sa.Column("sales", sa.Double),
    sa.Column("stocks", sa.Double),
    sa.Column("category_sales", sa.Double),
)

demand = sa.Table(
    "demand",
    metadata,
    _territory_key(),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("demand_id", sa.String, nullable=False),
    sa.Column("weight", sa.Double, nullable=False),
    sa.Column("x", sa.Double, nullable=False),
    sa.Column("y", sa.Double, nullable=False),
    sa.Column("unit", sa.Integer, nullable=False),
)

excluded = sa.Table(
    "excluded",
    metadata,
    _territory_key(),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("file", sa.String, nullable=False),
    sa.Column("row", sa.Integer, nullable=False),
    sa.Column("id", sa.String, nullable=False),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("found", sa.String, nullable=False),
)

market = sa.Table(
    "market",
    metadata,
    _territory_key(),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("source", sa.String, nullable=False),
    sa.Column("place", sa.String, nullable=False),
    sa.Column("unit", sa.Integer, nullable=False),
    sa.Column("part", sa.Double, nullable=False),
    sa.Column("outlet_id", sa.String, nullable=False),
    sa.Column("operator", sa.String, nullable=False),
    sa.Column("ours", sa.Boolean, nullable=False),
    sa.Column("period", sa.String(7), nullable=False),
    *(sa.Column(name, sa.Double) for name in MARKET_AMOUNTS),
)

visit_log = sa.Table(
    "visit_log",
    metadata,
    _territory_key(),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("outlet_id", sa.String, nullable=False),
    sa.Column("date", sa.String(10), nullable=False),
    sa.Column("route", sa.String, nullable=False),
    sa.Column("planned", sa.Double),
    sa.Column("done", sa.Boolean, nullable=False),
    sa.Column("seq", sa.Double),
    sa.Column("came", sa.Double),
)

network = sa.Table(
    "network",
    metadata,
    _territory_key(),
    sa.Column("mode", sa.String(8), primary_key=True),
    sa.Column("crs", sa.String, nullable=False),
    sa.Column("names", sa.JSON, nullable=False),
    sa.Column("road_classes", sa.JSON, nullable=False),
    sa.Column("arrays", sa.LargeBinary, nullable=False),
)

#: Where speeds depend on the time of day: the network of each period.
period_network = sa.Table(
    "period_network",
    metadata,
    _territory_key(),
    sa.Column("mode", sa.String(8), primary_key=True),
    sa.Column("period", sa.String, primary_key=True),
    sa.Column("begin_s", sa.Double, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("crs", sa.String, nullable=False),
    sa.Column("names", sa.JSON, nullable=False),
    sa.Column("road_classes", sa.JSON, nullable=False),
    sa.Column("arrays", sa.LargeBinary, nullable=False),
)

linework = sa.Table(
    "linework",
    metadata,
    _territory_key(),
    sa.Column("kind", sa.String(16), primary_key=True),
    sa.Column("geometry", sa.LargeBinary, nullable=False),
)

scenario = sa.Table(
    "scenario",
    metadata,
    sa.Column("scenario_id", sa.Integer, primary_key=True),
    sa.Column(
        "territory_id",
        sa.Integer,
        sa.ForeignKey("territory.territory_id", ondelete="RESTRICT"),
        nullable=False,
        index=True,
    ),
    sa.Column("created", sa.DateTime(timezone=True), nullable=False),
    sa.Column("seed", sa.BigInteger, nullable=False),
    sa.Column("request", sa.JSON, nullable=False),
    sa.Column("travel_cost", sa.Double, nullable=False),
    sa.Column("lower_bound", sa.Double),
    sa.Column("notices", sa.JSON, nullable=False),
    sa.Column("partition_notices", sa.JSON, nullable=False),
    sa.Column("details", sa.JSON, nullable=False),
    sa.Column("report", sa.JSON, nullable=False),
)

#: The whole assignment unit → cell at one point of the edit log, as compressed int32; `rest` is
#: all else that edits of a draft change, NULL for a plan as it was made.
snapshot = sa.Table(
    "snapshot",
    metadata,
    _scenario_key(),
    sa.Column("sequence", sa.Integer, primary_key=True),
    sa.Column("labels", sa.LargeBinary, nullable=False),
    sa.Column("rest", sa.LargeBinary),
)

cell = sa.Table(
    "cell",
    metadata,
    _scenario_key(),
    sa.Column("cell_id", sa.Integer, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("centre_position", sa.Integer, nullable=False),
    sa.Column("code", sa.String, nullable=False),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("centre_outlet_id", sa.String, nullable=False),
    sa.Column("manager", sa.String, nullable=False),
    sa.Column("area_m2", sa.Double, nullable=False),
    sa.Column("compactness", sa.Double, nullable=False),
    sa.Column("routes", sa.Integer, nullable=False),
    sa.Column("visit_minutes_per_day", sa.Double, nullable=False),
    sa.Column("position_score", sa.Double),
    sa.Column("coverage_score", sa.Double),
    sa.Column("quadrant", sa.String, nullable=False),
)

cell_load = sa.Table(
    "cell_load",
    metadata,
    _scenario_key(),
    sa.Column("workload", sa.String, primary_key=True),
    sa.Column("cell_id", sa.Integer, primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("load", sa.Double, nullable=False),
    sa.Column("tolerance", sa.Double),
    sa.Column("attainable", sa.Double, nullable=False),
)

route = sa.Table(
    "route",
    metadata,
    _scenario_key(),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("route_id", sa.String, nullable=False),
    sa.Column("number", sa.String, nullable=False),
    sa.Column("cell_id", sa.Integer, nullable=False),
    sa.Column("week", sa.Integer, nullable=False),
    sa.Column("weekday", sa.Integer, nullable=False),
    sa.Column("stops", sa.Integer, nullable=False),
    sa.Column("travel_s", sa.Double, nullable=False),
    sa.Column("service_s", sa.Double, nullable=False),
    sa.Column("distance_m", sa.Double, nullable=False),
    sa.Column("line", sa.LargeBinary, nullable=False),
)

stop = sa.Table(
    "stop",
    metadata,
    _scenario_key(),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("route_id", sa.String, nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("outlet_id", sa.String, nullable=False),
    sa.Column("arrival_s", sa.Double, nullable=False),
    sa.Column("service_s", sa.Double, nullable=False),
)

score = sa.Table(
    "score",
    metadata,
    _scenario_key(),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("cell_id", sa.Integer, nullable=False),
    sa.Column("metric", sa.String, nullable=False),
    sa.Column("value", sa.Double),
    sa.Column("numerator", sa.Double),
    sa.Column("denominator", sa.Double),
    sa.Column("n", sa.Integer, nullable=False),
    sa.Column("p05", sa.Double),
    sa.Column("p95", sa.Double),
    sa.Column("rank_low", sa.Double),
    sa.Column("rank_high", sa.Double),
    sa.Column("note", sa.String, nullable=False),
)

#: A plan in the making: who looks at the dashboard sees how far it is.
plan_run = sa.Table(
    "plan_run",
    metadata,
    sa.Column("run_id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("stage", sa.String, nullable=False),
    sa.Column("fraction", sa.Double, nullable=False),
    sa.Column("detail", sa.String, nullable=False),
    sa.Column("started", sa.DateTime(timezone=True), nullable=False),
    sa.Column("updated", sa.DateTime(timezone=True), nullable=False),
)

#: Work in the background. `fence` grows with each claim: who holds an older one may not write.
job = sa.Table(
    "job",
    metadata,
    sa.Column("job_id", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("territory", sa.String, nullable=False),
    sa.Column("arguments", sa.JSON, nullable=False),
    sa.Column("user", sa.String, nullable=False),
    sa.Column("role", sa.String(24), nullable=False),
    sa.Column("territories", sa.JSON, nullable=False),
    sa.Column("cells", sa.JSON, nullable=False),
    sa.Column("idempotency_key", sa.String(64)),
    sa.Column("state", sa.String(9), nullable=False, index=True),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("most_attempts", sa.Integer, nullable=False),
    sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
    sa.Column("worker", sa.String, nullable=False),
    sa.Column("fence", sa.Integer, nullable=False),
    sa.Column("lease_until", sa.DateTime(timezone=True)),
    sa.Column("heartbeat", sa.DateTime(timezone=True)),
    sa.Column("cancel_asked", sa.Boolean, nullable=False),
    sa.Column("stage", sa.String, nullable=False),
    sa.Column("fraction", sa.Double, nullable=False),
    sa.Column("detail", sa.String, nullable=False),
    sa.Column("left_s", sa.Double),
    sa.Column("faults", sa.JSON, nullable=False),
    sa.Column("result", sa.JSON, nullable=False),
    sa.Column("created", sa.DateTime(timezone=True), nullable=False),
    sa.Column("started", sa.DateTime(timezone=True)),
    sa.Column("ended", sa.DateTime(timezone=True)),
    sa.UniqueConstraint("user", "idempotency_key"),
)
