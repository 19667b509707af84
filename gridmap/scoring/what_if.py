"""What if an outlet opened, closed or moved, ours or a rival's: all scores of the touched cells.

Only what the change concerns is made again: the times of the changed outlets are searched, the
lists of the places near them are changed, levels of service of the outlets in these lists are
found anew, and with them the fields of the demand they serve. Values are those of scoring from
scratch; bands and ranks are left out.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from gridmap.policies import Mode, ScoringPolicy
from gridmap.scoring.accessibility import KnownLevels
from gridmap.scoring.card_settings import ScoringSettings, choice_model, fields_of
from gridmap.scoring.demand_fields import DemandFields, ModeFields, mode_fields
from gridmap.scoring.inputs import Bools, Floats, Ints, ScoringInputs
from gridmap.scoring.measures import DemandRate
from gridmap.scoring.outlet_search import OutletSearch
from gridmap.scoring.scorecard import rescore_demand, score_cells
from gridmap.scoring.travel_change_kernels import places_with
from gridmap.scoring.travel_changes import (
    Outlets,
    among,
    changed_times,
    concerned_places,
    places_of,
)

#: Fields that differ by less, relatively, are the same: sums in another order.
SAME = 1e-12
#: Means of travel that are worked on at once.
THREADS = 2


@dataclass(frozen=True)
class NewOutlet:
    """An outlet that opens.

    Attributes
    ----------
    x, y
        Metres in the territory's reference system.
    cell
        Number of its cell, from 0; -1 = outside all cells.
    ownership
        ``own``, ``partner`` or ``rival``.
    operator, kind, grade
        Free text, may be empty.
    attraction
        Size times type factor.
    potential, sales
        NaN = not known.
    sales_carried
        Whether the sales are of an earlier month.
    due_visits, planned_visits
        Visits of a cycle.
    """

    x: float
    y: float
    cell: int
    ownership: str = "own"
    operator: str = ""
    kind: str = ""
    grade: str = ""
    attraction: float = 1.0
    potential: float = np.nan
    sales: float = np.nan
    sales_carried: bool = False
    due_visits: int = 0
    planned_visits: int = 0


@dataclass(frozen=True)
class Change:
    """Outlets that close, by their rows in the inputs, and outlets that open."""

    close: tuple[int, ...] = ()
    open: tuple[NewOutlet, ...] = ()


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a change does.

    Attributes
    ----------
    cells
        Numbers of the touched cells, from 0: those in which any figure of demand or any outlet
        has changed.
    before, after
        Scores of these cells, see `gridmap.schemas.SCORES`.
    """

    cells: Ints
    before: pd.DataFrame
    after: pd.DataFrame


