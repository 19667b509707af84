"""The periods of a working day: which one counts when, and the networks that go with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gridmap.travel.network import StreetNetwork

#: Seconds after midnight at which each period begins; before the first one it is the last.
USUAL_BEGINS_S: Mapping[str, float] = {
    "am": 7 * 3600.0,
    "midday": 10 * 3600.0,
    "pm": 16 * 3600.0,
    "night": 19 * 3600.0,
}


@dataclass(frozen=True)
class DayPart:
    """A stretch of a working day that lies in one period.

    Attributes
    ----------
    period
        Its name.
    begin_s
        When it begins, in seconds after midnight; the first part also holds before.
    share
        Its share of the working day; those of all parts are 1 together.
    """

    period: str
    begin_s: float
    share: float


def parts_of_day(
    begins_s: Mapping[str, float], start_s: float, end_s: float
) -> tuple[DayPart, ...]:
    """Return the parts of a working day, in order.

    Parameters
    ----------
    begins_s
        Seconds after midnight at which each period begins; before the first it is the last.
    start_s, end_s
        The working day, in seconds after midnight.

    Raises
    ------
    ValueError
        If there is no period, or the day does not end after its start.

    Examples
    --------
    >>> [(one.period, one.share) for one in parts_of_day({"am": 0.0, "pm": 40.0}, 10.0, 50.0)]
    [('am', 0.75), ('pm', 0.25)]
    """
    if not begins_s or end_s <= start_s:
        raise ValueError("Expected a period, and a day that ends after its start.")
    order = sorted(begins_s, key=lambda period: (begins_s[period], period))
    begun = [period for period in order if begins_s[period] <= start_s]
    later = [period for period in order if start_s < begins_s[period] < end_s]
    names = [(begun or order)[-1], *later]
    marks = [start_s, *(begins_s[period] for period in later), end_s]
    return tuple(
        DayPart(period, begin, (end - begin) / (end_s - start_s))
        for period, begin, end in zip(names, marks[:-1], marks[1:], strict=True)
    )


@dataclass(frozen=True, eq=False)
class DayNetworks:
    """The streets of one means of travel in each period of the day.

    Attributes
    ----------
    begins_s
        When each period begins, see `parts_of_day`.
    networks
        The network with the speeds of each period. All have the same streets.
    """

    begins_s: Mapping[str, float]
    networks: Mapping[str, StreetNetwork]

    def mean(self, start_s: float, end_s: float) -> StreetNetwork:
        """Return the network whose seconds are the mean over a working day."""
        parts = parts_of_day(self.begins_s, start_s, end_s)
        return mean_network(
            [self.networks[one.period] for one in parts], [one.share for one in parts]
        )


def mean_network(networks: Sequence[StreetNetwork], shares: Sequence[float]) -> StreetNetwork:
    """Return a network with the weighted mean of the seconds of edges and turns.

    Parameters
    ----------
    networks
        The same streets with different seconds.
    shares
        Weight of each; 1 together.
    """
    first = networks[0]
    turns = first.turns
    if turns is not None:
        seconds = [one.turns.seconds for one in networks if one.turns is not None]
        turns = replace(turns, seconds=_mean(seconds, shares))
    return replace(
        first,
        forward_s=_mean([one.forward_s for one in networks], shares),
        backward_s=_mean([one.backward_s for one in networks], shares),
        turns=turns,
    )


def _mean(arrays: Sequence[np.ndarray], shares: Sequence[float]) -> np.ndarray:
    """Return the weighted mean; what is closed (infinite) stays closed."""
    total = np.zeros(arrays[0].shape, dtype=np.float64)
    for array, share in zip(arrays, shares, strict=True):
        total += share * array
    return total.astype(arrays[0].dtype)
