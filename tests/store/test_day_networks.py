"""The store keeps the speeds of each part of the day: a plan from it is the plan of the file."""

from dataclasses import replace

import numpy as np
import pandas as pd
from grid_town import grid_scenario, grid_territory

from gridmap.planning import make_plan
from gridmap.policies import PlanRequest
from gridmap.store.repository import Store
from gridmap.store.scope import Scope
from gridmap.territory import Territory
from gridmap.travel.day_networks import DayNetworks

EVERYTHING = Scope.everything()


def town_with_traffic() -> Territory:
    """Until eleven all ways take three times as long."""
    territory = grid_territory()
    calm = territory.networks["walk"]
    busy = replace(calm, forward_s=calm.forward_s * 3.0, backward_s=calm.backward_s * 3.0)
    day = DayNetworks({"pm": 39600.0, "am": 0.0}, {"am": busy, "pm": calm})
    mean = day.mean(9 * 3600.0, 18 * 3600.0)
    return replace(territory, networks={"walk": mean}, day_networks={"walk": day})


def test_a_plan_out_of_the_store_is_that_of_the_territory(store: Store) -> None:
    territory = town_with_traffic()
    number = store.save(EVERYTHING, territory, grid_scenario(territory))
    again, _ = store.load(EVERYTHING, number)
    day = again.day_networks["walk"]
    assert day.begins_s == territory.day_networks["walk"].begins_s
    for period in ("am", "pm"):
        np.testing.assert_array_equal(
            day.networks[period].forward_s,
            territory.day_networks["walk"].networks[period].forward_s,
        )
    request = PlanRequest.model_validate(
        {
            "routing": {"mode": "walk", "iterations": 20},
            "partition": {"tolerance": 0.5},
            "scoring": {"modes": {"walk": [5]}},
        }
    )
    plans = [make_plan(one, request, seed=2, best_effort=True) for one in (territory, again)]
    assert plans[0].report["period_legs"] == plans[1].report["period_legs"] != {}
    for name in ("routes", "stops"):
        first, second = (getattr(one, name) for one in plans)
        pd.testing.assert_frame_equal(first, second, check_dtype=False)


def test_other_speeds_by_day_are_another_territory(store: Store) -> None:
    """The mean may be the same; what is kept under the hash is not."""
    territory = town_with_traffic()
    plain = replace(territory, day_networks={})
    assert territory.content_hash != plain.content_hash
    numbers = [store.save(EVERYTHING, one, grid_scenario(one)) for one in (plain, territory)]
    loaded = [store.load(EVERYTHING, one)[0].day_networks for one in numbers]
    assert [list(one) for one in loaded] == [[], ["walk"]]
