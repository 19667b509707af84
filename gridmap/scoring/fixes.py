"""The best single fix of a blind zone or a duplicate pair, with its effect by scoring again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from gridmap.scoring.blind_zones import Ground, ZonePoints
from gridmap.scoring.findings import NO_FIX, BlindZone, DuplicatePair, Effect, Fix, FixKind
from gridmap.scoring.inputs import Floats, Ints
from gridmap.scoring.metrics import threshold_name
from gridmap.scoring.what_if import Change, NewOutlet, Outcome, WhatIf

#: Demand points of a zone that are tried as places of an outlet.
PLACES_TRIED = 12
#: A move or a recruited outlet costs less than a new own one: it is the better fix if it gains at
#: least this share of the zone's demand that the best opening would, all losses counted.
GOOD_ENOUGH = 0.9
#: Fixes are sought for zones and pairs that matter: those with at least this share of the demand of
#: their cell, and the first few whatever their share; never for more than so many of each, the
#: largest first. For how many none was sought is said wherever they are shown, see `Sought`.
LEAST_SHARE = 0.005
ALWAYS_SOUGHT = 15
MOST_FIXES = 120


@dataclass(frozen=True, eq=False)
class Recruits:
    """Outlets which may become partners: others, or those of rivals that are of a partner's kind.

    Attributes
    ----------
    ids
        Ids.
    xy
        Metres. Shape (n,).
    cell
        Number of the cell of each, from 0. Shape (n,).
    kind
        Kinds.
    """

    ids: tuple[str, ...]
    xy: Floats
    cell: Ints
    kind: tuple[str, ...]


NOBODY = Recruits((), np.empty((0, 2)), np.empty(0, dtype=np.int64), ())


@dataclass(frozen=True)
class _Candidate:
    """A fix that is weighed: the demand it would cover, all told and here, and what it changes."""

    kind: FixKind
    gain: float
    here: float
    change: Change
    outlet_id: str
    xy: tuple[float, float]
    other_id: str = ""

    def fix(self, effect: Effect) -> Fix:
        return Fix(self.kind, self.outlet_id, self.other_id, *self.xy, effect)


class Fixer:
    """Weighs fixes of one plan.

    Parameters
    ----------
    session
        What-if of the plan, of the means of travel that zones and pairs are found by.
    ground
        Where everything is.
    recruits
        Outlets that sell for nobody we compare and may become partners.
    rivals
        Scored outlets of rivals that may be won over.
    """

    def __init__(
        self, session: WhatIf, ground: Ground, recruits: Recruits, rivals: Recruits = NOBODY
    ) -> None:
        self._session, self._ground = session, ground
        self._recruits, self._rivals = recruits, rivals
        self._row = {name: row for row, name in enumerate(ground.outlet_ids)}
        self._pairs: dict[tuple[str, float], tuple[Ints, Ints]] = {}
        self._closed: dict[tuple[int, ...], Outcome] = {}

    def zones(self, found: Sequence[ZonePoints], most: int = MOST_FIXES) -> tuple[BlindZone, ...]:
        """Return the zones, those that matter with their fixes; zones come the largest first."""
        return tuple(
            replace(one.zone, fix=self.of_zone(one))
            if number < most and _matters(number, one.zone.share_of_cell)
            else one.zone
            for number, one in enumerate(found)
        )

    def pairs(
        self, found: Sequence[DuplicatePair], most: int = MOST_FIXES
    ) -> tuple[DuplicatePair, ...]:
        """Return the pairs, those that matter with their fixes; pairs come the largest first."""
        demand = self._cell_demand()
        return tuple(
            replace(one, fix=self.of_pair(one))
            if number < most and _matters(number, one.shared_demand / demand(one.second_cell))
            else one
            for number, one in enumerate(found)
        )

    def of_zone(self, found: ZonePoints) -> Fix:
        """Return the best fix of a blind zone.

        A place has to cover about as much of the zone as any; of these it is the one that covers
        most blind demand in all. The effect is that of scoring again.
        """
        zone = found.zone
        cell = self._cell(zone.cell_id)
        tried = self._ground.demand_xy[_spread(self._ground.demand_xy, self._weight, found.rows)]
        gain, here, at = self._best(tried, self._blind(zone.mode, zone.minutes), found.rows, zone)
        place = float(tried[at, 0]), float(tried[at, 1])
        change = Change(open=(NewOutlet(*place, cell),))
        best = _Candidate("open", gain, here, change, "", place)
        if here <= 0.0:
            return NO_FIX
        candidates = [*self._moved(zone, cell, best), *self._won(found), best]
        for one in candidates:
            if min(one.gain, one.here) < GOOD_ENOUGH * best.here:
                continue
            effect = self.effect(one.change, zone.cell_id, zone.mode, zone.minutes)
            # A move that costs more share than it wins is no fix; an opening never does.
            if one is best or not effect.expected_after < effect.expected_before - 1e-9:
                return one.fix(effect)
        raise AssertionError("The best opening is always good enough.")

    def of_pair(self, pair: DuplicatePair) -> Fix:
        """Return the best fix of a duplicate pair: one outlet less for the least demand lost.

        Either outlet closes, or both do and one opens among the demand that they share.
        """
        first, second = self._row[pair.first_id], self._row[pair.second_id]
        candidates = []
        for row in (second, first):
            lost = self._lost((row,), pair.mode, pair.minutes)
            xy = self._ground.outlet_xy[row]
            candidates.append(
                _Candidate("close", -float(self._weight[lost].sum()), 0.0, Change((row,)),
                           self._ground.outlet_ids[row], (float(xy[0]), float(xy[1])))
            )  # fmt: skip
        candidates += self._merged(pair, first, second)
        best = max(one.gain for one in candidates)
        slack = 0.01 * pair.shared_demand
        chosen = next(one for one in candidates if one.gain >= best - slack)
        cell_id = pair.second_cell if chosen.outlet_id == pair.second_id else pair.first_cell
        return chosen.fix(self.effect(chosen.change, cell_id, pair.mode, pair.minutes))

    def effect(self, change: Change, cell_id: int, mode: str, minutes: float) -> Effect:
        """Return the figures of a cell before and after a change, by scoring again."""
        return effect_of(self._outcome(change), self._session.scores, cell_id, mode, minutes)

    def _outcome(self, change: Change) -> Outcome:
        """Return what a change does; an outlet of several pairs is closed once."""
        if change.open:
            return self._session.outcome(change)
        if change.close not in self._closed:
            self._closed[change.close] = self._session.outcome(change)
        return self._closed[change.close]

    @property
    def _weight(self) -> Floats:
        return self._session.inputs.demand_weight

    def _cell_demand(self) -> Callable[[int], float]:
        """Return what tells the demand of a cell by its id; -1 = outside all, of the territory."""
        inputs = self._session.inputs
        demand = np.bincount(inputs.demand_cell, self._weight, inputs.n_cells)
        known = dict(zip(inputs.ids.tolist(), demand.tolist(), strict=True))
        return lambda cell_id: max(known.get(cell_id, float(demand.sum())), 1e-12)

    def _cell(self, cell_id: int) -> int:
        return int(np.flatnonzero(self._session.inputs.ids == cell_id)[0])

    def _nearest_ours(self, mode: str) -> Floats:
        times = self._session.inputs.times[mode]
        return np.minimum(times.nearest["own"], times.nearest["partner"])[times.place]

    def _blind(self, mode: str, minutes: float) -> Ints:
        return np.flatnonzero(self._nearest_ours(mode) > minutes)

    def _best(
        self, xy: Floats, wanting: Ints, here: Ints, zone: BlindZone | DuplicatePair
    ) -> tuple[float, float, int]:
        """Return what the best of some places covers: of all points wanting, of those here, which.

        The best covers most of all, of those that cover nearly most of the points here.
        """
        minutes = self._session.minutes(zone.mode, xy)
        reached = minutes <= zone.minutes
        gain = reached[:, wanting] @ self._weight[wanting]
        local = reached[:, here] @ self._weight[here]
        at = int(np.where(local >= GOOD_ENOUGH * local.max(), gain, -np.inf).argmax())
        return float(gain[at]), float(local[at]), at

    def _won(self, found: ZonePoints) -> list[_Candidate]:
        """Return the best outlet on or near the zone to recruit, and the best to win over."""
        candidates = []
        groups: tuple[tuple[FixKind, Recruits], ...] = (
            ("recruit", self._recruits), ("win_over", self._rivals),
        )  # fmt: skip
        for kind, group in groups:
            if not len(group.ids):
                continue
            gain, here, row = self._best_partner(found, group)
            x, y = group.xy[row].tolist()
            partner = NewOutlet(x, y, int(group.cell[row]), "partner", kind=group.kind[row])
            change = Change(open=(partner,))
            if kind == "win_over":
                left = self._row[group.ids[row]]
                (stays,) = self._session.moved(left, x, y, int(group.cell[row])).open
                change = Change((left,), (replace(stays, ownership="partner", operator=""),))
            candidates.append(_Candidate(kind, gain, here, change, group.ids[row], (x, y)))
        return candidates

    def _best_partner(self, found: ZonePoints, group: Recruits) -> tuple[float, float, int]:
        """Return what the best of the outlets nearest to a zone covers, as `_best`, and its row."""
        zone = found.zone
        away_m = np.linalg.norm(group.xy - [zone.x, zone.y], axis=1)
        near = np.argsort(away_m, kind="stable")[:PLACES_TRIED]
        blind = self._blind(zone.mode, zone.minutes)
        gain, here, at = self._best(group.xy[near], blind, found.rows, zone)
        return gain, here, int(near[at])

    def _moved(self, zone: BlindZone, cell: int, opening: _Candidate) -> list[_Candidate]:
        """Return the move of the cell's own outlet that loses least to the place of the opening.

        A partner's shop is not ours to move.
        """
        inputs, place = self._session.inputs, opening.xy
        ours = np.flatnonzero(inputs.own & (inputs.outlet_cell == cell))
        if not len(ours):
            return []
        reached = self._session.minutes(zone.mode, np.array([place]))[0] <= zone.minutes
        alone = self._alone(zone.mode, zone.minutes)
        loss = np.bincount(
            alone[alone >= 0], np.where(reached, 0.0, self._weight)[alone >= 0], inputs.n_outlets
        )
        away_m = np.linalg.norm(self._ground.outlet_xy[ours] - place, axis=1)
        row = int(ours[np.lexsort((away_m, loss[ours]))[0]])
        change = self._session.moved(row, *place, cell)
        gain = opening.gain - float(loss[row])
        return [_Candidate("move", gain, opening.here, change, self._ground.outlet_ids[row], place)]

    def _alone(self, mode: str, minutes: float) -> Ints:
        """Return the only outlet of ours that reaches each demand point; -1 = none, or several."""
        times = self._session.inputs.times[mode]
        place, outlet = self._near(mode, minutes)
        count = np.bincount(place, minlength=times.n_places)
        only = np.full(times.n_places, -1, dtype=np.int64)
        only[place] = outlet
        return np.where(count == 1, only, -1)[times.place]

    def _lost(self, rows: tuple[int, ...], mode: str, minutes: float) -> Ints:
        """Return the demand points that only these outlets reach of ours."""
        times = self._session.inputs.times[mode]
        place, outlet = self._near(mode, minutes)
        going = np.isin(outlet, rows)
        kept, gone = np.zeros((2, times.n_places), dtype=bool)
        kept[place[~going]], gone[place[going]] = True, True
        return np.flatnonzero((gone & ~kept)[times.place])

    def _near(self, mode: str, minutes: float) -> tuple[Ints, Ints]:
        """Return place and outlet of all pairs of a place and one of ours within a time."""
        if (mode, minutes) not in self._pairs:
            times, ours = self._session.inputs.times[mode], self._session.inputs.ours
            near = np.flatnonzero(ours[times.outlet] & (times.minutes <= minutes))
            place = np.searchsorted(times.start, near, side="right") - 1
            self._pairs[mode, minutes] = place, times.outlet[near].astype(np.int64)
        return self._pairs[mode, minutes]

    def _merged(self, pair: DuplicatePair, first: int, second: int) -> list[_Candidate]:
        """Return the merger of a pair at the best place among the demand both reach."""
        times = self._session.inputs.times[pair.mode]
        place, outlet = self._near(pair.mode, pair.minutes)
        both = np.ones(times.n_places, dtype=bool)
        for row in (first, second):
            reached = np.zeros(times.n_places, dtype=bool)
            reached[place[outlet == row]] = True
            both &= reached
        shared = np.flatnonzero(both[times.place])
        if not len(shared):
            return []
        tried = self._ground.demand_xy[_spread(self._ground.demand_xy, self._weight, shared)]
        lost = self._lost((first, second), pair.mode, pair.minutes)
        won, _, at = self._best(tried, lost, lost, pair)
        x, y = tried[at].tolist()
        cell = int(self._session.inputs.outlet_cell[first])
        moved = self._session.moved(first, x, y, cell)
        change = Change((first, second), moved.open)
        gain = won - float(self._weight[lost].sum())
        return [_Candidate("merge", gain, 0.0, change, pair.first_id, (x, y), pair.second_id)]


def _matters(number: int, share: float) -> bool:
    return number < ALWAYS_SOUGHT or share >= LEAST_SHARE


def effect_of(
    outcome: Outcome, scores: pd.DataFrame, cell_id: int, mode: str, minutes: float
) -> Effect:
    """Return the figures of a cell before and after an outcome.

    Parameters
    ----------
    outcome
        What a change does.
    scores
        Scores before it, of all cells.
    cell_id, mode, minutes
        Cell, means of travel and threshold of the figures.
    """
    covered = threshold_name("coverage_ours", mode, minutes)
    names = {
        "coverage": covered,
        "blind": threshold_name("blind_share", mode, minutes),
        "expected": "expected_share",
        "duplicate": threshold_name("duplicate_share", mode, minutes),
    }
    then = scores[scores["cell_id"] == cell_id].set_index("metric")["value"]
    rows = outcome.after[outcome.after["cell_id"] == cell_id]
    now = rows.set_index("metric")["value"] if len(rows) else then
    figures = {}
    for key, name in names.items():
        figures[f"{key}_before"] = float(then.get(name, np.nan))
        figures[f"{key}_after"] = float(now.get(name, np.nan))
    return Effect(**figures, covered_change=_covered(outcome.after, covered)
                  - _covered(outcome.before, covered))  # fmt: skip


def _covered(scores: pd.DataFrame, name: str) -> float:
    return float(scores.loc[scores["metric"] == name, "numerator"].sum())


def _spread(xy: Floats, weight: Floats, rows: Ints) -> Ints:
    """Return up to `PLACES_TRIED` of some points, the middle one first, then far from those taken.

    So they lie all over the ground of the points.
    """
    spots = xy[rows]
    share = weight[rows] / weight[rows].sum()
    gap = np.linalg.norm(spots - share @ spots, axis=1)
    chosen = [int(gap.argmin())]
    gap = np.linalg.norm(spots - spots[chosen[0]], axis=1)
    while len(chosen) < PLACES_TRIED and gap.max() > 0.0:
        # Far off and heavy: a lonely point at the rim is no place for an outlet.
        chosen.append(int((gap * share).argmax()))
        gap = np.minimum(gap, np.linalg.norm(spots - spots[chosen[-1]], axis=1))
    return np.asarray(rows[chosen])