class WhatIf:
    """Scores of changes to one plan; what does not depend on the change is made once.

    Parameters
    ----------
    inputs
        Demand, outlets and travel times of the plan.
    outlet_xy
        Places of the outlets in metres. Shape (n_outlets, 2).
    search
        Times of outlets.
    policy
        As for `score_cells`; no bands are drawn.
    seed, settings
        As for `score_cells`.
    fields, scores
        Fields and scores of the plan, where they are there already.
    with_access
        False leaves measures of accessibility out of what is scored again: much faster.
    """

    def __init__(
        self,
        inputs: ScoringInputs,
        outlet_xy: Floats,
        search: OutletSearch,
        policy: ScoringPolicy,
        *,
        seed: int = 0,
        settings: ScoringSettings | None = None,
        fields: DemandFields | None = None,
        scores: pd.DataFrame | None = None,
        with_access: bool = True,
    ) -> None:
        self.inputs, self.outlet_xy = inputs, outlet_xy
        self.policy = policy.model_copy(update={"draws": 0})
        self._search, self._seed, self._with_access = search, seed, with_access
        self._settings = settings = settings or ScoringSettings()
        self.fields = fields_of(inputs, policy, settings) if fields is None else fields
        self.scores = scores if scores is not None else score_cells(
            inputs, self.policy, seed=seed, settings=settings, fields=self.fields
        )  # fmt: skip

    def moved(self, row: int, x: float, y: float, cell: int) -> Change:
        """Return the change that moves an outlet, which stays what it is."""
        inputs = self.inputs

        def of(values: Any, default: Any) -> Any:
            return default if values is None else values[row].item()

        there = NewOutlet(
            x,
            y,
            cell,
            ownership=of(inputs.ownership, ""),
            operator=of(inputs.operator, ""),
            kind=of(inputs.kind, ""),
            grade=of(inputs.grade, ""),
            attraction=of(inputs.attraction, 1.0),
            potential=of(inputs.potential, np.nan),
            sales=of(inputs.sales, np.nan),
            sales_carried=of(inputs.sales_carried, False),
            due_visits=of(inputs.due_visits, 0),
            planned_visits=of(inputs.planned_visits, 0),
        )
        return Change((row,), (there,))

    def minutes(self, mode: str, xy: Floats) -> Floats:
        """Return minutes from outlets at some places to all demand points.

        Infinite = unreachable. Shape (n_places, n_demand).
        """
        place = self.inputs.times[mode].place
        return np.asarray(self._search.minutes(mode, xy)[:, place], dtype=np.float64)

    def outcome(self, change: Change) -> Outcome:
        """Return the scores of all cells that a change touches."""
        inputs = self.inputs
        opened_xy = np.array([[one.x, one.y] for one in change.open]).reshape(-1, 2)
        outlets = Outlets(
            np.concatenate([self.outlet_xy, opened_xy]),
            np.append(inputs.ownership, [one.ownership for one in change.open]).astype(np.str_),
            np.array(change.close, dtype=np.int64),
            inputs.n_outlets + np.arange(len(change.open)),
        )
        wide = _with_opened(inputs, change)
        with ThreadPoolExecutor(THREADS) as pool:  # the loops let go of the interpreter
            parts = list(
                pool.map(lambda mode: self._changed(mode, wide, outlets), self.policy.modes)
            )
        touched = np.zeros(inputs.n_cells, dtype=bool)
        for one in parts:
            touched[inputs.demand_cell[one.rows[_differs(one, self.fields)]]] = True
        about = wide.outlet_cell[[*change.close, *outlets.opened.tolist()]]
        touched[about[about >= 0]] = True
        cells = np.flatnonzero(touched)
        demand, rows = inputs.demand_of(cells)
        after = replace(_without(wide, outlets.staying), travel_min={})
        demand = _outlets_of(demand, after, cells)
        kept = self.fields.take(rows)
        at = np.full(inputs.n_demand, -1, dtype=np.int64)
        at[rows] = np.arange(len(rows))
        for one in parts:
            _patch(kept, one, at)
        scores = rescore_demand(
            after, self.policy, cells, demand=demand, fields=kept, before=self.scores,
            seed=self._seed, settings=self._settings,
        )  # fmt: skip
        before = self.scores[self.scores["cell_id"].isin(inputs.ids[cells])]
        if not self._with_access:
            before, scores = (
                one[~one["metric"].str.startswith("access_")] for one in (before, scores)
            )
        return Outcome(cells, before, scores)

    def _changed(self, mode: Mode, wide: ScoringInputs, outlets: Outlets) -> _Changed:
        """Return the fields of the demand that a change concerns by one means of travel."""
        times = self.inputs.times[mode]
        concerned = concerned_places(times, outlets, self._search, mode)
        before = places_of(times, concerned.places, wide.n_outlets)
        changed = changed_times(times, concerned, outlets, self._search, mode)
        limit = max(self.policy.modes[mode])
        anew = np.zeros(wide.n_outlets, dtype=bool)
        for lists in (before, changed) if self._with_access else ():
            anew[lists.outlet[lists.minutes <= limit]] = True
        anew &= wide.ours
        served = np.zeros(times.n_places, dtype=bool)
        if self._with_access:
            served = places_with(times.start, times.outlet, times.minutes, anew, limit)
        served[concerned.places] = True
        places = np.flatnonzero(served)
        part = places_of(times, places, wide.n_outlets)
        part = among(part, np.searchsorted(places, concerned.places), changed)
        rows = np.flatnonzero(served[times.place])
        part = replace(part, place=np.searchsorted(places, times.place[rows]))
        few = replace(
            wide,
            demand_weight=wide.demand_weight[rows],
            demand_cell=wide.demand_cell[rows],
            travel_min={mode: part},
        )
        more = np.zeros(len(outlets.opened))
        levels = self.fields.levels.items()
        known = KnownLevels({name: np.append(level, more) for name, level in levels}, anew)
        model = choice_model(self.policy, self._settings)
        return _Changed(
            rows,
            few.demand_weight,
            mode_fields(few, self.policy, mode, model, known=known, with_access=self._with_access),
        )


