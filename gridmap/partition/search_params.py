"""How hot, how stiff and how long the search of cells is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Bidding:
    """How prices bid for load while units are moved.

    Attributes
    ----------
    rate
        Share of the way to its multiplier that a price goes in each sweep.
    reach
        How far it may go from where it began, in mean cells' travel for a mean load.
    stiffness
        Of the augmented Lagrangian whose multipliers they follow.
    """

    rate: float = 0.02
    reach: float = 20.0
    stiffness: float = 30.0


@dataclass(frozen=True)
class RefineParams:
    """How hot, how stiff and how long.

    Temperatures count in mean cells' travel, stiffness in mean cells' travel per squared
    relative deviation, both (start, end).

    Attributes
    ----------
    starts
        First anneals. With 0 the plan given is melted unless it is within the bands.
    far
        Excess of a mean cell from which on the best of them is melted, in mean loads.
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
    bidding
        How prices bid for load in all anneals but the next.
    melts, melt_heat, melt_stiffness, melt_sweeps, melt_bidding
        How many plans are kept fluid at one heat from one plan, how hot, how stiff, how many
        sweeps at most, and how prices bid. The stiffness times the workload of a unit must not
        be far above the heat, or cells freeze where they hem each other in.
    restarts, patience
        How often to melt the plan again while none within the bands was found, and after how
        many rounds without less excess; then the search gives up.
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
    far: float = 0.03
    bidding: Bidding = Bidding()
    melts: int = 2
    melt_heat: float = 0.1
    melt_stiffness: float = 300.0
    melt_sweeps: int = 1000
    melt_bidding: Bidding = Bidding(0.05, 500.0, 300.0)
    restarts: int = 3
    patience: int = 12
    idle: int = 12


PARAMS = RefineParams()
