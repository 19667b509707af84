"""The grid town as a ground to redraw, and a store with a draft of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
import sqlalchemy as sa
from grid_town import grid_scenario, grid_territory

from gridmap.partition.change import Change
from gridmap.partition.edit import Redrawn, redraw
from gridmap.partition.edits import Edit
from gridmap.partition.ground import Ground, Reach, build_ground
from gridmap.partition.redraw import DrawnPlan
from gridmap.store.draft_tables import version
from gridmap.store.drafts import Drafts, Head
from gridmap.store.edit_log import Committed
from gridmap.store.repository import Store
from gridmap.store.roles import Role
from gridmap.store.scope import Scope

PLANNER = Scope(role=Role.PLANNER, user="li")
OTHER = Scope(role=Role.PLANNER, user="wang")
BOSS = Scope(role=Role.REGIONAL_MANAGER, user="chen")
ADMIN = Scope.everything()


@cache
def town_ground() -> Ground:
    """Return the 6 × 4 squares of the grid town; own outlets in units 7 and 16."""
    territory = grid_territory()
    middle = territory.units.inner_xy
    own = territory.outlets[territory.outlets["ownership"] == "own"]
    return build_ground(
        territory.units.polygons,
        weights=np.full((24, 1), 10.0),
        reach=Reach({}, lambda unit: np.hypot(*(middle - middle[unit]).T)),
        own_xy=own[["x", "y"]].to_numpy(),
    )


@dataclass(frozen=True)
class Desk:
    """A person at work on one draft."""

    drafts: Drafts
    draft: int
    scope: Scope = PLANNER

    def seen(self) -> tuple[Head, DrawnPlan]:
        """Load the draft."""
        head = self.drafts.head(self.scope, self.draft)
        return head, head.state.plan(town_ground())

    def commit(self, edit: Edit, key: str, seen: tuple[Head, DrawnPlan] | None = None) -> Committed:
        """Redraw what was seen, by default the present head, and commit."""
        head, plan = seen or self.seen()
        done: Redrawn = redraw(plan, edit)
        return self.drafts.commit(
            self.scope, self.draft, plan, done, key=key, versions=head.versions
        )

    def of(self, scope: Scope) -> Desk:
        """Return another person at the same draft."""
        return Desk(self.drafts, self.draft, scope)


def saved_plan(store: Store) -> int:
    """Save the two halves of the grid town as a plan and return its number."""
    territory = grid_territory()
    return store.save(Scope(user="zhao"), territory, grid_scenario(territory))


def desk(store: Store, scope: Scope = PLANNER) -> Desk:
    """Open a draft of the two halves of the grid town."""
    drafts = Drafts(store.engine)
    return Desk(drafts, drafts.open(scope, saved_plan(store)), scope)


def quarters(store: Store) -> Desk:
    """Open a draft of four cells, one for each quarter of the town."""
    territory = grid_territory()
    scenario = grid_scenario(territory)
    unit = np.arange(24)
    label = (unit % 6 >= 3).astype(np.int64) + 2 * (unit >= 12)
    own = territory.outlets["unit"].to_numpy()
    centre = np.array([int(np.flatnonzero(label[own] == cell)[0]) for cell in range(4)])
    cells = pd.concat([scenario.cells] * 2, ignore_index=True)
    cells = cells.assign(
        cell_id=[1, 2, 3, 4],
        code=[f"C0{one}" for one in range(1, 5)],
        centre_outlet_id=territory.outlets["outlet_id"].to_numpy()[centre],
        demand=60.0,
    )
    from dataclasses import replace

    from gridmap.partition.partition import Balance

    partition = replace(
        scenario.partition,
        label=label,
        centre=centre,
        balances=(Balance("demand", np.full(4, 60.0), tolerance=0.05),),
    )
    whole = replace(scenario, partition=partition, cells=cells)
    drafts = Drafts(store.engine)
    return Desk(drafts, drafts.open(PLANNER, store.save(Scope(user="zhao"), territory, whole)))


def count_as_planned(store: Store, scenario_id: int) -> None:
    """Let a draft pass for one whose routes and scores were made for its present borders."""
    with store.engine.begin() as connection:
        mine = version.c.scenario_id == scenario_id
        connection.execute(sa.update(version).where(mine).values(planned=version.c.head))


NOTHING = Change()
