"""Cells of a territory: methods, figures, notices, faults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap.errors import InputError
from gridmap.partition.draw import draw_cells, open_barrier_m
from gridmap.partition.partition import Partition
from gridmap.policies import PartitionPolicy
from gridmap.progress import MaxIterations, Progress
from gridmap.territory import Adjacency, Territory, Units
from tests.partition_graphs import grid_edges, grid_xy, straight_s


def territory(
    rows: int,
    columns: int,
    own: Sequence[int],
    *,
    without: Sequence[tuple[int, int]] = (),
    river: Sequence[tuple[int, int]] = (),
    bridges: Sequence[tuple[int, int]] = (),
) -> Territory:
    """Squares of 100 m; own outlets in the middle of some of them."""
    edges = [pair for pair in grid_edges(rows, columns) if pair not in without]
    first, second = (np.array(side, dtype=np.int64) for side in zip(*edges, strict=True))
    wet = np.array([100.0 if pair in river else 0.0 for pair in edges])
    crossed = np.array([int(pair in bridges) for pair in edges], dtype=np.int64)
    none = np.zeros(len(edges))
    xy = grid_xy(rows, columns)
    units = Units(
        polygons=shapely.box(xy[:, 0] - 50, xy[:, 1] - 50, xy[:, 0] + 50, xy[:, 1] + 50),
        part=np.zeros(len(xy), dtype=np.int64),
        water=np.zeros(len(xy), dtype=bool),
        adjacency=Adjacency(
            first, second, np.full(len(edges), 100.0), wet, none, none, none, crossed
        ),
        grid_m=0.01,
    )
    outlets = pd.DataFrame(
        {
            "outlet_id": [f"o{unit}" for unit in own],
            "x": xy[list(own), 0],
            "y": xy[list(own), 1],
            "unit": np.array(own, dtype=np.int64),
        }
    )
    return Territory(
        name="grid",
        crs="EPSG:32633",
        boundary=shapely.box(-50, -50, 100 * columns - 50, 100 * rows - 50),
        units=units,
        outlets=outlets,
        demand=pd.DataFrame(),
        networks={},
    )


def draw(
    place: Territory,
    weight: Sequence[float] | np.ndarray | None = None,
    *,
    travel_s: np.ndarray | None = None,
    centre: Sequence[int] | None = None,
    further: np.ndarray | None = None,
    **policy: object,
) -> Partition:
    n_units, n_outlets = len(place.units), len(place.outlets)
    rows = np.arange(n_outlets) if centre is None else np.array(centre, dtype=np.int64)
    unit = place.outlets["unit"].to_numpy()[rows]
    load = np.ones(n_units) if weight is None else np.array(weight, dtype=float)
    workloads = {"demand": load}
    if further is not None:
        workloads["visit_minutes"] = further
        policy["workloads"] = ("demand", "visit_minutes")
    return draw_cells(
        place,
        PartitionPolicy.model_validate({"iterations": 5, **policy}),
        centre=rows,
        travel_s=straight_s(place.units.inner_xy, unit.tolist()) if travel_s is None else travel_s,
        workloads=workloads,
        seed=1,
    )


def keys(plan: Partition) -> list[str]:
    for notice in plan.notices:
        assert notice.text("en") != notice.text("zh")
    return [notice.key for notice in plan.notices]


def test_balanced_cells_keep_the_tolerance_and_say_how_good_they_are() -> None:
    """Four centres of a 12 x 12 grid, all in one corner half."""
    plan = draw(territory(12, 12, [0, 5, 40, 71]))
    (balance,) = plan.balances
    assert (balance.workload, balance.tolerance, balance.attainable) == ("demand", 0.05, 0.0)
    assert balance.kept
    assert balance.load.sum() == 144
    assert plan.lower_bound is not None
    assert plan.lower_bound <= plan.travel_cost <= 1.1 * plan.lower_bound
    assert plan.details["method"] == "balanced"
    assert plan.details["rounds"] == 5
    assert keys(plan) == []


def test_cells_come_in_the_order_of_the_centres() -> None:
    """Outlets 2, 0 of three."""
    plan = draw(territory(4, 9, [0, 4, 8]), centre=[2, 0])
    assert plan.n_cells == 2
    assert plan.centre.tolist() == [2, 0]
    assert (plan.label[8], plan.label[0]) == (0, 1)


def test_same_seed_same_cells() -> None:
    """Labels are equal to the last."""
    weight = np.random.default_rng(1).gamma(2.0, 3.0, 100)
    first, again = (draw(territory(10, 10, [12, 55, 87]), weight) for _ in range(2))
    assert (first.label == again.label).all()


def test_network_takes_the_nearest_by_travel_in_one_piece() -> None:
    """Row of six: unit 4 is nearest to the left centre but cut off from it by unit 3."""
    travel = np.array([[0, 9], [1, 9], [2, 9], [9, 1], [1, 2], [9, 0.0]])
    plan = draw(territory(1, 6, [0, 5]), travel_s=travel, method="network")
    assert plan.label.tolist() == [0, 0, 0, 1, 1, 1]
    assert plan.lower_bound is None
    assert plan.travel_cost == 1 + 2 + 1 + 2


def test_voronoi_takes_the_nearest_as_the_crow_flies() -> None:
    """Travel says otherwise and is not asked."""
    travel = np.array([[0.0, 0], [9, 0], [9, 0], [0, 9], [0, 9], [0, 0]])
    plan = draw(territory(1, 6, [0, 5]), travel_s=travel, method="voronoi")
    assert plan.label.tolist() == [0, 0, 0, 1, 1, 1]


def test_unattainable_balance_is_proven_with_outlets_and_units() -> None:
    """A unit with half of everything: some cell has its 50 and its centre's 1 of 33.3."""
    weight = np.ones(51)
    weight[2] = 50.0
    plan = draw(territory(3, 17, [20, 30, 50]), weight)
    (balance,) = plan.balances
    assert balance.attainable == pytest.approx(51.0 / (100.0 / 3.0) - 1.0, abs=1e-3)
    assert not balance.kept
    assert keys(plan)[0] == "partition.unattainable_necks"
    assert plan.notices[0].values["units"] == "2"
    assert "o20" in str(plan.notices[0].values["ids"])
    assert balance.worst_deviation < 0.7


