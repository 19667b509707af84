"""The networks of extracts in the cache: when an entry counts, and when the file is read again."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import numpy as np
import pytest
from osm_text import write_osm

from geodata import network_cache
from geodata.network_cache import cached_networks, topology_hash
from geodata.osm import read_street_network
from gridmap.travel.cache import NetworkCache
from gridmap.travel.network import StreetNetwork
from gridmap.travel.profile import MODES, load_profile

CRS = "EPSG:32631"


@pytest.fixture
def extract(tmp_path: Path) -> Path:
    nodes = {1: (3.0, 0.0), 2: (3.01, 0.0), 3: (3.01, 0.01)}
    ways = {7: ([1, 2, 3], {"highway": "residential", "name": "Long Road"})}
    return write_osm(tmp_path / "town.osm", nodes, ways)


class Reader:
    """Counts how often the file is read."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, path: Path, mode: str, crs: str) -> StreetNetwork:
        self.count += 1
        return read_street_network(path, mode, crs)


def test_the_second_time_nothing_is_read(extract: Path, tmp_path: Path) -> None:
    cache, read = NetworkCache(tmp_path / "cache"), Reader()
    first, notices = cached_networks(extract, ["drive", "walk"], CRS, cache=cache, read=read)
    again, _ = cached_networks(extract, ["drive", "walk"], CRS, cache=cache, read=read)
    assert (read.count, notices) == (2, [])
    assert list(again) == ["drive", "walk"]
    np.testing.assert_array_equal(first["walk"].forward_s, again["walk"].forward_s)
    assert again["drive"].names == first["drive"].names


def test_a_changed_file_is_read_though_size_and_time_stay(extract: Path, tmp_path: Path) -> None:
    cache, read = NetworkCache(tmp_path / "cache"), Reader()
    cached_networks(extract, ["drive"], CRS, cache=cache, read=read)
    stamp = extract.stat()
    extract.write_text(extract.read_text().replace("Long Road", "Lang Road"))
    os.utime(extract, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    networks, _ = cached_networks(extract, ["drive"], CRS, cache=cache, read=read)
    assert read.count == 2
    assert "Lang Road" in networks["drive"].names


def test_another_loader_reference_system_or_profile_is_another_network(
    extract: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, read = NetworkCache(tmp_path / "cache"), Reader()
    cached_networks(extract, ["drive"], CRS, cache=cache, read=read)
    networks, _ = cached_networks(extract, ["drive"], "EPSG:32632", cache=cache, read=read)
    assert networks["drive"].crs == "EPSG:32632"
    monkeypatch.setattr(network_cache, "LOADER_VERSION", 99)
    cached_networks(extract, ["drive"], CRS, cache=cache, read=read)
    assert read.count == 3

    drive = load_profile("drive")
    slow = dataclasses.replace(drive, speed_kmh={**drive.speed_kmh, "residential": 10.0})
    monkeypatch.setattr(network_cache, "load_profile", lambda _: slow)
    cached_networks(extract, ["drive"], CRS, cache=cache, read=read)
    assert read.count == 4


def test_speeds_are_no_topology_but_classes_are() -> None:
    drive = load_profile("drive")
    slow = dataclasses.replace(drive, speed_kmh={**drive.speed_kmh, "residential": 10.0})
    closed = dataclasses.replace(drive, speed_kmh={"residential": 10.0})
    assert topology_hash(drive) == topology_hash(slow) != topology_hash(closed)
    assert len({topology_hash(load_profile(mode)) for mode in MODES}) == len(MODES)


def test_without_a_cache_the_file_is_read(extract: Path) -> None:
    read = Reader()
    for _ in range(2):
        cached_networks(extract, ["walk"], CRS, cache=None, read=read)
    assert read.count == 2
