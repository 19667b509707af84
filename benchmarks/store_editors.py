"""Many editors at one draft: `python -m benchmarks.store_editors --attempts 10000`.

Each reads the head, thinks, draws and commits. In `shared`, all draw anywhere; a loser must be
told cells that it touched and that somebody changed. In `own`, each keeps to cells of its own;
nobody may lose.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from benchmarks.store_case import ENGINES, OPERATOR, SquareTown, database
from benchmarks.store_editor import faults_of, processes, random_edit
from gridmap.errors import ConflictError
from gridmap.partition.rebase import touched_cells
from gridmap.store.drafts import Drafts
from gridmap.store.repository import Store
from gridmap.store.roles import Role
from gridmap.store.scope import Scope

EDITORS = 5
#: A row of cells for each editor.
TOWN = SquareTown(EDITORS, 6)
THINKING_S = 0.003


@dataclass
class Hand:
    """What one editor came to."""

    attempts: int = 0
    written: int = 0
    conflicts: int = 0
    conflicts_untold: int = 0


def editor(
    pipe: Connection, url: str, draft: int, number: int, *, attempts: int, own: bool
) -> None:
    """Make attempts at a draft and send what came of them."""
    store, hand = Store(url), Hand()
    drafts, rng = Drafts(store.engine), np.random.default_rng(number)
    scope = Scope(role=Role.PLANNER, user=f"editor {number}")
    mine = range(number * EDITORS, (number + 1) * EDITORS) if own else None
    ground = TOWN.ground()
    for attempt in range(attempts):
        head = drafts.head(scope, draft)
        plan = head.state.plan(ground)
        done = random_edit(rng, plan, mine)
        time.sleep(float(rng.uniform(0.0, THINKING_S)))
        hand.attempts += 1
        try:
            drafts.commit(
                scope, draft, plan, done, key=f"{number}-{attempt}", versions=head.versions
            )
            hand.written += 1
        except ConflictError as error:
            hand.conflicts += 1
            cells = {one.values["cell"] for one in error.faults}
            now = drafts.head(scope, draft).versions
            changed = {cell for cell in cells if now[cell] > head.versions[cell]}
            told = cells and cells <= touched_cells(plan, done.change) and cells == changed
            told = told and all(one.values["author"] != scope.user for one in error.faults)
            hand.conflicts_untold += not told
    store.close()
    pipe.send(hand)
    pipe.close()


def campaign(url: str, attempts: int, *, own: bool) -> dict[str, object]:
    """Let the editors loose on one draft and return what was seen."""
    began, context = time.perf_counter(), processes()
    store = Store(url)
    draft = TOWN.draft(store)
    started = []
    for number in range(EDITORS):
        here, there = context.Pipe(duplex=False)
        process = context.Process(
            target=editor,
            args=(there, url, draft, number),
            kwargs={"attempts": attempts // EDITORS, "own": own},
            daemon=True,
        )
        process.start()
        there.close()
        started.append((process, here))
    hands = [here.recv() for _, here in started]
    for process, here in started:
        process.join()
        here.close()
    total = {name: sum(getattr(hand, name) for hand in hands) for name in asdict(Hand())}
    found = {
        **total,
        "head": Drafts(store.engine).head(OPERATOR, draft).version.head,
        "faults": faults_of(store, draft),
        "seconds": round(time.perf_counter() - began, 1),
    }
    store.close()
    return found


def sound(found: dict[str, object], *, own: bool) -> bool:
    """Return whether the head is the sum of what was written, and every loser was told why."""
    kept = found["head"] == found["written"] and not found["faults"]
    return bool(kept and not found["conflicts_untold"] and not (own and found["conflicts"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES))
    parser.add_argument("--attempts", type=int, default=10_000)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    found: dict[str, dict[str, object]] = {}
    good = True
    for engine in given.engines:
        with database(engine) as url:
            for own in (False, True):
                name = f"{engine}, {'own' if own else 'shared'} cells"
                found[name] = campaign(url, given.attempts, own=own)
                good = good and sound(found[name], own=own)
                print(name, json.dumps(found[name]), flush=True)
    if given.out:
        given.out.write_text(json.dumps(found, indent=1) + "\n")
    sys.exit(not good)


if __name__ == "__main__":
    main()
