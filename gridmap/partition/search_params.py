"""How hot, how stiff and how long the search of cells is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RefineParams:
    """How hot, how stiff and how long.

    Temperatures count in mean cells' travel, stiffness in mean cells' travel per squared
    relative deviation, both (start, end).

    Attributes
    ----------
    starts
        First anneals.
    sweeps, release_sweeps, polish_sweeps
        Tries per unit beside another cell in the first anneal, in the second and in the polish.
    repair_sweeps, improve_sweeps, settle_sweeps
        The same in a neighbourhood: while a cell is outside its bands, else, and in its polish.
    narrowings
        Share by which the bands are narrowed in the first and the second anneal.
    renew_sweeps
        The same in a large neighbourhood that is searched as if from the start.
    dearness
        First price on excess when plans are compared, in mean cells' travel for a mean load.
    restarts, patience
        How often to begin again, hotter each time, while no plan within the bands was found, and
        after how many rounds without less excess; then the search gives up.
    idle
        The search ends after so many rounds in a row that bettered nothing.
    """

    heat: tuple[float, float] = (0.02, 3e-4)
    stiffness: tuple[float, float] = (30.0, 1500.0)
    starts: int = 3
    sweeps: int = 1000
    release_sweeps: int = 500
    polish_sweeps: int = 200
    repair_sweeps: int = 500
    improve_sweeps: int = 150
    settle_sweeps: int = 60
    renew_sweeps: int = 400
    dearness: float = 30.0
    narrowings: tuple[float, float] = (0.6, 0.2)
    steal_share: float = 0.05
    exchange_share: float = 0.2
    price_rate: float = 0.02
    price_reach: float = 20.0
    price_stiffness: float = 30.0
    restarts: int = 3
    patience: int = 12
    idle: int = 12


PARAMS = RefineParams()
