"""What the map fetches: valid GeoJSON in degrees, longitude first."""

import json
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from dashboards import geojson
from dashboards.access import Plan
from dashboards.colours import PALETTE, SPARE, cell_colours
from gridmap.territory import Adjacency
from tests.dashboards.fixtures import CRS, make_plan


@pytest.fixture(scope="module")
def plan() -> Plan:
    return make_plan()


def features(content: bytes) -> list[dict[str, Any]]:
    collection = json.loads(content)
    assert collection["type"] == "FeatureCollection"
    return list(collection["features"])


def test_cells_meet_without_gap_or_overlap_in_degrees(plan: Plan) -> None:
    found = features(geojson.cells(plan, "en"))
    polygons = [shapely.from_geojson(json.dumps(one["geometry"])) for one in found]
    assert [one["properties"]["cell_id"] for one in found] == [1, 2, 3, 4]
    assert shapely.coverage_is_valid(polygons)
    west, south, east, north = shapely.total_bounds(polygons)
    assert 24.8 < west < east < 25.1
    assert 60.1 < south < north < 60.3


def test_borders_are_drawn_with_fewer_points_and_still_meet() -> None:
    """A border with a bend every metre between two halves of a square."""
    bends = [(50.0 + 0.2 * (step % 2), float(step)) for step in range(101)]
    west = shapely.Polygon([(0, 100), (0, 0), *bends])
    east = shapely.Polygon([(100, 0), (100, 100), *bends[::-1]])
    halves = np.array([west, east])
    drawn = geojson.drawn_cells(halves)
    assert shapely.get_num_coordinates(drawn).sum() < 30
    assert shapely.coverage_is_valid(drawn)
    assert shapely.area(drawn).sum() == pytest.approx(100.0**2)


def test_titles_follow_the_language(plan: Plan) -> None:
    english = features(geojson.outlets(plan, "en"))[0]["properties"]
    chinese = features(geojson.outlets(plan, "zh"))[0]["properties"]
    assert english["title"] == "Market shop · Own · Ours · cell G01"
    assert "自有渠道" in chinese["title"]


def test_outlets_have_the_symbols_of_the_legend(plan: Plan) -> None:
    found = [one["properties"] for one in features(geojson.outlets(plan, "en"))]
    assert {one["symbol"] for one in found} == {"own", "partner_visited", "rival"}
    assert all(bool(one["label"]) == (one["ownership"] == "own") for one in found)


def test_routes_of_a_cell_have_lines_and_numbered_stops(plan: Plan) -> None:
    found = features(geojson.routes(plan, 1, "en"))
    lines = [one for one in found if one["geometry"]["type"] == "LineString"]
    stops = [one["properties"] for one in found if one["geometry"]["type"] == "Point"]
    # two weeks of four stops on Monday and three on Thursday
    assert len(lines) == 4
    monday = [one["seq"] for one in stops if (one["week"], one["weekday"]) == (1, 1)]
    assert monday == [1, 2, 3, 4]
    assert len(stops) == 14
    assert stops[1]["title"].startswith("Stop 2: Kiosk 12, 09:")


def test_a_cell_without_routes_has_none(plan: Plan) -> None:
    assert features(geojson.routes(plan, 4, "en")) == []


def test_names_from_outside_stay_text(plan: Plan) -> None:
    names = [one["properties"]["title"] for one in features(geojson.outlets(plan, "en"))]
    assert any("Café “Ä” <b>杂货</b>" in name for name in names)


def pairs(*touching: tuple[int, int]) -> Adjacency:
    first, second = np.array(touching, dtype=np.int64).T
    shared = np.ones(len(first))
    none = np.zeros(len(first))
    return Adjacency(first, second, shared, none, none, none, none, none.astype(np.int64))


def test_neighbours_differ_in_colour(plan: Plan) -> None:
    """The four cells meet two by two; those that share a border differ."""
    colours = geojson.colours(plan)
    for one, other in ((0, 1), (2, 3), (0, 2), (1, 3)):
        assert colours[one] != colours[other]


def test_strong_colours_are_spared() -> None:
    """Eight cells that all touch each other need every colour; six need the pale ones only."""

    def all_touching(n: int) -> set[str]:
        every = [(one, other) for one in range(n) for other in range(one + 1, n)]
        return set(cell_colours(pairs(*every), np.arange(n), n))

    assert all_touching(6) == set(PALETTE)
    assert all_touching(8) == set(PALETTE + SPARE)
    assert len(all_touching(9)) == 8


def test_cells_linked_by_a_bridge_only_count_as_apart() -> None:
    """Neighbours by a bridge are none: seven of them need no strong colour."""
    every = [(one, other) for one in range(7) for other in range(one + 1, 7)]
    bridge = pairs(*every)
    none = np.zeros(len(every))
    bridge = Adjacency(bridge.first, bridge.second, none, *[none] * 4, bridge.crossings)
    assert set(cell_colours(bridge, np.arange(7), 7)) == set(PALETTE)


def test_findings_are_zones_pairs_and_the_places_of_their_fixes(plan: Plan) -> None:
    found = features(geojson.findings(plan, "en"))
    about = [(one["properties"]["layer"], one["properties"]["number"]) for one in found]
    assert about == [("blind", 1), ("blind_fix", 1), ("blind", 2), ("pair", 1), ("pair_fix", 1)]
    assert [one["geometry"]["type"] for one in found] == [
        "Polygon", "Point", "Polygon", "LineString", "Point",
    ]  # fmt: skip
    zone, _, small, pair, _ = (one["properties"]["title"] for one in found)
    assert zone.startswith("Blind zone 1 · cell G01 · demand 48 (20.0% of the cell) · open an own")
    assert small.endswith("not looked for: among the smallest")
    assert "67% shared · close Harbour shop (own-1)" in pair
    assert "盲区 1" in features(geojson.findings(plan, "zh"))[0]["properties"]["title"]


def test_an_older_plan_has_no_findings_and_one_without_streets_no_reach(plan: Plan) -> None:
    bare = Plan(1, plan.territory, replace(plan.scenario, report={}))
    assert features(geojson.findings(bare, "en")) == []
    assert features(geojson.reach(bare, "en")) == []


def test_reach_has_a_style_for_each_threshold(plan: Plan) -> None:
    seen = Plan(1, plan.territory, plan.scenario)
    squares = [
        shapely.box(385_000, 6_671_600, 385_000 + w, 6_671_600 + w) for w in (9, 99, 200, 300)
    ]
    ground = gpd.GeoDataFrame({"minutes": [5.0, 10, 15, 20]}, geometry=squares, crs=CRS)
    seen.__dict__["reach"] = ground
    found = [one["properties"] for one in features(geojson.reach(seen, "en"))]
    assert [one["place"] for one in found] == [0, 1, 2, 2]
    assert found[0]["title"] == "Walking 5 min"
