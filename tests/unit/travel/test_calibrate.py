"""Calibration: known factors come back, folds are honest, and what is no better is refused."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
import pytest
import shapely
from grid_town import grid_network

from gridmap.errors import InputError
from gridmap.travel import calibrate as module
from gridmap.travel.calibrate import calibrate, errors, fit_multipliers, group_of
from gridmap.travel.calibration import Trips
from gridmap.travel.dijkstra import DijkstraEngine
from gridmap.travel.edge_use import edge_use
from gridmap.travel.engine import Snapped
from gridmap.travel.network import StreetNetwork
from gridmap.travel.periods import Areas, PeriodFactors, with_period

CLASSES = ("motorway", "primary", "primary_link", "residential")


def town(seed: int = 1) -> StreetNetwork:
    """A town of 12 x 12 blocks with streets of four classes at random, 10 m/s."""
    network = grid_network(12, 12, mode="drive")
    rng = np.random.default_rng(seed)
    return dataclasses.replace(
        network,
        forward_s=network.length_m / 10.0,
        backward_s=network.length_m / 10.0,
        road_class=rng.choice([1, 2, 3], network.n_edges, p=[0.4, 0.1, 0.5]),
        road_classes=CLASSES,
    )


def observed(
    network: StreetNetwork,
    truth: PeriodFactors,
    count: int,
    *,
    seed: int = 2,
    noise: float = 0.1,
    period: str = "am",
    areas: Areas | None = None,
) -> Trips:
    """Trips along the fastest ways of the true speeds, with noise on their times."""
    rng = np.random.default_rng(seed)
    ends = [
        Snapped(rng.integers(0, network.n_edges, count), rng.random(count), np.full(count, 5.0))
        for _ in range(2)
    ]
    true = with_period(network, truth, *([areas] if areas else []))
    use = edge_use(DijkstraEngine(true), *ends)
    seconds = np.column_stack([true.forward_s, true.backward_s]).ravel()
    # 10 m on foot at 1.25 m/s = 8 s
    took = use.share @ seconds + 8.0
    return Trips(
        *ends, np.full(count, period, dtype=object), took * np.exp(rng.normal(0.0, noise, count))
    )


TRUTH = PeriodFactors(factor={"primary": 0.5, "residential": 0.8})


def test_known_factors_come_back() -> None:
    """With 10 % noise on 300 trips the factors are within 5 %; the error falls to the noise."""
    done = calibrate(town(), observed(town(), TRUTH, 300), {})
    fit = done.fits[0]
    assert fit.better
    assert done.notices == ()
    found = done.factors["am"]
    for road_class in ("primary", "primary_link", "residential"):
        assert found.of(road_class) == pytest.approx(TRUTH.of(road_class), rel=0.05)
    # The median of |normal| is 0.674 sigma: 6.7 % with 10 % noise.
    assert fit.before.median_share > 0.25
    assert fit.after.median_share == pytest.approx(0.0674, abs=0.02)
    assert fit.after.rmse_s < 0.5 * fit.before.rmse_s


def test_the_former_factors_are_the_start() -> None:
    """Former factors at half the truth: multiplied, not replaced; motorways are never seen."""
    former = PeriodFactors(default=0.9, factor={"primary": 0.25, "residential": 0.4})
    done = calibrate(town(), observed(town(), TRUTH, 300), {"am": former})
    found = done.factors["am"]
    assert found.of("primary") == pytest.approx(0.5, rel=0.05)
    assert found.of("residential") == pytest.approx(0.8, rel=0.05)
    assert found.of("motorway") == 0.9


@pytest.mark.parametrize("times", [3.0, 0.25])
def test_breaks_and_slips_of_the_pen_do_not_change_the_streets(times: float) -> None:
    """Every tenth trip took three times as long, or was written down with a quarter of its time."""
    trips = observed(town(), TRUTH, 300)
    seconds = trips.seconds.copy()
    seconds[::10] *= times
    done = calibrate(town(), dataclasses.replace(trips, seconds=seconds), {})
    assert done.factors["am"].of("primary") == pytest.approx(0.5, rel=0.08)
    assert done.factors["am"].of("residential") == pytest.approx(0.8, rel=0.08)


def test_an_area_gets_factors_of_its_own() -> None:
    areas = Areas(("west",), np.array([shapely.box(-10, -10, 600, 1300)], dtype=object))
    truth = PeriodFactors.model_validate({"default": 0.9, "areas": {"west": {"default": 0.45}}})
    trips = observed(town(), truth, 400, areas=areas)
    done = calibrate(town(), trips, {}, areas=areas)
    found = done.factors["am"]
    for road_class in ("primary", "residential"):
        assert found.of(road_class) == pytest.approx(0.9, rel=0.07)
        assert found.of(road_class, "west") == pytest.approx(0.45, rel=0.07)
    assert "primary / west" in done.fits[0].multiplier


def test_too_few_trips_are_refused_with_how_many_are_needed() -> None:
    with pytest.raises(InputError) as error:
        calibrate(town(), observed(town(), TRUTH, 29), {})
    one = error.value.faults[0]
    assert (one.key, one.values["have"], one.values["needed"]) == ("speeds.too_few_trips", 29, 30)
    assert one.text("zh")
    assert calibrate(town(), observed(town(), TRUTH, 30), {}).factors


def test_one_period_may_be_refused_and_another_fitted() -> None:
    many, few = observed(town(), TRUTH, 100), observed(town(), TRUTH, 9, period="pm")
    both = Trips(
        *(
            Snapped(*(np.concatenate([getattr(a, n), getattr(b, n)]) for n in
                      ("edge", "fraction", "distance_m")))
            for a, b in ((many.origins, few.origins), (many.targets, few.targets))
        ),
        np.concatenate([many.period, few.period]),
        np.concatenate([many.seconds, few.seconds]),
    )  # fmt: skip
    done = calibrate(town(), both, {})
    assert list(done.factors) == ["am"]
    assert [(one.key, one.where) for one in done.notices] == [("speeds.too_few_trips", "pm")]


def test_factors_that_are_right_already_are_kept() -> None:
    with pytest.raises(InputError) as error:
        calibrate(town(), observed(town(), TRUTH, 200), {"am": TRUTH})
    assert [one.key for one in error.value.faults] == ["speeds.not_better"]
    assert "am" in error.value.text()


def test_times_that_have_nothing_to_do_with_the_way_teach_nothing() -> None:
    """Times of the former speeds, dealt out with wild noise: no fit beats the former one."""
    trips = observed(town(), PeriodFactors(), 60, noise=1.0)
    with pytest.raises(InputError):
        calibrate(town(), trips, {})


def test_no_fold_sees_its_own_trips(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is learned and what is predicted is disjoint, and each trip is predicted once."""
    trips = observed(town(), TRUTH, 60)
    learned: list[set[float]] = []
    predicted: list[set[float]] = []
    learn, predict = module._Fitter.learn, module._Fitter.predict

    def spy_learn(self: module._Fitter, own: Trips, use: module.EdgeUse) -> np.ndarray:
        learned.append(set(own.seconds.tolist()))
        assert use.share.shape[0] == len(own)
        return learn(self, own, use)

    def spy_predict(self: module._Fitter, own: Trips, multiplier: np.ndarray) -> np.ndarray:
        predicted.append(set(own.seconds.tolist()))
        return predict(self, own, multiplier)

    monkeypatch.setattr(module._Fitter, "learn", spy_learn)
    monkeypatch.setattr(module._Fitter, "predict", spy_predict)
    calibrate(town(), trips, {}, folds=4)
    assert len(predicted) == 4
    for train, test in zip(learned, predicted, strict=False):
        assert not train & test
        assert train | test == set(trips.seconds.tolist())
    assert set.union(*predicted) == set(trips.seconds.tolist())
    assert sum(len(one) for one in predicted) == 60


