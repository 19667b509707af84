"""What scoring needs to know about the cells, checked when it is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridmap.errors import Fault, InputError, fault, some_ids
from gridmap.policies import RoutingPolicy
from gridmap.schemas import PLACE_AMOUNTS
from gridmap.scoring.travel_times import OWNERS, Minutes, TravelTimes, full_times
from gridmap.territory import Territory

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Strings = NDArray[np.str_]

#: Ownerships that take part in scoring. Outlets of ``other`` ownership sell for nobody we compare.
SCORED_OWNERSHIPS = OWNERS


@dataclass(frozen=True, eq=False)
class MarketCounts:
    """Market figures of the cells, where an operator has them.

    Tables have shape (n_cells, n_operators), figures of a place (n_cells,); NaN = unknown.

    Attributes
    ----------
    operators
        Names of the operators; the first is ours.
    subscribers
        Subscribers at the end of the period, or sales where there are no subscribers.
    additions, departures
        Gross additions and lost subscribers in the period.
    ported_in, ported_out
        Numbers ported in and out in the period.
    mean_base
        Mean of the subscribers at both ends of the period; None = those at its end stand for it.
    potential, households, target
        Potential, households and the additions that are asked of us.
    earlier
        Subscribers of the period that growth is counted from.
    period, since
        Month that is scored, and month of `earlier`, such as 2024-06; empty where not known.
    basis
        Note on what the figures of each cell rest on, key of the catalogue. Shape (n_cells,).
    """

    operators: tuple[str, ...]
    subscribers: Floats
    additions: Floats | None = None
    departures: Floats | None = None
    ported_in: Floats | None = None
    ported_out: Floats | None = None
    mean_base: Floats | None = None
    potential: Floats | None = None
    households: Floats | None = None
    target: Floats | None = None
    earlier: Floats | None = None
    period: str = ""
    since: str = ""
    basis: NDArray[np.object_] | None = None

    def tables(self) -> dict[str, Floats]:
        """Return the tables by operator that are there, by name."""
        named = {
            "subscribers": self.subscribers,
            "additions": self.additions,
            "departures": self.departures,
            "ported_in": self.ported_in,
            "ported_out": self.ported_out,
            "mean_base": self.mean_base,
            "earlier": self.earlier,
        }
        return {name: table for name, table in named.items() if table is not None}

    def columns(self) -> dict[str, Floats]:
        """Return the figures of places that are there, by name."""
        named = {name: getattr(self, name) for name in PLACE_AMOUNTS}
        return {name: column for name, column in named.items() if column is not None}

    @cached_property
    def notes(self) -> NDArray[np.object_]:
        """Note on what the figures of each cell rest on. Shape (n_cells,)."""
        if self.basis is not None:
            return self.basis
        return np.full(len(self.subscribers), "rests_on_subscribers", dtype=object)

    @cached_property
    def compares(self) -> bool:
        """Whether shares can be told: in some cell every operator is known, and there are two."""
        complete = ~np.isnan(self.subscribers).any(axis=1)
        return len(self.operators) > 1 and bool(complete.any())


@dataclass(frozen=True, eq=False)
class FieldSum:
    """What the cells count of field work, above and below the line of one metric.

    Attributes
    ----------
    part, whole
        Sums of each cell, NaN = unknown; `whole` is None for a quantity. Shape (n_cells,).
    n
        Outlets or visits behind them. Shape (n_cells,).
    empty, note
        Keys of the notes of cells without and with a value.
    """

    part: Floats
    whole: Floats | None
    n: Floats
    empty: str
    note: str = ""


@dataclass(frozen=True, eq=False)
class FieldCounts:
    """What the cells count of field work.

    Attributes
    ----------
    sums
        By name of metric.
    lacking
        Why no cell has a metric, by its name; key of a note.
    """

    sums: Mapping[str, FieldSum]
    lacking: Mapping[str, str]

    @property
    def tells_visits(self) -> bool:
        """Whether made visits can be compared with due ones."""
        return "visit_attainment" in self.sums


@dataclass(frozen=True, eq=False)
class ScoringInputs:
    """Demand, outlets and travel times of one plan.

    Attributes
    ----------
    n_cells
        Number of cells.
    area_m2
        Area of each cell. Shape (n_cells,).
    demand_weight, demand_cell
        Weight and cell of each demand point. Shape (n_demand,).
    outlet_cell
        Cell of each outlet; -1 = outside all cells: such an outlet serves demand and is not
        counted in any cell. Shape (n_outlets,).
    ownership
        ``own``, ``partner`` or ``rival``. Shape (n_outlets,).
    operator, kind, grade
        Free text, may be empty. Shape (n_outlets,).
    travel_min
        Minutes between demand points and outlets by means of travel; instead of `TravelTimes` a
        small table will do. Shape (n_demand, n_outlets), NaN = unreachable.
    attraction
        Size times type factor of each outlet; 1 where not given. Shape (n_outlets,).
    potential
        Sales potential of each outlet, NaN = unknown. Shape (n_outlets,).
    due_visits, planned_visits
        Visits of a cycle that the grade asks for, and that the routes hold; None when the plan
        has no routes. Shape (n_outlets,).
    sales
        Sales of each outlet in the period, NaN = not reported. Shape (n_outlets,).
    sales_carried
        Which of them are of an earlier month, as the period has none. Shape (n_outlets,).
    market
        Subscriber figures, where there are any.
    field_work
        What is counted of visits and stock, where the territory is known.
    cell_pairs
        Cells that border each other or are bridged, each pair once. Shape (n_pairs, 2).
    cell_ids
        Ids of the cells in the result, 0 … n_cells - 1 where not given. Shape (n_cells,).
    invented
        Which inputs are invented sample data.
    """

    n_cells: int
    area_m2: Floats
    demand_weight: Floats
    demand_cell: Ints
    outlet_cell: Ints
    ownership: Strings
    operator: Strings
    kind: Strings
    grade: Strings
    travel_min: Mapping[str, TravelTimes | Minutes]
    attraction: Floats | None = None
    potential: Floats | None = None
    due_visits: Ints | None = None
    planned_visits: Ints | None = None
    sales: Floats | None = None
    sales_carried: Bools | None = None
    market: MarketCounts | None = None
    field_work: FieldCounts | None = None
    cell_pairs: Ints | None = None
    cell_ids: Ints | None = None
    invented: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        faults = _shape_faults(self)
        if not faults:
            faults = _value_faults(self)
        if faults:
            raise InputError(*faults)

    @property
    def n_demand(self) -> int:
        """Number of demand points."""
        return len(self.demand_weight)

    @property
    def n_outlets(self) -> int:
        """Number of outlets."""
        return len(self.ownership)

    @cached_property
    def ids(self) -> Ints:
        """Id of each cell. Shape (n_cells,)."""
        return np.arange(self.n_cells, dtype=np.int64) if self.cell_ids is None else self.cell_ids

    @cached_property
    def times(self) -> Mapping[str, TravelTimes]:
        """Travel times by means of travel, tables turned into lists."""
        return {
            mode: minutes
            if isinstance(minutes, TravelTimes)
            else full_times(minutes, self.ownership)
            for mode, minutes in self.travel_min.items()
        }

    @cached_property
    def own(self) -> Bools:
        """Which outlets are our own. Shape (n_outlets,)."""
        return np.asarray(self.ownership == "own")

    @cached_property
    def partner(self) -> Bools:
        """Which outlets are our partners'. Shape (n_outlets,)."""
        return np.asarray(self.ownership == "partner")

    @cached_property
    def ours(self) -> Bools:
        """Which outlets sell for our operator: own and partner. Shape (n_outlets,)."""
        return self.own | self.partner

    @cached_property
    def rival(self) -> Bools:
        """Which outlets are a rival's. Shape (n_outlets,)."""
        return np.asarray(self.ownership == "rival")

    def demand_of(self, cells: Ints) -> tuple[ScoringInputs, Ints]:
        """Return the demand of some cells, numbered 0, 1 … in their order, and its rows.

        All outlets are there, those of other cells as outlets outside; times and market are not.
        """
        number = np.full(self.n_cells + 1, -1, dtype=np.int64)
        number[cells] = np.arange(len(cells))
        rows = np.flatnonzero(number[self.demand_cell] >= 0)
        part = replace(
            self,
            n_cells=len(cells),
            area_m2=self.area_m2[cells],
            demand_weight=self.demand_weight[rows],
            demand_cell=number[self.demand_cell[rows]],
            outlet_cell=number[self.outlet_cell],
            travel_min={},
            market=None,
            field_work=None,
            cell_ids=self.ids[cells],
        )
        return part, rows

    def by_cell(self, demand_values: Floats) -> Floats:
        """Return the sum over the demand points of each cell. Shape (n_cells,)."""
        return _sums(self.demand_cell, demand_values, self.n_cells)

    def outlets_by_cell(self, outlet_values: Floats | Bools) -> Floats:
        """Return the sum over the outlets inside each cell. Shape (n_cells,)."""
        inside = self.outlet_cell >= 0
        return _sums(self.outlet_cell[inside], outlet_values[inside], self.n_cells)


