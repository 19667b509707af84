"""A log of visits that is made up, for trying out where an operator has given none."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.invented import invented_share
from gridmap import schemas
from gridmap.policies import RoutingPolicy

Floats = NDArray[np.float64]

#: The last day told of, a Sunday, and cycles of visits up to it.
LAST_DAY = date(2026, 6, 28)
CYCLES = 2
#: Shares of planned visits that are left out, and made late, and of calls beside the plan.
MISSED, LATE, BESIDE = 0.10, 0.10, 0.06
#: Side of the squares whose outlets share a made-up route, metres.
SQUARE_M = 800.0
FIRST_S, CALL_S = 9 * 3600.0, 25 * 60.0


def invented_visits(
    outlets: pd.DataFrame, routing: RoutingPolicy, *, seed: int = 0
) -> pd.DataFrame | None:
    """Return made-up visits of two cycles to the outlets with a grade; None if there are none.

    The visits that a grade asks for are spread over the cycle and planned by squares of the map.
    What became of a visit depends on outlet, day and seed only. Returns
    `gridmap.schemas.VISIT_LOG`.
    """
    due = {grade: one.visits for grade, one in routing.grade_policy.items()}
    open_ = outlets[outlets["visited"] & outlets["grade"].isin(list(due))]
    first = LAST_DAY - timedelta(days=7 * routing.weeks * CYCLES - 1)
    square = np.floor(open_[["x", "y"]].to_numpy() / SQUARE_M).astype(np.int64).tolist()
    listed = zip(
        open_["outlet_id"].tolist(), open_["grade"].tolist(), square,
        open_[["x", "y"]].sum(axis=1).tolist(), strict=True,
    )  # fmt: skip
    rows = [
        (outlet, day, f"X{column}.{row}", place)
        for outlet, grade, (column, row), place in listed
        for day in _days(outlet, due[grade], routing, first=first, seed=seed)
    ]
    if not rows:
        return None
    log = pd.DataFrame(rows, columns=["outlet_id", "date", "route", "place"])
    log = log.sort_values(["date", "route", "place", "outlet_id"], ignore_index=True)
    log["seq"] = log.groupby(["date", "route"]).cumcount() + 1.0
    luck = _luck(log, "made", seed)
    log["planned"], log["done"] = 1.0, luck >= MISSED
    late = _luck(log, "late", seed) < LATE
    came = FIRST_S + CALL_S * (log["seq"] - 1.0) + np.where(late, 4.0 * 3600.0, 0.0)
    log["came"] = came.where(log["done"], np.nan)
    beside = log[_luck(log, "beside", seed) < BESIDE].assign(planned=0.0, done=True, seq=np.nan)
    beside = beside.assign(route="", came=FIRST_S + 8.0 * CALL_S)
    whole = pd.concat([log, beside], ignore_index=True)
    return schemas.VISIT_LOG.validate(whole[list(schemas.VISIT_LOG.columns)])


def _days(outlet: str, visits: int, routing: RoutingPolicy, *, first: date, seed: int) -> list[str]:
    """Return the days on which visits to an outlet were planned, evenly over each cycle."""
    offset = invented_share(f"day {outlet}", seed) * routing.cycle_days
    found = []
    for cycle in range(CYCLES):
        for at in range(visits):
            number = int(offset + at * routing.cycle_days / visits) % routing.cycle_days
            week, weekday = divmod(number, len(routing.working_days))
            weeks = timedelta(weeks=cycle * routing.weeks + week)
            day = first + weeks + timedelta(days=routing.working_days[weekday] - 1)
            found.append(day.isoformat())
    return found


def _luck(log: pd.DataFrame, what: str, seed: int) -> Floats:
    """Return a number between 0 and 1 for each visit. Shape (n_visits,)."""
    pairs = zip(log["outlet_id"], log["date"], strict=True)
    return np.array([invented_share(f"{what} {one} {day}", seed) for one, day in pairs])
