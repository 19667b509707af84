"""Floating catchment areas against their definition, and PySAL `access` beside them."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from access import Access, weights
from scoring_inputs import NAN, all_own

from gridmap.scoring.accessibility import (
    METHODS,
    Catchment,
    Measure,
    accessibilities,
    accessibility,
    even_catchment,
    zoned_catchment,
)
from gridmap.scoring.travel_times import full_times

ZONES = zoned_catchment(30.0)
#: `access` 1.1.10 calls pandas with a keyword that a later pandas will drop.
pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword")


def random_town(seed: int, n_demand: int = 40, n_outlets: int = 12):
    """Return minutes, weights and supplies; whole minutes, so that some are at a threshold."""
    rng = np.random.default_rng(seed)
    minutes = rng.integers(1, 45, (n_demand, n_outlets)).astype(float)
    minutes[rng.random(minutes.shape) < 0.2] = NAN
    minutes[:, 4] = 99.0
    minutes[3] = NAN
    return minutes, rng.integers(1, 9, n_demand) * 1.0, rng.integers(1, 5, n_outlets) * 1.0


def by_definition(minutes, weight, supply, catchment, method):
    """The formulae on full tables, in the order of the letters."""
    f = np.zeros(minutes.shape)
    for limit, value in reversed(list(zip(catchment.limits_min, catchment.weights, strict=True))):
        f[minutes <= limit] = value
    with np.errstate(invalid="ignore", divide="ignore"):
        choice = np.nan_to_num(f / f.sum(axis=1, keepdims=True))
        if method in ("2sfca", "e2sfca"):
            return f @ np.nan_to_num(supply / (weight @ f), posinf=0.0)
        if method == "3sfca":
            return (choice * f) @ np.nan_to_num(supply / (weight @ (choice * f)), posinf=0.0)
        level = np.nan_to_num(supply / (weight @ choice), posinf=0.0)
        return np.nan_to_num(f / f.sum(axis=0)) @ level


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(5))
def test_every_method_is_its_definition(method, seed):
    minutes, weight, supply = random_town(seed)
    catchment = even_catchment(20.0) if method == "2sfca" else ZONES
    found = accessibility(all_own(minutes), weight, supply, catchment, method=method)
    expected = by_definition(minutes, weight, supply, catchment, method)
    np.testing.assert_allclose(found.value, expected, rtol=1e-12)
    assert found.value[3] == 0.0
    # Outlet 4 is 99 minutes from everybody.
    assert found.supply_reached == supply.sum() - supply[4]


def test_only_outlets_that_take_part_are_chosen_and_handed_out():
    minutes, weight, supply = random_town(1)
    ours = np.arange(len(supply)) % 2 == 0
    for method in METHODS[1:]:
        some = accessibility(
            all_own(minutes), weight, supply, ZONES, method=method, taking_part=ours
        )
        alone = accessibility(all_own(minutes[:, ours]), weight, supply[ours], ZONES, method=method)
        np.testing.assert_allclose(some.value, alone.value, rtol=1e-12)
        assert some.supply_reached == alone.supply_reached


@pytest.mark.parametrize("method", METHODS[1:])
def test_points_that_share_a_place_have_what_they_would_have_apart(method):
    minutes, weight, supply = random_town(2)
    minutes[7] = minutes[8]
    apart = accessibility(all_own(minutes), weight, supply, ZONES, method=method)
    kept = np.delete(np.arange(len(weight)), 8)
    place = np.searchsorted(kept, np.arange(len(weight)))
    place[8] = place[7]
    shared = replace(all_own(minutes[kept]), place=place)
    together = accessibility(shared, weight, supply, ZONES, method=method)
    np.testing.assert_allclose(together.value, apart.value, rtol=1e-12)


def test_catchments_that_make_no_sense_are_refused():
    for limits, values in (
        ((), ()),
        ((10.0,), (1.0, 0.5)),
        ((10.0, 10.0), (1.0, 0.5)),
        ((5.0,), (0.0,)),
    ):
        with pytest.raises(ValueError, match="Expected"):
            Catchment(limits, values)
    minutes, weight, supply = random_town(0)
    with pytest.raises(ValueError, match="even"):
        accessibility(all_own(minutes), weight, supply, ZONES, method="2sfca")
    assert zoned_catchment(15.0).limits_min == (5.0, 10.0, 15.0)


def pysal(minutes, weight, supply) -> Access:
    demand = gpd.GeoDataFrame({"id": np.arange(len(weight)), "pop": weight}).set_index("id")
    outlets = gpd.GeoDataFrame({"id": np.arange(len(supply)), "s": supply}).set_index("id")
    origin, dest = np.nonzero(~np.isnan(minutes))
    cost = pd.DataFrame({"o": origin, "d": dest, "t": minutes[origin, dest]})
    return Access(
        demand_df=demand.reset_index(),
        demand_index="id",
        demand_value="pop",
        supply_df=outlets.reset_index(),
        supply_index="id",
        supply_value=["s"],
        cost_df=cost,
        cost_origin="o",
        cost_dest="d",
        cost_name="t",
    )


@pytest.mark.parametrize("seed", range(4))
def test_two_steps_agree_with_pysal(seed):
    """Deviation: `access` gives NaN where we count 0, for demand outside every catchment."""
    minutes, weight, supply = random_town(seed)
    times = all_own(minutes)
    even = pysal(minutes, weight, supply).two_stage_fca(name="a", max_cost=20)["a_s"]
    ours = accessibility(times, weight, supply, even_catchment(20.0), method="2sfca")
    theirs = even.reindex(range(len(weight)))
    np.testing.assert_allclose(ours.value, theirs.fillna(0.0), rtol=1e-9)
    assert np.isnan(theirs[3])
    steps = weights.step_fn({10: 1, 20: 0.68, 30: 0.22})
    zoned = pysal(minutes, weight, supply).enhanced_two_stage_fca(
        name="a", max_cost=30, weight_fn=steps
    )["a_s"]
    ours = accessibility(times, weight, supply, ZONES, method="e2sfca")
    np.testing.assert_allclose(ours.value, zoned.reindex(range(len(weight))).fillna(0.0), rtol=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_three_steps_agree_with_pysal_where_nothing_is_beyond_the_catchment(seed):
    """Deviation: `access` shares choices with outlets beyond the catchment; we don't.

    Whose steps give 0 beyond it: there are none, so with every outlet inside both agree.
    """
    minutes, weight, supply = random_town(seed)
    minutes[minutes > 30.0] = NAN
    steps = weights.step_fn({10: 1, 20: 0.68, 30: 0.22})
    theirs = pysal(minutes, weight, supply).three_stage_fca(name="a", max_cost=30, weight_fn=steps)
    theirs = theirs["a_s"].reindex(range(len(weight))).fillna(0.0)
    ours = accessibility(all_own(minutes), weight, supply, ZONES, method="3sfca")
    np.testing.assert_allclose(ours.value, theirs, rtol=1e-9)


def test_what_a_cut_list_leaves_out_is_out_of_reach():
    minutes = np.array([[1.0, 2.0, 3.0], [1.0, NAN, NAN]])
    whole = full_times(minutes, np.full(3, "own"))
    cut = replace(
        whole, start=np.array([0, 2, 3]), outlet=whole.outlet[[0, 1, 3]],
        minutes=whole.minutes[[0, 1, 3]], most=2,
    )  # fmt: skip
    found = accessibility(cut, np.ones(2), np.ones(3), even_catchment(5.0), method="2sfca")
    assert cut.cut.tolist() == [True, False]
    assert found.supply_reached == 2.0


def test_measures_found_together_are_those_found_one_by_one():
    minutes, weight, supply = random_town(3)
    asked = {
        "near": Measure("2sfca", even_catchment(7.0)),
        "far": Measure("2sfca", even_catchment(25.0)),
        **{method: Measure(method, ZONES) for method in METHODS[1:]},
    }
    together = accessibilities(all_own(minutes), weight, supply, asked)
    for name, one in asked.items():
        alone = accessibility(all_own(minutes), weight, supply, one.catchment, method=one.method)
        assert together[name].value.tolist() == alone.value.tolist()
        assert together[name].level.tolist() == alone.level.tolist()
