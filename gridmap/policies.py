"""What is asked of a plan: the policies of the project file, checked when they are made."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from gridmap.catalogue import Language
from gridmap.datum import ShownDatum
from gridmap.errors import Fault, fault
from gridmap.visit_checks import policy_faults

Mode = Literal["drive", "walk", "bike", "ebike"]
Barrier = Literal["river", "rail", "motorway"]
Workload = Literal["demand", "visit_minutes"]
MapLink = Literal["auto", "geo", "amap", "google", "apple"]
HuffKernel = Literal["power", "exponential", "gaussian"]
#: Decay of each kernel where none is given: per minute for the exponential and the Gaussian one.
USUAL_BETA: dict[HuffKernel, float] = {"power": 2.0, "exponential": 0.1, "gaussian": 0.1}
Tolerance = Annotated[float, Field(gt=0.0, lt=1.0)]
#: What becomes of a visit that falls on a holiday.
HolidayShift = Literal["skip", "before", "after", "nearest"]
#: Where a day starts or ends: the id of an outlet, or longitude and latitude in degrees.
DayPlace = str | tuple[float, float]
Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


def refused(*faults: Fault) -> PydanticCustomError:
    """Return an error for pydantic that carries faults of ours, which have both languages."""
    told = "; ".join(one.text() for one in faults).replace("{", "(").replace("}", ")")
    return PydanticCustomError("policy", told, {"faults": faults})


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
            raise refused(fault("fields.policy.first_workload", workload=self.workloads[0]))
        return self

    @field_validator("workloads")
    @classmethod
    def _at_least_one_each_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value or len(set(value)) != len(value):
            raise refused(fault("fields.policy.workloads"))
        return value


class GradePolicy(Policy):
    """What one grade of outlet is due.

    Attributes
    ----------
    visits
        Visits per cycle.
    minutes
        Service time of one visit in minutes.
    least_gap, most_gap
        Working days from one visit to the next, over the end of the cycle, too; without either
        the visits are as evenly spread as whole days allow.
    patterns
        The sets of days on which its outlets may be visited, given outright, such as ``Mo,Th``
        or ``1,3:Tu``; see `gridmap.weekly`. Each has as many days as `visits` says.
    """

    visits: int = Field(ge=0)
    minutes: float = Field(ge=0.0)
    least_gap: int | None = Field(default=None, ge=1)
    most_gap: int | None = Field(default=None, ge=1)
    patterns: tuple[str, ...] = ()


class OutletVisits(Policy):
    """What one outlet asks for beside its grade; days as in `gridmap.weekly`.

    Attributes
    ----------
    hours
        Opening hours; a visit lies within them as a whole. Empty = always open.
    visit_days, no_visit_days
        The only days on which it may be visited, and days on which it may not.
    fixed_visits
        Exactly the days on which it is visited, instead of those of its grade.
    priority
        When not all visits fit, outlets of a lower priority are left out first, whatever their
        grade.
    """

    hours: str = ""
    visit_days: str = ""
    no_visit_days: str = ""
    fixed_visits: str = ""
    priority: int = Field(default=0, ge=-9, le=9)


class Appointment(Policy):
    """A visit that was agreed upon: it begins between `start` and `end`.

    `day` is one day of the cycle, such as ``2:We``, or a date. An appointment holds against the
    opening hours and forbidden days of its outlet.
    """

    outlet: str = Field(min_length=1)
    day: str
    start: Clock
    end: Clock

    @property
    def window_s(self) -> tuple[float, float]:
        """When the visit may begin, in seconds after midnight."""
        return seconds_of(self.start), seconds_of(self.end)


class Manager(Policy):
    """A grid manager, for one cell or for every cell.

    Attributes
    ----------
    name
        Name, unique in its cell.
    centre
        Id of the centre outlet of the manager's cell; empty = each cell has such a manager.
    days
        The only days that the manager works, of the cycle's; empty = all. See `gridmap.weekly`.
    leave
        Days off: dates, or days of the cycle such as ``2:We``. Where nobody else can go, visits of
        these days are made on others.
    skills
        What the manager can do.
    min_calls, max_calls, max_minutes
        Limits of the manager's days, instead of those of the working day.
    start, end
        Where the manager's days start and end: the id of an outlet, or degrees, which are WGS-84
        once a project is read; empty = the centre outlet.
    """

    name: str = Field(min_length=1)
    centre: str = ""
    days: str = ""
    leave: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    min_calls: int | None = Field(default=None, ge=0)
    max_calls: int | None = Field(default=None, ge=1)
    max_minutes: float | None = Field(default=None, gt=0.0)
    start: DayPlace = ""
    end: DayPlace = ""

    @field_validator("leave", mode="before")
    @classmethod
    def _dates_as_text(cls, value: object) -> object:
        return _texts_of_dates(value)


def _texts_of_dates(value: object) -> object:
    """Return days with TOML's own dates as text."""
    if isinstance(value, list | tuple):
        return tuple(str(one) if isinstance(one, date) else one for one in value)
    return value