def test_the_same_seed_gives_the_same_result() -> None:
    trips = observed(town(), TRUTH, 80)
    first, again, other = (calibrate(town(), trips, {}, seed=seed) for seed in (5, 5, 6))
    assert first.factors == again.factors == other.factors
    assert first.fits[0].after == again.fits[0].after != other.fits[0].after


def test_trips_off_the_network_are_counted_and_left_out() -> None:
    trips = observed(town(), TRUTH, 100)
    edge = trips.origins.edge.copy()
    edge[:7] = -1
    off = dataclasses.replace(trips, origins=dataclasses.replace(trips.origins, edge=edge))
    done = calibrate(town(), off, {})
    assert (done.fits[0].trips, done.fits[0].unroutable) == (93, 7)
    assert [one.key for one in done.notices] == ["speeds.unroutable"]


def test_multipliers_keep_to_their_bounds_and_the_unseen_stays() -> None:
    """Ten times as long as computed: 1 / 0.3 at most. A group of no trip stays at 1."""
    parts = np.column_stack([np.full(50, 60.0), np.zeros(50)])
    many = np.vstack([parts] * 100)
    found = fit_multipliers(many, np.zeros(5000), np.full(5000, 600.0))
    np.testing.assert_allclose(found, [1.0 / 0.3, 1.0], rtol=1e-6)
    # 60 s of each trip on the group, 20 s fixed, 80 + 20 s observed: 80 / 60
    found = fit_multipliers(many, np.full(5000, 20.0), np.full(5000, 100.0))
    np.testing.assert_allclose(found, [80 / 60, 1.0], rtol=1e-3)


def test_groups_and_errors() -> None:
    assert group_of("primary") == group_of("primary_link")
    assert group_of("residential") == group_of("service") == group_of("road")
    # |12 - 10| / 10, |8 - 16| / 16, 0: the median is 0.2; (4 + 64 + 0) / 3 = 22.67
    found = errors(np.array([12.0, 8.0, 7.0]), np.array([10.0, 16.0, 7.0]))
    assert found.median_share == pytest.approx(0.2)
    assert found.rmse_s == pytest.approx(np.sqrt(68 / 3))


def test_misuse() -> None:
    trips = observed(town(), TRUTH, 10)
    with pytest.raises(ValueError, match="folds"):
        calibrate(town(), trips, {}, folds=1)
    with pytest.raises(ValueError, match="took some time"):
        dataclasses.replace(trips, seconds=np.zeros(10))
    none: Mapping[str, PeriodFactors] = {}
    with pytest.raises(InputError) as error:
        calibrate(town(), trips.at(np.empty(0, dtype=np.int64)), none)
    assert error.value.faults[0].key == "speeds.no_trips"


def test_a_mode_that_the_former_factors_do_not_concern_starts_from_its_profile() -> None:
    former = {"am": PeriodFactors(default=0.3, modes=("walk",))}
    done = calibrate(town(), observed(town(), TRUTH, 100), former)
    assert done.factors["am"].modes == ("drive",)
    assert done.factors["am"].of("residential") == pytest.approx(0.8, rel=0.1)
