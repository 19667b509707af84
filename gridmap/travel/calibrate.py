"""Speed factors from observed trips.

The seconds of a trip are a sum over groups of streets (class, inside or outside an area) of the
group's seconds times an unknown multiplier, and of what does not depend on it: turns, and the
straight way between the ends and the street. The multipliers follow by bounded least squares on
relative errors, with

- a ridge that draws each multiplier to 1: a group that hardly any trip uses keeps its factor.
  `RIDGE` is the variance of a trip's relative error by that of multipliers, some 10 % and 30 %;
- Huber's weights (Huber 1964), so that a lunch break on the way does not count as a slow street;
- ways and fit by turns, `ROUNDS` times, as other speeds lead along other streets.

What a fit is worth is measured on trips that it has not seen: k folds, each predicted by the
multipliers, and along the ways, that follow from the others alone. Factors that do not do better
than the former ones there are not given out.

References
----------
Huber, P. J. (1964): Robust estimation of a location parameter. Annals of Mathematical Statistics
35 (1), 73-101.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import lsq_linear

from gridmap.errors import Fault, InputError, fault
from gridmap.travel.calibration import Calibration, Errors, PeriodFit, Trips
from gridmap.travel.edge_use import EdgeUse, arc_seconds, edge_use
from gridmap.travel.engine import ACCESS_SPEED_M_S
from gridmap.travel.engines import open_engine
from gridmap.travel.network import StreetNetwork
from gridmap.travel.periods import (
    NO_AREAS,
    AreaFactors,
    Areas,
    PeriodFactors,
    edge_middles,
    with_period,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Classes that share one multiplier; what is not listed is ``local``. Links go with their street.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "motorway": ("motorway",),
    "trunk": ("trunk",),
    "primary": ("primary",),
    "secondary": ("secondary",),
    "tertiary": ("tertiary",),
    "local": (),
}
#: A fitted speed lies between these multiples of the former one.
SLOWEST, FASTEST = 0.3, 3.0
RIDGE = 0.1
ROUNDS = 8
#: Rounds end when no multiplier moves by more than this share.
SETTLED = 0.005
#: Residuals beyond this many standard deviations count less (Huber: 95 % efficient).
HUBER = 1.345
REWEIGHTINGS = 20
#: No residual is taken for an outlier as long as it is below this share of the trip.
LEAST_SCALE = 0.01
#: Trips that a period needs: at least so many, and so many for each group that they use.
LEAST_TRIPS = 30
TRIPS_PER_GROUP = 5
#: A group is used if it takes this share of the time of all trips of the period.
USED_SHARE = 0.02
#: The median error on unseen trips must fall by this share of itself.
LEAST_GAIN = 0.02
#: Least and largest factor on a speed.
FACTOR_BOUNDS = (0.05, 5.0)


def calibrate(
    network: StreetNetwork,
    trips: Trips,
    former: Mapping[str, PeriodFactors],
    *,
    areas: Areas = NO_AREAS,
    folds: int = 5,
    seed: int = 0,
) -> Calibration:
    """Fit the factors of each period to observed trips.

    Parameters
    ----------
    network
        Network with the speeds of its profile.
    trips
        Observed trips, positions on this network.
    former
        Factors that are to be bettered, by period; a period that is not there has the profile's
        speeds.
    areas
        Areas that get multipliers of their own.
    folds
        Number of folds, at least 2.
    seed
        Seed of the folds: same seed, same result.

    Raises
    ------
    InputError
        If no period has enough trips, or none becomes better.
    """
    if folds < 2:
        raise ValueError(f"Expected at least 2 folds, found {folds}.")
    fits: list[PeriodFit] = []
    notices: list[Fault] = []
    for period in sorted(set(trips.period.tolist())):
        own = trips.at(np.flatnonzero(trips.period == period))
        factors = former.get(period, PeriodFactors())
        if network.mode not in factors.modes:
            # Speeds that the former factors leave as they are.
            factors = PeriodFactors(modes=(network.mode,))
        found = _fit_period(
            network, own, factors, areas=areas, folds=folds, seed=seed, period=period
        )
        if isinstance(found, Fault):
            notices.append(found)
            continue
        fits.append(found)
        if found.unroutable:
            notices.append(fault("speeds.unroutable", period, count=found.unroutable))
        if not found.better:
            notices.append(
                fault(
                    "speeds.not_better",
                    period,
                    before=found.before.median_share,
                    after=found.after.median_share,
                )
            )
    if not any(one.better for one in fits):
        raise InputError(*(notices or [fault("speeds.no_trips")]))
    return Calibration(tuple(fits), tuple(notices))


def _fit_period(
    network: StreetNetwork,
    trips: Trips,
    former: PeriodFactors,
    *,
    areas: Areas,
    folds: int,
    seed: int,
    period: str,
) -> PeriodFit | Fault:
    fitter = _Fitter(with_period(network, former, areas), areas)
    use = fitter.ways(trips, np.ones(fitter.n_groups))
    routable = np.flatnonzero(np.isfinite(use.turn_s))
    lost = len(trips) - len(routable)
    trips, use = trips.at(routable), use.take(routable)
    n_trips = len(trips)
    parts_s = fitter.parts(use)
    seen_s = parts_s.sum(axis=0)
    used = int((seen_s > USED_SHARE * max(float(seen_s.sum()), 1.0)).sum())
    needed = max(LEAST_TRIPS, TRIPS_PER_GROUP * used, folds)
    if n_trips < needed:
        return fault("speeds.too_few_trips", period, have=n_trips, needed=needed, lost=lost)

    before_s = parts_s.sum(axis=1) + fixed_seconds(trips, use)
    after_s = np.full(n_trips, np.nan)
    fold = np.random.default_rng(seed).permutation(np.arange(n_trips) % folds)
    for number in range(folds):
        train, test = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        multiplier = fitter.learn(trips.at(train), use.take(train))
        after_s[test] = fitter.predict(trips.at(test), multiplier)
    before, after = errors(before_s, trips.seconds), errors(after_s, trips.seconds)
    better = (
        after.median_share <= (1.0 - LEAST_GAIN) * before.median_share
        and after.rmse_s <= before.rmse_s
    )
    multiplier = fitter.learn(trips, use)
    return PeriodFit(
        period=period,
        trips=n_trips,
        unroutable=lost,
        before=before,
        after=after,
        better=better,
        multiplier=fitter.named(multiplier),
        seen_s=fitter.named(seen_s),
        factors=fitter.factors(former, multiplier, seen_s) if better else former,
    )


class _Fitter:
    """Groups of streets on one network, and multipliers on their times.

    Group g × (n_areas + 1) + a: group g of classes in area a, the last a being outside all.
    """

    def __init__(self, network: StreetNetwork, areas: Areas) -> None:
        self.network, self.areas = network, areas
        self._engine = open_engine(network)
        of_class = np.array([group_of(one) for one in network.road_classes], dtype=np.int64)
        area = areas.locate(edge_middles(network)) if areas.names else np.full(network.n_edges, -1)
        self._width = len(areas.names) + 1
        inside = np.where(area < 0, self._width - 1, area)
        self.edge_group: Ints = of_class[network.road_class] * self._width + inside
        self.n_groups = len(GROUPS) * self._width
        seconds = arc_seconds(network)
        arc_s = np.where(np.isfinite(seconds), seconds, 0.0)
        groups = np.zeros((len(arc_s), self.n_groups))
        groups[np.arange(len(arc_s)), np.repeat(self.edge_group, 2)] = arc_s
        self._group_s = groups

    def parts(self, use: EdgeUse) -> Floats:
        """Return the seconds of trips in each group at multiplier 1. Shape (n_trips, n_groups)."""
        return np.asarray(use.share @ self._group_s)

    def ways(self, trips: Trips, multiplier: Floats) -> EdgeUse:
        """Return the fastest ways of trips with multipliers on the times of the network."""
        factor = multiplier[self.edge_group]
        slowed = replace(
            self.network,
            forward_s=self.network.forward_s * factor,
            backward_s=self.network.backward_s * factor,
        )
        self._engine.reweigh(slowed)
        return edge_use(self._engine, trips.origins, trips.targets)

    def learn(self, trips: Trips, use: EdgeUse) -> Floats:
        """Return the multipliers that follow from some trips. Shape (n_groups,).

        `use` are their ways on the network as it is.
        """
        multiplier = np.ones(self.n_groups)
        for number in range(ROUNDS):
            found = fit_multipliers(self.parts(use), fixed_seconds(trips, use), trips.seconds)
            if number:
                # Half a step: ways that flip to and fro between two streets come to rest.
                found = (found + multiplier) / 2.0
            moved = float(np.abs(found / multiplier - 1.0).max())
            multiplier = found
            if moved < SETTLED or number == ROUNDS - 1:
                break
            use = self.ways(trips, multiplier)
        return multiplier

    def predict(self, trips: Trips, multiplier: Floats) -> Floats:
        """Return the seconds of trips along their fastest ways with some multipliers."""
        use = self.ways(trips, multiplier)
        return np.asarray(self.parts(use) @ multiplier + fixed_seconds(trips, use))

    def named(self, values: Floats) -> dict[str, float]:
        """Return values of the groups that are on the network by their names."""
        names = [
            f"{group} / {area}" if area else group
            for group in GROUPS
            for area in (*self.areas.names, "")
        ]
        return {names[at]: float(values[at]) for at in np.unique(self.edge_group).tolist()}

    def factors(self, former: PeriodFactors, multiplier: Floats, seen_s: Floats) -> PeriodFactors:
        """Return the former factors with multipliers on the times of what was seen."""

        def table(area: str, number: int) -> dict[str, float]:
            found = {}
            for one in sorted(self.network.road_classes):
                at = group_of(one) * self._width + number
                if seen_s[at] > 0.0:
                    value = former.of(one, area) / float(multiplier[at])
                    found[one] = round(float(np.clip(value, *FACTOR_BOUNDS)), 4)
            return found

        inner = dict(former.areas)
        for number, name in enumerate(self.areas.names):
            fitted = table(name, number)
            if fitted:
                old = inner.get(name, AreaFactors())
                inner[name] = AreaFactors(default=old.default, factor={**old.factor, **fitted})
        return former.model_copy(
            update={
                "modes": (self.network.mode,),
                "factor": {**former.factor, **table("", self._width - 1)},
                "areas": inner,
            }
        )


def group_of(road_class: str) -> int:
    """Return the number of the group in `GROUPS` that a class of street belongs to."""
    name = road_class.removesuffix("_link")
    names = list(GROUPS)
    return next((at for at, key in enumerate(names) if name in GROUPS[key]), len(names) - 1)


def fit_multipliers(parts_s: Floats, fixed_s: Floats, observed_s: Floats) -> Floats:
    """Return the multipliers that bring sums of parts nearest to observed times.

    Parameters
    ----------
    parts_s
        Seconds of each trip in each group. Shape (n_trips, n_groups).
    fixed_s
        Seconds of each trip that no multiplier changes. Shape (n_trips,).
    observed_s
        Observed seconds. Shape (n_trips,).
    """
    # Relative to the computed time, not to the observed one: a trip written down with a quarter of
    # its minutes would otherwise count four times as much.
    computed_s = np.maximum(parts_s.sum(axis=1) + fixed_s, 1.0)
    shares = parts_s / computed_s[:, None]
    wanted = (observed_s - fixed_s) / computed_s
    n_groups = parts_s.shape[1]
    ridge = np.sqrt(RIDGE) * np.eye(n_groups)
    draw = np.full(n_groups, np.sqrt(RIDGE))
    bounds = (1.0 / FASTEST, 1.0 / SLOWEST)
    weight = np.ones(len(wanted))
    multiplier = np.ones(n_groups)
    for _ in range(REWEIGHTINGS):
        root = np.sqrt(weight)
        matrix = np.vstack([shares * root[:, None], ridge])
        found = lsq_linear(matrix, np.concatenate([wanted * root, draw]), bounds, method="bvls").x
        settled = bool(np.abs(found - multiplier).max() < 1e-6)
        multiplier = np.asarray(found, dtype=np.float64)
        if settled:
            break
        residual = np.abs(shares @ multiplier - wanted)
        # 1.4826 x the median is the standard deviation where errors are normal.
        scale = max(1.4826 * float(np.median(residual)), LEAST_SCALE)
        weight = np.minimum(1.0, HUBER * scale / np.maximum(residual, 1e-12))
    return multiplier


def fixed_seconds(trips: Trips, use: EdgeUse) -> Floats:
    """Return the seconds of trips in turns and between their ends and the street."""
    access_m = trips.origins.distance_m + trips.targets.distance_m
    return np.asarray(use.turn_s + access_m / ACCESS_SPEED_M_S)


def errors(computed_s: Floats, observed_s: Floats) -> Errors:
    """Return how far computed times are from observed ones."""
    off = computed_s - observed_s
    return Errors(
        median_share=float(np.median(np.abs(off) / observed_s)),
        rmse_s=float(np.sqrt(np.mean(off**2))),
    )
