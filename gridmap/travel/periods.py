"""Periods of the day: other speeds on the same streets, by class and by area.

The network is not read again: a period divides the seconds of each edge by a factor on its speed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Annotated

import numpy as np
import shapely
from numpy.typing import NDArray
from pydantic import Field

from gridmap.policies import Mode, Policy
from gridmap.travel.network import StreetNetwork

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Periods for which factors come with the package.
PERIODS = ("am", "midday", "pm", "night")
#: A factor on a speed.
Factor = Annotated[float, Field(ge=0.05, le=5.0)]


class AreaFactors(Policy):
    """Factors inside an area, in place of those of the period.

    Attributes
    ----------
    default
        Factor of the classes that are not listed; None = the period's.
    factor
        Factor by class of street.
    """

    default: Factor | None = None
    factor: dict[str, Factor] = Field(default_factory=dict)


class PeriodFactors(Policy):
    """What a period does to the speeds of a profile: 0.5 = half as fast.

    A class such as ``primary_link`` that is not listed takes the factor of ``primary``.

    Attributes
    ----------
    modes
        Means of travel that the period concerns.
    default
        Factor of the classes that are not listed.
    factor
        Factor by class of street (value of ``highway``).
    turns
        What the seconds of turns and signals are multiplied by.
    areas
        Factors by the name of an area.
    """

    modes: tuple[Mode, ...] = ("drive",)
    default: Factor = 1.0
    factor: dict[str, Factor] = Field(default_factory=dict)
    turns: Factor = 1.0
    areas: dict[str, AreaFactors] = Field(default_factory=dict)

    def of(self, road_class: str, area: str = "") -> float:
        """Return the factor on the speed of a class of street in an area."""
        names = (road_class, road_class.removesuffix("_link"))
        inner = self.areas.get(area, AreaFactors())
        options = (
            *(inner.factor.get(name) for name in names),
            inner.default,
            *(self.factor.get(name) for name in names),
        )
        return next((one for one in options if one is not None), self.default)


@dataclass(frozen=True, eq=False)
class Areas:
    """Areas with factors of their own. Where two overlap, the first counts.

    Attributes
    ----------
    names
        Name of each area, each once.
    polygons
        Their shapes in the reference system of the network. Shape (n_areas,).
    """

    names: tuple[str, ...]
    polygons: NDArray[np.object_]

    def __post_init__(self) -> None:
        if len(self.names) != len(self.polygons) or len(set(self.names)) != len(self.names):
            raise ValueError("Expected one name for each area, each once.")

    def locate(self, xy: Floats) -> Ints:
        """Return the area of each point, -1 = in none. Shape (n_points,)."""
        found = np.full(len(xy), -1, dtype=np.int64)
        for number, polygon in enumerate(self.polygons):
            left, bottom, right, top = polygon.bounds
            near = np.flatnonzero(
                (found < 0)
                & (xy[:, 0] >= left)
                & (xy[:, 0] <= right)
                & (xy[:, 1] >= bottom)
                & (xy[:, 1] <= top)
            )
            shapely.prepare(polygon)
            found[near[shapely.intersects_xy(polygon, xy[near])]] = number
        return found


NO_AREAS = Areas((), np.empty(0, dtype=object))


@cache
def assumed_factors() -> Mapping[str, PeriodFactors]:
    """Return the factors that come with the package, by period; they are assumed."""
    entry = files("gridmap.travel").joinpath("profiles", "periods.toml")
    table = tomllib.loads(entry.read_text(encoding="utf-8"))
    return {period: PeriodFactors.model_validate(one) for period, one in table.items()}


def with_period(
    network: StreetNetwork, factors: PeriodFactors, areas: Areas = NO_AREAS
) -> StreetNetwork:
    """Return the network with the speeds of a period.

    Parameters
    ----------
    network
        Network with the speeds of its profile.
    factors
        Factors of the period; a means of travel that they do not concern stays as it is.
    areas
        Areas that `factors` names; an edge is in the area in which its middle lies.

    Raises
    ------
    ValueError
        If the factors name an area that is not among `areas`.
    """
    if network.mode not in factors.modes:
        return network
    factor = edge_factors(network, factors, areas)
    turns = network.turns
    if turns is not None and factors.turns != 1.0:
        turns = replace(turns, seconds=turns.seconds * factors.turns)
    return replace(
        network,
        forward_s=network.forward_s / factor,
        backward_s=network.backward_s / factor,
        turns=turns,
    )


def edge_factors(network: StreetNetwork, factors: PeriodFactors, areas: Areas = NO_AREAS) -> Floats:
    """Return the factor on the speed of each edge. Shape (n_edges,).

    Raises
    ------
    ValueError
        If the factors name an area that is not among `areas`.
    """
    unknown = sorted(set(factors.areas) - set(areas.names))
    if unknown:
        raise ValueError(f"Expected areas among {list(areas.names)}, found {unknown}.")
    # One row an area, the last one for the rest: -1 finds it.
    names = (*areas.names, "")
    table = np.array([[factors.of(one, area) for one in network.road_classes] for area in names])
    if not factors.areas:
        return np.asarray(table[-1][network.road_class])
    return np.asarray(table[areas.locate(edge_middles(network)), network.road_class])


def edge_middles(network: StreetNetwork) -> Floats:
    """Return the point halfway along the polyline of each edge. Shape (n_edges, 2)."""
    xy, start = network.line_xy, network.line_start
    along_m = np.zeros(len(xy))
    np.cumsum(np.hypot(*np.diff(xy, axis=0).T), out=along_m[1:])
    low_m, high_m = along_m[start[:-1]], along_m[start[1:] - 1]
    middle_m = (low_m + high_m) / 2.0
    # The vertex before the middle; on an edge without length, its first.
    before = np.searchsorted(along_m, middle_m, side="right") - 1
    before = np.clip(before, start[:-1], np.maximum(start[1:] - 2, start[:-1]))
    after = np.minimum(before + 1, start[1:] - 1)
    step_m = along_m[after] - along_m[before]
    share = np.divide(
        middle_m - along_m[before], step_m, out=np.zeros(len(step_m)), where=step_m > 0.0
    )
    return np.asarray(xy[before] + share[:, None] * (xy[after] - xy[before]))
