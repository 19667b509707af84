"""A territory with new data: the same ground and streets, other outlets, demand or visits.

The old territory is not changed, so that its plans can be made again; the new one has its own
hash, and plans are made of it in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from geodata.incoming import Read
from geodata.outlet_history import Known
from geodata.rows import grade_outlets
from geodata.sieve import excluded_notices
from gridmap import schemas
from gridmap.errors import Fault, InputError, fault, some_ids
from gridmap.intake import RowKind
from gridmap.policies import PlanRequest
from gridmap.scoring.field_counts import INVENTED_LOG
from gridmap.territory import Territory
from gridmap.travel.snap import Snapper

#: Beyond this nothing snaps. Metres.
FAR_M = 1.0e7


def renewed(
    territory: Territory,
    read: Read,
    rows: RowKind,
    request: PlanRequest,
    *,
    file: str,
    file_hash: str,
) -> Territory:
    """Return a territory with the rows of a table in place of its own.

    Parameters
    ----------
    territory
        The state before.
    read, rows
        The table, and what its rows are.
    request
        What the plans of the territory are asked: its grades, and which outlets are centres.
    file, file_hash
        Name of the table and hash of its content, kept with the territory.

    Raises
    ------
    InputError
        If no plan could be made of it: no row is left, no own outlet, a centre is missing.
    """
    if faults := unusable(read, rows, request):
        raise InputError(*excluded_notices(read.excluded), *faults)
    made = _MAKE[rows](territory, read, request)
    lines = read.excluded.assign(file=file)
    before = territory.excluded
    if len(before):
        before = before[before["file"] != file]
    told = (*excluded_notices(lines), *excluded_notices(read.repaired.assign(file=file)))
    return replace(
        made,
        sources={**territory.sources, file: file_hash},
        excluded=pd.concat([one for one in (before, lines) if len(one)] or [lines])
        .reset_index(drop=True),
        notices=(*(one for one in made.notices if not one.where.startswith(file)), *told),
    )  # fmt: skip


def unusable(read: Read, rows: RowKind, request: PlanRequest) -> list[Fault]:
    """Return why no plan could be made with the rows of a table; empty = it could."""
    file, frame = read.table.name, read.frame
    if not len(frame):
        return [fault("tables.no_row_left", file)]
    centres = request.partition.centres
    if rows != "outlets":
        return []
    if centres == "own":
        return [] if (frame["ownership"] == "own").any() else [fault("data.no_own", file)]
    lacking = [one for one in centres if one not in set(frame["outlet_id"])]
    return [fault("world.centre_unknown", file, ids=some_ids(lacking))] if lacking else []


def _with_outlets(territory: Territory, read: Read, request: PlanRequest) -> Territory:
    known, frame = Known(territory.outlets), read.frame
    ids = frame["outlet_id"]
    none = pd.Series("", index=frame.index)
    text = {one: frame.get(one, none) for one in ("name", "operator", "kind", "grade")}
    for one in ("name", "operator", "kind"):
        text[one] = _or_before(text[one], known.values(ids, one))
    outlets = pd.DataFrame({"outlet_id": ids, **text, "ownership": frame["ownership"]})
    outlets["visited"] = [
        known.visited(*one) for one in zip(ids, outlets["ownership"], outlets["kind"], strict=True)
    ]
    said = outlets["grade"] != ""
    outlets["grade"] = outlets["grade"].where(said, known.values(ids, "grade").fillna(""))
    for one in ("potential", "sales", "stocks", "category_sales"):
        before = known.values(ids, one).astype(np.float64)
        outlets[one] = frame[one].fillna(before) if one in frame else before
    invented, notices = grade_outlets(read.table.name, outlets, None, request.routing.grade_policy)
    before = known.values(ids, "grade_source").fillna("")
    kept = ~said & outlets["grade"].eq(known.values(ids, "grade")) & (before != "")
    outlets["grade_source"] = outlets["grade_source"].mask(kept, before)
    outlets.loc[~outlets["visited"], ["grade", "grade_source"]] = ""
    unnamed = outlets["name"] == ""
    outlets.loc[unnamed, "name"] = ids[unnamed]
    outlets[["x", "y", "unit"]] = frame[["x", "y", "unit"]]
    network = territory.networks[request.routing.mode]
    xy = outlets[["x", "y"]].to_numpy(np.float64)
    outlets["snap_distance_m"] = Snapper(network, FAR_M).snap(xy).distance_m
    here = set(ids)
    gone = [one for one in territory.outlets["outlet_id"] if one not in here]
    if gone:
        notices.append(
            fault("data.outlets_gone", read.table.name, count=len(gone), ids=some_ids(gone))
        )
    return replace(
        territory,
        outlets=schemas.OUTLETS.validate(outlets[list(schemas.OUTLETS.columns)]),
        market=_without_outlets(territory.market, here),
        visit_log=_of_outlets(territory.visit_log, here),
        invented=_invented(territory, outlets, frame, invented),
        notices=(*territory.notices, *notices),
    )


def _with_demand(territory: Territory, read: Read, _: PlanRequest) -> Territory:
    frame = read.frame
    return replace(
        territory,
        demand=schemas.DEMAND.validate(
            pd.DataFrame(
                {
                    "demand_id": frame["demand_id"].where(
                        frame["demand_id"] != "", "#" + frame["row"].astype(str)
                    ),
                    **{one: frame[one] for one in ("weight", "x", "y", "unit")},
                }
            )
        ),
        invented=tuple(one for one in territory.invented if one != "demand"),
    )


def _with_visits(territory: Territory, read: Read, _: PlanRequest) -> Territory:
    log = schemas.VISIT_LOG.validate(read.frame[list(schemas.VISIT_LOG.columns)])
    return replace(
        territory,
        visit_log=log,
        invented=tuple(one for one in territory.invented if one != INVENTED_LOG),
        notices=tuple(one for one in territory.notices if one.key != "visitlog.invented"),
    )


def _with_market(territory: Territory, read: Read, _: PlanRequest) -> Territory:
    """Take over the months of a table; other months stay, unless they were made up.

    Figures without a month are those of the last one.
    """
    new = read.frame[list(schemas.MARKET.columns)].assign(source=read.table.name)
    last = new["period"].max()
    if last:
        new["period"] = new["period"].where(new["period"] != "", last)
    before = territory.market
    kept = []
    if before is not None and "market" not in territory.invented:
        kept = [before[~before["period"].isin(set(new["period"]))]]
    market = pd.concat([one for one in (*kept, new) if len(one)], ignore_index=True)
    return replace(
        territory,
        market=schemas.MARKET.validate(market),
        invented=tuple(one for one in territory.invented if one != "market"),
        notices=tuple(one for one in territory.notices if one.key != "market.invented"),
    )


def _or_before(new: pd.Series[str], before: pd.Series[str]) -> pd.Series[str]:
    return new.where(new != "", before.fillna(""))


def _without_outlets(market: pd.DataFrame | None, here: set[str]) -> pd.DataFrame | None:
    """Return market figures with no outlet named that is gone: they stay bound to their unit."""
    if market is None:
        return None
    return market.assign(outlet_id=market["outlet_id"].where(market["outlet_id"].isin(here), ""))


def _of_outlets(log: pd.DataFrame | None, here: set[str]) -> pd.DataFrame | None:
    if log is None:
        return None
    kept = log[log["outlet_id"].isin(here)].reset_index(drop=True)
    return kept if len(kept) else None


def _invented(
    territory: Territory, outlets: pd.DataFrame, frame: pd.DataFrame, made: Iterable[str]
) -> tuple[str, ...]:
    """Return what is invented: as before, but for columns that the table has itself."""
    stays = {
        "grade": bool((outlets["grade_source"] == "invented").any()),
        "potential": outlets["potential"].notna().any() and "potential" not in frame,
        "sales": outlets["sales"].notna().any() and "sales" not in frame,
    }
    before = [one for one in territory.invented if stays.get(one, True)]
    return tuple(dict.fromkeys((*before, *made)))


#: What makes a territory with the rows of each kind.
_MAKE: Final[Mapping[RowKind, Callable[[Territory, Read, PlanRequest], Territory]]] = {
    "outlets": _with_outlets,
    "demand": _with_demand,
    "visit_log": _with_visits,
    "market": _with_market,
}
