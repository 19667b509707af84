"""Observed trips of a table, and the calibration of a project's speeds with them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geodata.boundaries import read_boundary
from geodata.points import place, read_coordinates
from geodata.project import find_files
from geodata.project_file import read_project
from geodata.rows import read_outlets
from geodata.sieve import Sieve, excluded_notices
from geodata.speeds import read_speeds
from geodata.street_sources import boundary_from_streets, read_streets
from geodata.tables import find_columns, read_table
from geodata.values import read_amounts
from gridmap.datum import Datum
from gridmap.errors import Fault, InputError, fault
from gridmap.travel.cache import NetworkCache
from gridmap.travel.calibrate import calibrate
from gridmap.travel.calibration import Calibration, Trips
from gridmap.travel.day_networks import USUAL_BEGINS_S
from gridmap.travel.periods import NO_AREAS, PERIODS
from gridmap.travel.snap import Snapper

Floats = NDArray[np.float64]

USUAL: Mapping[str, tuple[str, ...]] = {
    "from_lon": ("from_lon", "from lon", "start_lon", "origin_lon", "from_x", "起点经度"),
    "from_lat": ("from_lat", "from lat", "start_lat", "origin_lat", "from_y", "起点纬度"),
    "to_lon": ("to_lon", "to lon", "end_lon", "dest_lon", "destination_lon", "to_x", "终点经度"),
    "to_lat": ("to_lat", "to lat", "end_lat", "dest_lat", "destination_lat", "to_y", "终点纬度"),
    "from_id": ("from_id", "from", "origin", "start", "起点", "起点编码"),
    "to_id": ("to_id", "to", "destination", "end", "终点", "终点编码"),
    "period": ("period", "time of day", "departure", "time", "时段", "出发时间"),
    "minutes": ("minutes", "min", "duration", "duration_min", "分钟", "用时", "用时(分钟)"),
}
#: What a period may be called.
PERIOD_NAMES: Mapping[str, tuple[str, ...]] = {
    "am": ("am peak", "morning", "早高峰", "早", "上午"),
    "midday": ("mid-day", "noon", "off-peak", "平峰", "午间", "中午"),
    "pm": ("pm peak", "evening", "晚高峰", "晚", "下午"),
    "night": ("overnight", "夜间", "夜", "凌晨"),
}
#: Period that begins at each hour; before the first one it is the last.
PERIOD_HOURS = tuple((int(begin) // 3600, period) for period, begin in USUAL_BEGINS_S.items())
CLOCK = re.compile(r"(?:\d{4}-\d{2}-\d{2}[ T])?(\d{1,2}):\d{2}(?::\d{2})?")
#: A trip may begin and end this far outside the territory. Metres.
MARGIN_M = 20_000.0
#: In a straight line; nobody who travels is faster or slower than this.
FASTEST_KMH, SLOWEST_KMH = 150.0, 0.5
#: Ends farther than this from every street are off the network, as in the engines. Metres.
SNAP_LIMIT_M = 500.0


@dataclass(frozen=True, eq=False)
class TripRows:
    """Usable trips of a table.

    Attributes
    ----------
    origin_xy, target_xy
        Both ends in metres. Shape (n_trips, 2).
    period
        Period of each. Shape (n_trips,).
    seconds
        How long each took. Shape (n_trips,).
    notices
        Rows that were left out, by reason.
    """

    origin_xy: Floats
    target_xy: Floats
    period: NDArray[np.object_]
    seconds: Floats
    notices: tuple[Fault, ...]


def read_trips(
    path: Path,
    *,
    crs: str,
    boundary: BaseGeometry,
    outlets: pd.DataFrame | None = None,
    datum: Datum = "wgs84",
    periods: tuple[str, ...] = PERIODS,
) -> TripRows:
    """Read observed trips: from, to, period (or time of departure) and minutes.

    Parameters
    ----------
    path
        Table. Both ends by coordinates, or by ids of outlets in columns ``from`` and ``to``.
    crs, boundary
        Reference system and boundary in metres.
    outlets
        Outlets with the columns outlet_id, x and y.
    datum
        Datum of the coordinates.
    periods
        Names of periods beside the usual ones.

    Raises
    ------
    InputError
        If the table is unreadable or columns are missing.
    """
    table = read_table(path)
    columns, faults = find_columns(table, {}, USUAL, ("period", "minutes"))
    lonlat = all(columns[name] for name in ("from_lon", "from_lat", "to_lon", "to_lat"))
    if not lonlat and not (columns["from_id"] and columns["to_id"] and outlets is not None):
        faults.append(fault("speeds.ends_needed", table.name, have=", ".join(table.columns)))
    if faults:
        raise InputError(*faults)
    text = {name: table.values(found) for name, found in columns.items()}
    sieve = Sieve(table, np.full(len(table), "", dtype=object))
    ends = []
    for end in ("from", "to"):
        if lonlat:
            degrees = read_coordinates(sieve, text[f"{end}_lon"], text[f"{end}_lat"])
            area = boundary.buffer(MARGIN_M)
            ends.append(place(sieve, degrees, datum=datum, crs=crs, boundary=area))
        else:
            assert outlets is not None  # noqa: S101
            ends.append(_places_of(sieve, text[f"{end}_id"], outlets))
    period = _periods(sieve, text["period"], {*PERIODS, *periods})
    minutes = read_amounts(text["minutes"])
    sieve.reject(~(minutes > 0.0), "speeds.minutes_unusable", list(text["minutes"]))
    _reject_absurd(sieve, ends[0], ends[1], minutes)
    use = sieve.kept
    return TripRows(
        origin_xy=ends[0][use],
        target_xy=ends[1][use],
        period=period[use],
        seconds=minutes[use] * 60.0,
        notices=tuple(excluded_notices(_each_once(sieve.excluded))),
    )


def calibrate_project(
    path: Path,
    trips: Path,
    *,
    mode: str = "drive",
    data_dir: Path | None = None,
    cache: NetworkCache | None = None,
    folds: int = 5,
    seed: int = 0,
) -> Calibration:
    """Fit the speed factors of a project to observed trips.

    Parameters
    ----------
    path
        Project file.
    trips
        Table of trips, see `read_trips`.
    mode
        Means of travel of the trips.
    data_dir
        Folder in which relative files are looked up first.
    cache
        Where networks are kept.
    folds, seed
        See `gridmap.travel.calibrate.calibrate`.

    Raises
    ------
    InputError
        If a file cannot be used, there are too few trips, or nothing becomes better.
    """
    project = read_project(path)
    files = find_files(project, [*([data_dir] if data_dir else []), path.parent])
    section = project.territory
    if files.boundary is None:
        boundary = boundary_from_streets(files.streets)
    else:
        boundary = read_boundary(files.boundary, datum=section.datum)
    centres = project.partition.centres
    outlets = read_outlets(
        files.outlets,
        project.outlets,
        crs=boundary.crs,
        boundary=boundary.shape,
        grade_policy=project.routing.grade_policy,
        centres=None if centres == "own" else centres,
    )
    rows = read_trips(
        trips,
        crs=boundary.crs,
        boundary=boundary.shape,
        outlets=outlets.frame,
        datum=section.datum,
        periods=tuple(project.travel.periods),
    )
    former, areas = {}, NO_AREAS
    for period in sorted(set(rows.period.tolist())):
        speeds = read_speeds(
            project.travel, factors=files.factors, areas=files.areas, crs=boundary.crs,
            datum=section.datum, period=period,
        )  # fmt: skip
        if speeds:
            former[period], areas = speeds.factors, speeds.areas
    streets = read_streets(
        files.streets, [mode], crs=boundary.crs, boundary=boundary.shape, cache=cache
    )
    network = streets.networks[mode]
    snapper = Snapper(network, SNAP_LIMIT_M)
    observed = Trips(
        snapper.snap(rows.origin_xy), snapper.snap(rows.target_xy), rows.period, rows.seconds
    )
    try:
        done = calibrate(network, observed, former, areas=areas, folds=folds, seed=seed)
    except InputError as error:
        raise InputError(*rows.notices, *error.faults) from error
    return Calibration(done.fits, (*rows.notices, *done.notices))


def _places_of(sieve: Sieve, ids: pd.Series[str], outlets: pd.DataFrame) -> Floats:
    """Return the places of outlets; rows with an unknown id are left out. Shape (n_rows, 2)."""
    row = pd.Index(outlets["outlet_id"].astype(str)).get_indexer(pd.Index(ids))
    sieve.reject(row < 0, "speeds.outlet_unknown", list(ids))
    xy = outlets[["x", "y"]].to_numpy(dtype=np.float64)[row]
    return np.where((row < 0)[:, None], np.nan, xy)


def _periods(sieve: Sieve, text: pd.Series[str], known: set[str]) -> NDArray[np.object_]:
    names = {one.casefold(): one for one in known}
    for period, others in PERIOD_NAMES.items():
        names |= {one: period for one in others if one not in names}
    found = np.array([_period(one, names) for one in text], dtype=object)
    sieve.reject(found == "", "speeds.period_unread", list(text))
    return found


def _period(text: str, names: Mapping[str, str]) -> str:
    """Return the period of a name or of a time of departure, "" if it is neither."""
    clock = CLOCK.fullmatch(text.strip())
    if clock and int(clock[1]) < 24:
        hour = int(clock[1])
        begun = [period for begin, period in PERIOD_HOURS if hour >= begin]
        return begun[-1] if begun else PERIOD_HOURS[-1][1]
    return names.get(text.strip().casefold(), "")


def _reject_absurd(sieve: Sieve, origin_xy: Floats, target_xy: Floats, minutes: Floats) -> None:
    """Leave out trips that nobody made: in a straight line too fast, or hardly moving."""
    metres = np.hypot(*(target_xy - origin_xy).T)
    usable = np.isfinite(metres) & (minutes > 0.0)
    kmh = np.zeros(len(metres))
    kmh[usable] = metres[usable] / 1000.0 / (minutes[usable] / 60.0)
    found = [f"{one:.1f}" for one in kmh]
    sieve.reject(usable & (kmh > FASTEST_KMH), "speeds.trip_too_fast", found)
    sieve.reject(usable & (kmh < SLOWEST_KMH), "speeds.trip_too_slow", found)


def _each_once(excluded: pd.DataFrame) -> pd.DataFrame:
    """Return the reasons of rows without repetition: both ends may lack the same."""
    return excluded.drop_duplicates(["row", "reason"], ignore_index=True)


def summary_comment(table: str, done: Calibration, mode: str) -> str:
    """Return what stands at the head of the file of factors."""
    lines = [f"Factors on the speeds of {mode}, fitted by gridmap calibrate to {table}."]
    lines += [
        f"{one.period}: {one.trips} trips; median error on unseen trips "
        f"{one.before.median_share:.1%} before, {one.after.median_share:.1%} after."
        for one in done.fits
        if one.better
    ]
    return "\n".join(lines)
