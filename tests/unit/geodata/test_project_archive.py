"""A whole project in an archive: its territory is told, and it reads nothing beyond itself."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from geodata.project_archive import territory_of, unpacked_project
from gridmap.errors import InputError

PROJECT = """
[territory]
name = "Newport"
boundary = "{boundary}"
streets = "{streets}"
[outlets]
file = "pois.csv"
own = {{ match = ["Own"] }}
[demand]
file = "demand.csv"
"""


def archive(folder: Path, files: Mapping[str, str]) -> Path:
    path = folder / "project.zip"
    with zipfile.ZipFile(path, "w") as made:
        for name, content in files.items():
            made.writestr(name, content)
    return path


def whole(boundary: str = "area.geojson", streets: str = "streets.graphml") -> dict[str, str]:
    named = {"area.geojson": "{}", "streets.graphml": "x", "pois.csv": "id", "demand.csv": "id"}
    return {"our/project.toml": PROJECT.format(boundary=boundary, streets=streets)} | {
        f"our/{name}": content for name, content in named.items()
    }


def test_the_territory_is_told_and_the_files_lie_side_by_side(tmp_path: Path) -> None:
    path = archive(tmp_path, whole())
    assert territory_of(path) == "Newport"
    with unpacked_project(path) as project:
        assert {one.name for one in project.parent.iterdir()} == {
            "project.toml", "area.geojson", "streets.graphml", "pois.csv", "demand.csv"
        }  # fmt: skip
    assert not project.exists()


@pytest.mark.parametrize("streets", ["overpass", "{outside}", "../{name}"])
def test_nothing_beyond_the_archive_is_read(tmp_path: Path, streets: str) -> None:
    """A file of this machine that is named by its path is there, and is refused all the same."""
    secret = tmp_path / "secret.osm.pbf"
    secret.write_text("ours")
    # the archive is unpacked into a folder beside which nobody knows what lies
    named = streets.format(outside=secret.as_posix(), name=secret.name)
    with pytest.raises(InputError) as refused:
        territory_of(archive(tmp_path, whole(streets=named)))
    keys = {one.key for one in refused.value.faults}
    assert keys <= {"data.outside_archive", "world.named_file_missing"}
    assert streets == "../{name}" or keys == {"data.outside_archive"}


def test_one_project_file_is_needed(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="exactly one project file"):
        territory_of(archive(tmp_path, {"a.csv": "id"}))
    with pytest.raises(InputError, match="cannot be unpacked"):
        (tmp_path / "no.zip").write_bytes(b"PK no")
        territory_of(tmp_path / "no.zip")
