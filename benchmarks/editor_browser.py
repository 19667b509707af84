"""What the map editor costs in the browser, on an invented draft of a whole city.

20,000 units, 60,000 border lines, 1,000 cells and 50,000 outlets, in a headless Chromium that draws
without a graphics card. Milliseconds of a shared machine are noisy: medians are printed, and CPU
time beside them: that of the page's own process with all its threads, and that of the process which
stands in for the graphics card. Edits are asked for and awaited within the page, a second apart, as
a driver that asks again and again would be counted, too; what an idle page takes in that second is
printed beside them and not taken off.

    python -m benchmarks.editor_browser
    python -m benchmarks.editor_browser --gestures 500
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np
from selenium.webdriver.support.ui import WebDriverWait

import dashboards
from benchmarks.editor_mock import InventedGround, MockDraft, mock_app
from tools.browser import DESKTOP, chromium, served

WAIT_S = 120
EDITS = 20
UNITS_AN_EDIT = 500
REST_MS = 1000

#: Submits edits one after the other, each once the last is answered and drawn; gives milliseconds.
_EDITS = """
const [edits, rest, done] = arguments;
const editor = document.querySelector('.gm-editor').editor;
const pause = ms => new Promise(go => setTimeout(go, ms));
const found = {script: [], ack: [], pictures: 0};
const count = () => found.pictures++;
editor.view.map.on('render', count);
(async () => {
  for (const edit of edits) {
    const until = performance.now() + rest;
    delete editor.timings.edit;
    delete editor.timings.ack;  // a refused edit has neither
    editor.submit(edit);
    found.script.push(editor.timings.edit);
    while (editor.queued || editor.session.sending) await pause(20);
    found.ack.push(editor.timings.ack);
    await pause(Math.max(0, until - performance.now()));
  }
  editor.view.map.off('render', count);
  done(found);
})();
"""


def main() -> None:
    """Print all figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gestures", type=int, default=0, help="random gestures, then compare")
    asked = parser.parse_args()
    ground = InventedGround(columns=160, rows=125, n_cells=1000, n_outlets=50_000)
    draft = MockDraft(ground)
    found: dict[str, Any] = {
        "units": ground.n_units,
        "arcs": len(ground.arc_left),
        "cells": len(draft.centre),
        "outlets": ground.n_outlets,
        "script_gzip_kb": _gzip_kb("gridmap_editor.min.js"),
    }
    with served(mock_app(draft).server) as address, chromium(DESKTOP) as browser:
        editor = Editor(browser)
        found |= _opening(editor, address)
        found |= _edits(editor, draft)
        found |= _sweep(editor, draft)
        found |= _reverts(editor, draft)
        found["heap_mb"] = editor.heap_mb()
        if asked.gestures:
            found |= _random_gestures(editor, draft, asked.gestures)
    print(json.dumps(found, indent=2))


class Editor:
    """The editor of an open page."""

    def __init__(self, browser: Any) -> None:
        self.browser = browser

    def open(self, address: str) -> float:
        """Open the page; return the milliseconds from asking for it to a usable editor."""
        self.browser.get(address)
        ready = "return document.querySelector('.gm-editor')?.dataset.state === 'ready'"
        WebDriverWait(self.browser, WAIT_S, 0.05).until(lambda one: one.execute_script(ready))
        return float(self.timing("readyAt"))

    def run(self, script: str) -> Any:
        """Return the value of an expression in which `e` is the editor."""
        begin = "const e = document.querySelector('.gm-editor').editor; return "
        return self.browser.execute_script(begin + script)

    def timing(self, name: str) -> float:
        """Return the last milliseconds of a name."""
        return float(self.run(f"e.timings[{json.dumps(name)}]"))

    def submit(self, edit: dict[str, Any]) -> None:
        """Do an edit and wait for the server's answer."""
        self.run(f"e.submit({json.dumps(edit)})")
        WebDriverWait(self.browser, WAIT_S, 0.02).until(lambda _: self.run("e.queued === 0"))

    def submit_all(self, edits: list[dict[str, Any]]) -> dict[str, Any]:
        """Do edits a second apart; return what each took, and how often the map was drawn."""
        self.browser.set_script_timeout(WAIT_S)
        return dict(self.browser.execute_async_script(_EDITS, edits, REST_MS))

    def cpu_s(self, kind: str = "renderer") -> float:
        """Return the CPU seconds of the page's process so far, or of another kind of process."""
        return sum(_cpu_s(pid) for pid in _processes(self.browser.service.process.pid, kind))

    def heap_mb(self) -> float:
        """Return the size of what is alive on the heap."""
        self.browser.execute_cdp_cmd("HeapProfiler.collectGarbage", {})
        used = self.browser.execute_cdp_cmd("Runtime.getHeapUsage", {})["usedSize"]
        return round(float(used) / 1e6, 1)

    def mouse(self, kind: str, place: tuple[float, float], *, pressed: bool) -> None:
        """Move, press or release the left button at a place of the window."""
        x, y = place
        button = "left" if pressed or kind != "mouseMoved" else "none"
        event = {"type": kind, "x": x, "y": y, "button": button, "clickCount": 1}
        held = int(pressed and kind != "mouseReleased")
        self.browser.execute_cdp_cmd("Input.dispatchMouseEvent", {**event, "buttons": held})

    def place_of(self, unit: int) -> tuple[float, float]:
        """Return where a unit lies in the window."""
        place = self.run(f"e.placeOf({unit})")
        return float(place["x"]), float(place["y"])


