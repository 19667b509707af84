"""How fast each means of travel is, and which streets are open to it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal

from gridmap.errors import InputError, fault

MODES = ("drive", "walk", "bike", "ebike")


@dataclass(frozen=True)
class Profile:
    """Speeds and rules of one means of travel.

    Attributes
    ----------
    mode
        Means of travel, one of `MODES`.
    access
        Access tags that concern it, general to special; the most special one decides.
    opening
        Access tags that open a class of street that is closed by default.
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
    speed_kmh
        Speed by class of street (value of ``highway``); a class not listed is closed.
    surface_factor
        What a surface does to the speed; 1 when not listed.
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
    speed_kmh: Mapping[str, float]
    surface_factor: Mapping[str, float]

    def __post_init__(self) -> None:
        slowest = min((self.permitted_kmh, *self.speed_kmh.values(), *self.surface_factor.values()))
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
    table = tomllib.loads(entry.read_text(encoding="utf-8"))
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
        speed_kmh=MappingProxyType({k: float(v) for k, v in table["speed_kmh"].items()}),
        surface_factor=MappingProxyType({k: float(v) for k, v in table["surface_factor"].items()}),
    )
