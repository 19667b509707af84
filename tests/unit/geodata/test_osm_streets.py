"""Reading street networks from small hand-written files."""

from __future__ import annotations

import bz2
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import osmium
import pytest
from osm_text import HUNDREDTH_M, write_osm

from geodata.osm import read_street_network
from gridmap.errors import InputError
from gridmap.travel.network import StreetNetwork, Turns
from gridmap.travel.search_graph import TICKS_PER_S, SearchGraph

CRS = "EPSG:32631"  # UTM zone 31: 0 to 6 degrees east

#: Nodes 1 to 9 on a grid of hundredths of a degree around 3 E on the equator:
#:   7 8 9
#:   4 5 6
#:   1 2 3
GRID = {1 + row * 3 + col: (3.0 + col / 100, row / 100) for row in range(3) for col in range(3)}
STREET = {"highway": "residential"}


def arcs(network: StreetNetwork) -> set[tuple[int, int]]:
    """Directed arcs by the ids of their nodes."""
    osm = network.node_osm_id
    found = set()
    for tail, head, forward, backward in zip(
        osm[network.tail], osm[network.head], network.forward_s, network.backward_s, strict=True
    ):
        if np.isfinite(forward):
            found.add((int(tail), int(head)))
        if np.isfinite(backward):
            found.add((int(head), int(tail)))
    return found


def read(tmp_path: Path, ways: dict, mode: str = "drive", **others: dict) -> StreetNetwork:
    nodes = others.pop("nodes", GRID)
    return read_street_network(write_osm(tmp_path / "a.osm", nodes, ways, **others), mode, CRS)


def test_points_where_nothing_changes_become_shape(tmp_path: Path) -> None:
    """Three streets meet in node 2; node 5 between 2 and 8 is only a vertex."""
    network = read(
        tmp_path,
        {
            10: ([1, 2, 3], {**STREET, "name": "Low Street"}),
            11: ([2, 5], {**STREET, "name": "High Street"}),
            12: ([8, 5], {**STREET, "name": "High Street"}),
        },
    )
    assert sorted(network.node_osm_id.tolist()) == [1, 2, 3, 8]
    assert network.n_edges == 3
    high = next(edge for edge in range(3) if network.names[network.name[edge]] == "High Street")
    assert len(network.line(high)) == 3
    # 0.02 degrees of latitude at the equator: 2 * 1105.743 m on WGS 84.
    assert network.length_m[high] == pytest.approx(2 * 1105.743, abs=0.1)
    # The line runs from tail to head.
    np.testing.assert_array_equal(network.line(high)[0], network.node_xy[network.tail[high]])
    np.testing.assert_array_equal(network.line(high)[-1], network.node_xy[network.head[high]])
    # 25 km/h on a residential street.
    assert network.forward_s[high] == pytest.approx(network.length_m[high] / 25 * 3.6)
    assert network.names[0] == ""


@pytest.mark.parametrize(
    ("key", "first", "second"),
    [
        ("name", "East Street", "West Street"),
        ("maxspeed", "30", "50"),
        ("highway", "residential", "unclassified"),
    ],
)
def test_a_change_on_the_way_keeps_the_node(
    tmp_path: Path, key: str, first: str, second: str
) -> None:
    network = read(
        tmp_path,
        {10: ([1, 2], {**STREET, key: first}), 11: ([2, 3], {**STREET, key: second})},
    )
    assert sorted(network.node_osm_id.tolist()) == [1, 2, 3]
    assert network.n_edges == 2


def test_length_is_on_the_ground(tmp_path: Path) -> None:
    """The distance is that on the ellipsoid and not that of the projection (0.9996 here)."""
    network = read(tmp_path, {10: ([1, 2], STREET)})
    assert network.length_m[0] == pytest.approx(HUNDREDTH_M, abs=1e-3)
    projected = np.hypot(*(network.line(0)[1] - network.line(0)[0]))
    assert projected == pytest.approx(HUNDREDTH_M * 0.9996, abs=0.05)


@pytest.mark.parametrize(
    ("oneway", "ring"),
    [
        ({"oneway": "yes"}, {(1, 2), (2, 5), (5, 1)}),
        ({"oneway": "-1"}, {(2, 1), (5, 2), (1, 5)}),
        ({"junction": "roundabout"}, {(1, 2), (2, 5), (5, 1)}),
        ({"junction": "roundabout", "oneway": "-1"}, {(2, 1), (5, 2), (1, 5)}),
    ],
)
def test_oneway_ring(tmp_path: Path, oneway: dict, ring: set) -> None:
    """A one-way ring with a spoke at each corner, so that the corners stay nodes."""
    ways = {
        10: ([1, 2, 5, 1], {**STREET, **oneway}),
        11: ([2, 3], STREET),
        12: ([5, 6], STREET),
        13: ([1, 4], STREET),
    }
    spokes = {(2, 3), (3, 2), (5, 6), (6, 5), (1, 4), (4, 1)}
    both = ring | {(b, a) for a, b in ring}
    assert arcs(read(tmp_path, ways)) == ring | spokes
    assert arcs(read(tmp_path, ways, "bike")) == ring | spokes
    assert arcs(read(tmp_path, ways, "walk")) == both | spokes
    ways[10] = (ways[10][0], {**ways[10][1], "oneway:bicycle": "no"})
    assert arcs(read(tmp_path, ways, "bike")) == both | spokes
    assert arcs(read(tmp_path, ways, "drive")) == ring | spokes


