"""Turn restrictions of OpenStreetMap: reading them, and finding their arcs in a network.

The rules follow the wiki of OpenStreetMap (Relation:restriction).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridmap.errors import Fault, fault, some_ids

Ints = NDArray[np.int64]

#: Why a restriction is left out.
CONDITIONAL, EXCEPTED, BROKEN = "conditional", "excepted", "broken"
CLOSED, AMBIGUOUS = "closed", "ambiguous"
#: Old ways to say that a restriction holds at some hours only.
HOURS = ("day_on", "day_off", "hour_on", "hour_off")


@dataclass(frozen=True)
class Restriction:
    """A turn restriction as it stands in the file.

    Attributes
    ----------
    relation
        Id of the relation.
    only
        Whether it allows one turn only, or forbids one.
    from_ways, to_ways
        Ids of the ways that the turn leads from and to.
    via_node
        Node that the turn goes by, or None if it goes by ways.
    via_ways
        Ways that it goes by, in their order.
    """

    relation: int
    only: bool
    from_ways: tuple[int, ...]
    to_ways: tuple[int, ...]
    via_node: int | None
    via_ways: tuple[int, ...]


@dataclass(frozen=True)
class RestrictionReport:
    """What became of the turn restrictions of a file.

    Attributes
    ----------
    applied
        How many hold in the network.
    left_out
        How many do not, by the reason: ``conditional`` (they hold at some hours only),
        ``excepted`` (not for this means of travel), ``closed`` (about streets that it cannot
        use), ``ambiguous`` (a way passes through the junction instead of ending there) and
        ``broken`` (members lack or do not meet).
    broken
        Ids of the relations that are ambiguous or broken, for who wants to mend the map.
    """

    applied: int = 0
    left_out: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    broken: tuple[int, ...] = ()

    @property
    def read(self) -> int:
        """How many restrictions the file holds."""
        return self.applied + sum(self.left_out.values())

    def with_unread(self, unread: Iterable[tuple[int, str]]) -> RestrictionReport:
        """Return the report with relations that were left out at reading, and the reasons."""
        counts, broken = Counter(self.left_out), list(self.broken)
        for relation, reason in unread:
            counts[reason] += 1
            if reason == BROKEN:
                broken.append(relation)
        return RestrictionReport(
            self.applied, MappingProxyType(dict(sorted(counts.items()))), tuple(sorted(broken))
        )

    def notices(self, path: object) -> tuple[Fault, ...]:
        """Return what a planner should know: broken and conditional restrictions."""
        found = []
        if self.broken:
            ids, number = some_ids(self.broken), len(self.broken)
            found.append(fault("streets.restrictions_broken", path, number=number, ids=ids))
        number = self.left_out.get(CONDITIONAL, 0)
        if number:
            found.append(fault("streets.restrictions_conditional", path, number=number))
        return tuple(found)


def read_restriction(relation: Any, names: tuple[str, ...]) -> Restriction | str | None:
    """Return a relation as a restriction.

    Parameters
    ----------
    relation
        Relation of osmium.
    names
        Means of travel that restrictions may name, special to general.

    Returns
    -------
    The restriction; the reason why it is left out; or None where the relation is no restriction
    of this means of travel.
    """
    tags = dict(relation.tags)
    if tags.get("type") != "restriction":
        return None
    own = (tags.get(f"restriction:{name}") for name in names)
    kind = next((one for one in own if one), None) or tags.get("restriction")
    if kind is None:
        return CONDITIONAL if "restriction:conditional" in tags else None
    if not kind.startswith(("no_", "only_")):
        return None
    if {one.strip() for one in tags.get("except", "").split(";")} & set(names):
        return EXCEPTED
    if any(key in tags for key in HOURS):
        return CONDITIONAL
    members = [(one.type, one.ref, one.role) for one in relation.members]
    ways = {
        role: tuple(ref for kind, ref, other in members if kind == "w" and other == role)
        for role in ("from", "to", "via")
    }
    nodes = [ref for kind, ref, role in members if kind == "n" and role == "via"]
    whole = ways["from"] and ways["to"] and len(nodes) + bool(ways["via"]) == 1
    if not whole:
        return BROKEN
    return Restriction(
        relation=relation.id,
        only=kind.startswith("only_"),
        from_ways=ways["from"],
        to_ways=ways["to"],
        via_node=nodes[0] if nodes else None,
        via_ways=ways["via"],
    )


class ArcFinder:
    """Finds the arcs of restrictions in a network.

    Parameters
    ----------
    start, end
        Nodes where each arc starts and ends. Shapes (n_arcs,).
    start_way, end_way
        Ids of the ways on which each arc starts and ends. Shapes (n_arcs,).
    arc_open
        Whether each arc may be travelled. Shape (n_arcs,).
    node_of
        Node by OpenStreetMap id, for the nodes that restrictions name.
    way_ends
        First and last node (OpenStreetMap ids) of the ways that restrictions go by, by way id.
    """

    def __init__(
        self,
        start: Ints,
        end: Ints,
        start_way: Ints,
        end_way: Ints,
        arc_open: NDArray[np.bool_],
        *,
        node_of: Mapping[int, int],
        way_ends: Mapping[int, tuple[int, int]],
    ) -> None:
        self._end = end
        self._node_of = node_of
        self._way_ends = way_ends
        nodes = np.array(sorted(set(node_of.values())), dtype=np.int64)
        ways = np.array(sorted(way_ends), dtype=np.int64)
        self._leaving: dict[int, list[tuple[int, int]]] = {}
        self._coming: dict[int, list[tuple[int, int]]] = {}
        for table, at, way in (
            (self._leaving, start, start_way),
            (self._coming, end, end_way),
        ):
            # A way that a restriction goes by may consist of several arcs.
            concerned = np.isin(at, nodes) | np.isin(way, ways)
            for arc in np.flatnonzero(arc_open & concerned).tolist():
                table.setdefault(int(at[arc]), []).append((arc, int(way[arc])))

    def forbidden(self, one: Restriction) -> list[tuple[int, ...]] | str:
        """Return the sequences of arcs that a restriction forbids, or why it is left out."""
        found: list[tuple[int, ...]] = []
        reasons = set()
        for from_way, to_way in product(one.from_ways, one.to_ways):
            paths = self._paths(one, from_way)
            if isinstance(paths, str):
                reasons.add(paths)
                continue
            complete = []
            for path in paths:
                node = int(self._end[path[-1]])
                goes = [arc for arc, way in self._leaving.get(node, []) if way == to_way]
                complete += [(path, arc) for arc in goes]
            if len(complete) != 1:
                reasons.add(AMBIGUOUS if complete else CLOSED)
                continue
            path, goal = complete[0]
            if not one.only:
                found.append((*path, goal))
            else:
                node = int(self._end[path[-1]])
                others = [arc for arc, _ in self._leaving[node] if arc != goal]
                found += [(*path, arc) for arc in others]
        if found or not reasons:
            return found
        return next(one for one in (BROKEN, AMBIGUOUS, CLOSED) if one in reasons)

    def _paths(self, one: Restriction, from_way: int) -> list[tuple[int, ...]] | str:
        """Return the ways from the first way up to where the turn is made."""
        if one.via_node is not None:
            node = self._node_of.get(one.via_node)
            if node is None:
                return CLOSED
            came = self._coming_by(node, from_way)
            if len(came) > 1:
                return AMBIGUOUS
            return [(arc,) for arc in came] or CLOSED
        if not all(way in self._way_ends for way in one.via_ways):
            return CLOSED
        found = []
        for first in self._way_ends[one.via_ways[0]]:
            node = self._node_of.get(first)
            came = [] if node is None else self._coming_by(node, from_way)
            for arc in came:
                path = self._along(arc, first, one.via_ways)
                if path is not None:
                    found.append(path)
        return found or BROKEN

    def _coming_by(self, node: int, way: int) -> list[int]:
        return [arc for arc, own in self._coming.get(node, []) if own == way]

    def _along(self, arc: int, first: int, ways: Iterable[int]) -> tuple[int, ...] | None:
        """Return the arcs from an arc on along ways, None where these cannot be travelled."""
        path = [arc]
        at = first
        for way in ways:
            ends = self._way_ends[way]
            if at not in ends:
                return None
            goal = ends[1] if at == ends[0] else ends[0]
            for step in self._steps(path[-1], way, self._node_of.get(goal)):
                if step is None:
                    return None
                path.append(step)
            at = goal
        return tuple(path)

    def _steps(self, last: int, way: int, goal: int | None) -> Iterator[int | None]:
        """Yield the arcs along a way up to a node; None where there is no way on."""
        seen = {last}
        while True:
            node = int(self._end[last])
            onward = [
                arc for arc, own in self._leaving.get(node, []) if own == way and arc != last ^ 1
            ]
            if goal is None or len(onward) != 1 or onward[0] in seen:
                yield None
                return
            last = onward[0]
            seen.add(last)
            yield last
            if int(self._end[last]) == goal:
                return


def named_nodes(
    restrictions: Iterable[Restriction], way_ends: Mapping[int, tuple[int, int]]
) -> set[int]:
    """Return the ids of the nodes that restrictions go by, which must not vanish."""
    nodes = set()
    for one in restrictions:
        if one.via_node is not None:
            nodes.add(one.via_node)
        for way in one.via_ways:
            nodes.update(way_ends.get(way, ()))
    return nodes
