"""Which edit of a person is undone or redone next."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class LoggedEdit:
    """One row of a log, without the change itself.

    Attributes
    ----------
    sequence
        Its place, from 1.
    kind
        What was asked, such as ``move``; or ``undo``, ``redo``.
    author, made
        Who and when.
    cells
        Touched cells.
    undoes
        The edit whose inverse this is, or None.
    """

    sequence: int
    kind: str
    author: str
    made: dt.datetime
    cells: frozenset[int]
    undoes: int | None


def next_undo(mine: Iterable[LoggedEdit]) -> LoggedEdit | None:
    """Return the last edit of a person's own log that still stands, or None."""
    standing, _ = _stacks(mine)
    return standing[-1] if standing else None


def next_redo(mine: Iterable[LoggedEdit]) -> LoggedEdit | None:
    """Return the undo that is to be taken back next, or None; a new edit ends all redoing."""
    _, undone = _stacks(mine)
    return undone[-1] if undone else None


def _stacks(mine: Iterable[LoggedEdit]) -> tuple[list[LoggedEdit], list[LoggedEdit]]:
    standing: list[LoggedEdit] = []
    undone: list[LoggedEdit] = []
    for one in mine:
        if one.undoes is None:
            standing.append(one)
            undone.clear()
        elif standing and standing[-1].sequence == one.undoes:
            standing.pop()
            undone.append(one)
        else:
            undone.pop()
            standing.append(one)
    return standing, undone
