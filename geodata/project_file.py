"""The project file: its sections as values, checked all at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from geodata.market_section import MarketSection
from geodata.tables import decode
from geodata.visits_section import VisitsSection
from gridmap.catalogue import Language
from gridmap.datum import Datum, ShownDatum, to_wgs84
from gridmap.errors import Fault, InputError, fault
from gridmap.policies import (
    Clock,
    DayPlace,
    MapLink,
    PartitionPolicy,
    PlanRequest,
    RoutingPolicy,
    ScoringPolicy,
)
from gridmap.territory import ATTRIBUTION
from gridmap.travel.periods import PeriodFactors

Name = Annotated[str, Field(min_length=1)]
#: One column, or several of which the first that is not empty counts; "" = the file has none.
Columns = str | tuple[str, ...] | None
Ownership = Literal["own", "partner", "rival", "other"]

UNITS = re.compile(r"streets|hex:([0-9]|1[0-5])|file:.+")
GRADES = re.compile(r"quantile:(?P<shares>.+?)(?:\s+by\s+(?P<by>.+))?")
GRADE_SHARE = re.compile(r"\s*([^=\s]+)\s*=\s*(\d+(?:\.\d+)?)\s*")


class Section(BaseModel):
    """Base of the sections: immutable, and unknown keys are faults."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TerritorySection(Section):
    """[territory]: what is planned.

    `units` are ``streets``, ``hex:N`` (H3 resolution), ``file:PATH`` (areas of a file, repaired)
    or ``file:PATH+streets`` (these areas cut further along the streets in them).
    `admin` is a file with administrative lines or areas that borders should keep to, and
    `admin_codes` its column of division codes, which gives the cells 15-digit codes. `invented`
    names what of the input is made-up sample data; `attribution` is shown beside every map.
    `clip_to_coast` cuts off the sea, by default where it is more than 1 % of the boundary.
    `children` is a file with areas that must tile the territory; `children_level` chooses those
    of one administrative level.
    """

    name: Name
    boundary: Name
    streets: Name
    datum: Datum = "wgs84"
    units: str = "streets"
    admin: str = ""
    admin_codes: str = ""
    clip_to_coast: bool | None = None
    children: str = ""
    children_level: str = ""
    invented: tuple[str, ...] = ()
    attribution: str = ATTRIBUTION

    @model_validator(mode="after")
    def _codes_have_a_file(self) -> TerritorySection:
        if self.admin_codes and not self.admin:
            raise PydanticCustomError("world.admin_codes_alone", "no admin", {})
        return self

    @field_validator("units")
    @classmethod
    def _known_units(cls, value: str) -> str:
        if not UNITS.fullmatch(value):
            raise PydanticCustomError("world.units_unknown", "{found}", {"found": value})
        return value


