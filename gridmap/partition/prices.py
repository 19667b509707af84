"""Prices of the cells, and a proven lower bound on travel.

Without contiguity, and with units that may be split, the balanced partition is a transport
problem: minimise Σ w_u d_uj x_uj with every unit shared out and every load in its band. For any
price λ of the cells' load,

    g(λ) = Σ_u w_u min_j (d_uj + λ_j)  -  Σ_j ( high_j max(λ_j, 0) + low_j min(λ_j, 0) )

is a lower bound on the travel of every plan with loads in the bands (weak duality). The bound is
maximised by Newton steps on a smooth version: a soft minimum of temperature T and sqrt(λ² + T²)
for |λ|, while T falls. The bound returned is g itself, so it holds however well the steps went.

References
----------
Bertsekas, D. (1998). Network Optimization: Continuous and Discrete Models. Chapter 7.
Cominetti, R., San Martín, J. (1994). Asymptotic analysis of the exponential penalty trajectory
in linear programming. Mathematical Programming 67.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridmap.partition.price_kernels import nearest_sum, soft_sum
from gridmap.partition.problem import Floats, Ints, PartitionProblem
from gridmap.partition.side_by_side import side_by_side

#: Pieces that the units are summed in, side by side.
PIECES = 4
FIRST_TEMPERATURE = 0.3
LAST_TEMPERATURE = 0.001
COOLING = 0.45
NEWTON_STEPS = 25
#: Prices beyond this many mean travel times are signs of an infeasible band.
PRICE_LIMIT = 1e4


@dataclass(frozen=True, eq=False)
class Prices:
    """Prices of the cells and what they prove.

    Attributes
    ----------
    price_s
        Seconds to add to the travel into each cell; high = wanted by too many. Shape (n_cells,).
    bound
        Lower bound on Σ w d of every plan with loads in the bands.
    """

    price_s: Floats
    bound: float


def cell_prices(problem: PartitionProblem, low: Floats, high: Floats) -> Prices:
    """Return prices that share out the first workload, and the lower bound they prove.

    Parameters
    ----------
    problem
        First workload, travel times and fixed units.
    low, high
        Band of each cell's load. Shape (n_cells,).
    """
    dual = _Dual(problem, low, high)
    price = np.zeros(problem.n_cells)
    best = Prices(price * dual.scale, dual.bound(price))
    temperature = FIRST_TEMPERATURE
    while True:
        price = dual.climb(price, temperature)
        bound = dual.bound(price)
        if bound > best.bound:
            best = Prices(price * dual.scale, bound)
        if temperature <= LAST_TEMPERATURE:
            return best
        temperature = max(temperature * COOLING, LAST_TEMPERATURE)


class _Dual:
    """The smooth dual, in units of mean travel and mean load."""

    def __init__(self, problem: PartitionProblem, low: Floats, high: Floats) -> None:
        self.scale = problem.mean_nearest_s
        self.seconds = problem.travel_s
        self.mass = max(float(problem.target[0]), 1e-300)
        self.middle = (low + high) / 2.0 / self.mass
        self.half = (high - low) / 2.0 / self.mass
        rows = np.flatnonzero(problem.weights[:, 0] > 0)
        # The same pieces on every machine, so that sums round the same way.
        self.pieces = [one for one in np.array_split(rows, PIECES) if len(one)]
        self.weights = [problem.weights[one, 0] / self.mass for one in self.pieces]

    def bound(self, price: Floats) -> float:
        """Return g(price) in workload · seconds, rounded down by a hair for the summation."""
        nearest = sum(
            side_by_side(
                lambda piece: nearest_sum(*piece, self.seconds, self.scale, price), self._work()
            )
        )
        value = nearest - float(self.middle @ price + self.half @ np.abs(price))
        return (value - 1e-10 * abs(nearest)) * self.scale * self.mass

    def climb(self, price: Floats, temperature: float) -> Floats:
        """Return the prices after Newton steps at one temperature."""
        value, load, curvature = self._smooth(price, temperature)
        for _ in range(NEWTON_STEPS):
            root = np.sqrt(price**2 + temperature**2)
            gradient = load - self.middle - self.half * price / root
            if np.abs(gradient).max() < 1e-3:
                break
            bend = curvature + np.diag(self.half * temperature**2 / root**3)
            bend[np.diag_indices_from(bend)] += 1e-6 + 1e-7 * np.trace(bend) / len(price)
            direction = np.linalg.solve(bend, gradient)
            slope = float(gradient @ direction)
            length = 1.0
            for _ in range(14):
                trial = np.clip(price + length * direction, -PRICE_LIMIT, PRICE_LIMIT)
                found = self._smooth(trial, temperature)
                if found[0] >= value + 1e-4 * length * slope:
                    break
                length *= 0.4
            else:
                break
            gain = found[0] - value
            price = trial
            value, load, curvature = found
            if gain <= 1e-10 * abs(value):
                break
        return price

    def _smooth(self, price: Floats, temperature: float) -> tuple[float, Floats, Floats]:
        """Return value, loads and curvature of the smooth dual."""
        n_cells = len(price)
        loads = np.zeros((len(self.pieces), n_cells))
        products = np.zeros((len(self.pieces), n_cells, n_cells))
        values = side_by_side(
            lambda number: soft_sum(
                self.pieces[number],
                self.weights[number],
                self.seconds,
                self.scale,
                price,
                temperature,
                loads[number],
                products[number],
            ),
            range(len(self.pieces)),
        )
        value = sum(values) - float(
            self.middle @ price + self.half @ np.sqrt(price**2 + temperature**2)
        )
        load, shared = loads.sum(axis=0), products.sum(axis=0)
        shared += np.tril(shared, -1).T
        return value, load, (np.diag(load) - shared) / temperature

    def _work(self) -> list[tuple[Ints, Floats]]:
        return list(zip(self.pieces, self.weights, strict=True))
