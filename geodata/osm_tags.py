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
from gridmap.travel.weights import way_kmh

Tags = Mapping[str, str]

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
DURATION = re.compile(r"(?:(\d+):)?(\d+)(?::(\d+))?$")
ISO_DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?$")
#: Limits to the size of a vehicle, with the tags that give them, the one that decides first.
SIZES = (
    ("height_m", ("maxheight:physical", "maxheight")),
    ("width_m", ("maxwidth:physical", "maxwidth")),
    ("length_m", ("maxlength",)),
    ("weight_kg", ("maxweightrating", "maxweight")),
)
SIZE = re.compile(r"(\d+(?:[.,]\d+)?)\s*(m|t|kg|lbs)?$")
FEET = re.compile(r"(\d+)'(?:(\d+)\"?)?$")
FOOT_M, INCH_M, POUND_KG = 0.3048, 0.0254, 0.45359237
WAIT_NODES = {"traffic_signals": "signal", "stop": "stop", "give_way": "give_way"}
GATES = ("gate", "lift_gate")

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
class WayAccess:
    """Who may travel a way: along it, against it, only to places on it, or not to these."""

    forward: bool
    backward: bool
    no_through: bool = False
    no_stop: bool = False


@dataclass(frozen=True)
class WayTravel:
    """Speeds along and against a way in km/h; 0 = closed."""

    forward_kmh: float
    backward_kmh: float


def way_access(tags: Tags, profile: Profile) -> WayAccess | None:
    """Return who may travel a way, None if it is closed to the means of travel."""
    street = tags.get("highway")
    if street is None:
        if tags.get("route") not in profile.route_kmh:
            return None
    elif street in ABSENT:
        return None
    if tags.get("area") == "yes":
        return None
    value, opened = _opened(tags, profile)
    if opened is False or (opened is None and tags.get("service") in profile.closed_service):
        return None
    if tags.get("motorroad") == "yes" and profile.mode != "drive" and opened is None:
        return None
    if street is not None and street not in profile.speed_kmh and not opened:
        return None
    if any(tags.get(key) in values for key, values in profile.closed_tags.items()):
        return None
    if profile.vehicle and not _fits(tags, profile.vehicle):
        return None
    direction = _direction(tags, profile)
    if direction is None:
        return None
    no_through = value in profile.no_through
    no_stop = no_through and value in profile.no_stop.get(street or "", ())
    return WayAccess(direction >= 0, direction <= 0, no_through, no_stop)


def way_travel(tags: Tags, profile: Profile) -> WayTravel | None:
    """Return how fast a way is travelled, None if it is closed to the means of travel."""
    access = way_access(tags, profile)
    if access is None:
        return None
    forward_kmh, backward_kmh = way_kmh(tags, profile)
    return WayTravel(
        forward_kmh if access.forward else 0.0, backward_kmh if access.backward else 0.0
    )


def blocks(tags: Tags, profile: Profile) -> bool:
    """Return whether a node is a barrier that the means of travel cannot pass."""
    barrier = tags.get("barrier")
    if barrier is None:
        return False
    value, opened = _opened(tags, profile)
    if opened is not None or value in profile.no_through:
        return opened is False
    if profile.open_barriers:
        flat = barrier == "kerb" and tags.get("kerb") in ("lowered", "flush")
        flat = flat or (barrier == "kerb" and tags.get("highway") == "crossing")
        flat = flat or (barrier == "bollard" and tags.get("bollard") == "rising")
        return barrier not in profile.open_barriers and not flat
    return barrier in profile.closed_barriers


def node_wait(tags: Tags, profile: Profile) -> tuple[str, str] | None:
    """Return what one waits for at a node, and in which direction of its way.

    Returns
    -------
    One of `gridmap.travel.profile.WAITS`, with ``forward``, ``backward`` or nothing for both;
    None where one waits for nothing.
    """
    found = WAIT_NODES.get(tags.get("highway", ""))
    if found is None:
        gated = tags.get("barrier") in GATES and _opened(tags, profile)[0] is None
        return ("gate", "") if gated else None
    if found == "stop" and tags.get("stop") == "minor":
        found = "stop_minor"
    direction = tags.get("direction", "")
    if found == "signal":
        direction = tags.get("traffic_signals:direction", direction)
    return found, direction if direction in ("forward", "backward") else ""


def duration_s(value: str | None) -> float | None:
    """Return a tagged duration (``25``, ``1:30``, ``0:12:30``, ``PT2H``) in seconds, or None."""
    if not value:
        return None
    iso = ISO_DURATION.match(value)
    if iso:
        hours, minutes, seconds = (int(part or 0) for part in iso.groups())
    else:
        found = DURATION.match(value)
        if not found:
            return None
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return float(hours * 3600 + minutes * 60 + seconds) or None


def street_name(tags: Tags) -> str:
    """Return the name of a street, else its number, else nothing."""
    return tags.get("name") or tags.get("ref") or ""


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


def _opened(tags: Tags, profile: Profile) -> tuple[str | None, bool | None]:
    """Return the access value that decides, and whether it opens (True) or closes (False)."""
    for key in reversed(profile.access):
        value = tags.get(key)
        if value is None:
            continue
        parts = [part.strip() for part in value.split(";")]
        # Of several values the friendliest decides.
        one = next((part for part in parts if part in OPEN and part != "destination"), parts[0])
        if one in profile.closed_access:
            return one, False
        # A general "yes" takes back no more special rule of a class: access=yes on a footway
        # lets no car in.
        return one, True if one in OPEN and key in profile.opening else None
    return None, None


def _fits(tags: Tags, vehicle: Mapping[str, float]) -> bool:
    """Return whether a vehicle is within the tagged limits; what is no number limits nothing."""
    for name, keys in SIZES:
        value = next((tags[key] for key in keys if key in tags), None)
        limit = None if value is None or name not in vehicle else _size(value, name)
        if limit is not None and limit < vehicle[name]:
            return False
    return True


def _size(value: str, name: str) -> float | None:
    feet = FEET.match(value.strip())
    if feet:
        return int(feet[1]) * FOOT_M + int(feet[2] or 0) * INCH_M
    found = SIZE.match(value.strip())
    if not found:
        return None
    number, unit = float(found[1].replace(",", ".")), found[2]
    if name != "weight_kg" or unit == "kg":
        return number
    return number * (POUND_KG if unit == "lbs" else 1000.0)


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
