"""Arrays in a file come out as they went in, where the header says."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from dashboards.map_editor.container import decoded, encoded

COLUMN = st.sampled_from(["int32", "uint8", "float64"]).flatmap(
    lambda kind: arrays.arrays(kind, st.integers(0, 9) | st.tuples(st.integers(0, 5), st.just(2)),
                               elements={"allow_nan": False} if kind == "float64" else None)
)  # fmt: skip


@given(st.dictionaries(st.text("abcé", min_size=1, max_size=5), COLUMN, max_size=4), st.text())
def test_there_and_back(columns: dict[str, np.ndarray], word: str) -> None:
    file = encoded({"word": word}, columns)
    header, found = decoded(file)
    assert header == {"word": word}
    assert {name: one.tolist() for name, one in found.items()} == {
        name: one.ravel().tolist() for name, one in columns.items()
    }


def test_whole_numbers_stand_as_differences_in_planes_of_bytes() -> None:
    """By hand: 5, then 300 less; of a table, each column for itself."""
    file = encoded({}, {"a": np.array([5, -295], np.int32)})
    assert file[-8:] == bytes([10, 599 % 256, 0, 599 // 256, 0, 0, 0, 0])
    file = encoded({}, {"a": np.array([[7, 100], [8, 99]], np.int32)})
    assert file[-16:] == bytes([14, 200, 2, 1, *[0] * 12])


def test_every_array_begins_at_a_multiple_of_eight() -> None:
    file = encoded({"n": 1}, {"a": np.array([1], np.uint8), "b": np.array([0.5])})
    (length,) = struct.unpack_from("<I", file)
    places = json.loads(file[4 : 4 + length])["arrays"]
    assert (4 + length) % 8 == 0
    assert [one["offset"] % 8 for one in places.values()] == [0, 0]
    assert places["a"]["offset"] == 4 + length


def test_other_numbers_are_refused() -> None:
    with pytest.raises(TypeError, match="int64"):
        encoded({}, {"a": np.array([1])})
