"""Channel coverage of a cell: who reaches how much demand, how soon, through which channels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gridmap.scoring.inputs import Bools, Floats, ScoringInputs
from gridmap.scoring.measures import (
    CellValues,
    DemandRate,
    amount,
    missing,
    notes,
    rate,
    weighted_percentile,
)
from gridmap.scoring.reach import OUTLET_SETS, OutletSet, Reach

#: Sets whose nearest times are reported.
TIMED_SETS: tuple[OutletSet, ...] = ("own", "ours")
PERCENTILES = {"p50": 0.5, "p90": 0.9}


def threshold_rates(inputs: ScoringInputs, reach: Reach, minutes: float) -> dict[str, DemandRate]:
    """Return the rates that depend on a threshold, by metric key.

    Coverage of each set of outlets, and what is made of it: blind, duplicate, contested, left to
    rivals alone. Unreachable demand is not covered and stays below the line.

    Parameters
    ----------
    inputs
        Weights of the demand points.
    reach
        What they reach.
    minutes
        The threshold.
    """
    weight = inputs.demand_weight
    covered = {name: reach.nearest[name] <= minutes for name in OUTLET_SETS}
    twice = reach.second_own <= minutes

    def of(chosen: Bools, base: Floats = weight) -> DemandRate:
        return DemandRate(np.where(chosen, weight, 0.0), base)

    rates = {f"coverage_{name}": of(chosen) for name, chosen in covered.items()}
    rates["blind_share"] = of(~covered["ours"])
    rates["duplicate_share"] = of(twice)
    rates["duplicate_share_covered"] = of(twice, np.where(covered["own"], weight, 0.0))
    rates["contested"] = of(covered["ours"] & covered["rival"])
    rates["rival_only"] = of(covered["rival"] & ~covered["ours"])
    return rates


def time_rates(inputs: ScoringInputs, reach: Reach, cap_min: float) -> dict[str, DemandRate]:
    """Return mean nearest times and the share of demand that reaches no outlet of ours.

    In a mean, times beyond `cap_min` and unreachable demand count as `cap_min` minutes, so
    that what cannot be reached is never nearer than what can.
    """
    weight = inputs.demand_weight
    rates = {
        f"nearest_{name}_mean": DemandRate(
            weight * np.minimum(reach.nearest[name], cap_min), weight
        )
        for name in TIMED_SETS
    }
    unreached = np.isinf(reach.nearest["ours"])
    rates["unreachable_share"] = DemandRate(np.where(unreached, weight, 0.0), weight)
    return rates


def nearest_percentile(inputs: ScoringInputs, times: Floats, q: float) -> CellValues:
    """Return the demand-weighted percentile of the nearest time in each cell.

    A percentile that falls on unreachable demand is infinite and its note says so.
    """
    n = inputs.by_cell((inputs.demand_weight > 0.0).astype(np.float64))
    value = weighted_percentile(inputs, times, q)
    values = amount(value, n, empty="no_demand", additive=False)
    values.note[np.isinf(value)] = "unreachable"
    return values


def outlet_density(inputs: ScoringInputs) -> dict[str, CellValues]:
    """Return our outlets per square kilometre and per 10,000 units of demand weight."""
    ours = inputs.outlets_by_cell(inputs.ours)
    demand = inputs.by_cell(inputs.demand_weight)
    return {
        "outlet_density": rate(ours, inputs.area_m2 / 1e6, ours, empty="no_area"),
        "outlets_per_10k": rate(ours, demand / 1e4, ours, empty="no_demand"),
    }


def channel_mix(inputs: ScoringInputs) -> dict[str, CellValues]:
    """Return the shares of ownerships among all outlets, of kinds among ours, and their entropy.

    Entropy is in nats: 0 = one kind only, ln k = k kinds evenly.
    """
    every = inputs.outlets_by_cell(np.ones(inputs.n_outlets))
    ours = inputs.outlets_by_cell(inputs.ours)
    found = {
        f"channel_mix_{name}": rate(
            inputs.outlets_by_cell(chosen), every, every, empty="no_outlets"
        )
        for name, chosen in (
            ("own", inputs.own),
            ("partner", inputs.partner),
            ("rival", inputs.rival),
        )
    }
    entropy = np.zeros(inputs.n_cells)
    for kind in np.unique(inputs.kind[inputs.ours]).tolist():
        count = inputs.outlets_by_cell(inputs.ours & (inputs.kind == kind))
        share = rate(count, ours, ours, empty="no_outlets")
        found[f"kind_share_{kind or '-'}"] = share
        some = share.value > 0.0
        entropy[some] -= share.value[some] * np.log(share.value[some])
    entropy[ours == 0.0] = np.nan
    found["channel_entropy"] = amount(entropy, ours, empty="no_outlets", additive=False)
    return found


def managed_partner_share(inputs: ScoringInputs) -> CellValues:
    """Return the share of partner outlets that are managed: in a cell, graded and on a route."""
    if inputs.planned_visits is None:
        return missing(inputs.n_cells, "no_routes")
    managed = inputs.partner & (inputs.grade != "") & (inputs.planned_visits > 0)
    partners = inputs.outlets_by_cell(inputs.partner)
    return rate(inputs.outlets_by_cell(managed), partners, partners, empty="no_partners")


def frequency_attainment(inputs: ScoringInputs) -> dict[str, CellValues]:
    """Return planned over due visits, in all and by grade.

    Visits beyond what is due don't make up for another outlet's missing ones: an outlet counts
    min(planned, due).
    """
    if inputs.planned_visits is None or inputs.due_visits is None:
        return {"frequency_attainment": missing(inputs.n_cells, "no_routes")}
    due = inputs.due_visits.astype(np.float64)
    kept = np.minimum(inputs.planned_visits, inputs.due_visits).astype(np.float64)

    def over(chosen: Bools) -> CellValues:
        return rate(
            inputs.outlets_by_cell(kept * chosen),
            inputs.outlets_by_cell(due * chosen),
            inputs.outlets_by_cell(chosen),
            empty="no_visits_due",
        )

    found = {"frequency_attainment": over(due > 0.0)}
    for grade in np.unique(inputs.grade[due > 0.0]).tolist():
        found[f"frequency_attainment_{grade}"] = over((due > 0.0) & (inputs.grade == grade))
    return found


def active_outlet_rates(inputs: ScoringInputs) -> dict[str, CellValues]:
    """Return the share of our outlets that sold anything, over all and over the reporting ones."""
    if inputs.sales is None:
        return {
            name: missing(inputs.n_cells, "no_sales")
            for name in ("active_outlet_rate", "active_outlet_rate_reported")
        }
    active = inputs.outlets_by_cell(inputs.ours & (inputs.sales > 0.0))
    every = inputs.outlets_by_cell(inputs.ours)
    reported = inputs.outlets_by_cell(inputs.ours & ~np.isnan(inputs.sales))
    over_all = rate(active, every, every, empty="no_outlets")
    # Where nobody reported, 0 active outlets would be a claim without data.
    silent = (reported == 0.0) & (every > 0.0)
    over_all.value[silent] = np.nan
    over_all.numerator[silent] = np.nan
    over_all.note[silent] = "no_sales"
    found = {
        "active_outlet_rate": over_all,
        "active_outlet_rate_reported": rate(active, reported, reported, empty="no_sales"),
    }
    if inputs.sales_carried is not None:
        older = inputs.outlets_by_cell(inputs.ours & inputs.sales_carried) > 0.0
        for one in found.values():
            one.note[older & (one.note == "")] = "rests_on_carried"
    return found


def demand_and_potential(
    inputs: ScoringInputs, *, threshold: float = 0.65
) -> dict[str, CellValues]:
    """Return the demand of each cell, and the sales potential that its quadrant is judged by.

    Potential is that of the cell's outlets where at least `threshold` of all outlets have one;
    otherwise the cell's demand stands in, and the note says so.
    """
    demand = inputs.by_cell(inputs.demand_weight)
    n = inputs.by_cell((inputs.demand_weight > 0.0).astype(np.float64))
    found = {"demand": amount(demand, n)}
    known = np.zeros(inputs.n_outlets, dtype=bool)
    if inputs.potential is not None:
        known = ~np.isnan(inputs.potential)
    if inputs.potential is None or not known.size or known.mean() < threshold:
        found["potential"] = amount(demand, n, note="potential_is_demand")
        return found
    potential = inputs.outlets_by_cell(np.where(known, inputs.potential, 0.0))
    found["potential"] = amount(potential, inputs.outlets_by_cell(known))
    return found


def unreached_notes(values: CellValues, unreached: Floats) -> CellValues:
    """Return the values with a note where a part of the cell's demand reaches no outlet at all."""
    remarks = notes(len(values.value))
    remarks[:] = values.note
    remarks[(unreached > 0.0) & ~np.isnan(values.value)] = "unreached_left_out"
    return replace(values, note=remarks)
