"""Cutting a polyline by shares of its length."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def part(line_xy: Floats, start: float, end: float) -> Floats:
    """Return the part of a polyline between two shares of its length.

    Parameters
    ----------
    line_xy
        Vertices. Shape (n_vertices, 2).
    start, end
        Shares of the length in [0, 1]; with `start` > `end` the part runs backwards.

    Returns
    -------
    ndarray
        Vertices, at least two. Shape (n_vertices, 2).
    """
    if start > end:
        return part(line_xy, end, start)[::-1]
    step = np.hypot(*np.diff(line_xy, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(step)])
    low, high = start * along[-1], end * along[-1]
    inside = line_xy[(along > low) & (along < high)]
    ends = np.column_stack(
        [np.interp([low, high], along, line_xy[:, 0]), np.interp([low, high], along, line_xy[:, 1])]
    )
    return np.concatenate([ends[:1], inside, ends[1:]])


def join(parts: list[Floats]) -> Floats:
    """Return polylines that follow each other as one, without repeated vertices. Shape (n, 2)."""
    line = np.concatenate(parts)
    new = np.ones(len(line), dtype=bool)
    new[1:] = (line[1:] != line[:-1]).any(axis=1)
    # A polyline needs two vertices even where it has no length.
    return line[new] if new.sum() > 1 else line[[0, -1]]
