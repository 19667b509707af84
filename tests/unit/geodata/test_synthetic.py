"""Invented towns are the same every time, of the size asked for, and say what they are."""

from __future__ import annotations

import csv
import hashlib
import tomllib
from pathlib import Path

import pytest
import shapely

from geodata.boundaries import read_boundary
from geodata.osm import read_linework, read_street_network
from geodata.synthetic import write_town
from gridmap.partition.linework import LineKind

#: Of blocks=40, own=2, seed=7, islands=1; if it changes, figures measured on towns do, too.
FROZEN = "ea170e07a9a9fbfb75e3e7a593140e5f6bfa470a9ae5a7835f633bd7643ff62b"


def digest(directory: Path) -> str:
    found = hashlib.sha256()
    for path in sorted(directory.iterdir()):
        found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_same_bytes_every_time_and_everywhere(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_town(tmp_path / name, blocks=40, own=2, seed=7, islands=1)
    assert digest(tmp_path / "one") == digest(tmp_path / "two") == FROZEN
    write_town(tmp_path / "three", blocks=40, own=2, seed=8, islands=1)
    assert digest(tmp_path / "three") != FROZEN


@pytest.mark.parametrize("blocks", [16, 100, 500])
def test_size(tmp_path: Path, blocks: int) -> None:
    path = write_town(tmp_path, blocks=blocks, own=4, seed=1, river=False, rail=False)
    area = read_boundary(path.parent / "territory.geojson").shape.area
    # The margin is 40 m on each side.
    assert ((area**0.5 - 80.0) / 120.0) ** 2 == pytest.approx(blocks, rel=0.3)
    outlets = rows(tmp_path / "outlets.csv")
    assert sum(row["operator"] == "Blue Telecom" for row in outlets) == 4
    assert len({row["outlet_id"] for row in outlets}) == len(outlets)
    assert len(rows(tmp_path / "demand.csv")) > 4 * 0.8 * blocks


def test_there_are_classes_one_ways_river_bridges_rails_and_gates(tmp_path: Path) -> None:
    write_town(tmp_path, blocks=400, own=4, seed=1)
    text = (tmp_path / "town.osm").read_text()
    for value in ("secondary", "tertiary", "residential", "service", "footway", "gate", "rail"):
        assert f'v="{value}"' in text
    assert 'k="oneway" v="yes"' in text
    assert "invented" in text.splitlines()[1]
    lines = read_linework(tmp_path / "town.osm", "EPSG:32626")
    assert len(lines.water) == 1
    assert len(lines.bridges) > 4
    assert shapely.intersects(lines.water[0], lines.bridges).all()
    # Only bridges cross the water.
    streets = lines.lines[(lines.kinds & int(LineKind.LOCAL_STREET | LineKind.MINOR_STREET)) > 0]
    crossing = shapely.intersects(lines.water[0], streets)
    bridges = set(shapely.to_wkb(lines.bridges))
    assert set(shapely.to_wkb(streets[crossing])) <= bridges


def test_almost_all_streets_are_one_network(tmp_path: Path) -> None:
    write_town(tmp_path, blocks=400, own=4, seed=1, islands=3)
    for mode in ("walk", "drive"):
        network = read_street_network(tmp_path / "town.osm", mode, "EPSG:32626")
        # 2 · 400 street segments of 120 m, and 3 islands of 17.
        assert network.length_m.sum() > 0.8 * (800 + 51) * 120.0
        assert (
            network.node_xy[:, 1].min()
            < read_boundary(tmp_path / "territory.geojson").shape.bounds[1] + 100.0
        )


def test_own_outlets_are_apart(tmp_path: Path) -> None:
    write_town(tmp_path, blocks=400, own=20, seed=3)
    own = [row for row in rows(tmp_path / "outlets.csv") if row["operator"] == "Blue Telecom"]
    points = shapely.points([(float(row["lon"]), float(row["lat"])) for row in own])
    near = shapely.STRtree(points).query(points, predicate="dwithin", distance=0.001)
    assert len(near[0]) == len(points)


def test_the_project_says_that_all_is_invented(tmp_path: Path) -> None:
    text = write_town(tmp_path, blocks=16, own=1, seed=0).read_text()
    content = tomllib.loads(text)
    assert content["territory"]["invented"] == [
        "streets", "outlets", "potential", "grade", "demand",
    ]  # fmt: skip
    assert content["territory"]["name"].startswith("Invented")


@pytest.mark.parametrize(
    ("blocks", "own", "islands"), [(15, 1, 0), (16, 0, 0), (16, 9, 0), (16, 1, -1)]
)
def test_towns_that_cannot_be(tmp_path: Path, blocks: int, own: int, islands: int) -> None:
    with pytest.raises(ValueError, match="Expected blocks"):
        write_town(tmp_path, blocks=blocks, own=own, seed=0, islands=islands)