def test_a_oneway_edge_runs_in_its_open_direction(tmp_path: Path) -> None:
    """However its ways were drawn: 1-2 along, 5-2 against, 5-1 along."""
    network = read(
        tmp_path,
        {
            10: ([1, 2], {**STREET, "oneway": "yes"}),
            11: ([5, 2], {**STREET, "oneway": "-1"}),
            12: ([5, 1], {**STREET, "oneway": "yes"}),
            13: ([1, 4], STREET),
        },
    )
    # 2 and 5 are vertices: one loop from node 1 to node 1, and the street to node 4.
    assert network.n_edges == 2
    loop = int(np.flatnonzero(network.tail == network.head)[0])
    assert np.isfinite(network.forward_s[loop])
    assert np.isinf(network.backward_s[loop])
    where = {tuple(np.round(xy, 3)) for xy in network.line(loop)}
    assert len(where) == 3
    # Along the loop comes node 2 (east of 1) before node 5 (north of 2).
    assert network.line(loop)[1][0] > network.line(loop)[0][0] + 1000
    assert network.line(loop)[1][1] == pytest.approx(network.line(loop)[0][1], abs=1)


def test_limits_by_direction(tmp_path: Path) -> None:
    """maxspeed:forward and :backward are kept apart; a car reaches 0.8 of the limit."""
    network = read(
        tmp_path,
        {10: ([1, 2], {**STREET, "maxspeed:forward": "50", "maxspeed:backward": "20 mph"})},
    )
    seconds = sorted([network.forward_s[0], network.backward_s[0]])
    fast, slow = HUNDREDTH_M / (50 * 0.8) * 3.6, HUNDREDTH_M / (20 * 1.609344 * 0.8) * 3.6
    assert seconds == pytest.approx([fast, slow], rel=1e-6)


def test_private_and_cut_off_streets_are_left_out(tmp_path: Path) -> None:
    """Access private closes; a part with fewer metres is dropped."""
    network = read(
        tmp_path,
        {
            10: ([1, 2, 3], STREET),
            11: ([3, 6], {**STREET, "access": "private"}),
            12: ([7, 8], STREET),
        },
        "bike",
    )
    assert arcs(network) == {(1, 3), (3, 1)}


def test_a_street_that_leads_in_but_not_out_is_left_out(tmp_path: Path) -> None:
    network = read(tmp_path, {10: ([1, 2, 3], STREET), 11: ([2, 5], {**STREET, "oneway": "yes"})})
    assert 5 not in network.node_osm_id
    # Node 2 stays: the simplification comes before the cut.
    assert network.length_m.sum() == pytest.approx(2 * HUNDREDTH_M, abs=1e-2)


def test_a_clipped_way_is_used_as_far_as_its_nodes_are_there(tmp_path: Path) -> None:
    """Nodes 98 and 99 are not in the file: the way falls into the runs 1-2 and 3-6-5."""
    network = read(
        tmp_path,
        {10: ([99, 1, 2, 98, 3, 6, 5], STREET), 11: ([2, 5], STREET), 12: ([97, 96], STREET)},
    )
    lines = sorted(len(network.line(edge)) for edge in range(network.n_edges))
    assert sorted(network.node_osm_id.tolist()) == [1, 3]
    assert lines == [5]  # 1-2-5-6-3 has become one edge


def test_a_loop_at_a_junction_is_one_edge(tmp_path: Path) -> None:
    network = read(tmp_path, {10: ([4, 1], STREET), 11: ([1, 2, 5, 1], STREET)})
    assert network.n_edges == 2
    loop = network.tail == network.head
    assert loop.sum() == 1
    # Two sides of a hundredth of a degree and a diagonal.
    sides = HUNDREDTH_M + 1105.743
    diagonal = np.hypot(HUNDREDTH_M, 1105.743)
    assert network.length_m[loop][0] == pytest.approx(sides + diagonal, abs=0.5)


