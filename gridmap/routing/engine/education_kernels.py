"""Compiled: what a child learns before it joins the population."""

from __future__ import annotations

import numpy as np

from gridmap.routing.engine.insertion_kernels import improve_patterns
from gridmap.routing.engine.jit import counted
from gridmap.routing.engine.move_kernels import improve_day
from gridmap.routing.engine.walk_kernels import forget

_MOST_ROUNDS = 12


@counted
def educate(tables, work, prices, granularity, factor):
    """Improve sequences and patterns in turn until neither gains."""
    touched = np.ones(tables.n_days, np.bool_)
    forget(work)
    for _ in range(_MOST_ROUNDS):
        for day in range(tables.n_days):
            if touched[day]:
                improve_day(tables, work, day, granularity, factor, prices)
        touched[:] = False
        if improve_patterns(tables, work, prices, touched) == 0:
            break
