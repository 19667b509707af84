"""How the loops are compiled: once, kept on disk, with plain arithmetic."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numba.core.errors import NumbaError

#: Numbers of the arrays' own kind. A call with a number written out, or with a variable that begins
#: as one, is compiled once more for just that number: these save a quarter of the compilation.
NOUGHT, ONE = np.int64(0), np.int64(1)
_OPTIONS: dict[str, Any] = {
    "cache": True,
    "fastmath": True,
    "error_model": "numpy",
    "nogil": True,  # cells are searched side by side
}


def _counts_nothing(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options of functions that count no references to arrays."""
    fast = {**options, "_nrt": False}
    try:
        njit(**fast)(_nothing)
    except (NumbaError, TypeError, KeyError):
        # A version of numba that does not know the option is right, only slower.
        return options
    return fast


def _nothing() -> None:
    """Do nothing."""


#: For functions that make arrays.
counted = njit(**_OPTIONS)
#: For functions that make no array. They need no count of the references to those that they are
#: given, which for tuples of forty arrays takes ten times as long as what they do with them.
bare = njit(**_counts_nothing(_OPTIONS))
#: The same, written out where it is called.
inlined = njit(**_counts_nothing(_OPTIONS), inline="always")
