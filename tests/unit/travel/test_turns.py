"""Turn costs, dead ends, waiting and streets without through traffic in small towns."""

from __future__ import annotations

from dataclasses import replace
from math import exp
from pathlib import Path

import numpy as np
import pytest
from osm_text import HUNDREDTH_M
from turn_town import GRID, STREET, arc, load, path_nodes, turns

from gridmap.travel.profile import load_profile
from gridmap.travel.turns import turn_seconds

CROSS = {10: [4, 5], 11: [5, 6], 12: [2, 5], 13: [5, 8]}
DRIVE = load_profile("drive")
assert DRIVE.turns is not None
FREE = replace(
    DRIVE.turns, bend_s=0.0, oncoming_s=0.0, u_turn_s=0.0, wait_s={"signal": 2.0, "gate": 60.0}
)


def bend(degrees: float, bias: float = 1.075) -> float:
    """The sigmoid as OSRM publishes it, for driving on the right."""
    if degrees >= 0:
        return 7.5 / (1 + exp(-(13 / bias * degrees / 180 - 6.5 * bias)))
    return 7.5 / (1 + exp(-(13 * bias * -degrees / 180 - 6.5 / bias)))


def oncoming(degrees: float) -> float:
    return 2.0 / (1 + exp(-(13 * degrees / 180 - 3.25)))


def test_turns_at_a_crossing(tmp_path: Path) -> None:
    """From the west: right 90, straight on 0, left 90 and across the oncoming traffic."""
    found = turns(load(tmp_path, CROSS).network)
    assert found[4, 5, 2] == pytest.approx(bend(90), abs=1e-3)
    assert found[4, 5, 6] == pytest.approx(bend(0), abs=1e-3)
    assert found[4, 5, 8] == pytest.approx(bend(-90) + oncoming(90), abs=1e-3)
    assert found[4, 5, 8] > found[4, 5, 2] + 1.0


def test_driving_on_the_left_swaps_the_sides(tmp_path: Path) -> None:
    network = load(tmp_path, CROSS).network
    there = replace(network, drives_left=True)
    for costs, one in (
        (DRIVE.turns, there),
        (replace(DRIVE.turns, driving_side="left"), network),
    ):
        seconds = turn_seconds(one, one.turns, costs)
        found = turns(replace(one, turns=replace(one.turns, seconds=seconds)))
        assert found[4, 5, 2] == pytest.approx(bend(90, 1 / 1.075) + oncoming(90), abs=1e-3)
        assert found[4, 5, 8] == pytest.approx(bend(-90, 1 / 1.075), abs=1e-3)
    right = turn_seconds(there, there.turns, replace(DRIVE.turns, driving_side="right"))
    np.testing.assert_allclose(right, network.turns.seconds)


def test_the_tags_of_the_streets_say_the_side(tmp_path: Path) -> None:
    assert not load(tmp_path, CROSS).network.drives_left
    tagged = {way: (refs, {**STREET, "driving_side": "left"}) for way, refs in CROSS.items()}
    assert load(tmp_path, tagged).network.drives_left


def test_one_turns_round_at_dead_ends_only(tmp_path: Path) -> None:
    found = turns(load(tmp_path, CROSS).network)
    assert found[5, 4, 5] == pytest.approx(bend(180) + 20, abs=1e-3)
    assert (4, 5, 4) not in found


def test_one_turns_round_where_no_street_leads_on(tmp_path: Path) -> None:
    """The other street at 5 leads in only."""
    ways = {10: [4, 5], 11: ([6, 5], {**STREET, "oneway": "yes"}), 12: [4, 1, 2, 3, 6], 13: [4, 7]}
    found = turns(load(tmp_path, ways).network)
    assert (4, 5, 4) in found


def test_a_change_of_name_is_no_junction(tmp_path: Path) -> None:
    ways = {10: [4, 5], 11: ([5, 2], {**STREET, "name": "South"}), 12: [2, 3], 13: [2, 1]}
    found = turns(load(tmp_path, ways).network)
    assert found[4, 5, 2] == 0.0


