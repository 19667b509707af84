"""`gridmap check` catches each fault that is put into a good plan."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from command_line import CommandLine


class Spoilt:
    """A copy of a plan whose layers can be changed."""

    def __init__(self, plan: Path) -> None:
        self.plan = plan

    def read(self, layer: str) -> gpd.GeoDataFrame:
        return gpd.read_file(self.plan, layer=layer)

    def write(self, layer: str, frame: gpd.GeoDataFrame) -> None:
        frame.to_file(self.plan, layer=layer, driver="GPKG")


def sliver(plan: Spoilt) -> None:
    """One vertex of one cell moves by a centimetre."""
    cells = plan.read("cells")
    xy = shapely.get_coordinates(cells.geometry[0])
    xy[1] += [0.01, 0.0]
    cells.loc[0, "geometry"] = shapely.Polygon(xy)
    plan.write("cells", cells)


def overlap(plan: Spoilt) -> None:
    """One cell is drawn 5 m wider."""
    cells = plan.read("cells")
    cells.loc[0, "geometry"] = cells.geometry[0].buffer(5.0)
    plan.write("cells", cells)


def moved_outlet(plan: Spoilt) -> None:
    """The centres of two cells change places."""
    outlets = plan.read("outlets")
    one, other = np.flatnonzero(outlets["is_centre"])[:2]
    places = outlets.geometry.to_numpy().copy()
    places[[one, other]] = places[[other, one]]
    plan.write("outlets", outlets.set_geometry(gpd.GeoSeries(places, crs=outlets.crs)))


def missing_visit(plan: Spoilt) -> None:
    """A stop is gone, and its route no longer counts it."""
    stops, routes = plan.read("stops"), plan.read("routes")
    gone = stops.index[-1]
    mine = routes["route_id"] == stops.loc[gone, "route_id"]
    routes.loc[mine, "stops"] -= 1
    plan.write("stops", stops.drop(gone))
    plan.write("routes", routes)


def broken_pattern(plan: Spoilt) -> None:
    """An outlet of several visits is visited on another weekday once."""
    stops, routes = plan.read("stops"), plan.read("routes")
    weekday = routes.set_index("route_id")["weekday"]
    outlet = stops["outlet_id"].value_counts().index[0]
    row = stops.index[stops["outlet_id"] == outlet][0]
    day = weekday[stops.loc[row, "route_id"]]
    cell = routes.set_index("route_id")["cell_id"][stops.loc[row, "route_id"]]
    others = routes[(routes["cell_id"] == cell) & (routes["weekday"] != day)]
    stops.loc[row, "route_id"] = others["route_id"].iloc[0]
    plan.write("stops", stops)


def overlong_day(plan: Spoilt) -> None:
    """A day's travel grows by eight hours."""
    routes = plan.read("routes")
    routes.loc[0, "travel_s"] += 8 * 3600.0
    plan.write("routes", routes)


def wrong_load(plan: Spoilt) -> None:
    cells = plan.read("cells")
    cells.loc[0, "demand"] += 1000.0
    plan.write("cells", cells)


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (sliver, "outer_edges"),
        (overlap, "overlap"),
        (moved_outlet, "centres"),
        (missing_visit, "visit_frequency"),
        (broken_pattern, "visit_spacing"),
        (overlong_day, "day_minutes"),
        (wrong_load, "workloads"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_seeded_faults_are_caught(
    planned: Path, tmp_path: Path, gridmap: CommandLine, spoil: Callable[[Spoilt], None], rule: str
) -> None:
    plan = Path(shutil.copy(planned / "plan.gpkg", tmp_path / "plan.gpkg"))
    assert gridmap("check", plan, "--json").code == 0
    spoil(Spoilt(plan))
    found = gridmap("check", plan, "--json")
    assert found.code == 2
    rules = json.loads(found.out)
    assert not rules[rule]["ok"], [name for name, one in rules.items() if not one["ok"]]
    assert rules[rule]["faults"]


def test_a_good_plan_reads_as_such(planned: Path, gridmap: CommandLine) -> None:
    found = gridmap("check", planned / "plan.gpkg")
    assert found.code == 0
    assert found.out.count("holds") == 35
    assert "BROKEN" not in found.out


def test_a_broken_rule_is_named_in_words(
    planned: Path, tmp_path: Path, gridmap: CommandLine
) -> None:
    plan = Path(shutil.copy(planned / "plan.gpkg", tmp_path / "plan.gpkg"))
    overlong_day(Spoilt(plan))
    found = gridmap("check", plan)
    assert found.code == 2
    assert "BROKEN  No day has too many minutes" in found.out


def test_what_is_no_plan_is_told(tmp_path: Path, gridmap: CommandLine) -> None:
    missing = gridmap("check", tmp_path / "nothing.gpkg")
    assert (missing.code, "no such file" in missing.err) == (1, True)
    (tmp_path / "text.gpkg").write_text("no plan")
    text = gridmap("check", tmp_path / "text.gpkg")
    assert (text.code, "no GeoPackage" in text.err) == (1, True)
    square = gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:32630")
    square.to_file(tmp_path / "other.gpkg", layer="cells")
    other = gridmap("check", tmp_path / "other.gpkg")
    assert other.code == 1
    assert "lacks the layers territory, units" in other.err
    assert "Traceback" not in other.err


def test_spoilt_facts_of_a_plan_are_told(
    planned: Path, tmp_path: Path, gridmap: CommandLine
) -> None:
    plan = Path(shutil.copy(planned / "plan.gpkg", tmp_path / "plan.gpkg"))
    facts = Spoilt(plan).read("plan")
    Spoilt(plan).write("plan", gpd.GeoDataFrame(facts[facts["key"] != "balances"]))
    gone = gridmap("check", plan)
    assert (gone.code, "balances" in gone.err) == (1, True)
    facts.loc[facts["key"] == "request", "value"] = "{"
    Spoilt(plan).write("plan", gpd.GeoDataFrame(facts))
    assert "request" in gridmap("check", plan).err
