"""How soon pages are seen, what they weigh, and how soon the card of another cell is there.

    python -m benchmarks.page_speed [--units 20000 --cells 1000 --outlets 50000] [--changes 10]
        [--seed N]

The whole application over a database with an invented town, its scores drawn, in a headless
Chromium of 1440 by 900 pixels; server, browser and driver share the machine. For each page: seconds
until it first shows something (first contentful paint) with nothing kept by the browser and again,
and the bytes of both visits as they came over the wire. Then another cell is chosen on the card,
by typing its code and Enter, and on the page of all cells, by a click on its line: milliseconds
from the key or click until its figures are painted, and until nothing changes any more; and the
CPU time of the page's process until then.
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
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from benchmarks.editor_browser import Editor
from benchmarks.editor_server import town
from dashboards.api.workshop import workshop_of
from dashboards.app import create_app
from dashboards.ids import Card, Cells
from dashboards.state import Page
from gridmap import schemas
from gridmap.job_kinds import job_kinds
from gridmap.scenario import Scenario
from gridmap.store.repository import Store
from gridmap.store.scope import Scope
from tools.browser import DESKTOP, chromium, served, settled
from tools.visits import Visit, Visitor

PAGES = (Page.CELLS, Page.CARD, Page.ROUTES, Page.EDITOR, Page.SCENARIOS)
WARM = 5
#: What is asked of the figures: seconds, bytes, bytes, milliseconds.
FIRST_PAINT_S, FIRST_VISIT_BYTES, SECOND_VISIT_BYTES, CHANGE_MS = 0.5, 2_500_000, 200_000, 500.0

#: Notes when a key or click chose, when the words of the cell stood there, and the last change.
_WATCH = """
const [trigger, place, code] = arguments;
window.watched = {start: null, shown: null, last: null};
const note = () => { if (window.watched.start === null) window.watched.start = performance.now(); };
document.addEventListener(trigger, event => {
  if (trigger !== 'keydown' || event.key === 'Enter') note();
}, {capture: true, once: trigger !== 'keydown'});
window.watcher?.disconnect();
window.watcher = new MutationObserver(() => {
  if (window.watched.start === null) return;
  window.watched.last = performance.now();
  if (window.watched.shown !== null) return;
  if (document.querySelector(place)?.textContent.startsWith(code)) {
    requestAnimationFrame(() => setTimeout(() => { window.watched.shown ??= performance.now(); }));
  }
});
window.watcher.observe(document.body, {childList: true, subtree: true, characterData: true,
  attributes: true});
