"""Arrays and faults as bytes and JSON for the store, exactly and without pickle."""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.errors import Fault
from gridmap.travel.network import StreetNetwork, Turns

#: Fields of a network that are columns of the store.
COLUMNS = ("mode", "crs", "names", "road_classes")
#: Prefix of the arrays of a network's turns.
TURNS = "turns."
#: Array that holds, as JSON, the fields of a network that are neither arrays nor columns.
PLAIN = "plain"


def encode_network(network: StreetNetwork) -> bytes:
    """Return a network but for its columns as a compressed npz file."""
    arrays: dict[str, NDArray[Any]] = {}
    plain: dict[str, Any] = {}
    for one in fields(StreetNetwork):
        value = getattr(network, one.name)
        if isinstance(value, np.ndarray):
            arrays[one.name] = value
        elif isinstance(value, Turns):
            arrays |= {f"{TURNS}{part.name}": getattr(value, part.name) for part in fields(Turns)}
        elif one.name not in COLUMNS and value is not None:
            plain[one.name] = value
    text = json.dumps(plain, ensure_ascii=False).encode()
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer, allow_pickle=False, **arrays, **{PLAIN: np.frombuffer(text, dtype=np.uint8)}
    )
    return buffer.getvalue()


def decode_network(
    mode: str, crs: str, names: Sequence[str], road_classes: Sequence[str], arrays: bytes
) -> StreetNetwork:
    """Return the network that `encode_network` was given."""
    with np.load(io.BytesIO(arrays), allow_pickle=False) as loaded:
        parts: dict[str, Any] = {name: loaded[name] for name in loaded.files}
    plain = json.loads(parts.pop(PLAIN).tobytes()) if PLAIN in parts else {}
    # JSON knows lists only; a network has tuples.
    parts |= {k: tuple(v) if isinstance(v, list) else v for k, v in plain.items()}
    turns = {name: parts.pop(name) for name in list(parts) if name.startswith(TURNS)}
    if turns:
        parts["turns"] = Turns(**{k.removeprefix(TURNS): v for k, v in turns.items()})
    return StreetNetwork(
        mode=mode, crs=crs, names=tuple(names), road_classes=tuple(road_classes), **parts
    )


def encode_labels(label: NDArray[np.int64]) -> bytes:
    """Return an assignment as compressed little-endian int32."""
    return zlib.compress(label.astype("<i4").tobytes(), 6)


def decode_labels(data: bytes) -> NDArray[np.int64]:
    """Return the assignment that `encode_labels` was given."""
    return np.frombuffer(zlib.decompress(data), dtype="<i4").astype(np.int64)


def encode_geometries(geometries: NDArray[np.object_]) -> bytes:
    """Return geometries as the WKB of one collection."""
    return bytes(shapely.to_wkb(shapely.geometrycollections(list(geometries))))


def decode_geometries(data: bytes) -> NDArray[np.object_]:
    """Return the geometries that `encode_geometries` was given."""
    return np.asarray(shapely.get_parts(shapely.from_wkb(data)), dtype=object)


def encode_faults(faults: Sequence[Fault]) -> list[dict[str, Any]]:
    """Return faults as JSON values."""
    return [{"key": one.key, "where": one.where, "values": _plain(one.values)} for one in faults]


def decode_faults(data: Sequence[Mapping[str, Any]]) -> tuple[Fault, ...]:
    """Return the faults that `encode_faults` was given."""
    return tuple(Fault(one["key"], one["where"], one["values"]) for one in data)


def _plain(values: Mapping[str, object]) -> dict[str, object]:
    """Return the values as JSON knows them: numbers as numbers, all else as text."""
    plain: dict[str, object] = {}
    for name, value in values.items():
        if isinstance(value, bool | int | float | str):
            plain[name] = value
        elif isinstance(value, np.generic):
            plain[name] = value.item()
        else:
            plain[name] = str(value)
    return plain
