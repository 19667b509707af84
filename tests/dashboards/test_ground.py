"""Streets under a picture: read out of vector tiles, and drawn where they lie."""

from __future__ import annotations

import math
import re
from typing import Any, cast

import numpy as np
import pytest
from pyproj import Transformer

from dashboards.ground import ground_picture
from dashboards.mvt import parts_of
from dashboards.tiles import TileArchive

CRS = "EPSG:32635"
EXTENT = 4096


def varint(number: int) -> bytes:
    found = b""
    while number > 127:
        found, number = found + bytes([number & 127 | 128]), number >> 7
    return found + bytes([number])


def field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def tile(layer: str, *lines: list[tuple[int, int]], closed: bool = False) -> bytes:
    """Return a tile with one feature: its lines, from the upper left corner."""
    commands, at = [], (0, 0)
    for line in lines:
        for place, (x, y) in enumerate(line):
            if place < 2:
                commands.append(1 | 1 << 3 if place == 0 else 2 | (len(line) - 1) << 3)
            steps = (x - at[0], y - at[1])
            commands += [one << 1 if one >= 0 else (-one << 1) - 1 for one in steps]
            at = (x, y)
        if closed:
            commands.append(7 | 1 << 3)
    geometry = b"".join(varint(one) for one in commands)
    feature = field(2, varint(0) + varint(1)) + varint(3 << 3) + varint(2) + field(4, geometry)
    body = field(1, layer.encode()) + field(2, feature) + varint(5 << 3) + varint(EXTENT)
    return field(3, body)


class OneTile:
    """An archive with the same tile everywhere."""

    gzipped = False

    def __init__(self, content: bytes | None) -> None:
        self.content = content
        self.asked: list[tuple[int, int, int]] = []

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        self.asked.append((z, x, y))
        return self.content


def archive(content: bytes | None) -> Any:
    return cast(TileArchive, OneTile(content))


def test_lines_come_out_as_they_went_in() -> None:
    """Steps in all directions, and larger than a byte holds."""
    first, second = [(0, 0), (4096, 300), (10, 4000)], [(2000, 2000), (1999, 1998)]
    found = list(parts_of(tile("road_minor", first, second), ["road_minor"]))
    assert [(one.xy * EXTENT).tolist() for one in found] == [
        [[float(x), float(y)] for x, y in line] for line in (first, second)
    ]


def test_rings_end_and_other_layers_are_left_out() -> None:
    ring = [(0, 0), (100, 0), (100, 100)]
    content = tile("water", ring, ring, closed=True)
    assert [len(one.xy) for one in parts_of(content, ["water"])] == [3, 3]
    assert list(parts_of(content, ["green"])) == []


@pytest.mark.parametrize("content", [b"\x1a\xff", b"\xff" * 3, b"\x0b\x01"])
def test_what_is_no_tile_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="Expected"):
        list(parts_of(content, ["water"]))


def test_a_street_is_drawn_where_it_lies() -> None:
    """The middle of the tile, by the formula of the Mercator square, in metres of the picture."""
    left, bottom = 386_000.0, 6_672_000.0
    bounds = (left, bottom, left + 1500.0, bottom + 1500.0)
    cross = tile("road_primary", [(2048, 2048), (2048, 3072)])
    tiles = archive(cross)
    drawn = ground_picture(tiles, CRS, bounds, metres_per_px=2.0)
    paths = re.findall(r'stroke="#f5dd9a"[^>]*d="([^"]*)"', drawn)
    starts = np.array(
        [
            [float(one) for one in start]
            for start in re.findall(r"M([\d.-]+),([\d.-]+)", "".join(paths))
        ]
    )
    assert len(starts) == len(tiles.asked) > 0
    expected = []
    for zoom, column, row in tiles.asked:
        longitude = (column + 0.5) / 2**zoom * 360.0 - 180.0
        latitude = math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * (row + 0.5) / 2**zoom))))
        x, y = Transformer.from_crs("EPSG:4326", CRS, always_xy=True).transform(longitude, latitude)
        expected.append([(x - left) / 2.0, (bounds[3] - y) / 2.0])
    assert starts == pytest.approx(np.array(expected), abs=0.06)


def test_ground_without_tiles_is_plain() -> None:
    drawn = ground_picture(
        archive(None), CRS, (386_000.0, 6_672_000.0, 386_900.0, 6_672_900.0), 1.0
    )
    assert 'd="M' not in drawn
    assert '<rect width="900" height="900"' in drawn


def test_streets_of_houses_are_left_out_of_a_large_territory() -> None:
    street = tile("road_minor", [(2048, 2048), (2048, 3072)])
    bounds = (386_000.0, 6_672_000.0, 396_000.0, 6_682_000.0)
    assert 'd="M' in ground_picture(archive(street), CRS, bounds, metres_per_px=8.0)
    assert 'd="M' not in ground_picture(archive(street), CRS, bounds, metres_per_px=8.5)
