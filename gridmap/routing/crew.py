"""The managers of a cell: when each works, how much, and whom each may visit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gridmap.policies import Manager
from gridmap.routing.calendar import Calendar
from gridmap.routing.problem import CellVisits

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Crew:
    """The managers of a cell.

    Attributes
    ----------
    managers
        At least one.
    works
        Who works on which day, holidays excluded. Shape (n_days, n_managers).
    may_visit
        Who has the skills for which outlet, and a way to it. Shape (n_managers, n_outlets).
    most_calls, least_calls, most_s
        Limits of each manager's days: calls, and seconds of travel and service. Shape
        (n_managers,).
    """

    managers: tuple[Manager, ...]
    works: Bools
    may_visit: Bools
    most_calls: Floats
    least_calls: Floats
    most_s: Floats

    def somebody(self) -> Bools:
        """Return on which days somebody may visit an outlet. Shape (n_outlets, n_days)."""
        return np.asarray((self.works.astype(int) @ self.may_visit.astype(int) > 0).T)

    @property
    def calls(self) -> Floats:
        """Calls that each day has room for. Shape (n_days,)."""
        return np.asarray(self.works @ self.most_calls, dtype=np.float64)

    def work_s(self, room_s: float) -> float:
        """Return the seconds of work of the cycle, where a day has room for `room_s` at most."""
        return float((self.works @ np.minimum(self.most_s, room_s)).sum())


def crew_of(cell: CellVisits, calendar: Calendar) -> Crew:
    """Return the managers of a cell."""
    policy, day = calendar.policy, calendar.policy.day
    managers = policy.crew(cell.centre_id)
    works = np.ones((calendar.n_days, len(managers)), dtype=bool)
    for at, one in enumerate(managers):
        if one.days:
            mine = calendar.days_of(one.days)
            works[[number not in mine for number in range(calendar.n_days)], at] = False
        for text in one.leave:
            works[list(calendar.days_of(text)), at] = False
    works[list(calendar.holidays)] = False
    works[: cell.from_day] = False
    kinds = cell.kinds or ("",) * len(cell.outlet_ids)
    needs = [
        policy.needed_skills(grade, kind) for grade, kind in zip(cell.grades, kinds, strict=True)
    ]
    may = np.array(
        [[need <= set(one.skills) for need in needs] for one in managers], dtype=bool
    ).reshape(len(managers), len(needs))
    if cell.bases:
        may &= np.isfinite(cell.there_s + cell.back_s)
    most_minutes = [day.max_minutes if m.max_minutes is None else m.max_minutes for m in managers]
    return Crew(
        managers=managers,
        works=works,
        may_visit=may,
        most_calls=_each([m.max_calls for m in managers], day.max_calls),
        least_calls=_each([m.min_calls for m in managers], day.min_calls),
        most_s=np.array(most_minutes, dtype=np.float64) * 60.0,
    )


def _each(own: list[int | None], usual: int) -> Floats:
    return np.array([usual if one is None else one for one in own], dtype=np.float64)
