"""How much of the last plan a new one keeps."""

from __future__ import annotations

from dataclasses import dataclass

from gridmap.routing.under_way import Days


@dataclass(frozen=True)
class Continuity:
    """A new plan beside the last one.

    Attributes
    ----------
    visits
        Visits of the new plan to outlets that the last one visited, too.
    kept
        Those of them that stay on their day of the cycle.
    moved
        Ids of the outlets with a visit on another day than before.
    added, dropped
        Ids of the outlets that only the new, or only the last plan visits.
    """

    visits: int
    kept: int
    moved: tuple[str, ...]
    added: tuple[str, ...]
    dropped: tuple[str, ...]

    @property
    def kept_share(self) -> float:
        """Share of the visits that stay on their day; 1 where there are none."""
        return self.kept / self.visits if self.visits else 1.0


def compare_days(last: Days, new: Days) -> Continuity:
    """Return what stays and what changes.

    Parameters
    ----------
    last, new
        Cycle days, from 0, of each visited outlet by its id.
    """
    both = sorted(last.keys() & new.keys())
    return Continuity(
        visits=sum(len(new[one]) for one in both),
        kept=sum(len(set(new[one]) & set(last[one])) for one in both),
        moved=tuple(one for one in both if set(new[one]) != set(last[one])),
        added=tuple(sorted(new.keys() - last.keys())),
        dropped=tuple(sorted(last.keys() - new.keys())),
    )
