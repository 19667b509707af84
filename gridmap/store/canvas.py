"""A draft as it stands, with the ground under it: what edits are drawn on, kept and brought on."""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from gridmap.partition.change import Change, changed
from gridmap.partition.drawn_state import DrawnState
from gridmap.partition.ground import Ground
from gridmap.partition.redraw import DrawnPlan
from gridmap.partition.retile import rings_of
from gridmap.policies import PlanRequest
from gridmap.territory import Territory

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Base:
    """What all drafts of a territory share that ask for the same.

    Attributes
    ----------
    territory, request
        Territory as it was planned, and what was asked of the plan.
    ground
        Its units to draw on, none of them cut.
    """

    territory: Territory
    request: PlanRequest
    ground: Ground

    @cached_property
    def name(self) -> str:
        """Hash of everything that the ground depends on."""
        return _hash(self.territory.content_hash, self.request.model_dump_json())


@dataclass(frozen=True, eq=False)
class Canvas:
    """A draft after an edit. Never changed: the next edit gives another one.

    Attributes
    ----------
    base
        What it was begun on.
    sequence
        Number of the edit.
    state
        Cells, locks, reshaped units.
    ground
        The units, cut where edits have cut them.
    """

    base: Base
    sequence: int
    state: DrawnState
    ground: Ground
    _plan: list[DrawnPlan] = field(default_factory=list, repr=False)
    _making: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def plan(self) -> DrawnPlan:
        """The cells with their figures; made from scratch when first asked for."""
        with self._making:
            if not self._plan:
                self._plan.append(self.state.on(self.ground))
            return self._plan[0]

    def begin(self) -> None:
        """Make the plan in the background, so that the first edit need not wait for all of it."""
        if self._plan or self._making.locked():
            return

        def make() -> None:
            # whoever edits is told why there is no plan
            with contextlib.suppress(LookupError, ValueError):
                _ = self.plan

        threading.Thread(target=make, name="canvas", daemon=True).start()

    @cached_property
    def geometry(self) -> str:
        """Hash of the units and of all that is known of each: another one once units are cut.

        It is that of the base again once all cuts are undone.
        """
        state, whole = self.state, self.base.ground
        if self.ground is whole:
            return self.base.name
        changed = [
            _changed(state.outlines, lambda unit: rings_of(whole, unit), whole.n_units),
            _changed(
                state.weights, lambda unit: tuple(whole.weights[unit].tolist()), whole.n_units
            ),
            _changed(state.rows, lambda unit: unit, whole.n_units),
            _changed(
                state.points, lambda point: int(whole.point_unit[point]), len(whole.point_unit)
            ),
        ]
        if state.n_units == whole.n_units and not any(changed):
            return self.base.name
        return _hash(self.base.name, json.dumps([state.n_units, *changed]))

    def after(self, changes: Sequence[Change], plan: DrawnPlan | None = None) -> Canvas:
        """Return the canvas after some more edits; what is known of this one is brought on.

        Parameters
        ----------
        changes
            What they did, one after another.
        plan
            The plan after them, where it is known.
        """
        if not changes:
            return self
        state = self.state.after(changes)
        if plan is None and self._plan:
            plan = self._plan[0]
            for change in changes:
                plan = changed(plan, change)
        if not any(change.reshapes for change in changes):
            ground = self.ground
        elif plan is not None:
            ground = plan.ground
        else:
            ground = state.tiled(self.base.ground)
        known = [] if plan is None else [plan]
        return Canvas(self.base, self.sequence + len(changes), state, ground, known)


def begun(base: Base, sequence: int, state: DrawnState) -> Canvas:
    """Return the canvas of a state."""
    return Canvas(base, sequence, state, state.tiled(base.ground))


def _changed(
    known: Mapping[int, T], before: Callable[[int], T], n_before: int
) -> list[tuple[int, T]]:
    """Return what is no longer as it was, in ascending order."""
    return [
        (number, value)
        for number, value in sorted(known.items())
        if number >= n_before or before(number) != value
    ]


def _hash(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
