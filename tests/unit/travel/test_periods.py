"""Periods: what a factor does to the seconds of each class, in and out of areas."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import shapely
from grid_town import grid_network
from pydantic import ValidationError

from gridmap.travel.network import StreetNetwork, Turns
from gridmap.travel.periods import (
    PERIODS,
    AreaFactors,
    Areas,
    PeriodFactors,
    assumed_factors,
    edge_factors,
    edge_middles,
    with_period,
)

WEST = Areas(("west",), np.array([shapely.box(-1, -1, 120, 500)], dtype=object))


def town() -> StreetNetwork:
    """2 x 1 blocks: four level streets (primary, the second row links), then three upright."""
    return dataclasses.replace(
        grid_network(2, 1, mode="drive"),
        road_class=np.array([0, 0, 1, 1, 2, 2, 2]),
        road_classes=("primary", "primary_link", "residential"),
    )


def test_a_factor_divides_the_seconds_of_its_class() -> None:
    """100 m at 1.25 m/s = 80 s; half the speed = 160 s; 0.8 of it = 100 s."""
    factors = PeriodFactors(default=0.8, factor={"primary": 0.5})
    slow = with_period(town(), factors)
    np.testing.assert_allclose(slow.forward_s, [160, 160, 160, 160, 100, 100, 100])
    np.testing.assert_allclose(slow.backward_s, slow.forward_s)
    link = PeriodFactors(factor={"primary": 0.5, "primary_link": 2.0})
    np.testing.assert_allclose(with_period(town(), link).forward_s[:4], [160, 160, 40, 40])


def test_a_closed_direction_stays_closed() -> None:
    closed = dataclasses.replace(town(), backward_s=np.full(7, np.inf))
    assert np.isinf(with_period(closed, PeriodFactors(default=2.0)).backward_s).all()


def test_only_the_means_of_travel_named_is_concerned() -> None:
    walk = dataclasses.replace(town(), mode="walk")
    assert with_period(walk, PeriodFactors(default=0.5)) is walk
    both = PeriodFactors(default=0.5, modes=("drive", "walk"))
    assert with_period(walk, both).forward_s[0] == 160.0


def test_turns_have_their_own_factor() -> None:
    turns = Turns(np.arange(14), np.arange(15), np.arange(14), np.full(14, 3.0))
    network = dataclasses.replace(town(), turns=turns)
    slow = with_period(network, PeriodFactors(default=0.5, turns=2.0))
    assert slow.turns
    np.testing.assert_allclose(slow.turns.seconds, 6.0)
    same = with_period(network, PeriodFactors(default=0.5))
    assert same.turns is turns


def test_an_area_takes_the_place_of_the_period() -> None:
    """Middles in the west (x < 120): the west level edges at x = 50, upright at x = 0 and 100."""
    factors = PeriodFactors(
        default=0.9, factor={"primary": 0.5}, areas={"west": AreaFactors(factor={"primary": 0.25})}
    )
    found = edge_factors(town(), factors, WEST)
    np.testing.assert_allclose(found, [0.25, 0.5, 0.25, 0.5, 0.9, 0.9, 0.9])
    inner = factors.model_copy(update={"areas": {"west": AreaFactors(default=0.4)}})
    found = edge_factors(town(), inner, WEST)
    np.testing.assert_allclose(found, [0.4, 0.5, 0.4, 0.5, 0.4, 0.4, 0.9])


def test_of_overlapping_areas_the_first_counts() -> None:
    boxes = [shapely.box(0, 0, 10, 10), shapely.box(5, 0, 20, 10)]
    areas = Areas(("a", "b"), np.array(boxes, dtype=object))
    found = areas.locate(np.array([[7.0, 5.0], [15.0, 5.0], [30.0, 5.0], [10.0, 10.0]]))
    assert found.tolist() == [0, 1, -1, 0]


def test_an_area_that_is_not_there_is_said() -> None:
    factors = PeriodFactors(areas={"east": AreaFactors(default=0.5)})
    with pytest.raises(ValueError, match="east"):
        with_period(town(), factors, WEST)
    with pytest.raises(ValueError, match="each once"):
        Areas(("a", "a"), np.array([None, None], dtype=object))


def test_the_middle_is_by_length_not_by_vertex() -> None:
    """An L of 10 m and 30 m: its middle is 20 m along, 10 m up the second leg."""
    network = dataclasses.replace(
        town(),
        tail=np.array([0, 1, 0]),
        head=np.array([1, 2, 0]),
        length_m=np.array([40.0, 8.0, 0.0]),
        forward_s=np.ones(3),
        backward_s=np.ones(3),
        name=np.zeros(3, dtype=np.int64),
        road_class=np.zeros(3, dtype=np.int64),
        line_start=np.array([0, 3, 5, 7]),
        line_xy=np.array(
            [[0, 0], [10, 0], [10, 30], [500, 500], [508, 500], [9, 9], [9, 9]], dtype=np.float64
        ),
    )
    np.testing.assert_allclose(edge_middles(network), [[10, 10], [504, 500], [9, 9]])


def test_what_comes_with_the_package() -> None:
    """Peaks are slower than midday, nights faster; walking does not change."""
    table = assumed_factors()
    assert tuple(table) == PERIODS
    for road_class in ("motorway", "primary", "secondary", "residential"):
        am, midday, pm, night = (table[one].of(road_class) for one in PERIODS)
        assert max(am, pm) < midday <= night
    assert all(one.modes == ("drive",) for one in table.values())


@pytest.mark.parametrize("wrong", [{"default": 0.0}, {"factor": {"primary": -1}}, {"speed": 2}])
def test_wrong_factors_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        PeriodFactors.model_validate(wrong)
