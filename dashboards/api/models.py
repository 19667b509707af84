"""Shapes of what programs send and get; the description of the API is made of them."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Generic, Literal, TypeVar

import pydantic

from gridmap.datum import Datum
from gridmap.export.feeds import Feed
from gridmap.store.numbers import FIRST_CELL_ID
from gridmap.store.versions import Status

Item = TypeVar("Item")
Row = dict[str, Any]

#: Numbers that a database keeps in four bytes.
Number = Annotated[int, pydantic.Field(ge=0, le=2**31 - 1)]
#: Number of a cell, as in the column `cell_id` of plans.
CellId = Annotated[int, pydantic.Field(ge=FIRST_CELL_ID, le=2**31 - 1)]
#: Databases keep UTC and SQLite does not say so.
Moment = Annotated[
    dt.datetime, pydantic.AfterValidator(lambda one: one.replace(tzinfo=one.tzinfo or dt.UTC))
]
Longitude = Annotated[float, pydantic.Field(ge=-180.0, le=180.0)]
Latitude = Annotated[float, pydantic.Field(ge=-90.0, le=90.0)]
Finite = Annotated[float, pydantic.Field(ge=0.0, le=1e12, allow_inf_nan=False)]
Workload = Annotated[int, pydantic.Field(ge=0, le=7)]
Units = Annotated[tuple[Number, ...], pydantic.Field(max_length=100_000)]
Cells = Annotated[tuple[CellId, ...], pydantic.Field(max_length=10_000)]
Words = Annotated[str, pydantic.Field(max_length=1000, pattern=r"^[^\x00]*$")]
#: A line on the map: longitude and latitude, WGS-84.
Line = Annotated[
    tuple[tuple[Longitude, Latitude], ...], pydantic.Field(min_length=1, max_length=10_000)
]


class Taken(pydantic.BaseModel):
    """What is sent: an unknown field is a fault."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


class Paging(Taken):
    """Which part of a list."""

    limit: Annotated[int, pydantic.Field(ge=1, le=1000)] = 100
    offset: Number = 0


class CellPaging(Paging):
    """Which part of a list, and of which cell."""

    cell_id: CellId | None = None


class ScorePaging(CellPaging):
    """Which scores."""

    metric: Words | None = None


class ScenarioPaging(Paging):
    """Which scenarios."""

    territory: Words | None = None
    status: Status | None = None


class Place(Taken):
    """A place in degrees, in the datum of whoever measured it."""

    lon: Longitude
    lat: Latitude
    datum: Datum = "wgs84"


class Page(pydantic.BaseModel, Generic[Item]):
    """A part of a list; `total` is the length of the whole."""

    items: list[Item]
    total: int
    limit: int
    offset: int


class TerritoryOut(pydantic.BaseModel):
    """A territory: its name, how many scenarios it has, and the one published, if any."""

    name: str
    scenarios: int
    published: int | None


class ScenarioOut(pydantic.BaseModel):
    """A scenario; `planned` says whether it has routes and scores."""

    scenario_id: int
    territory: str
    name: str
    status: Status
    parent_id: int | None
    author: str
    head: int
    planned: bool
    status_by: str
    status_at: Moment
    effective_from: dt.date | None
    effective_until: dt.date | None


class RowOut(pydantic.RootModel[Row]):
    """A row of a table, by its columns."""


class WhereOut(pydantic.BaseModel):
    """The cell and the unit of a place."""

    cell_id: int
    code: str
    name: str
    manager: str
    unit: int


class BranchIn(Taken):
    """A draft to be opened; `routes`: with the routes and scores of the plan, to change them."""

    name: Words = ""
    routes: bool = False


class DrawnCell(pydantic.BaseModel):
    """A cell of a draft. `cell_id` is its number in edits; `version` goes with them."""

    cell_id: int
    version: int
    open: bool
    centre_unit: int | None
    units: int
    locked: bool


class DraftOut(pydantic.BaseModel):
    """A draft as it stands."""

    scenario: ScenarioOut
    cells: list[DrawnCell]


class UnitOut(pydantic.BaseModel):
    """A unit of a draft, its cell (null: none that the caller may see) and a point inside it."""

    unit: int
    cell_id: int | None
    lon: float
    lat: float


class MoveIn(Taken):
    """Give units to a cell."""

    kind: Literal["move"]
    units: Units
    to: CellId


class BrushIn(Taken):
    """Give what is under a stroke to a cell; with radius 0 the stroke is the ring of an area."""

    kind: Literal["brush"]
    to: CellId
    stroke: Line
    radius_m: Annotated[float, pydantic.Field(ge=0.0, le=1e5)] = 0.0


