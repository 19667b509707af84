"""The tables at the borders between the parts, as pandera schemas."""

from __future__ import annotations

import pandera.pandas as pa

OWNERSHIPS = ("own", "partner", "rival", "other")

#: Outlets of a territory. `unit` is the unit the outlet lies in; `visited` says that it gets
#: visits, and then `grade` is not empty. `grade_source` is file, quantile or invented. `sales`
#: are pieces sold in one cycle of visits, `stocks` is 1 where the outlet stocks our goods and 0
#: where it does not, `category_sales` is what it sells of all makes; NaN = not reported.
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
        "sales": pa.Column(float, pa.Check.ge(0), nullable=True),
        "stocks": pa.Column(float, pa.Check.isin([0.0, 1.0]), nullable=True),
        "category_sales": pa.Column(float, pa.Check.ge(0), nullable=True),
    },
    strict="filter",
    ordered=True,
    add_missing_columns=True,  # where nobody knows sales or stock there need be no column of them
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

#: Amounts of `MARKET`; those of `PLACE_AMOUNTS` belong to a place and not to an operator.
OPERATOR_AMOUNTS = (
    "subscribers", "sales", "additions", "departures", "ported_in", "ported_out",
)  # fmt: skip
PLACE_AMOUNTS = ("potential", "households", "target")
MARKET_AMOUNTS = (*OPERATOR_AMOUNTS, *PLACE_AMOUNTS)

#: Market figures of a territory, bound to its units so that they survive a redraw: one row a
#: source (file), place, unit, operator and month. `place` is an outlet, a zone or a point as it is
#: named to the user; `part` is the share of the place that lies in the unit, and the amounts are
#: already that part. `outlet_id` is empty where a figure belongs to no outlet, `period` (such as
#: 2024-06) where the source has none. `ours` says that the operator is ours. NaN = unknown.
MARKET = pa.DataFrameSchema(
    {
        "source": pa.Column(str),
        "place": pa.Column(str),
        "unit": pa.Column("int64", pa.Check.ge(0)),
        "part": pa.Column(float, pa.Check.in_range(0, 1)),
        "outlet_id": pa.Column(str),
        "operator": pa.Column(str),
        "ours": pa.Column(bool),
        "period": pa.Column(str, pa.Check.str_matches(r"^(\d{4}-\d{2})?$")),
        **{name: pa.Column(float, pa.Check.ge(0), nullable=True) for name in MARKET_AMOUNTS},
    },
    strict="filter",
    ordered=True,
)

_ISO_DAY = pa.Check.str_matches(r"^(\d{4}-\d{2}-\d{2})?$")

#: Log of the visits of the past: one row a visit that was planned or made. `date` is the day on
#: which it was made, or else was to be made; `planned` is 1 or 0, NaN where the log does not say.
#: `seq` is its place in the planned order of its route, `came` tells the order in which the
#: visits were made (seconds after midnight, or places); NaN = unknown.
VISIT_LOG = pa.DataFrameSchema(
    {
        "outlet_id": pa.Column(str, pa.Check.str_length(min_value=1)),
        "date": pa.Column(str, _ISO_DAY),
        "route": pa.Column(str),
        "planned": pa.Column(float, pa.Check.isin([0.0, 1.0]), nullable=True),
        "done": pa.Column(bool),
        "seq": pa.Column(float, pa.Check.ge(0), nullable=True),
        "came": pa.Column(float, pa.Check.ge(0), nullable=True),
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

#: Categories of complaints, and what a sighting may be about.
COMPLAINTS_ABOUT = ("environment", "market", "product", "other")
SIGHTINGS_OF = ("rival", "place", "customers")

#: Visits as they took place. `date` is ISO or empty where it is not known; `came_s` and `left_s`
#: are seconds after midnight; `result` says why there was no visit, or remarks.
VISITS = pa.DataFrameSchema(
    {
        "outlet_id": pa.Column(str, pa.Check.str_length(min_value=1)),
        "date": pa.Column(str, _ISO_DAY),
        "route": pa.Column(str),
        "visited": pa.Column(bool),
        "came_s": pa.Column(float, pa.Check.in_range(0, 86_400), nullable=True),
        "left_s": pa.Column(float, pa.Check.in_range(0, 86_400), nullable=True),
        "result": pa.Column(str),
    },
    strict="filter",
    ordered=True,
)

#: What was found in the steps of visits; `value` is 1 or 0 for a tick, else a count.
STEP_RESULTS = pa.DataFrameSchema(
    {
        "outlet_id": pa.Column(str, pa.Check.str_length(min_value=1)),
        "date": pa.Column(str, _ISO_DAY),
        "route": pa.Column(str),
        "step": pa.Column("int64", pa.Check.in_range(1, 7)),
        "field": pa.Column(str, pa.Check.str_length(min_value=1)),
        "value": pa.Column(float, pa.Check.ge(0)),
    },
    strict="filter",
    ordered=True,
)

#: Complaints heard at outlets, by category.
COMPLAINTS = pa.DataFrameSchema(
    {
        "outlet_id": pa.Column(str, pa.Check.str_length(min_value=1)),
        "date": pa.Column(str, _ISO_DAY),
        "route": pa.Column(str),
        "category": pa.Column(str, pa.Check.isin(COMPLAINTS_ABOUT)),
        "count": pa.Column("int64", pa.Check.ge(0)),
        "note": pa.Column(str),
    },
    strict="filter",
    ordered=True,
)

#: What was seen in the field: at an outlet, or at a place (degrees, WGS-84), or both.
SIGHTINGS = pa.DataFrameSchema(
    {
        "date": pa.Column(str, _ISO_DAY),
        "about": pa.Column(str, pa.Check.isin(SIGHTINGS_OF)),
        "operator": pa.Column(str),
        "note": pa.Column(str),
        "outlet_id": pa.Column(str),
        "lon": pa.Column(float, pa.Check.in_range(-180, 180), nullable=True),
        "lat": pa.Column(float, pa.Check.in_range(-90, 90), nullable=True),
    },
    pa.Check(
        lambda frame: (frame["outlet_id"] != "") | frame[["lon", "lat"]].notna().all(axis=1),
        error="an outlet or a place",
    ),
    strict="filter",
    ordered=True,
)