class Rule(Section):
    """Which outlets are meant: those that fit every key given, and any one entry of each.

    `match` are regular expressions, found anywhere in operator or name, whatever the case.
    `kind` are kinds; ``shop=kiosk`` is named by the whole, by ``kiosk``, or by a pattern such as
    ``shop=*``. `id` are ids of outlets.
    """

    match: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    id: tuple[str, ...] = ()

    @field_validator("match")
    @classmethod
    def _compiles(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in value:
            _compile(pattern)
        return value

    @model_validator(mode="after")
    def _says_something(self) -> Rule:
        if not (self.match or self.kind or self.id):
            raise PydanticCustomError("world.rule_empty", "nothing given", {})
        return self


class VisitRule(Rule):
    """Which outlets get visits; rivals only if `ownership` names them."""

    ownership: tuple[Ownership, ...] = ("own", "partner", "other")


class Grades(Section):
    """Grades by quantiles: the best `shares[grade]` percent of the visited outlets get it."""

    shares: dict[str, float]
    by: str = ""


class OutletColumns(Section):
    """Columns of the outlets' file; those from `sales` on are read only if they are named."""

    id: Columns = None
    lon: Columns = None
    lat: Columns = None
    name: Columns = None
    operator: Columns = None
    kind: Columns = None
    grade: Columns = None
    potential: Columns = None
    sales: Columns = None
    stocks: Columns = None
    category_sales: Columns = None
    hours: Columns = None
    visit_days: Columns = None
    no_visit_days: Columns = None
    fixed_visits: Columns = None
    priority: Columns = None


class DemandColumns(Section):
    """Columns of the demand file."""

    id: Columns = None
    lon: Columns = None
    lat: Columns = None
    kind: Columns = None


class OutletsSection(Section):
    """[outlets]: own, partner, rival and other outlets, and which of them get visits.

    `operators` gives operators one name: what a regular expression of an entry finds in operator
    or name becomes the entry's name. `dictionary` says whether the built-in names of operators
    are used: by default for outlets without one, true also joins spellings of the file, and
    `countries` (ISO 3166, two letters) keeps those of some countries only. `sales_days` is how
    many days the column `sales` covers, by default those of the cycle; `invented_sales` makes
    sales up, for an example.
    """

    file: Name
    sheet: str = ""
    encoding: str = ""
    columns: OutletColumns = Field(default_factory=OutletColumns)
    datum: Datum = "wgs84"
    operators: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    dictionary: bool | None = None
    countries: tuple[Annotated[str, Field(pattern="^[a-z]{2}$")], ...] = ()
    own: Rule
    partner: Rule | None = None
    rival: Rule | None = None
    visit: VisitRule | None = None
    grades: Grades | None = None
    sales_days: int | None = Field(default=None, ge=1)
    invented_sales: bool = False
    seed: int = 0

    @field_validator("operators")
    @classmethod
    def _compile_all(cls, value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for patterns in value.values():
            for pattern in patterns:
                _compile(pattern)
        return value

    @model_validator(mode="after")
    def _sales_are_real_or_invented(self) -> OutletsSection:
        if self.invented_sales and self.columns.sales:
            raise PydanticCustomError("world.sales_twice", "given and invented", {})
        return self

    @field_validator("grades", mode="before")
    @classmethod
    def _read_grades(cls, value: object) -> object:
        if value == "":
            return None
        return parse_grades(value) if isinstance(value, str) else value


class DemandSection(Section):
    """[demand]: points with a weight; ``count`` = each point counts one.

    `grid` says that the rows are the centres of a regular grid and carry the weight of a cell.
    `within` is a file of points, such as buildings, that say where in a zone or cell its demand
    is; `within_weight` and `within_datum` are theirs.
    """

    file: Name
    sheet: str = ""
    encoding: str = ""
    columns: DemandColumns = Field(default_factory=DemandColumns)
    datum: Datum = "wgs84"
    weight: Name = "count"
    kind: tuple[str, ...] = ()
    grid: bool = False
    within: str = ""
    within_weight: Name = "count"
    within_datum: Datum = "wgs84"


class TravelSection(Section):
    """[travel]: the period of the day whose speeds a plan has; none = those of the profile.

    `factors` is a file of factors such as ``gridmap calibrate`` writes, `areas` one of polygons
    with names that have factors of their own. `periods` are factors in the project file itself.
    With the period ``day`` each way has the speeds of the period in which it is gone; `begins`
    says when each one begins, instead of am 07:00, midday 10:00, pm 16:00 and night 19:00.
    """

    period: str = ""
    factors: str = ""
    areas: str = ""
    periods: dict[str, PeriodFactors] = Field(default_factory=dict)
    begins: dict[str, Clock] = Field(default_factory=dict)


class OutputSection(Section):
    """[output]: language of the files, and datum and map of the codes on the route sheets.

    `directions` says whether each route gets directions from turn to turn.
    """

    language: Language = "en"
    datum: ShownDatum = "wgs84"
    link: MapLink = "auto"
    directions: bool = False


class ProjectFile(Section):
    """A project file as a whole."""

    territory: TerritorySection
    outlets: OutletsSection
    demand: DemandSection
    partition: PartitionPolicy = Field(default_factory=PartitionPolicy)
    routing: RoutingPolicy = Field(default_factory=RoutingPolicy)
    scoring: ScoringPolicy = Field(default_factory=ScoringPolicy)
    travel: TravelSection = Field(default_factory=TravelSection)
    market: MarketSection = Field(default_factory=MarketSection)
    visits: VisitsSection = Field(default_factory=VisitsSection)
    output: OutputSection = Field(default_factory=OutputSection)

    @model_validator(mode="after")
    def _grades_have_a_policy(self) -> ProjectFile:
        known = self.routing.grade_policy
        lacking = [
            grade for grade in (self.outlets.grades or _NO_GRADES).shares if grade not in known
        ]
        if lacking:
            raise PydanticCustomError(
                "world.grade_without_policy",
                "{grades}",
                {"grades": ", ".join(lacking), "known": ", ".join(known)},
            )
        return self

    @property
    def request(self) -> PlanRequest:
        """What is asked of the plan."""
        return PlanRequest(
            partition=self.partition,
            routing=_in_wgs84(self.routing, self.territory.datum),
            scoring=self.scoring,
            language=self.output.language,
            datum=self.output.datum,
            link=self.output.link,
            directions=self.output.directions,
        )


def _in_wgs84(policy: RoutingPolicy, datum: Datum) -> RoutingPolicy:
    """Return a policy whose managers' places are WGS-84, not in the project's datum."""

    def moved(place: DayPlace) -> DayPlace:
        if isinstance(place, str):
            return place
        lon, lat = to_wgs84(np.array([place]), datum)[0].tolist()
        return (lon, lat)

    managers = tuple(
        one.model_copy(update={"start": moved(one.start), "end": moved(one.end)})
        for one in policy.managers
    )
    return policy.model_copy(update={"managers": managers})


_NO_GRADES = Grades(shares={})


def read_project(path: Path) -> ProjectFile:
    """Read and check a project file.

    Raises
    ------
    InputError
        If it is missing or no TOML, or with every key that is missing, unknown or wrong.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(fault("world.file_missing", path))
    try:
        content = tomllib.loads(decode(path.read_bytes()))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(fault("world.not_toml", path, reason=error)) from error
    try:
        return ProjectFile.model_validate(content)
    except ValidationError as error:
        found = error.errors()
        raise InputError(*(each for one in found for each in _faults(path.name, one))) from error


def parse_grades(text: str) -> Grades:
    """Return the grades of a text such as ``quantile:A=15,B=35,C=50 by potential``."""
    match = GRADES.fullmatch(text.strip())
    parts = [GRADE_SHARE.fullmatch(one) for one in match["shares"].split(",")] if match else [None]
    shares = {one[1]: float(one[2]) for one in parts if one}
    if None in parts or len(shares) != len(parts) or abs(sum(shares.values()) - 100.0) > 1e-6:
        raise PydanticCustomError("world.grades_unreadable", "{found}", {"found": text})
    return Grades(shares=shares, by=((match and match["by"]) or "").strip())


def _compile(pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        values = {"pattern": pattern, "reason": str(error)}
        raise PydanticCustomError("world.bad_pattern", "{pattern}: {reason}", values) from error


def _faults(file: str, error: ErrorDetails) -> list[Fault]:
    """Return what pydantic found wrong as faults; a policy may tell of several at once."""
    several: Sequence[Fault] = error.get("ctx", {}).get("faults", ())
    if not several:
        return [_fault(file, error)]
    section = _key_path(error["loc"])
    places = [".".join(filter(None, (section, one.where))) for one in several]
    return [
        fault(one.key, f"{file} [{place}]", **one.values)
        for one, place in zip(several, places, strict=True)
    ]


def _fault(file: str, error: ErrorDetails) -> Fault:
    """Return what pydantic found wrong as a fault with the key's path."""
    where = f"{file} [{_key_path(error['loc'])}]" if error["loc"] else file
    context: Mapping[str, Any] = error.get("ctx", {})
    if error["type"].startswith("world."):
        return fault(error["type"], where, **context)
    if error["type"] == "missing":
        return fault("world.key_missing", where)
    if error["type"] == "extra_forbidden":
        return fault("world.key_unknown", where, known=", ".join(_known_keys(error["loc"][:-1])))
    return fault("world.key_wrong", where, found=repr(error["input"]), reason=error["msg"])


def _key_path(loc: Sequence[int | str]) -> str:
    path = ""
    for one in loc:
        # pydantic names the branch of a union, too: no key of the file.
        if isinstance(one, str) and ("[" in one or one in {"str", "constrained-str"}):
            continue
        path += f"[{one + 1}]" if isinstance(one, int) else f".{one}" if path else one
    return path


def _known_keys(loc: Sequence[int | str]) -> list[str]:
    """Return the keys that the section at a path may have."""
    model: type[BaseModel] = ProjectFile
    for one in loc:
        info = model.model_fields.get(str(one))
        # The name of a grade is no field.
        if info is None:
            continue
        model = next(iter(_classes(info.annotation)), model)
    return list(model.model_fields)


def _classes(annotation: Any) -> list[type[BaseModel]]:
    """Return the models that an annotation speaks of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for part in getattr(annotation, "__args__", ()) for found in _classes(part)]
