"""Turn restrictions of small towns, one kind a test."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from turn_town import STREET, arc, load, path_nodes, turns

#: A cross of four streets in node 5.
CROSS = {10: [4, 5], 11: [5, 6], 12: [2, 5], 13: [5, 8]}
FROM_WEST = {(4, 5, 2), (4, 5, 6), (4, 5, 8)}


def relation(kind: str, *members: tuple[str, int, str], **tags: str) -> dict:
    given = {"type": "restriction", "restriction": kind, **tags}
    return {1: (members, {k.replace("__", ":"): v for k, v in given.items() if v})}


def by_node(kind: str, start: int = 10, end: int = 13, **tags: str) -> dict:
    members = (("way", start, "from"), ("node", 5, "via"), ("way", end, "to"))
    return relation(kind, *members, **tags)


def left(found: dict) -> set[tuple[int, int, int]]:
    return {one for one in found if one[:2] == (4, 5)}


def test_a_free_crossing(tmp_path: Path) -> None:
    assert left(turns(load(tmp_path, CROSS).network)) == FROM_WEST


def test_no_left_turn(tmp_path: Path) -> None:
    loaded = load(tmp_path, CROSS, relations=by_node("no_left_turn"))
    assert left(turns(loaded.network)) == FROM_WEST - {(4, 5, 8)}
    # Others may still turn there, and back.
    assert {(6, 5, 8), (8, 5, 4)} <= set(turns(loaded.network))
    assert (loaded.restrictions.applied, loaded.restrictions.read) == (1, 1)


def test_only_straight_on(tmp_path: Path) -> None:
    loaded = load(tmp_path, CROSS, relations=by_node("only_straight_on", end=11))
    assert left(turns(loaded.network)) == {(4, 5, 6)}


def test_no_entry_from_several_streets(tmp_path: Path) -> None:
    members = [("way", 10, "from"), ("way", 11, "from"), ("node", 5, "via"), ("way", 13, "to")]
    loaded = load(tmp_path, CROSS, relations=relation("no_entry", *members))
    assert {(4, 5, 8), (6, 5, 8)}.isdisjoint(turns(loaded.network))
    assert (2, 5, 8) in turns(loaded.network)


def test_no_exit_to_several_streets(tmp_path: Path) -> None:
    members = [("way", 10, "from"), ("node", 5, "via"), ("way", 12, "to"), ("way", 13, "to")]
    loaded = load(tmp_path, CROSS, relations=relation("no_exit", *members))
    assert left(turns(loaded.network)) == {(4, 5, 6)}


@pytest.mark.parametrize(
    ("tags", "holds", "reason"),
    [
        ({"restriction": "", "restriction__motorcar": "no_left_turn"}, True, None),
        ({"restriction": "", "restriction__hgv": "no_left_turn"}, True, None),
        ({"except": "psv;motorcar"}, False, "excepted"),
        ({"except": "psv"}, True, None),
        ({"hour_on": "07:00", "hour_off": "09:00"}, False, "conditional"),
        ({"restriction": "", "restriction__conditional": "no_left_turn @ (07:00-09:00)"},
         False, "conditional"),
        ({"restriction": "no_idea", "type": "route"}, False, None),
        ({"restriction": "give_way"}, False, None),
    ],
)  # fmt: skip
def test_whom_and_when_it_binds(
    tmp_path: Path, tags: dict, holds: bool, reason: str | None
) -> None:
    loaded = load(tmp_path, CROSS, relations=by_node("no_left_turn", **tags))
    if "restriction__hgv" in tags:  # lorries only
        holds = False
    assert ((4, 5, 8) not in turns(loaded.network)) == holds
    assert dict(loaded.restrictions.left_out) == ({reason: 1} if reason else {})


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ([("way", 10, "from"), ("way", 13, "to")], "broken"),
        ([("way", 10, "from"), ("node", 5, "via")], "broken"),
        ([("way", 99, "from"), ("node", 5, "via"), ("way", 13, "to")], "closed"),
        ([("way", 10, "from"), ("node", 5, "via"), ("way", 99, "to")], "closed"),
        ([("way", 10, "from"), ("node", 99, "via"), ("way", 13, "to")], "closed"),
        ([("way", 14, "from"), ("node", 5, "via"), ("way", 13, "to")], "ambiguous"),
        ([("way", 10, "from"), ("way", 12, "via"), ("way", 99, "via"), ("way", 13, "to")],
         "closed"),
        ([("way", 10, "from"), ("way", 15, "via"), ("way", 13, "to")], "broken"),
    ],
)  # fmt: skip
def test_what_cannot_be_applied_is_counted(tmp_path: Path, members: list, reason: str) -> None:
    """Way 14 passes through node 5; way 15 does not meet way 10."""
    ways = {**CROSS, 14: [1, 5, 9], 15: [6, 9]}
    loaded = load(tmp_path, ways, relations=relation("no_left_turn", *members))
    assert dict(loaded.restrictions.left_out) == {reason: 1}
    assert loaded.restrictions.applied == 0
    mendable = reason in ("broken", "ambiguous")
    assert loaded.restrictions.broken == ((1,) if mendable else ())
    assert [one.key for one in loaded.restrictions.notices("a.osm")] == (
        ["streets.restrictions_broken"] if mendable else []
    )
    assert {(4, 5, 2), (4, 5, 8)} <= left(turns(loaded.network))


def test_the_node_of_a_restriction_does_not_vanish(tmp_path: Path) -> None:
    """Between two equal streets a restriction still holds: from 4 one goes no further than 5."""
    members = (("way", 10, "from"), ("node", 5, "via"), ("way", 11, "to"))
    ways = {10: [4, 5], 11: [5, 6], 12: [4, 1, 2, 3, 6], 13: [4, 7], 14: [6, 9]}
    loaded = load(tmp_path, ways, relations=relation("no_straight_on", *members))
    found = turns(loaded.network)
    assert (4, 5, 6) not in found
    assert (6, 5, 4) in found


#: From 4 over 5 and 6 to 9 or 3; one also comes to 5 from 2 and 8.
VIA = {10: [4, 5], 11: [5, 6], 12: [6, 9], 13: [6, 3], 14: [2, 5], 15: [5, 8]}
VIA[16] = ([8, 9], {**STREET, "name": "Top"})
BY_WAY = (("way", 10, "from"), ("way", 11, "via"), ("way", 12, "to"))


def test_a_restriction_by_a_way_binds_those_from_its_first_way(tmp_path: Path) -> None:
    loaded = load(tmp_path, VIA, relations=relation("no_left_turn", *BY_WAY))
    network = loaded.network
    assert loaded.restrictions.applied == 1
    assert network.turns is not None
    # One copy: 5-6 for those who come from 4.
    assert network.turns.n_states == 2 * network.n_edges + 1
    assert network.turns.arc[-1] == arc(network, 5, 6)
    assert path_nodes(network, arc(network, 2, 5), arc(network, 6, 9)) == [2, 5, 6]
    around = path_nodes(network, arc(network, 4, 5), arc(network, 6, 9))
    assert around != [4, 5, 6]
    assert path_nodes(network, arc(network, 4, 5), arc(network, 6, 3)) == [4, 5, 6]


def test_only_by_a_way(tmp_path: Path) -> None:
    loaded = load(tmp_path, VIA, relations=relation("only_left_turn", *BY_WAY))
    network = loaded.network
    assert path_nodes(network, arc(network, 4, 5), arc(network, 6, 9)) == [4, 5, 6]
    assert path_nodes(network, arc(network, 4, 5), arc(network, 6, 3)) != [4, 5, 6]
    assert path_nodes(network, arc(network, 2, 5), arc(network, 6, 3)) == [2, 5, 6]


def test_a_way_between_with_a_junction_on_it(tmp_path: Path) -> None:
    """Way 11 is met by way 17 halfway: two copies, and still no turn from 12 into 13."""
    nodes = {1: (3.0, 0.0), 2: (3.01, 0.0), 3: (3.02, 0.0), 4: (3.03, 0.0), 5: (3.02, 0.01),
             6: (3.03, 0.01), 7: (3.01, 0.01), 8: (3.04, 0.0)}  # fmt: skip
    ways = {10: [1, 2], 11: [2, 3, 4], 12: [4, 6], 13: [4, 8], 17: [3, 5], 18: [2, 7]}
    loaded = load(tmp_path, ways, nodes=nodes, relations=relation("no_left_turn", *BY_WAY))
    network = loaded.network
    assert network.turns is not None
    assert network.turns.n_states == 2 * network.n_edges + 2
    assert path_nodes(network, arc(network, 7, 2), arc(network, 4, 6)) == [7, 2, 3, 4]
    assert path_nodes(network, arc(network, 1, 2), arc(network, 4, 6)) != [1, 2, 3, 4]


def test_a_u_turn_over_a_short_way_between_two_carriageways(tmp_path: Path) -> None:
    """East on 1-2-3, west on 6-5-4, and back by way of 2-5 forbidden to those from 1."""
    oneway = {**STREET, "oneway": "yes"}
    ways = {
        10: ([1, 2], oneway), 11: ([2, 3], oneway), 12: [2, 5], 13: ([6, 5], oneway),
        14: ([5, 4], oneway), 15: [3, 6], 16: [4, 1], 17: [5, 8],
    }  # fmt: skip
    members = (("way", 10, "from"), ("way", 12, "via"), ("way", 14, "to"))
    network = load(tmp_path, ways, relations=relation("no_u_turn", *members)).network
    assert path_nodes(network, arc(network, 1, 2), arc(network, 5, 8)) == [1, 2, 5]
    around = path_nodes(network, arc(network, 1, 2), arc(network, 5, 4))
    assert around is not None
    assert around[:3] != [1, 2, 5] or 8 in around
    assert np.isfinite(network.forward_s).all()
