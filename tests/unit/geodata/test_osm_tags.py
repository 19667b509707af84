"""What tags mean, one rule a case."""

from __future__ import annotations

import pytest

from geodata.osm_tags import (
    blocks,
    duration_s,
    is_street_bridge,
    is_water,
    line_kind,
    node_wait,
    place_category,
    street_name,
    way_access,
    way_travel,
)
from gridmap.partition.linework import LineKind
from gridmap.travel.profile import load_profile


def speeds(mode: str, **tags: str) -> tuple[float, float] | None:
    """Speeds by tags; a double underscore in a key stands for a colon."""
    travel = way_travel({k.replace("__", ":"): v for k, v in tags.items()}, load_profile(mode))
    return None if travel is None else (travel.forward_kmh, travel.backward_kmh)


@pytest.mark.parametrize(
    ("mode", "tags", "expected"),
    [
        ("drive", {"highway": "residential"}, (25, 25)),
        ("drive", {"highway": "motorway"}, (90, 0)),
        ("drive", {"highway": "motorway", "oneway": "no"}, (90, 90)),
        ("drive", {"highway": "motorway_link"}, (45, 45)),
        ("drive", {"highway": "footway"}, None),
        ("drive", {"highway": "footway", "motor_vehicle": "yes"}, (10, 10)),
        ("drive", {"highway": "footway", "access": "yes"}, None),
        ("drive", {"highway": "residential", "access": "private"}, (25, 25)),
        ("bike", {"highway": "residential", "access": "private"}, None),
        ("drive", {"highway": "residential", "access": "no", "motorcar": "yes"}, (25, 25)),
        ("drive", {"highway": "residential", "motor_vehicle": "no"}, None),
        ("drive", {"highway": "residential", "vehicle": "forestry"}, None),
        ("drive", {"highway": "residential", "access": "destination"}, (25, 25)),
        ("drive", {"highway": "service"}, (15, 15)),
        ("drive", {"highway": "service", "service": "alley"}, (15, 15)),
        ("drive", {"highway": "service", "service": "driveway"}, (15, 15)),
        ("drive", {"highway": "service", "service": "emergency_access"}, None),
        ("drive", {"highway": "track", "motor_vehicle": "destination"}, (10, 10)),
        ("drive", {"highway": "residential", "maxwidth": "1.8"}, None),
        ("drive", {"highway": "residential", "maxheight": "6'3\""}, None),
        ("drive", {"highway": "residential", "maxheight": "default"}, (25, 25)),
        ("drive", {"highway": "residential", "maxweight": "1.5 t"}, None),
        ("drive", {"highway": "residential", "maxweight": "7,5"}, (25, 25)),
        ("drive", {"highway": "residential", "maxweight": "4000 lbs"}, None),
        ("drive", {"highway": "residential", "smoothness": "impassable"}, None),
        ("drive", {"highway": "residential", "access": "no;permit"}, None),
        ("drive", {"highway": "residential", "access": "no;yes"}, (25, 25)),
        ("drive", {"route": "ferry"}, (5, 5)),
        ("drive", {"route": "ferry", "motor_vehicle": "no"}, None),
        ("drive", {"route": "bus"}, None),
        ("walk", {"route": "ferry"}, None),
        ("drive", {"highway": "construction", "motor_vehicle": "yes"}, None),
        ("drive", {"highway": "residential", "area": "yes"}, None),
        ("drive", {"highway": "secondary", "surface": "gravel"}, (40, 40)),
        ("bike", {"highway": "residential", "surface": "gravel"}, (10.5, 10.5)),
        ("drive", {"highway": "residential", "maxspeed": "50"}, (40, 40)),
        ("drive", {"highway": "motorway", "maxspeed": "none"}, (112, 0)),
        ("drive", {"highway": "residential", "oneway": "reversible"}, None),
        ("drive", {"highway": "residential", "oneway": "alternating"}, (25, 25)),
        ("drive", {"highway": "residential", "oneway": "yes", "oneway__bicycle": "no"}, (25, 0)),
        ("drive", {"building": "yes"}, None),
        ("walk", {"highway": "motorway"}, None),
        ("walk", {"highway": "trunk"}, (4.5, 4.5)),
        ("walk", {"highway": "trunk", "motorroad": "yes"}, None),
        ("walk", {"highway": "trunk", "motorroad": "yes", "foot": "yes"}, (4.5, 4.5)),
        ("walk", {"highway": "residential", "oneway": "yes"}, (4.5, 4.5)),
        ("walk", {"highway": "residential", "maxspeed": "30"}, (4.5, 4.5)),
        ("walk", {"highway": "residential", "foot": "no"}, None),
        ("walk", {"highway": "service", "access": "private", "foot": "yes"}, (4.5, 4.5)),
        ("walk", {"highway": "steps"}, (2.5, 2.5)),
        ("walk", {"highway": "corridor"}, None),
        ("bike", {"highway": "residential"}, (15, 15)),
        ("ebike", {"highway": "residential"}, (20, 20)),
        ("bike", {"highway": "footway"}, None),
        ("bike", {"highway": "footway", "bicycle": "designated"}, (10, 10)),
        ("bike", {"highway": "footway", "bicycle": "dismount"}, (4.5, 4.5)),
        ("bike", {"highway": "primary", "bicycle": "use_sidepath"}, None),
        ("bike", {"highway": "residential", "oneway": "yes"}, (15, 0)),
        ("bike", {"highway": "residential", "oneway": "yes", "oneway__bicycle": "no"}, (15, 15)),
        ("bike", {"highway": "residential", "oneway": "yes", "cycleway": "opposite"}, (15, 15)),
        (
            "bike",
            {"highway": "residential", "oneway": "1", "cycleway__left": "opposite_lane"},
            (15, 15),
        ),
        ("bike", {"highway": "living_street", "maxspeed": "walk"}, (7, 7)),
        ("bike", {"highway": "residential", "maxspeed": "50"}, (15, 15)),
    ],
)
def test_way_travel(mode: str, tags: dict, expected: tuple[float, float] | None) -> None:
    found = speeds(mode, **tags)
    assert found == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize(
    ("mode", "tags", "expected"),
    [
        ("drive", {"barrier": "bollard"}, True),
        ("drive", {"barrier": "bollard", "motor_vehicle": "yes"}, False),
        ("drive", {"barrier": "gate"}, False),
        ("drive", {"barrier": "gate", "access": "private"}, False),
        ("drive", {"barrier": "gate", "access": "no"}, True),
        ("drive", {"barrier": "wall"}, True),
        ("drive", {"barrier": "kerb"}, True),
        ("drive", {"barrier": "kerb", "kerb": "lowered"}, False),
        ("drive", {"barrier": "bollard", "bollard": "rising"}, False),
        ("bike", {"barrier": "gate", "access": "private"}, True),
        ("drive", {"highway": "crossing", "access": "private"}, False),
        ("walk", {"barrier": "gate", "access": "private", "foot": "yes"}, False),
        ("walk", {"barrier": "stile"}, False),
        ("bike", {"barrier": "stile"}, True),
    ],
)
def test_blocks(mode: str, tags: dict, expected: bool) -> None:
    assert blocks(tags, load_profile(mode)) is expected


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ({"highway": "trunk_link"}, LineKind.MOTORWAY),
        ({"highway": "secondary"}, LineKind.MAJOR_STREET),
        ({"highway": "tertiary"}, LineKind.MINOR_STREET),
        ({"highway": "pedestrian"}, LineKind.LOCAL_STREET),
        ({"highway": "pedestrian", "area": "yes"}, 0),
        ({"highway": "service"}, LineKind.SERVICE_STREET),
        ({"highway": "service", "service": "driveway"}, 0),
        ({"highway": "footway"}, 0),
        ({"highway": "primary", "tunnel": "yes"}, 0),
        ({"highway": "residential", "tunnel": "building_passage"}, LineKind.LOCAL_STREET),
        ({"railway": "rail"}, LineKind.RAIL),
        ({"railway": "rail", "service": "yard"}, 0),
        ({"railway": "subway", "tunnel": "yes"}, 0),
        ({"railway": "tram", "highway": "residential"}, LineKind.LOCAL_STREET),
        ({"railway": "rail", "highway": "primary"}, LineKind.RAIL | LineKind.MAJOR_STREET),
        ({"waterway": "river"}, LineKind.RIVER),
        ({"waterway": "canal", "tunnel": "culvert"}, 0),
        ({"waterway": "river", "location": "underground"}, 0),
        ({"waterway": "stream"}, 0),
        ({"natural": "coastline"}, LineKind.SHORE),
    ],
)
def test_line_kind(tags: dict, kind: int) -> None:
    assert line_kind(tags) == kind


