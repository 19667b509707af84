"""A new plan keeps the last one's days where little is lost."""

from dataclasses import replace

import numpy as np
from cell_visits import random_cell

from gridmap.policies import RoutingPolicy
from gridmap.routing.continuity import compare_days
from gridmap.routing.plan import plan_cell_routes
from gridmap.routing.problem import CellVisits
from gridmap.routing.under_way import LastRoutes

POLICY = RoutingPolicy(iterations=150)


def test_figures_by_hand() -> None:
    last = {"a": (0, 5), "b": (1,), "c": (2,), "d": (3,)}
    new = {"a": (0, 5), "b": (2,), "c": (2,), "e": (4,)}
    found = compare_days(last, new)
    assert (found.visits, found.kept) == (4, 3)
    assert found.moved == ("b",)
    assert found.added == ("e",)
    assert found.dropped == ("d",)
    assert found.kept_share == 0.75
    assert compare_days({}, {}).kept_share == 1.0


def without(cell: CellVisits, gone: set[str]) -> CellVisits:
    stays = [at for at, one in enumerate(cell.outlet_ids) if one not in gone]
    places = np.append(0, np.array(stays) + 1)
    return replace(
        cell,
        outlet_ids=tuple(cell.outlet_ids[at] for at in stays),
        grades=tuple(cell.grades[at] for at in stays),
        travel_s=cell.travel_s[np.ix_(places, places)],
    )


def test_closed_outlets_move_few_others() -> None:
    """With another seed and the last plan most visits keep their day; without it most do not."""
    cell = random_cell(50, 4)
    last = plan_cell_routes(cell, POLICY, seed=1).visit_days
    fewer = without(cell, {"o3", "o17", "o31"})
    anew = plan_cell_routes(fewer, POLICY, seed=2)
    again = plan_cell_routes(replace(fewer, last=LastRoutes(last)), POLICY, seed=2)
    assert compare_days(last, anew.visit_days).kept_share < 0.5
    assert compare_days(last, again.visit_days).kept_share > 0.9
    assert again.travel_s.sum() <= 1.15 * anew.travel_s.sum()
