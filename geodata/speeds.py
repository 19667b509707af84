"""What a project says on speeds: the period of the day, its factors, and areas with their own."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely
from pydantic import ValidationError
from shapely.geometry.base import BaseGeometry

from geodata.boundaries import project
from geodata.tables import decode
from geodata.vectors import read_vectors, to_lonlat
from gridmap.datum import Datum, to_wgs84
from gridmap.errors import Fault, InputError, fault
from gridmap.policies import Policy, clock_of, seconds_of
from gridmap.travel.day_networks import USUAL_BEGINS_S, DayNetworks
from gridmap.travel.network import StreetNetwork
from gridmap.travel.periods import NO_AREAS, Areas, PeriodFactors, assumed_factors, with_period

if TYPE_CHECKING:
    from geodata.project_file import TravelSection

#: Columns that may hold the name of an area.
NAME_COLUMNS = ("name", "area", "id", "名称", "区域")
#: How the factors of a plan are called among its sources.
SOURCE = "speed factors: {period}"
#: In place of a period: each way has the speeds of the period in which it is gone.
WHOLE_DAY = "day"


class FactorsFile(Policy):
    """A file of factors, such as `gridmap calibrate` writes."""

    periods: dict[str, PeriodFactors]


@dataclass(frozen=True, eq=False)
class Speeds:
    """The speeds of a period.

    Attributes
    ----------
    period
        Its name.
    factors
        What it does to the speeds of the profiles.
    areas
        Areas that the factors name.
    assumed
        Whether the factors are those that come with the package.
    """

    period: str
    factors: PeriodFactors
    areas: Areas = NO_AREAS
    assumed: bool = False

    def on(self, networks: Mapping[str, StreetNetwork]) -> dict[str, StreetNetwork]:
        """Return the networks with these speeds, by means of travel."""
        return {
            mode: with_period(network, self.factors, self.areas)
            for mode, network in networks.items()
        }

    @property
    def notice(self) -> Fault:
        """What a reader of the plan should know about its travel times."""
        key = "speeds.period_assumed" if self.assumed else "speeds.period_used"
        return fault(key, period=self.period, modes=", ".join(self.factors.modes))

    @property
    def sources(self) -> dict[str, str]:
        """Hash of the factors by the name under which a report lists them."""
        content = json.dumps(self.factors.model_dump(mode="json"), sort_keys=True)
        digest = hashlib.sha256(content.encode()).hexdigest()
        return {SOURCE.format(period=self.period): digest}


@dataclass(frozen=True, eq=False)
class DaySpeeds:
    """The speeds of every period of the day.

    Attributes
    ----------
    begins_s
        When each period begins, in seconds after midnight.
    speeds
        The speeds of each.
    """

    begins_s: Mapping[str, float]
    speeds: tuple[Speeds, ...]

    def by_period(self, networks: Mapping[str, StreetNetwork]) -> dict[str, DayNetworks]:
        """Return the networks of each period, by those means of travel whose speeds they change."""
        found: dict[str, dict[str, StreetNetwork]] = {mode: {} for mode in networks}
        for one in self.speeds:
            for mode, network in one.on(networks).items():
                found[mode][one.period] = network
        return {
            mode: DayNetworks(self.begins_s, mine)
            for mode, mine in found.items()
            if any(one is not networks[mode] for one in mine.values())
        }

    @property
    def notices(self) -> tuple[Fault, ...]:
        """What a reader of the plan should know about its travel times."""
        named = ", ".join(
            f"{period} {clock_of(self.begins_s[period])}"
            for period in sorted(self.begins_s, key=lambda one: self.begins_s[one])
        )
        assumed = [one.period for one in self.speeds if one.assumed]
        told = fault("speeds.day_used", periods=named)
        if not assumed:
            return (told,)
        return told, fault("speeds.day_assumed", periods=", ".join(assumed))

    @property
    def sources(self) -> dict[str, str]:
        """Hash of the factors of each period by the name under which a report lists them."""
        return {name: digest for one in self.speeds for name, digest in one.sources.items()}


def read_day_speeds(
    section: TravelSection,
    *,
    factors: Path | None,
    areas: Path | None,
    crs: str,
    datum: Datum = "wgs84",
) -> DaySpeeds | None:
    """Return the speeds of all periods, if the project asks for the period ``day``; else None.

    Parameters and errors are those of `read_speeds`; in addition it is refused that `begins`
    stands with another period, names one without factors or two that begin at one time, that it
    lacks one with factors in the project, or that some period is itself called ``day``.
    """
    if section.period != WHOLE_DAY:
        if section.begins:
            raise InputError(fault("speeds.begins_without_day", period=section.period or "-"))
        return None
    if WHOLE_DAY in section.periods or (factors and WHOLE_DAY in read_factors(factors)):
        raise InputError(fault("speeds.day_is_no_period"))
    begins = {period: seconds_of(clock) for period, clock in section.begins.items()}
    begins = begins or dict(USUAL_BEGINS_S)
    if len(set(begins.values())) < len(begins):
        listed = ", ".join(f"{one} {clock_of(at)}" for one, at in begins.items())
        raise InputError(fault("speeds.begins_twice", found=listed))
    found: list[Speeds] = []
    idle = sorted(set(section.periods) - set(begins))
    wrong = [fault("speeds.period_never_begins", period=one) for one in idle]
    for period in begins:
        try:
            one = read_speeds(
                section, factors=factors, areas=areas, crs=crs, datum=datum, period=period
            )
        except InputError as error:
            wrong.extend(error.faults)
        else:
            found.extend([one] if one else [])
    if wrong:
        raise InputError(*(one for at, one in enumerate(wrong) if one not in wrong[:at]))
    return DaySpeeds(begins, tuple(found))


def read_speeds(
    section: TravelSection,
    *,
    factors: Path | None,
    areas: Path | None,
    crs: str,
    datum: Datum = "wgs84",
    period: str | None = None,
) -> Speeds | None:
    """Return the speeds that a project asks for; None = those of the profiles.

    Factors in the project file come before those of the file that it names, and these before
    the assumed ones.

    Parameters
    ----------
    section
        [travel] of the project file.
    factors, areas
        The files that it names.
    crs, datum
        Reference system of the networks, and datum of the areas.
    period
        Another period than that of the section.

    Raises
    ------
    InputError
        If a file is unreadable, there is no such period, or its factors name an unknown area.
    """
    period = section.period if period is None else period
    from_file = read_factors(factors) if factors else {}
    shapes = read_areas(areas, crs, datum=datum) if areas else NO_AREAS
    if not period:
        return None
    known = {**assumed_factors(), **from_file, **section.periods}
    if period not in known:
        raise InputError(fault("speeds.period_unknown", period=period, known=", ".join(known)))
    found = known[period]
    unknown = sorted(set(found.areas) - set(shapes.names))
    if unknown:
        raise InputError(
            fault(
                "speeds.area_unknown",
                period=period,
                areas=", ".join(unknown),
                known=", ".join(shapes.names) or "-",
            )
        )
    assumed = period not in from_file and period not in section.periods
    return Speeds(period, found, shapes, assumed)


def read_factors(path: Path) -> dict[str, PeriodFactors]:
    """Return the factors of a TOML file by period.

    Raises
    ------
    InputError
        If it is missing or no TOML, or with every key that is unknown or wrong.
    """
    try:
        content = tomllib.loads(decode(path.read_bytes()))
    except OSError as error:
        raise InputError(fault("world.file_unreadable", path, reason=error)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(fault("world.not_toml", path, reason=error)) from error
    try:
        return FactorsFile.model_validate(content).periods
    except ValidationError as error:
        faults = [
            fault(
                "speeds.factors_wrong",
                f"{path.name} [{'.'.join(str(part) for part in one['loc'])}]",
                reason=one["msg"],
            )
            for one in error.errors()
        ]
        raise InputError(*faults) from error


def read_areas(path: Path, crs: str, *, datum: Datum = "wgs84") -> Areas:
    """Return the areas of a vector file by their names; parts of one name go together.

    Raises
    ------
    InputError
        If the file is unreadable, has no polygon, or one without a name.
    """
    frame = read_vectors(path)
    column = next(
        (one for name in NAME_COLUMNS for one in frame.columns if str(one).casefold() == name),
        None,
    )
    if column is None:
        have = ", ".join(str(one) for one in frame.columns)
        raise InputError(fault("speeds.areas_unnamed", path, have=have))
    shapes = to_lonlat(path, frame)
    names = frame[column].fillna("").astype(str).str.strip()
    polygonal = np.isin(
        shapely.get_type_id(shapes),
        (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON),
    )
    if not polygonal.any():
        raise InputError(fault("world.no_polygon", path))
    if (names[polygonal] == "").any():
        raise InputError(fault("speeds.areas_unnamed", path, have=str(column)))
    found: dict[str, list[BaseGeometry]] = {}
    for name, shape in zip(names[polygonal], shapes[polygonal], strict=True):
        if datum != "wgs84":
            shape = shapely.transform(shape, lambda lonlat: to_wgs84(lonlat, datum))  # noqa: PLW2901
        metres = shapely.make_valid(project(shapely.force_2d(shape), crs))
        found.setdefault(name, []).append(metres)
    polygons = np.empty(len(found), dtype=object)
    polygons[:] = [shapely.union_all(parts) for parts in found.values()]
    return Areas(tuple(found), polygons)


def write_factors(path: Path, periods: Mapping[str, PeriodFactors], comment: str) -> None:
    """Write factors as TOML that `read_factors` reads; the file appears whole or not at all.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    lines = [f"# {line}".rstrip() for line in comment.splitlines()]
    for period, factors in periods.items():
        table = f"periods.{json.dumps(period, ensure_ascii=False)}"
        lines += ["", f"[{table}]", f"modes = {json.dumps(list(factors.modes))}"]
        lines += [f"default = {factors.default:.4f}", f"turns = {factors.turns:.4f}"]
        lines += [f"factor = {_inline(factors.factor)}"]
        for area, inner in factors.areas.items():
            lines += ["", f"[{table}.areas.{json.dumps(area, ensure_ascii=False)}]"]
            if inner.default is not None:
                lines += [f"default = {inner.default:.4f}"]
            lines += [f"factor = {_inline(inner.factor)}"]
    draft = path.with_name(f".{path.name}.part")
    try:
        draft.write_text("\n".join(lines) + "\n", encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        raise InputError(fault("speeds.not_written", path, reason=error)) from error


def _inline(table: Mapping[str, float]) -> str:
    inner = ", ".join(f"{json.dumps(name)} = {value:.4f}" for name, value in table.items())
    return f"{{ {inner} }}" if inner else "{}"
