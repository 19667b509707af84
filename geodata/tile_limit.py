"""Keeping the tiles of a basemap small: what is too small to be seen gives way first."""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
from pmtiles import reader as pmtiles_reader
from pmtiles import tile as pmtiles_tile
from pmtiles import writer as pmtiles_writer

#: No tile of a basemap is larger, as it is sent (packed). Bytes.
MOST_BYTES = 150_000
#: Rounds in which the size of what is dropped doubles, from a quarter of a pixel on.
ROUNDS = 14
FIRST_PIXELS = 0.25
#: Metres that a pixel of zoom 0 is wide at the equator; a tile has 256 of them.
EQUATOR_PIXEL_M = 156_543.03392804097

# The package has no types of its own.
_Memory: Any = pmtiles_reader.MemorySource
_Reader: Any = pmtiles_reader.Reader
_all_tiles: Any = pmtiles_reader.all_tiles
_number_of: Any = pmtiles_tile.zxy_to_tileid
_Writer: Any = pmtiles_writer.Writer

Tile = tuple[int, int, int]
Layers = Mapping[str, gpd.GeoDataFrame]
#: Writes layers as tiles of one zoom to a file.
WriteZoom = Callable[[Layers, int, Path], None]


def largest_tiles(path: Path) -> dict[int, int]:
    """Return the size of the largest tile of each zoom of a PMTiles file, packed, in bytes."""
    largest: dict[int, int] = {}
    for (zoom, _, _), content in _tiles(path):
        largest[zoom] = max(largest.get(zoom, 0), len(content))
    return largest


def keep_small(
    path: Path,
    layers: Mapping[int, Layers],
    write_zoom: WriteZoom,
    *,
    most_bytes: int = MOST_BYTES,
) -> dict[int, float]:
    """Make every tile of a PMTiles file small enough, by dropping what is small on the map.

    Zooms without a tile above the limit stay as they are. Others are written anew without the
    lines and areas smaller than a size that grows until the largest tile fits; points stay.

    Parameters
    ----------
    path
        PMTiles file; it is replaced if anything is dropped.
    layers
        Features in EPSG:4326 of each zoom.
    write_zoom
        Writes layers as tiles of one zoom.
    most_bytes
        The limit.

    Returns
    -------
    dict
        Size in pixels below which features were dropped, by zoom; empty if nothing was.

    Raises
    ------
    ValueError
        If a tile stays too large though no line and no area is left.
    """
    over = sorted(zoom for zoom, size in largest_tiles(path).items() if size > most_bytes)
    if not over:
        return {}
    dropped: dict[int, float] = {}
    tiles = {tile: content for tile, content in _tiles(path) if tile[0] not in over}
    with tempfile.TemporaryDirectory(prefix="gridmap-tiles-") as name:
        draft = Path(name) / "zoom.pmtiles"
        for zoom in over:
            dropped[zoom] = _fit(layers[zoom], zoom, draft, write_zoom, most_bytes)
            tiles |= dict(_tiles(draft))
    reader: Any = _Reader(_Memory(path.read_bytes()))
    _write(path, tiles, reader.header(), reader.metadata())
    return dropped


def _tiles(path: Path) -> Iterator[tuple[Tile, bytes]]:
    yield from _all_tiles(_Memory(path.read_bytes()))


def _fit(layers: Layers, zoom: int, draft: Path, write_zoom: WriteZoom, most_bytes: int) -> float:
    pixels = FIRST_PIXELS
    for _ in range(ROUNDS):
        chosen = {name: _visible(one, zoom, pixels) for name, one in layers.items()}
        chosen = {name: one for name, one in chosen.items() if len(one)}
        if not chosen:
            break
        write_zoom(chosen, zoom, draft)
        if max(largest_tiles(draft).values(), default=0) <= most_bytes:
            return pixels
        pixels *= 2.0
    raise ValueError(f"a tile of zoom {zoom} stays above {most_bytes} bytes")


def _visible(features: gpd.GeoDataFrame, zoom: int, pixels: float) -> gpd.GeoDataFrame:
    """Return the features that are at least so many pixels wide or high, and all points."""
    west, south, east, north = features.geometry.bounds.to_numpy().T
    degree_m = 111_320.0
    squeeze = np.cos(np.radians((south + north) / 2.0))
    size_m = np.maximum((east - west) * squeeze, north - south) * degree_m
    pixel_m = EQUATOR_PIXEL_M * squeeze / 2.0**zoom
    point = features.geom_type.isin(["Point", "MultiPoint"]).to_numpy()
    return features[point | (size_m >= pixels * pixel_m)].reset_index(drop=True)


def _write(
    path: Path, tiles: Mapping[Tile, bytes], header: Mapping[str, Any], metadata: Any
) -> None:
    draft = path.with_name(f".{path.stem}.small.pmtiles")
    try:
        with draft.open("wb") as file:
            writer = _Writer(file)
            for number, tile in sorted((_number_of(*tile), tile) for tile in tiles):
                content = tiles[tile]
                if content[:2] != b"\x1f\x8b":
                    content = gzip.compress(content, mtime=0)
                writer.write_tile(number, content)
            kept = {
                key: value for key, value in header.items() if key.endswith("_e7") or "zoom" in key
            }
            fixed = {
                "tile_type": pmtiles_tile.TileType.MVT,
                "tile_compression": pmtiles_tile.Compression.GZIP,
            }
            writer.finalize({**kept, **fixed}, metadata)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
