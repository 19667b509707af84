"""The networks of extracts in the cache: when an entry counts, and when the file is read again."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import numpy as np
import pytest
from osm_text import write_osm

from geodata import network_cache
from geodata.network_cache import cached_networks
from geodata.osm_restrictions import RestrictionReport
from geodata.osm_streets import LoadedStreets, load_streets
from gridmap.travel.cache import NetworkCache
from gridmap.travel.profile import load_profile

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

    def __call__(self, path: Path, mode: str, crs: str) -> LoadedStreets:
        self.count += 1
        return load_streets(path, mode, crs)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Reader:
    reader = Reader()
    monkeypatch.setattr(network_cache, "load_streets", reader)
    return reader


def test_the_second_time_nothing_is_read(extract: Path, tmp_path: Path, read: Reader) -> None:
    cache = NetworkCache(tmp_path / "cache")
    first, notices = cached_networks(extract, ["drive", "walk"], CRS, cache=cache)
    again, _ = cached_networks(extract, ["drive", "walk"], CRS, cache=cache)
    assert (read.count, notices) == (2, [])
    assert list(again) == ["drive", "walk"]
    np.testing.assert_array_equal(first["walk"].forward_s, again["walk"].forward_s)
    assert again["drive"].names == first["drive"].names


def test_a_changed_file_is_read_though_size_and_time_stay(
    extract: Path, tmp_path: Path, read: Reader
) -> None:
    cache = NetworkCache(tmp_path / "cache")
    cached_networks(extract, ["drive"], CRS, cache=cache)
    stamp = extract.stat()
    extract.write_text(extract.read_text().replace("Long Road", "Lang Road"))
    os.utime(extract, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    networks, _ = cached_networks(extract, ["drive"], CRS, cache=cache)
    assert read.count == 2
    assert "Lang Road" in networks["drive"].names


def test_another_loader_reference_system_or_profile_is_another_network(
    extract: Path, tmp_path: Path, read: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = NetworkCache(tmp_path / "cache")
    cached_networks(extract, ["drive"], CRS, cache=cache)
    networks, _ = cached_networks(extract, ["drive"], "EPSG:32632", cache=cache)
    assert networks["drive"].crs == "EPSG:32632"
    monkeypatch.setattr(network_cache, "LOADER_VERSION", 99)
    cached_networks(extract, ["drive"], CRS, cache=cache)
    assert read.count == 3

    drive = load_profile("drive")
    slow = dataclasses.replace(drive, speed_kmh={**drive.speed_kmh, "residential": 10.0})
    monkeypatch.setattr(network_cache, "load_profile", lambda _: slow)
    before = networks["drive"].forward_s.sum()
    networks, _ = cached_networks(extract, ["drive"], CRS, cache=cache)
    # New speeds are put on the streets that are there.
    assert read.count == 3
    assert networks["drive"].forward_s.sum() == pytest.approx(2.5 * before)
    # Others may go elsewhere: the file is read again.
    monkeypatch.setattr(
        network_cache, "load_profile", lambda _: dataclasses.replace(slow, obeys_oneway=False)
    )
    cached_networks(extract, ["drive"], CRS, cache=cache)
    assert read.count == 4


def test_notices_and_the_order_are_kept(
    extract: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = RestrictionReport(broken=(11, 12), left_out={})
    monkeypatch.setattr(
        network_cache,
        "load_streets",
        lambda *a: dataclasses.replace(load_streets(*a), restrictions=report),
    )
    cache = NetworkCache(tmp_path / "cache")
    fresh, told = cached_networks(extract, ["drive"], CRS, cache=cache)
    kept, again = cached_networks(extract, ["drive"], CRS, cache=cache)
    assert [one.text() for one in again] == [one.text() for one in told]
    assert [one.key for one in told] == ["streets.restrictions_broken"]
    assert kept["drive"].order is not None
    np.testing.assert_array_equal(kept["drive"].order, fresh["drive"].order)


def test_without_a_cache_the_file_is_read(extract: Path, read: Reader) -> None:
    for _ in range(2):
        cached_networks(extract, ["walk"], CRS, cache=None)
    assert read.count == 2