def test_hemmed_in_outlet_is_named_and_only_its_cell_gives_way() -> None:
    """The corner outlet 0 is walled in by outlets 1 and 12; the others have room enough."""
    plan = draw(territory(12, 12, [0, 1, 12, 77, 70, 135]), tolerance=0.25)
    balance = plan.balances[0]
    assert balance.attainable == pytest.approx(1.0 - 1.0 / 24.0, abs=1e-3)
    assert keys(plan)[0] == "partition.unattainable"
    assert {key.partition(".")[0] for key in keys(plan)[1:]} == {"cures"}
    assert plan.notices[0].values["ids"] == "o0"
    assert np.abs(balance.deviation[1:]).max() <= 0.25
    assert plan.details["pockets"] == {
        "demand": {"o0": {"load_share": pytest.approx(1 / 24, abs=1e-3), "necks": []}}
    }


def test_not_reached_and_not_proven_is_said() -> None:
    """Nine units of 1 for two cells: 4 and 5 of a mean of 4.5, no proof, tolerance 1 %."""
    plan = draw(territory(3, 3, [0, 8]), tolerance=0.01)
    assert plan.balances[0].attainable == 0.0
    assert keys(plan) == ["partition.not_reached"]
    assert plan.notices[0].values["worst"] == "11.1 %"
    assert "o0" in str(plan.notices[0].values["cells"])


def test_part_without_a_centre_is_attached_and_said() -> None:
    """The right column of a 2 x 3 grid has no link to the rest."""
    plan = draw(territory(2, 3, [0, 4], without=[(1, 2), (4, 5)]), method="network")
    assert plan.label[2] == plan.label[5]
    assert plan.notices[0].values["outlet"] == "o4"
    assert keys(plan) == ["partition.part_attached"]


def test_workload_without_a_tolerance_is_only_reported() -> None:
    """In the order of the policy."""
    plan = draw(territory(6, 6, [7, 28]), further=np.arange(36.0), tolerance={"demand": 0.05})
    assert [one.workload for one in plan.balances] == ["demand", "visit_minutes"]
    assert [one.tolerance for one in plan.balances] == [0.05, None]
    assert plan.balances[1].load.sum() == 630
    assert keys(plan) == []


def test_every_workload_with_a_tolerance_is_held() -> None:
    """Both within 5 %; where the second cannot be, that is said of it."""
    further = np.tile([0.0, 1.0, 2.0, 2.0, 1.0, 0.0], 6)
    plan = draw(territory(6, 6, [7, 28]), further=further)
    assert [one.tolerance for one in plan.balances] == [0.05, 0.05]
    assert all(one.kept for one in plan.balances)
    lump = np.zeros(36)
    lump[0] = 1.0
    missed = draw(territory(6, 6, [7, 28]), further=lump)
    assert missed.balances[0].kept
    assert keys(missed)[0] == "partition.unattainable_necks"
    assert missed.balances[1].attainable > 0.5
    assert missed.notices[0].values["workload"] == "visit_minutes"


