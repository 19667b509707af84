"""Sample figures that are made up where a file has none; what they fill is marked as invented."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Floats = NDArray[np.float64]

#: Median and spread of an invented potential: monthly sales of a small shop, a few large ones.
MEDIAN = 100.0
SPREAD = 0.6
#: Median of the invented sales of a cycle, in pieces.
MEDIAN_SALES = 40.0


def invented_potential(ids: Iterable[str], *, seed: int = 0) -> Floats:
    """Return a made-up sales potential for each outlet, log-normal with a median of 100.

    The figure of an outlet depends on its id and the seed only: not on the order of the rows and
    not on the other outlets, so it stays when others open or close. Shape (n_ids,).
    """
    share = np.array([invented_share(one, seed) for one in ids], dtype=np.float64)
    return np.asarray(np.round(MEDIAN * np.exp(SPREAD * ndtri(share)), 1), dtype=np.float64)


def invented_sales(ids: Iterable[str], *, seed: int = 0) -> Floats:
    """Return made-up sales of each outlet in a cycle, whole pieces, log-normal, median 40.

    As with `invented_potential`, the figure depends on the id and the seed only. Shape (n_ids,).
    """
    share = np.array([invented_share(f"sales:{one}", seed) for one in ids], dtype=np.float64)
    return np.asarray(np.round(MEDIAN_SALES * np.exp(SPREAD * ndtri(share))), dtype=np.float64)


def invented_share(name: str, seed: int) -> float:
    """Return a number strictly between 0 and 1 for a name."""
    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    return (int.from_bytes(digest[:6]) + 0.5) / 2.0**48
