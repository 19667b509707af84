"""Tables that have been handed in and are looked at, before anything is imported."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeVar

import sqlalchemy as sa

from gridmap.catalogue import Language
from gridmap.errors import InputError, StoreError, fault
from gridmap.intake import ROW_KINDS, Incoming, Intake, RowKind, Seen
from gridmap.store.roles import Permission
from gridmap.store.scope import Scope
from gridmap.store.states import load_state, newest_request, states_of
from gridmap.territory import Territory

T = TypeVar("T")

#: A name in the inbox: made of content and sender, with a plain suffix.
_KEPT_NAME: Final = re.compile(r"[0-9a-f]{40}(\.[a-z0-9]{1,8})?")
#: Keys of the settings of a table that a page may set.
_SETTINGS: Final = ("columns", "datum", "sheet", "encoding")
_MOST_STATES, _MOST_SEEN, _LONGEST_NAME = 3, 8, 200


@dataclass(frozen=True)
class Choice:
    """A table that was handed in, and how it is to be read; `settings` is JSON."""

    territory: str
    rows: RowKind
    file: str
    name: str
    settings: str = "{}"

    @classmethod
    def of(
        cls, territory: object, rows: object, file: object, name: object, settings: object = None
    ) -> Choice:
        """Read what a browser sent.

        Raises
        ------
        InputError
            If that is no table that can have been handed in.
        """
        known = next((one for one in ROW_KINDS if one == rows), None)
        if not isinstance(file, str) or not _KEPT_NAME.fullmatch(file) or known is None:
            raise InputError(fault("jobs.bad_file", str(name)[:_LONGEST_NAME]))
        given = settings if isinstance(settings, Mapping) else {}
        kept = {key: given[key] for key in _SETTINGS if given.get(key)}
        told = json.dumps(kept, ensure_ascii=False, sort_keys=True)
        return cls(str(territory), known, file, str(name)[:_LONGEST_NAME], told)

    @property
    def how(self) -> dict[str, Any]:
        """The settings."""
        read: dict[str, Any] = json.loads(self.settings)
        return read

    def reading(self, **changes: Any) -> Choice:
        """Return the same table, read otherwise."""
        told = json.dumps({**self.how, **changes}, ensure_ascii=False, sort_keys=True)
        return replace(self, settings=told)


class Arrivals:
    """Looks at tables of the inbox for those who handed them in.

    Parameters
    ----------
    engine
        The database with the territories.
    inbox
        Folder of the files that were handed in.
    intake
        Opens them, in the sandbox.
    """

    def __init__(self, engine: sa.Engine, inbox: Path, intake: Intake) -> None:
        self._engine = engine
        self.inbox = inbox
        self._intake = intake
        self._states: OrderedDict[Hashable, Territory] = OrderedDict()
        self._seen: OrderedDict[Hashable, Seen] = OrderedDict()
        self._lock = threading.Lock()

    def look(self, scope: Scope, choice: Choice) -> tuple[Choice, Seen]:
        """Return what a table looks like, and how it was read.

        A choice of columns that a mended table does not have any more is let go.

        Raises
        ------
        PermissionDenied
            If the caller may not import into the territory.
        InputError
            If this caller has handed in no such table, or there is nothing to import into.
        """
        asked = self._asked(scope, choice)
        seen = self._kept_seen(asked, choice)
        columns = choice.how.get("columns", {})
        left = {
            field: column
            for field, column in columns.items()
            if field in seen.fields and (column == "" or column in seen.columns)
        }
        if seen.fields and left != columns:
            choice = choice.reading(columns=left)
            seen = self._kept_seen(self._asked(scope, choice), choice)
        return choice, seen

    def report(self, scope: Scope, choice: Choice, target: Path, language: Language) -> None:
        """Write the fault report of a table.

        Raises
        ------
        PermissionDenied, InputError
            As for `look`, and if the table cannot be read at all.
        """
        self._intake.report(self._asked(scope, choice), target, language)

    def territory_of(self, file: Path, name: str) -> str:
        """Return the name of the territory of a whole project in an archive of the inbox.

        Raises
        ------
        InputError
            If that is no such archive.
        """
        return self._intake.territory_of(file, name)

    def _asked(self, scope: Scope, choice: Choice) -> Incoming:
        scope.demand(choice.territory, Permission.IMPORT)
        file = self.inbox / choice.file
        if not file.is_file() or not is_of(file, scope.user):
            raise InputError(fault("jobs.bad_file", choice.name))
        states = states_of(self._engine, scope, choice.territory)
        request = newest_request(self._engine, scope, choice.territory)
        if not states or request is None:
            raise InputError(fault("data.no_ground", choice.territory))
        newest = states[0].territory_hash
        territory = self._once(
            self._states, newest, lambda: load_state(self._engine, scope, newest), _MOST_STATES
        )
        return Incoming(file, choice.name, choice.rows, choice.how, territory, request)

    def _kept_seen(self, asked: Incoming, choice: Choice) -> Seen:
        key = (choice, asked.territory.content_hash, asked.request.model_dump_json())
        return self._once(self._seen, key, lambda: self._intake.look(asked), _MOST_SEEN)

    def _once(
        self, kept: OrderedDict[Hashable, T], key: Hashable, make: Callable[[], T], most: int
    ) -> T:
        with self._lock:
            found = kept.get(key)
        if found is None:
            found = make()
            with self._lock:
                kept[key] = found
                while len(kept) > most:
                    kept.popitem(last=False)
        return found


def kept_name(content: Any, user: str, suffix: str) -> str:
    """Return the name in the inbox of a file, open for reading, that a user hands in."""
    digest = hashlib.file_digest(content, "sha256")
    digest.update(user.encode())
    return digest.hexdigest()[:40] + (suffix if _KEPT_NAME.fullmatch("0" * 40 + suffix) else "")


def is_of(file: Path, user: str) -> bool:
    """Return whether a file of the inbox was handed in by a user."""
    try:
        with file.open("rb") as content:
            return kept_name(content, user, file.suffix) == file.name
    except OSError as error:
        raise StoreError(fault("api.cannot_keep", reason=error.strerror)) from error
