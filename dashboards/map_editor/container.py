"""Arrays in one file: a header in JSON, then the numbers, as gzip packs them best.

``u32 length of header | header, padded with spaces to a multiple of 8 from the file's start |
arrays``, all little endian. The header's ``arrays`` says type, offset in bytes from the file's
start (a multiple of 8) and length in items of each; its other fields are plain values.

Neighbouring whole numbers are alike: of int32 the difference to the number `step` places before is
written (`step` is the width of a table, 1 of a plain array), as ``2 d``, or ``-2 d - 1`` below 0,
and first the lowest bytes of all of them, then the next ones.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

MIMETYPE: Final = "application/octet-stream"
_TYPES: Final = {"int32": "<i4", "uint8": "<u1", "float64": "<f8"}
_LENGTH: Final = struct.Struct("<I")
_STEP: Final = 8


def encoded(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return a header and arrays as a file.

    Parameters
    ----------
    header
        Plain values; ``arrays`` is taken.
    arrays
        Arrays of int32, uint8 or float64, written row by row.

    Raises
    ------
    TypeError
        If an array is of another type.
    """
    for name, array in arrays.items():
        if array.dtype.name not in _TYPES:
            raise TypeError(f"Expected {', '.join(_TYPES)} in {name}, found {array.dtype.name}.")
    # the header names the places behind it, and they depend on its length: leave room for them
    room = _length_of_header(header, arrays, _far(arrays))
    first = _up(_LENGTH.size + room)
    offsets, end = {}, first
    for name, array in arrays.items():
        offsets[name] = end
        end = _up(end + array.nbytes)
    text = _header(header, arrays, offsets).ljust(first - _LENGTH.size)
    file = bytearray(end)
    _LENGTH.pack_into(file, 0, len(text))
    file[_LENGTH.size : first] = text
    for name, array in arrays.items():
        plain = np.ascontiguousarray(array, dtype=_TYPES[array.dtype.name])
        raw = _differences(plain) if array.dtype.name == "int32" else plain.tobytes()
        file[offsets[name] : offsets[name] + len(raw)] = raw
    return bytes(file)


def decoded(file: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return the header and the arrays of a file that `encoded` made."""
    (length,) = _LENGTH.unpack_from(file)
    header = json.loads(file[_LENGTH.size : _LENGTH.size + length])
    arrays = {
        name: _numbers(file, one)
        if one["type"] == "int32"
        else np.frombuffer(file, _TYPES[one["type"]], one["length"], one["offset"])
        for name, one in header.pop("arrays").items()
    }
    return header, arrays


def _differences(array: NDArray[np.int32]) -> bytes:
    step, flat = _step(array), array.ravel()
    different = flat.copy()
    different[step:] -= flat[:-step]
    folded = (different << 1) ^ (different >> 31)
    return folded.astype("<i4").view(np.uint8).reshape(-1, 4).T.tobytes()


def _numbers(file: bytes, one: Mapping[str, int]) -> NDArray[np.int32]:
    step, length = one["step"], one["length"]
    planes = np.frombuffer(file, np.uint8, 4 * length, one["offset"]).reshape(4, length)
    folded = np.ascontiguousarray(planes.T).view("<u4").ravel()
    found = (folded >> 1).astype(np.int32) ^ -(folded & 1).astype(np.int32)
    for column in range(step):
        np.add.accumulate(found[column::step], out=found[column::step])
    return found


def _step(array: NDArray[Any]) -> int:
    return array.shape[1] if array.ndim == 2 else 1


def _far(arrays: Mapping[str, NDArray[Any]]) -> dict[str, int]:
    """Return offsets at least as long to write as the true ones."""
    return dict.fromkeys(arrays, 10**12)


def _length_of_header(
    header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], offsets: Mapping[str, int]
) -> int:
    return len(_header(header, arrays, offsets))


def _header(
    header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], offsets: Mapping[str, int]
) -> bytes:
    listed = {
        name: {
            "type": array.dtype.name,
            "offset": offsets[name],
            "length": array.size,
            **({"step": _step(array)} if array.dtype.name == "int32" else {}),
        }
        for name, array in arrays.items()
    }
    whole = {**header, "arrays": listed}
    text = json.dumps(whole, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode()


def _up(size: int) -> int:
    """Return the next multiple of 8."""
    return -(-size // _STEP) * _STEP
