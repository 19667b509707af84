"""Territories that tile a region: each unit in exactly one, overlaps told."""

import dataclasses

import numpy as np
import pytest
import shapely
from grid_town import grid_territory
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.errors import InputError
from gridmap.jobs.executor import Processes, Serial
from gridmap.policies import PlanRequest
from gridmap.region import Asked, overlap_faults, owned_once, plan_region, without_units
from gridmap.territory import Territory

WHOLE = grid_territory()
N_UNITS = len(WHOLE.units)


def cut(holds: np.ndarray, name: str) -> Territory:
    """The part of the grid town whose units are held, under a name."""
    return dataclasses.replace(without_units(WHOLE, ~holds), name=name)


def halves(*, shared: list[int]) -> list[Territory]:
    """West and east of the town, 6 columns wide; both hold the shared units."""
    west = np.arange(N_UNITS) % 6 < 3
    both = np.isin(np.arange(N_UNITS), shared)
    return [cut(west | both, "West"), cut(~west | both, "East")]


def names_of(territory: Territory) -> set[bytes]:
    return set(shapely.to_wkb(shapely.normalize(territory.units.polygons)).tolist())


def test_a_shared_unit_belongs_to_the_longer_border() -> None:
    """Unit 2 is of the west by its border with 1 and 8, and 3, 4 of the east by theirs.

    Unit 3 in both halves: in the west it borders 2 (100 m), in the east 4 and 9 (200 m).
    """
    west, east = owned_once(halves(shared=[2, 3]))
    shapes = shapely.to_wkb(shapely.normalize(WHOLE.units.polygons))
    assert shapes[2] in names_of(west)
    assert shapes[2] not in names_of(east)
    assert shapes[3] in names_of(east)
    assert shapes[3] not in names_of(west)
    assert west.notices[-1].values["count"] == 1
    assert overlap_faults([west, east]) == []


def test_a_unit_that_several_hold_is_nobodys_evidence() -> None:
    """Unit 8 borders 7 of A, and 2 and 14 of B; 9 is held by A and C, so it speaks for neither.

    If it spoke for A, both would have 200 m, and A would come first by its name.
    """
    sets = {"A": [6, 7, 8, 9], "B": [0, 1, 2, 8, 12, 13, 14], "C": [3, 4, 5, 9, 10, 11, 15, 16, 17]}
    kept = owned_once(
        [cut(np.isin(np.arange(N_UNITS), units), name) for name, units in sets.items()]
    )
    shapes = shapely.to_wkb(shapely.normalize(WHOLE.units.polygons))
    assert [shapes[8] in names_of(one) for one in kept] == [False, True, False]
    assert [shapes[9] in names_of(one) for one in kept] == [False, False, True]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, N_UNITS - 1), min_size=0, max_size=8, unique=True))
def test_each_unit_outlet_and_demand_point_is_in_exactly_one(shared: list[int]) -> None:
    kept = owned_once(halves(shared=shared))
    held = [names_of(one) for one in kept]
    assert sum(len(one.units) for one in kept) == N_UNITS
    assert held[0] | held[1] == names_of(WHOLE)
    for column, table in (("outlet_id", "outlets"), ("demand_id", "demand")):
        ids = [each for one in kept for each in getattr(one, table)[column]]
        assert sorted(ids) == sorted(getattr(WHOLE, table)[column])
    for one in kept:
        assert (one.units.locate(one.demand[["x", "y"]].to_numpy()) == one.demand["unit"]).all()
        assert (one.units.locate(one.outlets[["x", "y"]].to_numpy()) == one.outlets["unit"]).all()
        pairs = one.units.adjacency
        assert shapely.touches(
            one.units.polygons[pairs.first], one.units.polygons[pairs.second]
        ).all()
    again = owned_once(halves(shared=shared)[::-1])
    assert [names_of(one) for one in again] == held[::-1]


def test_ground_in_common_is_told() -> None:
    """A unit of another shape over the border is nobody's by rule; area and units are named."""
    west, east = halves(shared=[])
    moved = shapely.transform(east.units.polygons, lambda xy: xy - np.array([10.0, 0.0]))
    over = dataclasses.replace(east, units=dataclasses.replace(east.units, polygons=moved))
    (found,) = overlap_faults([west, over])
    assert found.where == "West, East"
    assert found.values["area_m2"] == pytest.approx(4 * 10.0 * 100.0)
    with pytest.raises(InputError, match="4000 m²"):
        owned_once([west, over])
    with pytest.raises(InputError, match="4000 m²"):
        list(plan_region([Asked(one, PlanRequest()) for one in (west, over)], seed=1))
    with pytest.raises(InputError, match="reference systems"):
        owned_once([west, dataclasses.replace(east, crs="EPSG:32631")])
    everything = np.ones(N_UNITS, dtype=bool)
    with pytest.raises(InputError, match="belong to others"):
        owned_once([cut(everything, "Whole"), cut(everything, "Zweiter")])


def test_parts_are_counted_anew() -> None:
    """Without its second row, the town of four rows falls into two parts."""
    left = without_units(WHOLE, np.arange(N_UNITS) // 6 == 1)
    assert left.units.part.tolist() == [0] * 6 + [1] * 12
    assert left.boundary.area == pytest.approx(18 * 100.0 * 100.0)


@pytest.mark.deep
def test_a_region_is_planned_alike_here_and_in_processes() -> None:
    request = PlanRequest.model_validate(
        {
            "routing": {"mode": "walk", "iterations": 20},
            "partition": {"tolerance": 0.5},
            "scoring": {"modes": {"walk": [5]}},
        }
    )
    kept = owned_once(halves(shared=[2, 3]))
    asked = [Asked(one, request) for one in kept if "own" in set(one.outlets["ownership"])]
    assert asked
    here, there = (
        dict(plan_region(asked, seed=1, executor=one)) for one in (Serial(), Processes(2))
    )
    for number, scenario in here.items():
        assert scenario.routes.equals(there[number].routes)
        assert scenario.scores.equals(there[number].scores)
        assert (scenario.partition.label == there[number].partition.label).all()
