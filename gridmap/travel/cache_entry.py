"""One network on disk: a folder of memory-mapped arrays that are checked when they are opened.

One ``.npy`` a field of `StreetNetwork` that is an array, ``values.json`` with the others,
``meta.json`` with the checksums of all of them, and extra arrays that others add later.

Every byte is checked at each opening. CRC-32 runs at more than 1 GB/s; the arrays of a network
are about as large as the extract it came from, which takes a hundred times as long to read, and
the first search has to page them in anyway. A check of sizes alone would let a flipped bit become
a wrong route.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import tempfile
import typing
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridmap.travel.network import StreetNetwork

Array = NDArray[Any]

#: Raised when entries of an older layout must not be read any more.
FORMAT = 1
META = "meta.json"
VALUES = "values.json"
EXTRA = "extra-"
#: Marks folders in the making or on their way out.
DRAFT = ".draft-"
READ_BYTES = 1 << 20


class BrokenEntry(Exception):
    """An entry is damaged, incomplete or of another format; `NetworkCache.fetch` mends it."""


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
        sync_folder(self.folder)
        for one in old - {path}:
            with contextlib.suppress(OSError):
                one.unlink()


def write_entry(folder: Path, network: StreetNetwork, weights: str) -> None:
    """Write all files of an entry to an empty folder and bring them to disk.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """
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
    sync_folder(folder)


def read_entry(folder: Path) -> Entry:
    """Open an entry and check every byte of it.

    Raises
    ------
    BrokenEntry
        If a file is missing or damaged, or of another format.
    """
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


def identity(folder: Path) -> tuple[int, int] | None:
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


def sync_folder(folder: Path) -> None:
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
