"""Towns as they are in the map editor: how soon it is ready, and how smoothly it is worked with.

    python -m benchmarks.editor_towns [--database URL --plan N] [--basemaps DIR] [--edits 10]
        [--pictures DIR] [--seed N]

Opens a plan of a database, or an invented town of 2,000 units, as a draft in the whole application
and in a headless Chromium of 1440 by 900 pixels without a graphics card; the database should be a
copy, as the draft stays in it. Then a cell's border is brushed, one unit is given away and taken
back, the map is moved and zoomed. Prints the milliseconds until the editor was ready; of an edit
the script, the CPU time of the page's process and of the process that stands in for the graphics
card, and the time until the server's answer; the worst step of the brush; the milliseconds between
two pictures (median, 95th percentile) while moving, zooming and brushing; and the living heap.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from selenium.webdriver.support.ui import WebDriverWait

from benchmarks.editor_browser import WAIT_S, Editor
from benchmarks.editor_server import town
from dashboards.api.workshop import workshop_of
from dashboards.app import create_app
from gridmap.job_kinds import job_kinds
from gridmap.store.repository import Store
from gridmap.store.scope import Scope
from tools.browser import DESKTOP, PHONE, chromium, served, settled

#: Collects the times of all pictures of the map until it is stopped.
_FRAMES = """
const editor = document.querySelector('.gm-editor').editor;
window.frames_ms = [];
window.note_frame ??= () => window.frames_ms.push(performance.now());
editor.view.map.off('render', window.note_frame);
editor.view.map.on('render', window.note_frame);
"""
#: Moves the map as a hand does, by 600 pixels in a second, or zooms in and out.
_GLIDE = """
const [kind, done] = arguments;
const map = document.querySelector('.gm-editor').editor.view.map;
const go = kind === 'pan' ? () => map.panBy([300, 120], {duration: 1000, animate: true})
  : () => map.zoomTo(map.getZoom() + 1.5, {duration: 1000});
const back = kind === 'pan' ? () => map.panBy([-300, -120], {duration: 1000, animate: true})
  : () => map.zoomTo(map.getZoom() - 1.5, {duration: 1000});
map.once('moveend', () => { map.once('moveend', () => done()); back(); });
go();
"""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--database", default="")
    parser.add_argument("--plan", type=int, default=1)
    parser.add_argument("--basemaps", type=Path)
    parser.add_argument("--edits", type=int, default=10)
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    print(f"{platform.machine()}, load {os.getloadavg()[0]:.1f}, seed {given.seed}")
    with _service(given) as (address, page):
        with chromium(DESKTOP) as browser:
            editor = Editor(browser)
            browser.set_script_timeout(WAIT_S)
            found: dict[str, Any] = {**_opening(editor, address + page)}
            found |= _edits(editor, given)
            found |= _moving(editor)
            found |= _brush(editor)
            found["heap_mb"] = editor.heap_mb()
            print(json.dumps(found, indent=2))
        if given.pictures:
            _pictures(given.pictures, address + page)
    print(f"load {os.getloadavg()[0]:.1f}")


@contextmanager
def _service(given: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """Serve a draft of the plan; gives the address and the path of its editor."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(given.database or f"sqlite:///{(Path(folder) / 'plans.db').as_posix()}")
        everything, plan = Scope.everything(), given.plan
        if not given.database:
            plan = store.save(everything, *town(2000, 40, 5000, given.seed))
        work = workshop_of(store.engine, job_kinds(), Path(folder) / "files")
        draft = work.drafts.open(everything, plan)
        app = create_app(store, work=work, basemaps=given.basemaps)
        with served(app.server) as address:
            yield address, f"/editor?scenario={draft}&lang=en"
        store.close()


def _opening(editor: Editor, address: str) -> dict[str, Any]:
    ready = []
    for _ in range(3):
        editor.browser.get("about:blank")
        ready.append(editor.open(address))
    sizes = {
        "units": "e.model.ground.unitCount",
        "arcs": "e.model.ground.arcCount",
        "points_of_arcs": "e.model.ground.arcXy.length / 2",
        "cells": "e.model.cells.size",
        "outlets": "e.view.outlets?.kind.length ?? 0",
    }
    time.sleep(3)
    return {
        **{name: editor.run(script) for name, script in sizes.items()},
        "ready_first_ms": round(ready[0]),
        "ready_again_ms": round(statistics.median(ready[1:])),
    }


