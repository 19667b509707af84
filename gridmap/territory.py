"""The territory: the immutable input of planning."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gridmap.errors import Fault
from gridmap.travel.day_networks import DayNetworks
from gridmap.travel.network import StreetNetwork

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Polygons = NDArray[np.object_]

#: Points that are located at a time.
_PORTION = 100_000

ATTRIBUTION = "© OpenStreetMap contributors (ODbL 1.0)"


@dataclass(frozen=True, eq=False)
class Adjacency:
    """Pairs of units that share a border, or that a bridge links.

    All arrays have shape (n_pairs,); `first` < `second`.

    Attributes
    ----------
    first, second
        The two units.
    shared_m
        Metres of shared border; 0 for a pair that only a bridge links.
    river_m, rail_m, motorway_m, admin_m
        Metres of that border that are a river or shore, a railway, a motorway, or an
        administrative line.
    crossings
        Street crossings over the barrier part of the border.
    """

    first: Ints
    second: Ints
    shared_m: Floats
    river_m: Floats
    rail_m: Floats
    motorway_m: Floats
    admin_m: Floats
    crossings: Ints

    def __len__(self) -> int:
        return len(self.first)


@dataclass(frozen=True, eq=False)
class Units:
    """The smallest indivisible areas. Together they tile the territory exactly.

    Attributes
    ----------
    polygons
        One polygon a unit, vertices on the integer grid. Shape (n_units,).
    part
        Number of the connected part of the territory that each unit lies in. Shape (n_units,).
    water
        Which units are water. Shape (n_units,).
    adjacency
        Neighbouring pairs.
    grid_m
        Step of the integer grid in metres.
    """

    polygons: Polygons
    part: Ints
    water: Bools
    adjacency: Adjacency
    grid_m: float

    def __len__(self) -> int:
        return len(self.polygons)

    @cached_property
    def area_m2(self) -> Floats:
        """Area of each unit. Shape (n_units,)."""
        return np.asarray(shapely.area(self.polygons), dtype=np.float64)

    @cached_property
    def inner_xy(self) -> Floats:
        """A point inside each unit. Shape (n_units, 2)."""
        return np.asarray(shapely.get_coordinates(shapely.point_on_surface(self.polygons)))

    def locate(self, xy: Floats) -> Ints:
        """Return the unit of each point; on a border the lowest, outside -1. Shape (n,).

        Points are made and asked for in portions, so that millions of them need little memory.
        """
        found = np.full(len(xy), len(self), dtype=np.int64)
        for start in range(0, len(xy), _PORTION):
            points = shapely.points(xy[start : start + _PORTION])
            point, unit = self._tree.query(points, predicate="intersects")
            np.minimum.at(found, start + point, unit)
        found[found == len(self)] = -1
        return found

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self.polygons)


@dataclass(frozen=True, eq=False)
class Territory:
    """All that planning needs to know, checked and bound together.

    Attributes
    ----------
    name
        Name of the territory.
    crs
        Projected coordinate reference system of every coordinate in it.
    boundary
        The territory as it is published: the union of its units.
    units
        The units that tile it.
    outlets
        One row an outlet, see `gridmap.schemas.OUTLETS`.
    demand
        One row a demand point, see `gridmap.schemas.DEMAND`.
    networks
        Street network by means of travel.
    linework
        Lines to draw: ``street``, ``river``, ``rail``, ``motorway``, ``water`` (polygons).
    notices
        What was left out or had to be assumed while the territory was read.
    invented
        Which columns are invented sample data; shown wherever they appear.
    sources
        Hash of each input file by its name.
    market
        Market figures bound to units, see `gridmap.schemas.MARKET`; None = there are none.
    visit_log
        Visits of the past, see `gridmap.schemas.VISIT_LOG`; None = there is no log.
    excluded
        The rows of the input that were left out: file, row (0 = known by id only), id, reason
        (a key of the catalogue, whose sentence takes ``found``) and found. A row with several
        faults has several lines.
    day_networks
        Where speeds depend on the time of day, the networks of its periods by means of travel;
        `networks` then holds their mean over the working day.
    """

    name: str
    crs: str
    boundary: BaseGeometry
    units: Units
    outlets: pd.DataFrame
    demand: pd.DataFrame
    networks: Mapping[str, StreetNetwork]
    linework: Mapping[str, Polygons] = field(default_factory=dict)
    notices: tuple[Fault, ...] = ()
    invented: tuple[str, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    attribution: str = ATTRIBUTION
    excluded: pd.DataFrame = field(default_factory=pd.DataFrame)
    market: pd.DataFrame | None = None
    day_networks: Mapping[str, DayNetworks] = field(default_factory=dict)
    visit_log: pd.DataFrame | None = None

    @cached_property
    def content_hash(self) -> str:
        """Hash of everything a plan depends on."""
        digest = hashlib.sha256()
        digest.update(self.name.encode())
        digest.update(self.crs.encode())
        for wkb in shapely.to_wkb(self.units.polygons):
            digest.update(wkb)
        for table in (self.outlets, self.demand):
            digest.update(table.to_csv(index=False, float_format="%.6f").encode())
        for extra in (self.market, self.visit_log):
            if extra is not None:
                digest.update(extra.to_csv(index=False, float_format="%.6f").encode())
        for mode in sorted(self.networks):
            network = self.networks[mode]
            digest.update(mode.encode())
            for array in (network.node_xy, network.tail, network.head, network.forward_s):
                digest.update(np.ascontiguousarray(array).tobytes())
            digest.update(np.ascontiguousarray(network.backward_s).tobytes())
        for mode, day in sorted(self.day_networks.items()):
            digest.update(mode.encode())
            for period in sorted(day.networks):
                digest.update(f"{period} {day.begins_s[period]}".encode())
                for array in (day.networks[period].forward_s, day.networks[period].backward_s):
                    digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()
