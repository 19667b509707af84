"""The tables at the borders between the parts, as pandera schemas."""

from __future__ import annotations

import pandera.pandas as pa

OWNERSHIPS = ("own", "partner", "rival", "other")

#: Outlets of a territory. `unit` is the unit the outlet lies in; `visited` says that it gets
#: visits, and then `grade` is not empty. `grade_source` is file, quantile or invented.
OUTLETS = pa.DataFrameSchema(
    {
        "outlet_id": pa.Column(str, pa.Check.str_length(min_value=1), unique=True),
        "name": pa.Column(str),
        "ownership": pa.Column(str, pa.Check.isin(OWNERSHIPS)),
        "operator": pa.Column(str),
        "kind": pa.Column(str),
        "grade": pa.Column(str),
        "grade_source": pa.Column(str, pa.Check.isin(["file", "quantile", "invented", ""])),
        "visited": pa.Column(bool),
        "potential": pa.Column(float, nullable=True),
        "x": pa.Column(float),
        "y": pa.Column(float),
        "unit": pa.Column("int64", pa.Check.ge(0)),
        "snap_distance_m": pa.Column(float, pa.Check.ge(0)),
    },
    strict="filter",
    ordered=True,
)

#: Demand points of a territory. `weight` is what the project file names (households, m²…).
DEMAND = pa.DataFrameSchema(
    {
        "demand_id": pa.Column(str),
        "weight": pa.Column(float, pa.Check.ge(0)),
        "x": pa.Column(float),
        "y": pa.Column(float),
        "unit": pa.Column("int64", pa.Check.ge(0)),
    },
    strict="filter",
    ordered=True,
)

#: Routes of a plan: one row a working day with visits. `week` and `weekday` start at 1
#: (weekday 1 = Monday); `number` is unique in the plan and equals `route_id`.
ROUTES = pa.DataFrameSchema(
    {
        "route_id": pa.Column(str, unique=True),
        "number": pa.Column(str),
        "cell_id": pa.Column("int64"),
        "week": pa.Column("int64", pa.Check.ge(1)),
        "weekday": pa.Column("int64", pa.Check.in_range(1, 7)),
        "stops": pa.Column("int64", pa.Check.ge(1)),
        "travel_s": pa.Column(float, pa.Check.ge(0)),
        "service_s": pa.Column(float, pa.Check.ge(0)),
        "distance_m": pa.Column(float, pa.Check.ge(0)),
    },
    strict="filter",
    ordered=True,
)

#: Stops of the routes; `seq` counts from 1, `arrival_s` is seconds after midnight.
STOPS = pa.DataFrameSchema(
    {
        "route_id": pa.Column(str),
        "seq": pa.Column("int64", pa.Check.ge(1)),
        "outlet_id": pa.Column(str),
        "arrival_s": pa.Column(float, pa.Check.ge(0)),
        "service_s": pa.Column(float, pa.Check.ge(0)),
    },
    strict="filter",
    ordered=True,
)

#: Scores in long form; a missing value is NaN and `note` says why.
SCORES = pa.DataFrameSchema(
    {
        "cell_id": pa.Column("int64"),
        "metric": pa.Column(str),
        "value": pa.Column(float, nullable=True),
        "numerator": pa.Column(float, nullable=True),
        "denominator": pa.Column(float, nullable=True),
        "n": pa.Column("int64", pa.Check.ge(0)),
        "p05": pa.Column(float, nullable=True),
        "p95": pa.Column(float, nullable=True),
        "rank_low": pa.Column(float, nullable=True),
        "rank_high": pa.Column(float, nullable=True),
        "note": pa.Column(str),
    },
    strict="filter",
    ordered=True,
)
