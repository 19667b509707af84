"""What stands on the sheets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sheet_plan import only_cell, sheet_plan, without_stops

from gridmap.export.sheet_book import lunch_and_finish, sheet_books, split_way
from gridmap.policies import WorkingDay
from gridmap.scenario import Scenario
from gridmap.territory import Territory
from gridmap.travel.network import StreetNetwork

HOUR = 3600.0


@pytest.fixture(scope="module")
def plan() -> tuple[Territory, Scenario]:
    return sheet_plan()


def test_books_hold_all_routes_and_stops(plan: tuple[Territory, Scenario]) -> None:
    territory, scenario = plan
    books = list(sheet_books(territory, scenario))
    assert [book.code for book in books] == ["C01", "C02"]
    numbers = [day.number for book in books for day in book.days]
    assert numbers == scenario.routes["number"].tolist()
    stops = [stop.place.outlet_id for book in books for day in book.days for stop in day.stops]
    assert stops == scenario.stops["outlet_id"].tolist()
    assert all(book.left_out == () for book in books)


def test_one_cell_alone_is_the_same(plan: tuple[Territory, Scenario]) -> None:
    territory, scenario = plan
    whole = list(sheet_books(territory, scenario))[1]
    (alone,) = sheet_books(territory, only_cell(scenario, 2))
    assert alone.outlets == whole.outlets
    assert [day.stops for day in alone.days] == [day.stops for day in whole.days]
    assert alone.boundary.equals(whole.boundary)


def test_outlets_without_a_visit_are_left_out(plan: tuple[Territory, Scenario]) -> None:
    territory, scenario = plan
    for book in sheet_books(territory, without_stops(scenario)):
        assert book.days == ()
        assert book.left_out == book.outlets
        assert len(book.outlets) > 0


def test_outlets_that_get_no_visits_are_not_listed(plan: tuple[Territory, Scenario]) -> None:
    """A rival with a grade is still not visited, and neither is a grade without visits."""
    territory, scenario = plan
    outlets = territory.outlets.copy()
    rivals = outlets["ownership"] == "rival"
    outlets.loc[rivals, "grade"] = "A"
    partner = outlets.index[outlets["visited"]][0]
    outlets.loc[partner, "grade"] = "none"
    books = sheet_books(replace(territory, outlets=outlets), without_stops(scenario))
    listed = {one.outlet_id for book in books for one in book.outlets}
    expected = set(outlets["outlet_id"][outlets["visited"]]) - {outlets["outlet_id"][partner]}
    assert listed == expected


def test_legs_and_return_add_up_to_the_distance(plan: tuple[Territory, Scenario]) -> None:
    territory, scenario = plan
    for book in sheet_books(territory, scenario):
        for day in book.days:
            back_m = np.hypot(*np.diff(day.return_xy, axis=0).T).sum()
            legs_m = sum(stop.leg_m for stop in day.stops)
            assert legs_m + back_m == pytest.approx(day.distance_m, rel=0.01)


def test_the_day_ends_after_the_last_visit_and_the_way_back(
    plan: tuple[Territory, Scenario],
) -> None:
    territory, scenario = plan
    for book in sheet_books(territory, scenario):
        for day in book.days:
            last = day.stops[-1]
            assert day.finish_s >= last.arrival_s + last.service_s


def test_places_are_on_earth_and_have_a_street_and_a_name(
    plan: tuple[Territory, Scenario],
) -> None:
    territory, scenario = plan
    places = {
        one.outlet_id: one for book in sheet_books(territory, scenario) for one in book.outlets
    }
    assert {one.street for one in places.values()} <= {"Main Street", "中央大街"}
    assert places["o6"].name == "o6"
    assert all(-180.0 <= one.lon <= 180.0 and -90.0 <= one.lat <= 90.0 for one in places.values())


def test_a_network_without_names_gives_no_street(plan: tuple[Territory, Scenario]) -> None:
    territory, scenario = plan
    network = territory.networks["walk"]
    nameless = replace(network, name=np.zeros_like(network.name))
    bare = replace(territory, networks={"walk": nameless})
    assert {one.street for book in sheet_books(bare, scenario) for one in book.outlets} == {""}


def test_managers_that_are_missing_stay_blank(plan: tuple[Territory, Scenario]) -> None:
    territory, scenario = plan
    cells = scenario.cells.assign(manager=[None, "李犇"])
    books = list(sheet_books(territory, replace(scenario, cells=cells)))
    assert [book.manager for book in books] == ["", "李犇"]


def test_lunch_between_two_stops() -> None:
    """8:30; stops 9:00–11:00 and 11:30–13:30, lunch 13:30–14:30, stop 15:00–17:00, back 17:30."""
    day = WorkingDay(max_minutes=600.0)
    arrival_s = np.array([9.0, 11.5, 15.0]) * HOUR
    lunch_s, finish_s = lunch_and_finish(arrival_s, np.full(3, 2.0 * HOUR), 4 * 0.5 * HOUR, day)
    assert lunch_s == 13.5 * HOUR
    assert finish_s == 17.5 * HOUR


def test_no_lunch_on_a_short_day() -> None:
    """8:30; one stop 9:00–9:30; back at 10:00."""
    lunch_s, finish_s = lunch_and_finish(
        np.array([9.0 * HOUR]), np.array([0.5 * HOUR]), HOUR, WorkingDay()
    )
    assert lunch_s is None
    assert finish_s == 10.0 * HOUR


def test_no_lunch_where_the_policy_has_none() -> None:
    lunch_s, finish_s = lunch_and_finish(
        np.array([9.0, 13.0]) * HOUR, np.full(2, HOUR), HOUR, WorkingDay(lunch=0.0)
    )
    assert lunch_s is None
    assert finish_s == 11.5 * HOUR


def test_a_way_is_split_where_each_stop_is_first_reached() -> None:
    """Out along a street and back: the second stop is reached on the way back only."""
    line = np.array([[0, 0], [10, 0], [20, 0], [10, 0], [0, 0]], dtype=float)
    vertex = split_way(line, np.array([[20.0, 3.0], [10.0, 3.0]]))
    assert vertex.tolist() == [2, 3]


def test_of_several_passes_the_first_counts() -> None:
    line = np.array([[0, 0], [10, 0], [20, 0], [10, 0], [0, 0]], dtype=float)
    assert split_way(line, np.array([[10.0, 3.0], [20.0, 3.0]])).tolist() == [1, 2]


def test_stops_at_one_place_share_a_vertex() -> None:
    line = np.array([[0, 0], [10, 0], [0, 0]], dtype=float)
    assert split_way(line, np.array([[10.0, 1.0], [10.0, 2.0]])).tolist() == [1, 1]


def test_streets_are_named_where_some_only_lead_to_others() -> None:
    """A drive network says on which edges nobody sets off; names are looked for on all."""
    territory, scenario = sheet_plan()
    (mode, network), *_ = territory.networks.items()
    names = ("", "High Street")
    half = np.arange(network.n_edges) % 2
    plain = replace(network, names=names, name=half)
    marked = replace(plain, no_stop=half == 0)

    def named(one: StreetNetwork) -> list[str]:
        books = sheet_books(replace(territory, networks={mode: one}), scenario)
        return [stop.place.street for book in books for day in book.days for stop in day.stops]

    assert named(plain) == named(marked)
    assert "High Street" in named(marked)
