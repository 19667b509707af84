"""[visits] of the project file: the log of the visits of the past."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

Columns = str | tuple[str, ...] | None


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class VisitColumns(_Section):
    """Columns of the log; those of the visits that ``gridmap import`` writes are found.

    `planned` is a yes or no, or the day or route that was planned; without such a column a visit
    with a route was planned. `done` is a yes or no; without it a visit with a `date` was made.
    `seq` is the place in the planned order of the route; `came` the time of arrival, or the place
    in the order in which visits were made.
    """

    outlet: Columns = None
    date: Columns = None
    planned: Columns = None
    route: Columns = None
    seq: Columns = None
    came: Columns = None
    done: Columns = None


class VisitsSection(_Section):
    """[visits]: a table with a row for each visit that was planned or made.

    `invented` makes a log up from a seed instead, for trying out; it is labelled invented wherever
    it is shown.
    """

    file: str = ""
    sheet: str = ""
    encoding: str = ""
    columns: VisitColumns = Field(default_factory=VisitColumns)
    invented: bool = False
    seed: int = 0

    @model_validator(mode="after")
    def _given_or_invented(self) -> VisitsSection:
        if self.invented and self.file:
            raise PydanticCustomError("world.visits_invented_and_given", "both", {})
        return self