class SplitIn(Taken):
    """Divide a cell along a line."""

    kind: Literal["split"]
    cell: CellId
    line: Annotated[Line, pydantic.Field(min_length=2)]
    to: CellId | None = None
    centre: Number | None = None
    least_m2: Finite = 400.0


class MergeIn(Taken):
    """Join two neighbouring cells."""

    kind: Literal["merge"]
    keep: CellId
    gone: CellId


class ShiftIn(Taken):
    """Push the border that two cells share, by workload or by metres."""

    kind: Literal["shift"]
    giver: CellId
    taker: CellId
    amount: Finite | None = None
    metres: Annotated[float, pydantic.Field(ge=0.0, le=1e6)] | None = None
    workload: Workload = 0


class SwapIn(Taken):
    """Exchange units between two cells."""

    kind: Literal["swap"]
    first: CellId
    first_units: Units
    second: CellId
    second_units: Units


class NewCellIn(Taken):
    """Open a cell around the own outlet of a unit."""

    kind: Literal["new_cell"]
    unit: Number
    load: Finite | None = None
    radius_s: Finite | None = None
    workload: Workload = 0


class CloseCellIn(Taken):
    """Close a cell; its neighbours take its units."""

    kind: Literal["close_cell"]
    cell: CellId


class LockIn(Taken):
    """Lock or unlock cells and units."""

    kind: Literal["lock"]
    cells: Cells = ()
    units: Units = ()
    on: bool = True


AnyEdit = Annotated[
    MoveIn | BrushIn | SplitIn | MergeIn | ShiftIn | SwapIn | NewCellIn | CloseCellIn | LockIn,
    pydantic.Field(discriminator="kind"),
]


class EditIn(Taken):
    """An edit, and the versions of the cells that it was drawn on."""

    edit: AnyEdit
    versions: Annotated[dict[CellId, Number], pydantic.Field(max_length=10_000)]


class EditOut(pydantic.BaseModel):
    """What was written, and the new versions of the touched cells."""

    sequence: int
    versions: dict[int, int]
    moved: int
    repeated: bool
    left_out: list[int]
    notices: list[str]


class LoggedOut(pydantic.BaseModel):
    """A line of the log of a draft."""

    sequence: int
    kind: str
    author: str
    made: Moment
    cell_ids: list[int]
    undoes: int | None


class ReasonIn(Taken):
    """Why a scenario is sent back."""

    reason: Words = ""


class FromIn(Taken):
    """The first day on which a plan holds."""

    effective_from: dt.date


class UntilIn(Taken):
    """The first day on which a plan no longer holds."""

    effective_until: dt.date


class AssignmentOut(pydantic.BaseModel):
    """One person's time in one cell; `ends` is the first day that is no longer theirs."""

    cell_id: int
    person: str
    begins: dt.date
    ends: dt.date | None
    note: str
    author: str


class HandIn(Taken):
    """A cell that goes to somebody from a day on; `person` null: it becomes vacant."""

    cell_id: CellId
    person: Annotated[str, pydantic.Field(max_length=120, pattern=r"^[^\x00]*$")] | None
    begins: dt.date
    note: Words = ""


class Nothing(Taken):
    """No fields."""


class FaultOut(pydantic.BaseModel):
    """What is wrong, and where; the text says how to mend it."""

    key: str
    text: str
    where: str


class ProblemOut(pydantic.BaseModel):
    """All faults of a request."""

    code: int
    faults: list[FaultOut]


class JobOut(pydantic.BaseModel):
    """A job."""

    job_id: int
    kind: str
    territory: str
    user: str
    state: str
    attempts: int
    stage: str
    fraction: float
    detail: str
    left_s: float | None
    cancel_asked: bool
    faults: list[str]
    result: dict[str, Any]
    created: Moment
    started: Moment | None
    ended: Moment | None


class JobIn(Taken):
    """A job to be done in a territory; imports and exports have routes of their own."""

    kind: Literal["plan", "reroute", "score", "rebalance", "replan_cell"]
    scenario_id: Number
    arguments: dict[str, Any] = {}


class ExportIn(Taken):
    """Files to be made of a scenario."""

    scenario_id: Number
    formats: tuple[Feed, ...] = ()
    start: dt.date | None = None
    cycles: Annotated[int, pydantic.Field(ge=1, le=120)] = 1
    cells: Annotated[tuple[Words, ...], pydantic.Field(max_length=10_000)] = ()
    language: Literal["en", "zh"] | None = None


class ImportPlace(Taken):
    """Where a table belongs and how it is read; the table itself is the file of a form."""

    territory: Words
    rows: Literal["outlets", "demand", "visits", "market", "visit_log"] = "outlets"
    preview: bool = False
    language: Literal["en", "zh"] = "en"
