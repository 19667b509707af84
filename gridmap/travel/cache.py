"""A folder of networks that are ready for use: memory-mapped arrays, checked when opened.

An entry is a folder named by its key: one ``.npy`` a field of `StreetNetwork` that is an array,
``values.json`` with the others, ``meta.json`` with the sizes and checksums of all of them, and
extra arrays that others add later (the order of a contraction hierarchy). It is written beside
its place, brought to disk and renamed, so that a reader sees it whole or not at all.

Every byte is checked at each opening. CRC-32 runs at more than 1 GB/s; the arrays of a network
are about as large as the extract it came from, which takes a hundred times as long to read, and
the first search has to page them in anyway. A check of sizes alone would let a flipped bit become
a wrong route.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import hashlib
import json
import os
import shutil
import tempfile
import time
import typing
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridmap.errors import Fault, fault
from gridmap.travel.network import StreetNetwork

Array = NDArray[Any]

#: Raised when entries of an older layout must not be read any more.
FORMAT = 1
META = "meta.json"
VALUES = "values.json"
EXTRA = "extra-"
#: Marks folders in the making or on their way out.
DRAFT = ".draft-"
#: A draft this old was left by a process that died. Seconds.
ABANDONED_S = 24 * 3600.0
DEFAULT_LIMIT_BYTES = 5 * 10**9
READ_BYTES = 1 << 20
#: How often an entry is tried that other processes replace all the time.
ATTEMPTS = 100
#: What a system says where a folder is to take the name of one that is there.
TAKEN = (errno.ENOTEMPTY, errno.EEXIST, errno.EACCES)


class BrokenEntry(Exception):
    """An entry is damaged, incomplete or of another format; `NetworkCache.fetch` mends it."""


@dataclass(frozen=True, eq=False)
class Cached:
    """A network and what had to be said about its entry.

    Attributes
    ----------
    network
        The network; its arrays are read-only if they came from the folder.
    warm
        Whether it came from the folder.
    notices
        That an entry was damaged and made again, or that none could be written.
    entry
        The entry that it came from.
    """

    network: StreetNetwork
    warm: bool
    notices: tuple[Fault, ...] = ()
    entry: Entry | None = None


@dataclass(frozen=True, eq=False)
class Entry:
    """An opened entry.

    Attributes
    ----------
    folder
        Where it is.
    network
        The network.
    weights
        Hash of the speeds and costs that its seconds come from.
    """

    folder: Path
    network: StreetNetwork
    weights: str

    def extra(self, name: str) -> Array | None:
        """Return an extra array, or None where there is none that is sound."""
        for path in sorted(self.folder.glob(f"{EXTRA}{name}-????????.npy")):
            with contextlib.suppress(BrokenEntry, OSError):
                return _mapped(path, int(path.stem.rpartition("-")[2], 16))
        return None

    def put_extra(self, name: str, array: Array) -> None:
        """Add an extra array to the entry, or replace it; its file appears whole or not at all.

        The checksum stands in the name of the file, so that one renaming brings both.

        Raises
        ------
        ValueError
            If the name is not made of letters, digits and underscores.
        OSError
            If the folder cannot be written.
        """
        if not name.isidentifier():
            raise ValueError(f"Expected a name such as cch_order, found {name!r}.")
        old = set(self.folder.glob(f"{EXTRA}{name}-????????.npy"))
        with tempfile.NamedTemporaryFile(dir=self.folder, prefix=DRAFT, delete=False) as draft:
            np.save(draft, np.ascontiguousarray(array), allow_pickle=False)
            draft.flush()
            os.fsync(draft.fileno())
        path = self.folder / f"{EXTRA}{name}-{_checksum(Path(draft.name)):08x}.npy"
        Path(draft.name).replace(path)
        _sync_folder(self.folder)
        for one in old - {path}:
            with contextlib.suppress(OSError):
                one.unlink()


class NetworkCache:
    """The folder of entries.

    Parameters
    ----------
    folder
        Made when the first entry is written.
    limit_bytes
        The entries that were not used for longest are removed beyond this.
    """

    def __init__(self, folder: Path, *, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> None:
        self.folder = Path(folder)
        self.limit_bytes = limit_bytes

    def fetch(
        self,
        key: str,
        build: Callable[[], StreetNetwork],
        *,
        weights: str = "",
        reweigh: Callable[[StreetNetwork], StreetNetwork] | None = None,
    ) -> Cached:
        """Return the network of a key: from the folder, or built and put there.

        Parameters
        ----------
        key
            Key of the entry, see `network_key`.
        build
            Makes the network where there is none, or none that can be used.
        weights
            Hash of the speeds and costs that are wanted.
        reweigh
            Puts the wanted seconds on an entry whose `weights` differ; without it such an entry
            is built anew.
        """
        notices: list[Fault] = []
        try:
            entry = self.open(key)
        except BrokenEntry as error:
            notices.append(fault("speeds.cache_rebuilt", self.folder / key, reason=error))
            entry = None
        if entry and entry.weights == weights:
            return Cached(entry.network, True, entry=entry)
        if entry and reweigh:
            return Cached(reweigh(entry.network), True, entry=entry)
        network = build()
        try:
            self.store(key, network, weights=weights)
        except OSError as error:
            notices.append(fault("speeds.cache_not_written", self.folder, reason=error))
        return Cached(network, False, tuple(notices))

    def open(self, key: str) -> Entry | None:
        """Return the entry of a key after checking every byte of it, None if there is none.

        Raises
        ------
        BrokenEntry
            If it is damaged or of another format.
        """
        folder = self.folder / key
        for _ in range(ATTEMPTS):
            before = _identity(folder)
            if before is None:
                return None
            try:
                entry = _read_entry(folder)
            except BrokenEntry:
                # Another process may have put a new one in its place meanwhile.
                if _identity(folder) == before:
                    raise
            else:
                with contextlib.suppress(OSError):  # a folder that may only be read is good, too
                    os.utime(folder / META)
                return entry
        return None

    def store(self, key: str, network: StreetNetwork, *, weights: str = "") -> None:
        """Write an entry, in place of the one that is there; then clear what exceeds the limit.

        Two processes may write the same key at once: one of the entries stays, and both are good.

        Raises
        ------
        OSError
            If the folder cannot be written.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=self.folder, prefix=DRAFT))
        try:
            _write_entry(draft, network, weights)
            self._publish(draft, self.folder / key)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        self.clear(keep=key)

    def entries(self) -> list[tuple[str, int, float]]:
        """Return key, bytes and time of last use of each entry, the latest first."""
        found = []
        for folder in self._folders():
            if not folder.name.startswith(DRAFT):
                with contextlib.suppress(OSError):
                    size = sum(one.stat().st_size for one in folder.iterdir())
                    found.append((folder.name, size, (folder / META).stat().st_mtime))
        return sorted(found, key=lambda one: (-one[2], one[0]))

    def clear(self, *, keep: str = "") -> int:
        """Remove the entries that were not used for longest, down to the limit.

        Drafts of processes that died go, too. Returns how many entries were removed. `keep` is
        never removed.
        """
        for folder in self._folders():
            with contextlib.suppress(OSError):
                age_s = time.time() - folder.stat().st_mtime
                if folder.name.startswith(DRAFT) and age_s > ABANDONED_S:
                    shutil.rmtree(folder, ignore_errors=True)
        removed, total = 0, 0
        for key, size, _ in self.entries():
            total += size
            if total > self.limit_bytes and key != keep:
                total -= size
                removed += self._remove(self.folder / key)
        return removed

    def _folders(self) -> list[Path]:
        try:
            return sorted(one for one in self.folder.iterdir() if one.is_dir())
        except OSError:
            return []

    def _remove(self, folder: Path) -> bool:
        """Take an entry away: first out of sight at once, then off the disk."""
        gone = Path(tempfile.mkdtemp(dir=self.folder, prefix=DRAFT))
        try:
            folder.rename(gone / folder.name)
        except OSError:  # gone already, or mapped by somebody on a system that forbids it
            return False
        finally:
            shutil.rmtree(gone, ignore_errors=True)
        return True

    def _publish(self, draft: Path, place: Path) -> None:
        for _ in range(ATTEMPTS):
            try:
                draft.rename(place)
            except OSError as error:
                # Taken: by a broken or other entry, or by one that another process just wrote.
                if error.errno not in TAKEN and not place.is_dir():
                    raise
                self._remove(place)
            else:
                _sync_folder(self.folder)
                return
        raise OSError(f"{place}: held by another process")


