"""Whether browser and service agree on a draft, whatever a random hand does to it.

    python -m benchmarks.editor_gestures [--gestures 500] [--seed 1]
        [--units 2000 --cells 100 --outlets 5000]

The invented town of `benchmarks.editor_server` is served, and a draft of it redrawn in a real
Chromium with mouse and keys: every tool, undo and redo, anywhere. Many gestures break a rule, and
are refused. After each of them what the browser shows is held against what the store reads from
the log of the draft: the cell of each unit, all workloads, minutes and calls of each cell, centres,
locks, versions, and what can be undone. Ends with 1 at the first difference.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

import numpy as np
from selenium.webdriver.common.keys import Keys

from benchmarks.editor_hand import Hand, Place
from benchmarks.editor_server import town
from dashboards.api.cell_numbers import cell_id
from dashboards.api.workshop import Workshop, workshop_of
from dashboards.app import create_app
from dashboards.map_editor.figures import Daily, cell_figures
from gridmap.job_kinds import job_kinds
from gridmap.store.drawing import DrawingTable
from gridmap.store.repository import Store
from gridmap.store.scope import Scope
from gridmap.territory import Territory
from tools.browser import DESKTOP, chromium, served

#: How often each gesture is made. Cells that are opened and closed are about as many.
_SHARES: Final = {
    "brush": 5,
    "lasso": 4,
    "box": 2,
    "assign": 3,
    "shift": 4,
    "split": 5,
    "merge": 1,
    "new_cell": 3,
    "close_cell": 1,
    "lock": 2,
    "undo": 4,
    "redo": 9,
}
#: Fewer cells are not joined any more.
_FEW_CELLS: Final = 6
#: So often nothing is tried of which a person sees that it cannot be done.
_SENSIBLE: Final = 0.8

_SHOWN = """(() => {
  const cells = [...e.model.cells.values()];
  const by = (of) => Object.fromEntries(cells.map((one) => [one.cell, of(one)]));
  const day = (one) => e.model.day(one.cell);
  return {
    sequence: e.sequence,
    labels: e.labels(),
    totals: e.totals(),
    days: by((one) => [day(one).minutes, day(one).calls]),
    versions: by((one) => one.version),
    centres: by((one) => one.centreUnit),
    names: by((one) => [one.code, one.name, one.manager]),
    next_cell: e.model.nextCell,
    locked: by((one) => e.model.isCellLocked(one.cell)),
    locked_units: [...e.model.lockedUnits].sort((one, other) => one - other),
    can: e.session.can,
  };
})()"""
_SEEN = """(() => {
  const cells = [...e.model.cells.values()];
  const by = (of) => Object.fromEntries(cells.map((one) => [one.cell, of(one)]));
  return {
    sequence: e.sequence,
    labels: e.labels(),
    places: e.labels().map((_, unit) => e.placeOf(unit)).map(({ x, y }) => [x, y]),
    centres: by((one) => one.centreUnit),
    locked: by((one) => e.model.isCellLocked(one.cell)),
    can: { undo: e.session.canUndo, redo: e.session.canRedo },
  };
})()"""


@dataclass(frozen=True, eq=False)
class KeptDraft:
    """A draft in a store, and the reach of who looks at it."""

    work: Workshop
    scope: Scope
    draft: int

    def standing(self) -> dict[str, Any]:
        """Return what the log has led to, in the words of the browser; nothing is remembered."""
        head = self.work.drafts.head(self.scope, self.draft)
        state = head.state
        _, ground = self.work.table.ground(self.scope, self.draft)
        weights = state.tiled(ground).weights
        columns = np.column_stack([np.ones(len(weights)), weights])
        label, size = state.label, state.next_cell
        sums = np.column_stack([np.bincount(label, one, minlength=size) for one in columns.T])
        opened = DrawingTable(self.work.engine).opened(self.scope, self.draft)
        figures = cell_figures(opened, Daily.of(opened.canvas), sorted(state.centre))
        undo, redo = self.work.drafts.can(self.scope, self.draft)
        return {
            "sequence": head.version.head,
            "labels": [cell_id(one) for one in label.tolist()],
            "totals": {cell_id(one): sums[one].tolist() for one in state.centre},
            "days": {
                cell_id(one): [figure["minutes_per_day"], figure["calls_per_day"]]
                for one, figure in figures.items()
            },
            "versions": {cell_id(one): head.versions.get(one, 0) for one in state.centre},
            "centres": {cell_id(one): unit for one, unit in state.centre.items()},
            "names": {
                cell_id(one): [title.code, title.name, title.manager]
                for one, title in opened.titles.items()
                if one in state.centre
            },
            "next_cell": cell_id(state.next_cell),
            "locked": {cell_id(one): one in state.locked_cells for one in state.centre},
            "locked_units": sorted(state.locked_units),
            "can": {"undo": undo, "redo": redo},
        }


def differences(hand: Hand, kept: KeptDraft) -> list[str]:
    """Return in what browser and store differ, with the values of each; nothing if they agree."""
    shown, standing = hand.run(_SHOWN), kept.standing()
    found = []
    for name, ours in standing.items():
        theirs = shown[name]
        if isinstance(ours, dict) and name != "can":
            theirs = {int(cell): value for cell, value in theirs.items()}
        if not _alike(ours, theirs):
            found.append(f"{name}: browser {_other(theirs, ours)}, store {_other(ours, theirs)}")
    return found


def _alike(one: Any, other: Any) -> bool:
    """Return whether two values are the same, numbers but for what adding up in turn may cost."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    if isinstance(one, float) or isinstance(other, float):
        # what is told of a day has three digits
        return one is not None and other is not None and abs(one - other) <= 1e-3
    return bool(one == other)


