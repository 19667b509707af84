"""A periodic problem too small to matter, on which the loops of the engine are compiled."""

from __future__ import annotations

import numpy as np

from gridmap.routing.periodic import Lunch, PeriodicProblem

_DAYS, _MANAGERS, _CUSTOMERS = 2, 2, 6


def tiny_problem(*, timed: bool) -> PeriodicProblem:
    """Return six places around one, each to be visited on either of two days by two managers.

    Parameters
    ----------
    timed
        Whether it has windows and a lunch, so that the loops that walk through a day run, too.
    """
    turn = np.linspace(0.0, 2.0 * np.pi, _CUSTOMERS, endpoint=False)
    xy = np.vstack([[0.0, 0.0], np.column_stack([np.cos(turn), np.sin(turn)])])
    n_places = _CUSTOMERS + 1
    n_patterns = _CUSTOMERS * _DAYS
    first = np.maximum(np.arange(n_places) - 1, 0) * _DAYS
    each = (_DAYS, _MANAGERS)
    windows = np.tile([0.0, 100.0], (n_places, _DAYS, int(timed), 1))
    return PeriodicProblem(
        travel=np.hypot(*(xy[:, None] - xy[None, :]).transpose(2, 0, 1)),
        service=np.zeros(n_places),
        load=np.r_[0.0, np.ones(_CUSTOMERS)],
        patterns=np.tile(np.eye(_DAYS, dtype=np.bool_), (_CUSTOMERS, 1)),
        pattern_price=np.zeros(n_patterns),
        first_pattern=first,
        last_pattern=first + np.r_[0, np.full(_CUSTOMERS, _DAYS)],
        start=np.zeros(_MANAGERS, dtype=np.int64),
        end=np.zeros(_MANAGERS, dtype=np.int64),
        most_load=np.full(each, 4.0),
        least_load=np.zeros(each),
        most_duration=np.full(each, np.inf),
        may_visit=np.ones((_MANAGERS, n_places), dtype=np.bool_),
        windows=windows,
        lunch=Lunch(1.0, 0.0, 50.0) if timed else Lunch(),
    )