def _opening(editor: Editor, address: str) -> dict[str, Any]:
    opened, own = [], []
    for _ in range(3):
        editor.browser.get("about:blank")
        opened.append(editor.open(address))
        own.append(editor.timing("ready"))
    return {
        "ready_ms_from_navigation": round(statistics.median(opened)),
        "ready_ms_from_script": round(statistics.median(own)),
    }


def _edits(editor: Editor, draft: MockDraft) -> dict[str, Any]:
    """Give 500 units to one cell and to another, again and again."""
    centres = set(draft.centre.values())
    start = draft.ground.n_units // 2
    units = [unit for unit in range(start, start + 600) if unit not in centres][:UNITS_AN_EDIT]
    cells = list(draft.centre)[:2]
    editor.submit({"kind": "move", "units": units, "to": cells[1]})
    time.sleep(1)
    before = {kind: editor.cpu_s(kind) for kind in ("renderer", "gpu-process")}
    time.sleep(EDITS * REST_MS / 1000)
    idle = editor.cpu_s() - before["renderer"]
    before = {kind: editor.cpu_s(kind) for kind in before}
    found = editor.submit_all(
        [{"kind": "move", "units": units, "to": cells[turn % 2]} for turn in range(EDITS)]
    )
    cpu = {kind: 1000 * (editor.cpu_s(kind) - spent) / EDITS for kind, spent in before.items()}
    return {
        "edit_500_script_ms": round(statistics.median(found["script"]), 1),
        "edit_500_renderer_cpu_ms": round(cpu["renderer"], 1),
        "edit_500_drawing_cpu_ms": round(cpu["gpu-process"], 1),
        "edit_500_pictures": found["pictures"] / EDITS,
        "idle_renderer_cpu_ms_a_second": round(1e6 * idle / EDITS / REST_MS, 1),
        "ack_ms": round(statistics.median(found["ack"]), 1),
    }


