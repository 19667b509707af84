"""What the editor's routes keep at hand: files that never change, and who is at which draft."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Final, TypeVar, cast

T = TypeVar("T")

_KEPT: Final = 12
#: So long after the last word of a browser its reader counts as being at the draft.
PRESENT_S: Final = 60.0


class Shelf:
    """The last few things made, by a key that says all they depend on."""

    def __init__(self, *, keep: int = _KEPT) -> None:
        self._keep = keep
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()
        self._making: dict[Hashable, threading.Lock] = {}

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what `make` gives; who asks meanwhile waits for the first."""
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        with making:
            with self._lock:
                if key in self._kept:
                    self._kept.move_to_end(key)
                    return cast(T, self._kept[key])
            made = make()
            with self._lock:
                self._kept[key] = made
                while len(self._kept) > self._keep:
                    gone, _ = self._kept.popitem(last=False)
                    self._making.pop(gone, None)
            return made


class Presence:
    """Who asked for which draft lately, in this process of the service.

    Parameters
    ----------
    clock
        Seconds that only go forward.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[int, dict[str, float]] = {}
        self._lock = threading.Lock()

    def at(self, scenario_id: int, user: str) -> list[str]:
        """Note that somebody is at a draft, and return who else is, in alphabetical order."""
        now = self._clock()
        with self._lock:
            seen = self._seen.setdefault(scenario_id, {})
            seen[user] = now
            for name in [one for one, last in seen.items() if now - last > PRESENT_S]:
                del seen[name]
            return sorted(one for one in seen if one != user)