def _other(one: Any, other: Any) -> Any:
    """Return what of a value is not in another one."""
    if isinstance(one, dict) and isinstance(other, dict):
        return {key: value for key, value in one.items() if not _alike(value, other.get(key))}
    if isinstance(one, list) and isinstance(other, list):
        pairs = zip_longest(one, other)
        return {at: mine for at, (mine, yours) in enumerate(pairs) if not _alike(mine, yours)}
    return one


@dataclass(eq=False)
class RandomHand:
    """Makes random gestures; the same seed makes the same ones of the same answers.

    Attributes
    ----------
    own_units
        Units with an own outlet, around which a cell can be opened.
    made
        How many gestures of each kind were written by the service, and how many were not.
    """

    hand: Hand
    rng: np.random.Generator
    own_units: Sequence[int]
    made: dict[str, Counter[str]] = field(default_factory=dict)

    def gesture(self) -> str:
        """Make one gesture, wait for the answer, and return its kind."""
        hand = self.hand
        seen = hand.run(_SEEN)
        kind = self._kind(seen)
        self._make(kind, seen)
        hand.saved()
        outcome = "written" if hand.run("e.sequence") > seen["sequence"] else "refused"
        self.made.setdefault(kind, Counter())[outcome] += 1
        return kind

    def _kind(self, seen: dict[str, Any]) -> str:
        """Return what to do; what cannot be done is tried now and then."""
        idle = set() if len(seen["centres"]) >= _FEW_CELLS else {"merge", "close_cell"}
        if self.rng.random() < _SENSIBLE:
            idle |= {kind for kind in ("undo", "redo") if not seen["can"][kind]}
        kinds = [one for one in _SHARES if one not in idle]
        shares = np.array([_SHARES[one] for one in kinds], dtype=np.float64)
        return str(self.rng.choice(kinds, p=shares / shares.sum()))

    def _make(self, kind: str, seen: dict[str, Any]) -> None:
        hand, rng = self.hand, self.rng
        if kind in ("undo", "redo"):
            hand.press(Keys.CONTROL, "z" if kind == "undo" else "y")
            return
        xy = np.array(seen["places"])
        centres = {int(cell): int(unit) for cell, unit in seen["centres"].items()}
        locked = [cell for cell in centres if seen["locked"][str(cell)]]
        free = [cell for cell in centres if cell not in locked]
        sensible = rng.random() < _SENSIBLE
        # or all would be locked in the end
        unlocks = kind == "lock" and len(locked) > len(centres) // 8
        cell = int(rng.choice(locked if unlocks else free if sensible and free else list(centres)))
        at = xy[centres[cell]]
        # about the width of a unit, in pixels
        step = float(np.sqrt(np.prod(np.ptp(xy, axis=0)) / len(xy)))
        near = self._nearest(xy[list(centres.values())], at, 4)[1:]
        neighbour = xy[list(centres.values())[int(rng.choice(near))]]
        foreign = np.flatnonzero(np.array(seen["labels"]) != cell)
        other = int(foreign[int(rng.choice(self._nearest(xy[foreign], at, 12)))])
        beside = xy[other]
        if kind in ("brush", "lasso", "box", "assign"):
            hand.choose(cell)
        hand.take(kind)
        if kind == "brush":
            hand.drag(_place(at), _place(beside), _place(beside + rng.normal(0.0, step, 2)))
        elif kind == "lasso":
            turns = np.sort(rng.uniform(0.0, 2 * np.pi, 7))
            radii = step * rng.uniform(0.5, 2.5, 7)
            ring = beside + np.column_stack([np.cos(turns), np.sin(turns)]) * radii[:, None]
            hand.drag(*map(_place, ring))
        elif kind == "box":
            hand.drag(_place(beside - step * 0.8), _place(beside + step * rng.uniform(0.3, 1.5, 2)))
        elif kind == "split":
            turn = rng.uniform(0.0, np.pi)
            along, across = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
            middle = at + rng.choice([-1.0, 1.0]) * step * rng.uniform(0.6, 1.6) * across
            # an open cell beside gets what is cut off, or it becomes a cell of its own
            hand.choose(int(seen["labels"][other]) if turn < 1.5 else cell)
            hand.drag(_place(middle - 6 * step * along), _place(middle + 6 * step * along))
        elif kind == "shift":
            way = [at + (neighbour - at) * share for share in (0.0, 0.5, rng.uniform(0.55, 0.95))]
            hand.drag(*map(_place, way))
        elif kind == "merge":
            hand.click(_place(at))
            hand.click(_place(neighbour))
        elif kind == "new_cell":
            hand.click(_place(self._spare(seen, xy)))
        else:
            hand.click(_place(beside if kind == "assign" else at))

    def _spare(self, seen: dict[str, Any], xy: np.ndarray) -> np.ndarray:
        """Return where a cell might be opened: at an own outlet without a cell, or anywhere."""
        taken = set(seen["centres"].values())
        spare = [unit for unit in self.own_units if unit not in taken]
        if not spare or self.rng.random() > _SENSIBLE:
            return np.asarray(xy[int(self.rng.integers(len(xy)))])
        return np.asarray(xy[int(self.rng.choice(spare))])

    def _nearest(self, xy: np.ndarray, at: np.ndarray, count: int) -> np.ndarray:
        return np.argsort(np.hypot(*(xy - at).T))[:count]


