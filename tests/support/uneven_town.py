"""Towns whose streets take odd times, with all turns allowed: for searches to be compared on."""

from __future__ import annotations

import dataclasses

import numpy as np
from grid_town import grid_network

from gridmap.travel.network import StreetNetwork, Turns


def uneven(seed: int) -> StreetNetwork:
    """A town of 5 x 4 blocks where both directions of each street have times of their own."""
    rng = np.random.default_rng(seed)
    town = grid_network(5, 4, mode="drive")
    forward_s, backward_s = rng.uniform(20.0, 200.0, (2, town.n_edges))
    backward_s[rng.random(town.n_edges) < 0.2] = np.inf
    return dataclasses.replace(town, forward_s=forward_s, backward_s=backward_s)


def all_turns(network: StreetNetwork, cost_s: float = 0.0, copies: bool = False) -> Turns:
    """Every turn is allowed, U-turns too, at one cost; `copies` doubles the states of arc 0."""
    begin = np.column_stack([network.tail, network.head]).ravel()
    end = np.column_stack([network.head, network.tail]).ravel()
    arc = np.arange(len(begin))
    if copies:
        arc = np.concatenate([arc, [0, 0]])
    to = [np.flatnonzero(begin[arc] == end[one]) for one in arc]
    start = np.concatenate([[0], np.cumsum([len(one) for one in to])])
    every = np.concatenate(to)
    return Turns(arc, start, every, np.full(len(every), cost_s))
