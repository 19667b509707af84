"""Cutting polylines."""

from __future__ import annotations

import numpy as np
import pytest

from gridmap.travel.polyline import join, part

#: 10 m east, then 10 m north.
LINE = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 10.0]])


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (0.0, 1.0, [[0, 0], [10, 0], [10, 10]]),
        (1.0, 0.0, [[10, 10], [10, 0], [0, 0]]),
        (0.25, 0.75, [[5, 0], [10, 0], [10, 5]]),
        (0.75, 0.25, [[10, 5], [10, 0], [5, 0]]),
        (0.5, 1.0, [[10, 0], [10, 10]]),
        (0.1, 0.2, [[2, 0], [4, 0]]),
        (0.3, 0.3, [[6, 0], [6, 0]]),
    ],
)
def test_part(start: float, end: float, expected: list) -> None:
    np.testing.assert_allclose(part(LINE, start, end), expected, atol=1e-12)


def test_join_drops_repeated_vertices_but_keeps_two() -> None:
    np.testing.assert_array_equal(join([LINE, LINE[::-1]]), [*LINE, LINE[1], LINE[0]])
    np.testing.assert_array_equal(join([LINE[:1], LINE[:1]]), [LINE[0], LINE[0]])