class SkillNeed(Policy):
    """Outlets of these grades, and outlets of these kinds, need a manager with this skill."""

    skill: str = Field(min_length=1)
    grades: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()


#: The manager of a cell for which none is named.
SOLE_MANAGER = Manager(name="-")


class WorkingDay(Policy):
    """The working day of a grid manager. `lunch` and `max_minutes` are minutes.

    `max_minutes` limits travel and service together, without lunch and waiting. Lunch begins
    between `lunch_after` and `lunch_until`; without the latter, at the first chance. A day that
    ends before `lunch_until` needs none. A day with visits has at least `min_calls`.
    """

    start: Clock = "08:30"
    end: Clock = "18:00"
    lunch: float = Field(default=60.0, ge=0.0)
    lunch_after: Clock = "12:00"
    lunch_until: Clock | None = None
    min_calls: int = Field(default=0, ge=0)
    max_calls: int = Field(default=16, ge=1)
    max_minutes: float = Field(default=420.0, gt=0.0)

    @model_validator(mode="after")
    def _starts_before_it_ends(self) -> WorkingDay:
        if self.start >= self.end:
            raise refused(fault("fields.policy.day_ends", start=self.start))
        return self

    @model_validator(mode="after")
    def _limits_leave_something(self) -> WorkingDay:
        if self.lunch_until is not None and self.lunch_until < self.lunch_after:
            raise refused(fault("fields.policy.lunch", after=self.lunch_after))
        if self.min_calls > self.max_calls:
            raise refused(fault("fields.policy.calls", most=self.max_calls))
        return self

    @property
    def start_s(self) -> float:
        """Start of the day in seconds after midnight."""
        return seconds_of(self.start)

    @property
    def end_s(self) -> float:
        """End of the day in seconds after midnight."""
        return seconds_of(self.end)

    @property
    def lunch_s(self) -> float:
        """Length of lunch in seconds."""
        return self.lunch * 60.0


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
    cycle_start
        Date of the Monday on which the cycle begins.
    holidays
        Days without visits: dates, of which those outside the cycle do not matter, or days of the
        cycle such as ``2:We``.
    holiday_shift
        A visit on a holiday is left out (``skip``), or made on the working day ``before``,
        ``after`` or ``nearest`` on which its outlet has no other; where the cycle has none in
        that direction, in the other.
    outlets
        What single outlets ask for, by id.
    appointments
        Visits that were agreed upon.
    managers
        The managers, if a cell has several, or one with days or limits of his or her own.
    skills
        Which outlets need a manager with a skill.
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
    iterations: int = Field(default=400, ge=0)
    cycle_start: date | None = None
    holidays: tuple[str, ...] = ()
    holiday_shift: HolidayShift = "after"
    outlets: dict[str, OutletVisits] = {}
    appointments: tuple[Appointment, ...] = ()
    managers: tuple[Manager, ...] = ()
    skills: tuple[SkillNeed, ...] = ()

    @model_validator(mode="after")
    def _days_can_be_read_and_kept(self) -> RoutingPolicy:
        faults = policy_faults(self)
        if faults:
            raise refused(*faults)
        return self

    @field_validator("holidays", mode="before")
    @classmethod
    def _dates_as_text(cls, value: object) -> object:
        return _texts_of_dates(value)

    @field_validator("working_days")
    @classmethod
    def _sorted_each_once(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if not value or len(set(value)) != len(value):
            raise refused(fault("fields.policy.working_days"))
        return tuple(sorted(value))

    @property
    def cycle_days(self) -> int:
        """Working days in a cycle."""
        return self.weeks * len(self.working_days)

    def crew(self, centre: str) -> tuple[Manager, ...]:
        """Return the managers of the cell of a centre outlet, at least one."""
        mine = tuple(one for one in self.managers if one.centre in ("", centre))
        return mine or (SOLE_MANAGER,)

    def day_ends(self, centre: str, manager: str) -> tuple[DayPlace, DayPlace]:
        """Return where the days of a cell's manager start and end, by the manager's name.

        A crew of one needs no name; whoever is not of the crew is at the centre outlet.
        """
        crew = self.crew(centre)
        alone = crew[0] if len(crew) == 1 else SOLE_MANAGER
        one = next((one for one in crew if one.name == manager), alone)
        return one.start or centre, one.end or centre

    def needed_skills(self, grade: str, kind: str) -> frozenset[str]:
        """Return the skills that a visit of an outlet needs."""
        needs = (one for one in self.skills if grade in one.grades or (kind and kind in one.kinds))
        return frozenset(one.skill for one in needs)


class QuadrantPolicy(Policy):
    """Where the quadrants begin.

    Attributes
    ----------
    leader, contested
        Least relative share of a leader, and of a contested cell.
    coverage
        Least coverage by our outlets that counts as being there.
    by
        What tells white space from low priority: ``potential``, or ``growth`` of the market.
    """

    leader: float = Field(default=1.5, gt=0.0)
    contested: float = Field(default=0.67, gt=0.0)
    coverage: float = Field(default=0.5, ge=0.0, le=1.0)
    by: Literal["potential", "growth"] = "potential"

    @model_validator(mode="after")
    def _in_order(self) -> QuadrantPolicy:
        if self.contested > self.leader:
            raise refused(
                fault("fields.policy.quadrants", contested=self.contested, leader=self.leader)
            )
        return self


class ScoringPolicy(Policy):
    """How cells are scored.

    Attributes
    ----------
    modes
        Coverage thresholds in minutes by means of travel.
    huff
        ``fixed`` = the Huff model has the parameters given here; ``calibrated`` = its exponents
        are fitted to the market figures that name outlets.
    huff_kernel
        How attraction falls with minutes t: ``power`` max(t, t₀)^−β, ``exponential`` e^−βt,
        ``gaussian`` e^−(βt)²/2.
    huff_beta
        Decay β; by default that of the kernel: 2, 0.1 and 0.1.
    huff_beta_error
        Standard error of a fixed β, for the interval of the execution gap; by default a tenth of
        it. A calibrated one has its own.
    huff_alpha
        Exponent α of attraction.
    huff_least_min
        Minutes t₀ below which nearer makes no difference to the power kernel.
    huff_outside
        Attraction A₀ of buying from no outlet here; 0 = everybody buys from some outlet.
    zero_shares
        What calibration does with shares of 0, whose logarithm there is not: ``drop`` leaves them
        out of their zone's choices, ``half`` puts half the zone's smallest share in their place.
    kind_attraction
        Attraction of an outlet by its kind; 1 for a kind without one.
    kappa
        Weight of the region in the shrunk share, in subscribers; by default found from the data
        (empirical Bayes).
    carry_forward
        A market figure that lacks in the last month is taken from up to so many months before.
    quadrants
        Where the quadrants begin.
    location
        Expected share from which a location counts as good; by default the territory's.
    false_discovery
        Share of false ones allowed among the clusters.
    draws
        Draws of the Monte Carlo rank bands.
    zone_weights
        Weights of zones of equal width from the outlet to the farthest threshold, in E2SFCA,
        3SFCA and BFCA.
    weights
        Weights of dimensions and of indicators within theirs, by name; 1 where none is given,
        0 = left out.
    goalposts
        Fixed ends of indicators by name, instead of the usual ones.
    advice
        Limits of rules of advice by rule and metric, instead of the usual ones.
    """

    modes: dict[Mode, tuple[Annotated[float, Field(gt=0.0)], ...]] = Field(
        default={"walk": (5.0, 10.0, 15.0)}
    )
    huff: Literal["fixed", "calibrated"] = "fixed"
    huff_kernel: HuffKernel = "power"
    huff_beta: float | None = Field(default=None, gt=0.0)
    huff_beta_error: float | None = Field(default=None, ge=0.0)
    huff_alpha: float = Field(default=1.0, ge=0.0)
    huff_least_min: float = Field(default=1.0, gt=0.0)
    huff_outside: float = Field(default=0.0, ge=0.0)
    zero_shares: Literal["drop", "half"] = "drop"
    kind_attraction: dict[str, Annotated[float, Field(ge=0.0)]] = {}
    kappa: float | None = Field(default=None, ge=0.0)
    carry_forward: int = Field(default=2, ge=0, le=12)
    quadrants: QuadrantPolicy = Field(default_factory=QuadrantPolicy)
    location: float | None = Field(default=None, gt=0.0, lt=1.0)
    false_discovery: float = Field(default=0.05, gt=0.0, lt=1.0)
    draws: int = Field(default=500, ge=0)
    zone_weights: tuple[Annotated[float, Field(gt=0.0, le=1.0)], ...] = Field(
        default=(1.0, 0.68, 0.22), min_length=1
    )
    weights: dict[str, Annotated[float, Field(ge=0.0, allow_inf_nan=False)]] = {}
    goalposts: dict[str, tuple[float, float]] = {}
    advice: dict[str, dict[str, Annotated[float, Field(allow_inf_nan=False)]]] = {}

    @property
    def beta(self) -> float:
        """Decay β: the one given, else that of the kernel."""
        return USUAL_BETA[self.huff_kernel] if self.huff_beta is None else self.huff_beta

    @property
    def beta_error(self) -> float:
        """Standard error of a fixed β: the one given, else a tenth of β."""
        return self.beta / 10.0 if self.huff_beta_error is None else self.huff_beta_error


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
    directions
        Whether turn-by-turn directions of each route are worked out and kept with the plan.
    """

    partition: PartitionPolicy = Field(default_factory=PartitionPolicy)
    routing: RoutingPolicy = Field(default_factory=RoutingPolicy)
    scoring: ScoringPolicy = Field(default_factory=ScoringPolicy)
    language: Language = "en"
    datum: ShownDatum = "wgs84"
    link: MapLink = "auto"
    directions: bool = False
