"""Two scenarios of one territory, read so that their cells can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from gridmap.errors import InputError, PermissionDenied, fault
from gridmap.partition.borders import Borders, CellNames, borders_of
from gridmap.store.copies import version_state
from gridmap.store.drafts import Drafts
from gridmap.store.engine import reading
from gridmap.store.scope import Scope
from gridmap.store.territories import load_territory
from gridmap.store.versions import version_of
from gridmap.territory import Territory


@dataclass(frozen=True, eq=False)
class TwoScenarios:
    """Cells of two scenarios on the units of their territory, with code and manager of each."""

    territory: Territory
    old: Borders
    new: Borders
    old_names: Mapping[int, CellNames]
    new_names: Mapping[int, CellNames]


def two_scenarios(engine: sa.Engine, scope: Scope, old_id: int, new_id: int) -> TwoScenarios:
    """Read two scenarios, whether they were planned, redrawn, or are drafts without routes.

    Raises
    ------
    InputError
        If they are of different territories, or of the same one with other data.
    StoreError
        If there is no such scenario.
    PermissionDenied
        If one is out of scope, or the caller has some of the cells only.
    """
    with reading(engine, scope) as connection:
        old, new = (version_of(connection, scope, one) for one in (old_id, new_id))
        if scope.cells is not None:
            raise PermissionDenied(fault("store.out_of_scope", old.territory_name))
        if old.territory_id != new.territory_id:
            raise InputError(
                fault("drafts.diff.other_territory", old_id, new=new_id,
                      old_name=old.territory_name, new_name=new.territory_name)
            )  # fmt: skip
        territory = load_territory(connection, old.territory_id)
        states = [version_state(connection, one) for one in (old, new)]
    drafts = Drafts(engine)
    before, after = (borders_of(territory.units.polygons, one) for one in states)
    return TwoScenarios(
        territory, before, after, drafts.names(scope, old_id), drafts.names(scope, new_id)
    )
