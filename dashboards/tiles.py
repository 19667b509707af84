"""Vector tiles out of a PMTiles file."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from pmtiles.reader import Reader
from pmtiles.tile import Compression

MAX_ZOOM = 22


class TileArchive:
    """Reads tiles; threads may share it, since a memory map has no position."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        # pmtiles has no types
        reader: Any = Reader
        self._reader = reader(_slices(mapped))
        self.gzipped = self._reader.header()["tile_compression"] == Compression.GZIP

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """Return a tile as it stands in the file, or None where there is nothing.

        Raises
        ------
        ValueError
            If there can be no such tile.
        """
        if not (0 <= z <= MAX_ZOOM and 0 <= x < 2**z and 0 <= y < 2**z):
            raise ValueError(f"Expected a tile of zoom 0 to {MAX_ZOOM}, found {z}/{x}/{y}.")
        found = self._reader.get(z, x, y)
        return None if found is None else bytes(found)


class Basemaps:
    """The basemaps of all territories.

    Parameters
    ----------
    where
        One PMTiles file for every territory, or a folder with ``<content hash>.pmtiles`` for
        each of them; None = no basemap.
    others
        Returns the hashes of other states of a territory's data: they lie on the same ground.
    """

    def __init__(
        self, where: Path | None, others: Callable[[str], Sequence[str]] = lambda _: ()
    ) -> None:
        self._where = where
        self._others = others

    def of(self, territory_hash: str) -> TileArchive | None:
        """Return the basemap of a territory, if there is one."""
        if self._where is None or not territory_hash.isalnum():
            return None
        path = self._where
        if path.is_dir():
            path = path / f"{territory_hash}.pmtiles"
            if not path.is_file() and any(self._where.glob("*.pmtiles")):
                paths = (self._where / f"{one}.pmtiles" for one in self._others(territory_hash))
                path = next((one for one in paths if one.is_file()), path)
        if not path.is_file() or path.stat().st_size == 0:
            return None
        return _archive(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _archive(path: Path, _changed_ns: int) -> TileArchive:
    return TileArchive(path)


def _slices(mapped: mmap.mmap) -> Callable[[int, int], Any]:
    return lambda offset, length: mapped[offset : offset + length]
