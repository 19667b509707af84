"""A state machine that redraws the small town at random and checks every plan on the way."""

from __future__ import annotations

import json
from collections import deque

import numpy as np
import shapely
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from redraw_checks import assert_same, assert_sound
from redraw_town import town_ground, town_plan

from gridmap.errors import InputError
from gridmap.partition import edit as engine
from gridmap.partition.edits import (
    Brush,
    CloseCell,
    Edit,
    Lock,
    Merge,
    Move,
    NewCell,
    Shift,
    Split,
    Swap,
    from_json,
    to_json,
)
from gridmap.partition.redraw import DrawnPlan

PICK = st.integers(0, 10_000)
AT = st.tuples(st.integers(-20, 1220), st.integers(-20, 720)).map(
    lambda xy: (float(xy[0]), float(xy[1]))
)
METRES = st.sampled_from([10.0, 40.0, 90.0, 200.0])


class RedrawMachine(RuleBasedStateMachine):
    """Edits of all kinds, each undone and done again, and undone later."""

    def __init__(self) -> None:
        super().__init__()
        self.plan = town_plan()
        self.past: list[tuple[DrawnPlan, Edit]] = []
        self.total = self.plan.ground.weights.sum(axis=0)
        self.area = float(shapely.area(self.plan.ground.polygons).sum())

    @rule(pick=PICK, target_pick=PICK, size=st.integers(1, 4))
    def move(self, pick: int, target_pick: int, size: int) -> None:
        to = self._cell(target_pick)
        units = self._near(to, pick, size)
        legal = self._legal(dict.fromkeys(units, to))
        assert self._do(Move(units, to)) == legal, "refused without need, or taken all the same"

    @rule(pick=PICK, other_pick=PICK, sizes=st.tuples(st.integers(1, 2), st.integers(1, 2)))
    def swap(self, pick: int, other_pick: int, sizes: tuple[int, int]) -> None:
        first, second = self._pair(pick)
        mine = [unit for unit in self._near(second, other_pick, sizes[0]) if self._in(unit, first)]
        yours = [unit for unit in self._near(first, other_pick, sizes[1]) if self._in(unit, second)]
        if mine or yours:
            legal = self._legal(dict.fromkeys(mine, second) | dict.fromkeys(yours, first))
            assert self._do(Swap(first, tuple(mine), second, tuple(yours))) == legal

    @rule(pick=PICK, stroke=st.lists(AT, min_size=1, max_size=3), radius_m=METRES)
    def brush(self, pick: int, stroke: list[tuple[float, float]], radius_m: float) -> None:
        self._do(Brush(self._cell(pick), tuple(stroke), radius_m))

    @rule(pick=PICK, ring=st.lists(AT, min_size=3, max_size=5))
    def lasso(self, pick: int, ring: list[tuple[float, float]]) -> None:
        self._do(Brush(self._cell(pick), tuple(ring)))

    @rule(pick=PICK, turn=st.integers(0, 179), least_m2=st.sampled_from([0.0, 400.0, 3000.0]))
    def split(self, pick: int, turn: int, least_m2: float) -> None:
        cell = self._cell(pick)
        self._do(Split(cell, self._line(cell, pick, turn), least_m2=least_m2))

    @rule(pick=PICK, turn=st.integers(0, 179))
    def split_off(self, pick: int, turn: int) -> None:
        cell, to = self._pair(pick)
        self._do(Split(cell, self._line(cell, pick, turn), to=to))

    @rule(pick=PICK, turn=st.integers(0, 179), centre_pick=PICK)
    def split_for(self, pick: int, turn: int, centre_pick: int) -> None:
        cell = self._cell(pick)
        centre = int(self.plan.ground.own_unit[centre_pick % len(self.plan.ground.own_unit)])
        self._do(Split(cell, self._line(cell, pick, turn), centre=centre))

    @rule(pick=PICK)
    def merge(self, pick: int) -> None:
        keep, gone = self._pair(pick)
        self._do(Merge(keep, gone))

    @rule(pick=PICK, amount=st.sampled_from([5.0, 40.0, 200.0]), workload=st.integers(0, 1))
    def shift_load(self, pick: int, amount: float, workload: int) -> None:
        giver, taker = self._pair(pick)
        self._do(Shift(giver, taker, amount=amount, workload=workload))

    @rule(pick=PICK, metres=METRES)
    def shift_metres(self, pick: int, metres: float) -> None:
        self._do(Shift(*self._pair(pick), metres=metres))

    @rule(pick=PICK, radius_s=st.sampled_from([None, 60.0, 200.0]))
    def new_cell(self, pick: int, radius_s: float | None) -> None:
        own = self.plan.ground.own_unit
        self._do(NewCell(int(own[pick % len(own)]), radius_s=radius_s))

    @rule(pick=PICK)
    def close(self, pick: int) -> None:
        self._do(CloseCell(self._cell(pick)))

    @rule(pick=PICK, units=st.booleans(), on=st.booleans())
    def lock(self, pick: int, units: bool, on: bool) -> None:
        unit = pick % self.plan.ground.n_units
        edit = Lock((), (unit,), on) if units else Lock((self._cell(pick),), (), on)
        assert self._do(edit)

    @rule()
    @precondition(lambda self: self.past)
    def undo(self) -> None:
        before, back = self.past.pop()
        self.plan = engine.redraw(self.plan, back).plan
        assert_same(self.plan, before)

    @rule(pick=PICK)
    @precondition(lambda self: self.past)
    def undo_out_of_order(self, pick: int) -> None:
        self._do(self.past[pick % len(self.past)][1])

    def _do(self, edit: Edit) -> bool:
        """Do an edit, check the plan, and go there and back; return whether it was taken."""
        plan = self.plan
        try:
            done = engine.redraw(plan, edit)
        except InputError as refused:
            for one in refused.faults:
                assert one.text("en") and one.text("zh")
            assert type(edit).__name__ == "Change" or all(
                one.key != "redraw.out_of_order" for one in refused.faults
            )
            return False
        assert_sound(done.plan)
        self._assert_kept(plan, done.plan)
        back = engine.redraw(done.plan, from_json(json.loads(json.dumps(to_json(done.inverse)))))
        assert_same(back.plan, plan)
        assert_same(engine.redraw(plan, back.inverse).plan, done.plan)
        self.past.append((plan, done.inverse))
        self.plan = done.plan
        return True

    def _assert_kept(self, before: DrawnPlan, after: DrawnPlan) -> None:
        """Totals are conserved; what was locked is where it was."""
        held = after.ground.weights.sum(axis=0)
        np.testing.assert_allclose(held, self.total, rtol=1e-9)
        np.testing.assert_allclose(after.figures.load.sum(axis=0), self.total, rtol=1e-9)
        area = float(shapely.area(after.ground.polygons).sum())
        assert abs(area - self.area) <= 1e-9 * self.area
        counted = np.zeros_like(after.ground.weights)
        np.add.at(counted, after.ground.point_unit, after.ground.demand.weight)
        assert (counted <= after.ground.weights + 1e-9).all(), "points without their workload"
        common = slice(0, min(before.ground.n_units, after.ground.n_units))
        for cell in before.locked_cells:
            assert np.array_equal(before.label[common] == cell, after.label[common] == cell)
        for unit in before.locked_units:
            assert before.label[unit] == after.label[unit]

    def _legal(self, moves: dict[int, int]) -> bool:
        """Return whether a move keeps the rules, by flooding the whole graph."""
        plan = self.plan
        label = plan.label.tolist()
        moves = {unit: to for unit, to in moves.items() if label[unit] != to}
        touched = {label[unit] for unit in moves} | set(moves.values())
        if not moves or touched & plan.locked_cells or set(moves) & plan.locked_units:
            return False
        if set(moves) & set(plan.centre.values()):
            return False
        for unit, to in moves.items():
            label[unit] = to
        near = [plan.ground.neighbours(unit).tolist() for unit in range(len(label))]
        reached: set[int] = set()
        for unit in plan.centre.values():
            queue = deque([unit])
            reached.add(unit)
            while queue:
                here = queue.popleft()
                for other in near[here]:
                    if other not in reached and label[other] == label[here]:
                        reached.add(other)
                        queue.append(other)
        part = plan.ground.component
        centred = {int(part[unit]) for unit in plan.centre.values()}
        loose = [unit for unit in range(len(label)) if int(part[unit]) not in centred]
        whole = all(label[unit] == label[other] for unit in loose for other in near[unit])
        return whole and len(reached) + len(loose) == len(label)

    def _cell(self, pick: int) -> int:
        return self.plan.cells[pick % len(self.plan.cells)]

    def _in(self, unit: int, cell: int) -> bool:
        return bool(self.plan.label[unit] == cell)

    def _pair(self, pick: int) -> tuple[int, int]:
        """Return two neighbouring cells, or the same one twice where there are none."""
        pairs = [(one, other) for one in self.plan.cells for other in self.plan.neighbours(one)]
        return pairs[pick % len(pairs)] if pairs else (self.plan.cells[0],) * 2

    def _near(self, cell: int, pick: int, size: int) -> tuple[int, ...]:
        """Return some units together, the first of them beside a cell if there is one."""
        ground, label = self.plan.ground, self.plan.label
        beside = ground.neighbourhood(self.plan.members(cell))
        beside = beside[label[beside] != cell]
        first = int(beside[pick % len(beside)]) if len(beside) else pick % ground.n_units
        found = [first]
        for other in ground.neighbours(first).tolist():
            if len(found) < size and label[other] == label[first]:
                found.append(other)
        return tuple(found)

    def _line(self, cell: int, pick: int, turn: int) -> tuple[tuple[float, float], ...]:
        """Return a line through a unit of a cell, with a bend."""
        units = self.plan.members(cell)
        x, y = self.plan.ground.inner_xy[units[pick % len(units)]].tolist()
        across, along = 300.0 * np.cos(np.radians(turn)), 300.0 * np.sin(np.radians(turn))
        return (
            (x - across, y - along),
            (x + 0.01 * (pick % 500), y),
            (x + across, y + along + 0.1 * (pick % 300)),
        )


#: What the machine redraws; made once, before the clock of any example runs.
TOWN = town_ground()