def network_key(source_sha256: str, loader: int, topology: str, crs: str) -> str:
    """Return the key of a network's entry.

    Parameters
    ----------
    source_sha256
        Hash of the map file.
    loader
        Version of the loader.
    topology
        Hash of what the profile says on who may go where.
    crs
        Reference system of the coordinates.
    """
    parts = json.dumps([FORMAT, source_sha256, loader, topology, crs])
    return hashlib.sha256(parts.encode()).hexdigest()[:32]


def hash_of(value: object) -> str:
    """Return a hash of a frozen dataclass of plain values, whatever the order of its sets."""
    return hashlib.sha256(json.dumps(_plain(value), sort_keys=True).encode()).hexdigest()[:32]


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file without holding it in memory."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {one.name: _plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(str(one) for one in value)
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return value


def _write_entry(folder: Path, network: StreetNetwork, weights: str) -> None:
    arrays: dict[str, int] = {}
    values: dict[str, object] = {}
    for name, value in _parts(network, ""):
        if isinstance(value, np.ndarray):
            path = folder / f"{name}.npy"
            with path.open("wb") as file:
                np.save(file, np.ascontiguousarray(value), allow_pickle=False)
            arrays[name] = _checksum(path)
        else:
            values[name] = value
    (folder / VALUES).write_text(json.dumps(values, ensure_ascii=False), encoding="utf-8")
    meta = {
        "format": FORMAT,
        "fields": _field_names(StreetNetwork),
        "weights": weights,
        "arrays": arrays,
        "values": _checksum(folder / VALUES),
    }
    meta["checksum"] = zlib.crc32(json.dumps(meta, sort_keys=True).encode())
    (folder / META).write_text(json.dumps(meta, indent=1), encoding="utf-8")
    for path in folder.iterdir():
        with path.open("rb+") as file:
            os.fsync(file.fileno())
    _sync_folder(folder)


