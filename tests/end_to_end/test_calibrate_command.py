"""``gridmap calibrate`` as a user runs it, and the cache that the commands keep."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import shapely
from command_line import CommandLine

from geodata.boundaries import unproject
from geodata.project import load_project
from gridmap.travel.dijkstra import DijkstraEngine


@pytest.fixture
def own_town(town: Path, tmp_path: Path) -> Path:
    return shutil.copytree(town.parent, tmp_path / "town") / town.name


def write_trips(project: Path, slower: float, count: int) -> Path:
    """Write trips between outlets that take `slower` times as long as on foot."""
    territory, _ = load_project(project)
    engine = DijkstraEngine(territory.networks["walk"])
    xy = territory.outlets[["x", "y"]].to_numpy()
    start, end = np.random.default_rng(1).integers(0, len(xy), (2, 9 * count))
    far = np.flatnonzero(np.hypot(*(xy[start] - xy[end]).T) > 400.0)[:count]
    seconds = engine.matrix(engine.snap(xy), engine.snap(xy))[start[far], end[far]]
    places = shapely.get_coordinates(unproject(shapely.MultiPoint(xy), territory.crs))
    path = project.parent / "trips.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["from_lon", "from_lat", "to_lon", "to_lat", "period", "minutes"])
        for one, other, took in zip(start[far], end[far], seconds, strict=True):
            writer.writerow([*places[one], *places[other], "am", took * slower / 60.0])
    return path


def test_factors_are_fitted_written_and_used(
    own_town: Path, tmp_path: Path, gridmap: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    trips, out = write_trips(own_town, 1.5, 50), own_town.parent / "factors.toml"
    cache = tmp_path / "cache"
    monkeypatch.setenv("GRIDMAP_CACHE_DIR", str(cache))
    arguments = ("calibrate", own_town, trips, "--out", out, "--mode", "walk")
    said = gridmap(*arguments)
    assert said.code == 0, said.err
    assert "50 trips" in said.out
    assert str(out) in said.out
    assert len(list(cache.iterdir())) == 1
    first = out.read_bytes()
    again = gridmap(*arguments, "--json")
    assert json.loads(again.out)["periods"]["am"]["better"] is True
    assert out.read_bytes() == first

    plain = own_town.read_text(encoding="utf-8")
    own_town.write_text(
        f'{plain}\n[travel]\nperiod = "am"\nfactors = "factors.toml"\n', encoding="utf-8"
    )
    territory, _ = load_project(own_town)
    seconds = territory.networks["walk"].forward_s / territory.networks["walk"].length_m
    own_town.write_text(plain, encoding="utf-8")
    before = load_project(own_town)[0].networks["walk"]
    ratio = np.median(seconds / (before.forward_s / before.length_m))
    # Somewhat more than 1.5: the straight way to the street does not become slower.
    assert 1.4 < ratio < 1.9


def test_too_few_trips_end_with_a_message(
    own_town: Path, tmp_path: Path, gridmap: CommandLine
) -> None:
    trips = write_trips(own_town, 1.5, 8)
    said = gridmap("calibrate", own_town, trips, "--out", tmp_path / "f.toml", "--mode", "walk")
    assert said.code == 1
    assert "8 usable trips" in said.err and "30 are needed" in said.err
    assert not (tmp_path / "f.toml").exists()
    unknown = gridmap("calibrate", own_town, trips, "--mode", "fly")
    assert unknown.code == 1
    assert "fly" in unknown.err
