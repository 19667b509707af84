"""Which rows of a table are left out, repaired or doubtful, with all the reasons for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.tables import Table
from gridmap.errors import Fault, fault, some_ids

Bools = NDArray[np.bool_]

#: Columns of the table of excluded rows. `reason` is a key of the catalogue whose sentence takes
#: `found`, the value that was found.
EXCLUDED_COLUMNS = ("file", "row", "id", "reason", "found")


@dataclass(eq=False)
class Sieve:
    """Collects what is said of the rows of a table.

    Attributes
    ----------
    table
        The table.
    ids
        Id of each row as it is named to the user. Shape (n_rows,).
    """

    table: Table
    ids: NDArray[np.object_]
    _reasons: list[pd.DataFrame] = field(default_factory=list)
    _repairs: list[pd.DataFrame] = field(default_factory=list)
    _remarks: list[pd.DataFrame] = field(default_factory=list)
    _out: set[int] = field(default_factory=set)
    _final: set[int] = field(default_factory=set)

    def reject(
        self,
        mask: Bools,
        reason: str,
        found: Sequence[object] | None = None,
        *,
        final: bool = False,
    ) -> None:
        """Leave out the rows of a mask (n_rows,) because of `reason`, a key of the catalogue.

        After a `final` reason nothing more is said of a row: a total has no coordinates to mend.
        """
        at = [one for one in np.flatnonzero(mask).tolist() if one not in self._final]
        self._out.update(at)
        if final:
            self._final.update(at)
        self._say(self._reasons, at, reason, found)

    def repair(self, mask: Bools, reason: str, found: Sequence[object] | None = None) -> None:
        """Say of the rows of a mask (n_rows,) what was read otherwise than it is written."""
        self._say(self._repairs, np.flatnonzero(mask).tolist(), reason, found)

    def remark(self, mask: Bools, reason: str, found: Sequence[object] | None = None) -> None:
        """Say of the rows of a mask (n_rows,) what is doubtful; they stay in as they are."""
        self._say(self._remarks, np.flatnonzero(mask).tolist(), reason, found)

    def part(self, mask: Bools) -> Sieve:
        """Return a sieve for the rows of a mask (n_rows,) alone; see `take_back`."""
        table = replace(
            self.table, text=self.table.text[mask].reset_index(drop=True), row=self.table.row[mask]
        )
        return Sieve(table, self.ids[mask])

    def take_back(self, part: Sieve, mask: Bools) -> None:
        """Take over what a sieve of some rows found."""
        at = np.flatnonzero(mask)
        self._out.update(at[sorted(part._out)].tolist())
        self._final.update(at[sorted(part._final)].tolist())
        self._reasons += part._reasons
        self._repairs += part._repairs
        self._remarks += part._remarks

    @property
    def kept(self) -> Bools:
        """Which rows are still in. Shape (n_rows,)."""
        mask = np.ones(len(self.table), dtype=bool)
        mask[sorted(self._out)] = False
        return mask

    @property
    def excluded(self) -> pd.DataFrame:
        """One line for each reason of each row left out, by row."""
        return _together(self._reasons)

    @property
    def repaired(self) -> pd.DataFrame:
        """One line for each repair of each row that is kept, by row."""
        return self._of_kept(_together(self._repairs))

    @property
    def remarks(self) -> pd.DataFrame:
        """One line for each remark on each row that is kept, by row."""
        return self._of_kept(_together(self._remarks))

    def _of_kept(self, frame: pd.DataFrame) -> pd.DataFrame:
        kept = frame["row"].isin(self.table.row[self.kept])
        return frame[kept].reset_index(drop=True)

    def _say(
        self,
        where: list[pd.DataFrame],
        at: list[int],
        reason: str,
        found: Sequence[object] | None,
    ) -> None:
        if not at:
            return
        where.append(
            pd.DataFrame(
                {
                    "file": self.table.name,
                    "row": self.table.row[at],
                    "id": [str(one) for one in self.ids[at]],
                    "reason": reason,
                    "found": [""] * len(at) if found is None else [str(found[one]) for one in at],
                }
            )
        )


def no_rows() -> pd.DataFrame:
    """Return an empty table of excluded rows."""
    frame = pd.DataFrame({column: pd.Series(dtype=object) for column in EXCLUDED_COLUMNS})
    return frame.astype({"row": "int64"})


def excluded_notices(excluded: pd.DataFrame) -> list[Fault]:
    """Return one notice a file and reason, naming rows and ids; of repairs and remarks, too."""
    notices = []
    for (file, reason), group in excluded.groupby(["file", "reason"], sort=True):
        named = [f"{row} ({name})" if name else str(row) for row, name in _rows_ids(group)]
        notices.append(fault(f"{reason}_rows", file, count=len(group), rows=some_ids(named)))
    return notices


def _together(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    if not frames:
        return no_rows()
    return pd.concat(frames).sort_values("row", kind="stable", ignore_index=True)


def _rows_ids(group: pd.DataFrame) -> list[tuple[int, str]]:
    return list(zip(group["row"].tolist(), group["id"].tolist(), strict=True))
