"""One metric over all cells, with the sums it was made of."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from gridmap.scoring.inputs import ScoringInputs

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Notes = NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class DemandRate:
    """A rate over demand points: Σ `part` / Σ `whole` of a cell.

    Attributes
    ----------
    part, whole
        What each demand point adds above and below the line. Shape (n_demand,).
    """

    part: Floats
    whole: Floats


@dataclass(frozen=True, eq=False)
class CellValues:
    """A metric of every cell. All arrays have shape (n_cells,).

    Attributes
    ----------
    value
        The metric, NaN where it is missing. Infinite only between the steps of scoring.
    numerator, denominator
        The sums it was made of, NaN where it is not a quotient.
    n
        Demand points, outlets or indicators behind it.
    note
        Key of a note in the catalogue, or empty. Says why a value is missing.
    p05, p95
        Sampling band, NaN where there is none.
    rank_low, rank_high
        Band of ranks, 1 = best, NaN where there is none.
    """

    value: Floats
    numerator: Floats
    denominator: Floats
    n: Ints
    note: Notes
    p05: Floats = field(default_factory=lambda: np.empty(0))
    p95: Floats = field(default_factory=lambda: np.empty(0))
    rank_low: Floats = field(default_factory=lambda: np.empty(0))
    rank_high: Floats = field(default_factory=lambda: np.empty(0))

    def take(self, cells: Ints) -> CellValues:
        """Return the values of some cells."""
        return CellValues(
            *(
                array[cells] if len(array) else array
                for array in (getattr(self, one.name) for one in fields(self))
            )
        )


def notes(size: int, key: str | Notes = "") -> Notes:
    """Return the same note for each cell, or a copy of those given."""
    filled = np.empty(size, dtype=object)
    filled[:] = key
    return filled


def quotient(numerator: Floats, denominator: Floats) -> Floats:
    """Return numerator / denominator, NaN where the denominator is 0 or either is unknown."""
    result = np.full(np.broadcast(numerator, denominator).shape, np.nan)
    np.divide(numerator, denominator, out=result, where=np.asarray(denominator) > 0.0)
    return result


def rate(
    numerator: Floats, denominator: Floats, n: Floats | Ints, *, empty: str, note: str | Notes = ""
) -> CellValues:
    """Return a quotient of two sums.

    Parameters
    ----------
    numerator, denominator
        Sums of each cell. Shape (n_cells,).
    n
        What stands behind them. Shape (n_cells,).
    empty
        Note of a cell whose denominator is 0 or unknown.
    note
        Note of the other cells.
    """
    value = quotient(numerator, denominator)
    remarks = notes(len(value), note)
    remarks[np.isnan(value)] = empty
    return CellValues(
        value,
        np.asarray(numerator, dtype=np.float64),
        np.asarray(denominator, dtype=np.float64),
        np.asarray(n, dtype=np.int64),
        remarks,
    )


def amount(
    value: Floats,
    n: Floats | Ints,
    *,
    empty: str = "",
    note: str | Notes = "",
    additive: bool = True,
) -> CellValues:
    """Return a value that is not a quotient; an `additive` one is its own numerator."""
    nothing = np.full(len(value), np.nan)
    remarks = notes(len(value), note)
    remarks[np.isnan(value)] = empty
    numerator = np.asarray(value, dtype=np.float64) if additive else nothing
    return CellValues(
        np.asarray(value, dtype=np.float64),
        numerator,
        nothing,
        np.asarray(n, dtype=np.int64),
        remarks,
    )


def missing(n_cells: int, note: str) -> CellValues:
    """Return a metric that no cell has, and why."""
    nothing = np.full(n_cells, np.nan)
    return CellValues(
        nothing, nothing, nothing, np.zeros(n_cells, dtype=np.int64), notes(n_cells, note)
    )


def demand_rate(inputs: ScoringInputs, one: DemandRate, *, empty: str = "no_demand") -> CellValues:
    """Return a rate over demand points for each cell."""
    n = inputs.by_cell((one.whole > 0.0).astype(np.float64))
    return rate(inputs.by_cell(one.part), inputs.by_cell(one.whole), n, empty=empty)


def weighted_percentile(
    inputs: ScoringInputs, times: Floats, q: float, weight: Floats | None = None
) -> Floats:
    """Return the demand-weighted percentile of `times` in each cell.

    The percentile is the smallest time within which at least the share `q` of the cell's demand
    lies; infinite times (unreachable demand) count like any other.

    Parameters
    ----------
    inputs
        Cells and weights of the demand points.
    times
        Time of each demand point, infinite = unreachable. Shape (n_demand,).
    q
        Share in (0, 1].
    weight
        Weights instead of those of the inputs. Shape (n_demand,).

    Returns
    -------
    Floats
        NaN for a cell without demand, infinite where the share is never reached.
        Shape (n_cells,).
    """
    weight = inputs.demand_weight if weight is None else weight
    counted = weight > 0.0
    cell, times, weight = inputs.demand_cell[counted], times[counted], weight[counted]
    result = np.full(inputs.n_cells, np.nan)
    if not len(cell):
        return result
    # Whole numbers this small are sorted by their digits, many times as fast as by comparing.
    order = np.argsort(times)
    order = order[np.argsort(cell[order].astype(np.min_scalar_type(inputs.n_cells)), kind="stable")]
    cumulative = np.cumsum(weight[order])
    end = np.cumsum(np.bincount(cell, minlength=inputs.n_cells))
    start = end - np.bincount(cell, minlength=inputs.n_cells)
    filled = np.flatnonzero(end > start)
    before = np.where(start > 0, cumulative[np.maximum(start - 1, 0)], 0.0)[filled]
    total = cumulative[end[filled] - 1] - before
    # The tolerance keeps an exact share, such as half of two equal weights, on its near side.
    target = before + q * total * (1.0 - 1e-12)
    at = np.searchsorted(cumulative, target)
    result[filled] = times[order][np.clip(at, start[filled], end[filled] - 1)]
    return result
