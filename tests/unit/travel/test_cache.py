"""The cache of networks: equal after a round trip, whole or absent, and never a crash."""

from __future__ import annotations

import dataclasses
import multiprocessing
import os
import time
from pathlib import Path

import numpy as np
import pytest
from grid_town import grid_network

from gridmap.travel import cache_entry as module
from gridmap.travel.cache import NetworkCache, file_sha256, hash_of, network_key
from gridmap.travel.cache_entry import BrokenEntry
from gridmap.travel.dijkstra import DijkstraEngine
from gridmap.travel.network import StreetNetwork, Turns


def network(*, turns: bool = True) -> StreetNetwork:
    """A town of 4 x 3 blocks, with a turn from each arc onto itself at 0 to n seconds."""
    town = grid_network(4, 3, mode="drive")
    n_arcs = 2 * town.n_edges
    arc = np.arange(n_arcs, dtype=np.int64)
    own = Turns(arc, np.arange(n_arcs + 1), arc.copy(), np.arange(n_arcs, dtype=np.float64))
    return dataclasses.replace(town, names=("", "中山路"), turns=own if turns else None)


def assert_equal(one: object, other: object) -> None:
    for field in dataclasses.fields(one):  # type: ignore[arg-type]
        left, right = getattr(one, field.name), getattr(other, field.name)
        if isinstance(left, np.ndarray):
            assert left.dtype == right.dtype
            np.testing.assert_array_equal(left, right)
        elif dataclasses.is_dataclass(left):
            assert_equal(left, right)
        else:
            assert left == right
            assert type(left) is type(right)


def never() -> StreetNetwork:
    raise AssertionError("the network must come from the cache")


@pytest.mark.parametrize("turns", [True, False])
def test_what_comes_back_is_what_was_put_there(tmp_path: Path, turns: bool) -> None:
    cache = NetworkCache(tmp_path / "deep" / "folder")
    cold = cache.fetch("key", lambda: network(turns=turns), weights="w")
    warm = cache.fetch("key", never, weights="w")
    assert (cold.warm, warm.warm) == (False, True)
    assert not cold.notices
    assert not warm.notices
    assert_equal(warm.network, network(turns=turns))
    assert not warm.network.tail.flags.writeable


def test_a_mapped_network_travels_as_the_built_one(tmp_path: Path) -> None:
    cache = NetworkCache(tmp_path)
    cache.store("key", network(turns=False))
    entry = cache.open("key")
    assert entry
    engines = [DijkstraEngine(one) for one in (network(turns=False), entry.network)]
    xy = np.array([[10.0, 0.0], [390.0, 290.0], [200.0, 101.0]])
    assert engines[0].fingerprint == engines[1].fingerprint
    matrices = [one.matrix(one.snap(xy), one.snap(xy)) for one in engines]
    np.testing.assert_array_equal(*matrices)


def test_an_empty_network_is_kept_too(tmp_path: Path) -> None:
    town = grid_network(1, 1)
    none = {
        one.name: getattr(town, one.name)[:0]
        for one in dataclasses.fields(town)
        if isinstance(getattr(town, one.name), np.ndarray)
    }
    empty = dataclasses.replace(town, **none | {"line_start": np.zeros(1, dtype=np.int64)})
    cache = NetworkCache(tmp_path)
    cache.store("key", empty)
    entry = cache.open("key")
    assert entry
    assert_equal(entry.network, empty)


