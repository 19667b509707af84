"""Change the routes of a draft by hand: judge a move on its head, commit what came out.

As with borders (docs/decisions/0017), a change is worked out outside of any transaction, on the
routes that were read, and written in one that compares their version with that which was seen.
See docs/decisions/0022.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import sqlalchemy as sa

from gridmap.cell_cycle import CellCycle, Days, cell_cycle, with_cycle
from gridmap.errors import ConflictError, InputError, PermissionDenied, fault
from gridmap.routing.moving import Move, Moves, Pins
from gridmap.scenario import Scenario
from gridmap.store.copies import WHOLE
from gridmap.store.cycle_log import (
    CycleChange,
    CycleCommitted,
    CycleEntry,
    CycleHead,
    answered,
    append_cycle,
    change_at,
    cycle_head,
    demand_editable,
    demand_unchanged,
    digest_of,
    last_sequence,
    logged,
)
from gridmap.store.engine import reading, saving
from gridmap.store.gis import replace_shapes
from gridmap.store.opening import open_draft
from gridmap.store.replans import whole_plan
from gridmap.store.roles import Permission
from gridmap.store.scope import Scope
from gridmap.store.undoing import LoggedEdit, next_redo, next_undo
from gridmap.store.versions import Version, version_of
from gridmap.territory import Territory

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

#: Plans, and cycles of cells, that are kept at hand.
_PLANS, _CYCLES = 2, 12


@dataclass(frozen=True, eq=False)
class CycleSeen:
    """The routes of a cell as they were read in one piece.

    Attributes
    ----------
    head
        Their token and pins.
    sequence
        Changes of the routes of the whole plan so far.
    cycle
        The routes, with the ways between the places.
    territory, scenario
        The plan.
    """

    head: CycleHead
    sequence: int
    cycle: CellCycle
    territory: Territory
    scenario: Scenario

    @property
    def moves(self) -> Moves:
        """What can be moved."""
        return Moves(self.cycle.visits, self.cycle.policy, self.cycle.shifts, self.head.pins)


@dataclass(frozen=True)
class _Wish:
    """What is asked: its kind, key and digest, the token that was seen, and what it undoes."""

    kind: str
    key: str
    token: str
    asked: str = ""
    undoes: int | None = None


class CycleTable:
    """Changes the routes of drafts; keeps the last few plans and cycles.

    Parameters
    ----------
    engine
        The database of a `Store`.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._loading = threading.Lock()
        self._plans: OrderedDict[tuple[int, str], tuple[Territory, Scenario]] = OrderedDict()
        self._cycles: OrderedDict[tuple[int, str, int], CellCycle] = OrderedDict()

    def open(self, scope: Scope, scenario_id: int, *, name: str = "") -> int:
        """Open a draft of a plan with its routes and scores, and return its number.

        Borders and routes of such a draft can be changed.

        Raises
        ------
        InputError
            If the plan has no routes for its present borders.
        StoreError, PermissionDenied
            If there is no such scenario; if the caller may not plan its territory.
        """
        with saving(self._engine, scope) as connection:
            parent = version_of(connection, scope, scenario_id, Permission.PLAN)
            _demand_whole(scope, parent)
            if parent.planned != parent.head:
                raise InputError(fault("drafts.not_planned", scenario_id))
            child = open_draft(connection, scope, parent, WHOLE, name=name, planned=0)
            made = version_of(connection, scope, child)
            replace_shapes(connection, child, *whole_plan(connection, made))
            return child

    def head(self, scope: Scope, scenario_id: int, cell_id: int) -> CycleHead:
        """Return how the routes of a cell stand; they may be read by whoever may read the plan.

        Raises
        ------
        StoreError, PermissionDenied
            If there is no such scenario; if the caller may not read it.
        """
        with reading(self._engine, scope) as connection:
            version_of(connection, scope, scenario_id)
            return cycle_head(connection, scenario_id, cell_id)

    def version(self, scope: Scope, scenario_id: int) -> Version:
        """Return a scenario's row among the others, if the caller may plan it.

        Raises
        ------
        StoreError, PermissionDenied
            If there is no such scenario; if the caller may not plan it.
        """
        with reading(self._engine, scope) as connection:
            return version_of(connection, scope, scenario_id, Permission.PLAN)

    def history(self, scope: Scope, scenario_id: int, cell_id: int) -> list[LoggedEdit]:
        """Return what was done with the routes of a cell, the oldest first.

        Raises
        ------
        StoreError, PermissionDenied
            If there is no such scenario; if the caller may not plan it.
        """
        with reading(self._engine, scope) as connection:
            version_of(connection, scope, scenario_id, Permission.PLAN)
            return logged(connection, scenario_id, cell_id)

    def seen(self, scope: Scope, scenario_id: int, cell_id: int) -> CycleSeen:
        """Return the routes of a cell of a draft, to be changed.

        Raises
        ------
        InputError
            If the scenario is no draft, or a plan as it was made.
        StoreError, PermissionDenied
            If there is no such scenario or cell, or it has no routes; if the caller may not plan.
        """
        with reading(self._engine, scope) as connection:
            one = version_of(connection, scope, scenario_id, Permission.PLAN)
            _demand_whole(scope, one)
            demand_editable(one)
            head = cycle_head(connection, scenario_id, cell_id)
            sequence = last_sequence(connection, scenario_id)
            which = f"{head.token.partition('/')[0]} {sequence}"
            with self._loading:  # whoever asks meanwhile waits for it
                with self._lock:
                    plan = self._plans.pop((scenario_id, which), None)
                plan = plan or whole_plan(connection, one)
                with self._lock:
                    _keep(self._plans, (scenario_id, which), plan, _PLANS)
                    cycle = self._cycles.pop((scenario_id, which, cell_id), None)
                cycle = cycle or cell_cycle(*plan, cell_id)
                with self._lock:
                    _keep(self._cycles, (scenario_id, which, cell_id), cycle, _CYCLES)
        return CycleSeen(head, sequence, cycle, *plan)

    def to_each_day(
        self, scope: Scope, scenario_id: int, cell_id: int, *, outlet: str, day: int
    ) -> tuple[CycleSeen, tuple[Move, ...]]:
        """Return what a move of one visit to each other day would cost; raises what `seen` does."""
        seen = self.seen(scope, scenario_id, cell_id)
        return seen, seen.moves.to_each_day(outlet, day)

    def move(
        self,
        scope: Scope,
        scenario_id: int,
        cell_id: int,
        *,
        outlet: str,
        day: int,
        to: int,
        key: str,
        token: str,
    ) -> CycleCommitted:
        """Move a visit to another day, with those that its grade asks for.

        Parameters
        ----------
        scope, scenario_id, cell_id
            Who asks, in which draft, for which cell.
        outlet, day, to
            Whose visit; cycle days, from 0.
        key
            The same wish under the same key is written once and gets the same answer.
        token
            Of the routes that the caller saw.

        Raises
        ------
        ConflictError
            If somebody changed the routes of the cell since.
        InputError
            If a rule forbids it; all that do.
        StoreError, PermissionDenied
            See `seen`.
        """

        def made(seen: CycleSeen) -> CycleChange:
            move = seen.moves.move(outlet, day, to)
            if move.faults:
                raise InputError(*move.faults)
            return change_to(seen, seen.cycle.with_shifts(move.shifts).days)

        wish = _Wish("move", key, token, digest_of("move", cell_id, outlet, day, to))
        return self._change(scope, scenario_id, cell_id, made, wish)

    def pin(
        self,
        scope: Scope,
        scenario_id: int,
        cell_id: int,
        *,
        day: int,
        outlet: str = "",
        pinned: bool,
        key: str,
        token: str,
    ) -> CycleCommitted:
        """Let a visit, or without an outlet all routes of a day, stay as they are, or no longer.

        Raises what `move` raises.
        """

        def made(seen: CycleSeen) -> CycleChange:
            if not 0 <= day < seen.cycle.policy.cycle_days:
                raise InputError(fault("cycle.no_such_visit", day + 1))
            if outlet and day not in seen.moves.days_of(outlet):
                raise InputError(fault("cycle.no_such_visit", outlet))
            pins, new = seen.head.pins, frozenset({(outlet, day)})
            visits = pins.visits if not outlet else pins.visits - new
            days = pins.days if outlet else pins.days - {day}
            if pinned:
                visits, days = (visits | new, days) if outlet else (visits, days | {day})
            return CycleChange({}, {}, pins, Pins(days, visits))

        kind = "pin" if pinned else "unpin"
        wish = _Wish(kind, key, token, digest_of(kind, cell_id, day, outlet))
        return self._change(scope, scenario_id, cell_id, made, wish)

    def undo(
        self, scope: Scope, scenario_id: int, cell_id: int, *, key: str, token: str
    ) -> CycleCommitted:
        """Take back the caller's last change of a cell that still stands.

        Raises
        ------
        ConflictError
            If somebody else changed the routes of the cell since, or they were planned anew.
        InputError
            If nothing of the caller's is left to undo.
        StoreError, PermissionDenied
            See `seen`.
        """
        return self._step(scope, scenario_id, cell_id, _Wish("undo", key, token))

    def redo(
        self, scope: Scope, scenario_id: int, cell_id: int, *, key: str, token: str
    ) -> CycleCommitted:
        """Make the caller's last change that was undone again; raises what `undo` raises."""
        return self._step(scope, scenario_id, cell_id, _Wish("redo", key, token))

    def _step(self, scope: Scope, scenario_id: int, cell_id: int, wish: _Wish) -> CycleCommitted:
        log = self.history(scope, scenario_id, cell_id)
        mine = [one for one in log if one.author == scope.user]
        target = next_undo(mine) if wish.kind == "undo" else next_redo(mine)

        def made(seen: CycleSeen) -> CycleChange:
            if target is None:
                raise InputError(fault(f"drafts.nothing_to_{wish.kind}", scenario_id))
            code = code_of(seen.scenario, cell_id)
            for later in log:
                if later.sequence > target.sequence and later.author != scope.user:
                    time = str(later.made)[:19]
                    raise ConflictError(
                        fault("cycle.conflict", code, author=later.author, time=time)
                    )
            with reading(self._engine, scope) as connection:
                back = change_at(connection, scenario_id, target.sequence).inverse
            now_there = {slot: seen.cycle.days.get(slot, ()) for slot in back.before}
            if now_there != dict(back.before) or seen.head.pins != back.pins_before:
                raise ConflictError(fault("cycle.planned_anew", code))
            return back

        undoes = None if target is None else target.sequence
        asked = digest_of(wish.kind, cell_id)
        wish = replace(wish, asked=asked, undoes=undoes)
        return self._change(scope, scenario_id, cell_id, made, wish)

    def _change(
        self,
        scope: Scope,
        scenario_id: int,
        cell_id: int,
        made: Callable[[CycleSeen], CycleChange],
        wish: _Wish,
    ) -> CycleCommitted:
        with reading(self._engine, scope) as connection:
            version_of(connection, scope, scenario_id, Permission.PLAN)
            former = answered(connection, scope, scenario_id, wish.key, wish.asked)
        if former is not None:
            return former
        seen = self.seen(scope, scenario_id, cell_id)
        demand_unchanged(seen.head, wish.token, code_of(seen.scenario, cell_id))
        entry = CycleEntry(cell_id, wish.key, wish.asked, wish.kind, made(seen), wish.undoes)
        return self.commit(scope, scenario_id, seen, entry)

    def commit(
        self, scope: Scope, scenario_id: int, seen: CycleSeen, entry: CycleEntry
    ) -> CycleCommitted:
        """Write a change of routes that were seen; raises what `move` raises."""
        write = writer_of(scope, scenario_id, seen, entry)
        with saving(self._engine, scope) as connection:
            done, plan = write(connection)
        if plan is not None:
            which = f"{done.token.partition('/')[0]} {done.sequence}"
            with self._lock:
                _keep(self._plans, (scenario_id, which), (seen.territory, plan), _PLANS)
        return done


