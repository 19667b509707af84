"""A draft on invented ground behind the protocol of the map editor, for its browser tests.

The rules are far fewer than those of `gridmap.partition.redraw`: units that hold a centre or are
locked stay. Whatever the browser must cope with can be asked for: delay, refusal, a colleague.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import dash_mantine_components as dmc
import numpy as np
import shapely
from dash import Dash, html
from flask import Response, abort, request
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from dashboards.components.editors import map_editor
from dashboards.map_editor.container import encoded
from dashboards.security import LOCAL_HOSTS, secure
from gridmap.catalogue import Language

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]

ORIGIN = (126.55, 45.70)
STEP_DEG = 1e-6
UNIT_M = 150.0
_M_PER_STEP = (0.0779, 0.1111)
AUTHOR = "you"


@dataclass
class InventedGround:
    """Bricks with crooked sides: each touches six others along one arc."""

    columns: int
    rows: int
    n_cells: int
    n_outlets: int
    seed: int = 1
    arcs: list[tuple[int, int]] = field(init=False)

    def __post_init__(self) -> None:
        rng = np.random.default_rng(self.seed)
        self.n_units = self.columns * self.rows
        self._draw_arcs(rng)
        self._colour_cells(rng)
        sizes = rng.lognormal(3.0, 0.7, self.n_units)
        self.weight = np.column_stack([sizes, rng.poisson(5, self.n_units)]).astype(np.float64)
        self.daily = np.column_stack([self.weight[:, 0] / 4, self.weight[:, 1] / 4])
        self.outlet_unit = rng.integers(0, self.n_units, self.n_outlets).astype(np.int32)
        kind = rng.choice([1, 2, 3], self.n_outlets, p=[0.1, 0.1, 0.8]).astype(np.uint8)
        own = list(self.centre.values())
        self.outlet_unit[: len(own)] = own
        kind[: len(own)] = 0
        self.outlet_kind = kind
        away = rng.normal(0, UNIT_M / 5, (self.n_outlets, 2)) / _M_PER_STEP
        away[: len(own)] = 0
        self.outlet_xy = (self.inner_xy[self.outlet_unit] + away).astype(np.int32)
        self.visited = rng.integers(0, 2, self.n_outlets).astype(np.uint8)

    def _draw_arcs(self, rng: np.random.Generator) -> None:
        columns, rows = self.columns, self.rows
        size = np.array([UNIT_M / _M_PER_STEP[0], UNIT_M / _M_PER_STEP[1]])
        across = 2 * columns + 2
        corner = np.stack(np.meshgrid(np.arange(across) / 2, np.arange(rows + 1)), axis=-1)
        corner = (corner + rng.uniform(-0.13, 0.13, corner.shape)) * size
        xy: list[Floats] = []
        start, left, right = [0], [], []
        flat: dict[tuple[int, int], int] = {}
        upright: dict[tuple[int, int], int] = {}

        def unit(row: int, column: int) -> int:
            inside = 0 <= row < rows and 0 <= column < columns
            return row * columns + column if inside else -1

        def add(one: Floats, other: Floats, on_left: int, on_right: int) -> int:
            middle = (one + other) / 2 + rng.uniform(-0.05, 0.05, 2) * size
            xy.extend([one, middle, other])
            start.append(len(xy))
            left.append(on_left)
            right.append(on_right)
            return len(left) - 1

        for line in range(rows + 1):
            for i in range(across - 1):
                above = unit(line, (i - line % 2) // 2)
                below = unit(line - 1, (i - (line - 1) % 2) // 2)
                if above >= 0 or below >= 0:
                    flat[line, i] = add(corner[line, i], corner[line, i + 1], above, below)
        for row in range(rows):
            for column in range(columns + 1):
                i = 2 * column + row % 2
                ends = corner[row, i], corner[row + 1, i]
                upright[row, column] = add(*ends, unit(row, column - 1), unit(row, column))
        refs = []
        for row in range(rows):
            for column in range(columns):
                i = 2 * column + row % 2
                refs += [flat[row, i], flat[row, i + 1], upright[row, column + 1]]
                refs += [~flat[row + 1, i + 1], ~flat[row + 1, i], ~upright[row, column]]
        self.arc_start = np.array(start, dtype=np.int32)
        self.arc_xy = np.rint(np.array(xy)).astype(np.int32)
        self.arc_left, self.arc_right = (np.array(one, dtype=np.int32) for one in (left, right))
        self.ref = np.array(refs, dtype=np.int32)
        row, column = np.divmod(np.arange(self.n_units), columns)
        middle = np.column_stack([column + 0.5 + 0.5 * (row % 2), row + 0.5]) * size
        self.inner_xy = np.rint(middle).astype(np.int32)

    def _colour_cells(self, rng: np.random.Generator) -> None:
        inside = (self.arc_left >= 0) & (self.arc_right >= 0)
        one, other = self.arc_left[inside], self.arc_right[inside]
        length = rng.uniform(1, 1.6, len(one))
        self.pairs = (one, other)
        shape = (self.n_units, self.n_units)
        graph = csr_matrix((length, (one, other)), shape=shape)
        seeds = self._spread(rng)
        _, _, source = dijkstra(
            graph, directed=False, indices=seeds, min_only=True, return_predecessors=True
        )
        cell_of = {int(seed): 100 + place for place, seed in enumerate(seeds)}
        self.label = np.array([cell_of[int(one)] for one in source], dtype=np.int32)
        self.centre = {cell: seed for seed, cell in cell_of.items()}

    def _spread(self, rng: np.random.Generator) -> Ints:
        """Return centres, one somewhere in each of as many equal blocks."""
        across = max(1, round((self.n_cells * self.columns / self.rows) ** 0.5))
        while self.n_cells % across:
            across -= 1
        up = self.n_cells // across
        seeds = []
        for block in range(self.n_cells):
            x = (block % across + rng.uniform(0.3, 0.7)) * self.columns / across
            y = (block // across + rng.uniform(0.3, 0.7)) * self.rows / up
            seeds.append(int(y) * self.columns + int(x))
        return np.array(seeds, dtype=np.int32)

    def metres(self, places: Iterable[Iterable[float]]) -> Floats:
        """Return places in degrees as metres from the origin. Shape (n, 2)."""
        return (np.array(list(places)) - ORIGIN) / STEP_DEG * _M_PER_STEP

    def file(self) -> bytes:
        """Return ground.bin."""
        n = self.n_units
        arrays = {
            "arc_start": self.arc_start,
            "arc_xy": self.arc_xy.ravel(),
            "arc_left": self.arc_left,
            "arc_right": self.arc_right,
            "unit_ring": np.arange(n + 1, dtype=np.int32),
            "ring_arc": np.arange(0, 6 * n + 1, 6, dtype=np.int32),
            "ref": self.ref,
            "ring_outer": np.ones(n, dtype=np.uint8),
            "inner_xy": self.inner_xy.ravel(),
            "weight": self.weight.ravel(),
            "daily": self.daily.ravel(),
        }
        workloads = [
            {"name": "minutes", "label": "Visit minutes"},
            {"name": "outlets", "label": "Outlets"},
        ]
        header = {"hash": "g1", "origin": ORIGIN, "step_deg": STEP_DEG, "n_units": n}
        return encoded({**header, "workloads": workloads, "bridges": []}, arrays)

    def outlets_file(self) -> bytes:
        """Return outlets.bin."""
        arrays = {
            "xy": self.outlet_xy.ravel(),
            "kind": self.outlet_kind,
            "unit": self.outlet_unit,
            "visited": self.visited,
        }
        return encoded({"origin": ORIGIN, "step_deg": STEP_DEG}, arrays)


class MockDraft:
    """A draft with few rules; everything under one lock."""

    def __init__(self, ground: InventedGround) -> None:
        self.ground = ground
        self.label = ground.label.copy()
        self.centre = dict(ground.centre)
        self.version = dict.fromkeys(self.centre, 1)
        self.locked: set[int] = set()
        self.next_cell = max(self.centre) + 1
        self.steps: list[dict[str, Any]] = []
        self.answers: dict[str, tuple[int, dict[str, Any]]] = {}
        self.undone: list[int] = []
        self.delay_s = 0.0
        self.refusal = ""
        self.received = 0
        self.guard = threading.Lock()

    def state_file(self) -> bytes:
        """Return state.bin."""
        with self.guard:
            cells = [
                {
                    "cell": cell,
                    "code": f"C-{cell}",
                    "name": "",
                    "manager": f"Manager {cell}",
                    "version": self.version[cell],
                    "centre_unit": unit,
                    "locked": cell in self.locked,
                    "minutes_per_day": self._minutes(cell),
                    "calls_per_day": float(
                        self.ground.daily[self.label == cell, 1].sum(),
                    ),
                    "estimated": False,
                }
                for cell, unit in self.centre.items()
            ]
            header = {
                "sequence": len(self.steps),
                "ground": "g1",
                "next_cell": self.next_cell,
                "tolerance": [0.1, None],
                "cells": cells,
                "locked_units": [],
                "daily_factor": 1.3,
                "can": self._can(),
            }
            return encoded(header, {"label": self.label})

    def edit(
        self,
        edit: Mapping[str, Any],
        versions: Mapping[str, int],
        key: str = "",
        author: str = AUTHOR,
        since: int = 0,
    ) -> tuple[int, dict[str, Any]]:
        """Return status and body of an edit."""
        with self.guard:
            self.received += 1
            if key in self.answers:
                return self.answers[key]
            if self.refusal:
                return 422, {"faults": [self.refusal]}
            stale = [
                int(cell)
                for cell, version in versions.items()
                if self.version.get(int(cell)) != version
            ]
            if stale:
                return 409, self._conflict(stale, since)
            try:
                units, to, changes = self._meaning(edit)
            except ValueError as error:
                return 422, {"faults": [str(error)]}
            free = self._free(units) if edit["kind"] == "brush" else units
            if len(free) < len(units) and edit["kind"] == "move":
                return 422, {"faults": ["A unit holds the own outlet of its cell."]}
            left_out = np.setdiff1d(units, free)
            if not len(free) and not changes:
                return 422, {"faults": ["Nothing would change."]}
            step = self._step(str(edit["kind"]), author, free, to, changes)
            body = {"left_out": left_out.tolist(), "notices": [], "can": self._can(), "step": step}
            if key:
                self.answers[key] = 200, body
            return 200, body

    def undo(self, key: str, *, again: bool = False) -> tuple[int, dict[str, Any]]:
        """Return status and body of undo, or of redo."""
        with self.guard:
            self.received += 1
            if key in self.answers:
                return self.answers[key]
            stack = self.undone if again else self._undoable()
            if not stack:
                return 422, {"faults": ["There is nothing to take back."]}
            number = stack[-1]
            step = self.steps[number - 1]
            before = step["after" if again else "before"]
            changes = step["changes_after" if again else "changes_before"]
            if again:
                self.undone.pop()
            else:
                self.undone.append(number)
            units = np.array(sorted(before), dtype=np.int64)
            to = np.array([before[int(unit)] for unit in units], dtype=np.int64)
            kind = "redo" if again else "undo"
            made = self._step(kind, AUTHOR, units, to, changes, undoes=None if again else number)
            body = {"left_out": [], "notices": [], "can": self._can(), "step": made}
            self.answers[key] = 200, body
            return 200, body

    def since(self, sequence: int) -> dict[str, Any]:
        """Return the steps after a sequence."""
        with self.guard:
            steps = [self._told(one) for one in self.steps[sequence:]]
            others = sorted({one["author"] for one in self.steps} - {AUTHOR})
            return {"steps": steps, "sequence": len(self.steps), "editors": others}

    def totals(self) -> dict[int, list[float]]:
        """Return number of units and workloads of each cell."""
        found = {}
        for cell in self.centre:
            mask = self.label == cell
            found[cell] = [float(mask.sum()), *self.ground.weight[mask].sum(axis=0).tolist()]
        return found

    def _minutes(self, cell: int) -> float:
        return float(1.3 * self.ground.daily[self.label == cell, 0].sum())

    def _undoable(self) -> list[int]:
        kinds = ("undo", "redo")
        own = [one for one in self.steps if one["author"] == AUTHOR and one["kind"] not in kinds]
        return [one["sequence"] for one in own if one["sequence"] not in self.undone]

    def _can(self) -> dict[str, bool]:
        return {"undo": bool(self._undoable()), "redo": bool(self.undone)}

    def _free(self, units: NDArray[Any]) -> NDArray[Any]:
        centres = list(self.centre.values())
        locked = np.isin(self.label[units], list(self.locked))
        return units[~np.isin(units, centres) & ~locked]

    def _meaning(self, edit: Mapping[str, Any]) -> tuple[Any, Any, dict[str, Any]]:
        """Return units, the cell that each goes to, and what happens to cells."""
        kind = edit["kind"]
        if kind == "move":
            units = np.array(edit["units"])
            return units, np.full(len(units), edit["to"]), {}
        if kind == "brush":
            units = self._under(edit)
            units = units[self.label[units] != edit["to"]]
            return units, np.full(len(units), edit["to"]), {}
        if kind == "split":
            units = self._beyond(edit)
            if edit.get("to") is not None:
                return units, np.full(len(units), edit["to"]), {}
            new = self.next_cell
            if not len(units):
                raise ValueError("The line does not divide the cell.")
            return units, np.full(len(units), new), {"centres": {new: int(units[0])}}
        if kind == "merge":
            units = np.flatnonzero(self.label == edit["gone"])
            return units, np.full(len(units), edit["keep"]), {"centres": {edit["gone"]: -1}}
        if kind == "shift":
            units = self._beside(edit["giver"], edit["taker"])
            units = self._free(units)
            return units, np.full(len(units), edit["taker"]), {}
        if kind == "new_cell":
            unit = int(edit["unit"])
            if unit in self.centre.values():
                raise ValueError("This unit is already the centre of a cell.")
            new = self.next_cell
            return np.array([unit]), np.array([new]), {"centres": {new: unit}}
        if kind == "close_cell":
            cell = edit["cell"]
            units = np.flatnonzero(self.label == cell)
            beside = self.neighbours(cell)
            return units, np.full(len(units), beside[0]), {"centres": {cell: -1}}
        return np.array([], dtype=int), np.array([], dtype=int), {"locks": self._locks(edit)}

    def _locks(self, edit: Mapping[str, Any]) -> dict[int, bool]:
        return {int(cell): bool(edit["on"]) for cell in edit["cells"]}

    def _under(self, edit: Mapping[str, Any]) -> NDArray[Any]:
        stroke = self.ground.metres(edit["stroke"])
        if edit["radius_m"] > 0:
            line = shapely.LineString(stroke) if len(stroke) > 1 else shapely.Point(stroke[0])
            area = line.buffer(edit["radius_m"])
        else:
            area = shapely.make_valid(shapely.Polygon(stroke))
        shapely.prepare(area)
        return np.flatnonzero(shapely.covers(area, shapely.points(self._inner_m())))

    def _inner_m(self) -> Floats:
        return self.ground.inner_xy * np.array(_M_PER_STEP)

    def _beyond(self, edit: Mapping[str, Any]) -> NDArray[Any]:
        line = self.ground.metres(edit["line"])
        (ax, ay), (bx, by) = line[0], line[-1]
        x, y = self._inner_m().T
        side = (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0
        mine = self.label == edit["cell"]
        return np.flatnonzero(mine & (side != side[self.centre[edit["cell"]]]))

    def _beside(self, giver: int, taker: int) -> NDArray[Any]:
        one, other = self.ground.pairs
        mine, theirs = self.label[one], self.label[other]
        near = np.concatenate(
            [
                one[(mine == giver) & (theirs == taker)],
                other[(theirs == giver) & (mine == taker)],
            ]
        )
        return np.unique(near)

    def neighbours(self, cell: int) -> list[int]:
        """Return the cells that touch a cell."""
        one, other = self.ground.pairs
        mine, theirs = self.label[one], self.label[other]
        near = np.concatenate([theirs[mine == cell], mine[theirs == cell]])
        return [int(found) for found in np.unique(near) if found != cell]

    def _step(
        self,
        kind: str,
        author: str,
        units: NDArray[Any],
        to: Any,
        changes: Mapping[str, Any],
        *,
        undoes: int | None = None,
    ) -> dict[str, Any]:
        former = {int(unit): int(self.label[unit]) for unit in units}
        to = np.asarray(to)[: len(units)]
        centres = dict(changes.get("centres", {}))
        locks = dict(changes.get("locks", {}))
        back: dict[str, Any] = {
            "centres": {cell: self.centre.get(cell, -1) for cell in centres},
            "locks": {cell: cell in self.locked for cell in locks},
        }
        touched = set(former.values()) | {int(cell) for cell in to} | set(centres) | set(locks)
        self.label[units] = to
        names = {}
        for cell, unit in centres.items():
            if unit < 0:
                self.centre.pop(cell)
                continue
            self.centre[cell] = unit
            names[cell] = {"code": f"C-{cell}", "name": "", "manager": f"Manager {cell}"}
            self.next_cell = max(self.next_cell, cell + 1)
        for cell, on in locks.items():
            (self.locked.add if on else self.locked.discard)(cell)
        for cell in touched:
            self.version[cell] = self.version.get(cell, 0) + 1
        moved = {}
        for cell in np.unique(to).tolist():
            ids = np.sort(units[to == cell])
            moved[cell] = [int(ids[0]), *np.diff(ids).tolist()]
        step = {
            "sequence": len(self.steps) + 1,
            "kind": kind,
            "author": author,
            "made": datetime.now(UTC).isoformat(),
            "undoes": undoes,
            "cells": {cell: self.version[cell] for cell in touched},
            "moved": moved,
            "centres": centres,
            "cell_locks": locks,
            "unit_locks": {},
            "names": names,
            "next_cell": self.next_cell if any(one >= 0 for one in centres.values()) else None,
            "before": former,
            "after": {int(unit): int(cell) for unit, cell in zip(units, to, strict=True)},
            "changes_before": back,
            "changes_after": {"centres": centres, "locks": locks},
        }
        self.steps.append(step)
        return self._told(step)

    def _told(self, step: Mapping[str, Any]) -> dict[str, Any]:
        hidden = ("before", "after", "changes_before", "changes_after")
        told = {name: value for name, value in step.items() if name not in hidden}
        return {**told, "mine": step["author"] == AUTHOR}

    def _conflict(self, cells: list[int], since: int) -> dict[str, Any]:
        conflicts = []
        for cell in cells:
            last = next((one for one in reversed(self.steps) if cell in one["cells"]), None)
            who, when = (last["author"], last["made"]) if last else ("?", "")
            conflicts.append({"cell": cell, "author": who, "time": when})
        return {
            "faults": ["The cells have changed."],
            "conflicts": conflicts,
            "steps": [self._told(one) for one in self.steps[since:]],
            "sequence": len(self.steps),
        }


def mock_app(draft: MockDraft, *, language: Language = "en", dark: bool = False) -> Dash:
    """Return a page with nothing but the editor of the draft."""
    app = Dash(__name__, assets_folder=_assets(), serve_locally=True, title="editor")
    page = html.Div(
        map_editor("editor", "/editor/1", language=language, dark=dark),
        style={"height": "100dvh"},
    )
    app.layout = dmc.MantineProvider(page, forceColorScheme="dark" if dark else "light")
    server = app.server
    ground, outlets = draft.ground.file(), draft.ground.outlets_file()

    def binary(content: bytes) -> Response:
        return Response(content, mimetype="application/octet-stream")

    server.add_url_rule("/editor/1/ground.bin", "ground", lambda: binary(ground))
    server.add_url_rule("/editor/1/outlets.bin", "outlets", lambda: binary(outlets))
    server.add_url_rule("/editor/1/state.bin", "state", lambda: binary(draft.state_file()))

    @server.get("/editor/1/steps")
    def steps() -> dict[str, Any]:
        return draft.since(int(request.args["since"]))

    @server.get("/editor/1/outlet/<int:row>")
    def outlet(row: int) -> dict[str, Any]:
        return {"name": f"Outlet {row}", "operator": "Alpha", "grade": "A"}

    @server.post("/editor/1/<kind>")
    def write(kind: str) -> tuple[dict[str, Any], int]:
        time.sleep(draft.delay_s)
        asked: dict[str, Any] = request.get_json()
        if kind == "edits":
            status, body = draft.edit(
                asked["edit"], asked["versions"], key=asked["key"], since=asked["since"]
            )
        elif kind in ("undo", "redo"):
            status, body = draft.undo(asked["key"], again=kind == "redo")
        else:
            abort(404)
        return body, status

    secure(server, app.csp_hashes(), LOCAL_HOSTS)
    return app


def _assets() -> str:
    from pathlib import Path

    import dashboards

    return str(Path(dashboards.__file__).parent / "assets")