@pytest.mark.parametrize(
    "name", ["tail.npy", "line_xy.npy", "turns.seconds.npy", "values.json", "meta.json"]
)
def test_one_flipped_bit_anywhere_is_noticed(tmp_path: Path, name: str) -> None:
    """The entry is made again, which the notice says, and the next opening is warm."""
    cache = NetworkCache(tmp_path)
    size = (_stored(cache) / name).stat().st_size
    for at in sorted({0, 11, size // 2, size - 3}):
        path = _stored(cache) / name
        data = bytearray(path.read_bytes())
        data[at] ^= 0x04
        path.write_bytes(data)
        with pytest.raises(BrokenEntry):
            cache.open("key")
        mended = cache.fetch("key", network)
        assert not mended.warm
        assert [one.key for one in mended.notices] == ["speeds.cache_rebuilt"]
        assert cache.fetch("key", never).warm


@pytest.mark.parametrize("harm", ["cut", "missing", "no_meta", "not_json", "list"])
def test_an_incomplete_entry_is_built_again(tmp_path: Path, harm: str) -> None:
    cache = NetworkCache(tmp_path)
    folder = _stored(cache)
    if harm == "cut":
        os.truncate(folder / "head.npy", 100)
    elif harm == "missing":
        (folder / "head.npy").unlink()
    elif harm == "no_meta":
        (folder / "meta.json").unlink()
    else:
        (folder / "meta.json").write_text("[1]" if harm == "list" else "{")
    mended = cache.fetch("key", network)
    assert [one.key for one in mended.notices] == ["speeds.cache_rebuilt"]
    assert cache.fetch("key", never).warm


def test_an_entry_of_other_fields_is_foreign(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = NetworkCache(tmp_path)
    _stored(cache)
    monkeypatch.setattr("gridmap.travel.cache_entry.FORMAT", 99)
    with pytest.raises(BrokenEntry, match="another version"):
        cache.open("key")


def test_other_speeds_are_put_on_or_built(tmp_path: Path) -> None:
    cache = NetworkCache(tmp_path)
    cache.fetch("key", network, weights="old")
    double = cache.fetch(
        "key",
        never,
        weights="new",
        reweigh=lambda one: dataclasses.replace(one, forward_s=one.forward_s * 2.0),
    )
    np.testing.assert_array_equal(double.network.forward_s, network().forward_s * 2.0)
    assert not cache.fetch("key", network, weights="new").warm
    assert cache.fetch("key", never, weights="new").warm


def test_a_folder_that_cannot_be_written_is_said_and_no_more(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = NetworkCache(tmp_path / "file").fetch("key", network)
    assert_equal(done.network, network())
    assert [one.key for one in done.notices] == ["speeds.cache_not_written"]
    assert "file" in done.notices[0].text()
    assert NetworkCache(tmp_path / "file").entries() == []


def test_extra_arrays(tmp_path: Path) -> None:
    cache = NetworkCache(tmp_path)
    _stored(cache)
    entry = cache.open("key")
    assert entry
    assert entry.extra("cch_order") is None
    entry.put_extra("cch_order", np.arange(5, dtype=np.uint32))
    entry.put_extra("cch_order", np.arange(7, dtype=np.uint32)[::-1])
    again = cache.open("key")
    assert again
    found = again.extra("cch_order")
    np.testing.assert_array_equal(found, [6, 5, 4, 3, 2, 1, 0])
    files = list(again.folder.glob("extra-*"))
    assert len(files) == 1
    data = bytearray(files[0].read_bytes())
    data[-1] ^= 1
    files[0].write_bytes(data)
    assert again.extra("cch_order") is None
    with pytest.raises(ValueError, match="cch_order"):
        entry.put_extra("../up", np.arange(2))


def test_the_longest_unused_goes_first(tmp_path: Path) -> None:
    cache = NetworkCache(tmp_path)
    for age_s, key in ((30, "a"), (20, "b"), (10, "c")):
        cache.store(key, network())
        then = time.time() - age_s
        os.utime(tmp_path / key / "meta.json", (then, then))
    assert cache.open("a")  # used now, so that b is the oldest
    size = cache.entries()[0][1]
    cache.limit_bytes = 3 * size + size // 2
    cache.store("d", network())
    assert [key for key, _, _ in cache.entries()] == ["d", "a", "c"]
    cache.limit_bytes = 1
    cache.store("e", network())
    assert [key for key, _, _ in cache.entries()] == ["e"]
    assert sorted(one.name for one in tmp_path.iterdir()) == ["e"]


def test_old_drafts_go_and_young_ones_stay(tmp_path: Path) -> None:
    old, young = tmp_path / ".draft-old", tmp_path / ".draft-young"
    old.mkdir()
    young.mkdir()
    then = time.time() - 2 * 24 * 3600
    os.utime(old, (then, then))
    NetworkCache(tmp_path).store("key", network())
    assert not old.exists()
    assert young.exists()


def test_nothing_is_left_of_a_failed_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gridmap.travel.cache_entry.np.save", full)
    done = NetworkCache(tmp_path).fetch("key", network)
    assert "No space left" in done.notices[0].text()
    assert list(tmp_path.iterdir()) == []


def _hammer(folder: str, rounds: int) -> None:
    cache = NetworkCache(Path(folder))
    for _ in range(rounds):
        cache.store("key", network())
        done = cache.fetch("key", network)
        assert_equal(done.network, network())
        assert not done.notices, done.notices


def test_processes_that_build_at_once_all_end_well(tmp_path: Path) -> None:
    """Three writers of one key: no reader sees half an entry, and one entry is left."""
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_hammer, args=(str(tmp_path), 15)) for _ in range(3)]
    for one in workers:
        one.start()
    for one in workers:
        one.join(60)
        assert one.exitcode == 0
    assert sorted(one.name for one in tmp_path.iterdir()) == ["key"]
    assert NetworkCache(tmp_path).fetch("key", never).warm


def test_an_entry_replaced_while_it_is_read_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, other = NetworkCache(tmp_path), NetworkCache(tmp_path)
    _stored(cache)
    read = module._read_meta
    calls: list[Path] = []

    def replaced(path: Path) -> dict[str, object]:
        meta = read(path)
        calls.append(path)
        if len(calls) == 1:
            other.store("key", dataclasses.replace(network(), crs="EPSG:3857", turns=None))
        return meta

    monkeypatch.setattr(module, "_read_meta", replaced)
    entry = cache.open("key")
    assert entry
    assert entry.network.crs == "EPSG:3857"
    assert len(calls) == 2


def test_keys_tell_everything_apart(tmp_path: Path) -> None:
    first = ("sha", 1, "topology", "EPSG:32630")
    others = [("sha2", *first[1:]), ("sha", 2, *first[2:]), ("sha", 1, "t", "EPSG:32630")]
    keys = {network_key(*one) for one in (first, *others, ("sha", 1, "topology", "EPSG:32631"))}
    assert len(keys) == 5
    assert hash_of({"b": {"y", "x"}, "a": (1, 2)}) == hash_of({"a": [1, 2], "b": {"x", "y"}})
    (tmp_path / "abc").write_bytes(b"abc")
    # FIPS 180-2, appendix B.1
    assert file_sha256(tmp_path / "abc").startswith("ba7816bf8f01cfea414140de5dae2223b00361a3")


def _stored(cache: NetworkCache) -> Path:
    cache.store("key", network())
    return cache.folder / "key"