def test_water_bridges_places_and_names() -> None:
    assert is_water({"natural": "water", "water": "lake"})
    assert is_water({"waterway": "riverbank"})
    assert is_water({"landuse": "reservoir"})
    assert not is_water({"natural": "water", "tunnel": "yes"})
    assert not is_water({"natural": "wood"})
    assert is_street_bridge({"highway": "primary", "bridge": "yes"})
    assert not is_street_bridge({"highway": "primary", "bridge": "no"})
    assert not is_street_bridge({"highway": "footway", "bridge": "yes"})
    assert place_category({"shop": "bakery", "amenity": "cafe"}) == "shop=bakery"
    assert place_category({"shop": "vacant", "amenity": "cafe"}) == "amenity=cafe"
    assert place_category({"amenity": "bench"}) == ""
    assert street_name({"name": "中山路", "ref": "S 1"}) == "中山路"
    assert street_name({"ref": "S 1"}) == "S 1"
    assert street_name({}) == ""


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("25", 1500), ("1:30", 5400), ("0:12:30", 750), ("PT2H", 7200), ("PT1H5M10S", 3910),
        ("soon", None), ("0", None), ("", None), (None, None),
    ],
)  # fmt: skip
def test_duration(value: str | None, seconds: float | None) -> None:
    assert duration_s(value) == seconds


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"highway": "traffic_signals"}, ("signal", "")),
        (
            {"highway": "traffic_signals", "traffic_signals:direction": "backward"},
            ("signal", "backward"),
        ),
        ({"highway": "stop", "direction": "forward"}, ("stop", "forward")),
        ({"highway": "stop", "direction": "270"}, ("stop", "")),
        ({"highway": "stop", "stop": "minor"}, ("stop_minor", "")),
        ({"highway": "give_way"}, ("give_way", "")),
        ({"barrier": "lift_gate"}, ("gate", "")),
        ({"barrier": "gate", "access": "yes"}, None),
        ({"highway": "crossing"}, None),
    ],
)
def test_node_wait(tags: dict, expected: tuple[str, str] | None) -> None:
    assert node_wait(tags, load_profile("drive")) == expected


def test_who_may_pass_and_who_may_stop() -> None:
    """Private streets are for those who live there; private service streets for nobody."""
    drive = load_profile("drive")
    found = way_access({"highway": "residential", "access": "destination"}, drive)
    assert found is not None and found.no_through and not found.no_stop
    found = way_access({"highway": "service", "access": "private"}, drive)
    assert found is not None and found.no_through and found.no_stop
    found = way_access({"highway": "service", "access": "private", "motorcar": "yes"}, drive)
    assert found is not None and not found.no_through and not found.no_stop
