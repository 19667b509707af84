"""The log of a draft with the changes themselves: what somebody needs who follows it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import sqlalchemy as sa

from gridmap.partition.change import Change
from gridmap.partition.redraw import CLOSED
from gridmap.store.change_codec import decode_change
from gridmap.store.draft_tables import edit
from gridmap.store.undoing import LoggedEdit


@dataclass(frozen=True)
class Step(LoggedEdit):
    """One row of a log with what it did.

    Attributes
    ----------
    versions
        Version of each touched cell after it.
    change
        New values of units and cells.
    """

    versions: dict[int, int]
    change: Change


# built once: followers ask each second
_SINCE = (
    sa.select(edit)
    .where(edit.c.scenario_id == sa.bindparam("scenario"), edit.c.sequence > sa.bindparam("since"))
    .order_by(edit.c.sequence)
)


def steps_since(
    connection: sa.Connection, scenario_id: int, since: int, own: frozenset[int] | None
) -> list[Step]:
    """Return what came after a row of the log, the oldest first.

    Parameters
    ----------
    connection
        Open connection.
    scenario_id, since
        Which draft, and the last row that is known.
    own
        Cells of a caller who sees no others, see `own_step`; None = all.
    """
    rows = connection.execute(_SINCE, {"scenario": scenario_id, "since": since}).all()
    found = []
    for row in rows:
        versions = dict(row.cells)
        step = Step(
            sequence=row.sequence,
            kind=row.kind,
            author=row.author,
            made=row.made,
            cells=frozenset(versions),
            undoes=row.undoes,
            versions=versions,
            change=decode_change(row.change),
        )
        if own is None:
            found.append(step)
        elif step.cells & own:
            found.append(own_step(step, decode_change(row.inverse), own))
    return found


def own_step(step: Step, inverse: Change, own: frozenset[int]) -> Step:
    """Return what of a step somebody may see who has some of the cells only.

    Units that come to own cells or leave them; the cell on the other side of a border is no
    cell, as in `gridmap.store.own_state`. Nothing is said of units that were cut or locked.
    """
    before = dict(inverse.labels)
    labels = tuple(
        (unit, cell if cell in own else CLOSED)
        for unit, cell in step.change.labels
        if cell in own or before.get(unit) in own
    )
    change = Change(
        labels=labels,
        centres=tuple(one for one in step.change.centres if one[0] in own),
        cell_locks=tuple(one for one in step.change.cell_locks if one[0] in own),
    )
    return replace(
        step,
        cells=step.cells & own,
        versions={cell: at for cell, at in step.versions.items() if cell in own},
        change=change,
    )
