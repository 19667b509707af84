"""Turns of a street network: which are allowed, who may pass through, and what a turn costs."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components

from gridmap.travel.network import StreetNetwork, Turns
from gridmap.travel.profile import WAITS, TurnCosts

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: A turn is judged by the directions of the streets this far from the junction. Metres.
LOOK_M = 10.0
#: Steepness of the sigmoids of OSRM's car profile over a half turn.
STEEP = 13.0
ROUNDABOUTS = ("roundabout", "circular")


@dataclass(frozen=True, eq=False)
class TurnRules:
    """What forbids turns.

    Attributes
    ----------
    forbidden
        Sequences of two or more arcs that may not be travelled one after the other.
    no_through
        Arcs that are open only to those who start or end there. Shape (2 n_edges,).
    no_stop
        Arcs on which nobody starts or ends, some of those without through traffic. Shape
        (2 n_edges,).
    """

    forbidden: tuple[tuple[int, ...], ...]
    no_through: Bools
    no_stop: Bools


def allowed_turns(network: StreetNetwork, rules: TurnRules) -> tuple[Turns, Bools]:
    """Return the turns that are allowed, at no cost yet, and the arcs worth keeping.

    One turns round at dead ends only. A restriction over several streets makes copies of the
    streets between its first and its last one: who came from the first is on the copy.
    Streets closed to through traffic have copies too where one could pass through: what leads
    there from the public streets leads to the copies, and from these no turn leads back.

    The public streets are the largest part, by metres, in which every arc is reached from
    every other one without entering a street that is closed to through traffic; all streets
    behind such a street count as closed to it too. A street is kept if one comes to it from the
    public streets and from it to them, in one direction or the other, so that one gets from
    every place to every other one. Where nobody starts or ends, streets are kept only to lead
    to others.

    Returns
    -------
    The turns, and which arcs are kept. Shape (2 n_edges,).
    """
    arc_open = open_arcs(network) & ~_dead_ends(network, rules.no_stop)
    while True:
        turns = _turns(network, arc_open, rules)
        core = _core(network, turns, arc_open & ~rules.no_through)
        core_arc = np.zeros(len(arc_open), dtype=bool)
        core_arc[turns.arc[core]] = True
        passable, useless = _behind(network, arc_open & ~core_arc, core_arc, rules.no_stop)
        turns = _layered(turns, passable)
        keep = arc_open & ~useless & _kept(turns, np.flatnonzero(core), len(arc_open))
        if (keep == arc_open).all():
            return turns, keep
        arc_open = keep


def open_arcs(network: StreetNetwork) -> Bools:
    """Return which arcs are open, arc 2 e along edge e and 2 e + 1 against it."""
    return np.isfinite(np.column_stack([network.forward_s, network.backward_s])).ravel()


def arc_ends(network: StreetNetwork) -> tuple[Ints, Ints]:
    """Return the nodes where each arc starts and ends. Shapes (2 n_edges,)."""
    start = np.column_stack([network.tail, network.head]).ravel()
    end = np.column_stack([network.head, network.tail]).ravel()
    return start, end


def turn_seconds(network: StreetNetwork, turns: Turns, costs: TurnCosts) -> Floats:
    """Return what each turn costs.

    A bend costs a sigmoid of its angle, more for turns across the oncoming traffic; where only
    two streets meet it is free. Added is what one waits for at the end of the street that one
    comes from. Shapes, angles and constants are those of OSRM's car profile.

    Returns
    -------
    Seconds of each turn. Shape (n_turns,).
    """
    source, target = _pairs(turns)
    came, goes = turns.arc[source], turns.arc[target]
    inward, outward = _bearings(network)
    # Positive to the right, as on a compass; straight on and back are so to the last digit.
    angle = 180.0 - np.round(180.0 - outward[goes] + inward[came], 3) % 360.0
    left = network.drives_left if costs.driving_side == "auto" else costs.driving_side == "left"
    bias = 1.0 / costs.bias if left else costs.bias
    _, end = arc_ends(network)
    roads = np.bincount(np.concatenate([network.tail, network.head]), minlength=network.n_nodes)
    u_turn = came == (goes ^ 1)
    u_turn &= network.tail[came >> 1] != network.head[came >> 1]
    junction = roads[end[came]] > 2
    share = np.abs(angle) / 180.0
    lean = np.where(angle >= 0.0, bias, 1.0 / bias)
    bend = costs.bend_s / (1.0 + np.exp(-(STEEP / lean * share - STEEP / 2.0 * lean)))
    seconds = np.where(junction | u_turn, bend, 0.0)
    round_ = _roundabouts(network)
    crosses = (angle > 0.0) if left else (angle < 0.0)
    crosses &= junction & ~u_turn & ~round_[came >> 1] & ~round_[goes >> 1]
    sharp = 1.0 / (1.0 + np.exp(-(STEEP * share - STEEP / 4.0)))
    seconds += np.where(crosses, costs.oncoming_s * sharp, 0.0)
    seconds += np.where(u_turn, costs.u_turn_s, 0.0)
    if network.waits is not None:
        seconds += _wait_s(network, costs)[came]
    return seconds


def _wait_s(network: StreetNetwork, costs: TurnCosts) -> Floats:
    """Return the seconds of waiting at the end of each arc. Shape (2 n_edges,)."""
    waits = (
        np.zeros(2 * network.n_edges, dtype=np.int64) if network.waits is None else network.waits
    )
    start, end = arc_ends(network)
    arc_s = np.column_stack([network.forward_s, network.backward_s]).ravel()
    speed = np.repeat(network.length_m, 2) / np.maximum(arc_s, 1e-9)
    fastest = np.zeros(network.n_nodes)
    np.maximum.at(fastest, start, speed)
    seconds = np.zeros(len(waits))
    for bit, name in enumerate(WAITS):
        has = (waits >> bit) & 1 > 0
        if name == "stop_minor":
            # Only who comes by a slower street than another one stops.
            has &= speed < fastest[end] * (1.0 - 1e-9)
        seconds += np.where(has, costs.wait_s.get(name, 0.0), 0.0)
    return seconds


def _pairs(turns: Turns) -> tuple[Ints, Ints]:
    """Return the states that each turn leads from and to."""
    return np.repeat(np.arange(turns.n_states), np.diff(turns.start)), turns.to


def _turns_of(arc: Ints, source: Ints, target: Ints) -> Turns:
    order = np.lexsort((target, source))
    source, target = source[order], target[order]
    count = np.bincount(source, minlength=len(arc))
    start = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    return Turns(arc=arc, start=start, to=target, seconds=np.zeros(len(target)))


def _graph(turns: Turns, use: Bools | None = None) -> csr_array:
    """Return the turns between the states in use as a sparse matrix."""
    n_states = turns.n_states
    source, target = _pairs(turns)
    if use is not None:
        both = use[source] & use[target]
        source, target = source[both], target[both]
    ones = np.ones(len(source), dtype=np.int8)
    return csr_array((ones, (source, target)), shape=(n_states, n_states))


def _turns(network: StreetNetwork, arc_open: Bools, rules: TurnRules) -> Turns:
    """Return the turns between open arcs that are not forbidden.

    A street is a dead end where no other street leads on, or only one without through traffic.
    """
    start, end = arc_ends(network)
    n_arcs = len(start)
    arcs = np.flatnonzero(arc_open)
    leaving = arcs[np.argsort(start[arcs], kind="stable")]
    first = np.searchsorted(start[leaving], np.arange(network.n_nodes + 1))
    count = np.diff(first)[end[arcs]]
    source = np.repeat(arcs, count)
    offset = np.arange(len(source)) - np.repeat(np.cumsum(count) - count, count)
    target = leaving[first[end[source]] + offset]
    back = target == (source ^ 1)
    onward = ~back & (rules.no_through[source] | ~rules.no_through[target])
    dead_end = np.bincount(source[onward], minlength=n_arcs) == 0
    use = ~back | dead_end[source]
    source, target = source[use], target[use]
    pairs = [one for one in rules.forbidden if len(one) == 2]
    if pairs:
        banned = np.array([a * n_arcs + b for a, b in pairs], dtype=np.int64)
        use = ~np.isin(source * n_arcs + target, banned)
        source, target = source[use], target[use]
    base = np.arange(n_arcs, dtype=np.int64)
    turns = _turns_of(base, source, target)
    return _with_copies(turns, [one for one in rules.forbidden if len(one) > 2])


def _with_copies(turns: Turns, forbidden: list[tuple[int, ...]]) -> Turns:
    """Return turns in which sequences of three and more arcs are forbidden.

    A copy stands for the last arc of a beginning of such sequences; it is left as its arc is,
    but to a longer beginning where there is one, and never to the end of a sequence.
    """
    if not forbidden:
        return turns
    ends = set(forbidden)
    begins = sorted({one[:size] for one in forbidden for size in range(2, len(one))})
    state = {begin: turns.n_states + number for number, begin in enumerate(begins)}
    arc = np.concatenate([turns.arc, np.array([begin[-1] for begin in begins], dtype=np.int64)])

    def next_state(before: tuple[int, ...], goes: int) -> int | None:
        """Return the state that a turn leads to, None if a sequence would be complete."""
        longest: int | None = None
        for cut in range(len(before)):
            path = (*before[cut:], goes)
            if path in ends:
                return None
            if longest is None and path in state:
                longest = state[path]
        return goes if longest is None else longest

    source, target = _pairs(turns)
    entered = np.isin(source, sorted({begin[0] for begin in begins}))
    more: list[tuple[int, int]] = []
    for came, goes in zip(source[entered].tolist(), target[entered].tolist(), strict=True):
        found = next_state((came,), goes)
        if found is not None:
            more.append((came, found))
    for begin in begins:
        first, last = turns.start[begin[-1]], turns.start[begin[-1] + 1]
        for goes in turns.to[first:last].tolist():
            found = next_state(begin, goes)
            if found is not None:
                more.append((state[begin], found))
    added = np.array(more, dtype=np.int64).reshape(-1, 2)
    return _turns_of(
        arc,
        np.concatenate([source[~entered], added[:, 0]]),
        np.concatenate([target[~entered], added[:, 1]]),
    )


def _core(network: StreetNetwork, turns: Turns, public: Bools) -> Bools:
    """Return the states of the largest part that hangs together over public arcs."""
    use = public[turns.arc]
    graph = _graph(turns, use)
    n_parts, part = connected_components(graph, directed=True, connection="strong")
    source, target = graph.nonzero()
    # A lone arc leads nowhere and back.
    leads = np.zeros(n_parts, dtype=bool)
    leads[part[source[part[source] == part[target]]]] = True
    arcs = np.arange(2 * network.n_edges)
    arcs = arcs[use[arcs] & leads[part[arcs]]]
    if not len(arcs):
        return np.zeros(len(use), dtype=bool)
    metres = np.bincount(part[arcs], network.length_m[arcs >> 1])
    core: Bools = use & (part == metres.argmax())
    return core


def _dead_ends(network: StreetNetwork, no_stop: Bools) -> Bools:
    """Return the arcs of dead ends in which nobody starts or ends; they lead to nothing."""
    dead = np.zeros(network.n_edges, dtype=bool)
    leads_on = no_stop.reshape(-1, 2).all(axis=1)
    while True:
        left = np.concatenate([network.tail[~dead], network.head[~dead]])
        degree = np.bincount(left, minlength=network.n_nodes)
        more = leads_on & ~dead & ((degree[network.tail] == 1) | (degree[network.head] == 1))
        if not more.any():
            return np.repeat(dead, 2)
        dead |= more


def _behind(
    network: StreetNetwork, behind: Bools, core: Bools, no_stop: Bools
) -> tuple[Bools, Bools]:
    """Return the arcs behind the public streets that need care, and those of no use.

    Streets that meet the public ones in one node only lead back to it: nobody passes through.
    Streets that hang together without one on which somebody starts or ends are of no use.
    """
    start, end = arc_ends(network)
    n_nodes = network.n_nodes
    public_node = np.zeros(n_nodes, dtype=bool)
    public_node[start[core]] = True
    public_node[end[core]] = True
    arcs = np.flatnonzero(behind)
    ends = np.concatenate([start[arcs], end[arcs]])
    public = public_node[ends]
    # At a public node every street has an end of its own, so that nothing hangs together there.
    own = n_nodes + np.concatenate([2 * (arcs >> 1) + (arcs & 1), 2 * (arcs >> 1) + 1 - (arcs & 1)])
    vertex = np.where(public, own, ends)
    shape = (n_nodes + 2 * network.n_edges,) * 2
    ones = np.ones(len(arcs), dtype=np.int8)
    links = csr_array((ones, (vertex[: len(arcs)], vertex[len(arcs) :])), shape=shape)
    n_parts, part = connected_components(links, directed=False)
    touched = np.unique(np.column_stack([part[vertex[public]], ends[public]]), axis=0)
    n_touched = np.bincount(touched[:, 0], minlength=n_parts)
    n_stops = np.bincount(part[vertex[: len(arcs)]], ~no_stop[arcs], minlength=n_parts)
    own_part = part[vertex[: len(arcs)]]
    passable, useless = np.zeros(len(behind), dtype=bool), np.zeros(len(behind), dtype=bool)
    passable[arcs] = n_touched[own_part] > 1
    useless[arcs] = n_stops[own_part] == 0
    return passable, useless


def _layered(turns: Turns, passable: Bools) -> Turns:
    """Return turns by which nobody passes through some arcs.

    The states of such an arc are for those who started there. Those who came from elsewhere are
    on copies, from which no turn leads away but to other copies.
    """
    inner = passable[turns.arc]
    if not inner.any():
        return turns
    copied = np.flatnonzero(inner)
    copy = np.full(turns.n_states, -1, dtype=np.int64)
    copy[copied] = turns.n_states + np.arange(len(copied))
    source, target = _pairs(turns)
    enters = ~inner[source] & inner[target]
    within = inner[source] & inner[target]
    return _turns_of(
        np.concatenate([turns.arc, turns.arc[copied]]),
        np.concatenate([source, copy[source[within]]]),
        np.concatenate([np.where(enters, copy[target], target), copy[target[within]]]),
    )


def _kept(turns: Turns, core: Ints, n_arcs: int) -> Bools:
    """Return the arcs of streets that one reaches from the core and from which one reaches it."""
    if not len(core):
        return np.zeros(n_arcs, dtype=bool)
    graph = _graph(turns)
    first = int(core[0])
    there = breadth_first_order(graph, first, return_predecessors=False)
    back = breadth_first_order(graph.T.tocsr(), first, return_predecessors=False)
    reached, leads = np.zeros(n_arcs, dtype=bool), np.zeros(n_arcs, dtype=bool)
    reached[turns.arc[there]] = True
    leads[back[back < n_arcs]] = True
    both = reached.reshape(-1, 2).any(axis=1) & leads.reshape(-1, 2).any(axis=1)
    return np.repeat(both, 2) & (reached | leads)


def _bearings(network: StreetNetwork) -> tuple[Floats, Floats]:
    """Return the directions in which each arc arrives and sets off, degrees from north.

    Shapes (2 n_edges,).
    """
    start, xy = network.line_start, network.line_xy
    step = np.hypot(*np.diff(xy, axis=0).T)
    # A gap between one edge and the next keeps their ends apart.
    step[start[1:-1] - 1] = 1.0
    reach = np.concatenate([[0.0], np.cumsum(step)])
    first, last = reach[start[:-1]], reach[start[1:] - 1]

    def place(at: Floats) -> Floats:
        return np.column_stack([np.interp(at, reach, xy[:, 0]), np.interp(at, reach, xy[:, 1])])

    off = place(np.minimum(first + LOOK_M, last)) - xy[start[:-1]]
    on = xy[start[1:] - 1] - place(np.maximum(last - LOOK_M, first))
    away = np.degrees(np.arctan2(off[:, 0], off[:, 1]))
    into = np.degrees(np.arctan2(on[:, 0], on[:, 1]))
    inward = np.column_stack([into, away + 180.0]).ravel()
    outward = np.column_stack([away, into + 180.0]).ravel()
    return inward, outward


def _roundabouts(network: StreetNetwork) -> Bools:
    """Return which edges are part of a roundabout. Shape (n_edges,)."""
    if network.kind is None:
        return np.zeros(network.n_edges, dtype=bool)
    rounds = [json.loads(kind).get("junction") in ROUNDABOUTS for kind in network.kinds]
    return np.array(rounds, dtype=bool)[network.kind]
