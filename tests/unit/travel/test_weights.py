"""Speeds from tags, and weighting a network anew."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from osm_text import write_osm
from turn_town import CRS, GRID, STREET, load

from geodata.osm_streets import load_streets
from gridmap.travel.profile import load_profile
from gridmap.travel.weights import (
    maxspeed_kmh,
    mirrored,
    speed_tags,
    topology_key,
    way_kmh,
    weighted,
)

DRIVE, BIKE = load_profile("drive"), load_profile("bike")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("50", 50), ("30 mph", 48.28032), ("30mph", 48.28032), ("10 knots", 18.52), ("60;80", 60),
        ("90 km/h", 90), ("CN:urban", 50), ("CN:rural", 90), ("DE:rural", 100), ("none", 140),
        ("signals", None), ("", None), (None, None), ("0", None), ("fast", None),
    ],
)  # fmt: skip
def test_maxspeed(value: str | None, expected: float | None) -> None:
    found = maxspeed_kmh(value, DRIVE.limit_kmh)
    assert found == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"highway": "primary"}, (65, 65)),
        ({"highway": "primary", "maxspeed": "50"}, (40, 40)),
        ({"highway": "primary", "maxspeed:forward": "50"}, (40, 65)),
        ({"highway": "primary", "maxspeed": "50", "maxspeed:backward": "30"}, (40, 24)),
        ({"highway": "primary", "maxspeed": "50", "maxspeed:advisory": "40"}, (32, 32)),
        ({"highway": "primary", "maxspeed:type": "GB:nsl_single"}, (77.232, 77.232)),
        ({"highway": "primary", "surface": "sett"}, (40, 40)),
        ({"highway": "primary", "tracktype": "grade4"}, (25, 25)),
        ({"highway": "primary", "smoothness": "horrible", "surface": "sett"}, (10, 10)),
        ({"highway": "living_street", "surface": "cement"}, (10, 10)),
        ({"highway": "track"}, (10, 10)),
        ({"route": "ferry"}, (5, 5)),
        ({"route": "ferry", "timed_kmh": "12.5"}, (12.5, 12.5)),
    ],
)
def test_way_kmh(tags: dict, expected: tuple[float, float]) -> None:
    assert way_kmh(tags, DRIVE) == pytest.approx(expected)


def test_tags_of_a_way_seen_from_its_other_end() -> None:
    tags = {"highway": "primary", "maxspeed:forward": "50", "name": "x", "maxspeed": "30"}
    kind = speed_tags(tags, DRIVE)
    assert dict(kind) == {"highway": "primary", "maxspeed:forward": "50", "maxspeed": "30"}
    assert dict(mirrored(kind)) == {
        "highway": "primary", "maxspeed:backward": "50", "maxspeed": "30",
    }  # fmt: skip
    assert mirrored(mirrored(kind)) == kind


def test_the_topology_is_not_the_speeds() -> None:
    slower = replace(DRIVE, speed_kmh=dict.fromkeys(DRIVE.speed_kmh, 5.0), maxspeed_factor=0.5)
    assert topology_key(slower) == topology_key(DRIVE)
    assert DRIVE.turns is not None
    assert topology_key(replace(DRIVE, turns=replace(DRIVE.turns, bend_s=0.0))) == topology_key(
        DRIVE
    )
    changed = [
        replace(DRIVE, closed_access=DRIVE.closed_access | {"private"}),
        replace(DRIVE, no_through=frozenset()),
        replace(DRIVE, no_stop={}),
        replace(DRIVE, obeys_oneway=False),
        replace(DRIVE, open_barriers=frozenset()),
        replace(DRIVE, speed_kmh={"primary": 50.0}),
        replace(DRIVE, turns=None),
        replace(DRIVE, restrictions=("hgv",)),
        replace(DRIVE, vehicle={**DRIVE.vehicle, "height_m": 4.0}),
        BIKE,
    ]
    keys = [topology_key(one) for one in (DRIVE, *changed)]
    assert len(set(keys)) == len(keys)


def test_a_ferry_takes_its_tagged_duration(tmp_path: Path) -> None:
    """0.01 degrees in half an hour."""
    ways = {10: [1, 2], 11: ([2, 3], {"route": "ferry", "duration": "0:30"}), 12: [3, 6]}
    network = load(tmp_path, ways).network
    ferry = network.road_classes.index("ferry")
    edge = int(np.flatnonzero(network.road_class == ferry)[0])
    # The speed is kept to a thousandth of a km/h, and on the sphere.
    assert network.forward_s[edge] == pytest.approx(1800, rel=3e-3)
    assert network.backward_s[edge] == network.forward_s[edge]
    ways[11] = ([2, 3], {"route": "ferry"})
    network = load(tmp_path, ways).network
    edge = int(np.flatnonzero(network.road_class == network.road_classes.index("ferry"))[0])
    assert network.forward_s[edge] == pytest.approx(network.length_m[edge] / 5 * 3.6)
    ways[11] = ([2, 99, 3], {"route": "ferry", "duration": "0:30"})
    assert "ferry" not in load(tmp_path, ways).network.road_classes


def test_networks_that_cannot_be_weighted(tmp_path: Path) -> None:
    network = load(tmp_path, {10: [1, 2, 3]}).network
    with pytest.raises(ValueError, match="tags"):
        weighted(replace(network, kind=None), DRIVE)
    with pytest.raises(ValueError, match="turns"):
        weighted(network, replace(DRIVE, turns=None))
    with pytest.raises(ValueError, match="turns"):
        weighted(replace(network, turns=None), DRIVE)


def test_a_oneway_street_stays_closed(tmp_path: Path) -> None:
    ring = {way: ([a, b], {**STREET, "oneway": "yes", "name": str(way)})
            for way, a, b in ((10, 1, 2), (11, 2, 5), (12, 5, 1))}  # fmt: skip
    path = write_osm(tmp_path / "a.osm", GRID, ring)
    for mode in ("drive", "bike"):
        profile = load_profile(mode)
        network = load_streets(path, mode, CRS).network
        again = weighted(network, replace(profile, speed_kmh={"residential": 10.0}))
        assert np.isinf(again.backward_s).all()
        assert again.forward_s == pytest.approx(network.length_m * 0.36)
