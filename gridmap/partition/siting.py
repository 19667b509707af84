"""New centres beside existing ones, ranked by the balanced bound.

The gain of a new centre on the travel to the *nearest* centre misleads: a far village may promise
most, but a centre there has to fetch a whole mean load from elsewhere. What counts is the balanced
transport problem with the new centre (`gridmap.partition.prices`): its bound says what no plan with
loads in the bands can go below, and plans come close to it.

With one new centre the ranking is a branch and bound. The prices λ of the centres there are, which
share out the same demand among themselves, are kept; for a candidate only its own price is chosen,
which is a search in one dimension, and weak duality makes the result a lower bound of the balanced
bound. Candidates are scored fully in that order until the next cannot be among the best any more.
With several new centres sets are built from the best single ones, the p-median and the maximal
cover, and one candidate of a set is exchanged at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from gridmap.catalogue import Language, text
from gridmap.errors import Fault, InputError, fault, some_ids
from gridmap.partition.certificate import certify
from gridmap.partition.locate import max_cover, p_median
from gridmap.partition.objective import Bands
from gridmap.partition.prices import cell_prices
from gridmap.partition.problem import Floats, Ints, PartitionProblem
from gridmap.progress import Stop

#: Candidates, or sets of them, that are scored fully at most.
MOST_SCORED = 60


@dataclass(frozen=True)
class Site:
    """A candidate for a new centre, or a set of candidates, and what it is worth.

    Attributes
    ----------
    candidates, units
        Rows of the candidates, and their units.
    balanced_bound
        No plan with loads within the tolerance travels less, in workload · seconds.
    nearest_gain
        Workload · seconds saved if everyone went to the nearest centre.
    covered
        First workload within the threshold of a centre, existing or new.
    attainable
        Proven lower bound on the worst deviation of any plan; 0 where nothing is proven.
    """

    candidates: tuple[int, ...]
    units: tuple[int, ...]
    balanced_bound: float
    nearest_gain: float
    covered: float
    attainable: float

    def text(self, language: Language = "en") -> str:
        """Return the figures as a sentence."""
        key = "realign.site_unattainable" if self.attainable > 0.0 else "realign.site"
        return text(
            key,
            language,
            units=some_ids(self.units),
            bound=f"{self.balanced_bound:.6g}",
            gain=f"{self.nearest_gain:.6g}",
            covered=f"{self.covered:.6g}",
            attainable=f"{self.attainable:.2%}",
        )


@dataclass(frozen=True)
class Sites:
    """Ranked candidates.

    Attributes
    ----------
    ranked
        The best first: those whose balance is not proven unattainable, then by balanced bound.
    exact
        Whether no candidate left out has a lower balanced bound than one ranked as attainable.
    scored
        How many were scored fully.
    median, cover
        What the p-median and the maximal cover would choose, without regard to balance.
    """

    ranked: tuple[Site, ...]
    exact: bool
    scored: int
    median: tuple[int, ...]
    cover: tuple[int, ...]


def rank_sites(
    problem: PartitionProblem,
    candidate_unit: Ints,
    candidate_s: Floats,
    *,
    tolerance: float,
    within_s: float,
    n_new: int = 1,
    most: int = 10,
    stop: Stop | None = None,
    on_scored: Callable[[int], None] = lambda _: None,
) -> Sites:
    """Return the best places for new centres; those there are stay.

    Parameters
    ----------
    problem
        The territory with its existing centres.
    candidate_unit
        Units that may get a centre. Shape (n_candidates,).
    candidate_s
        Seconds from each candidate to each unit. Shape (n_units, n_candidates).
    tolerance
        Allowed deviation of the first workload from the new mean, as a share.
    within_s
        Seconds that count as covered.
    n_new
        New centres to place together.
    most
        Sites to return.
    stop
        Asked after each full score, with the least bound so far.
    on_scored
        Called with the number of full scores made.

    Raises
    ------
    InputError
        If a candidate is no unit, stands twice, in the unit of a centre or in one that belongs to
        a certain cell, or there are fewer candidates than new centres.
    """
    units = np.asarray(candidate_unit, dtype=np.int64)
    _check(problem, units, candidate_s, n_new)
    nearest_s = problem.travel_s.min(axis=1)
    weight = problem.weights[:, 0]
    reach_s = np.column_stack(
        [_column(problem, unit, candidate_s[:, row]) for row, unit in enumerate(units.tolist())]
    )
    median = p_median(weight, nearest_s, reach_s, n_new).candidates
    cover = max_cover(weight, nearest_s, reach_s, n_new, within_s=within_s).candidates
    scores = _Scores(
        problem,
        units,
        reach_s,
        tolerance=tolerance,
        within_s=within_s,
        stop=stop,
        on_scored=on_scored,
    )
    exact = _singles(scores, most) if n_new == 1 else _sets(scores, n_new, most, [median, cover])
    ranked = scores.ranked(most)
    return Sites(ranked, exact, len(scores.sites), median, cover)


def with_centres(
    problem: PartitionProblem, units: Sequence[int], seconds: Floats
) -> PartitionProblem:
    """Return the problem with further cells at the end, centred in `units`.

    Parameters
    ----------
    problem
        The problem.
    units
        Free units, one a new cell.
    seconds
        Travel from each new centre. Shape (n_units, n_new).
    """
    n_cells, fixed = problem.n_cells, problem.fixed.copy()
    columns = [_column(problem, unit, seconds[:, place]) for place, unit in enumerate(units)]
    travel_s = np.column_stack([problem.travel_s, *columns])
    for place, unit in enumerate(units):
        fixed[unit] = n_cells + place
        travel_s[unit] = np.inf
        travel_s[unit, n_cells + place] = seconds[unit, place]
    return replace(
        problem,
        travel_s=np.ascontiguousarray(travel_s),
        centre_unit=np.concatenate([problem.centre_unit, np.asarray(units, dtype=np.int64)]),
        fixed=fixed,
    )


def _column(problem: PartitionProblem, unit: int, seconds: Floats) -> Floats:
    """Return the travel from a new centre, infinite where its cell may not come."""
    out = (problem.component != problem.component[unit]) | (problem.fixed >= 0)
    column: Floats = np.where(out, np.inf, seconds)
    return column


class _Scores:
    """Full scores of sets of candidates, each made once."""

    def __init__(
        self,
        problem: PartitionProblem,
        units: Ints,
        seconds: Floats,
        *,
        tolerance: float,
        within_s: float,
        stop: Stop | None = None,
        on_scored: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.problem, self.units, self.seconds = problem, units, seconds
        self.tolerance, self.within_s = tolerance, within_s
        self.stop, self.on_scored = stop, on_scored
        self.sites: dict[tuple[int, ...], Site] = {}
        self.ended = False
        self.nearest_s = problem.travel_s.min(axis=1)

    @property
    def full(self) -> bool:
        """Whether no further score is to be made."""
        return self.ended or len(self.sites) >= MOST_SCORED

    def of(self, candidates: tuple[int, ...]) -> Site:
        """Return the score of a set."""
        candidates = tuple(sorted(candidates))
        if candidates not in self.sites:
            self.sites[candidates] = self._score(candidates)
            self.on_scored(len(self.sites))
            least = min(one.balanced_bound for one in self.sites.values())
            self.ended = self.stop is not None and self.stop(least)
        return self.sites[candidates]

    def ranked(self, most: int) -> tuple[Site, ...]:
        """Return the best of the sets scored."""
        return tuple(sorted(self.sites.values(), key=self.key)[:most])

    def key(self, site: Site) -> tuple[float, float, tuple[int, ...]]:
        """Return what sites are ranked by."""
        beyond = max(0.0, site.attainable - self.tolerance)
        return round(beyond, 6), site.balanced_bound, site.candidates

    def _score(self, candidates: tuple[int, ...]) -> Site:
        chosen = list(candidates)
        units = self.units[chosen].tolist()
        problem = with_centres(self.problem, units, self.seconds_of(chosen))
        others = [None] * (problem.weights.shape[1] - 1)
        band = Bands.around_mean(problem, [self.tolerance, *others])
        bound = cell_prices(problem, band.low[:, 0], band.high[:, 0]).bound
        if len(chosen) == 1:
            # Prices are only nearly the best: the screen, proven as well, may be the better one.
            bound = max(bound, float(self.screen[chosen[0]]))
        best_s = np.minimum(self.nearest_s, self.seconds_of(chosen).min(axis=1))
        weight = problem.weights[:, 0]
        return Site(
            candidates,
            tuple(units),
            balanced_bound=bound,
            nearest_gain=float(weight @ (self.nearest_s - best_s)),
            covered=float(weight[best_s <= self.within_s].sum()),
            attainable=certify(problem, self.tolerance).bound,
        )

    def seconds_of(self, chosen: Sequence[int]) -> Floats:
        """Return the travel from candidates. Shape (n_units, n)."""
        return self.seconds[:, list(chosen)]

    @cached_property
    def screen(self) -> Floats:
        """A lower bound on the travel with each candidate. Shape (n_candidates,)."""
        problem = self.problem
        n_cells, weight = problem.n_cells, problem.weights[:, 0]
        mean = float(weight.sum()) / (n_cells + 1)
        low, high = mean * (1.0 - self.tolerance), mean * (1.0 + self.tolerance)
        wider = (n_cells + 1) / n_cells
        price = cell_prices(
            problem, np.full(n_cells, low * wider), np.full(n_cells, high * wider)
        ).price_s
        entry = _Entry(weight, (problem.travel_s + price).min(axis=1), low, high)
        own = -float(high * np.maximum(price, 0.0).sum() + low * np.minimum(price, 0.0).sum())
        found = np.array(
            [
                own + entry.bound(self.seconds[:, row], unit)
                for row, unit in enumerate(self.units.tolist())
            ]
        )
        lowered: Floats = found - 1e-9 * np.abs(found)
        return lowered


@dataclass(frozen=True, eq=False)
class _Entry:
    """What a cell more changes, while the other cells keep their prices.

    Attributes
    ----------
    weight
        First workload. Shape (n_units,).
    paid_s
        Travel and price of each unit's cheapest cell so far. Shape (n_units,).
    low, high
        Band of the new cell.
    """

    weight: Floats
    paid_s: Floats
    low: float
    high: float

    def bound(self, seconds: Floats, unit: int) -> float:
        """Return max over λ of Σ w min(paid, seconds + λ) - high λ⁺ - low λ⁻, `unit` held."""
        free = self.weight.copy()
        free[unit] = 0.0
        saved_s = self.paid_s - seconds  # -inf where the new cell may not come
        order = np.argsort(-saved_s, kind="stable")
        load = float(self.weight[unit]) + np.cumsum(free[order])
        best = -np.inf
        # Concave in λ: the best is where the load meets an end of the band, or at 0.
        ends = np.searchsorted(load, [self.low, self.high])
        prices = [0.0, *saved_s[order[np.minimum(ends, len(order) - 1)]].tolist()]
        for price in prices:
            if np.isfinite(price):
                value = float(free @ self.paid_s) - float(free @ np.maximum(saved_s - price, 0.0))
                value += float(self.weight[unit]) * (float(seconds[unit]) + price)
                value -= self.high * max(price, 0.0) + self.low * min(price, 0.0)
                best = max(best, value)
        return best


def _singles(scores: _Scores, most: int) -> bool:
    """Score single candidates in the order of their screens; return whether all needed were."""
    screen = scores.screen
    for number in np.argsort(screen, kind="stable").tolist():
        sound = sorted(
            one.balanced_bound
            for one in scores.sites.values()
            if one.attainable <= scores.tolerance
        )
        if len(sound) >= most and screen[number] > sound[most - 1]:
            return True
        if scores.full:
            return False
        scores.of((number,))
    return True


def _sets(scores: _Scores, n_new: int, most: int, starts: list[tuple[int, ...]]) -> bool:
    """Score sets: given ones, greedy ones, exchanges. Whether that is all is never proven."""
    for one in starts:
        scores.of(one)
    order = np.argsort(scores.screen, kind="stable").tolist()
    shortlist = order[: max(2 * n_new, most)]
    scores.of(tuple(order[:n_new]))
    better = True
    while better and not scores.full:
        best = scores.ranked(1)[0]
        better = False
        for place in range(n_new):
            for one in shortlist:
                kept = best.candidates[:place] + best.candidates[place + 1 :]
                if one not in best.candidates and not scores.full:
                    better |= scores.key(scores.of((*kept, one))) < scores.key(best)
    return False


def _check(problem: PartitionProblem, units: Ints, seconds: Floats, n_new: int) -> None:
    faults: list[Fault] = []
    if seconds.shape != (problem.n_units, len(units)):
        raise ValueError(f"Expected seconds of shape ({problem.n_units}, {len(units)}).")
    away = (units < 0) | (units >= problem.n_units)
    if away.any():
        faults.append(
            fault("realign.site_unknown", units=some_ids(units[away]), most=problem.n_units - 1)
        )
    inside = units[~away]
    held = inside[problem.fixed[inside] >= 0]
    if len(held):
        faults.append(fault("realign.site_held", units=some_ids(held.tolist())))
    once, times = np.unique(inside, return_counts=True)
    if (times > 1).any():
        faults.append(fault("realign.site_twice", units=some_ids(once[times > 1].tolist())))
    if not 1 <= n_new <= len(units):
        faults.append(fault("realign.site_number", found=n_new, most=len(units)))
    if faults:
        raise InputError(*faults)
