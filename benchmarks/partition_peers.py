"""Plans of one case by free tools that people use for it: spopt and GerryChain.

Neither is needed by gridmap; a peer that is not installed is left out and named, with the command
that installs it. spopt (BSD-3-Clause) solves the capacitated p-median and region k-means,
GerryChain (BSD-3-Clause) draws plans by recombination. All know one workload, the first.
"""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
from scipy.optimize import linear_sum_assignment

from benchmarks.partition_cases import TOLERANCE, Case
from benchmarks.partition_methods import Deadline, Found, NoPlanError
from gridmap.partition.problem import Floats, Ints

PACKAGES = {"p-median": "spopt", "region-k-means": "spopt", "recom": "gerrychain"}
INSTALL = "pip install spopt gerrychain"
#: Least weight of a unit in the p-median, in mean units: also units without a load want to be near.
FLOOR = 1e-6


def installed(method: str) -> bool:
    """Return whether the package of a peer is there."""
    return method not in PACKAGES or find_spec(PACKAGES[method]) is not None


def with_centres(case: Case, part: Ints) -> Ints:
    """Return the parts renumbered so that all together travel least: one centre each.

    Parameters
    ----------
    part
        Number of the part of each unit, below the number of cells. Shape (n_units,).

    References
    ----------
    H. W. Kuhn (1955), The Hungarian method for the assignment problem, Naval Research Logistics
    Quarterly 2: 83–97.
    """
    return _centre_of_part(case.problem.weights[:, :1] * case.travel, part)[0][part]


def _centre_of_part(cost: Floats, part: Ints) -> tuple[Ints, float]:
    """Return the centre of each part, and the travel; cost has shape (n_units, n_cells)."""
    order = np.argsort(part, kind="stable")
    there, start = np.unique(part[order], return_index=True)
    total = np.zeros((cost.shape[1], cost.shape[1]))
    total[there] = np.add.reduceat(cost[order], start, axis=0)
    row, column = linear_sum_assignment(total)
    centre = np.empty(cost.shape[1], dtype=np.int64)
    centre[row] = column
    return centre, float(total[row, column].sum())


def capacitated_p_median(case: Case, seconds: float, _seed: int) -> Found:
    """Solve the p-median with capacities, all centres open (`spopt.locate.PMedian`).

    A capacity is the greatest load within the tolerance; there is no least load and no contiguity.
    The solver is the one that comes with spopt (CBC), stopped when the time is up.
    """
    import pulp
    from spopt.locate import PMedian

    end = Deadline(seconds)
    problem = case.problem
    weight = problem.weights[:, 0]
    model = PMedian.from_cost_matrix(
        case.travel,
        np.maximum(weight, FLOOR * weight.mean()),
        p_facilities=problem.n_cells,
        facility_capacities=np.full(
            problem.n_cells, problem.target[0] * (1.0 + (case.tolerances[0] or TOLERANCE))
        ),
    )
    if end.left() <= 0.0:
        raise NoPlanError("time is up before the model is built")
    solver = pulp.PULP_CBC_CMD(msg=False, timeLimit=end.left())
    # What spopt does with a plan that is not proven best is to throw it away: solved here.
    model.problem.solve(solver)
    if model.problem.sol_status not in (pulp.LpSolutionOptimal, pulp.LpSolutionIntegerFeasible):
        raise NoPlanError("no plan when the time is up")
    label = np.full(problem.n_units, -1, dtype=np.int64)
    for unit, row in enumerate(model.cli_assgn_vars):
        label[unit] = int(np.argmax([one.value() or 0.0 for one in row]))
    best = model.problem.sol_status == pulp.LpSolutionOptimal
    return Found(label, note="" if best else "not proven best")


def region_k_means(case: Case, _seconds: float, seed: int) -> Found:
    """Grow as many compact regions as there are centres (`spopt.region.RegionKMeansHeuristic`).

    It balances nothing and knows no centres; they are assigned afterwards.
    """
    from libpysal.weights import W
    from spopt.region import RegionKMeansHeuristic

    problem = case.problem
    rows = np.split(problem.indices, problem.indptr[1:-1])
    weights = W({unit: row.tolist() for unit, row in enumerate(rows)}, silence_warnings=True)
    width = np.ptp(case.unit_xy, axis=0).max()
    model = RegionKMeansHeuristic(
        (case.unit_xy - case.unit_xy.min(axis=0)) / width,
        problem.n_cells,
        weights,
        seed=seed,
    )
    model.solve()
    part = np.unique(np.asarray(model.labels_), return_inverse=True)[1].astype(np.int64)
    if part.max() >= problem.n_cells:
        raise NoPlanError("more regions than centres")
    return Found(with_centres(case, part), note="centres assigned afterwards")


def recom(case: Case, seconds: float, seed: int) -> Found:
    """Draw plans by recombination within the tolerance, and keep that of least travel.

    The chain of GerryChain from a random plan, all of whose plans are balanced and in one piece;
    it knows no centres, they are assigned to each plan. It goes on until the time is up.

    References
    ----------
    D. DeFord, M. Duchin and J. Solomon (2021), Recombination: a family of Markov chains for
    redistricting, Harvard Data Science Review 3(1).
    """
    import networkx as nx
    from gerrychain import Graph, Partition
    from gerrychain.constraints import within_percent_of_ideal_population
    from gerrychain.proposals import ReCom
    from gerrychain.updaters import Tally

    end = Deadline(seconds)
    problem = case.problem
    tolerance = case.tolerances[0] or TOLERANCE
    drawn = nx.Graph()
    drawn.add_nodes_from(
        (unit, {"load": float(load)}) for unit, load in enumerate(problem.weights[:, 0])
    )
    drawn.add_edges_from(zip(problem.arc_from.tolist(), problem.indices.tolist(), strict=True))
    if not nx.is_connected(drawn):
        raise NoPlanError("the units do not hang together")
    plan = Partition.from_random_assignment(
        Graph.from_networkx(drawn),
        n_parts=problem.n_cells,
        epsilon=tolerance,
        pop_col="load",
        updaters={"population": Tally("load", alias="population")},
        rng=seed,
    )
    propose = ReCom.district_pairs_mst(
        pop_col="load", pop_target=float(problem.target[0]), epsilon=tolerance
    )
    kept = within_percent_of_ideal_population(plan, tolerance)
    cost = problem.weights[:, :1] * case.travel
    best, least, steps = np.zeros(0, dtype=np.int64), np.inf, 0
    for state in _chain(plan, propose, kept, seed):
        part = _parts(state, problem.n_units)
        centre, travel = _centre_of_part(cost, part)
        if travel < least:
            best, least = centre[part], travel
        if end(travel):
            break
        steps += 1
    return Found(best, note=f"best of {steps + 1} plans, centres assigned afterwards")


def _chain(plan: object, propose: object, kept: object, seed: int) -> object:
    from gerrychain import MarkovChain
    from gerrychain.accept import always_accept

    return MarkovChain(
        proposal_fn=propose,
        constraints=[kept],
        acceptance_fn=always_accept,
        initial_partition=plan,
        total_steps=10**9,
        rng=seed,
    )


def _parts(state: object, n_units: int) -> Ints:
    """Return the number of the part of each unit. Shape (n_units,)."""
    named = state.assignment.to_series()
    named = named.reindex(range(n_units)).to_numpy()
    return np.unique(named, return_inverse=True)[1].astype(np.int64)
