"""The street network of one means of travel as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Turns:
    """Which ways lead on from which, and what a turn costs: the edge-based half of a network.

    A state is an arc on which one travels: state 2 e goes along edge e, state 2 e + 1 against it.
    States from 2 n_edges on are copies of arcs, which tell apart how one came there: a
    restriction over several ways (no U-turn by way of a connecting street) forbids a turn only
    to those who came from its first way.

    Attributes
    ----------
    arc
        Arc of each state; the first 2 n_edges are 0, 1, 2 … Shape (n_states,).
    start
        Where the turns out of each state start in `to`. Shape (n_states + 1,).
    to
        State that each turn leads to. Shape (n_turns,).
    seconds
        What the turn costs, waiting at a signal included. Shape (n_turns,).
    """

    arc: Ints
    start: Ints
    to: Ints
    seconds: Floats

    @property
    def n_states(self) -> int:
        """Number of states."""
        return len(self.arc)


@dataclass(frozen=True, eq=False)
class StreetNetwork:
    """A routable street network: one record a street edge, both directions in it.

    Coordinates are metres in `crs`. An edge is open from its tail to its head if
    `forward_s` is finite, from head to tail if `backward_s` is. The network is one strongly
    connected part.

    Attributes
    ----------
    mode
        Means of travel: drive, walk, bike or ebike.
    crs
        Projected coordinate reference system, for example ``EPSG:32630``.
    node_xy
        Node coordinates in metres. Shape (n_nodes, 2).
    node_osm_id
        OpenStreetMap id of each node, or -1. Shape (n_nodes,).
    tail, head
        End nodes of each edge. Shape (n_edges,).
    length_m
        Length of each edge in metres, on the ground. Shape (n_edges,).
    forward_s, backward_s
        Seconds along and against the edge; infinite = closed. Shape (n_edges,).
    name
        Index of each edge's street name in `names`; 0 is the empty name. Shape (n_edges,).
    names
        Street names.
    road_class
        Index of each edge's class in `road_classes`. Shape (n_edges,).
    road_classes
        OpenStreetMap highway values.
    line_start
        Where each edge's polyline starts in `line_xy`. Shape (n_edges + 1,).
    line_xy
        Polyline vertices in metres, tail to head, both ends included. Shape (n_vertices, 2).
    turns
        Turns between arcs, for a means of travel that restrictions and turn costs bind; None
        where one may turn anywhere at no cost, so that nodes are enough.
    kind
        Index in `kinds` of the tags that bear on each edge's speed, or None for a network whose
        times are given (from a graph); see `gridmap.travel.weights`. Shape (n_edges,).
    kinds
        Sets of tags as JSON objects, as seen from tail to head.
    waits
        What one waits for at the end of each arc: bits in the order of
        `gridmap.travel.profile.WAITS`; None where nothing is known. Shape (2 n_edges,).
    drives_left
        Whether one drives on the left there.
    no_stop
        Which edges lead to others only, so that nobody sets off or arrives there; None = none.
        Shape (n_edges,).
    order
        Order in which a contraction hierarchy takes the nodes of the search (junctions, or states
        where there are turns), see `gridmap.travel.cch`; None where it is not known yet.
    """

    mode: str
    crs: str
    node_xy: Floats
    node_osm_id: Ints
    tail: Ints
    head: Ints
    length_m: Floats
    forward_s: Floats
    backward_s: Floats
    name: Ints
    names: tuple[str, ...]
    road_class: Ints
    road_classes: tuple[str, ...]
    line_start: Ints
    line_xy: Floats
    turns: Turns | None = None
    kind: Ints | None = None
    kinds: tuple[str, ...] = ()
    waits: Ints | None = None
    drives_left: bool = False
    no_stop: Bools | None = None
    order: Ints | None = None

    def __post_init__(self) -> None:
        n_nodes, n_edges = len(self.node_xy), len(self.tail)
        if len(self.line_start) != n_edges + 1:
            raise ValueError("Expected line_start to have one entry more than there are edges.")
        if self.no_stop is not None and len(self.no_stop) != n_edges:
            raise ValueError("Expected no_stop to have one entry an edge.")
        if n_edges and min(self.tail.min(), self.head.min()) < 0:
            raise ValueError("Expected node numbers >= 0.")
        if n_edges and max(self.tail.max(), self.head.max()) >= n_nodes:
            raise ValueError(f"Expected node numbers below {n_nodes}.")

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.node_xy)

    @property
    def n_edges(self) -> int:
        """Number of edges."""
        return len(self.tail)

    def line(self, edge: int) -> Floats:
        """Return the polyline of an edge, tail to head. Shape (n_vertices, 2)."""
        return self.line_xy[self.line_start[edge] : self.line_start[edge + 1]]
