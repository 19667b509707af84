"""What OpenStreetMap tags mean for travel, for linework and for places.

The rules follow the wiki of OpenStreetMap (Key:access, Key:oneway, Key:maxspeed); speeds stand in
the profiles of `gridmap.travel.profile`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from gridmap.partition.linework import LineKind
from gridmap.travel.profile import Profile

Tags = Mapping[str, str]

CLOSED = frozenset(
    {"no", "private", "agricultural", "forestry", "military", "emergency", "use_sidepath"}
)
#: What opens a class of street that is closed by default.
OPEN = frozenset({"yes", "designated", "permissive", "destination", "official", "dismount"})
#: Classes that are not there, or inside buildings; no access tag opens them.
ABSENT = frozenset(
    {
        "abandoned", "bus_stop", "construction", "corridor", "disused", "elevator",
        "emergency_bay", "no", "planned", "platform", "proposed", "raceway", "razed",
        "rest_area", "services", "via_ferrata",
    }
)  # fmt: skip
ONEWAY = frozenset({"yes", "1", "true"})
AGAINST = frozenset({"-1", "reverse"})
NOT_ONEWAY = frozenset({"no", "0", "false", "alternating"})
SPEED = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(mph|knots|km/h|kmh|kph)?\s*$")
KMH = {"mph": 1.609344, "knots": 1.852}

STREET_KINDS = {
    "motorway": LineKind.MOTORWAY,
    "motorway_link": LineKind.MOTORWAY,
    "trunk": LineKind.MOTORWAY,
    "trunk_link": LineKind.MOTORWAY,
    "primary": LineKind.MAJOR_STREET,
    "primary_link": LineKind.MAJOR_STREET,
    "secondary": LineKind.MAJOR_STREET,
    "secondary_link": LineKind.MAJOR_STREET,
    "tertiary": LineKind.MINOR_STREET,
    "tertiary_link": LineKind.MINOR_STREET,
    "residential": LineKind.LOCAL_STREET,
    "unclassified": LineKind.LOCAL_STREET,
    "living_street": LineKind.LOCAL_STREET,
    "pedestrian": LineKind.LOCAL_STREET,
    "road": LineKind.LOCAL_STREET,
    "service": LineKind.SERVICE_STREET,
}
#: Short dead ends on private ground: no border runs along them.
CLUTTER = frozenset({"parking_aisle", "driveway", "drive-through", "emergency_access"})
RAILS = frozenset({"rail", "light_rail", "narrow_gauge", "subway", "monorail"})

#: Keys that make a place to visit, in the order of their weight, with the values that do not.
PLACE_KEYS: Mapping[str, frozenset[str]] = {
    "shop": frozenset({"no", "vacant"}),
    "amenity": frozenset(
        {
            "bbq", "bench", "bicycle_parking", "bicycle_repair_station", "charging_station",
            "clock", "compressed_air", "drinking_water", "fountain", "grave_yard", "grit_bin",
            "hunting_stand", "letter_box", "loading_dock", "motorcycle_parking",
            "parking", "parking_entrance", "parking_space", "photo_booth", "post_box",
            "public_bookcase", "recycling", "shelter", "shower", "smoking_area", "taxi",
            "telephone", "toilets", "vacuum_cleaner", "vending_machine", "waste_basket",
            "waste_disposal", "water_point", "watering_place",
        }
    ),
    "office": frozenset({"no", "vacant"}),
    "craft": frozenset({"no"}),
    "healthcare": frozenset({"no"}),
    "tourism": frozenset(
        {"artwork", "attraction", "information", "picnic_site", "viewpoint", "yes", "no"}
    ),
    "leisure": frozenset(
        {
            "common", "fishing", "fitness_station", "firepit", "garden", "nature_reserve",
            "outdoor_seating", "park", "picnic_table", "pitch", "playground", "slipway",
            "swimming_pool", "track", "no",
        }
    ),
}  # fmt: skip


@dataclass(frozen=True)
class WayTravel:
    """Speeds along and against a way in km/h; 0 = closed."""

    forward_kmh: float
    backward_kmh: float


def way_travel(tags: Tags, profile: Profile) -> WayTravel | None:
    """Return how a way is travelled, None if it is closed to the means of travel."""
    street = tags.get("highway")
    if street is None or street in ABSENT or tags.get("area") == "yes":
        return None
    opened = _opened(tags, profile)
    if opened is False or (opened is None and tags.get("service") in profile.closed_service):
        return None
    if tags.get("motorroad") == "yes" and profile.mode != "drive" and opened is None:
        return None
    base = profile.speed_kmh.get(street)
    if base is None:
        if not opened:
            return None
        base = profile.permitted_kmh
    forward = _kmh(tags, profile, base, "maxspeed:forward")
    backward = _kmh(tags, profile, base, "maxspeed:backward")
    direction = _direction(tags, profile)
    if direction is None:
        return None
    return WayTravel(forward if direction >= 0 else 0.0, backward if direction <= 0 else 0.0)


def blocks(tags: Tags, profile: Profile) -> bool:
    """Return whether a node is a barrier that the means of travel cannot pass."""
    barrier = tags.get("barrier")
    if barrier is None:
        return False
    opened = _opened(tags, profile)
    return barrier in profile.closed_barriers if opened is None else not opened


def street_name(tags: Tags) -> str:
    """Return the name of a street, else its number, else nothing."""
    return tags.get("name") or tags.get("ref") or ""


def maxspeed_kmh(value: str | None) -> float | None:
    """Return a speed limit in km/h; None where there is none or it is not a number."""
    if not value:
        return None
    found = SPEED.match(value.split(";")[0])
    if found:
        return float(found[1]) * KMH.get(found[2] or "", 1.0) or None
    place = value.rpartition(":")[2]
    return {"walk": 7.0, "living_street": 7.0, "urban": 50.0}.get(place)


def line_kind(tags: Tags) -> LineKind:
    """Return what a way is in the linework; no bit where it is none or not on the ground."""
    nothing = LineKind(0)
    if tags.get("tunnel", "no") not in ("no", "building_passage"):
        return nothing
    if tags.get("location") == "underground" or tags.get("indoor") == "yes":
        return nothing
    kind = nothing
    street = STREET_KINDS.get(tags.get("highway", ""))
    if street is not None and tags.get("area") != "yes" and tags.get("service") not in CLUTTER:
        kind |= street
    if tags.get("railway") in RAILS and "service" not in tags:
        kind |= LineKind.RAIL
    if tags.get("waterway") in ("river", "canal"):
        kind |= LineKind.RIVER
    if tags.get("natural") == "coastline":
        kind |= LineKind.SHORE
    return kind


def is_street_bridge(tags: Tags) -> bool:
    """Return whether a way is a street on a bridge."""
    street = tags.get("highway") in STREET_KINDS
    return street and tags.get("bridge", "no") != "no" and tags.get("area") != "yes"


def is_water(tags: Tags) -> bool:
    """Return whether an area is open water."""
    if tags.get("natural") == "water":
        return tags.get("tunnel", "no") == "no"
    return tags.get("waterway") in ("riverbank", "dock") or tags.get("landuse") == "reservoir"


def place_category(tags: Tags) -> str:
    """Return the category of a place to visit as ``key=value``, or nothing."""
    for key, left_out in PLACE_KEYS.items():
        value = tags.get(key)
        if value and value not in left_out:
            return f"{key}={value}"
    return ""


def _opened(tags: Tags, profile: Profile) -> bool | None:
    """Return whether access tags open (True) or close (False) something, None = neither."""
    for key in reversed(profile.access):
        value = tags.get(key)
        if value is None:
            continue
        first = value.split(";")[0].strip()
        if first in CLOSED:
            return False
        # A general "yes" takes back no more special rule of a class: access=yes on a footway
        # lets no car in.
        return True if first in OPEN and key in profile.opening else None
    return None


def _kmh(tags: Tags, profile: Profile, base: float, directed: str) -> float:
    speed = base
    limit = maxspeed_kmh(tags.get(directed) or tags.get("maxspeed"))
    if limit is not None and profile.maxspeed == "sets":
        speed = limit * profile.maxspeed_factor
    elif limit is not None and profile.maxspeed == "caps":
        speed = min(base, limit * profile.maxspeed_factor)
    if profile.push_kmh and tags.get(profile.access[-1]) == "dismount":
        speed = min(speed, profile.push_kmh)
    return speed * profile.surface_factor.get(tags.get("surface", ""), 1.0)


def _direction(tags: Tags, profile: Profile) -> int | None:
    """Return 0 = both ways, 1 = along, -1 = against, None = neither for long."""
    if not profile.obeys_oneway:
        return 0
    if "oneway:bicycle" in profile.oneway and _against_lane(tags):
        return 0
    for key in profile.oneway:
        value = tags.get(key)
        if value in ONEWAY:
            return 1
        if value in AGAINST:
            return -1
        if value in NOT_ONEWAY:
            return 0
        if value == "reversible":
            return None
    round_ = tags.get("junction") in ("roundabout", "circular")
    return 1 if round_ or tags.get("highway") == "motorway" else 0


def _against_lane(tags: Tags) -> bool:
    keys = ("cycleway", "cycleway:left", "cycleway:right", "cycleway:both")
    return any(tags.get(key, "").startswith("opposite") for key in keys)