def writer_of(
    scope: Scope, scenario_id: int, seen: CycleSeen, entry: CycleEntry
) -> Callable[[sa.Connection], tuple[CycleCommitted, Scenario | None]]:
    """Work out the plan after a change, and return how it is written on an open connection.

    What is written is compared with what was seen; see `CycleTable.move`. Whoever writes gets the
    answer, and the plan that stands then unless the change had been written before.
    """
    days = dict(seen.cycle.days) | dict(entry.change.after)
    cycle = seen.cycle.with_days(days)
    same = entry.change.before == entry.change.after
    after = seen.scenario if same else with_cycle(seen.scenario, cycle)
    code = code_of(seen.scenario, entry.cell_id)

    def write(connection: sa.Connection) -> tuple[CycleCommitted, Scenario | None]:
        one = version_of(connection, scope, scenario_id, Permission.PLAN, lock=True)
        demand_editable(one)
        former = answered(connection, scope, scenario_id, entry.key, entry.asked)
        if former is not None:
            return former, None
        head = cycle_head(connection, scenario_id, entry.cell_id)
        demand_unchanged(head, seen.head.token, code)
        old, new = seen.scenario, after
        if last_sequence(connection, scenario_id) != seen.sequence:  # of other cells
            old = whole_plan(connection, one)[1]
            new = old if same else with_cycle(old, cycle)
        done = append_cycle(
            connection, scope, one, entry, territory=seen.territory, before=old, after=new
        )
        return done, new

    return write


def change_to(seen: CycleSeen, days: Days) -> CycleChange:
    """Return the change from the routes that were seen to other ones."""
    old = seen.cycle.days
    slots = [slot for slot in sorted({*old, *days}) if old.get(slot, ()) != days.get(slot, ())]
    before = {slot: old.get(slot, ()) for slot in slots}
    after = {slot: days.get(slot, ()) for slot in slots}
    return CycleChange(before, after, seen.head.pins, seen.head.pins)


def code_of(scenario: Scenario, cell_id: int) -> str:
    """Return the code of a cell as people know it."""
    mine = scenario.cells["code"][scenario.cells["cell_id"] == cell_id]
    return str(mine.iloc[0]) if len(mine) else str(cell_id)


def _demand_whole(scope: Scope, one: Version) -> None:
    """Raise if the caller has some cells of a plan only."""
    if scope.cells is not None:
        raise PermissionDenied(fault("store.out_of_scope", one.territory_name))


def _keep(kept: OrderedDict[_Key, _Value], key: _Key, value: _Value, most: int) -> None:
    kept[key] = value
    while len(kept) > most:
        kept.popitem(last=False)