def with_visits(place: Territory, **units: int) -> Territory:
    """Add partner outlets in the middle of units."""
    xy = place.units.inner_xy
    more = pd.DataFrame(
        [
            {"outlet_id": name, "x": xy[unit, 0], "y": xy[unit, 1], "unit": unit}
            for name, unit in units.items()
        ]
    )
    return replace(place, outlets=pd.concat([place.outlets, more], ignore_index=True))


def test_forced_and_forbidden_pairs_are_kept() -> None:
    """p lies beside o0 and must belong to o28; q lies beside o28 and must not."""
    place = with_visits(territory(6, 6, [7, 28]), p=8, q=34)
    rows = [0, 1]
    free = draw(place, centre=rows)
    assert (free.label[8], free.label[34]) == (0, 1)
    kept = draw(place, centre=rows, forced=[("p", "o28")], forbidden=[("q", "o28")])
    assert (kept.label[8], kept.label[34]) == (1, 0)
    assert keys(kept) == []


def test_pairs_that_cannot_be_kept_are_faults() -> None:
    """Unknown outlet and centre, a centre in another's cell, a way that is barred."""
    place = with_visits(territory(1, 6, [1, 4]), p=0)
    pairs = [("nobody", "o1"), ("p", "p"), ("o1", "o4")]
    with pytest.raises(InputError) as raised:
        draw(place, centre=[0, 1], forced=pairs)
    assert [one.key for one in raised.value.faults] == [
        "partition.pair_unknown",
        "partition.pair_unknown",
        "partition.pair_contradicts",
    ]
    with pytest.raises(InputError, match="one piece") as barred:
        draw(place, centre=[0, 1], forced=[("p", "o4")])
    assert barred.value.text("zh") != barred.value.text("en")


def test_barriers_of_the_policy_count_where_no_street_crosses() -> None:
    """A river over two borders, one of them bridged."""
    place = territory(1, 4, [0], river=[(0, 1), (2, 3)], bridges=[(2, 3)])
    pairs = place.units.adjacency
    assert open_barrier_m(pairs, PartitionPolicy()).tolist() == [100.0, 0.0, 0.0]
    assert open_barrier_m(pairs, PartitionPolicy(barriers=("rail",))).tolist() == [0.0] * 3


def test_border_that_is_two_barriers_counts_once() -> None:
    """River and railway side by side on 100 m."""
    pairs = territory(1, 2, [0], river=[(0, 1)]).units.adjacency
    both = Adjacency(
        pairs.first,
        pairs.second,
        pairs.shared_m,
        pairs.river_m,
        np.array([70.0]),
        pairs.motorway_m,
        pairs.admin_m,
        pairs.crossings,
    )
    assert open_barrier_m(both, PartitionPolicy()).tolist() == [100.0]


def test_progress_runs_from_nothing_to_all_and_stop_is_asked() -> None:
    """Rising fractions of one stage."""
    seen: list[Progress] = []
    place = territory(6, 6, [7, 28])
    plan = draw_cells(
        place,
        PartitionPolicy(iterations=10),
        centre=np.arange(2),
        travel_s=straight_s(place.units.inner_xy, [7, 28]),
        workloads={"demand": np.ones(36)},
        seed=1,
        stop=MaxIterations(3),
        report=seen.append,
    )
    fractions = [one.fraction for one in seen]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)
    assert plan.details["rounds"] == 3


def test_progress_never_goes_back_when_the_search_goes_on() -> None:
    """A tolerance out of reach without proof: two searches, one count of rounds."""
    seen: list[Progress] = []
    place = territory(3, 3, [0, 8])
    plan = draw_cells(
        place,
        PartitionPolicy(iterations=40, tolerance=0.01),
        centre=np.arange(2),
        travel_s=straight_s(place.units.inner_xy, [0, 8]),
        workloads={"demand": np.ones(9)},
        seed=1,
        report=seen.append,
    )
    fractions = [one.fraction for one in seen]
    assert fractions == sorted(fractions)
    assert not plan.balances[0].kept
    assert plan.details["restarts"] >= 1


def test_all_faults_are_told_together() -> None:
    """Shared unit, missing travel, negative and empty workload."""
    travel = np.zeros((4, 3))
    travel[2, 1] = np.nan
    with pytest.raises(InputError) as raised:
        draw(
            territory(2, 2, [0, 0, 3]),
            np.zeros(4),
            travel_s=travel,
            further=np.array([1.0, -1.0, np.nan, 0.0]),
        )
    assert [one.key for one in raised.value.faults] == [
        "partition.centres_share_unit",
        "partition.travel_missing",
        "partition.workload_empty",
        "partition.workload_negative",
    ]
    assert "o0, o0" in raised.value.text("en")
    assert raised.value.text("zh")


def test_no_centre_is_a_fault() -> None:
    """Nothing to draw around."""
    with pytest.raises(InputError, match="centre of a cell"):
        draw(territory(2, 2, [0]), centre=[])
