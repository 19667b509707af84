"""How fast each means of travel is, which streets are open to it, and what turning costs it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Literal

from gridmap.errors import InputError, fault

MODES = ("drive", "walk", "bike", "ebike")
#: What one waits for at the end of a street, in the order of its bits in `StreetNetwork.waits`.
WAITS = ("signal", "stop", "stop_minor", "give_way", "gate")

Kmh = Mapping[str, float]


def _nothing() -> Kmh:
    return MappingProxyType({})


def _no_sets() -> Mapping[str, frozenset[str]]:
    return MappingProxyType({})


@dataclass(frozen=True)
class TurnCosts:
    """What turning costs: a means of travel that has these obeys turn restrictions too.

    Attributes
    ----------
    bend_s
        Seconds that the sharpest bend costs; less sharp ones cost less along a sigmoid.
    bias
        How much earlier the sigmoid rises for turns across the oncoming traffic.
    oncoming_s
        Seconds more for a sharp turn across the oncoming traffic of a junction.
    u_turn_s
        Seconds more for turning round, which is done at dead ends only.
    wait_s
        Seconds of waiting by what one waits for (`WAITS`).
    driving_side
        Side on which one drives; ``auto`` takes what the network says of its place.
    """

    bend_s: float
    bias: float
    oncoming_s: float
    u_turn_s: float
    wait_s: Kmh
    driving_side: Literal["auto", "left", "right"] = "auto"

    def __post_init__(self) -> None:
        least = min((self.bend_s, self.oncoming_s, self.u_turn_s, *self.wait_s.values()))
        if not least >= 0.0 or not self.bias > 0.0:
            raise ValueError("Expected turn costs of 0 or more and a bias above 0.")
        if not set(self.wait_s) <= set(WAITS):
            raise ValueError(f"Expected waits among {WAITS}, found {sorted(self.wait_s)}.")
        if self.driving_side not in ("auto", "left", "right"):
            raise ValueError(f"Expected auto, left or right, found {self.driving_side}.")


@dataclass(frozen=True)
class Profile:
    """Speeds and rules of one means of travel.

    What says who may go where is the topology of a profile, all else its weights: networks of
    equal topology can be weighted anew without reading the file again
    (`gridmap.travel.weights`).

    Attributes
    ----------
    mode
        Means of travel, one of `MODES`.
    access
        Access tags that concern it, general to special; the most special one decides.
    opening
        Access tags that open a class of street that is closed by default.
    closed_access
        Values of these tags that close a street.
    no_through
        Values that let in only those who start or end there.
    no_stop
        Such values by class of street where nobody starts or ends either: the street is used
        only to come to others.
    permitted_kmh
        Speed on a street opened in that way.
    push_kmh
        Speed where the vehicle has to be pushed; 0 where that makes no sense.
    obeys_oneway
        Whether one-way streets bind it.
    oneway
        One-way tags that concern it, special to general; the first one found decides.
    maxspeed
        What a tagged speed limit does: ``sets`` the speed (times `maxspeed_factor`), ``caps`` it
        or is ``ignored``.
    maxspeed_factor
        Share of a speed limit that is reached on average.
    closed_service
        Values of ``service`` that are closed.
    closed_barriers
        Values of ``barrier`` that cannot be passed.
    open_barriers
        Values of ``barrier`` that can be passed; where there are any, all others cannot.
    speed_kmh
        Speed by class of street (value of ``highway``); a class not listed is closed.
    speed_tags
        Tags of a way that may bear on the speed; a network keeps them for its streets.
    surface_factor
        What a surface does to the speed; 1 when not listed.
    route_kmh
        Speed by value of ``route`` for ways that are no street, such as ferries, where no
        duration is tagged.
    limit_kmh
        Speed limits by the words that stand for them, such as ``urban`` or ``de:rural``.
    surface_kmh, tracktype_kmh, smoothness_kmh
        Highest speed by the values of these tags.
    closed_tags
        Values that close a way, by key.
    vehicle
        Size of the vehicle: height_m, width_m, length_m, weight_kg; ways with lower limits are
        closed to it.
    restrictions
        Names under which turn restrictions concern it or except it.
    turns
        What turns cost; None where turning is free.
    """

    mode: str
    access: tuple[str, ...]
    opening: tuple[str, ...]
    permitted_kmh: float
    push_kmh: float
    obeys_oneway: bool
    oneway: tuple[str, ...]
    maxspeed: Literal["sets", "caps", "ignored"]
    maxspeed_factor: float
    closed_service: frozenset[str]
    closed_barriers: frozenset[str]
    speed_kmh: Kmh
    surface_factor: Kmh
    closed_access: frozenset[str] = frozenset()
    no_through: frozenset[str] = frozenset()
    no_stop: Mapping[str, frozenset[str]] = field(default_factory=_no_sets)
    open_barriers: frozenset[str] = frozenset()
    speed_tags: tuple[str, ...] = ("highway", "surface")
    route_kmh: Kmh = field(default_factory=_nothing)
    limit_kmh: Kmh = field(default_factory=_nothing)
    surface_kmh: Kmh = field(default_factory=_nothing)
    tracktype_kmh: Kmh = field(default_factory=_nothing)
    smoothness_kmh: Kmh = field(default_factory=_nothing)
    closed_tags: Mapping[str, frozenset[str]] = field(default_factory=_no_sets)
    vehicle: Mapping[str, float] = field(default_factory=_nothing)
    restrictions: tuple[str, ...] = ()
    turns: TurnCosts | None = None

    def __post_init__(self) -> None:
        tables = (
            self.speed_kmh, self.surface_factor, self.route_kmh, self.limit_kmh,
            self.surface_kmh, self.tracktype_kmh, self.smoothness_kmh, self.vehicle,
        )  # fmt: skip
        slowest = min((self.permitted_kmh, *(v for table in tables for v in table.values())))
        if not slowest > 0.0 or not self.maxspeed_factor > 0.0:
            raise ValueError(f"Expected speeds and factors above 0 in the profile {self.mode}.")
        if self.maxspeed not in ("sets", "caps", "ignored"):
            raise ValueError(f"Expected maxspeed sets, caps or ignored, found {self.maxspeed}.")


@cache
def load_profile(mode: str) -> Profile:
    """Return the profile of a means of travel.

    Raises
    ------
    InputError
        If there is no such means of travel.
    """
    if mode not in MODES:
        raise InputError(fault("streets.mode_unknown", mode=mode, modes=", ".join(MODES)))
    entry = files("gridmap.travel").joinpath("profiles", f"{mode}.toml")
    return profile_of(mode, tomllib.loads(entry.read_text(encoding="utf-8")))


def profile_of(mode: str, table: Mapping[str, Any]) -> Profile:
    """Return a profile from the tables of its TOML file."""
    turns = table.get("turns")
    return Profile(
        mode=mode,
        access=tuple(table["access"]),
        opening=tuple(table["opening"]),
        permitted_kmh=float(table["permitted_kmh"]),
        push_kmh=float(table["push_kmh"]),
        obeys_oneway=bool(table["obeys_oneway"]),
        oneway=tuple(table["oneway"]),
        maxspeed=table["maxspeed"],
        maxspeed_factor=float(table["maxspeed_factor"]),
        closed_service=frozenset(table["closed_service"]),
        closed_barriers=frozenset(table["closed_barriers"]),
        speed_kmh=_numbers(table["speed_kmh"]),
        surface_factor=_numbers(table.get("surface_factor", {})),
        closed_access=frozenset(table["closed_access"]),
        no_through=frozenset(table.get("no_through", ())),
        no_stop=_sets(table.get("no_stop", {})),
        open_barriers=frozenset(table.get("open_barriers", ())),
        speed_tags=tuple(table["speed_tags"]),
        route_kmh=_numbers(table.get("route_kmh", {})),
        limit_kmh=_numbers(table.get("limit_kmh", {})),
        surface_kmh=_numbers(table.get("surface_kmh", {})),
        tracktype_kmh=_numbers(table.get("tracktype_kmh", {})),
        smoothness_kmh=_numbers(table.get("smoothness_kmh", {})),
        closed_tags=_sets(table.get("closed_tags", {})),
        vehicle=_numbers(table.get("vehicle", {})),
        restrictions=tuple(table.get("restrictions", ())),
        turns=None if turns is None else _turn_costs(turns),
    )


def _turn_costs(table: Mapping[str, Any]) -> TurnCosts:
    return TurnCosts(
        bend_s=float(table["bend_s"]),
        bias=float(table["bias"]),
        oncoming_s=float(table["oncoming_s"]),
        u_turn_s=float(table["u_turn_s"]),
        wait_s=_numbers(table["wait_s"]),
        driving_side=table.get("driving_side", "auto"),
    )


def _numbers(table: Mapping[str, Any]) -> Kmh:
    return MappingProxyType({key: float(value) for key, value in table.items()})


def _sets(table: Mapping[str, Any]) -> Mapping[str, frozenset[str]]:
    return MappingProxyType({key: frozenset(values) for key, values in table.items()})
