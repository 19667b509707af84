"""The engines against networkx on the graph with the points inserted as nodes."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, product

import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.travel import dijkstra as engine_module
from gridmap.travel.cch import CchEngine
from gridmap.travel.dijkstra import DijkstraEngine
from gridmap.travel.engine import ACCESS_SPEED_M_S, Nearby, Nearest, Snapped
from gridmap.travel.nearby import nearby_of_matrix
from gridmap.travel.network import StreetNetwork, Turns

#: Few different durations and fractions: ties, parallel edges and points at nodes are common.
SECONDS = st.sampled_from([0.0, 0.1, 0.7, 1.0, 2.0, 3.3, float("inf")])
FRACTIONS = st.sampled_from([0.0, 0.25, 0.5, 1.0]) | st.floats(0.0, 1.0, width=32)
DISTANCES = st.sampled_from([0.0, 0.3, 5.0, 7.7])


@st.composite
def networks(draw: st.DrawFn) -> StreetNetwork:
    n_nodes = draw(st.integers(1, 6))
    node = st.integers(0, n_nodes - 1)
    edges = draw(st.lists(st.tuples(node, node, SECONDS, SECONDS), min_size=1, max_size=10))
    tail, head = (np.array([edge[side] for edge in edges], dtype=np.int64) for side in (0, 1))
    angle = np.arange(n_nodes) * 2.0 * np.pi / n_nodes
    node_xy = 100.0 * np.column_stack([np.cos(angle), np.sin(angle)])
    middle = np.array([[10.0 * number, 300.0] for number in range(len(edges))])
    line_xy = np.stack([node_xy[tail], middle, node_xy[head]], axis=1).reshape(-1, 2)
    step = np.diff(line_xy.reshape(-1, 3, 2), axis=1)
    return StreetNetwork(
        mode="drive",
        crs="EPSG:32630",
        node_xy=node_xy,
        node_osm_id=np.arange(n_nodes),
        tail=tail,
        head=head,
        length_m=np.hypot(step[..., 0], step[..., 1]).sum(axis=1),
        forward_s=np.array([edge[2] for edge in edges]),
        backward_s=np.array([edge[3] for edge in edges]),
        name=np.zeros(len(edges), dtype=np.int64),
        names=("",),
        road_class=np.zeros(len(edges), dtype=np.int64),
        road_classes=("residential",),
        line_start=np.arange(len(edges) + 1) * 3,
        line_xy=line_xy,
    )


@st.composite
def cases(draw: st.DrawFn, most: int = 5) -> tuple[StreetNetwork, Snapped, Snapped]:
    network = draw(networks())

    def points() -> Snapped:
        rows = draw(
            st.lists(
                st.tuples(st.integers(-1, network.n_edges - 1), FRACTIONS, DISTANCES), max_size=most
            )
        )
        return Snapped(
            np.array([row[0] for row in rows], dtype=np.int64),
            np.array([row[1] for row in rows], dtype=np.float64),
            np.array([row[2] if row[0] >= 0 else np.inf for row in rows], dtype=np.float64),
        )

    return network, points(), points()


def place(points: Snapped, row: int) -> tuple[int, float, float]:
    return int(points.edge[row]), float(points.fraction[row]), float(points.distance_m[row])


@st.composite
def turning_cases(draw: st.DrawFn) -> tuple[StreetNetwork, Snapped, Snapped]:
    """Networks with turns: some forbidden, some dear, and copies of states."""
    network, sources, targets = draw(cases())
    ends = np.column_stack([network.tail, network.head, network.head, network.tail])
    arc_from, arc_to = ends.reshape(-1, 2).T
    n_arcs = len(arc_from)
    copied = draw(st.lists(st.integers(0, n_arcs - 1), max_size=3))
    arc = np.concatenate([np.arange(n_arcs), np.array(copied, dtype=np.int64)])
    rows: list[tuple[int, int, float]] = []
    for state, at in enumerate(arc.tolist()):
        for after, onto in enumerate(arc.tolist()):
            if arc_from[onto] == arc_to[at] and draw(st.integers(0, 3)):
                rows.append((state, after, draw(st.sampled_from([0.0, 0.5, 20.0]))))
    size = np.bincount([row[0] for row in rows], minlength=len(arc)) if rows else np.zeros(len(arc))
    turns = Turns(
        arc=arc,
        start=np.concatenate([[0], np.cumsum(size)]).astype(np.int64),
        to=np.array([row[1] for row in rows], dtype=np.int64),
        seconds=np.array([row[2] for row in rows], dtype=np.float64),
    )
    return replace(network, turns=turns), sources, targets


def turning_reference(network: StreetNetwork, sources: Snapped, targets: Snapped) -> np.ndarray:
    """Seconds by networkx on the states, each cut at every position on its edge."""
    turns = network.turns
    assert turns is not None
    ends = np.column_stack([network.tail, network.head, network.head, network.tail])
    arc_from, arc_to = ends.reshape(-1, 2).T
    whole = np.column_stack([network.forward_s, network.backward_s]).ravel()
    places = {place(points, row) for points in (sources, targets) for row in range(len(points))}
    graph = nx.DiGraph()
    used = [state for state in range(turns.n_states) if np.isfinite(whole[turns.arc[state]])]
    for state in used:
        arc = int(turns.arc[state])
        on = {share for edge, share, _ in places if edge == arc >> 1}
        along = sorted({0.0, 1.0} | {1.0 - share if arc & 1 else share for share in on})
        graph.add_nodes_from((state, share) for share in along)
        for low, high in pairwise(along):
            graph.add_edge((state, low), (state, high), s=whole[arc] * (high - low))
        for turn in range(turns.start[state], turns.start[state + 1]):
            if turns.to[turn] in used:
                target = (int(turns.to[turn]), 0.0)
                graph.add_edge((state, 1.0), target, s=float(turns.seconds[turn]))

    def stands(spot: tuple[int, float, float], *, leaving: bool) -> list[tuple[int, float]]:
        edge, share, _ = spot
        found = []
        for state in used:
            arc = int(turns.arc[state])
            # One sets off on an arc itself, not on a copy that tells where one came from.
            if arc >> 1 == edge and not (leaving and state >= len(whole)):
                found.append((state, 1.0 - share if arc & 1 else share))
            if share in (0.0, 1.0):
                junction = (network.tail if share == 0.0 else network.head)[edge]
                if arc_from[arc] == junction and state < len(whole):
                    found.append((state, 0.0))
                if arc_to[arc] == junction and not leaving:
                    found.append((state, 1.0))
        return found

    seconds = np.full((len(sources), len(targets)), np.nan)
    for row, column in product(range(len(sources)), range(len(targets))):
        start, end = place(sources, row), place(targets, column)
        if start[0] < 0 or end[0] < 0:
            continue
        if start == end:
            seconds[row, column] = 0.0
            continue
        access = (start[2] + end[2]) / ACCESS_SPEED_M_S
        best = 0.0 if start[:2] == end[:2] else np.inf
        if stands(start, leaving=True):
            field = nx.multi_source_dijkstra_path_length(
                graph, set(stands(start, leaving=True)), weight="s"
            )
            ends_at = stands(end, leaving=False)
            best = min([best, *(field[one] for one in ends_at if one in field)])
        if np.isfinite(best):
            seconds[row, column] = best + access
    return seconds


def engines(network: StreetNetwork) -> tuple[DijkstraEngine, ...]:
    return DijkstraEngine(network), CchEngine(network, few_searches=0)


@settings(max_examples=150, deadline=None)
@given(turning_cases())
def test_turns_cost_and_forbid_what_they_say(case: tuple[StreetNetwork, Snapped, Snapped]) -> None:
    """Dear and forbidden turns, copies of states, points at junctions, loops."""
    network, sources, targets = case
    expected = turning_reference(network, sources, targets)
    for engine in engines(network):
        found = engine.matrix(sources, targets)
        np.testing.assert_allclose(found, expected, atol=1e-2, rtol=0)
        check_nearest(engine.nearest(sources, targets, margin=True), found)
        back = engine.nearest(sources, targets, direction="to_sources")
        check_nearest(back, engine.matrix(targets, sources).T)


@settings(max_examples=100, deadline=None)
@given(turning_cases())
def test_routes_with_turns_take_the_time_of_the_matrix(
    case: tuple[StreetNetwork, Snapped, Snapped],
) -> None:
    network, points, _ = case
    points = Snapped(*(values[points.reached] for values in vars_of(points)))
    matrix = DijkstraEngine(network).matrix(points, points)
    for engine, start in product(engines(network), range(len(points) - 1)):
        if np.isnan(matrix[start, start + 1]):
            continue
        pair = Snapped(*(values[start : start + 2] for values in vars_of(points)))
        path = engine.route(pair)
        assert path.leg_s[0] == matrix[start, start + 1]
        line = path.leg_xy[0]
        for row, end in ((0, line[0]), (1, line[-1])):
            position = position_xy(network, int(pair.edge[row]), float(pair.fraction[row]))
            np.testing.assert_allclose(end, position, atol=1e-6)


def reference(network: StreetNetwork, sources: Snapped, targets: Snapped) -> np.ndarray:
    """Seconds by networkx: each edge is cut at every position on it."""
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(network.n_nodes))
    places = {place(points, row) for points in (sources, targets) for row in range(len(points))}
    for edge in range(network.n_edges):
        shares = {0.0, 1.0} | {share for on, share, _ in places if on == edge}
        # Positions at the ends are the nodes themselves.
        stops = sorted((share, (edge, share)) for share in shares)
        graph.add_nodes_from(stop for _, stop in stops)
        for (low, first), (high, last) in pairwise(stops):
            for start, end, whole in (
                (first, last, network.forward_s[edge]),
                (last, first, network.backward_s[edge]),
            ):
                if np.isfinite(whole):
                    graph.add_edge(start, end, s=whole * (high - low))
        for share, node in ((0.0, network.tail[edge]), (1.0, network.head[edge])):
            graph.add_edge((edge, share), int(node), s=0.0)
            graph.add_edge(int(node), (edge, share), s=0.0)
    found = np.full((len(sources), len(targets)), np.nan)
    for row in range(len(sources)):
        edge, share, apart = place(sources, row)
        if edge < 0:
            continue
        field = nx.single_source_dijkstra_path_length(graph, (edge, share), weight="s")
        for column in range(len(targets)):
            other = place(targets, column)
            if other == (edge, share, apart):
                found[row, column] = 0.0
            elif other[0] >= 0 and other[:2] in field:
                found[row, column] = field[other[:2]] + (apart + other[2]) / ACCESS_SPEED_M_S
    return found


@settings(max_examples=150, deadline=None)
@given(cases())
def test_matrix_equals_networkx_with_the_points_inserted(
    case: tuple[StreetNetwork, Snapped, Snapped],
) -> None:
    """Partial edges, one-way edges, loops, parallel edges and points at nodes are all right."""
    network, sources, targets = case
    expected = reference(network, sources, targets)
    for engine in engines(network):
        # Whole ticks round each arc by half a millisecond.
        found = engine.matrix(sources, targets)
        np.testing.assert_allclose(found, expected, atol=1e-2, rtol=0)


@settings(max_examples=150, deadline=None)
@given(cases())
def test_nearest_equals_the_least_of_each_column(
    case: tuple[StreetNetwork, Snapped, Snapped],
) -> None:
    """Same seconds to the last bit, and of equally near sources the lowest."""
    network, sources, targets = case
    engine = DijkstraEngine(network)
    check_nearest(engine.nearest(sources, targets), engine.matrix(sources, targets))
    found = engine.nearest(sources, targets, margin=True)
    check_nearest(found, engine.matrix(sources, targets))
    found = engine.nearest(sources, targets, direction="to_sources", margin=True)
    check_nearest(found, engine.matrix(targets, sources).T)


def check_nearest(found: Nearest, matrix: np.ndarray) -> None:
    for target in range(matrix.shape[1]):
        column = matrix[:, target]
        margin = None if found.margin_s is None else found.margin_s[target]
        if np.isnan(column).all():
            assert np.isnan(found.seconds[target])
            assert found.source[target] == -1
            assert margin is None or np.isnan(margin)
            continue
        assert found.source[target] == np.nanargmin(column)
        assert found.seconds[target] == np.nanmin(column)
        others = np.delete(column, int(found.source[target]))
        second = np.nanmin(others) if np.isfinite(others).any() else np.inf
        assert margin is None or margin == second - found.seconds[target]


@settings(max_examples=60, deadline=None)
@given(cases())
def test_matrix_is_the_same_from_either_side_and_in_any_chunks(
    case: tuple[StreetNetwork, Snapped, Snapped],
) -> None:
    """The search against the arcs and the search in chunks of one give the same bits."""
    network, sources, targets = case
    engine = DijkstraEngine(network)
    matrix = engine.matrix(sources, targets)
    other = CchEngine(network, few_searches=0)
    np.testing.assert_array_equal(other.matrix(sources, targets), matrix)
    np.testing.assert_array_equal(other.matrix(targets, sources), engine.matrix(targets, sources))
    entries, engine_module.CHUNK_ENTRIES = engine_module.CHUNK_ENTRIES, 1
    try:
        for row in range(len(sources)):
            one = Snapped(*(values[row : row + 1] for values in vars_of(sources)))
            np.testing.assert_array_equal(engine.matrix(one, targets)[0], matrix[row])
        np.testing.assert_array_equal(engine.matrix(sources, targets), matrix)
    finally:
        engine_module.CHUNK_ENTRIES = entries


@settings(max_examples=60, deadline=None)
@given(cases(most=6))
def test_going_through_a_third_point_is_never_faster(
    case: tuple[StreetNetwork, Snapped, Snapped],
) -> None:
    """Triangle inequality, and no time from a point to itself."""
    network, points, _ = case
    matrix = DijkstraEngine(network).matrix(points, points)
    far = np.where(np.isnan(matrix), np.inf, matrix)
    assert (far[:, None, :] <= far[:, :, None] + far[None, :, :]).all()
    np.testing.assert_array_equal(np.diagonal(far)[points.reached], 0.0)


@settings(max_examples=100, deadline=None)
@given(cases(most=4))
def test_legs_of_a_route_are_those_of_the_matrix(
    case: tuple[StreetNetwork, Snapped, Snapped],
) -> None:
    """Same seconds; the line starts and ends at the positions and is as long as said."""
    network, points, _ = case
    use = points.reached
    points = Snapped(*(values[use] for values in vars_of(points)))
    matrix = DijkstraEngine(network).matrix(points, points)
    for engine, start in product(engines(network), range(len(points) - 1)):
        pair = Snapped(*(values[start : start + 2] for values in vars_of(points)))
        if np.isnan(matrix[start, start + 1]):
            continue
        path = engine.route(pair, language="en")
        assert path.leg_steps[0][-1].text == "Arrive at the stop."
        assert path.leg_s[0] == matrix[start, start + 1]
        line = path.leg_xy[0]
        length = np.hypot(*np.diff(line, axis=0).T).sum()
        np.testing.assert_allclose(path.leg_m[0], length, atol=1e-6)
        for row, end in ((0, line[0]), (1, line[-1])):
            position = position_xy(network, int(pair.edge[row]), float(pair.fraction[row]))
            np.testing.assert_allclose(end, position, atol=1e-6)


def test_answers_agree_to_the_last_bit_on_a_larger_network() -> None:
    """Odd durations on a ring with chords: rounding would show without whole ticks."""
    rng = np.random.default_rng(3)
    n_nodes, n_edges = 40, 90
    tail = np.concatenate([np.arange(n_nodes), rng.integers(0, n_nodes, n_edges - n_nodes)])
    head = np.concatenate([(np.arange(n_nodes) + 1) % n_nodes, rng.integers(0, n_nodes, 50)])
    node_xy = rng.uniform(0, 1000, (n_nodes, 2))
    network = StreetNetwork(
        mode="drive",
        crs="EPSG:32630",
        node_xy=node_xy,
        node_osm_id=np.arange(n_nodes),
        tail=tail,
        head=head,
        length_m=rng.uniform(10, 100, n_edges),
        forward_s=rng.choice([0.7, 3.3], n_edges),
        backward_s=rng.choice([0.7, 3.3], n_edges),
        name=np.zeros(n_edges, dtype=np.int64),
        names=("",),
        road_class=np.zeros(n_edges, dtype=np.int64),
        road_classes=("residential",),
        line_start=np.arange(n_edges + 1) * 2,
        line_xy=np.stack([node_xy[tail], node_xy[head]], axis=1).reshape(-1, 2),
    )

    def points(count: int) -> Snapped:
        return Snapped(
            rng.integers(0, n_edges, count),
            rng.integers(0, 3, count) / 2.0,
            rng.integers(0, 3, count) / 10.0,
        )

    engine = DijkstraEngine(network)
    sources, targets = points(30), points(200)
    matrix = engine.matrix(sources, targets)
    found = engine.nearest(sources, targets)
    np.testing.assert_array_equal(found.seconds, matrix.min(axis=0))
    np.testing.assert_array_equal(found.source, matrix.argmin(axis=0))
    cch = CchEngine(network, few_searches=0)
    np.testing.assert_array_equal(cch.matrix(sources, targets), matrix)
    slower = replace(network, forward_s=network.forward_s * 1.7)
    cch.reweigh(slower)
    expected = DijkstraEngine(slower).matrix(sources, targets)
    np.testing.assert_array_equal(cch.matrix(sources, targets), expected)
    assert cch.fingerprint == DijkstraEngine(slower).fingerprint
    # The least source of many columns is not the only one: ties are common here.
    assert ((matrix == matrix.min(axis=0)).sum(axis=0) > 1).sum() > 10
    for first in range(0, 200, 20):
        some = Snapped(*(values[first : first + 20] for values in vars_of(targets)))
        # Fewer targets than sources: the search runs against the arcs.
        np.testing.assert_array_equal(engine.matrix(sources, some), matrix[:, first : first + 20])


def vars_of(points: Snapped) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return points.edge, points.fraction, points.distance_m


def position_xy(network: StreetNetwork, edge: int, fraction: float) -> np.ndarray:
    line = network.line(edge)
    step = np.hypot(*np.diff(line, axis=0).T)
    left = fraction * step.sum()
    for number, length in enumerate(step):
        if left <= length or number == len(step) - 1:
            return line[number] + (line[number + 1] - line[number]) * (left / length)
        left -= length
    raise AssertionError


def check_nearby(found: Nearby, matrix: np.ndarray, most: int, limit_s: float) -> None:
    assert len(found.start) == matrix.shape[1] + 1
    for target in range(matrix.shape[1]):
        times = np.where(matrix[:, target] <= limit_s, matrix[:, target], np.inf)
        order = np.lexsort((np.arange(len(times)), times))[:most]
        order = order[np.isfinite(times[order])]
        listed = slice(found.start[target], found.start[target + 1])
        assert found.source[listed].tolist() == order.tolist()
        assert found.seconds[listed].tolist() == times[order].tolist()


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(cases(), turning_cases()), st.integers(1, 4), st.sampled_from([12.0, 40.0, np.inf])
)
def test_nearby_is_the_head_of_each_sorted_column(
    case: tuple[StreetNetwork, Snapped, Snapped], most: int, limit_s: float
) -> None:
    """The same seconds to the last bit and the same order, both ways, with and without turns."""
    network, sources, targets = case
    engine = DijkstraEngine(network)
    found = engine.nearby(sources, targets, most=most, limit_s=limit_s)
    check_nearby(found, engine.matrix(sources, targets), most, limit_s)
    found = engine.nearby(sources, targets, most=most, limit_s=limit_s, direction="to_sources")
    check_nearby(found, engine.matrix(targets, sources).T, most, limit_s)
    whole = nearby_of_matrix(engine.matrix(sources, targets).T, most=most, limit_s=limit_s)
    check_nearby(whole, engine.matrix(sources, targets), most, limit_s)
