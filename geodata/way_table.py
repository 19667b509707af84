"""Collects ways one by one, as files of any kind yield them, into arrays."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from geodata.osm_tags import Tags, WayAccess, street_name
from geodata.way_network import Ways
from gridmap.travel.profile import Profile
from gridmap.travel.weights import mirrored

#: Tags that bear on the speed, in order.
Kind = tuple[tuple[str, str], ...]

#: Places are whole ten-millionths of a degree, as in OpenStreetMap; this one is unknown.
STEPS_PER_DEGREE = 10_000_000
UNDEFINED = 2_147_483_647


@dataclass
class WayTable:
    """Ways that are open to a means of travel, as they are found.

    Parameters
    ----------
    profile
        Rules of the means of travel.
    """

    profile: Profile
    _refs: list[int] = field(default_factory=list)
    _places: list[tuple[int, int]] = field(default_factory=list)
    _rows: list[tuple[int, int, int, int, int, int, int]] = field(default_factory=list)
    _names: dict[str, int] = field(default_factory=lambda: {"": 0})
    _classes: dict[str, int] = field(default_factory=dict)
    _kinds: dict[Kind, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._rows)

    def add(
        self,
        way_id: int,
        refs: Sequence[int],
        places: Iterable[tuple[int, int]],
        *,
        tags: Tags,
        access: WayAccess,
        kind: Kind,
    ) -> None:
        """Add a way.

        Parameters
        ----------
        refs, places
            Ids of its nodes, and their longitude and latitude in steps.
        tags, access, kind
            Its tags, who may travel it, and what bears on the speed.
        """
        self._refs += refs
        self._places += places
        number = self._kinds.setdefault(kind, len(self._kinds))
        against = self._kinds.setdefault(mirrored(kind), len(self._kinds))
        name = self._names.setdefault(street_name(tags), len(self._names))
        label = tags.get("highway") or tags["route"]
        road_class = self._classes.setdefault(label, len(self._classes))
        flags = access.forward + 2 * access.backward + 4 * access.no_through + 8 * access.no_stop
        self._rows.append((len(refs), way_id, flags, number, against, name, road_class))

    def arrays(
        self, barriers: Sequence[int] = (), waits: Sequence[tuple[int, int, int]] = ()
    ) -> Ways:
        """Return the ways as arrays, with barriers and waits as `Ways` describes them."""
        rows = np.array(self._rows, dtype=np.int64).reshape(-1, 7)
        size, way_id, access, kind, against, name, road_class = rows.T
        steps = np.array(self._places, dtype=np.int64).reshape(-1, 2)
        return Ways(
            way_id=way_id,
            refs=np.array(self._refs, dtype=np.int64),
            lonlat=np.where(steps == UNDEFINED, np.nan, steps / STEPS_PER_DEGREE),
            size=size,
            forward_open=(access & 1) > 0,
            backward_open=(access & 2) > 0,
            no_through=(access & 4) > 0,
            no_stop=(access & 8) > 0,
            kind=kind,
            kind_against=against,
            kinds=tuple(json.dumps(dict(one), ensure_ascii=False) for one in self._kinds),
            name=name,
            names=tuple(self._names),
            road_class=road_class,
            road_classes=tuple(self._classes),
            barriers=np.array(barriers, dtype=np.int64),
            waits=np.array(waits, dtype=np.int64).reshape(-1, 3),
        )
