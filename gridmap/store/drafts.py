"""Redraw a scenario: open a draft of it, append checked edits, undo and redo them.

A draft is a snapshot and a log of changes. An edit is checked outside of any transaction, on the
head that was read; it is written in one transaction that compares the versions of all touched
cells with those that were read. See docs/decisions/0017.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import sqlalchemy as sa

from gridmap.errors import ConflictError, Fault, InputError, Numbers, fault, some_ids
from gridmap.partition.borders import CellNames
from gridmap.partition.change import Change
from gridmap.partition.drawn_state import DrawnState
from gridmap.partition.edit import Redrawn
from gridmap.partition.rebase import Counters, UnitsAreNumberedOn, rebased, touched_cells
from gridmap.partition.redraw import DrawnPlan
from gridmap.store import tables
from gridmap.store.change_codec import decode_change, encode_change
from gridmap.store.copies import CELLS_ONLY, version_state
from gridmap.store.draft_tables import edit
from gridmap.store.edit_log import (
    Committed,
    Entry,
    answer_of,
    append,
    cell_versions,
    changed_since,
    conflict,
    digest,
    found_again,
    state_at,
)
from gridmap.store.engine import reading, saving
from gridmap.store.frames import Frame, frame_of
from gridmap.store.numbers import FIRST_CELL_ID
from gridmap.store.opening import open_draft
from gridmap.store.own_state import own_numbers, own_state
from gridmap.store.roles import Permission
from gridmap.store.scope import Scope
from gridmap.store.steps import Step, steps_since
from gridmap.store.titles import CellTitle, cell_titles
from gridmap.store.undoing import LoggedEdit, Place, has_undo_and_redo, next_redo, next_undo
from gridmap.store.versions import (
    VERSIONS,
    Status,
    Version,
    as_version,
    demand_status,
    version_of,
)

_MINE = (
    sa.select(edit.c.sequence, edit.c.undoes)
    .where(edit.c.scenario_id == sa.bindparam("scenario"), edit.c.author == sa.bindparam("user"))
    .order_by(edit.c.sequence)
)


@dataclass(frozen=True, eq=False)
class Head:
    """A draft as it stands, read in one piece.

    Attributes
    ----------
    version
        Its row among the scenarios; `version.head` is the number of the last edit.
    state
        Cells, locks, reshaped units.
    versions
        Version of each cell. What is drawn on this head is committed with them.
    """

    version: Version
    state: DrawnState
    versions: Mapping[int, int]


class Drafts:
    """Redrawn scenarios in a database.

    Parameters
    ----------
    engine
        The database of a `Store`.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def versions(self, scope: Scope) -> list[Version]:
        """Return all scenarios within the scope, the newest first."""
        with reading(self._engine, scope) as connection:
            rows = connection.execute(VERSIONS.order_by(tables.scenario.c.scenario_id.desc()))
            found = [as_version(row) for row in rows]
        return [one for one in found if scope.allows(one.territory_name)]

    def version(
        self, scope: Scope, scenario_id: int, permission: Permission = Permission.READ
    ) -> Version:
        """Return a scenario's row among the others, if the caller may do this with it.

        Raises
        ------
        StoreError, PermissionDenied
            If there is no such scenario; if the caller may not.
        """
        with reading(self._engine, scope) as connection:
            return version_of(connection, scope, scenario_id, permission)

    def open(self, scope: Scope, scenario_id: int, *, name: str = "") -> int:
        """Open a draft of a scenario, whatever its status, and return the number of the draft.

        Raises
        ------
        StoreError
            If there is no such scenario.
        PermissionDenied
            If the caller may not edit its territory.
        """
        with saving(self._engine, scope) as connection:
            parent = version_of(connection, scope, scenario_id, Permission.EDIT)
            return open_draft(connection, scope, parent, CELLS_ONLY, name=name)

    def head(self, scope: Scope, scenario_id: int) -> Head:
        """Return a draft as it stands; to a grid manager the own cells, see `own_state`.

        Raises
        ------
        StoreError
            If there is no such scenario, or it is a plan as it was made: open a draft of it.
        PermissionDenied
            If the caller may not read its territory.
        """
        with reading(self._engine, scope) as connection:
            one = version_of(connection, scope, scenario_id)
            own = own_numbers(connection, scope, one)
            versions = cell_versions(connection, scenario_id)
            return Head(
                one,
                own_state(state_at(connection, scenario_id, one.head), own),
                {cell: at for cell, at in versions.items() if own is None or cell in own},
            )

    def state(self, scope: Scope, scenario_id: int, *, sequence: int | None = None) -> DrawnState:
        """Return the cells of any scenario, of a draft also as they were after an earlier edit.

        A grid manager gets the own cells only, see `own_state`.

        Raises
        ------
        StoreError
            If there is no such scenario.
        InputError
            If it has no edit with this number.
        PermissionDenied
            If the caller may not read its territory.
        """
        with reading(self._engine, scope) as connection:
            one = version_of(connection, scope, scenario_id)
            own = own_numbers(connection, scope, one)
            if sequence is None or sequence == one.head:
                return own_state(version_state(connection, one), own)
            if not 0 <= sequence < one.head:
                raise InputError(fault("drafts.no_edit", scenario_id, sequence=sequence))
            return own_state(state_at(connection, scenario_id, sequence), own)

    def frame(self, scope: Scope, scenario_id: int) -> Frame:
        """Return where a scenario lies.

        Raises
        ------
        StoreError, PermissionDenied
            If there is no such scenario; if the caller may not read it.
        """
        with reading(self._engine, scope) as connection:
            one = version_of(connection, scope, scenario_id)
            return frame_of(connection, one.territory_id)

    def names(self, scope: Scope, scenario_id: int) -> dict[int, CellNames]:
        """Return code and manager of the cells of a scenario, also of those that were closed.

        A grid manager gets the own cells only.

        Raises
        ------
        StoreError, PermissionDenied
            If there is no such scenario; if the caller may not read it.
        """
        cell = tables.cell.c
        query = sa.select(cell.cell_id, cell.code, cell.manager).where(
            cell.scenario_id == scenario_id
        )
        with reading(self._engine, scope) as connection:
            own = own_numbers(connection, scope, version_of(connection, scope, scenario_id))
            return {
                number - FIRST_CELL_ID: CellNames(code, manager)
                for number, code, manager in connection.execute(query)
                if own is None or number - FIRST_CELL_ID in own
            }

    def titles(
        self, scope: Scope, scenario_id: int, cells: Collection[int] | None = None
    ) -> dict[int, CellTitle]:
        """Return code, name and manager of cells, by default of all; those of own cells only.

        Raises
        ------
        StoreError, PermissionDenied
            If there is no such scenario; if the caller may not read it.
        """
        with reading(self._engine, scope) as connection:
            own = own_numbers(connection, scope, version_of(connection, scope, scenario_id))
            found = cell_titles(connection, scenario_id, cells)
        return {cell: one for cell, one in found.items() if own is None or cell in own}

    def history(self, scope: Scope, scenario_id: int) -> list[LoggedEdit]:
        """Return the log of a draft, the oldest edit first; to a grid manager of the own cells.

        Raises
        ------
        StoreError
            If there is no such scenario.
        PermissionDenied
            If the caller may not read its territory.
        """
        with reading(self._engine, scope) as connection:
            own = own_numbers(connection, scope, version_of(connection, scope, scenario_id))
            log = _log(connection, scenario_id)
        if own is None:
            return log
        return [replace(one, cells=one.cells & own) for one in log if one.cells & own]

    def steps(self, scope: Scope, scenario_id: int, *, since: int) -> tuple[Version, list[Step]]:
        """Return the row of a draft, and what came after an edit, the oldest first.

        A grid manager gets what concerns the own cells. An unchanged draft costs one row.

        Raises
        ------
        StoreError
            If there is no such scenario.
        PermissionDenied
            If the caller may not read its territory.
        """
        with reading(self._engine, scope) as connection:
            one = version_of(connection, scope, scenario_id)
            if one.head <= since:
                return one, []
            own = own_numbers(connection, scope, one)
            return one, steps_since(connection, scenario_id, since, own)

    def can(self, scope: Scope, scenario_id: int) -> tuple[bool, bool]:
        """Return whether the caller has something to undo, and to redo.

        Raises
        ------
        StoreError, PermissionDenied
            If there is no such scenario; if the caller may not edit it.
        """
        with reading(self._engine, scope) as connection:
            version_of(connection, scope, scenario_id, Permission.EDIT)
            rows = connection.execute(_MINE, {"scenario": scenario_id, "user": scope.user}).all()
        return has_undo_and_redo(Place(*row) for row in rows)

    def answered(self, scope: Scope, scenario_id: int, key: str, asked: str) -> Committed | None:
        """Return the answer that was given to an edit under a key before, or None.

        Raises
        ------
        InputError
            If the key stands for something else.
        StoreError, PermissionDenied
            If there is no such scenario; if the caller may not edit it.
        """
        with reading(self._engine, scope) as connection:
            version_of(connection, scope, scenario_id, Permission.EDIT)
            former = found_again(connection, scenario_id, key)
        return None if former is None else _same_answer(former, scope, asked)

    def late(self, scope: Scope, scenario_id: int, versions: Mapping[int, int]) -> list[Fault]:
        """Return a fault for each cell that somebody changed since these versions were read.

        Raises
        ------
        StoreError, PermissionDenied
            If there is no such scenario; if the caller may not edit it.
        """
        with reading(self._engine, scope) as connection:
            version_of(connection, scope, scenario_id, Permission.EDIT)
            return changed_since(connection, scenario_id, frozenset(versions), versions)

    def commit(
        self,
        scope: Scope,
        scenario_id: int,
        plan: DrawnPlan,
        done: Redrawn,
        *,
        key: str,
        versions: Mapping[int, int],
        kind: str = "change",
        asked: str | None = None,
    ) -> Committed:
        """Append a checked edit to the log.

        Parameters
        ----------
        scope
            Who edits.
        scenario_id
            A draft.
        plan, done
            The plan of a head of this draft, and what `redraw` made of it: the proof that the
            edit keeps the rules.
        key
            Chosen by the caller, unique in the draft; the same edit under the same key is
            written once and gets the same answer.
        versions
            Versions of that head, at least of the touched cells.
        kind
            What the history shows.
        asked
            Digest of what was asked for, where the same wish gives another change on another
            head; by default that of the change.

        Raises
        ------
        ConflictError
            If somebody changed a touched cell since; a fault for each, with who and when.
            Nothing was written. Edits of other cells never conflict.
        InputError
            If the scenario is no draft, the key stands for another edit, or versions are missing.
        StoreError, PermissionDenied
            If there is no such scenario; if the caller may not edit it.
        """
        with saving(self._engine, scope) as connection:
            return self.commit_on(
                connection,
                scope,
                scenario_id,
                plan,
                done,
                key=key,
                versions=versions,
                kind=kind,
                asked=asked,
            )

    def commit_on(
        self,
        connection: sa.Connection,
        scope: Scope,
        scenario_id: int,
        plan: DrawnPlan,
        done: Redrawn,
        *,
        key: str,
        versions: Mapping[int, int],
        kind: str = "change",
        asked: str | None = None,
    ) -> Committed:
        """Do what `commit` does on an open connection that writes."""
        cells = touched_cells(plan, done.change)
        known = {cell for cell in cells if cell < plan.next_cell}
        missing = sorted(known - set(versions))
        if missing:
            raise InputError(fault("drafts.no_versions", cells=Numbers(missing)))
        encoded = encode_change(done.change)
        asked = asked or digest(kind, encoded)
        one = self._draft(connection, scope, scenario_id)
        former = found_again(connection, scenario_id, key)
        if former is not None:
            return _same_answer(former, scope, asked)
        faults = changed_since(connection, scenario_id, frozenset(known), versions)
        if faults:
            raise ConflictError(*faults)
        change, inverse = self._fitted(connection, one, done.change, done.inverse)
        shift = (one.next_cell or 0) - plan.next_cell
        fresh = {cell + shift for cell in cells if cell >= plan.next_cell}
        if change is not done.change:
            encoded = encode_change(change)
        entry = Entry(key, asked, kind, change, encoded, inverse, frozenset(known | fresh))
        return append(connection, scope, one, entry)

    def undo(self, scope: Scope, scenario_id: int, *, key: str) -> Committed:
        """Append the inverse of the caller's last edit that still stands.

        Raises
        ------
        ConflictError
            If somebody else changed one of its cells since; a fault for each.
        InputError
            If nothing of the caller's is left to undo, or the scenario is no draft.
        StoreError, PermissionDenied
            If there is no such scenario; if the caller may not edit it.
        """
        return self._step(scope, scenario_id, key, "undo")

    def redo(self, scope: Scope, scenario_id: int, *, key: str) -> Committed:
        """Append the caller's last undone edit again; raises what `undo` raises."""
        return self._step(scope, scenario_id, key, "redo")

    def _step(self, scope: Scope, scenario_id: int, key: str, kind: str) -> Committed:
        asked = digest(kind, b"")
        with saving(self._engine, scope) as connection:
            one = self._draft(connection, scope, scenario_id)
            former = found_again(connection, scenario_id, key)
            if former is not None:
                return _same_answer(former, scope, asked)
            log = _log(connection, scenario_id)
            mine = [logged for logged in log if logged.author == scope.user]
            target = next_undo(mine) if kind == "undo" else next_redo(mine)
            if target is None:
                raise InputError(fault(f"drafts.nothing_to_{kind}", scenario_id))
            faults = [
                conflict(cell, later.author, later.made)
                for later in log[target.sequence :]
                if later.author != scope.user
                for cell in sorted(target.cells & later.cells)
            ]
            if faults:
                raise ConflictError(*faults)
            row = connection.execute(
                sa.select(edit).where(
                    edit.c.scenario_id == scenario_id, edit.c.sequence == target.sequence
                )
            ).one()
            written = answer_of(row)
            change, inverse = written.inverse, written.change
            _demand_as_left(state_at(connection, scenario_id, one.head), inverse)
            change, inverse = self._fitted(connection, one, change, inverse)
            return append(
                connection,
                scope,
                one,
                Entry(
                    key,
                    asked,
                    kind,
                    change,
                    encode_change(change),
                    inverse,
                    target.cells,
                    target.sequence,
                ),
            )

    def _draft(self, connection: sa.Connection, scope: Scope, scenario_id: int) -> Version:
        one = version_of(connection, scope, scenario_id, Permission.EDIT, lock=True)
        demand_status(one, Status.DRAFT)
        if one.next_cell is None:
            raise InputError(fault("drafts.not_redrawn", scenario_id))
        return one

    def _fitted(
        self, connection: sa.Connection, one: Version, change: Change, inverse: Change
    ) -> tuple[Change, Change]:
        """Return a change and its inverse with numbers that are free in the head."""
        head = Counters(one.next_cell or 0, one.n_units or 0)
        try:
            return rebased(change, inverse, head)
        except UnitsAreNumberedOn:
            later = _last_cut(connection, one.scenario_id)
            raise ConflictError(
                fault("drafts.cut_since", author=later.author, time=str(later.made)[:19])
            ) from None


