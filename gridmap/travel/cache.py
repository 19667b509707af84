"""A folder of networks that are ready for use; see `gridmap.travel.cache_entry` for one of them.

An entry is a folder named by its key. It is written beside its place, brought to disk and
renamed, so that a reader sees it whole or not at all.
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
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gridmap.errors import Fault, fault
from gridmap.travel.cache_entry import (
    DRAFT,
    FORMAT,
    META,
    BrokenEntry,
    Entry,
    identity,
    read_entry,
    sync_folder,
    write_entry,
)
from gridmap.travel.network import StreetNetwork

#: A draft this old was left by a process that died. Seconds.
ABANDONED_S = 24 * 3600.0
DEFAULT_LIMIT_BYTES = 5 * 10**9
#: How often an entry is tried that other processes replace all the time.
ATTEMPTS = 100
#: What a system says where a folder is to take the name of one that is there.
TAKEN = (errno.ENOTEMPTY, errno.EEXIST, errno.EACCES)


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
            before = identity(folder)
            if before is None:
                return None
            try:
                entry = read_entry(folder)
            except BrokenEntry:
                # Another process may have put a new one in its place meanwhile.
                if identity(folder) == before:
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
            write_entry(draft, network, weights)
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
                sync_folder(self.folder)
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