"""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--units", type=int, default=20_000)
    parser.add_argument("--cells", type=int, default=1000)
    parser.add_argument("--outlets", type=int, default=50_000)
    parser.add_argument("--no-pages", dest="pages", action="store_false", help="changes only")
    parser.add_argument("--changes", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    print(f"{platform.machine()}, load {os.getloadavg()[0]:.1f}, {vars(given)}")
    with _service(given) as (address, draft), chromium(DESKTOP) as browser:
        visitor = Visitor(browser, address, "scenario=1&cell=1", drawn=f"scenario={draft}")
        for page in PAGES if given.pages else ():
            visitor.see(Visit(page))  # what the server makes once, it has made
            print(json.dumps({"page": page.value, **_visits(visitor, page)}))
        rng = np.random.default_rng(given.seed)
        codes = [
            f"C{number:04d}" for number in 1 + rng.choice(given.cells, given.changes, replace=False)
        ]
        print(json.dumps({"change": "card", **_changes_on_card(visitor, codes)}))
        print(json.dumps({"change": "cells", **_changes_on_cells(visitor, given.changes)}))
    wanted = {"first_paint_s": FIRST_PAINT_S, "first_visit_bytes": FIRST_VISIT_BYTES,
              "second_visit_bytes": SECOND_VISIT_BYTES, "change_ms": CHANGE_MS}  # fmt: skip
    print(json.dumps({"wanted": wanted, "load": round(os.getloadavg()[0], 1)}))


@contextmanager
def _service(given: argparse.Namespace) -> Iterator[tuple[str, int]]:
    """Serve the town; gives the address and the number of a draft."""
    territory, scenario = town(given.units, given.cells, given.outlets, given.seed)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{(Path(folder) / 'plans.db').as_posix()}")
        plan = store.save(Scope.everything(), territory, scored(scenario, given.seed))
        work = workshop_of(store.engine, job_kinds(), Path(folder) / "files")
        draft = work.drafts.open(Scope.everything(), plan)
        with served(create_app(store, work=work).server) as address:
            yield address, draft
        store.close()


def scored(scenario: Scenario, seed: int) -> Scenario:
    """Return a scenario with invented scores: both scores with bands, and coverage on foot."""
    rng = np.random.default_rng(seed)
    k = len(scenario.cells)
    score = {name: rng.uniform(20.0, 90.0, k) for name in ("position_score", "coverage_score")}
    metrics: dict[str, np.ndarray] = {**score}
    for name in score:
        metrics[name.replace("_score", "_data_coverage")] = rng.uniform(0.5, 1.0, k)
    metrics |= {"hhi": rng.uniform(1000, 9000, k), "expected_share": rng.uniform(0, 1, k)}
    for minutes in (5, 10, 15):
        for key in ("coverage_own", "coverage_partner", "coverage_ours", "coverage_rival",
                    "blind_share", "duplicate_share", "contested"):  # fmt: skip
            metrics[f"{key}_walk_{minutes}"] = rng.uniform(0, minutes / 15, k)
    rows = []
    for name, value in metrics.items():
        banded = name in score
        rank = pd.Series(value).rank(ascending=False).to_numpy()
        rows.append(
            pd.DataFrame(
                {
                    "cell_id": scenario.cells["cell_id"].to_numpy(),
                    "metric": name,
                    "value": value,
                    "numerator": np.nan,
                    "denominator": np.nan,
                    "n": 24,
                    "p05": value - 4 if banded else np.nan,
                    "p95": value + 4 if banded else np.nan,
                    "rank_low": np.maximum(1, rank - 20) if banded else np.nan,
                    "rank_high": np.minimum(k, rank + 20) if banded else np.nan,
                    "note": "",
                }
            )
        )
    quadrant = rng.choice(["leader", "contested", "challenger", "low_priority"], k)
    cells = scenario.cells.assign(**score, quadrant=quadrant)
    return replace(scenario, cells=cells, scores=schemas.SCORES.validate(pd.concat(rows)))


def _visits(visitor: Visitor, page: Page) -> dict[str, Any]:
    """Return paint and bytes of a visit with nothing kept, and of those after it."""
    browser = visitor.browser
    browser.get("about:blank")
    browser.execute_cdp_cmd("Network.clearBrowserCache", {})
    found = [_visit(visitor, page) for _ in range(1 + WARM)]
    paints = [one[0] for one in found]
    return {
        "first_paint_cold_s": round(paints[0], 2),
        "first_paint_warm_s": round(statistics.median(paints[1:]), 2),
        "first_paint_warm_least_s": round(min(paints[1:]), 2),
        "first_visit_kb": round(found[0][1] / 1000),
        "second_visit_kb": round(found[1][1] / 1000),
    }


def _visit(visitor: Visitor, page: Page) -> tuple[float, int]:
    """Return seconds until a page showed something, and the bytes of the visit."""
    browser = visitor.browser
    browser.get("about:blank")
    browser.get_log("performance")
    visitor.see(Visit(page))
    if page is Page.EDITOR:
        _wait(browser, "document.querySelector('.gm-editor')?.dataset.state === 'ready'")
    script = "return performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000"
    painted = float(browser.execute_script(script))
    messages = [json.loads(one["message"])["message"] for one in browser.get_log("performance")]
    done = [one["params"] for one in messages if one["method"] == "Network.loadingFinished"]
    return painted, int(sum(one["encodedDataLength"] for one in done))


def _changes_on_card(visitor: Visitor, codes: Sequence[str]) -> dict[str, Any]:
    visitor.see(Visit(Page.CARD))
    browser, found = visitor.browser, []
    for code in codes:
        field = browser.find_element(By.ID, Card.CELL)
        field.click()
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(code)
        options = "[...document.querySelectorAll('[role=option]')].filter(o => o.checkVisibility())"
        _wait(browser, f"{options}[0]?.textContent.startsWith('{code}')")
        field.send_keys(Keys.ARROW_DOWN)
        browser.execute_script(_WATCH, "keydown", f"#{Card.BODY} h2", code)
        before = Editor(browser).cpu_s()
        field.send_keys(Keys.ENTER)
        found.append((*_watched(browser), 1000 * (Editor(browser).cpu_s() - before)))
    return _summary(found)


def _changes_on_cells(visitor: Visitor, count: int) -> dict[str, Any]:
    visitor.see(Visit(Page.CELLS))
    browser, found = visitor.browser, []
    table = browser.find_element(By.ID, Cells.TABLE)
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", table)
    for turn in range(count):
        line = f"#{Cells.TABLE} [row-index='{2 + turn % 9}'] [col-id='code']"
        _wait(browser, f'document.querySelector("{line}")')
        cell = browser.find_element(By.CSS_SELECTOR, line)
        browser.execute_script(_WATCH, "mousedown", f"#{Cells.PREVIEW} strong", cell.text)
        before = Editor(browser).cpu_s()
        cell.click()
        found.append((*_watched(browser), 1000 * (Editor(browser).cpu_s() - before)))
    return _summary(found)


def _watched(browser: Any) -> tuple[float, float]:
    """Return milliseconds until the cell was shown, and until the page came to rest."""
    _wait(browser, "window.watched.shown !== null")
    _wait(browser, "performance.now() - window.watched.last > 700")
    settled(browser)
    told = browser.execute_script("return window.watched")
    return told["shown"] - told["start"], told["last"] - told["start"]


def _summary(found: Sequence[tuple[float, float, float]]) -> dict[str, Any]:
    shown, rest, cpu = zip(*found, strict=True)
    return {
        "n": len(found),
        "shown_ms": round(statistics.median(shown)),
        "shown_worst_ms": round(max(shown)),
        "at_rest_ms": round(statistics.median(rest)),
        "at_rest_worst_ms": round(max(rest)),
        "renderer_cpu_ms": round(statistics.median(cpu)),
    }


def _wait(browser: Any, condition: str, seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not browser.execute_script(f"return Boolean({condition})"):
        if time.monotonic() > until:
            raise TimeoutError(condition)
        time.sleep(0.05)


if __name__ == "__main__":
    main()
