"""Which edit of a person is undone or redone next."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeVar


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


class Undoable(Protocol):
    """What tells of a row of a log whether it stands: its place, and the row it takes back."""

    @property
    def sequence(self) -> int:
        """Its place, from 1."""
        ...

    @property
    def undoes(self) -> int | None:
        """The row whose inverse this is, or None."""
        ...


class Place(NamedTuple):
    """A row of a log by its place alone."""

    sequence: int
    undoes: int | None


Row = TypeVar("Row", bound=Undoable)


def next_undo(mine: Iterable[Row]) -> Row | None:
    """Return the last edit of a person's own log that still stands, or None."""
    standing, _ = _stacks(mine)
    return standing[-1] if standing else None


def next_redo(mine: Iterable[Row]) -> Row | None:
    """Return the undo that is to be taken back next, or None; a new edit ends all redoing."""
    _, undone = _stacks(mine)
    return undone[-1] if undone else None


def has_undo_and_redo(mine: Iterable[Undoable]) -> tuple[bool, bool]:
    """Return whether a person has something to undo, and to redo."""
    standing, undone = _stacks(mine)
    return bool(standing), bool(undone)


def _stacks(mine: Iterable[Row]) -> tuple[list[Row], list[Row]]:
    standing: list[Row] = []
    undone: list[Row] = []
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
