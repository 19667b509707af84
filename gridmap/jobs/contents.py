"""A name for a value made of its content: equal content, equal name, on every machine."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum

import numpy as np
import pandas as pd
import pydantic
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap import __version__

_PLAIN = (str, bytes, int, float, bool, type(None))


def content_hash(*values: object) -> str:
    """Return the SHA-256 of values, with the version of gridmap.

    Raises
    ------
    TypeError
        If there is something in them whose content cannot be told, such as an open file.
    """
    digest = hashlib.sha256(__version__.encode())
    for one in values:
        _feed(digest, one)
    return digest.hexdigest()


def _feed(digest: hashlib._Hash, value: object) -> None:
    name = type(value).__qualname__
    digest.update(f"<{name}>".encode())
    own = getattr(value, "content_hash", None)
    if isinstance(own, str):
        digest.update(own.encode())
    elif isinstance(value, Enum):
        _feed(digest, value.value)
    elif isinstance(value, _PLAIN):
        digest.update(repr(value).encode())
    elif isinstance(value, np.ndarray):
        _feed_array(digest, value)
    elif isinstance(value, np.generic):
        _feed_array(digest, np.asarray(value))
    elif isinstance(value, pd.DataFrame):
        for column in value.columns:
            _feed(digest, str(column))
            _feed_array(digest, value[column].to_numpy())
    elif isinstance(value, BaseGeometry):
        digest.update(shapely.to_wkb(value))
    elif isinstance(value, pydantic.BaseModel):
        digest.update(value.model_dump_json().encode())
    elif is_dataclass(value) and not isinstance(value, type):
        for one in fields(value):
            _feed(digest, (one.name, getattr(value, one.name)))
    elif isinstance(value, Mapping):
        for key in sorted(value, key=str):
            _feed(digest, (key, value[key]))
    elif isinstance(value, list | tuple):
        digest.update(str(len(value)).encode())
        for each in value:
            _feed(digest, each)
    elif isinstance(value, set | frozenset):
        _feed(digest, sorted(value, key=str))
    elif isinstance(value, functools.partial):
        _feed(digest, (value.func, value.args, value.keywords))
    elif callable(value) and hasattr(value, "__qualname__") and "<" not in value.__qualname__:
        digest.update(f"{value.__module__}:{value.__qualname__}".encode())
    else:
        raise TypeError(f"Expected a value with content to compare, found {name}.")


def _feed_array(
    digest: hashlib._Hash, array: np.ndarray[tuple[int, ...], np.dtype[np.generic]]
) -> None:
    digest.update(f"{array.dtype.str}{array.shape}".encode())
    if array.dtype.hasobject:
        for one in array.ravel():
            _feed(digest, one)
    else:
        digest.update(np.ascontiguousarray(array).tobytes())
