"""The best single fix of a blind zone or a duplicate pair, with its effect by scoring again."""

from __future__ import annotations

from collections.abc import Sequence
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
#: least this share of what the best opening would.
GOOD_ENOUGH = 0.9
#: Zones and pairs that fixes are sought for, the largest first.
MOST_FIXES = 25


@dataclass(frozen=True, eq=False)
class Recruits:
    """Outlets of ``other`` ownership, which may become partners.

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


@dataclass(frozen=True)
class _Candidate:
    """A fix that is weighed: the demand it would cover, all told, and what it changes."""

    kind: FixKind
    gain: float
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
        Outlets that may become partners.
    """

    def __init__(self, session: WhatIf, ground: Ground, recruits: Recruits) -> None:
        self._session, self._ground, self._recruits = session, ground, recruits
        self._row = {name: row for row, name in enumerate(ground.outlet_ids)}

    def zones(self, found: Sequence[ZonePoints], most: int = MOST_FIXES) -> tuple[BlindZone, ...]:
        """Return the zones, the first of them with their fixes."""
        return tuple(
            replace(one.zone, fix=self.of_zone(one)) if number < most else one.zone
            for number, one in enumerate(found)
        )

    def pairs(
        self, found: Sequence[DuplicatePair], most: int = MOST_FIXES
    ) -> tuple[DuplicatePair, ...]:
        """Return the pairs, the first of them with their fixes."""
        return tuple(
            replace(one, fix=self.of_pair(one)) if number < most else one
            for number, one in enumerate(found)
        )

    def of_zone(self, found: ZonePoints) -> Fix:
        """Return the best fix of a blind zone.

        Weighed by the demand of the whole territory that is covered afterwards and was not
        before; the effect is that of scoring again.
        """
        zone = found.zone
        cell = self._cell(zone.cell_id)
        tried = self._ground.demand_xy[_spread(self._ground.demand_xy, self._weight, found.rows)]
        gain, at = self._best(tried, self._blind(zone.mode, zone.minutes), zone)
        place = float(tried[at, 0]), float(tried[at, 1])
        openings = [_Candidate("open", gain, Change(open=(NewOutlet(*place, cell),)), "", place)]
        openings += self._recruited(found)
        best = max(openings, key=lambda candidate: candidate.gain)
        candidates = [*self._moved(zone, cell, place), *openings[1:], *openings[:1]]
        if best.gain <= 0.0:
            return NO_FIX
        for one in (each for each in candidates if each.gain >= GOOD_ENOUGH * best.gain):
            effect = self.effect(one.change, zone.cell_id, zone.mode, zone.minutes)
            # A move that costs more share than it wins is no fix; an opening never does.
            if not effect.expected_after < effect.expected_before:
                return one.fix(effect)
        return best.fix(self.effect(best.change, zone.cell_id, zone.mode, zone.minutes))

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
                _Candidate("close", -float(self._weight[lost].sum()), Change((row,)),
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
        return effect_of(
            self._session.outcome(change), self._session.scores, cell_id, mode, minutes
        )

    @property
    def _weight(self) -> Floats:
        return self._session.inputs.demand_weight

    def _cell(self, cell_id: int) -> int:
        return int(np.flatnonzero(self._session.inputs.ids == cell_id)[0])

    def _nearest_ours(self, mode: str) -> Floats:
        times = self._session.inputs.times[mode]
        return np.minimum(times.nearest["own"], times.nearest["partner"])[times.place]

    def _blind(self, mode: str, minutes: float) -> Ints:
        return np.flatnonzero(self._nearest_ours(mode) > minutes)

    def _best(self, xy: Floats, blind: Ints, zone: BlindZone | DuplicatePair) -> tuple[float, int]:
        """Return most demand that a place covers of some points, and which place that is."""
        minutes = self._session.minutes(zone.mode, xy)[:, blind]
        gain = (minutes <= zone.minutes) @ self._weight[blind]
        return float(gain.max()), int(gain.argmax())

    def _recruited(self, one: ZonePoints) -> list[_Candidate]:
        """Return the outlets on or near the zone that may become partners, the best of them."""
        recruits, zone = self._recruits, one.zone
        if not len(recruits.ids):
            return []
        away_m = np.linalg.norm(recruits.xy - [zone.x, zone.y], axis=1)
        near = np.argsort(away_m, kind="stable")[:PLACES_TRIED]
        gain, at = self._best(recruits.xy[near], self._blind(zone.mode, zone.minutes), zone)
        row = int(near[at])
        x, y = recruits.xy[row].tolist()
        partner = NewOutlet(x, y, int(recruits.cell[row]), "partner", kind=recruits.kind[row])
        return [_Candidate("recruit", gain, Change(open=(partner,)), recruits.ids[row], (x, y))]

    def _moved(self, zone: BlindZone, cell: int, place: tuple[float, float]) -> list[_Candidate]:
        """Return the move of the cell's outlet that loses least to the best place found."""
        inputs = self._session.inputs
        ours = np.flatnonzero(inputs.ours & (inputs.outlet_cell == cell))
        if not len(ours):
            return []
        reached = self._session.minutes(zone.mode, np.array([place]))[0] <= zone.minutes
        blind = self._nearest_ours(zone.mode) > zone.minutes
        gain = float(self._weight[reached & blind].sum())
        alone = self._alone(zone.mode, zone.minutes)
        loss = np.bincount(
            alone[alone >= 0], np.where(reached, 0.0, self._weight)[alone >= 0], inputs.n_outlets
        )
        away_m = np.linalg.norm(self._ground.outlet_xy[ours] - place, axis=1)
        row = int(ours[np.lexsort((away_m, loss[ours]))[0]])
        change = self._session.moved(row, *place, cell)
        outlet_id = self._ground.outlet_ids[row]
        return [_Candidate("move", gain - float(loss[row]), change, outlet_id, place)]

    def _alone(self, mode: str, minutes: float) -> Ints:
        """Return the only outlet of ours that reaches each demand point; -1 = none, or several."""
        times, ours = self._session.inputs.times[mode], self._session.inputs.ours
        near = ours[times.outlet] & (times.minutes <= minutes)
        place = np.repeat(np.arange(times.n_places), np.diff(times.start))[near]
        count = np.bincount(place, minlength=times.n_places)
        only = np.full(times.n_places, -1, dtype=np.int64)
        only[place] = times.outlet[near]
        return np.where(count == 1, only, -1)[times.place]

    def _lost(self, rows: tuple[int, ...], mode: str, minutes: float) -> Ints:
        """Return the demand points that only these outlets reach of ours."""
        times, ours = self._session.inputs.times[mode], self._session.inputs.ours.copy()
        ours[list(rows)] = False
        near = times.minutes <= minutes
        place = np.repeat(np.arange(times.n_places), np.diff(times.start))
        kept, gone = np.zeros((2, times.n_places), dtype=bool)
        kept[place[near & ours[times.outlet]]] = True
        gone[place[near & np.isin(times.outlet, rows)]] = True
        return np.flatnonzero((gone & ~kept)[times.place])

    def _merged(self, pair: DuplicatePair, first: int, second: int) -> list[_Candidate]:
        """Return the merger of a pair at the best place among the demand both reach."""
        times = self._session.inputs.times[pair.mode]
        near = times.minutes <= pair.minutes
        place = np.repeat(np.arange(times.n_places), np.diff(times.start))
        both = np.ones(times.n_places, dtype=bool)
        for row in (first, second):
            reached = np.zeros(times.n_places, dtype=bool)
            reached[place[near & (times.outlet == row)]] = True
            both &= reached
        shared = np.flatnonzero(both[times.place])
        if not len(shared):
            return []
        tried = self._ground.demand_xy[_spread(self._ground.demand_xy, self._weight, shared)]
        lost = self._lost((first, second), pair.mode, pair.minutes)
        won, at = self._best(tried, lost, pair)
        x, y = tried[at].tolist()
        cell = int(self._session.inputs.outlet_cell[first])
        moved = self._session.moved(first, x, y, cell)
        change = Change((first, second), moved.open)
        gain = won - float(self._weight[lost].sum())
        return [_Candidate("merge", gain, change, pair.first_id, (x, y), pair.second_id)]


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
