"""[visits] of the project file: the log of the visits of the past."""

from __future__ import annotations

from datetime import date

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
    """[visits]: tables with a row for each visit that was planned or made.

    `file` is one file or a list; workbooks of filled route sheets are such tables, too, and
    `start`, a day of the first week of their cycle, gives them their dates. `invented` makes a
    log up from a seed instead, for trying out; it is labelled invented wherever it is shown.
    """

    file: str | tuple[str, ...] = ""
    sheet: str = ""
    encoding: str = ""
    columns: VisitColumns = Field(default_factory=VisitColumns)
    start: date | None = None
    invented: bool = False
    seed: int = 0

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the files, none where there is no log."""
        named = (self.file,) if isinstance(self.file, str) else self.file
        return tuple(one for one in dict.fromkeys(named) if one)

    @model_validator(mode="after")
    def _given_or_invented(self) -> VisitsSection:
        if self.invented and self.file:
            raise PydanticCustomError("world.visits_invented_and_given", "both", {})
        return self