def scored_outlets(outlets: pd.DataFrame) -> Ints:
    """Return the rows of the outlets that scoring compares, in their order.

    Travel times given to `scoring_inputs` count outlets by these rows.
    """
    scored = outlets["ownership"].isin(SCORED_OWNERSHIPS).to_numpy()
    return np.flatnonzero(scored).astype(np.int64)


def scoring_inputs(
    territory: Territory,
    label: Ints,
    n_cells: int,
    travel_min: Mapping[str, TravelTimes | Minutes],
    *,
    routing: RoutingPolicy | None = None,
    stops: pd.DataFrame | None = None,
    market: MarketCounts | None = None,
    field_work: FieldCounts | None = None,
    attraction: Floats | None = None,
    sales: Floats | None = None,
    sales_carried: Bools | None = None,
    cell_ids: Ints | None = None,
) -> ScoringInputs:
    """Bind a territory, a partition and its visits to the inputs of scoring.

    Parameters
    ----------
    territory
        What was planned.
    label
        Cell of each unit. Shape (n_units,).
    n_cells
        Number of cells.
    travel_min
        Minutes by means of travel between the territory's demand points and its outlets in the
        rows `scored_outlets`. Shape (n_demand, n_scored).
    routing, stops
        Grades and the stops of the routes, see `gridmap.schemas.STOPS`; without them the
        attainment of visits is missing.
    market
        Subscriber figures.
    field_work
        What the cells count of visits and stock.
    attraction
        Attraction of the scored outlets. Shape (n_scored,).
    sales
        Sales of the scored outlets, NaN = not reported; by default those of their table. Shape
        (n_scored,).
    sales_carried
        Which of them are of an earlier month. Shape (n_scored,).
    cell_ids
        Ids of the cells.

    Raises
    ------
    InputError
        If shapes do not fit or values are out of range.
    """
    outlets = territory.outlets.iloc[scored_outlets(territory.outlets)]
    grade = _strings(outlets["grade"])
    due: Ints | None = None
    planned: Ints | None = None
    if routing is not None and stops is not None:
        due_of = {name: policy.visits for name, policy in routing.grade_policy.items()}
        visited = outlets["visited"].to_numpy(dtype=bool)
        due = np.array([due_of.get(one, 0) for one in grade.tolist()], dtype=np.int64) * visited
        counts = stops["outlet_id"].value_counts()
        found = outlets["outlet_id"].map(counts).fillna(0)
        planned = found.to_numpy().astype(np.int64)
    return ScoringInputs(
        n_cells=n_cells,
        area_m2=_sums(label, territory.units.area_m2, n_cells),
        demand_weight=territory.demand["weight"].to_numpy(dtype=np.float64),
        demand_cell=label[territory.demand["unit"].to_numpy(dtype=np.int64)],
        outlet_cell=label[outlets["unit"].to_numpy(dtype=np.int64)],
        ownership=_strings(outlets["ownership"]),
        operator=_strings(outlets["operator"]),
        kind=_strings(outlets["kind"]),
        grade=grade,
        travel_min=travel_min,
        attraction=attraction,
        potential=outlets["potential"].to_numpy(dtype=np.float64),
        due_visits=due,
        planned_visits=planned,
        sales=_sales(outlets["sales"], sales),
        sales_carried=sales_carried,
        market=market,
        field_work=field_work,
        cell_pairs=bordering_pairs(territory, label),
        cell_ids=cell_ids,
        invented=territory.invented,
    )