def _read_entry(folder: Path) -> Entry:
    try:
        meta = _read_meta(folder / META)
        arrays = {
            name: _mapped(folder / f"{name}.npy", int(checksum))
            for name, checksum in meta["arrays"].items()
        }
        if _checksum(folder / VALUES) != meta["values"]:
            raise BrokenEntry(f"{VALUES}: checksum differs")
        values = json.loads((folder / VALUES).read_text(encoding="utf-8"))
        network = _restored(StreetNetwork, "", arrays, values)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BrokenEntry(str(error)) from error
    return Entry(folder, network, str(meta["weights"]))


def _identity(folder: Path) -> tuple[int, int] | None:
    """Return what tells a folder from another one of its name, None if it is not there."""
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_ino, found.st_ctime_ns


def _read_meta(path: Path) -> dict[str, Any]:
    meta: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    checksum = meta.pop("checksum")
    if meta["format"] != FORMAT or meta["fields"] != _field_names(StreetNetwork):
        raise BrokenEntry("written by another version")
    if checksum != zlib.crc32(json.dumps(meta, sort_keys=True).encode()):
        raise BrokenEntry(f"{META}: checksum differs")
    return meta


def _mapped(path: Path, checksum: int) -> Array:
    if _checksum(path) != checksum:
        raise BrokenEntry(f"{path.name}: checksum differs")
    try:
        mapped = np.load(path, mmap_mode="r", allow_pickle=False)
    except ValueError:  # an array without entries cannot be mapped
        mapped = np.load(path, allow_pickle=False)
    return np.asarray(mapped)


def _checksum(path: Path) -> int:
    checksum = 0
    with path.open("rb") as file:
        while block := file.read(READ_BYTES):
            checksum = zlib.crc32(block, checksum)
    return checksum


def _sync_folder(folder: Path) -> None:
    """Bring the names in a folder to disk, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _parts(value: object, prefix: str) -> Iterator[tuple[str, object]]:
    """Return each field with its path, those of nested dataclasses as ``turns.arc``."""
    for field in dataclasses.fields(typing.cast(Any, value)):
        one = getattr(value, field.name)
        if dataclasses.is_dataclass(one):
            yield from _parts(one, f"{prefix}{field.name}.")
        else:
            yield f"{prefix}{field.name}", one


def _restored(
    kind: type[Any], prefix: str, arrays: Mapping[str, Array], values: Mapping[str, Any]
) -> Any:
    """Return a dataclass of which the fields are given by their paths."""
    found: dict[str, object] = {}
    for name, inner in _fields(kind).items():
        path = f"{prefix}{name}"
        if path in arrays:
            found[name] = arrays[path]
        elif path in values:
            value = values[path]
            found[name] = tuple(value) if isinstance(value, list) else value
        elif inner is not None:
            found[name] = _restored(inner, f"{path}.", arrays, values)
        else:
            raise BrokenEntry(f"{path} is missing")
    return kind(**found)


def _fields(kind: type[Any]) -> dict[str, type[Any] | None]:
    """Return the fields of a dataclass, with the class of those that hold a dataclass."""
    hints = typing.get_type_hints(kind)
    found: dict[str, type[Any] | None] = {}
    for field in dataclasses.fields(kind):
        hint = hints[field.name]
        kinds = [one for one in (hint, *typing.get_args(hint)) if dataclasses.is_dataclass(one)]
        found[field.name] = typing.cast(type[Any], kinds[0]) if kinds else None
    return found


def _field_names(kind: type[Any]) -> list[str]:
    names = []
    for name, inner in _fields(kind).items():
        names.append(name)
        names += [f"{name}.{one}" for one in _field_names(inner)] if inner else []
    return names
