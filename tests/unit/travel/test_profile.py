"""The profiles that come with the package."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gridmap.errors import InputError
from gridmap.travel.profile import MODES, load_profile


def test_every_mode_has_a_profile() -> None:
    for mode in MODES:
        profile = load_profile(mode)
        assert profile.mode == mode
        assert profile is load_profile(mode)
    assert load_profile("walk").speed_kmh["residential"] == 4.5
    assert load_profile("walk").obeys_oneway is False
    assert "motorway" not in load_profile("bike").speed_kmh
    # The e-bike is nowhere slower than the bicycle.
    bike, ebike = load_profile("bike"), load_profile("ebike")
    assert bike.speed_kmh.keys() == ebike.speed_kmh.keys()
    assert all(ebike.speed_kmh[key] >= kmh for key, kmh in bike.speed_kmh.items())


def test_unknown_mode_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match="drive, walk, bike, ebike"):
        load_profile("boat")


@pytest.mark.parametrize(
    "change",
    [
        {"permitted_kmh": 0.0},
        {"speed_kmh": {"residential": -1.0}},
        {"surface_factor": {"mud": 0.0}},
        {"maxspeed_factor": 0.0},
        {"maxspeed": "loves"},
    ],
)
def test_a_profile_checks_itself(change: dict) -> None:
    with pytest.raises(ValueError, match="Expected"):
        replace(load_profile("drive"), **change)


@pytest.mark.parametrize(
    "change",
    [
        {"bend_s": -1.0},
        {"bias": 0.0},
        {"wait_s": {"signal": -1.0}},
        {"wait_s": {"police": 1.0}},
        {"driving_side": "middle"},
    ],
)
def test_turn_costs_check_themselves(change: dict) -> None:
    turns = load_profile("drive").turns
    assert turns is not None
    with pytest.raises(ValueError, match="Expected"):
        replace(turns, **change)


def test_only_cars_have_turns() -> None:
    assert [mode for mode in MODES if load_profile(mode).turns is not None] == ["drive"]
