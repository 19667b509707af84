"""[market] of the project file: where the market figures stand."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from gridmap.datum import Datum

Columns = str | tuple[str, ...] | None
Name = Annotated[str, Field(min_length=1)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MarketColumns(_Section):
    """Columns of a table of market figures.

    A row is placed by its outlet, else by its zone, else by its coordinates; one with outlet and
    zone says what the customers of the zone have from the outlet.
    """

    outlet: Columns = None
    zone: Columns = None
    lon: Columns = None
    lat: Columns = None
    operator: Columns = None
    period: Columns = None
    subscribers: Columns = None
    sales: Columns = None
    additions: Columns = None
    departures: Columns = None
    ported_in: Columns = None
    ported_out: Columns = None
    potential: Columns = None
    households: Columns = None
    target: Columns = None


class MarketTable(_Section):
    """One table of market figures.

    `operator` and `period` (such as 2024-06) hold for all its rows where it has no such column.
    `zones` is the file with the areas of its zones, `zones_layer` a layer of it and `zones_code`
    the column with their codes. The layer ``cells`` of an earlier ``plan.gpkg`` with its column
    ``code`` gives figures by cell their place, which survives a redraw.
    """

    file: Name
    sheet: str = ""
    encoding: str = ""
    columns: MarketColumns = Field(default_factory=MarketColumns)
    datum: Datum = "wgs84"
    operator: str = ""
    period: Annotated[str, Field(pattern=r"^(\d{4}-(0[1-9]|1[0-2]))?$")] = ""
    zones: str = ""
    zones_layer: str = ""
    zones_code: str = "code"
    zones_datum: Datum = "wgs84"


class MarketSection(_Section):
    """[market]: figures of the market by operator and month.

    `ours` are regular expressions that find our operator; by default those of own and partner
    outlets are ours. `invented` fills in made-up figures of a seed instead, for trying out; they
    are labelled invented wherever they are shown.
    """

    tables: tuple[MarketTable, ...] = ()
    ours: tuple[str, ...] = ()
    invented: bool = False
    seed: int = 0

    @field_validator("ours")
    @classmethod
    def _compiles(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in value:
            try:
                re.compile(pattern)
            except re.error as error:
                values = {"pattern": pattern, "reason": str(error)}
                raise PydanticCustomError("world.bad_pattern", "{pattern}", values) from error
        return value

    @model_validator(mode="after")
    def _given_or_invented(self) -> MarketSection:
        if self.invented and self.tables:
            raise PydanticCustomError("world.market_invented_and_given", "both", {})
        return self
