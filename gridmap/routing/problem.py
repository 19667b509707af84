"""The visits of one cell: the input of routing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gridmap.errors import InputError
from gridmap.policies import RoutingPolicy
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
        Seconds from place to place, NaN = no way; place 0 is the centre outlet, where each day
        starts and ends, place i + 1 is outlet i. Shape (n_outlets + 1, n_outlets + 1).
    kinds
        One entry an outlet, or none at all; some kinds need skills.
    centre_id
        Id of the centre outlet.
    """

    cell_id: int
    outlet_ids: tuple[str, ...]
    grades: tuple[str, ...]
    travel_s: Floats
    kinds: tuple[str, ...] = ()
    centre_id: str = ""

    def __post_init__(self) -> None:
        places = len(self.outlet_ids) + 1
        if len(self.grades) != places - 1 or self.travel_s.shape != (places, places):
            raise ValueError(f"Expected {places - 1} grades and travel between {places} places.")
        if len(self.kinds) not in (0, places - 1):
            raise ValueError(f"Expected {places - 1} kinds or none.")

    @property
    def name(self) -> str:
        """The cell as it is named to people, such as ``C03``."""
        return f"C{self.cell_id:02d}"

    @property
    def reachable(self) -> NDArray[np.bool_]:
        """Outlets with a way from the centre and back. Shape (n_outlets,)."""
        there, back = self.travel_s[0, 1:], self.travel_s[1:, 0]
        return np.isfinite(there) & np.isfinite(back)

    def visits(self, policy: RoutingPolicy) -> Ints:
        """Return the visits per cycle that each outlet is due. Shape (n_outlets,).

        Raises
        ------
        InputError
            If a grade is unknown or asks for more visits than there are days.
        """
        faults = grade_faults(self.grades, policy)
        if faults:
            raise InputError(*faults)
        return np.array([policy.grade_policy[one].visits for one in self.grades], dtype=np.int64)

    def service_s(self, policy: RoutingPolicy) -> Floats:
        """Return the seconds of one visit of each outlet. Shape (n_outlets,)."""
        return np.array([policy.grade_policy[one].minutes * 60.0 for one in self.grades])
