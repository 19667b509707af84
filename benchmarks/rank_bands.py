"""Time of the Monte Carlo rank bands: ``python -m benchmarks.rank_bands``.

Invented values of nine indicators in four dimensions, every tenth missing; seed 1.
"""

from __future__ import annotations

import platform
import time

import numpy as np

from gridmap.scoring.aggregation import CompositeRules
from gridmap.scoring.composite import score_composite
from gridmap.scoring.indicators import coverage_indicators

INDICATORS = coverage_indicators("walk", (5.0, 10.0, 15.0))


def seconds(n_cells: int, draws: int) -> float:
    """Return the seconds that the bands of one score take."""
    rng = np.random.default_rng(1)
    central, sampled = {}, {}
    for one in INDICATORS:
        value = rng.uniform(one.low, one.high, n_cells)
        value[rng.random(n_cells) < 0.1] = np.nan
        central[one.metric] = value
        sampled[one.metric] = value + rng.normal(0.0, 0.02, (draws, n_cells))
    started = time.perf_counter()
    score_composite(INDICATORS, central, sampled, CompositeRules(), draws=draws, rng=rng)
    return time.perf_counter() - started


def main() -> None:
    """Print a table of times."""
    print(f"{platform.processor() or platform.machine()}, numpy {np.__version__}, seed 1")
    print("| cells | draws | seconds | ms a draw |")
    print("|---|---|---|---|")
    for n_cells in (30, 300, 3000):
        for draws in (500, 2000):
            took = seconds(n_cells, draws)
            print(f"| {n_cells} | {draws} | {took:.2f} | {1000.0 * took / draws:.3f} |")


if __name__ == "__main__":
    main()