def bordering_pairs(territory: Territory, label: Ints) -> Ints:
    """Return the pairs of cells that border each other or are bridged. Shape (n_pairs, 2)."""
    adjacency = territory.units.adjacency
    ends = np.stack([label[adjacency.first], label[adjacency.second]], axis=1)
    return np.unique(np.sort(ends[ends[:, 0] != ends[:, 1]], axis=1), axis=0)


def _sales(column: pd.Series[float], given: Floats | None) -> Floats | None:
    """Return the sales of outlets: those given, else of the table; None where none has any."""
    known: Floats = np.asarray(column if given is None else given, dtype=np.float64)
    return known if np.isfinite(known).any() else None


def _sums(cell: Ints, values: Floats | Bools, n_cells: int) -> Floats:
    summed = np.bincount(cell, weights=values.astype(np.float64), minlength=n_cells)
    return np.asarray(summed, dtype=np.float64)


def _strings(column: pd.Series[Any]) -> Strings:
    return np.asarray(column.fillna("").tolist(), dtype=np.str_)


def _shape_faults(inputs: ScoringInputs) -> list[Fault]:
    cells, demand, outlets = (inputs.n_cells,), (inputs.n_demand,), (inputs.n_outlets,)
    expected: list[tuple[str, Any, tuple[int, ...]]] = [
        ("area_m2", inputs.area_m2, cells),
        ("cell_ids", inputs.cell_ids, cells),
        ("demand_weight", inputs.demand_weight, demand),
        ("demand_cell", inputs.demand_cell, demand),
        ("ownership", inputs.ownership, outlets),
    ]
    names = ["outlet_cell", "operator", "kind", "grade", "attraction", "potential"]
    names += ["due_visits", "planned_visits", "sales", "sales_carried"]
    expected += [(name, getattr(inputs, name), outlets) for name in names]
    expected += [
        (f"travel_min[{mode}]", minutes, demand + outlets)
        for mode, minutes in sorted(inputs.travel_min.items())
    ]
    for name, one in inputs.field_work.sums.items() if inputs.field_work else ():
        expected += [(name, array, cells) for array in (one.part, one.whole, one.n)]
    if inputs.market is not None:
        wide = (inputs.n_cells, len(inputs.market.operators))
        expected += [(name, table, wide) for name, table in inputs.market.tables().items()]
        expected += [(name, column, cells) for name, column in inputs.market.columns().items()]
        expected.append(("basis", inputs.market.basis, cells))
    return [
        fault("scoring.fault.shape", name, expected=shape, found=np.shape(array))
        for name, array, shape in expected
        if array is not None and np.shape(array) != shape
    ]


