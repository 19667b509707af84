"""Lines and areas out of a vector tile.

References
----------
Mapbox Vector Tile Specification 2.1, https://github.com/mapbox/vector-tile-spec
Protocol Buffers, Encoding, https://protobuf.dev/programming-guides/encoding
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_LAYER, _NAME, _FEATURE, _EXTENT, _GEOMETRY = 3, 1, 2, 5, 4
_MOVE, _LINE, _CLOSE = 1, 2, 7
_VARINT, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5
#: Extent of a layer that names none.
_USUAL_EXTENT = 4096


@dataclass(frozen=True, eq=False)
class Part:
    """A line, or a ring of an area, within its tile.

    Attributes
    ----------
    layer
        Name of its layer.
    xy
        From the upper left corner, 1 = a side of the tile. Shape (n_points, 2).
    """

    layer: str
    xy: NDArray[np.float64]


def parts_of(tile: bytes, layers: Collection[str]) -> Iterator[Part]:
    """Read the lines and rings of some layers; points are left out.

    Raises
    ------
    ValueError
        If the bytes are no vector tile.
    """
    for number, _, body in _fields(tile):
        if number == _LAYER:
            yield from _parts_of_layer(body, layers)


def _parts_of_layer(body: bytes, layers: Collection[str]) -> Iterator[Part]:
    name, extent, features = "", _USUAL_EXTENT, []
    for number, value, content in _fields(body):
        if number == _NAME:
            name = content.decode()
        elif number == _EXTENT:
            extent = value
        elif number == _FEATURE:
            features.append(content)
    if name not in layers:
        return
    for feature in features:
        for number, _, geometry in _fields(feature):
            if number == _GEOMETRY:
                for steps in _lines(_varints(geometry)):
                    yield Part(name, steps / extent)


def _lines(commands: NDArray[np.int64]) -> Iterator[NDArray[np.float64]]:
    """Follow the pen: where it is put down a part begins."""
    at = np.zeros(2, dtype=np.int64)
    drawn: list[NDArray[np.int64]] = []
    place = 0
    while place < len(commands):
        command, count = int(commands[place]) & 7, int(commands[place]) >> 3
        place += 1
        if command == _CLOSE:
            continue
        if command not in (_MOVE, _LINE):
            raise ValueError(f"Expected a command of the pen, found {command}.")
        steps = commands[place : place + 2 * count]
        place += 2 * count
        # zigzag: the sign stands in the last bit
        moved = at + ((steps >> 1) ^ -(steps & 1)).reshape(-1, 2).cumsum(axis=0)
        if command == _MOVE:
            if drawn:
                yield np.concatenate(drawn).astype(np.float64)
            drawn = [moved[-1:]]
        else:
            drawn.append(moved)
        at = moved[-1]
    if drawn:
        yield np.concatenate(drawn).astype(np.float64)


def _fields(message: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Read number, value and bytes of each field; a field has one of the latter two."""
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        kind = key & 7
        value, content = 0, b""
        if kind == _VARINT:
            value, place = _varint(message, place)
        elif kind in (_EIGHT_BYTES, _FOUR_BYTES):
            place += 8 if kind == _EIGHT_BYTES else 4
        elif kind == _BYTES:
            length, place = _varint(message, place)
            content = message[place : place + length]
            place += length
        else:
            raise ValueError(f"Expected a field of a vector tile, found one of kind {kind}.")
        yield key >> 3, value, content


def _varint(message: bytes, place: int) -> tuple[int, int]:
    value, shift = 0, 0
    while True:
        if place >= len(message):
            raise ValueError("Expected the rest of a number, found the end of the tile.")
        byte = message[place]
        value |= (byte & 127) << shift
        place, shift = place + 1, shift + 7
        if byte < 128:
            return value, place


def _varints(packed: bytes) -> NDArray[np.int64]:
    """Read all numbers of a packed field at once."""
    octets = np.frombuffer(packed, dtype=np.uint8).astype(np.int64)
    if not len(octets):
        return octets
    last = np.flatnonzero(octets < 128)
    first = np.concatenate([[0], last[:-1] + 1])
    shift = 7 * (np.arange(len(octets)) - np.repeat(first, last - first + 1))
    return np.add.reduceat((octets & 127) << shift, first).astype(np.int64)
