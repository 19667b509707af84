"""Routes of real streets, on foot and by car: on the streets, and on time to the second."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import shapely

from benchmarks.route_truth import truth_of
from geodata.demo import demo_project
from geodata.project import load_project
from gridmap.planning import make_plan
from gridmap.scenario import Scenario
from gridmap.territory import Territory


@pytest.fixture(scope="module", params=["walk", "drive"])
def plan(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Territory, Scenario]:
    """Helsinki centre; days begin late, so that lunch falls into them."""
    words = demo_project().read_text(encoding="utf-8")
    words = words.replace('mode = "walk"', f'mode = "{request.param}"\niterations = 5')
    words = words.replace("{ walk =", f"{{ {request.param} =").replace('"08:30"', '"11:00"')
    project: Path = tmp_path_factory.mktemp("helsinki") / "project.toml"
    project.write_text(words, encoding="utf-8")
    territory, asked = load_project(project, data_dir=demo_project().parent)
    return territory, make_plan(territory, asked, seed=2)


def test_routes_lie_on_streets_and_arrivals_add_up(plan: tuple[Territory, Scenario]) -> None:
    found = truth_of(*plan)
    assert found.good, found
    assert found.stops > 800
    assert len(plan[1].report["lunch_begins_s"]) > 50


def test_a_way_beside_the_street_and_a_minute_too_many_are_seen(
    plan: tuple[Territory, Scenario],
) -> None:
    territory, scenario = plan
    lines = scenario.route_lines.copy()
    lines[3] = shapely.transform(lines[3], lambda xy: xy + 0.1)
    aside = truth_of(territory, replace(scenario, route_lines=lines))
    assert not aside.good
    assert aside.off_street_m > 0.05
    stops = scenario.stops.copy()
    stops.loc[5, "arrival_s"] += 60.0
    late = truth_of(territory, replace(scenario, stops=stops))
    assert not late.good
    assert late.arrival_s == pytest.approx(60.0, abs=1.0)
    home = {number: at + 5.0 for number, at in scenario.report["home_s"].items()}
    back = truth_of(territory, replace(scenario, report={**scenario.report, "home_s": home}))
    assert not back.good
