"""What an analysis of coverage finds: blind zones, duplicate pairs, and the best fix of each.

They are part of a plan: `Scenario.report` holds them as plain records under ``blind_zones`` and
``duplicates``, see `recorded` and `found_zones`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

#: ``open`` an own outlet, ``recruit`` an outlet that sells for nobody we compare as a partner,
#: ``win_over`` a rival's outlet as a partner, so that the rival has it no more,
#: ``move`` an own outlet, ``close`` one of a duplicate pair, ``merge`` both of a pair
#: at one place between them, ``none`` = nothing helps.
FixKind = Literal["open", "recruit", "win_over", "move", "close", "merge", "none"]

#: Geometry in records is rounded to this, in metres.
RECORD_GRID_M = 0.1


@dataclass(frozen=True)
class Effect:
    """Figures of the cell before a fix and after it, found by scoring again.

    Attributes
    ----------
    coverage_before, coverage_after
        Share of the cell's demand that an own or partner outlet reaches within the threshold.
    blind_before, blind_after
        The rest of it.
    expected_before, expected_after
        Expected share of the cell, NaN = none.
    duplicate_before, duplicate_after
        Share of the cell's demand that two own outlets reach within the threshold.
    covered_change
        Change of the covered demand of the whole territory, in units of demand.
    """

    coverage_before: float
    coverage_after: float
    blind_before: float
    blind_after: float
    expected_before: float
    expected_after: float
    duplicate_before: float
    duplicate_after: float
    covered_change: float


@dataclass(frozen=True)
class Fix:
    """The best single change for a blind zone or a duplicate pair.

    Attributes
    ----------
    kind
        What to do.
    outlet_id
        Outlet that is recruited, moved or closed; the first of a merged pair; empty
        where one is opened.
    other_id
        The second outlet of a merged pair, else empty.
    x, y
        Where the outlet is then, metres in the territory's reference system; of a closed outlet
        where it was; NaN where nothing helps.
    effect
        What scoring says of it; None where nothing helps.
    """

    kind: FixKind
    outlet_id: str = ""
    other_id: str = ""
    x: float = np.nan
    y: float = np.nan
    effect: Effect | None = None


NO_FIX = Fix("none")


@dataclass(frozen=True, eq=False)
class BlindZone:
    """A cluster of demand in one cell that no outlet of ours reaches within the threshold.

    Attributes
    ----------
    zone_id
        Number, 1 = most demand of all.
    cell_id
        Cell it lies in.
    mode, minutes
        Means of travel and threshold.
    demand, points
        Demand weight and number of demand points in it.
    share_of_cell
        Its demand over that of the cell.
    x, y
        The demand point nearest to its centre of demand, metres.
    nearest_own_id, nearest_own_min
        Own outlet that is nearest to that point, and its minutes; empty and infinite = none.
    nearest_ours_id, nearest_ours_min
        The same of own and partner outlets.
    nearest_rival_id, nearest_rival_min
        The same of rivals.
    rival_covered
        Share of its demand that a rival reaches within the threshold.
    shape
        Ground of the zone, within the cell; polygon or multipolygon.
    fix
        The best single fix; None = not looked for, as the zone is too small.
    """

    zone_id: int
    cell_id: int
    mode: str
    minutes: float
    demand: float
    points: int
    share_of_cell: float
    x: float
    y: float
    nearest_own_id: str
    nearest_own_min: float
    nearest_ours_id: str
    nearest_ours_min: float
    nearest_rival_id: str
    nearest_rival_min: float
    rival_covered: float
    shape: BaseGeometry
    fix: Fix | None = None


@dataclass(frozen=True, eq=False)
class DuplicatePair:
    """Two own outlets that reach much of the same demand within the threshold.

    Attributes
    ----------
    pair_id
        Number, 1 = most shared demand.
    first_id, second_id
        The outlets; the first has the larger catchment.
    first_cell, second_cell
        Their cells.
    mode, minutes
        Means of travel and threshold.
    first_demand, second_demand
        Demand that each reaches.
    shared_demand
        Demand that both reach.
    overlap
        Shared demand over that of the smaller catchment.
    shape
        Line between the two.
    fix
        The best single fix; None = not looked for.
    """

    pair_id: int
    first_id: str
    second_id: str
    first_cell: int
    second_cell: int
    mode: str
    minutes: float
    first_demand: float
    second_demand: float
    shared_demand: float
    overlap: float
    shape: BaseGeometry
    fix: Fix | None = None

    @property
    def fixed_cell(self) -> int:
        """Cell whose figures the effect of the fix tells: that of the outlet it is about."""
        is_second = self.fix is not None and self.fix.outlet_id == self.second_id
        return self.second_cell if is_second else self.first_cell


@dataclass(frozen=True)
class Sought:
    """For how many findings a fix was looked for, and what demand is theirs.

    Attributes
    ----------
    sought, count
        Findings that a fix was looked for, and all.
    share
        Share of the demand of all findings that those have; 1 where there are none.
    """

    sought: int
    count: int
    share: float

    @property
    def whole(self) -> bool:
        """Whether a fix was looked for everywhere."""
        return self.sought == self.count


def sought(items: Sequence[BlindZone] | Sequence[DuplicatePair]) -> Sought:
    """Return for how many zones or pairs a fix was looked for."""
    demand = [one.demand if isinstance(one, BlindZone) else one.shared_demand for one in items]
    done = [one.fix is not None for one in items]
    covered = sum(part for part, is_done in zip(demand, done, strict=True) if is_done)
    whole = sum(demand)
    return Sought(sum(done), len(items), covered / whole if whole > 0.0 else 1.0)


def zone_table(zones: Sequence[BlindZone], crs: str) -> gpd.GeoDataFrame:
    """Return blind zones as a table: the attributes of `BlindZone`, `Fix` and `Effect`.

    Columns of the fix begin with ``fix_``, those of its effect have their own names, missing =
    NaN; infinite minutes are NaN too, for no file format knows them.
    """
    return _table(zones, BlindZone, crs)


def pair_table(pairs: Sequence[DuplicatePair], crs: str) -> gpd.GeoDataFrame:
    """Return duplicate pairs as a table, see `zone_table`."""
    return _table(pairs, DuplicatePair, crs)


def recorded(items: Sequence[BlindZone] | Sequence[DuplicatePair]) -> list[dict[str, Any]]:
    """Return zones or pairs as plain JSON values; shapes as WKT, missing figures as None."""
    return [_plain(one) for one in items]


def found_zones(report: Mapping[str, Any]) -> tuple[BlindZone, ...]:
    """Return the blind zones that the report of a plan holds, none where it is older than them."""
    return tuple(BlindZone(**_typed(one)) for one in report.get("blind_zones", []))


def found_pairs(report: Mapping[str, Any]) -> tuple[DuplicatePair, ...]:
    """Return the duplicate pairs that the report of a plan holds."""
    return tuple(DuplicatePair(**_typed(one)) for one in report.get("duplicates", []))


def _plain(one: BlindZone | DuplicatePair) -> dict[str, Any]:
    values = {name: value for name, value in vars(one).items() if name not in ("shape", "fix")}
    shape = shapely.set_precision(one.shape, RECORD_GRID_M)
    fix = None if one.fix is None else _finite(asdict(one.fix))
    if fix is not None and fix["effect"] is not None:
        fix["effect"] = _finite(fix["effect"])
    return {**_finite(values), "shape": shapely.to_wkt(shape, rounding_precision=1), "fix": fix}


def _finite(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: None if isinstance(value, float) and not np.isfinite(value) else value
        for name, value in values.items()
    }


def _typed(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a record: None is infinite minutes, or an unknown figure."""
    values = {
        name: (np.inf if name.endswith("_min") else np.nan) if value is None else value
        for name, value in record.items()
        if name not in ("shape", "fix")
    }
    fix = record["fix"]
    if fix is not None:
        effect = fix["effect"]
        known = {name: np.nan if value is None else value for name, value in fix.items()}
        if effect is not None:
            effect = Effect(**{k: np.nan if v is None else v for k, v in effect.items()})
        fix = Fix(**{**known, "effect": effect})
    return {**values, "shape": shapely.from_wkt(record["shape"]), "fix": fix}


def _table(items: Sequence[Any], kind: type, crs: str) -> gpd.GeoDataFrame:
    rows = []
    for one in items:
        row = {name: value for name, value in vars(one).items() if name not in ("shape", "fix")}
        fix = one.fix or Fix("none")
        row["fix"] = "" if one.fix is None else fix.kind
        row["fix_outlet_id"], row["fix_other_id"] = fix.outlet_id, fix.other_id
        row["fix_x"], row["fix_y"] = fix.x, fix.y
        row |= {
            name: np.nan if fix.effect is None else getattr(fix.effect, name)
            for name in Effect.__dataclass_fields__
        }
        rows.append(row)
    names = [name for name in kind.__dataclass_fields__ if name not in ("shape", "fix")]  # type: ignore[attr-defined]
    names += [
        "fix",
        "fix_outlet_id",
        "fix_other_id",
        "fix_x",
        "fix_y",
        *Effect.__dataclass_fields__,
    ]
    table = pd.DataFrame(rows, columns=names).replace([np.inf, -np.inf], np.nan)
    return gpd.GeoDataFrame(table, geometry=[one.shape for one in items], crs=crs)
