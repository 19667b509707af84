"""Changes of a drawn plan as compact bytes: labels as int32, the rest as JSON."""

from __future__ import annotations

import itertools
import json
import struct
import zlib
from dataclasses import fields, replace

import numpy as np

from gridmap.partition.change import Change
from gridmap.partition.drawn_state import DrawnState, state_of
from gridmap.partition.edits import from_json

#: Speed before size: a log is read far more often than it is moved.
_LEVEL = 1
_COUNT = struct.Struct("<I")


def encode_change(change: Change) -> bytes:
    """Return a change as bytes; equal changes give equal bytes."""
    flat = itertools.chain.from_iterable(change.labels)
    pairs = np.fromiter(flat, dtype="<i4", count=2 * len(change.labels)).reshape(-1, 2)
    rest = {
        one.name: getattr(change, one.name)
        for one in fields(Change)
        if one.name != "labels" and getattr(change, one.name) not in ((), None)
    }
    text = json.dumps(rest, separators=(",", ":")).encode() if rest else b""
    return zlib.compress(_COUNT.pack(len(pairs)) + pairs.T.tobytes() + text, _LEVEL)


def decode_change(data: bytes) -> Change:
    """Return the change that `encode_change` was given."""
    plain = zlib.decompress(data)
    (count,) = _COUNT.unpack_from(plain)
    end = _COUNT.size + 8 * count
    units, cells = np.frombuffer(plain, "<i4", 2 * count, _COUNT.size).reshape(2, -1)
    rest = json.loads(plain[end:]) if len(plain) > end else {}
    change = from_json({"kind": "change", **rest})
    if not isinstance(change, Change):
        raise TypeError("Expected a change.")
    return replace(change, labels=tuple(zip(units.tolist(), cells.tolist(), strict=True)))


def encode_state(state: DrawnState) -> tuple[bytes, bytes]:
    """Return the labels of a state and all the rest of it as bytes."""
    return zlib.compress(state.label.astype("<i4").tobytes(), _LEVEL), encode_change(state.rest())


def decode_state(labels: bytes, rest: bytes) -> DrawnState:
    """Return the state that `encode_state` was given."""
    label = np.frombuffer(zlib.decompress(labels), dtype="<i4").astype(np.int32)
    return state_of(label, decode_change(rest))