def _log(connection: sa.Connection, scenario_id: int) -> list[LoggedEdit]:
    rows = connection.execute(
        sa.select(
            edit.c.sequence, edit.c.kind, edit.c.author, edit.c.made, edit.c.cells, edit.c.undoes
        )
        .where(edit.c.scenario_id == scenario_id)
        .order_by(edit.c.sequence)
    )
    return [
        LoggedEdit(sequence, kind, author, made, frozenset(cell for cell, _ in cells), undoes)
        for sequence, kind, author, made, cells, undoes in rows
    ]


def _last_cut(connection: sa.Connection, scenario_id: int) -> sa.Row[tuple[object, ...]]:
    """Return the last edit that added units or dropped some."""
    rows = connection.execute(
        sa.select(edit).where(edit.c.scenario_id == scenario_id).order_by(edit.c.sequence.desc())
    )
    return next(row for row in rows if decode_change(row.change).n_units is not None)


def _same_answer(former: sa.Row[tuple[object, ...]], scope: Scope, asked: str) -> Committed:
    """Return the answer that was given under a key.

    Raises
    ------
    InputError
        If the key was used for something else, or by somebody else.
    """
    if former.asked != asked or former.author != scope.user:
        raise InputError(fault("drafts.key_used", former.key))
    return answer_of(former)


def _demand_as_left(state: DrawnState, before: Change) -> None:
    """Raise unless the units of a change are in the cells that it left them in.

    Units of cuts can get other numbers when they are cut again; what was done to the former
    ones cannot be done again then.
    """
    units, cells = before.moved()
    there = units < state.n_units
    moved = state.label[units[there]] != cells[there]
    recut = [
        unit
        for unit, rings in before.outlines
        if unit in state.outlines and state.outlines[unit] != rings
    ]
    if moved.any() or recut:
        strays = sorted({*units[there][moved].tolist(), *recut})
        raise ConflictError(fault("drafts.moved_since", units=some_ids(strays)))