def _sweep(editor: Editor, draft: MockDraft) -> dict[str, Any]:
    """Sweep the brush over the city and back."""
    editor.run(f"e.choose({next(iter(draft.centre))}), e.use('brush')")
    width, height = draft.ground.columns, draft.ground.rows
    from_x, from_y = editor.place_of(width * (height // 3) + 10)
    to_x, to_y = editor.place_of(width * (2 * height // 3) - 10)
    steps = []
    editor.mouse("mouseMoved", (from_x, from_y), pressed=False)
    editor.mouse("mousePressed", (from_x, from_y), pressed=True)
    for part in range(1, 101):
        place = from_x + (to_x - from_x) * part / 100, from_y + (to_y - from_y) * part / 100
        editor.mouse("mouseMoved", place, pressed=True)
        steps.append(editor.timing("brush"))
    editor.mouse("mouseReleased", (to_x, to_y), pressed=True)
    WebDriverWait(editor.browser, WAIT_S, 0.05).until(lambda _: editor.run("e.queued === 0"))
    return {
        "brush_step_script_ms": round(statistics.median(steps), 2),
        "brush_step_script_worst_ms": round(max(steps), 2),
        "brush_units": int(sum(map(len, draft.steps[-1]["moved"].values()))),
    }


def _reverts(editor: Editor, draft: MockDraft) -> dict[str, Any]:
    """Let the server refuse."""
    draft.refusal = "The benchmark refuses."
    cells = list(draft.centre)
    centres = set(draft.centre.values())
    took = []
    for turn in range(10):
        units = [unit for unit in range(500 * turn, 500 * turn + 500) if unit not in centres]
        editor.run("delete e.timings.revert")
        editor.submit({"kind": "move", "units": units, "to": cells[-1 - turn]})
        WebDriverWait(editor.browser, WAIT_S, 0.02).until(
            lambda _: editor.run("'revert' in e.timings")
        )
        took.append(editor.timing("revert"))
    draft.refusal = ""
    same = editor.run("e.labels()") == draft.label.tolist()
    return {"revert_ms": round(statistics.median(took), 1), "reverted_to_the_server": same}


def _random_gestures(editor: Editor, draft: MockDraft, count: int) -> dict[str, Any]:
    """Do random gestures; browser and server must agree on every unit and every total."""
    rng = np.random.default_rng(3)
    for _ in range(count):
        editor.submit(random_edit(rng, draft))
    return {"gestures": count, **agreement(editor, draft)}


def random_edit(rng: np.random.Generator, draft: MockDraft) -> dict[str, Any]:
    """Return an edit somewhere in a draft; not every one keeps the rules."""
    ground = draft.ground
    cells = list(draft.centre)
    cell = int(rng.choice(cells))
    degrees = (ground.inner_xy * 1e-6 + [126.55, 45.70]).tolist()
    unit = draft.centre[cell]
    near = np.clip(unit + rng.integers(-400, 400, 3), 0, ground.n_units - 1).tolist()
    kinds = ["move", "brush", "lasso", "split", "merge", "shift", "lock", "close_cell"]
    kind = str(rng.choice(kinds))
    neighbour = int(rng.choice(draft.neighbours(cell)))
    choices: dict[str, dict[str, Any]] = {
        "move": {"kind": "move", "units": sorted(set(near)), "to": cell},
        "brush": {"kind": "brush", "to": cell, "radius_m": 300, "stroke": [degrees[unit]]},
        "lasso": {
            "kind": "brush",
            "to": cell,
            "radius_m": 0,
            "stroke": [degrees[one] for one in near],
        },
        "split": {"kind": "split", "cell": cell, "line": [degrees[one] for one in near[:2]]},
        "merge": {"kind": "merge", "keep": cell, "gone": neighbour},
        "shift": {"kind": "shift", "giver": neighbour, "taker": cell, "metres": 200},
        "lock": {"kind": "lock", "cells": [cell], "units": [], "on": bool(rng.random() < 0.5)},
        "close_cell": {"kind": "close_cell", "cell": cell},
    }
    return choices[kind]


def agreement(editor: Editor, draft: MockDraft) -> dict[str, bool]:
    """Return whether browser and server have the same plan and the same totals."""
    shown = {int(cell): values for cell, values in editor.run("e.totals()").items()}
    kept = draft.totals()
    close = shown.keys() == kept.keys() and all(
        abs(one - other) <= 1e-6 * max(1.0, abs(other))
        for cell, values in kept.items()
        for one, other in zip(shown[cell], values, strict=True)
    )
    return {"same_units": editor.run("e.labels()") == draft.label.tolist(), "same_totals": close}


def _gzip_kb(name: str) -> float:
    script = Path(dashboards.__file__).parent / "map_editor" / name
    return round(len(gzip.compress(script.read_bytes(), 6)) / 1000, 1)


def _processes(root: int, kind: str) -> list[int]:
    """Return the processes under `root` of a kind that Chromium names."""
    parents: dict[int, int] = {}
    kinds: dict[int, bytes] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            kinds[int(entry.name)] = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        parents[int(entry.name)] = int(stat[1])
    found = []
    for pid, command in kinds.items():
        above = pid
        while above in parents and above != root:
            above = parents[above]
        if above == root and f"--type={kind}".encode() in command:
            found.append(pid)
    return found


def _cpu_s(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / float(os.sysconf("SC_CLK_TCK"))


if __name__ == "__main__":
    main()
