"""Where high or low cells lie together: Getis–Ord Gi* and local Moran, with false discoveries held.

References
----------
Getis, A., Ord, J. K. (1992). The analysis of spatial association by use of distance statistics.
Geographical Analysis 24. Ord, J. K., Getis, A. (1995). Local spatial autocorrelation statistics.
Geographical Analysis 27.
Anselin, L. (1995). Local indicators of spatial association. Geographical Analysis 27.
Benjamini, Y., Hochberg, Y. (1995). Controlling the false discovery rate. Journal of the Royal
Statistical Society B 57.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.stats import norm

from gridmap.scoring.inputs import Bools, Floats, Ints
from gridmap.scoring.measures import CellValues, amount, missing, notes

#: With fewer cells the normal approximation and the permutations say nothing.
LEAST_CELLS = 30
PERMUTATIONS = 999
#: Kinds of cluster in the order of their codes. In local Moran, a high cell among low ones is
#: ``high_low``.
SPOTS = ("none", "hot", "cold")
CLUSTERS = ("none", "high_high", "low_low", "high_low", "low_high")


def neighbour_weights(pairs: Ints, n_cells: int) -> sparse.csr_array:
    """Return the matrix of 1 for cells that border each other. Shape (n_cells, n_cells).

    `pairs` holds each pair once or twice. Shape (n_pairs, 2).
    """
    first, second = pairs[:, 0], pairs[:, 1]
    apart = first != second
    row = np.concatenate([first[apart], second[apart]])
    column = np.concatenate([second[apart], first[apart]])
    whole = sparse.coo_array((np.ones(len(row)), (row, column)), shape=(n_cells, n_cells))
    matrix = whole.tocsr()
    matrix.data[:] = 1.0
    return matrix


def getis_ord(values: Floats, weights: sparse.csr_array, *, star: bool = True) -> Floats:
    """Return the standard score of Gi* (or Gi, without the cell itself) of each cell.

    z_i = (Σ_j w_ij x_j − x̄ Σ_j w_ij) / (S √((n Σ_j w²_ij − (Σ_j w_ij)²)/(n − 1))), with
    w_ii = 1 for Gi*; for Gi mean and spread are those of the other cells. Weights are binary.
    NaN where the values do not differ. Shape (n_cells,).
    """
    n = len(values)
    if star:
        weights = (weights + sparse.eye_array(n)).tocsr()
        mean = np.full(n, values.mean())
        spread = np.full(n, values.std())
        count = float(n)
    else:
        count = float(n - 1)
        mean = (values.sum() - values) / count
        squares = ((values**2).sum() - values**2) / count - mean**2
        spread = np.sqrt(np.maximum(squares, 0.0))
    total = np.asarray(weights.sum(axis=1)).ravel()
    squared = np.asarray((weights**2).sum(axis=1)).ravel()
    above = weights @ values - mean * total
    below = spread * np.sqrt(np.maximum(count * squared - total**2, 0.0) / (count - 1.0))
    z = np.full(n, np.nan)
    np.divide(above, below, out=z, where=below > 1e-12 * np.abs(values).max(initial=1.0))
    return z


def local_moran(values: Floats, weights: sparse.csr_array) -> Floats:
    """Return local Moran's I_i = z_i Σ_j w_ij z_j / m₂ with row-standardised weights.

    z = x − x̄ and m₂ = Σ z²/(n − 1), as in the original; 0 for a cell without neighbours.
    Shape (n_cells,).
    """
    z = values - values.mean()
    moment = (z**2).sum() / (len(values) - 1)
    return np.asarray(z * _lag(z, weights) / moment)


def moran_p_values(
    values: Floats,
    weights: sparse.csr_array,
    *,
    rng: np.random.Generator,
    permutations: int = PERMUTATIONS,
) -> Floats:
    """Return pseudo p-values of local Moran by conditional permutation. Shape (n_cells,).

    For each cell the others' values are dealt anew among its neighbours; p is the smaller tail,
    (extremes + 1)/(permutations + 1), doubled for a two-sided test. 1 without neighbours.
    """
    n = len(values)
    z = values - values.mean()
    observed = z * _lag(z, weights)
    degree = np.diff(weights.indptr)
    p = np.ones(n)
    # The same dealings serve every cell, each of which takes as many as it has neighbours.
    dealt = np.argsort(rng.random((permutations, n - 1)), axis=1)[:, : int(degree.max(initial=0))]
    for cell in np.flatnonzero(degree).tolist():
        others = np.delete(z, cell)
        drawn = z[cell] * others[dealt[:, : degree[cell]]].mean(axis=1)
        larger = int((drawn >= observed[cell] - 1e-12).sum())
        tail = min(larger, permutations - larger)
        p[cell] = min(1.0, 2.0 * (tail + 1) / (permutations + 1))
    return p


def discoveries(p: Floats, rate: float) -> Bools:
    """Return which p-values are discoveries when a share `rate` of them may be false.

    The procedure of Benjamini and Hochberg; NaN is never one. Shape (n,).
    """
    known = np.flatnonzero(~np.isnan(p))
    found = np.zeros(len(p), dtype=bool)
    order = known[np.argsort(p[known], kind="stable")]
    limit = rate * np.arange(1, len(order) + 1) / max(len(order), 1)
    below = np.flatnonzero(p[order] <= limit)
    if len(below):
        found[order[: below[-1] + 1]] = True
    return found


def cluster_metrics(
    values: Floats,
    pairs: Ints | None,
    *,
    rate: float,
    rng: np.random.Generator,
    note: str | NDArray[np.object_] = "",
) -> dict[str, CellValues]:
    """Return the clusters of a metric over the cells that have it.

    Parameters
    ----------
    values
        A metric, NaN = missing: such a cell is no neighbour of any. Shape (n_cells,).
    pairs
        Bordering cells. Shape (n_pairs, 2).
    rate
        Share of false discoveries allowed.
    rng
        Source of the permutations.
    note
        What the metric rests on.

    Returns
    -------
    dict
        ``hot_spot_z``, ``hot_spot`` (code of `SPOTS`), ``local_moran`` and ``cluster`` (code of
        `CLUSTERS`); all missing, and why, below `LEAST_CELLS` cells.
    """
    n_cells = len(values)
    known = np.flatnonzero(np.isfinite(values))
    names = ("hot_spot_z", "hot_spot", "local_moran", "cluster")
    if pairs is None or len(known) < LEAST_CELLS:
        why = "no_adjacency" if pairs is None else "too_few_cells"
        return {name: missing(n_cells, why) for name in names}
    x = values[known]
    if np.ptp(x) <= 1e-12 * np.abs(x).max(initial=1.0):
        return {name: missing(n_cells, "all_the_same") for name in names}
    weights = neighbour_weights(pairs, n_cells)[known][:, known]
    z = getis_ord(x, weights)
    found = discoveries(2.0 * norm.sf(np.abs(z)), rate)
    spot = np.where(found & (z > 0.0), 1, np.where(found & (z < 0.0), 2, 0))
    moran = local_moran(x, weights)
    sure = discoveries(moran_p_values(x, weights, rng=rng), rate)
    high, beside = x > x.mean(), _lag(x - x.mean(), weights) > 0.0
    kind = np.where(high & beside, 1, np.where(~high & ~beside, 2, np.where(high, 3, 4)))
    n = np.zeros(n_cells)
    n[known] = np.diff(weights.indptr)

    def whole(part: Floats) -> Floats:
        filled = np.full(n_cells, np.nan)
        filled[known] = part
        return filled

    def coded(code: NDArray[np.int64], words: tuple[str, ...], prefix: str) -> CellValues:
        result = amount(whole(code.astype(np.float64)), n, empty="value_missing", additive=False)
        result.note[known] = [f"{prefix}{words[one]}" for one in code.tolist()]
        return result

    remarks = notes(n_cells, note)
    return {
        "hot_spot_z": amount(whole(z), n, empty="value_missing", note=remarks, additive=False),
        "hot_spot": coded(spot, SPOTS, "spot_"),
        "local_moran": amount(whole(moran), n, empty="value_missing", note=remarks, additive=False),
        "cluster": coded(np.where(sure, kind, 0), CLUSTERS, "cluster_"),
    }


def _lag(z: Floats, weights: sparse.csr_array) -> Floats:
    """Return the mean of each cell's neighbours, 0 without any."""
    degree = np.diff(weights.indptr)
    return np.asarray((weights @ z) / np.maximum(degree, 1))
