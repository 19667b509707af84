"""A network weighted anew is the network that the file gives with that profile."""

from __future__ import annotations

import tempfile
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from osm_text import write_osm
from turn_town import CRS, GRID

from geodata.osm_streets import load_streets
from gridmap.errors import InputError
from gridmap.travel.network import StreetNetwork, Turns
from gridmap.travel.profile import Profile, load_profile
from gridmap.travel.weights import topology_key, weighted

DRIVE = load_profile("drive")
STREETS = ((4, 5), (5, 6), (2, 5), (5, 8), (1, 2), (2, 3), (3, 6), (6, 9), (4, 7), (7, 8))
TAGS = {
    "highway": ["residential", "primary", "service"],
    "maxspeed": [None, "30", "50"],
    "maxspeed:forward": [None, None, "20"],
    "surface": [None, "gravel", "sett"],
    "smoothness": [None, None, "bad"],
    "oneway": [None, None, None, "yes", "-1"],
    "access": [None, None, None, "private", "destination"],
    "junction": [None, None, "circular"],
}
tags = st.fixed_dictionaries({key: st.sampled_from(values) for key, values in TAGS.items()})
streets = st.lists(tags, min_size=len(STREETS), max_size=len(STREETS))
nodes = st.dictionaries(
    st.sampled_from(sorted(GRID)),
    st.sampled_from(["traffic_signals", "stop", "give_way"]).map(lambda kind: {"highway": kind}),
)
kmh = st.floats(5, 130)
costs = st.floats(0, 30)


@st.composite
def a_profile(draw: st.DrawFn) -> Profile:
    """The car profile with other speeds and costs."""
    assert DRIVE.turns is not None
    turns = replace(
        DRIVE.turns,
        bend_s=draw(costs),
        u_turn_s=draw(costs),
        wait_s={"signal": draw(costs)},
        driving_side=draw(st.sampled_from(["left", "right", "auto"])),
    )
    return replace(
        DRIVE,
        speed_kmh={**DRIVE.speed_kmh, "primary": draw(kmh)},
        surface_kmh={"gravel": draw(kmh)},
        maxspeed_factor=draw(st.floats(0.3, 1.2)),
        turns=turns,
    )


@settings(max_examples=30, deadline=None)
@given(streets, nodes, a_profile())
def test_weighting_equals_loading(found: list, node_tags: dict, other: Profile) -> None:
    assert topology_key(other) == topology_key(DRIVE)
    ways = {
        # The first street is always there, so that there is a network.
        10 + number: (
            refs,
            {key: value for key, value in one.items() if value} if number else
            {"highway": "residential"},
        )
        for number, (refs, one) in enumerate(zip(STREETS, found, strict=True))
    }  # fmt: skip
    members = (("way", 10, "from"), ("node", 5, "via"), ("way", 12, "to"))
    relations = {1: (members, {"type": "restriction", "restriction": "no_right_turn"})}
    with tempfile.TemporaryDirectory() as folder:
        path = write_osm(
            Path(folder) / "a.osm", GRID, ways, relations=relations, node_tags=node_tags
        )
        try:
            before = load_streets(path, "drive", CRS).network
        except InputError:  # all streets lead away from the first one
            reject()
        loaded = load_streets(path, "drive", CRS, profile=other).network
    again = weighted(before, other)
    for field in fields(StreetNetwork):
        if field.name != "turns":
            np.testing.assert_array_equal(
                getattr(again, field.name), getattr(loaded, field.name), field.name
            )
    assert again.turns is not None and loaded.turns is not None
    for field in fields(Turns):
        np.testing.assert_array_equal(
            getattr(again.turns, field.name), getattr(loaded.turns, field.name), field.name
        )
