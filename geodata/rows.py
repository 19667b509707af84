"""The outlets and the demand of a project: read, checked, placed and classified."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geodata import outlets as rules
from geodata.demand import Geometries, Spread, spread_zones, zones_of
from geodata.headers import Names, unit_of, usual_names
from geodata.invented import invented_potential, invented_sales
from geodata.located import PLACE, place_columns, read_places
from geodata.points import mend_ids, place, read_weights, reject_bad_ids, reject_no_rows
from geodata.project_file import DemandSection, Grades, OutletsSection
from geodata.sheet_entries import read_entry
from geodata.sieve import Sieve, excluded_notices
from geodata.tables import Table, find_columns, read_table
from geodata.values import empty, read_amounts
from geodata.visit_columns import VISIT_FIELDS, read_visit_columns
from gridmap.errors import Fault, InputError, fault, some_ids
from gridmap.export.visit_steps import Entry
from gridmap.policies import OutletVisits

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

#: Fields that a plan needs of a table, beside those of the place.
OUTLET_FIELDS = ("id", "name", "operator", "kind", "grade", "potential", *PLACE)
DEMAND_FIELDS = ("id", "kind", *PLACE)
#: Weight that stands for one a point.
COUNT = "count"
#: So many outlets on one spot are rather a geocoder's answer for a whole town.
STACKED = 6


@dataclass(frozen=True, eq=False)
class Rows:
    """What was read from one table.

    Attributes
    ----------
    frame
        The rows that are used, without unit and distance to the street.
    excluded
        The rows left out, see `geodata.points.EXCLUDED_COLUMNS`.
    notices
        What the user should know.
    invented
        Columns of the frame that are made up.
    given
        Longitude and latitude of every row as they stand in the file, NaN where there are none;
        empty for zones. Shape (n_rows, 2).
    ids
        Id of every row. Shape (n_rows,).
    asked
        What single outlets ask for of their visits, by id.
    """

    frame: pd.DataFrame
    excluded: pd.DataFrame
    notices: tuple[Fault, ...] = ()
    invented: tuple[str, ...] = ()
    given: Floats = field(default_factory=lambda: np.empty((0, 2)))
    ids: NDArray[np.object_] = field(default_factory=lambda: np.empty(0, dtype=object))
    asked: Mapping[str, OutletVisits] = field(default_factory=dict)


def read_outlets(
    path: Path,
    section: OutletsSection,
    *,
    crs: str,
    boundary: BaseGeometry,
    grade_policy: Mapping[str, object],
    centres: tuple[str, ...] | None = None,
    weeks: int = 4,
) -> Rows:
    """Read the outlets of a project.

    Parameters
    ----------
    path
        The file.
    section
        Section [outlets] of the project file.
    crs, boundary
        Reference system and boundary in metres.
    grade_policy
        Grades that exist.
    centres
        Ids of the outlets that are centres of cells; None = each own outlet.
    weeks
        Weeks of the cycle of visits.

    Raises
    ------
    InputError
        If the file or a column is missing, no row can be used, or a cell about visits cannot be
        read.
    """
    given = dict(section.columns)
    table = read_table(
        path, sheet=section.sheet, encoding=section.encoding, names=_names(given.values())
    )
    by = section.grades.by if section.grades else ""
    if by and by != "potential":
        given["potential"] = by
    usual: dict[str, Names] = {field: usual_names("outlets")[field] for field in OUTLET_FIELDS}
    usual |= dict.fromkeys(("sales", "stocks", "category_sales", *VISIT_FIELDS), ())
    columns, faults = place_columns(table, *find_columns(table, given, usual, ("id",)))
    if faults:
        raise InputError(*faults)
    text = {name: table.values(columns[name]) for name in usual}
    sieve = Sieve(table, text["id"].to_numpy(dtype=object))
    text["id"] = mend_ids(sieve, text["id"])
    reject_no_rows(sieve, text)
    reject_bad_ids(sieve, text["id"])
    lonlat, _ = read_places(sieve, text)
    xy = place(sieve, lonlat, datum=section.datum, crs=crs, boundary=boundary)

    asked, unread = read_visit_columns(sieve, text, weeks=weeks)
    if unread:
        raise InputError(*unread)
    frame = pd.DataFrame(
        {
            "outlet_id": text["id"],
            "name": text["name"],
            "operator": text["operator"],
            "kind": text["kind"],
            "grade": text["grade"],
            "potential": read_amounts(text["potential"], factor=_factor(columns["potential"])),
            "sales": _cycle_sales(
                sieve,
                text["sales"],
                factor=_factor(columns["sales"]),
                cycles=(section.sales_days or 7 * weeks) / (7.0 * weeks),
            ),
            "stocks": _stocks(sieve, text["stocks"]),
            "category_sales": _known_amounts(
                sieve, text["category_sales"], factor=_factor(columns["category_sales"])
            ),
            "x": xy[:, 0],
            "y": xy[:, 1],
        }
    )
    frame["operator"] = rules.name_operators(frame, section)
    frame["ownership"] = rules.ownership_of(frame, section)
    notices = [*table.notices, *excluded_notices(sieve.excluded), *excluded_notices(sieve.repaired)]
    lost = frame[~sieve.kept & (frame["ownership"] == "own").to_numpy()]
    if len(lost):
        notices.append(fault("world.own_left_out", table.name, ids=some_ids(lost["outlet_id"])))
    frame = frame[sieve.kept].reset_index(drop=True)
    if not len(frame):
        raise InputError(*notices, fault("world.no_outlet", table.name))
    frame["visited"] = rules.visited(frame, section.visit, centres=centres)
    notices += _stacked(table, frame)
    invented, remarks = grade_outlets(
        table.name, frame, section.grades, grade_policy, seed=section.seed
    )
    if section.invented_sales:
        invented += ("sales",)
        ours = (frame["ownership"] != "rival").to_numpy()
        frame["sales"] = np.where(
            ours, invented_sales(frame["outlet_id"], seed=section.seed), np.nan
        )
    unnamed = frame["name"] == ""
    frame.loc[unnamed, "name"] = frame["operator"].where(
        frame["operator"] != "", frame["outlet_id"]
    )[unnamed]
    said = tuple(notices + remarks)
    return Rows(frame, sieve.excluded, said, invented, lonlat, sieve.ids, asked)


def read_demand(
    path: Path,
    section: DemandSection,
    *,
    crs: str,
    boundary: BaseGeometry,
    within: Path | None = None,
) -> Rows:
    """Read the demand points of a project; rows without weight are dropped and counted.

    Zones of a vector file, and the cells of a grid, are spread over their area, see
    `geodata.demand`.

    Parameters
    ----------
    within
        Points that say where in a zone its demand is.

    Raises
    ------
    InputError
        If the file or a column is missing, or no weight is left.
    """
    given = dict(section.columns)
    weight_column = "" if section.weight == COUNT else section.weight
    table = read_table(
        path,
        sheet=section.sheet,
        encoding=section.encoding,
        names=[weight_column, *_names(given.values())],
    )
    usual: dict[str, Names] = {field: usual_names("demand")[field] for field in DEMAND_FIELDS}
    required = []
    if section.weight != COUNT:
        given["weight"] = section.weight
        usual["weight"] = ()
        required.append("weight")
    if section.kind:
        required.append("kind")
    columns, faults = place_columns(table, *find_columns(table, given, usual, required))
    if faults:
        raise InputError(*faults)
    text = {name: table.values(columns[name]) for name in usual}
    ids = text["id"]
    ids = ids.where(ids != "", pd.Series([f"#{row}" for row in table.row], index=ids.index))
    sieve = Sieve(table, ids.to_numpy(dtype=object))
    wanted = np.ones(len(table), dtype=bool)
    if section.kind:
        wanted = rules.of_kind(text["kind"], section.kind)
    # Rows of a demand table need no id, so a total is one by its own words only.
    reject_no_rows(sieve, text)
    lonlat, _ = read_places(sieve, text)
    zones = zones_of(path, table.row, lonlat, section, crs=crs)
    if zones is None:
        xy = place(sieve, lonlat, datum=section.datum, crs=crs, boundary=boundary)
    weight = np.ones(len(table))
    if "weight" in text:
        weight = read_weights(sieve, text["weight"], factor=_factor(columns["weight"]))
    notices: list[Fault] = []
    if zones is None:
        owner = np.arange(len(table))
    else:
        spread = _spread(zones, section, within, crs=crs, boundary=boundary)
        outside = sieve.kept & (spread.inside == 0.0)
        sieve.reject(outside, "world.place_outside", [f"{x:.6f}, {y:.6f}" for x, y in lonlat])
        notices = _cut_zones(table.name, weight, spread.inside, sieve.kept & wanted)
        xy, owner = spread.xy, spread.zone
        weight = np.where(spread.inside > 0.0, weight, 0.0)
    empty = sieve.kept & wanted & (weight == 0.0)
    use = (sieve.kept & wanted & (weight > 0.0))[owner]
    point_weight = weight if zones is None else spread.weights(weight)
    frame = pd.DataFrame(
        {
            "demand_id": ids.to_numpy(dtype=object)[owner],
            "weight": point_weight,
            "x": xy[:, 0],
            "y": xy[:, 1],
        }
    )
    frame = frame[use].reset_index(drop=True)
    excluded = sieve.excluded
    excluded = excluded[excluded["row"].isin(table.row[wanted])].reset_index(drop=True)
    repaired = sieve.repaired.drop_duplicates(["row", "reason"])
    found = [*table.notices, *excluded_notices(excluded), *excluded_notices(repaired)]
    notices = [*found, *notices]
    if not len(frame):
        raise InputError(*notices, fault("world.no_demand", table.name, weight=section.weight))
    if empty.any():
        notices.append(fault("world.weightless", table.name, count=int(empty.sum())))
    shown = lonlat if zones is None else lonlat[:0]
    return Rows(frame, excluded, tuple(notices), given=shown, ids=sieve.ids)


def _spread(
    zones: Geometries,
    section: DemandSection,
    within: Path | None,
    *,
    crs: str,
    boundary: BaseGeometry,
) -> Spread:
    """Return the zones as points, by the points of another file if there is one."""
    if within is None:
        return spread_zones(zones, boundary)
    finer = DemandSection(
        file=section.within, weight=section.within_weight, datum=section.within_datum
    )
    points = read_demand(within, finer, crs=crs, boundary=boundary).frame
    return spread_zones(
        zones,
        boundary,
        by_xy=points[["x", "y"]].to_numpy(dtype=np.float64),
        by_weight=points["weight"].to_numpy(dtype=np.float64),
    )


def _cut_zones(name: str, weight: Floats, inside: Floats, use: Bools) -> list[Fault]:
    """Say how much of the weight of zones lies outside the territory."""
    cut = use & (inside > 0.0) & (inside < 1.0 - 1e-12) & (weight > 0.0)
    if not cut.any():
        return []
    lost = float((weight[cut] * (1.0 - inside[cut])).sum())
    share = lost / float(weight[use].sum())
    count = int(cut.sum())
    return [fault("places.zones_cut", name, count=count, lost=f"{lost:,.1f}", share=share)]


def _cycle_sales(sieve: Sieve, text: pd.Series[str], *, factor: float, cycles: float) -> Floats:
    """Return the pieces that each outlet sells in a cycle, NaN where not reported.

    Shape (n_rows,).

    Parameters
    ----------
    sieve
        Is told of cells that are no amount, or a negative one; they count as not reported.
    text
        The column.
    factor
        What the name of the column multiplies by.
    cycles
        Cycles of visits that the figures of the column cover.

    """
    return _known_amounts(sieve, text, factor=factor) / cycles


def _known_amounts(sieve: Sieve, text: pd.Series[str], *, factor: float) -> Floats:
    """Return sales of 0 or more, NaN where not reported or no such amount. Shape (n_rows,)."""
    sales = read_amounts(text, factor=factor)
    good = sales >= 0.0
    sieve.repair(~good & ~empty(text), "world.sales_unread", list(text))
    return np.where(good, sales, np.nan)


def _stocks(sieve: Sieve, text: pd.Series[str]) -> Floats:
    """Return 1 where an outlet stocks our goods, 0 where it does not, NaN = not known."""
    read = {one: read_entry(one, Entry.TICK) for one in set(text)}
    said = [read[one] for one in text]
    unread = np.array([one is None for one in said], dtype=bool) & ~empty(text)
    sieve.repair(unread, "visitlog.stocks_unread", list(text))
    return np.array([np.nan if one is None else float(one) for one in said], dtype=np.float64)


def _names(given: Iterable[str | Sequence[str] | None]) -> list[str]:
    """Return the columns that a user names, one by one."""
    return [name for one in given if one for name in ([one] if isinstance(one, str) else one)]


def _factor(columns: Sequence[str]) -> float:
    """Return what the name of the first column multiplies by, such as 月销量(万元) by 10,000."""
    return unit_of(columns[0])[0] if columns else 1.0


def _stacked(table: Table, frame: pd.DataFrame) -> list[Fault]:
    """Remark on places where suspiciously many outlets stand on the very same spot."""
    notices = []
    for _, group in frame.groupby(["x", "y"], sort=True):
        if len(group) >= STACKED:
            ids = some_ids(group["outlet_id"])
            notices.append(fault("world.stacked", table.name, count=len(group), ids=ids))
    return notices


def grade_outlets(
    name: str,
    frame: pd.DataFrame,
    shares: Grades | None,
    policy: Mapping[str, object],
    *,
    seed: int = 0,
) -> tuple[tuple[str, ...], list[Fault]]:
    """Give each visited outlet a grade; fills grade, grade_source and potential of the frame.

    The grade of the file counts where the policy knows it. The others are graded by quantiles of
    the potential; where the file has no potential at all, it is invented.

    Parameters
    ----------
    name
        Name of the file.
    frame
        Outlets with outlet_id, visited, grade and potential.
    shares
        Percent of each grade, the best first; None = the usual ones.
    policy
        Grades that exist.
    seed
        Seed of an invented potential.

    Returns
    -------
    tuple
        What was invented, and what the user should know.
    """
    notices: list[Fault] = []
    invented: tuple[str, ...] = ()
    unknown = (frame["grade"] != "") & ~frame["grade"].isin(list(policy))
    if unknown.any():
        ids = some_ids(frame["outlet_id"][unknown])
        known = ", ".join(policy)
        found = some_ids(sorted(set(frame["grade"][unknown])))
        notices.append(fault("world.grade_unknown", name, found=found, ids=ids, known=known))
        frame.loc[unknown, "grade"] = ""
    from_file = (frame["grade"] != "").to_numpy()
    frame["grade_source"] = np.where(from_file, "file", "")
    open_ = frame["visited"].to_numpy() & ~from_file
    if not open_.any():
        return invented, notices
    grades: Grades = shares or rules.default_grades(policy)
    source = "quantile"
    if frame["potential"].isna().all():
        frame["potential"] = invented_potential(frame["outlet_id"], seed=seed)
        source, invented = "invented", ("grade", "potential")
        notices.append(fault("world.grades_invented", name, count=int(open_.sum())))
    due = frame[open_]
    frame.loc[open_, "grade"] = rules.grade_by_quantile(
        due["outlet_id"].tolist(), due["potential"].to_numpy(dtype=np.float64), grades
    )
    frame.loc[open_, "grade_source"] = source
    return invented, notices