def _place(xy: np.ndarray) -> Place:
    return float(xy[0]), float(xy[1])


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--gestures", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--units", type=int, default=2000)
    parser.add_argument("--cells", type=int, default=100)
    parser.add_argument("--outlets", type=int, default=5000)
    given = parser.parse_args(arguments)
    territory, scenario = town(
        given.units, given.cells, given.outlets, given.seed, spare=given.cells // 4
    )
    begun, scope = time.monotonic(), Scope.everything()
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{(Path(folder) / 'plans.db').as_posix()}")
        work = workshop_of(store.engine, job_kinds(), Path(folder) / "files")
        draft = work.drafts.open(scope, store.save(scope, territory, scenario))
        app = create_app(store, work=work)
        with served(app.server) as address, chromium(DESKTOP) as browser:
            hand = Hand(browser)
            hand.open(f"{address}/editor?scenario={draft}&lang=en")
            one = RandomHand(hand, np.random.default_rng(given.seed), own_units_of(territory))
            found = _differing(one, KeptDraft(work, scope, draft), given.gestures)
        store.close()
    said = {
        **vars(given),
        "made": {kind: dict(counts) for kind, counts in sorted(one.made.items())},
        "written": sum(counts["written"] for counts in one.made.values()),
        "differences": found,
        "minutes": round((time.monotonic() - begun) / 60.0, 1),
    }
    print(json.dumps(said, indent=2))
    return int(bool(found))


def own_units_of(territory: Territory) -> list[int]:
    """Return the units with an own outlet."""
    outlets = territory.outlets
    units: list[int] = outlets.loc[outlets["ownership"] == "own", "unit"].tolist()
    return units


def _differing(one: RandomHand, kept: KeptDraft, gestures: int) -> list[str]:
    """Make gestures until browser and store differ; return in what, after which gesture."""
    for turn in range(1, gestures + 1):
        kind = one.gesture()
        found = differences(one.hand, kept)
        if found:
            return [f"gesture {turn}, {kind}", *found]
    return []


if __name__ == "__main__":
    raise SystemExit(main())
