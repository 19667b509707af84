"""Territories and scenarios."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "plan_run",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("fraction", sa.Double(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("started", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_plan_run")),
    )
    op.create_table(
        "territory",
        sa.Column("territory_id", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("crs", sa.String(), nullable=False),
        sa.Column("boundary", sa.LargeBinary(), nullable=False),
        sa.Column("grid_m", sa.Double(), nullable=False),
        sa.Column("notices", sa.JSON(), nullable=False),
        sa.Column("invented", sa.JSON(), nullable=False),
        sa.Column("sources", sa.JSON(), nullable=False),
        sa.Column("attribution", sa.String(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("territory_id", name=op.f("pk_territory")),
        sa.UniqueConstraint("content_hash", name=op.f("uq_territory_content_hash")),
    )
    op.create_index(op.f("ix_territory_name"), "territory", ["name"], unique=False)
    op.create_table(
        "demand",
        sa.Column("territory_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("demand_id", sa.String(), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("x", sa.Double(), nullable=False),
        sa.Column("y", sa.Double(), nullable=False),
        sa.Column("unit", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["territory_id"],
            ["territory.territory_id"],
            name=op.f("fk_demand_territory_id_territory"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("territory_id", "position", name=op.f("pk_demand")),
    )
    op.create_table(
        "excluded",
        sa.Column("territory_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("found", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["territory_id"],
            ["territory.territory_id"],
            name=op.f("fk_excluded_territory_id_territory"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("territory_id", "position", name=op.f("pk_excluded")),
    )
    op.create_table(
        "linework",
        sa.Column("territory_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("geometry", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["territory_id"],
            ["territory.territory_id"],
            name=op.f("fk_linework_territory_id_territory"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("territory_id", "kind", name=op.f("pk_linework")),
    )
    op.create_table(
        "network",
        sa.Column("territory_id", sa.Integer(), nullable=False),
        sa.Column("mode", sa.String(length=8), nullable=False),
        sa.Column("crs", sa.String(), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("road_classes", sa.JSON(), nullable=False),
        sa.Column("arrays", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["territory_id"],
            ["territory.territory_id"],
            name=op.f("fk_network_territory_id_territory"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("territory_id", "mode", name=op.f("pk_network")),
    )
    op.create_table(
        "outlet",
        sa.Column("territory_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("outlet_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("ownership", sa.String(), nullable=False),
        sa.Column("operator", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("grade", sa.String(), nullable=False),
        sa.Column("grade_source", sa.String(), nullable=False),
        sa.Column("visited", sa.Boolean(), nullable=False),
        sa.Column("potential", sa.Double(), nullable=True),
        sa.Column("x", sa.Double(), nullable=False),
        sa.Column("y", sa.Double(), nullable=False),
        sa.Column("unit", sa.Integer(), nullable=False),
        sa.Column("snap_distance_m", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["territory_id"],
            ["territory.territory_id"],
            name=op.f("fk_outlet_territory_id_territory"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("territory_id", "position", name=op.f("pk_outlet")),
    )
    op.create_table(
        "scenario",
        sa.Column("scenario_id", sa.Integer(), nullable=False),
        sa.Column("territory_id", sa.Integer(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("travel_cost", sa.Double(), nullable=False),
        sa.Column("lower_bound", sa.Double(), nullable=True),
        sa.Column("notices", sa.JSON(), nullable=False),
        sa.Column("partition_notices", sa.JSON(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["territory_id"],
            ["territory.territory_id"],
            name=op.f("fk_scenario_territory_id_territory"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("scenario_id", name=op.f("pk_scenario")),
    )
    op.create_index(op.f("ix_scenario_territory_id"), "scenario", ["territory_id"], unique=False)
    op.create_table(
        "unit",
        sa.Column("territory_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("polygon", sa.LargeBinary(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("water", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["territory_id"],
            ["territory.territory_id"],
            name=op.f("fk_unit_territory_id_territory"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("territory_id", "unit_id", name=op.f("pk_unit")),
    )
    op.create_table(
        "unit_pair",
        sa.Column("territory_id", sa.Integer(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("second", sa.Integer(), nullable=False),
        sa.Column("shared_m", sa.Double(), nullable=False),
        sa.Column("river_m", sa.Double(), nullable=False),
        sa.Column("rail_m", sa.Double(), nullable=False),
        sa.Column("motorway_m", sa.Double(), nullable=False),
        sa.Column("admin_m", sa.Double(), nullable=False),
        sa.Column("crossings", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["territory_id"],
            ["territory.territory_id"],
            name=op.f("fk_unit_pair_territory_id_territory"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("territory_id", "first", "second", name=op.f("pk_unit_pair")),
    )
    op.create_table(
        "cell",
        sa.Column("scenario_id", sa.Integer(), nullable=False),
        sa.Column("cell_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("centre_position", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("centre_outlet_id", sa.String(), nullable=False),
        sa.Column("manager", sa.String(), nullable=False),
        sa.Column("area_m2", sa.Double(), nullable=False),
        sa.Column("compactness", sa.Double(), nullable=False),
        sa.Column("routes", sa.Integer(), nullable=False),
        sa.Column("visit_minutes_per_day", sa.Double(), nullable=False),
        sa.Column("position_score", sa.Double(), nullable=True),
        sa.Column("coverage_score", sa.Double(), nullable=True),
        sa.Column("quadrant", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["scenario_id"],
            ["scenario.scenario_id"],
            name=op.f("fk_cell_scenario_id_scenario"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("scenario_id", "cell_id", name=op.f("pk_cell")),
    )
    op.create_table(
        "cell_load",
        sa.Column("scenario_id", sa.Integer(), nullable=False),
        sa.Column("workload", sa.String(), nullable=False),
        sa.Column("cell_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("load", sa.Double(), nullable=False),
        sa.Column("tolerance", sa.Double(), nullable=True),
        sa.Column("attainable", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["scenario_id"],
            ["scenario.scenario_id"],
            name=op.f("fk_cell_load_scenario_id_scenario"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("scenario_id", "workload", "cell_id", name=op.f("pk_cell_load")),
    )
    op.create_table(
        "route",
        sa.Column("scenario_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("route_id", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("cell_id", sa.Integer(), nullable=False),
        sa.Column("week", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("stops", sa.Integer(), nullable=False),
        sa.Column("travel_s", sa.Double(), nullable=False),
        sa.Column("service_s", sa.Double(), nullable=False),
        sa.Column("distance_m", sa.Double(), nullable=False),
        sa.Column("line", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["scenario_id"],
            ["scenario.scenario_id"],
            name=op.f("fk_route_scenario_id_scenario"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("scenario_id", "position", name=op.f("pk_route")),
    )
    op.create_table(
        "score",
        sa.Column("scenario_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("cell_id", sa.Integer(), nullable=False),
        sa.Column("metric", sa.String(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("numerator", sa.Double(), nullable=True),
        sa.Column("denominator", sa.Double(), nullable=True),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("p05", sa.Double(), nullable=True),
        sa.Column("p95", sa.Double(), nullable=True),
        sa.Column("rank_low", sa.Double(), nullable=True),
        sa.Column("rank_high", sa.Double(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["scenario_id"],
            ["scenario.scenario_id"],
            name=op.f("fk_score_scenario_id_scenario"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("scenario_id", "position", name=op.f("pk_score")),
    )
    op.create_table(
        "snapshot",
        sa.Column("scenario_id", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("labels", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["scenario_id"],
            ["scenario.scenario_id"],
            name=op.f("fk_snapshot_scenario_id_scenario"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("scenario_id", "sequence", name=op.f("pk_snapshot")),
    )
    op.create_table(
        "stop",
        sa.Column("scenario_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("route_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("outlet_id", sa.String(), nullable=False),
        sa.Column("arrival_s", sa.Double(), nullable=False),
        sa.Column("service_s", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["scenario_id"],
            ["scenario.scenario_id"],
            name=op.f("fk_stop_scenario_id_scenario"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("scenario_id", "position", name=op.f("pk_stop")),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("stop")
    op.drop_table("snapshot")
    op.drop_table("score")
    op.drop_table("route")
    op.drop_table("cell_load")
    op.drop_table("cell")
    op.drop_table("unit_pair")
    op.drop_table("unit")
    op.drop_index(op.f("ix_scenario_territory_id"), table_name="scenario")
    op.drop_table("scenario")
    op.drop_table("outlet")
    op.drop_table("network")
    op.drop_table("linework")
    op.drop_table("excluded")
    op.drop_table("demand")
    op.drop_index(op.f("ix_territory_name"), table_name="territory")
    op.drop_table("territory")
    op.drop_table("plan_run")
