"""A project file is checked as a whole: every fault with the path of its key."""

from __future__ import annotations

from pathlib import Path

import pytest

from geodata.project_file import Grades, ProjectFile, parse_grades, read_project
from gridmap.errors import InputError

LEAST = """
[territory]
name = "T"
boundary = "b.geojson"
streets = "s.osm.pbf"
[outlets]
file = "o.csv"
own = { match = ["x"] }
[demand]
file = "d.csv"
"""


def read(tmp_path: Path, text: str) -> ProjectFile:
    (tmp_path / "p.toml").write_text(text, encoding="utf-8")
    return read_project(tmp_path / "p.toml")


def faults(tmp_path: Path, text: str) -> dict[str, str]:
    """Return the key of each fault by its place; each fault has a sentence in both languages."""
    with pytest.raises(InputError) as error:
        read(tmp_path, text)
    assert error.value.text("en")
    assert error.value.text("zh")
    return {one.where.removeprefix("p.toml").strip(" []"): one.key for one in error.value.faults}


def test_least_project_has_the_usual_rest(tmp_path: Path) -> None:
    project = read(tmp_path, LEAST)
    assert project.territory.units == "streets"
    assert project.demand.weight == "count"
    assert project.request.routing.mode == "walk"
    assert project.request.language == "en"


def test_the_request_is_what_the_file_says(tmp_path: Path) -> None:
    text = LEAST + (
        '[partition]\ntolerance = 0.1\n[routing]\nmode = "drive"\nweeks = 2\n'
        "[scoring]\nmodes = { drive = [5] }\n"
        '[output]\nlanguage = "zh"\n'
    )
    request = read(tmp_path, text).request
    assert request.partition.tolerance == 0.1
    assert (request.routing.mode, request.routing.weeks) == ("drive", 2)
    assert request.scoring.modes == {"drive": (5.0,)}
    assert request.language == "zh"


def test_all_faults_come_at_once_with_their_keys(tmp_path: Path) -> None:
    text = """
[territory]
name = ""
streets = "s"
units = "hexagons"
datum = "utm"
colour = "red"
[outlets]
file = "o.csv"
own = { match = ["x", "("] }
rival = {}
grades = "A=10"
operators = { "Esso" = ["["] }
columns = { id = "a", longitude = "b" }
[demand]
file = "d.csv"
[routing]
weeks = 99
day = { start = "25:00" }
[routing.grade_policy]
A = { visits = -1, minutes = 5 }
[weather]
"""
    assert faults(tmp_path, text) == {
        "territory.name": "world.key_wrong",
        "territory.boundary": "world.key_missing",
        "territory.units": "world.units_unknown",
        "territory.datum": "world.key_wrong",
        "territory.colour": "world.key_unknown",
        "outlets.columns.longitude": "world.key_unknown",
        "outlets.operators": "world.bad_pattern",
        "outlets.own.match": "world.bad_pattern",
        "outlets.rival": "world.rule_empty",
        "outlets.grades": "world.grades_unreadable",
        "routing.weeks": "world.key_wrong",
        "routing.day.start": "world.key_wrong",
        "routing.grade_policy.A.visits": "world.key_wrong",
        "weather": "world.key_unknown",
    }


def test_unknown_keys_come_with_those_that_are_known(tmp_path: Path) -> None:
    text = LEAST.replace('file = "o.csv"', 'file = "o.csv"\ncolumns = { lng = "x" }')
    with pytest.raises(InputError, match="id, lon, lat, name") as error:
        read(tmp_path, text + "[outlets.visit]\nkinds = []\n")
    assert "match, kind, id, ownership" in error.value.text()
    with pytest.raises(InputError, match="known here: visits, minutes"):
        read(tmp_path, LEAST + "[routing.grade_policy.A]\nvisits = 1\nminutes = 1\nhours = 1\n")


def test_wrong_columns_are_one_path_and_no_branch(tmp_path: Path) -> None:
    text = LEAST.replace('file = "o.csv"', 'file = "o.csv"\ncolumns = { id = 5 }')
    assert faults(tmp_path, text) == {"outlets.columns.id": "world.key_wrong"}


def test_grades_need_a_policy(tmp_path: Path) -> None:
    text = LEAST.replace("[demand]", 'grades = "quantile:A=50,Z=50"\n[demand]')
    assert faults(tmp_path, text) == {"": "world.grade_without_policy"}


@pytest.mark.parametrize("text", ["[a", "a = \n", b"\xff\xff\xff"])
def test_no_toml(tmp_path: Path, text: str | bytes) -> None:
    (tmp_path / "p.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError) as error:
        read_project(tmp_path / "p.toml")
    assert [one.key for one in error.value.faults] == ["world.not_toml"]


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_project(tmp_path / "p.toml")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("quantile:A=15,B=35,C=50", Grades(shares={"A": 15.0, "B": 35.0, "C": 50.0})),
        (
            "quantile: gold = 12.5 , rest = 87.5  by monthly sales",
            Grades(shares={"gold": 12.5, "rest": 87.5}, by="monthly sales"),
        ),
    ],
)
def test_grades_are_read(text: str, expected: Grades) -> None:
    assert parse_grades(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "A=100", "quantile:", "quantile:A=90", "quantile:A=50,A=50", "quantile:A=x,B=50"],
)
def test_grades_that_cannot_be(tmp_path: Path, text: str) -> None:
    project = LEAST.replace("[demand]", f'grades = "{text}"\n[demand]')
    if not text:
        assert read(tmp_path, project).outlets.grades is None
    else:
        assert faults(tmp_path, project) == {"outlets.grades": "world.grades_unreadable"}