def _value_faults(inputs: ScoringInputs) -> list[Fault]:
    faults: list[Fault] = []

    def check(name: str, bad: NDArray[Any], key: str) -> None:
        if bad.any():
            rows = some_ids(np.flatnonzero(bad).tolist())
            faults.append(fault(f"scoring.fault.{key}", name, rows=rows))

    def outside(cell: Ints, lowest: int) -> Bools:
        return (cell < lowest) | (cell >= inputs.n_cells)

    check("demand_cell", outside(inputs.demand_cell, 0), "cell")
    check("outlet_cell", outside(inputs.outlet_cell, -1), "cell")
    check("ownership", ~np.isin(inputs.ownership, SCORED_OWNERSHIPS), "ownership")
    check("area_m2", ~(inputs.area_m2 >= 0.0), "negative")
    check("demand_weight", ~np.isfinite(inputs.demand_weight), "negative")
    check("demand_weight", inputs.demand_weight < 0.0, "negative")
    for name in ("attraction", "due_visits", "planned_visits"):
        array = getattr(inputs, name)
        if array is not None:
            check(name, ~((array >= 0) & np.isfinite(array)), "negative")
    for name in ("potential", "sales"):
        array = getattr(inputs, name)
        if array is not None:
            check(name, array < 0.0, "negative")
    for mode, minutes in sorted(inputs.travel_min.items()):
        if isinstance(minutes, TravelTimes):
            negative = np.isin(minutes.place, _negative_places(minutes))
        else:
            negative = np.any(minutes < 0.0, axis=1)
        check(f"travel_min[{mode}]", negative, "negative")
    if inputs.market is not None:
        for name, table in inputs.market.tables().items():
            check(name, np.any(table < 0.0, axis=1), "negative")
        for name, column in inputs.market.columns().items():
            check(name, column < 0.0, "negative")
        if not inputs.market.operators:
            faults.append(fault("scoring.fault.operators", "market"))
    return faults


def _negative_places(times: TravelTimes) -> Ints:
    # Lists ascend, so the nearest outlet tells.
    least = np.min([times.nearest[owner] for owner in OWNERS], axis=0, initial=np.inf)
    return np.flatnonzero(least < 0.0)