@pytest.mark.parametrize(
    ("tags", "along", "against"),
    [
        ({"highway": "traffic_signals"}, 2, 2),
        ({"highway": "traffic_signals", "traffic_signals:direction": "forward"}, 2, 0),
        ({"highway": "traffic_signals", "traffic_signals:direction": "backward"}, 0, 2),
        ({"highway": "give_way", "direction": "backward"}, 0, 1),
        ({"highway": "stop"}, 2, 2),
        ({"barrier": "gate"}, 60, 60),
        ({"highway": "crossing"}, None, None),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_waiting_on_the_way(
    tmp_path: Path, tags: dict, along: float | None, against: float | None, turned: bool
) -> None:
    """Node 5 lies in the middle of one way from 4 to 6, however the map draws it."""
    ways = {10: [6, 5, 4] if turned else [4, 5, 6], 11: [4, 7], 12: [4, 1], 13: [6, 9], 14: [6, 3]}
    found = turns(load(tmp_path, ways, node_tags={5: tags}).network)
    if turned:
        along, against = against, along
    assert found.get((4, 5, 6)) == along
    assert found.get((6, 5, 4)) == against


def test_a_signal_at_a_crossing_holds_up_all(tmp_path: Path) -> None:
    plain = turns(load(tmp_path, CROSS).network)
    found = turns(load(tmp_path, CROSS, node_tags={5: {"highway": "traffic_signals"}}).network)
    for turn, seconds in plain.items():
        assert found[turn] == pytest.approx(seconds + (2.0 if turn[1] == 5 else 0.0))


def test_a_stop_for_the_minor_street(tmp_path: Path) -> None:
    primary = {"highway": "primary"}
    ways = {10: ([4, 5], primary), 11: ([5, 6], primary), 12: [2, 5]}
    plain = turns(load(tmp_path, ways).network)
    tags = {5: {"highway": "stop", "stop": "minor"}}
    found = turns(load(tmp_path, ways, node_tags=tags).network)
    assert found[2, 5, 4] == pytest.approx(plain[2, 5, 4] + 2.0)
    assert found[4, 5, 6] == pytest.approx(plain[4, 5, 6])


def test_a_stop_sign_close_to_its_junction_binds_those_who_come_to_it(tmp_path: Path) -> None:
    """The sign (node 11) stands 11 m south of the crossing."""
    nodes = {**GRID, 11: (3.01, 0.0099)}
    ways = {10: [4, 5], 11: [5, 6], 12: [2, 11, 5]}
    found = turns(load(tmp_path, ways, nodes=nodes, node_tags={11: {"highway": "stop"}}).network)
    assert found[2, 11, 5] == 2.0
    assert found[5, 11, 2] == 0.0


def test_a_roundabout_has_no_oncoming_traffic(tmp_path: Path) -> None:
    """Round 1-2-5, against the clock; the streets from 4 and 3 meet it at 1 and 2."""
    ring = {**STREET, "junction": "roundabout"}
    ways = {10: ([1, 2, 5, 1], ring), 11: [1, 4], 12: [2, 3], 13: [5, 8]}
    found = turns(load(tmp_path, ways).network)
    # From 1 to the east, then on to the north: 90 to the left, in the ring.
    assert found[1, 2, 5] == pytest.approx(bend(-90), abs=1e-3)


def test_nobody_passes_through_private_streets(tmp_path: Path) -> None:
    """Between 4 and 6 the way over 5 is short and private; one may stop on it."""
    private = {**STREET, "access": "private"}
    ways = {
        10: ([4, 5], private), 11: ([5, 6], private), 12: [4, 1, 2, 3, 6], 13: [4, 7], 14: [6, 9],
        15: ([5, 8], private),
    }  # fmt: skip
    network = load(tmp_path, ways).network
    assert path_nodes(network, arc(network, 7, 4), arc(network, 6, 9)) == [7, 4, 6]
    around = sum(network.length_m) - network.length_m[arc(network, 4, 5) >> 1]
    assert around > 3 * HUNDREDTH_M
    turns_ = network.turns
    assert turns_ is not None
    goal = arc(network, 5, 8)
    # Who arrives is on a copy of 5-8; who starts there leaves it to both sides.
    copies = np.flatnonzero(turns_.arc == goal)
    assert len(copies) == 2
    assert path_nodes(network, arc(network, 8, 5), arc(network, 4, 7)) == [8, 5, 4]
    assert path_nodes(network, arc(network, 8, 5), arc(network, 6, 9)) == [8, 5, 6]


def test_what_lies_behind_a_private_street_is_kept(tmp_path: Path) -> None:
    """One enters over 4-5; a private dead end needs no copies."""
    ways = {10: [1, 4, 7], 11: ([4, 5], {**STREET, "access": "private"}), 12: [5, 6]}
    network = load(tmp_path, ways).network
    assert network.turns is not None
    assert network.turns.n_states == 2 * network.n_edges
    assert path_nodes(network, arc(network, 1, 4), arc(network, 5, 6)) == [1, 4, 5]


def test_private_service_streets_only_lead_to_others(tmp_path: Path) -> None:
    service = {"highway": "service", "access": "private"}
    ways = {10: [1, 2, 3], 11: ([2, 5], service), 12: ([5, 8], service)}
    assert 5 not in load(tmp_path, ways).network.node_osm_id
    ways[13] = [5, 6]
    kept = load(tmp_path, ways).network.node_osm_id
    assert 5 in kept
    assert 8 not in kept
    # Round 4-5-8-7 there is nowhere to stop either.
    ring = {10: [1, 2, 3], 11: ([2, 5], service), 12: ([5, 8, 9, 6, 5], service)}
    assert 5 not in load(tmp_path, ring).network.node_osm_id


def test_no_arc_is_a_trap(tmp_path: Path) -> None:
    """A one-way street that leads in but not out is left out, with its turns."""
    ways = {10: [1, 2, 3], 11: ([2, 5], {**STREET, "oneway": "yes"}), 12: [5, 8]}
    network = load(tmp_path, ways).network
    assert 5 not in network.node_osm_id
    assert {turn[1] for turn in turns(network)} <= {1, 2, 3}
