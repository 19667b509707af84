"""Draw the cells of a territory: the public face of the partition solver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gridmap.errors import Fault, InputError, fault, some_ids
from gridmap.partition.objective import (
    admin_reach_m,
    barrier_reach_m,
    border_m,
    broken_cells,
    loads,
    travel_cost,
)
from gridmap.partition.partition import Balance, Partition
from gridmap.partition.problem import PartitionProblem
from gridmap.partition.regrow import assign_and_regrow
from gridmap.partition.solve import Solved, solve_proven
from gridmap.partition.verdict import Verdict
from gridmap.policies import PartitionPolicy
from gridmap.progress import Progress, Report, Stop, silent
from gridmap.territory import Adjacency, Territory

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

STAGE = "stage.partition"


def draw_cells(
    territory: Territory,
    policy: PartitionPolicy,
    *,
    centre: Ints,
    travel_s: Floats,
    workloads: Mapping[str, Floats],
    seed: int,
    stop: Stop | None = None,
    report: Report = silent,
) -> Partition:
    """Return a cell for each unit, every cell in one piece around its centre.

    "One piece" means one piece in each connected part of the unit graph, bridges included. A
    part without a centre goes whole to the cell it is reached from with the least travel.

    Parameters
    ----------
    territory
        Its units and outlets.
    policy
        Method, tolerance, workloads, barriers and rounds.
    centre
        Row of each cell's centre in the outlets. Shape (n_cells,).
    travel_s
        Mean seconds from each centre to each unit, see `gridmap.partition.access`.
        Shape (n_units, n_cells).
    workloads
        The workloads of the policy by name. Shape (n_units,) each.
    seed
        Of every random choice.
    stop
        Asked between the rounds of the balanced method.
    report
        Told of the progress.

    Returns
    -------
    Partition
        Cells in the order of `centre`. `Balance.tolerance` is set by the balanced method only.
        `Balance.attainable` is above 0 if the tolerance of the workload is proven out of reach;
        then `lower_bound` is that of plans whose cells are within it but for the named ones.

    Raises
    ------
    InputError
        If there is no centre, two centres share a unit, a travel time is missing, the first
        workload is nowhere or negative, or a pair that is forced or forbidden cannot be kept.

    Notes
    -----
    ``balanced`` is described in `gridmap.partition.refine`. ``network`` takes each unit to the
    centre nearest by travel, ``voronoi`` to that nearest as the crow flies from a point inside
    the unit; both then regrow what does not hang together with its centre, and balance nothing.
    """
    report(Progress(STAGE, 0.0))
    frame = territory.outlets.iloc[centre]
    outlet_ids = tuple(str(one) for one in frame["outlet_id"])
    centre_unit = frame["unit"].to_numpy(dtype=np.int64)
    named: dict[str, Floats] = {
        name: np.asarray(workloads[name], dtype=np.float64) for name in policy.workloads
    }
    _check(outlet_ids, centre_unit, travel_s, named)
    problem = territory_problem(
        territory, policy, centre=centre, travel_s=travel_s, workloads=named
    )
    drawing = _Drawing(problem, policy, outlet_ids)
    notices = drawing.attached()
    if policy.method == "balanced":
        solved, proof = solve_proven(
            problem,
            policy.tolerances,
            iterations=policy.iterations,
            seed=seed,
            stop=stop,
            on_round=lambda done: report(
                Progress(STAGE, min(1.0, 0.5 + 0.5 * done / max(1, policy.iterations)))
            ),
        )
        _check_whole(problem, policy, outlet_ids, solved.label)
        verdict = Verdict(proof, policy.workloads, outlet_ids)
        found = drawing.balanced(centre, verdict, solved, notices)
    else:
        cost = problem.travel_s
        if policy.method == "voronoi":
            outlet_xy = frame[["x", "y"]].to_numpy(dtype=np.float64)
            apart_m = territory.units.inner_xy[:, None, :] - outlet_xy[None, :, :]
            cost = np.hypot(apart_m[..., 0], apart_m[..., 1])
        label = assign_and_regrow(problem, cost)
        found = drawing.partition(centre, label, notices=notices)
    report(Progress(STAGE, 1.0))
    return found


def keep_cells(
    territory: Territory,
    policy: PartitionPolicy,
    *,
    centre: Ints,
    travel_s: Floats,
    workloads: Mapping[str, Floats],
    label: Ints,
) -> Partition:
    """Return cells as they were, with the figures of today; no tolerance is asked of them.

    See `draw_cells`; `label` is the cell of each unit. Shape (n_units,).
    """
    outlet_ids = tuple(str(one) for one in territory.outlets["outlet_id"].iloc[centre])
    named: dict[str, Floats] = {name: workloads[name] for name in policy.workloads}
    problem = territory_problem(
        territory, policy, centre=centre, travel_s=travel_s, workloads=named
    )
    found = _Drawing(problem, policy, outlet_ids).partition(centre, label, notices=[])
    balances = tuple(replace(one, tolerance=None) for one in found.balances)
    return replace(found, balances=balances, details={**found.details, "kept": True})


def _check(
    outlet_ids: tuple[str, ...],
    centre_unit: Ints,
    travel_s: Floats,
    workloads: Mapping[str, Floats],
) -> None:
    """Raise all faults of the input together."""
    faults: list[Fault] = []
    if not outlet_ids:
        faults.append(fault("partition.no_centres"))
    for unit in np.flatnonzero(np.bincount(centre_unit, minlength=1) > 1).tolist():
        sharing = [outlet_ids[cell] for cell in np.flatnonzero(centre_unit == unit)]
        faults.append(
            fault("partition.centres_share_unit", ids=some_ids(sharing), unit=unit),
        )
    missing = ~np.isfinite(travel_s)
    if missing.any():
        cells = np.flatnonzero(missing.any(axis=0))
        ids = some_ids(outlet_ids[cell] for cell in cells)
        faults.append(fault("partition.travel_missing", ids=ids, units=int(missing.sum())))
    for place, (name, load) in enumerate(workloads.items()):
        usable = np.isfinite(load) & (load >= 0)
        if not usable.all():
            units = some_ids(np.flatnonzero(~usable).tolist())
            faults.append(fault("partition.workload_negative", workload=name, units=units))
        elif place == 0 and load.sum() == 0:
            faults.append(fault("partition.workload_empty", workload=name))
    if faults:
        raise InputError(*faults)


def _check_whole(
    problem: PartitionProblem, policy: PartitionPolicy, outlet_ids: Sequence[str], label: Ints
) -> None:
    """Raise if pairs that are forced or forbidden leave a cell in pieces."""
    broken = broken_cells(problem, label)
    if broken:
        centres = some_ids(outlet_ids[cell] for cell in broken)
        pairs = some_ids(f"{one} – {other}" for one, other in (*policy.forced, *policy.forbidden))
        raise InputError(fault("partition.pair_unreachable", centres=centres, pairs=pairs))


def territory_problem(
    territory: Territory,
    policy: PartitionPolicy,
    *,
    centre: Ints,
    travel_s: Floats,
    workloads: Mapping[str, Floats],
) -> PartitionProblem:
    """Return what the solver is to cut: the units, their borders, and what the policy holds.

    Arguments as in `draw_cells`; raises as `kept_pairs` does.
    """
    frame, pairs = territory.outlets.iloc[centre], territory.units.adjacency
    outlet_ids = tuple(str(one) for one in frame["outlet_id"])
    centre_unit = frame["unit"].to_numpy(dtype=np.int64)
    forced, forbidden = kept_pairs(territory, policy, outlet_ids, centre_unit)
    return PartitionProblem.from_pairs(
        pairs.first,
        pairs.second,
        shared_m=pairs.shared_m,
        barrier_m=open_barrier_m(pairs, policy),
        admin_m=pairs.admin_m,
        forced=forced,
        forbidden=forbidden,
        weights=np.stack([workloads[name] for name in policy.workloads], axis=1),
        travel_s=travel_s,
        centre_unit=centre_unit,
        area_m2=float(territory.units.area_m2.sum()),
    )


def kept_pairs(
    territory: Territory,
    policy: PartitionPolicy,
    outlet_ids: Sequence[str],
    centre_unit: Ints,
) -> tuple[Ints, Bools | None]:
    """Return the cell each unit must belong to (or -1), and where units must not belong.

    Shapes (n_units,) and (n_units, n_cells); None where nothing is forbidden.

    Raises
    ------
    InputError
        If a pair names an outlet or a centre that is unknown, or contradicts another.
    """
    unit_of = dict(
        zip(territory.outlets["outlet_id"].astype(str), territory.outlets["unit"], strict=True)
    )
    cell_of = {name: cell for cell, name in enumerate(outlet_ids)}
    n_units = len(territory.units)
    forced = np.full(n_units, -1, dtype=np.int64)
    forced[centre_unit] = np.arange(len(outlet_ids))
    forbidden = np.zeros((n_units, len(outlet_ids)), dtype=bool) if policy.forbidden else None
    faults: list[Fault] = []
    pairs = [(*pair, True) for pair in policy.forced] + [
        (*pair, False) for pair in policy.forbidden
    ]
    for outlet, centre, together in pairs:
        if outlet not in unit_of or centre not in cell_of:
            faults.append(fault("partition.pair_unknown", outlet=outlet, centre=centre))
            continue
        unit, cell = int(unit_of[outlet]), cell_of[centre]
        taken = int(forced[unit])
        if (together and taken not in (-1, cell)) or (not together and taken == cell):
            other = outlet_ids[taken]
            faults.append(
                fault("partition.pair_contradicts", outlet=outlet, centre=centre, other=other)
            )
        elif together:
            forced[unit] = cell
        elif forbidden is not None:
            forbidden[unit, cell] = True
    if faults:
        raise InputError(*faults)
    return forced, forbidden


def open_barrier_m(pairs: Adjacency, policy: PartitionPolicy) -> Floats:
    """Return the metres of each border that no cell should reach across.

    Barriers of the kinds in the policy, and only where no street crosses: over a bridge or
    through an underpass a cell may well go on. A border that is two kinds of barrier at once
    counts once. Shape (n_pairs,).
    """
    metres: dict[str, Floats] = {
        "river": pairs.river_m,
        "rail": pairs.rail_m,
        "motorway": pairs.motorway_m,
    }
    total = np.zeros(len(pairs))
    for kind in policy.barriers:
        total += metres[kind]
    return np.where(pairs.crossings == 0, np.minimum(total, pairs.shared_m), 0.0)


@dataclass(frozen=True, eq=False)
class _Drawing:
    """What every plan of one problem has in common."""

    problem: PartitionProblem
    policy: PartitionPolicy
    outlet_ids: tuple[str, ...]

    def attached(self) -> list[Fault]:
        """Say which parts of the territory have no centre of their own."""
        return [
            fault(
                "partition.part_attached",
                units=some_ids(one.units),
                count=len(one.units),
                outlet=self.outlet_ids[one.cell],
            )
            for one in self.problem.attached
        ]

    def balanced(
        self, centre: Ints, verdict: Verdict, solved: Solved, notices: list[Fault]
    ) -> Partition:
        """Return the plan of the balanced method with what is proven about it."""
        found = self.partition(
            centre,
            solved.label,
            notices=[*notices, *verdict.unattainable()],
            attainable=[one.bound for one in verdict.proof.certificates],
            lower_bound=solved.lower_bound,
            details={
                "rounds": solved.rounds,
                "gains": solved.gains,
                "restarts": solved.restarts,
                "pockets": verdict.pockets(),
            },
        )
        missed = verdict.not_reached(found.balances)
        return replace(found, notices=(*found.notices, *missed))

    def partition(
        self,
        centre: Ints,
        label: Ints,
        *,
        notices: list[Fault],
        attainable: Sequence[float] | None = None,
        lower_bound: float | None = None,
        details: Mapping[str, object] | None = None,
    ) -> Partition:
        """Return a plan with its figures."""
        load = loads(self.problem, label)
        balances = tuple(
            Balance(
                name,
                load[:, place],
                tolerance=self._tolerance(place),
                attainable=0.0 if attainable is None else attainable[place],
            )
            for place, name in enumerate(self.policy.workloads)
        )
        return Partition(
            centre=np.asarray(centre, dtype=np.int64),
            label=label,
            balances=balances,
            travel_cost=travel_cost(self.problem, label),
            lower_bound=lower_bound,
            notices=tuple(notices),
            details={
                "method": self.policy.method,
                "border_m": border_m(self.problem, label),
                "barrier_reach_m": barrier_reach_m(self.problem, label),
                "admin_reach_m": admin_reach_m(self.problem, label),
                **(details or {}),
            },
        )

    def _tolerance(self, place: int) -> float | None:
        """What is held to: the baselines balance nothing, so they promise nothing."""
        return self.policy.tolerances[place] if self.policy.method == "balanced" else None
