"""Travel times of a network by a profile: speeds from tags, seconds of edges and of turns.

A network keeps for its streets the tags that bear on the speed (`StreetNetwork.kinds`). Another
profile of the same topology is put on it from these, without the map file.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gridmap.travel.network import StreetNetwork
from gridmap.travel.profile import Profile
from gridmap.travel.turns import turn_seconds

Floats = NDArray[np.float64]
Tags = Mapping[str, str]

KMH_PER_M_S = 3.6
#: Pseudo tag of ways with a tagged duration (ferries): the speed that it makes. km/h.
TIMED_KMH = "timed_kmh"
SPEED = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(mph|knots|km/h|kmh|kph)?\s*$")
KMH = {"mph": 1.609344, "knots": 1.852}
#: What says how fast one may go; the first one found decides.
LIMITS = ("maxspeed:advisory", "maxspeed", "source:maxspeed", "maxspeed:type")
MIRRORED = {"forward": "backward", "backward": "forward"}
#: Raised when networks of older rules must not be taken for new ones.
RULES = 1


def topology_key(profile: Profile) -> str:
    """Return a hash of what a profile says on who may go where, without its speeds and costs.

    Networks read with profiles of equal keys differ in their seconds only.
    """
    rules = {
        "rules": RULES,
        "mode": profile.mode,
        "access": profile.access,
        "opening": profile.opening,
        "closed_access": sorted(profile.closed_access),
        "no_through": sorted(profile.no_through),
        "no_stop": {key: sorted(values) for key, values in profile.no_stop.items()},
        "obeys_oneway": profile.obeys_oneway,
        "oneway": profile.oneway,
        "closed_service": sorted(profile.closed_service),
        "closed_barriers": sorted(profile.closed_barriers),
        "open_barriers": sorted(profile.open_barriers),
        "closed_tags": {key: sorted(values) for key, values in profile.closed_tags.items()},
        "vehicle": dict(profile.vehicle),
        "classes": sorted(profile.speed_kmh),
        "routes": sorted(profile.route_kmh),
        "speed_tags": sorted(profile.speed_tags),
        "restrictions": profile.restrictions,
        "turns": profile.turns is not None,
    }
    return hashlib.sha256(json.dumps(rules, sort_keys=True).encode()).hexdigest()[:16]


def weighted(network: StreetNetwork, profile: Profile) -> StreetNetwork:
    """Return a network with the seconds of a profile on its edges and turns.

    Parameters
    ----------
    network
        Network read with a profile of the same topology (`topology_key`).
    profile
        Speeds and turn costs.

    Raises
    ------
    ValueError
        If the network has no tags (it came from a graph with times of its own), or the profile
        has turn costs and the network no turns or the other way round.
    """
    if network.kind is None:
        raise ValueError("Expected a network with the tags of its streets.")
    if (network.turns is None) != (profile.turns is None):
        raise ValueError("Expected turns in both network and profile or in neither.")
    both = np.array([way_kmh(json.loads(kind), profile) for kind in network.kinds])
    along_kmh, against_kmh = both.reshape(-1, 2)[network.kind].T
    network = replace(
        network,
        forward_s=_seconds(network.length_m, along_kmh, network.forward_s),
        backward_s=_seconds(network.length_m, against_kmh, network.backward_s),
    )
    if network.turns is None or profile.turns is None:
        return network
    seconds = turn_seconds(network, network.turns, profile.turns)
    return replace(network, turns=replace(network.turns, seconds=seconds))


def way_kmh(tags: Tags, profile: Profile) -> tuple[float, float]:
    """Return the speeds along and against a way that is open, in km/h."""
    timed = tags.get(TIMED_KMH)
    if timed is not None:
        return float(timed), float(timed)
    base = profile.route_kmh.get(tags.get("route", ""))
    if base is None:
        base = profile.speed_kmh.get(tags.get("highway", ""), profile.permitted_kmh)
    forward, backward = (
        _kmh(tags, profile, base, direction) for direction in ("forward", "backward")
    )
    return forward, backward


def maxspeed_kmh(value: str | None, places: Mapping[str, float]) -> float | None:
    """Return a speed limit in km/h; None where there is none that is known.

    Parameters
    ----------
    value
        Value of the tag, for example ``50``, ``30 mph``, ``DE:rural``.
    places
        Limits by the words that stand for them.
    """
    if not value:
        return None
    found = SPEED.match(value.split(";")[0])
    if found:
        return float(found[1]) * KMH.get(found[2] or "", 1.0) or None
    word = value.lower()
    return places.get(word, places.get(word.rpartition(":")[2]))


def speed_tags(tags: Tags, profile: Profile) -> tuple[tuple[str, str], ...]:
    """Return the tags of a way that a network keeps for its speeds, in the order of the keys."""
    return tuple([(key, tags[key]) for key in sorted(profile.speed_tags) if key in tags])


def mirrored(kind: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Return the tags of a way as they would be had it been drawn the other way round."""
    turned = []
    for key, value in kind:
        stem, _, direction = key.rpartition(":")
        turned.append((f"{stem}:{MIRRORED[direction]}" if direction in MIRRORED else key, value))
    return tuple(sorted(turned))


def _kmh(tags: Tags, profile: Profile, base: float, direction: str) -> float:
    limit = None
    if profile.maxspeed != "ignored":
        limit = maxspeed_kmh(_limit(tags, direction), profile.limit_kmh)
    speed = base
    if limit is not None:
        reached = limit * profile.maxspeed_factor
        speed = reached if profile.maxspeed == "sets" else min(base, reached)
    if profile.push_kmh and tags.get(profile.access[-1]) == "dismount":
        speed = min(speed, profile.push_kmh)
    for key, caps in (
        ("surface", profile.surface_kmh),
        ("tracktype", profile.tracktype_kmh),
        ("smoothness", profile.smoothness_kmh),
    ):
        speed = min(speed, caps.get(tags.get(key, ""), speed))
    return speed * profile.surface_factor.get(tags.get("surface", ""), 1.0)


def _limit(tags: Tags, direction: str) -> str | None:
    for key in LIMITS:
        value = tags.get(f"{key}:{direction}") or tags.get(key)
        if value:
            return value
    return None


def _seconds(length_m: Floats, kmh: Floats, before_s: Floats) -> Floats:
    """Return the seconds along edges; those that were closed stay so."""
    seconds: Floats = np.where(np.isfinite(before_s), length_m * KMH_PER_M_S / kmh, np.inf)
    return seconds
