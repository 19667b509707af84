"""How far a key reached a moment ago, so that not every request asks the database again.

A page asks for several things at once. What one request found holds for the others, but for
`SURE` at most, and in this process no longer than until somebody is changed here: a session that
ends, an account that is closed, a grant that becomes another. Other processes see such a change
after `SURE` at the latest.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from gridmap.store.scope import Scope

#: So long a key is not asked again after in another process than that which changed something.
SURE: Final = dt.timedelta(seconds=1)
#: Keys that are kept of one table.
_KEPT: Final = 4096


class Changes:
    """Counts the changes of people that this process made in one database."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._number = 0

    @property
    def number(self) -> int:
        """So many there were."""
        return self._number

    def another(self) -> None:
        """Count one: nothing that was found before it holds any more."""
        with self._lock:
            self._number += 1


_OF_ENGINE: WeakKeyDictionary[sa.Engine, Changes] = WeakKeyDictionary()
_OF_ENGINE_LOCK = threading.Lock()


def changes_of(engine: sa.Engine) -> Changes:
    """Return the counter that all share who use an engine."""
    with _OF_ENGINE_LOCK:
        return _OF_ENGINE.setdefault(engine, Changes())


@dataclass(frozen=True)
class _Found:
    scope: Scope
    time: dt.datetime
    change: int


class KnownCallers:
    """How far the keys of one table reached a moment ago. Keys are kept as hashes only.

    Parameters
    ----------
    changes
        See `Changes`.
    """

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._lock = threading.Lock()
        self._found: OrderedDict[str, _Found] = OrderedDict()

    def scope(self, key: str, time: dt.datetime) -> Scope | None:
        """Return how far a key reaches if that is still sure at a time."""
        found = self._found.get(key)
        if found is None or found.change != self._changes.number:
            return None
        # a clock that was set back makes nothing sure for longer
        return found.scope if dt.timedelta(0) <= time - found.time < SURE else None

    def change(self) -> int:
        """Return what `keep` wants to hear, asked for before the database is read."""
        return self._changes.number

    def keep(self, key: str, scope: Scope, time: dt.datetime, change: int) -> None:
        """Keep what was found; a change since `change` makes it worthless."""
        with self._lock:
            self._found[key] = _Found(scope, time, change)
            self._found.move_to_end(key)
            while len(self._found) > _KEPT:
                self._found.popitem(last=False)