@pytest.mark.parametrize("ways", [{10: [1, 2, 5, 1]}, {10: [1, 2, 5], 11: [5, 1]}])
@pytest.mark.parametrize("tags", [STREET, {**STREET, "oneway": "yes"}])
def test_a_loop_that_nothing_meets_is_kept(tmp_path: Path, ways: dict, tags: dict) -> None:
    network = read(tmp_path, {way: (refs, tags) for way, refs in ways.items()})
    assert (network.n_nodes, network.n_edges) == (1, 1)
    assert len(network.line(0)) == 4
    np.testing.assert_array_equal(network.line(0)[0], network.line(0)[-1])


def test_parallel_streets_are_both_kept(tmp_path: Path) -> None:
    """Two streets between 1 and 3: straight, and by 5; the arcs keep the faster one."""
    network = read(
        tmp_path,
        {
            10: ([1, 2, 3], STREET),
            11: ([1, 5, 3], STREET),
            12: ([1, 4], STREET),
            13: ([3, 6], STREET),
        },
    )
    assert network.n_edges == 4
    graph = SearchGraph(replace(network, turns=None))
    between = graph.matrix[
        np.flatnonzero(network.node_osm_id == 1)[0], np.flatnonzero(network.node_osm_id == 3)[0]
    ]
    assert between / TICKS_PER_S == pytest.approx(2 * HUNDREDTH_M / 25 * 3.6, rel=1e-4)


@pytest.mark.parametrize(("mode", "open_"), [("drive", False), ("walk", True), ("bike", True)])
def test_a_bollard_stops_cars_only(tmp_path: Path, mode: str, open_: bool) -> None:
    ways = {10: ([1, 2, 3], STREET), 11: ([3, 6], STREET)}
    network = read(tmp_path, ways, mode, node_tags={2: {"barrier": "bollard"}})
    assert (1 in network.node_osm_id) == open_
    assert network.length_m.sum() == pytest.approx(
        (2 if open_ else 1) * HUNDREDTH_M + 1105.743, abs=0.1
    )
    # The end at the barrier is a copy of the node: its id would stand for two nodes.
    assert (-1 in network.node_osm_id) == (not open_)


def test_same_file_same_arrays_in_all_formats(tmp_path: Path) -> None:
    ways = {
        10: ([1, 2, 3], {**STREET, "name": "南环路"}),
        11: ([2, 5, 8], {**STREET, "ref": "A 1"}),
        12: ([5, 6, 9], {**STREET, "oneway": "yes"}),
        13: ([9, 8], STREET),
    }
    plain = write_osm(tmp_path / "a.osm", GRID, ways)
    packed = tmp_path / "a.osm.bz2"
    packed.write_bytes(bz2.compress(plain.read_bytes()))
    pbf = tmp_path / "a.osm.pbf"
    with osmium.SimpleWriter(str(pbf)) as writer:
        for entity in osmium.FileProcessor(str(plain)):
            writer.add(entity)
    networks = [read_street_network(path, "drive", CRS) for path in (plain, plain, packed, pbf)]
    assert {"南环路", "A 1", ""} == set(networks[0].names)
    for other in networks[1:]:
        for field in fields(StreetNetwork):
            if field.name != "turns":
                np.testing.assert_array_equal(
                    getattr(networks[0], field.name), getattr(other, field.name)
                )
        for field in fields(Turns):
            np.testing.assert_array_equal(
                getattr(networks[0].turns, field.name), getattr(other.turns, field.name)
            )


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("missing.osm.pbf", None, "streets.file_missing"),
        ("a.osm.pbf", b"this is no map", "streets.file_unreadable"),
        ("a.osm", b"<osm version='0.6'><node id='1' lat='0'", "streets.file_unreadable"),
        ("a.shp", b"what is this", "streets.file_unreadable"),
        ("a.osm", b"<osm version='0.6'></osm>", "streets.none_for_mode"),
    ],
)
def test_faults_of_files(tmp_path: Path, name: str, content: bytes | None, key: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_street_network(tmp_path / name, "drive", CRS)
    assert [fault.key for fault in caught.value.faults] == [key]
    for language in ("en", "zh"):
        assert name in caught.value.text(language)


def test_no_street_for_the_mode(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="drive"):
        read(tmp_path, {10: ([1, 2], {"highway": "footway"})})
    with pytest.raises(InputError, match="drive"):
        # A single one-way street leads nowhere and back.
        read(tmp_path, {10: ([1, 2], {**STREET, "oneway": "yes"})})


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:2263", "nonsense"])
def test_unusable_reference_systems(tmp_path: Path, crs: str) -> None:
    """Degrees, feet and nonsense."""
    path = write_osm(tmp_path / "a.osm", GRID, {10: ([1, 2], STREET)})
    with pytest.raises(InputError, match="metres"):
        read_street_network(path, "walk", crs)
    with pytest.raises(InputError, match="fly"):
        read_street_network(path, "fly", CRS)