@dataclass(frozen=True, eq=False)
class _Changed:
    """Fields of some demand points by one means of travel, and the weights of these points."""

    rows: Ints
    weight: Floats
    fields: ModeFields


def _differs(one: _Changed, before: DemandFields) -> Bools:
    """Return at which of the points any field has changed. Shape (n_rows,)."""
    found = np.zeros(len(one.rows), dtype=bool)

    def compare(now: Floats, then: Floats) -> None:
        then = then[one.rows]
        with np.errstate(invalid="ignore"):  # infinite minutes minus themselves
            found[:] |= (now != then) & ~(
                np.abs(now - then) <= SAME * np.minimum(np.abs(now), np.abs(then))
            )

    for name, rate in one.fields.rates.items():
        compare(rate.part, before.rates[name].part)
        if rate.whole is not one.weight:
            compare(rate.whole, before.rates[name].whole)
    for name, (minutes, _) in one.fields.percentiles.items():
        compare(minutes, before.percentiles[name][0])
    for mode, value in one.fields.reached.items():
        compare(value, before.reached[mode])
    if one.fields.steeper is not None:
        compare(one.fields.steeper.part, before.steeper.part)
    return found


def _patch(kept: DemandFields, one: _Changed, at: Ints) -> None:
    """Write changed fields into those kept of the touched cells.

    `at` is the place of each demand point among those kept, -1 = none. Shape (n_demand,).
    """
    use = at[one.rows] >= 0
    into = at[one.rows[use]]

    def write(rate: DemandRate, new: DemandRate) -> None:
        rate.part[into] = new.part[use]
        if new.whole is not one.weight:
            rate.whole[into] = new.whole[use]

    for name, new in one.fields.rates.items():
        write(kept.rates[name], new)
    for name, (minutes, _) in one.fields.percentiles.items():
        kept.percentiles[name][0][into] = minutes[use]
    for mode, value in one.fields.reached.items():
        kept.reached[mode][into] = value[use]
    if one.fields.steeper is not None:
        write(kept.steeper, one.fields.steeper)


#: Attributes of `ScoringInputs` with one entry an outlet, and of `NewOutlet`.
OUTLET_ATTRIBUTES = {
    "outlet_cell": "cell",
    "ownership": "ownership",
    "operator": "operator",
    "kind": "kind",
    "grade": "grade",
    "attraction": "attraction",
    "potential": "potential",
    "due_visits": "due_visits",
    "planned_visits": "planned_visits",
    "sales": "sales",
    "sales_carried": "sales_carried",
}


def _with_opened(inputs: ScoringInputs, change: Change) -> ScoringInputs:
    """Return the inputs with the outlets that open after all others, without times."""
    columns: dict[str, Any] = {}
    for name, attribute in OUTLET_ATTRIBUTES.items():
        values = getattr(inputs, name)
        new = [getattr(one, attribute) for one in change.open]
        if name == "attraction" and values is None and any(one != 1.0 for one in new):
            values = np.ones(inputs.n_outlets)
        if values is not None:
            columns[name] = np.append(values, new) if new else values
            if values.dtype.kind != "U":
                columns[name] = columns[name].astype(values.dtype)
    return replace(inputs, **columns, travel_min={})


def _without(wide: ScoringInputs, staying: Bools) -> ScoringInputs:
    """Return the inputs without the outlets that close, without times."""
    return replace(wide, **_columns(wide, staying), travel_min={})


def _outlets_of(demand: ScoringInputs, after: ScoringInputs, cells: Ints) -> ScoringInputs:
    """Return the demand of some cells with the outlets after a change."""
    number = np.full(after.n_cells + 1, -1, dtype=np.int64)
    number[cells] = np.arange(len(cells))
    columns = _columns(after, np.ones(after.n_outlets, dtype=bool))
    return replace(demand, **{**columns, "outlet_cell": number[after.outlet_cell]})


def _columns(inputs: ScoringInputs, rows: Bools) -> dict[str, Any]:
    values = {name: getattr(inputs, name) for name in OUTLET_ATTRIBUTES}
    return {name: None if one is None else one[rows] for name, one in values.items()}
