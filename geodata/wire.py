"""What goes between the child that parses untrusted files and the process that asked it to.

A message is a tree of plain values as JSON, and blocks of bytes that the tree points into: numeric
arrays as they lie in memory, tables as Arrow streams, geometries as well-known binary. The child
may be in the hands of whoever wrote the file, so nothing here can run code or name a class that is
not listed, and every size, type and length is checked on the way in.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyproj
import shapely
from numpy.typing import NDArray

#: Most blocks of a message and most bytes of its tree.
MOST_BLOCKS = 4096
MOST_TREE_BYTES = 256 * 1024**2
#: Kinds of numbers that arrays may hold: truth values, whole and real numbers, times.
NUMERIC = "biufM"
#: Longest text of a reference system that is looked at.
MOST_CRS = 65_536
#: Classes that may travel, by name.
CLASSES = (
    "geodata.osm_restrictions:RestrictionReport",
    "geodata.osm_streets:LoadedStreets",
    "geodata.tables:Layout",
    "geodata.tables:Table",
    "gridmap.errors:Fault",
    "gridmap.partition.linework:Linework",
    "gridmap.travel.network:StreetNetwork",
    "gridmap.travel.network:Turns",
)
ARROW_TYPES: tuple[Callable[[Any], bool], ...] = (
    pa.types.is_string, pa.types.is_large_string, pa.types.is_boolean, pa.types.is_integer,
    pa.types.is_floating, pa.types.is_timestamp, pa.types.is_date, pa.types.is_null,
)  # fmt: skip


class WireError(ValueError):
    """A message is not what it should be."""


@dataclass(frozen=True)
class Message:
    """A tree of plain values and the blocks of bytes it points into."""

    tree: object
    blocks: list[bytes]


def send(file: BinaryIO, value: object) -> None:
    """Write a value as one message.

    Raises
    ------
    TypeError
        If it holds something that cannot travel: a fault of the program.
    """
    blocks: list[bytes] = []
    tree = json.dumps(_encode(value, blocks), ensure_ascii=True).encode("ascii")
    parts = [tree, *blocks]
    file.write(struct.pack("<I", len(parts)))
    file.write(struct.pack(f"<{len(parts)}Q", *(len(one) for one in parts)))
    for one in parts:
        file.write(one)
    file.flush()


def receive(file: BinaryIO, *, most_bytes: int) -> object:
    """Read one message and return its value.

    Raises
    ------
    EOFError
        If the other side has ended.
    WireError
        If the message is too large or not what it should be.
    """
    (count,) = struct.unpack("<I", _exactly(file, 4))
    if not 1 <= count <= MOST_BLOCKS:
        raise WireError("blocks")
    sizes = struct.unpack(f"<{count}Q", _exactly(file, 8 * count))
    if sum(sizes) > most_bytes or sizes[0] > MOST_TREE_BYTES:
        raise WireError("size")
    tree, *blocks = [_exactly(file, size) for size in sizes]
    try:
        return _decode(json.loads(tree), blocks)
    except WireError:
        raise
    # Whatever a hostile message provokes in json, Arrow, shapely, PROJ or a class's own checks.
    except Exception as error:
        raise WireError(str(error)[:200]) from error


def _exactly(file: BinaryIO, size: int) -> bytes:
    data = file.read(size)
    if len(data) < size:
        raise EOFError
    return data


def _encode(value: object, blocks: list[bytes]) -> object:
    if value is None or isinstance(value, bool | int | float | str):
        return value.item() if isinstance(value, np.generic) else value
    if isinstance(value, np.generic):
        return _encode(value.item(), blocks)
    if isinstance(value, Path):
        return {"path": str(value)}
    if isinstance(value, list | tuple):
        kind = "list" if isinstance(value, list) else "tuple"
        return {kind: [_encode(one, blocks) for one in value]}
    if isinstance(value, Mapping):
        return {"map": [[str(key), _encode(one, blocks)] for key, one in value.items()]}
    if isinstance(value, np.ndarray):
        return _encode_array(value, blocks)
    if isinstance(value, gpd.GeoDataFrame):
        return _encode_features(value, blocks)
    if isinstance(value, pd.DataFrame):
        return {"frame": _encode_frame(value, blocks)}
    if is_dataclass(value) and not isinstance(value, type):
        kind = f"{type(value).__module__}:{type(value).__qualname__}"
        if kind in CLASSES:
            inner = {one.name: _encode(getattr(value, one.name), blocks) for one in fields(value)}
            return {"class": [kind, inner]}
    raise TypeError(f"{type(value)} cannot travel")


def _encode_array(array: NDArray[Any], blocks: list[bytes]) -> object:
    if array.dtype.kind in NUMERIC:
        blocks.append(np.ascontiguousarray(array).tobytes())
        return {"array": [array.dtype.str, list(array.shape), len(blocks) - 1]}
    found = array.ravel().tolist()
    if all(one is None or isinstance(one, shapely.Geometry) for one in found):
        return {"geometries": [_wkb_block(array.ravel(), blocks), list(array.shape)]}
    return {"objects": [[_encode(one, blocks) for one in found], list(array.shape)]}


def _encode_features(frame: gpd.GeoDataFrame, blocks: list[bytes]) -> object:
    name = frame.geometry.name
    attributes = pd.DataFrame(frame.drop(columns=name))
    return {
        "features": {
            "geometry": str(name),
            "wkb": _wkb_block(frame.geometry.to_numpy(), blocks),
            "crs": _crs_text(frame.crs),
            "attributes": _encode_frame(attributes, blocks),
        }
    }


def _crs_text(crs: pyproj.CRS | None) -> str | None:
    if crs is None:
        return None
    code = crs.to_epsg(min_confidence=100)
    return f"EPSG:{code}" if code else str(crs.to_wkt())


def _wkb_block(geometries: NDArray[np.object_], blocks: list[bytes]) -> int:
    column = pa.array(shapely.to_wkb(geometries, include_srid=False), type=pa.large_binary())
    blocks.append(_stream(pa.table({"0": column})))
    return len(blocks) - 1


def _encode_frame(frame: pd.DataFrame, blocks: list[bytes]) -> object:
    columns = {}
    dtypes = []
    for at in range(frame.shape[1]):
        column = frame.iloc[:, at]
        dtypes.append(_dtype_word(column))
        columns[str(at)] = _arrow(column)
    blocks.append(_stream(pa.table(columns)))
    names = [str(name) for name in frame.columns]
    return [len(blocks) - 1, names, dtypes, len(frame)]


def _dtype_word(column: pd.Series[Any]) -> str:
    if column.dtype.kind in NUMERIC:
        return ""
    return "object" if column.dtype == object else "str"


def _arrow(column: pd.Series[Any]) -> Any:
    if column.dtype.kind in NUMERIC:
        return pa.array(column, from_pandas=column.dtype.kind == "M")
    texts = [
        one if isinstance(one, str) else None if _is_missing(one) else _text(one) for one in column
    ]
    try:
        return pa.array(texts, type=pa.large_string())
    except UnicodeEncodeError:  # half a character, which UTF-8 cannot write
        mended = [one and one.encode("utf-8", "replace").decode("utf-8") for one in texts]
        return pa.array(mended, type=pa.large_string())


def _is_missing(value: object) -> bool:
    if value is None or value is pd.NaT or value is pd.NA:
        return True
    return isinstance(value, float) and math.isnan(value)


def _text(value: object) -> str:
    return json.dumps(value.tolist(), default=str) if isinstance(value, np.ndarray) else str(value)


def _stream(table: Any) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema.remove_metadata()) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def _decode(tree: object, blocks: list[bytes]) -> object:
    if tree is None or isinstance(tree, bool | int | float | str):
        return tree
    if not isinstance(tree, dict) or len(tree) != 1:
        raise WireError("tree")
    ((kind, inner),) = tree.items()
    match kind:
        case "path":
            return Path(str(inner))
        case "list":
            return [_decode(one, blocks) for one in inner]
        case "tuple":
            return tuple(_decode(one, blocks) for one in inner)
        case "map":
            return {str(key): _decode(one, blocks) for key, one in inner}
        case "array":
            return _decode_array(inner, blocks)
        case "objects":
            found = np.empty(len(inner[0]), dtype=object)
            found[:] = [_decode(one, blocks) for one in inner[0]]
            return found.reshape(inner[1])
        case "geometries":
            return _geometries(inner[0], blocks).reshape(inner[1])
        case "frame":
            return _decode_frame(inner, blocks)
        case "features":
            frame = _decode_frame(inner["attributes"], blocks)
            name = str(inner["geometry"])
            geometry = gpd.GeoSeries(_geometries(inner["wkb"], blocks), crs=_crs(inner["crs"]))
            return gpd.GeoDataFrame(frame.assign(**{name: geometry}), geometry=name)
        case "class":
            return _decode_class(str(inner[0]), inner[1], blocks)
    raise WireError("kind")


def _decode_array(inner: Any, blocks: list[bytes]) -> NDArray[Any]:
    name, shape, block = inner
    dtype = np.dtype(str(name))
    if dtype.kind not in NUMERIC or dtype.hasobject:
        raise WireError("array")
    return np.frombuffer(blocks[block], dtype=dtype).reshape(shape).copy()


def _decode_class(kind: str, inner: Any, blocks: list[bytes]) -> object:
    if kind not in CLASSES:
        raise WireError("class")
    module, _, name = kind.partition(":")
    made: object = getattr(import_module(module), name)(
        **{key: _decode(one, blocks) for key, one in inner.items()}
    )
    return made


def _table(block: bytes, accepted: Callable[[Any], bool]) -> Any:
    with pa.ipc.open_stream(pa.BufferReader(block)) as reader:
        # Neither words about pandas nor types of extensions, either of which could make code run.
        if reader.schema.metadata or any(one.metadata for one in reader.schema):
            raise WireError("metadata")
        if not all(accepted(one.type) for one in reader.schema):
            raise WireError("column")
        table = reader.read_all()
    table.validate(full=True)
    return table


def _decode_frame(inner: Any, blocks: list[bytes]) -> pd.DataFrame:
    block, names, dtypes, length = inner
    table = _table(blocks[block], lambda kind: any(one(kind) for one in ARROW_TYPES))
    if (table.num_columns and table.num_rows != length) or not length >= 0:
        raise WireError("rows")
    if not table.num_columns and length > MOST_TREE_BYTES:
        raise WireError("rows")
    columns = {}
    for at, (column, dtype) in enumerate(zip(table.columns, dtypes, strict=True)):
        found = column.to_pandas()
        columns[at] = found.astype({"object": object, "str": str}[dtype]) if dtype else found
    frame = pd.DataFrame(columns, index=pd.RangeIndex(length))
    frame.columns = pd.Index([str(name) for name in names], dtype=object)
    return frame


def _geometries(block: int, blocks: list[bytes]) -> NDArray[np.object_]:
    table = _table(blocks[block], pa.types.is_large_binary)
    wkb = table.column(0).to_numpy(zero_copy_only=False)
    return np.asarray(shapely.from_wkb(wkb, on_invalid="raise"), dtype=object)


def _crs(text: object) -> pyproj.CRS | None:
    if text is None:
        return None
    if not isinstance(text, str) or len(text) > MOST_CRS:
        raise WireError("crs")
    # A grid of shifts is a file that PROJ would open.
    if "grids" in text.replace("nadgrids=@null", "").lower():
        raise WireError("crs")
    return pyproj.CRS.from_user_input(text)