def _edits(editor: Editor, given: argparse.Namespace) -> dict[str, Any]:
    """Give a unit at a border to the cell beside it, and take it back."""
    label = np.array(editor.run("e.labels()"))
    left, right = editor.run("[[...e.model.ground.arcLeft], [...e.model.ground.arcRight]]")
    sides = np.column_stack([left, right])
    inner = sides[(sides >= 0).all(axis=1)]
    border = inner[label[inner[:, 0]] != label[inner[:, 1]]]
    centres = set(editor.run("[...e.model.cells.values()].map(cell => cell.centreUnit)"))
    border = np.random.default_rng(given.seed).permutation(border)
    pairs = [(int(one), int(other)) for one, other in border if int(one) not in centres]
    edits: list[dict[str, Any]] = []
    for unit, other in pairs[: given.edits]:
        edits.append({"kind": "move", "units": [unit], "to": int(label[other])})
        edits.append({"kind": "move", "units": [unit], "to": int(label[unit])})
    before = {kind: editor.cpu_s(kind) for kind in ("renderer", "gpu-process")}
    told = editor.submit_all(edits)
    cpu = {kind: 1000 * (editor.cpu_s(kind) - spent) / len(edits) for kind, spent in before.items()}
    return {
        "edits": len(edits),
        "edits_done": sum(one is not None for one in told["ack"]),
        "steps_done": editor.run("e.sequence"),
        "edit_script_ms": _two(told["script"]),
        "edit_renderer_cpu_ms": round(cpu["renderer"], 1),
        "edit_drawing_cpu_ms": round(cpu["gpu-process"], 1),
        "edit_pictures": told["pictures"] / len(edits),
        "ack_ms": _two(told["ack"]),
    }


def _moving(editor: Editor) -> dict[str, Any]:
    found = {}
    for kind in ("pan", "zoom"):
        editor.browser.execute_script(_FRAMES)
        before = {one: editor.cpu_s(one) for one in ("renderer", "gpu-process")}
        editor.browser.execute_async_script(_GLIDE, kind)
        spent = {one: 1000 * (editor.cpu_s(one) - cpu) for one, cpu in before.items()}
        count = max(1, editor.browser.execute_script("return window.frames_ms.length"))
        found[f"{kind}_pictures"] = count
        found[f"{kind}_frame_ms"] = _frames(editor)
        found[f"{kind}_picture_renderer_cpu_ms"] = round(spent["renderer"] / count, 1)
        found[f"{kind}_picture_drawing_cpu_ms"] = round(spent["gpu-process"] / count, 1)
    return found


def _brush(editor: Editor) -> dict[str, Any]:
    """Sweep the brush across the middle of the map."""
    cell = editor.run("e.model.shown[e.view.unitAt({x: 400, y: 400})] ?? -1")
    cell = cell if cell >= 0 else editor.run("[...e.model.cells.keys()][0]")
    editor.run(f"e.choose({cell}), e.use('brush')")
    editor.browser.execute_script(_FRAMES)
    x, y = 500.0, 500.0
    steps = []
    editor.mouse("mouseMoved", (x, y), pressed=False)
    editor.mouse("mousePressed", (x, y), pressed=True)
    for part in range(60):
        editor.run("delete e.timings.brush")
        editor.mouse("mouseMoved", (x + 5 * part, y - part), pressed=True)
        took = editor.run("e.timings.brush")
        steps += [] if took is None else [float(took)]
    editor.mouse("mouseReleased", (x + 300, y - 60), pressed=True)
    frames = _frames(editor)
    WebDriverWait(editor.browser, WAIT_S, 0.05).until(lambda _: editor.run("e.queued === 0"))
    return {
        "brush_steps": len(steps),
        "brush_step_script_ms": _two(steps),
        "brush_step_script_worst_ms": round(max(steps), 2) if steps else None,
        "brush_frame_ms": frames,
    }


def _frames(editor: Editor) -> list[float] | None:
    """Return the milliseconds between two pictures."""
    return _two(np.diff(editor.browser.execute_script("return window.frames_ms")).tolist())


def _two(values: Sequence[float | None]) -> list[float] | None:
    """Return median and 95th percentile of what was measured."""
    known = [one for one in values if one is not None]
    if not known:
        return None
    return [round(float(one), 1) for one in np.percentile(known, [50, 95])]


def _pictures(folder: Path, address: str) -> None:
    """Take pictures of the editor: the whole town and a part of it, on a desk and on a phone."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, size in {"desktop": DESKTOP, "phone": PHONE}.items():
        with chromium(size) as browser:
            editor = Editor(browser)
            editor.open(address)
            settled(browser)
            time.sleep(3)
            browser.save_screenshot(str(folder / f"{name}.png"))
            editor.run("e.choose([...e.model.cells.keys()][3]) ?? 0")
            editor.run("e.view.lookAt(e.model.members(e.chosen)) ?? 0")
            time.sleep(4)
            browser.save_screenshot(str(folder / f"{name}_cell.png"))


if __name__ == "__main__":
    main()
