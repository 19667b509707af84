"""The unit graph seen from the centres: blocks, and the single units that join them.

Take the centres' own units out of the graph, since no cell passes through another's centre.
A unit whose removal cuts what is left is a *neck*: it belongs to one cell, hence only one cell
passes. Between the necks lie blocks, which may be shared in any proportion (a relaxation). A
neck behind which no centre lies takes everything behind it along, and counts with it as one
heavier unit of its block. Units too heavy to be thought of as divisible are kept apart.

References
----------
Hopcroft, J., Tarjan, R. (1973). Efficient algorithms for graph manipulation. CACM 16.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import networkx as nx
import numpy as np

from gridmap.partition.problem import PartitionProblem

#: Units above this share of a mean load count as indivisible, at most so many of them.
HEAVY_SHARE = 0.5
MOST_HEAVY = 12


@dataclass
class Block:
    """A node of the block tree.

    Attributes
    ----------
    mass
        First workload of its units.
    touching
        Cells whose centre borders on one of its units.
    units
        Its units; of a neck the first is the neck itself.
    whole
        Whether it must go to one cell as a whole.
    group
        Connected part of the graph without centres that it lies in.
    joined
        Blocks it borders on in the tree.
    """

    mass: float
    touching: set[int]
    units: list[int]
    whole: bool
    group: int
    joined: set[int] = field(default_factory=set)


def block_forest(problem: PartitionProblem, *, necks: bool = True) -> list[Block]:
    """Return the blocks of the graph without its centres.

    Parameters
    ----------
    problem
        Graph, centres and first workload.
    necks
        Whether to look for necks; without, each connected part is one block.
    """
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(problem.n_units))
    forward = problem.arc_from < problem.indices
    graph.add_edges_from(
        zip(
            problem.arc_from[forward].tolist(),
            problem.indices[forward].tolist(),
            strict=True,
        )
    )
    cell_of = {int(unit): cell for cell, unit in enumerate(problem.centre_unit)}
    touching: list[set[int]] = [
        {cell_of[other] for other in graph[unit] if other in cell_of} for unit in graph
    ]
    graph.remove_nodes_from(cell_of)
    blocks: list[Block] = []
    groups = sorted((sorted(part) for part in nx.connected_components(graph)), key=lambda p: p[0])
    for group, part in enumerate(groups):
        forest = _Tree(problem, graph.subgraph(part), touching, group)
        forest.grow(blocks, necks=necks)
    _set_heavy_apart(problem, touching, blocks)
    return blocks


class _Tree:
    """The block tree of one connected part."""

    def __init__(
        self, problem: PartitionProblem, part: nx.Graph[int], touching: list[set[int]], group: int
    ) -> None:
        self.weight = problem.weights[:, 0]
        self.mean = mean_load(problem)
        self.part, self.touching, self.group = part, touching, group

    def grow(self, blocks: list[Block], *, necks: bool) -> None:
        """Append the blocks of this part."""
        cuts = set(nx.articulation_points(self.part)) if necks and len(self.part) > 2 else set()
        if not cuts:
            blocks.append(self._block(self.part, whole=False))
            return
        found: Iterable[Any] = nx.biconnected_components(self.part)
        rings: list[list[int]] = sorted(sorted(ring) for ring in found)
        members: list[list[int]] = [[unit] for unit in sorted(cuts)]
        neck = {unit: number for number, unit in enumerate(sorted(cuts))}
        joined: list[set[int]] = [set() for _ in members]
        root = len(members)
        for ring in rings:
            number = len(members)
            joined.append({neck[unit] for unit in ring if unit in cuts})
            members.append([unit for unit in ring if unit not in cuts])
            for one in joined[number]:
                joined[one].add(number)
            if len(ring) > len(members[root]) + len(joined[root]):
                root = number
        self._prune(members, joined, len(neck), root, blocks)

    def _prune(
        self,
        members: list[list[int]],
        joined: list[set[int]],
        n_necks: int,
        root: int,
        blocks: list[Block],
    ) -> None:
        """Fold necks without centres behind them into their blocks, and append the rest."""
        parent, order = {root: -1}, [root]
        for node in order:
            for other in sorted(joined[node]):
                if other not in parent:
                    parent[other] = node
                    order.append(other)
        behind = [False] * len(members)
        for node in reversed(order):
            own = any(self.touching[unit] for unit in members[node])
            if parent[node] >= 0:
                behind[parent[node]] |= own or behind[node]
        lump: dict[int, int] = {}
        lumped: dict[int, list[int]] = {}
        for node in order:
            if parent[node] in lump:
                lump[node] = lump[parent[node]]
                lumped[lump[node]].extend(members[node])
            elif node < n_necks and not behind[node]:
                lump[node] = node
                lumped[node] = list(members[node])
        for neck in sorted(lumped):
            if self.weight[lumped[neck]].sum() <= HEAVY_SHARE * self.mean:
                members[parent[neck]].extend(lumped[neck])
            else:
                del lump[neck]
                members[neck] = lumped[neck]
        number: dict[int, int] = {}
        for node, units in enumerate(members):
            if node not in lump:
                number[node] = len(blocks)
                blocks.append(self._block(units, whole=node < n_necks))
        for node, place in number.items():
            blocks[place].joined |= {number[one] for one in joined[node] if one in number}

    def _block(self, units: Iterable[int], *, whole: bool) -> Block:
        listed = list(units)
        cells: set[int] = set()
        for unit in listed:
            cells |= self.touching[unit]
        return Block(float(self.weight[listed].sum()), cells, listed, whole, self.group)


def _set_heavy_apart(
    problem: PartitionProblem, touching: list[set[int]], blocks: list[Block]
) -> None:
    """Make the heaviest units of blocks that may be shared into blocks that may not."""
    weight = problem.weights[:, 0]
    heavy = weight > HEAVY_SHARE * problem.target[0]
    found = [
        (-float(weight[unit]), unit, place)
        for place, block in enumerate(blocks)
        if not block.whole
        for unit in block.units
        if heavy[unit]
    ]
    for _, unit, place in sorted(found)[:MOST_HEAVY]:
        block = blocks[place]
        block.units.remove(unit)
        block.mass = float(weight[block.units].sum())
        block.touching = set().union(*(touching[one] for one in block.units))
        block.joined.add(len(blocks))
        blocks.append(
            Block(float(weight[unit]), set(touching[unit]), [unit], True, block.group, {place})
        )


def mean_load(problem: PartitionProblem) -> float:
    """Return the mean first workload of a cell, never 0."""
    return max(float(np.asarray(problem.target)[0]), 1e-300)
