"""Observed trips, and what a calibration made of them; the fit is in `gridmap.travel.calibrate`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridmap.catalogue import Language, text
from gridmap.errors import Fault
from gridmap.travel.engine import Snapped
from gridmap.travel.periods import PeriodFactors

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Trips:
    """Observed trips.

    Attributes
    ----------
    origins, targets
        Both ends on the network. Shape (n_trips,).
    period
        Name of the period of each. Shape (n_trips,).
    seconds
        How long each took. Shape (n_trips,).
    """

    origins: Snapped
    targets: Snapped
    period: NDArray[np.object_]
    seconds: Floats

    def __post_init__(self) -> None:
        if not (np.isfinite(self.seconds) & (self.seconds > 0.0)).all():
            raise ValueError("Expected trips that took some time.")

    def __len__(self) -> int:
        return len(self.seconds)

    def at(self, rows: Ints) -> Trips:
        """Return some of the trips."""
        return Trips(
            self.origins.take(rows),
            self.targets.take(rows),
            self.period[rows],
            self.seconds[rows],
        )


@dataclass(frozen=True)
class Errors:
    """How far computed times are from observed ones.

    Attributes
    ----------
    median_share
        Median of the absolute errors as shares of the observed times.
    rmse_s
        Root of the mean squared error in seconds.
    """

    median_share: float
    rmse_s: float


@dataclass(frozen=True, eq=False)
class PeriodFit:
    """What came of the trips of one period.

    Attributes
    ----------
    period
        Its name.
    trips
        How many trips were used.
    unroutable
        How many have no way on the network.
    before, after
        Errors with the former factors and with the fitted ones, on trips that the fit has not
        seen.
    better
        Whether the fitted factors do better there.
    multiplier
        Fitted multiplier on the time by group, and by area within it (``primary / centre``).
    seen_s
        Seconds of all trips in each of these groups, with the former factors.
    factors
        Factors on the speeds of the profile: the fitted ones if they are better.
    """

    period: str
    trips: int
    unroutable: int
    before: Errors
    after: Errors
    better: bool
    multiplier: Mapping[str, float]
    seen_s: Mapping[str, float]
    factors: PeriodFactors


@dataclass(frozen=True, eq=False)
class Calibration:
    """Fits by period, and what must be said about them."""

    fits: tuple[PeriodFit, ...]
    notices: tuple[Fault, ...]

    @property
    def factors(self) -> dict[str, PeriodFactors]:
        """The factors of the periods that became better."""
        return {one.period: one.factors for one in self.fits if one.better}

    def summary(self, language: Language = "en") -> str:
        """Return the errors before and after, one line a period, and the notices."""
        lines = [
            text(
                "speeds.fitted" if one.better else "speeds.kept",
                language,
                period=one.period,
                trips=one.trips,
                before=one.before.median_share,
                after=one.after.median_share,
                before_min=one.before.rmse_s / 60.0,
                after_min=one.after.rmse_s / 60.0,
            )
            for one in self.fits
        ]
        return "\n".join([*lines, *(f"- {one.text(language)}" for one in self.notices)])

    def plain(self, language: Language = "en") -> dict[str, Any]:
        """Return the outcome as plain values for JSON."""
        fits = {
            one.period: {
                "trips": one.trips,
                "unroutable": one.unroutable,
                "before": asdict(one.before),
                "after": asdict(one.after),
                "better": one.better,
                "multiplier": dict(one.multiplier),
                "seen_s": dict(one.seen_s),
                "factors": one.factors.model_dump(mode="json"),
            }
            for one in self.fits
        }
        return {"periods": fits, "notices": [one.text(language) for one in self.notices]}
