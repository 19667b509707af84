"""The visits of one cell: the input of routing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from gridmap.errors import InputError
from gridmap.policies import RoutingPolicy
from gridmap.routing.legs import Leg, PeriodWays
from gridmap.routing.under_way import LastRoutes
from gridmap.routing.visits import grade_faults

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class CellVisits:
    """The outlets of a cell that get visits, and the ways between them.

    Attributes
    ----------
    cell_id
        Number of the cell.
    outlet_ids, grades
        One entry an outlet.
    travel_s
        Seconds from place to place, NaN = no way; place 0 is the centre outlet, place i + 1 is
        outlet i, and behind them are other places where days start or end. Shape (n_places,
        n_places).
    kinds
        One entry an outlet, or none at all; some kinds need skills.
    centre_id
        Id of the centre outlet.
    bases
        Place where the days of each manager of the crew start, and where they end; empty = all
        at the centre.
    periods
        Where ways depend on the time of day; `travel_s` is then their mean. None = they do not.
    last
        What the last plan says of the cell; None = there is none.
    held
        By outlet, cycle days on which its visits stay.
    shut
        Cycle days that take no visits but those held on them.
    """

    cell_id: int
    outlet_ids: tuple[str, ...]
    grades: tuple[str, ...]
    travel_s: Floats
    kinds: tuple[str, ...] = ()
    centre_id: str = ""
    bases: tuple[tuple[int, int], ...] = ()
    periods: PeriodWays | None = None
    last: LastRoutes | None = None
    held: Mapping[str, frozenset[int]] = field(default_factory=dict)
    shut: frozenset[int] = frozenset()

    @property
    def from_day(self) -> int:
        """First day, from 0, that is still ahead."""
        return 0 if self.last is None else self.last.from_day

    def __post_init__(self) -> None:
        places = len(self.outlet_ids) + 1
        shape = self.travel_s.shape
        if len(self.grades) != places - 1 or shape != (max(shape[0], places),) * 2:
            raise ValueError(f"Expected {places - 1} grades and travel between {places} places.")
        if any(not 0 <= place < shape[0] for base in self.bases for place in base):
            raise ValueError("Expected starts and ends among the places.")
        if len(self.kinds) not in (0, places - 1):
            raise ValueError(f"Expected {places - 1} kinds or none.")

    @property
    def name(self) -> str:
        """The cell as it is named to people, such as ``C03``."""
        return f"C{self.cell_id:02d}"

    @property
    def reachable(self) -> NDArray[np.bool_]:
        """Outlets between the start and the end of some manager's day. Shape (n_outlets,)."""
        return np.asarray(np.isfinite(self.there_s + self.back_s).any(axis=0))

    def base(self, manager: int) -> tuple[int, int]:
        """Return the places where the days of a manager start and end."""
        return self.bases[manager] if self.bases else (0, 0)

    @property
    def at_best(self) -> CellVisits:
        """The cell with each way at its fastest: what does not fit then fits at no time of day."""
        if self.periods is None:
            return self
        return replace(self, travel_s=self.periods.least_s, periods=None)

    def legs(self, way: tuple[int, ...]) -> list[Leg]:
        """Return the ways from each place of a route to the next."""
        if self.periods is not None:
            return list(self.periods.legs(way))
        at = np.array(way)
        return list(np.asarray(self.travel_s[at[:-1], at[1:]], dtype=np.float64).tolist())

    @property
    def n_places(self) -> int:
        """The centre, the outlets and other starts and ends."""
        return len(self.travel_s)

    @property
    def there_s(self) -> Floats:
        """Seconds from each manager's start to each outlet; one row for all if at the centre.

        Shape (n_managers or 1, n_outlets).
        """
        starts = [start for start, _ in self.bases or ((0, 0),)]
        return self.travel_s[starts, 1 : len(self.outlet_ids) + 1]

    @property
    def back_s(self) -> Floats:
        """Seconds from each outlet to each manager's end. Shape as `there_s`."""
        ends = [end for _, end in self.bases or ((0, 0),)]
        return self.travel_s[1 : len(self.outlet_ids) + 1, ends].T

    def visits(self, policy: RoutingPolicy) -> Ints:
        """Return the visits that each outlet is due in what is left of the cycle.

        Shape (n_outlets,).

        Raises
        ------
        InputError
            If a grade is unknown or asks for more visits than there are days.
        """
        faults = grade_faults(self.grades, policy)
        if faults:
            raise InputError(*faults)
        whole = [policy.grade_policy[one].visits for one in self.grades]
        if self.last is not None and self.from_day:
            days = policy.cycle_days
            named = zip(self.outlet_ids, whole, strict=True)
            whole = [self.last.owed(one, visits, days) for one, visits in named]
        return np.array(whole, dtype=np.int64)

    def service_s(self, policy: RoutingPolicy) -> Floats:
        """Return the seconds of one visit of each outlet. Shape (n_outlets,)."""
        return np.array([policy.grade_policy[one].minutes * 60.0 for one in self.grades])
