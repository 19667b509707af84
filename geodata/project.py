"""From a project file to a territory and what is asked of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandera.pandas import DataFrameSchema
from pydantic import ValidationError
from shapely.geometry.base import BaseGeometry

from geodata.divisions import read_divisions
from geodata.invented_market import invented_market
from geodata.invented_visits import invented_visits
from geodata.isolation import reading_by
from geodata.market import Ground, MarketRows, read_market
from geodata.project_checks import datum_remarks, place_remarks, read_area
from geodata.project_file import ProjectFile, read_project
from geodata.project_units import buildings_of, make_units, unit_file_name
from geodata.rows import Rows, read_demand, read_outlets
from geodata.sandbox import Sandbox
from geodata.sieve import EXCLUDED_COLUMNS, excluded_notices, no_rows
from geodata.speeds import read_day_speeds, read_speeds
from geodata.street_sources import (
    FROM_STREETS,
    OVERPASS,
    Streets,
    drawn,
    read_lines,
    read_streets,
    with_lines,
)
from geodata.visit_columns import unknown_outlets, with_columns
from geodata.visit_log import LoggedVisits, read_visit_logs
from gridmap import schemas
from gridmap.errors import Fault, InputError, fault, some_ids
from gridmap.partition.cells import territory_polygon
from gridmap.partition.linework import LineKind
from gridmap.policies import PlanRequest, WorkingDay
from gridmap.progress import Progress, Report, silent
from gridmap.scoring.field_counts import INVENTED_LOG
from gridmap.territory import Territory, Units
from gridmap.travel.cache import NetworkCache
from gridmap.travel.day_networks import DayNetworks
from gridmap.travel.network import StreetNetwork
from gridmap.travel.snap import SNAP_LIMIT_M, Snapper

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

STAGE = "planning.stage.territory"
#: Beyond this nothing snaps, whatever is asked. Metres.
FAR_M = 1.0e7


@dataclass(frozen=True)
class Files:
    """The files of a project; `streets` may be ``overpass``, those after it be absent."""

    boundary: Path | None
    outlets: Path
    demand: Path
    streets: Path | str
    admin: Path | None
    units: Path | None
    children: Path | None = None
    factors: Path | None = None
    areas: Path | None = None
    within: Path | None = None
    market: Mapping[str, Path] = field(default_factory=dict)
    visits: Mapping[str, Path] = field(default_factory=dict)

    def hashes(self) -> dict[str, str]:
        """Return the SHA-256 of each file by its name."""
        return {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in (*vars(self).values(), *self.market.values(), *self.visits.values())
            if isinstance(path, Path)
        }


def load_project(
    path: Path,
    *,
    data_dir: Path | None = None,
    cache: NetworkCache | None = None,
    sandbox: bool = True,
    report: Report = silent,
) -> tuple[Territory, PlanRequest]:
    """Read a project file and all that it names.

    Own outlets are the bases of the managers: they are not visited unless the rule `visit` fits
    them, or `[partition] centres` lists other outlets as centres. Rows that cannot be used are
    left out and stand in `Territory.excluded` and, together, in `Territory.notices`.

    Parameters
    ----------
    path
        Project file (TOML).
    data_dir
        Folder in which relative files are looked up before the folder of the project file.
    cache
        Where networks are kept that are ready for use; None = read them from their file.
    sandbox
        Whether all files that the project names are parsed in limited child processes
        (`geodata.sandbox`).
    report
        Gets progress.

    Raises
    ------
    InputError
        With all faults of the project file, or of the files it names, at once.
    """
    path = Path(path)
    project = read_project(path)
    files = find_files(project, [*([Path(data_dir)] if data_dir else []), path.parent])
    report(Progress(STAGE, 0.0))
    if not sandbox:
        return _load(project, files, cache, report)
    with Sandbox() as reader, reading_by(reader):
        return _load(project, files, cache, report)


def _load(
    project: ProjectFile, files: Files, cache: NetworkCache | None, report: Report
) -> tuple[Territory, PlanRequest]:
    boundary = read_area(project.territory, files.boundary, files.streets, children=files.children)
    outlets, demand = _read_tables(project, files, crs=boundary.crs, area=boundary.shape)
    centre = centres_of(outlets.frame, project)
    request = _with_visits(project, outlets)
    if project.territory.admin_codes and files.admin:
        divisions = read_divisions(
            files.admin, project.territory.admin_codes, outlets.frame[centre],
            crs=boundary.crs, datum=project.territory.datum,
        )  # fmt: skip
        policy = request.partition.model_copy(update={"divisions": divisions})
        request = request.model_copy(update={"partition": policy})
    report(Progress(STAGE, 0.3, files.outlets.name))

    by_day = read_day_speeds(
        project.travel, factors=files.factors, areas=files.areas, crs=boundary.crs,
        datum=project.territory.datum,
    )  # fmt: skip
    speeds = None if by_day else read_speeds(
        project.travel, factors=files.factors, areas=files.areas, crs=boundary.crs,
        datum=project.territory.datum,
    )  # fmt: skip
    modes = {project.routing.mode, *project.scoring.modes}
    streets = read_streets(
        files.streets, modes, crs=boundary.crs, boundary=boundary.shape, cache=cache
    )
    if files.admin:
        linework = with_lines(
            streets.linework,
            read_lines(files.admin, boundary.crs, datum=project.territory.datum),
            LineKind.ADMIN,
        )
        streets = replace(streets, linework=linework)
    if speeds:
        streets = replace(
            streets,
            networks=speeds.on(streets.networks),
            notices=(*streets.notices, speeds.notice),
        )
    day_networks = by_day.by_period(streets.networks) if by_day else {}
    if by_day:
        streets = _in_the_mean(streets, day_networks, project.routing.day, by_day.notices)
    remarks = [
        *datum_remarks(
            outlets,
            streets,
            project.outlets.datum,
            files.outlets,
            section="outlets",
            crs=boundary.crs,
        ),
        *datum_remarks(
            demand, streets, project.demand.datum, files.demand, section="demand", crs=boundary.crs
        ),
    ]
    report(Progress(STAGE, 0.6, Path(str(files.streets)).name))

    units, unit_notices = make_units(
        project, files.units, streets.linework, boundary.shape, crs=boundary.crs,
        own=outlets.frame[centre], demand=demand.frame,
        buildings=buildings_of(files.streets, project.territory.units, boundary.crs),
    )  # fmt: skip
    report(Progress(STAGE, 0.9))
    outlets = _bind(outlets, units, files.outlets.name)
    demand = _bind(demand, units, files.demand.name)
    centre = centres_of(outlets.frame, project)
    _one_centre_a_unit(outlets.frame[centre])
    network = streets.networks[project.routing.mode]
    outlets.frame["snap_distance_m"], off = snap_distance_m(outlets.frame, network)
    remarks += place_remarks(outlets.frame, streets.linework, centre=centre, off=off)

    outlet_table = _checked(outlets.frame, schemas.OUTLETS)
    demand_table = _checked(demand.frame, schemas.DEMAND)
    ground = Ground(
        boundary.crs, boundary.shape, units, outlet_table, demand_table,
        own_operators=project.market.ours or (*project.outlets.own.match,
        *(project.outlets.partner.match if project.outlets.partner else ())),
    )  # fmt: skip
    market, log = _read_figures(project, files, ground)
    made_up = invented_market(ground, seed=project.market.seed) if project.market.invented else None
    made_log = (
        invented_visits(outlet_table, request.routing, seed=project.visits.seed)
        if project.visits.invented else None
    )  # fmt: skip
    territory = Territory(
        name=project.territory.name,
        crs=boundary.crs,
        boundary=territory_polygon(units),
        units=units,
        outlets=outlet_table,
        demand=demand_table,
        networks=streets.networks,
        linework=drawn(streets.linework, boundary.shape.bounds),
        notices=(
            *boundary.notices,
            *outlets.notices,
            *demand.notices,
            *streets.notices,
            *unit_notices,
            *remarks,
            *(market.notices if market else ()),
            *(log.notices if log else ()),
            *([fault("market.invented", project.territory.name)] if made_up is not None else ()),
            *([fault("visitlog.invented", project.territory.name)] if made_log is not None else ()),
        ),
        invented=tuple(
            dict.fromkeys(
                (
                    *project.territory.invented,
                    *outlets.invented,
                    *(["market"] if made_up is not None else []),
                    *([INVENTED_LOG] if made_log is not None else []),
                )
            )
        ),
        sources=files.hashes()
        | (speeds.sources if speeds else {})
        | (by_day.sources if by_day else {}),
        attribution=project.territory.attribution,
        excluded=pd.concat(
            [
                outlets.excluded,
                demand.excluded,
                *(one.excluded if one else no_rows() for one in (market, log)),
            ],
            ignore_index=True,
        ),
        market=market.frame if market else made_up,
        visit_log=log.frame if log else made_log,
        day_networks=day_networks,
    )
    report(Progress(STAGE, 1.0))
    return territory, request


def find_files(project: ProjectFile, folders: list[Path]) -> Files:
    """Return where the files of a project are: in the first folder that has each.

    Raises
    ------
    InputError
        Naming every file that is missing.
    """
    faults: list[Fault] = []

    def find(name: str, key: str) -> Path:
        places = [folder / name for folder in folders]
        for place in places:
            if place.is_file():
                return place
        tried = ", ".join(str(place) for place in places)
        faults.append(fault("world.named_file_missing", name, key=key, tried=tried))
        return places[0]

    section, travel = project.territory, project.travel
    unit_file = unit_file_name(section.units)
    files = Files(
        boundary=(
            None
            if section.boundary == FROM_STREETS
            else find(section.boundary, "[territory] boundary")
        ),
        outlets=find(project.outlets.file, "[outlets] file"),
        demand=find(project.demand.file, "[demand] file"),
        streets=(
            OVERPASS
            if section.streets == OVERPASS
            else find(section.streets, "[territory] streets")
        ),
        admin=find(section.admin, "[territory] admin") if section.admin else None,
        units=find(unit_file, "[territory] units") if unit_file else None,
        within=find(project.demand.within, "[demand] within") if project.demand.within else None,
        children=find(section.children, "[territory] children") if section.children else None,
        factors=find(travel.factors, "[travel] factors") if travel.factors else None,
        areas=find(travel.areas, "[travel] areas") if travel.areas else None,
        market={
            name: find(name, f"[market] {key}")
            for table in project.market.tables
            for key, name in (("file", table.file), ("zones", table.zones))
            if name
        },
        visits={name: find(name, "[visits] file") for name in project.visits.files},
    )
    if faults:
        raise InputError(*faults)
    return files


def street_extract(path: Path, *, data_dir: Path | None = None) -> Path | None:
    """Return the OpenStreetMap extract of a project, or None where it has none of its own.

    Raises
    ------
    InputError
        If the project file or a file it names is missing or faulty.
    """
    path = Path(path)
    folders = [*([Path(data_dir)] if data_dir else []), path.parent]
    streets = find_files(read_project(path), folders).streets
    if isinstance(streets, Path) and streets.name.endswith((".pbf", ".osm", ".osm.bz2")):
        return streets
    return None


def centres_of(outlets: pd.DataFrame, project: ProjectFile) -> Bools:
    """Return which outlets are centres of cells. Shape (n_outlets,).

    Raises
    ------
    InputError
        If a listed centre is not among the outlets, or there is no centre at all.
    """
    centres = project.partition.centres
    if centres == "own":
        centre = (outlets["ownership"] == "own").to_numpy()
    else:
        lacking = [one for one in centres if one not in set(outlets["outlet_id"])]
        if lacking:
            raise InputError(
                fault("world.centre_unknown", project.outlets.file, ids=some_ids(lacking))
            )
        centre = outlets["outlet_id"].isin(centres).to_numpy()
    if not centre.any():
        raise InputError(fault("world.no_own_outlet", project.outlets.file))
    return np.asarray(centre, dtype=bool)


def snap_distance_m(outlets: pd.DataFrame, network: StreetNetwork) -> tuple[Floats, Bools]:
    """Return metres to the nearest street, and which outlets are too far to be on the network.

    Shapes (n_outlets,).
    """
    distance_m = Snapper(network, FAR_M).snap(outlets[["x", "y"]].to_numpy()).distance_m
    return distance_m, distance_m > SNAP_LIMIT_M


def _in_the_mean(
    streets: Streets,
    day_networks: Mapping[str, DayNetworks],
    day: WorkingDay,
    notices: tuple[Fault, ...],
) -> Streets:
    """Return the streets with their mean seconds over the working day."""
    mean = {mode: one.mean(day.start_s, day.end_s) for mode, one in day_networks.items()}
    return replace(
        streets, networks={**streets.networks, **mean}, notices=(*streets.notices, *notices)
    )


def _read_tables(
    project: ProjectFile, files: Files, *, crs: str, area: BaseGeometry
) -> tuple[Rows, Rows]:
    """Read outlets and demand; the faults of both come together."""
    faults: list[Fault] = []
    rows: list[Rows] = []
    centres = project.partition.centres
    try:
        rows.append(
            read_outlets(
                files.outlets,
                project.outlets,
                crs=crs,
                boundary=area,
                grade_policy=project.routing.grade_policy,
                centres=None if centres == "own" else centres,
                weeks=project.routing.weeks,
            )
        )
    except InputError as error:
        faults += error.faults
    try:
        rows.append(
            read_demand(files.demand, project.demand, crs=crs, boundary=area, within=files.within)
        )
    except InputError as error:
        faults += error.faults
    if faults:
        raise InputError(*faults)
    return rows[0], rows[1]


def _read_figures(
    project: ProjectFile, files: Files, ground: Ground
) -> tuple[MarketRows | None, LoggedVisits | None]:
    """Read market figures and the log of visits; the faults of both come together."""
    faults: list[Fault] = []
    market, log = None, None
    try:
        market = read_market(project.market, files.market, ground)
    except InputError as error:
        faults += error.faults
    try:
        log = read_visit_logs(project.visits, files.visits, ground.outlets["outlet_id"])
    except InputError as error:
        faults += error.faults
    if faults:
        raise InputError(*faults)
    return market, log


def _with_visits(project: ProjectFile, outlets: Rows) -> PlanRequest:
    """Return what is asked of the plan, with what the columns of the outlets ask for."""
    wrong = unknown_outlets(project.routing, outlets.frame["outlet_id"], project.outlets.file)
    if wrong:
        raise InputError(*wrong)
    request = project.request
    if not outlets.asked:
        return request
    try:
        policy = with_columns(request.routing, outlets.asked)
    except ValidationError as error:
        told = [one for each in error.errors() for one in each.get("ctx", {}).get("faults", ())]
        raise InputError(
            *(fault(one.key, f"{project.outlets.file} {one.where}", **one.values) for one in told)
        ) from error
    return request.model_copy(update={"routing": policy})


def _bind(rows: Rows, units: Units, file: str) -> Rows:
    """Return the rows with the unit of each; those on the very rim, in no unit, are left out."""
    unit = units.locate(rows.frame[["x", "y"]].to_numpy())
    frame = rows.frame.assign(unit=unit)
    out = frame[unit < 0]
    if not len(out):
        return Rows(frame, rows.excluded, rows.notices, rows.invented, asked=rows.asked)
    key = frame.columns[frame.columns.isin(["outlet_id", "demand_id"])][0]
    lines = pd.DataFrame(
        {"file": file, "row": 0, "id": out[key], "reason": "world.place_outside", "found": ""}
    )[list(EXCLUDED_COLUMNS)]
    return Rows(
        frame[unit >= 0].reset_index(drop=True),
        pd.concat([rows.excluded, lines], ignore_index=True),
        (*rows.notices, *excluded_notices(lines)),
        rows.invented,
        asked=rows.asked,
    )


def _one_centre_a_unit(centres: pd.DataFrame) -> None:
    faults = [
        fault("world.own_share_unit", ids=some_ids(group["outlet_id"]))
        for _, group in centres.groupby("unit", sort=True)
        if len(group) > 1
    ]
    if faults:
        raise InputError(*faults)


def _checked(frame: pd.DataFrame, schema: DataFrameSchema) -> pd.DataFrame:
    ordered = frame[list(schema.columns)]
    text = [name for name in ordered.columns if ordered[name].dtype == object]
    checked: pd.DataFrame = schema.validate(ordered.astype(dict.fromkeys(text, str)))
    return checked
