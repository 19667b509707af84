"""What is asked of a plan: the policies of the project file, checked when they are made."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from gridmap.catalogue import Language
from gridmap.datum import ShownDatum

Mode = Literal["drive", "walk", "bike", "ebike"]
Barrier = Literal["river", "rail", "motorway"]
Workload = Literal["demand", "visit_minutes"]
MapLink = Literal["auto", "geo", "amap", "google", "apple"]
Tolerance = Annotated[float, Field(gt=0.0, lt=1.0)]
Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class Policy(BaseModel):
    """Base of the policies: immutable, and unknown keys are faults."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PartitionPolicy(Policy):
    """How the territory is cut into cells.

    Attributes
    ----------
    centres
        ``own`` = each own outlet is the centre of a cell; or a list of outlet ids.
    workloads
        Columns to balance. The first also weighs the travel.
    tolerance
        Allowed deviation of a cell's load from the mean, as a share: 0.05 = ± 5 %. One number
        for all workloads, or one for each by name; a workload without one is only reported.
    barriers
        Kinds of line that cells should rather not cross.
    forced, forbidden
        Pairs (outlet id, outlet id of a centre): the unit of the first must, or must not, belong
        to the cell of the second.
    method
        ``balanced``, ``network`` (nearest by travel time) or ``voronoi`` (baseline).
    divisions
        Administrative division of each centre by outlet id, which gives its cell a 15-digit
        code; empty = cells are C01, C02, …
    iterations
        Improvement rounds; with a fixed number the same seed gives the same plan.
    """

    centres: Literal["own"] | tuple[str, ...] = "own"
    workloads: tuple[Workload, ...] = ("demand",)
    tolerance: Tolerance | dict[Workload, Tolerance] = 0.05
    barriers: tuple[Barrier, ...] = ("river", "rail", "motorway")
    method: Literal["balanced", "network", "voronoi"] = "balanced"
    iterations: int = Field(default=40, ge=0)
    forced: tuple[tuple[str, str], ...] = ()
    forbidden: tuple[tuple[str, str], ...] = ()
    divisions: dict[str, str] = {}

    @property
    def tolerances(self) -> tuple[float | None, ...]:
        """Tolerance of each workload, None = only reported; the first is always held."""
        if isinstance(self.tolerance, float):
            return tuple(self.tolerance for _ in self.workloads)
        return tuple(self.tolerance.get(name) for name in self.workloads)

    @property
    def held_tolerance(self) -> float:
        """Tolerance of the first workload."""
        return self.tolerances[0] or 0.0

    @model_validator(mode="after")
    def _first_workload_is_held(self) -> PartitionPolicy:
        if self.tolerances[0] is None:
            raise ValueError(f"expected a tolerance for the first workload, {self.workloads[0]}")
        return self

    @field_validator("workloads")
    @classmethod
    def _at_least_one_each_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value or len(set(value)) != len(value):
            raise ValueError("expected at least one workload, each once")
        return value


class GradePolicy(Policy):
    """What one grade of outlet is due.

    Attributes
    ----------
    visits
        Visits per cycle.
    minutes
        Service time of one visit in minutes.
    """

    visits: int = Field(ge=0)
    minutes: float = Field(ge=0.0)


class WorkingDay(Policy):
    """The working day of a grid manager. `lunch` and `max_minutes` are minutes.

    `max_minutes` limits travel and service together, without lunch.
    """

    start: Clock = "08:30"
    end: Clock = "18:00"
    lunch: float = Field(default=60.0, ge=0.0)
    lunch_after: Clock = "12:00"
    max_calls: int = Field(default=16, ge=1)
    max_minutes: float = Field(default=420.0, gt=0.0)

    @model_validator(mode="after")
    def _starts_before_it_ends(self) -> WorkingDay:
        if self.start >= self.end:
            raise ValueError(f"the day starts at {self.start} and must end later than that")
        return self

    @property
    def start_s(self) -> float:
        """Start of the day in seconds after midnight."""
        return seconds_of(self.start)

    @property
    def end_s(self) -> float:
        """End of the day in seconds after midnight."""
        return seconds_of(self.end)


def seconds_of(clock: str) -> float:
    """Return the seconds after midnight of a time such as ``08:30``."""
    hours, minutes = clock.split(":")
    return int(hours) * 3600.0 + int(minutes) * 60.0


def clock_of(seconds: float) -> str:
    """Return a time such as ``08:30`` for seconds after midnight, rounded to the minute."""
    minutes = int(seconds / 60.0 + 0.5)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


class RoutingPolicy(Policy):
    """How the outlets of a cell are visited.

    Attributes
    ----------
    mode
        Means of travel of the grid manager.
    weeks
        Length of the cycle in weeks.
    working_days
        Weekdays worked, 1 = Monday … 7 = Sunday.
    grade_policy
        Open list of grades.
    day
        The manager's working day.
    iterations
        Search rounds per cell; with a fixed number the same seed gives the same routes.
    """

    mode: Mode = "walk"
    weeks: int = Field(default=4, ge=1, le=13)
    working_days: tuple[Annotated[int, Field(ge=1, le=7)], ...] = (1, 2, 3, 4, 5)
    grade_policy: dict[str, GradePolicy] = Field(
        default_factory=lambda: {
            "A": GradePolicy(visits=4, minutes=25.0),
            "B": GradePolicy(visits=2, minutes=18.0),
            "C": GradePolicy(visits=1, minutes=12.0),
        }
    )
    day: WorkingDay = Field(default_factory=WorkingDay)
    iterations: int = Field(default=4000, ge=0)

    @field_validator("working_days")
    @classmethod
    def _sorted_each_once(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if not value or len(set(value)) != len(value):
            raise ValueError("expected at least one working day, each once")
        return tuple(sorted(value))

    @property
    def cycle_days(self) -> int:
        """Working days in a cycle."""
        return self.weeks * len(self.working_days)


class ScoringPolicy(Policy):
    """How cells are scored.

    Attributes
    ----------
    modes
        Coverage thresholds in minutes by means of travel.
    huff_beta
        Exponent of travel time in the Huff model.
    draws
        Draws of the Monte Carlo rank bands.
    """

    modes: dict[Mode, tuple[Annotated[float, Field(gt=0.0)], ...]] = Field(
        default={"walk": (5.0, 10.0, 15.0)}
    )
    huff_beta: float = Field(default=2.0, gt=0.0)
    draws: int = Field(default=500, ge=0)


class PlanRequest(Policy):
    """Everything that is asked of one plan.

    Attributes
    ----------
    partition, routing, scoring
        How it is made and scored.
    language
        Language of its files.
    datum
        Datum of the coordinates that people read or scan, on the route sheets.
    link
        Map that the codes on the route sheets open; ``auto`` is a geo address, and Amap where the
        datum is GCJ-02.
    """

    partition: PartitionPolicy = Field(default_factory=PartitionPolicy)
    routing: RoutingPolicy = Field(default_factory=RoutingPolicy)
    scoring: ScoringPolicy = Field(default_factory=ScoringPolicy)
    language: Language = "en"
    datum: ShownDatum = "wgs84"
    link: MapLink = "auto"
