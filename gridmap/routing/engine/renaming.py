"""Days of a cycle that may change their names without changing the problem."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

import numpy as np

from gridmap.routing.engine.tables import Ints, Tables

#: Most renamings that are kept; all permutations of a week are few enough.
MOST = 2000
_ALL_UP_TO = 7


def day_renamings(tables: Tables) -> Ints:
    """Return renamings of the days that leave patterns, limits and windows as they are.

    ``renamings[g, day]`` is the day that takes the place of `day`; the first row changes nothing.
    Of a long cycle only those are looked at that shift blocks of days, or permute the days of
    every block alike. Shape (n_renamings, n_days).
    """
    kinds = _pattern_sets(tables)
    found = [np.arange(tables.n_days)]
    seen = {tuple(range(tables.n_days))}
    for one in _candidates(tables.n_days):
        if len(found) >= MOST:
            break
        key = tuple(one.tolist())
        if key not in seen and _same_problem(tables, one, kinds):
            seen.add(key)
            found.append(one)
    return np.array(found, dtype=np.int64)


def _candidates(n_days: int) -> Iterator[Ints]:
    if n_days <= _ALL_UP_TO:
        yield from (np.array(one) for one in permutations(range(n_days)))
        return
    days = np.arange(n_days)
    for block in (one for one in range(2, _ALL_UP_TO) if n_days % one == 0):
        n_blocks = n_days // block
        for shift in range(n_blocks):
            moved = (days // block + shift) % n_blocks
            for order in permutations(range(block)):
                yield moved * block + np.array(order)[days % block]
    for shift in range(n_days):
        yield (days + shift) % n_days


def _pattern_sets(tables: Tables) -> list[set[tuple[bool, ...]]]:
    kinds = {
        frozenset(tuple(row) for row in tables.patterns[first:last].tolist())
        for first, last in set(
            zip(tables.first_pattern.tolist(), tables.last_pattern.tolist(), strict=True)
        )
    }
    return [set(one) for one in kinds if one]


def _same_problem(tables: Tables, renaming: Ints, kinds: list[set[tuple[bool, ...]]]) -> bool:
    n_days, n_managers = tables.n_days, tables.n_managers
    for limit in (tables.most_load, tables.least_load, tables.most_duration):
        by_day = limit.reshape(n_days, n_managers)
        if (by_day != by_day[renaming]).any():
            return False
    if tables.windows.size and (tables.windows != tables.windows[:, renaming]).any():
        return False
    order = renaming.tolist()
    return all(
        tuple(pattern[day] for day in order) in patterns
        for patterns in kinds
        for pattern in patterns
    )
