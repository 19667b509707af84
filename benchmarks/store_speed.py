"""Speed of the store: edits of 500 units, drafts of 50,000: `python -m benchmarks.store_speed`.

Edits go to and fro between two cells; each is drawn and checked first and only its commit timed.
The comparison reads the same assignment from a table with one row a unit.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import sqlalchemy as sa

from benchmarks.store_case import ENGINES, OPERATOR, SquareTown, database
from gridmap.partition.edit import redraw
from gridmap.partition.edits import Move
from gridmap.store.drafts import Drafts
from gridmap.store.engine import reading, writing
from gridmap.store.repository import Store
from gridmap.store.scope import Scope

#: 49 cells of 32 × 32 squares: 50,176 units. Half a cell is 512 units.
TOWN = SquareTown(7, 32)
LIMITS_MS = {"sqlite": 5.0, "postgresql": 15.0}
LOAD_LIMIT_MS = 30.0
RATIO_LIMIT = 0.3

_rows = sa.Table(
    "assignment_row",
    sa.MetaData(),
    sa.Column("scenario_id", sa.Integer, primary_key=True),
    sa.Column("unit_id", sa.Integer, primary_key=True),
    sa.Column("cell_id", sa.Integer, nullable=False),
)


def measure(url: str, engine: str, *, commits: int, loads: int) -> dict[str, float]:
    """Return medians and 95th percentiles of one engine in milliseconds.

    Wall clock, and beside it the processor time of our own process, which other work on the
    machine does not lengthen (a PostgreSQL server's is not in it).
    """
    store = Store(url)
    draft = TOWN.draft(store)
    drafts, ground = Drafts(store.engine), TOWN.ground()
    plan = drafts.head(OPERATOR, draft).state.plan(ground)
    versions = dict(drafts.head(OPERATOR, draft).versions)
    mine = plan.members(0)
    half = tuple(int(unit) for unit in mine if unit // TOWN.side > TOWN.units_a_side // 2)
    half += tuple(int(unit) for unit in mine if unit // TOWN.side == TOWN.units_a_side // 2)[17:]
    commit_ms, cpu_ms, to = [], [], TOWN.cells_a_side
    for number in range(commits):
        done = redraw(plan, Move(half, to))
        start, cpu = time.perf_counter(), time.process_time()
        answer = drafts.commit(OPERATOR, draft, plan, done, key=str(number), versions=versions)
        commit_ms.append(1e3 * (time.perf_counter() - start))
        cpu_ms.append(1e3 * (time.process_time() - cpu))
        versions |= answer.versions
        plan, to = done.plan, TOWN.cells_a_side if to == 0 else 0
    began = time.process_time()
    load_ms = _timed(lambda: drafts.head(OPERATOR, draft), loads)
    load_cpu_ms = 1e3 * (time.process_time() - began) / loads
    with writing(store.engine, Scope.everything()) as connection:
        _rows.create(connection)
        label = plan.label.tolist()
        connection.execute(
            sa.insert(_rows),
            [
                {"scenario_id": draft, "unit_id": unit, "cell_id": cell}
                for unit, cell in enumerate(label)
            ],
        )
    row_ms = _timed(lambda: _read_rows(store, draft), loads)
    assert np.array_equal(_read_rows(store, draft), drafts.head(OPERATOR, draft).state.label)
    store.close()
    return {
        "units": ground.n_units,
        "units_an_edit": len(half),
        "commits": commits,
        "commit_p50_ms": float(np.median(commit_ms)),
        "commit_p95_ms": float(np.quantile(commit_ms, 0.95)),
        "commit_cpu_p50_ms": float(np.median(cpu_ms)),
        "commit_limit_ms": LIMITS_MS[engine],
        "edits_after_snapshot": commits % 64,
        "load_p50_ms": float(np.median(load_ms)),
        "load_cpu_mean_ms": load_cpu_ms,
        "load_limit_ms": LOAD_LIMIT_MS,
        "rows_p50_ms": float(np.median(row_ms)),
        "load_to_rows": float(np.median(load_ms) / np.median(row_ms)),
        "ratio_limit": RATIO_LIMIT,
    }


def _read_rows(store: Store, draft: int) -> np.ndarray:
    query = sa.select(_rows.c.unit_id, _rows.c.cell_id).where(_rows.c.scenario_id == draft)
    with reading(store.engine, Scope.everything()) as connection:
        pairs = np.array(connection.execute(query).all(), dtype=np.int32)
    label = np.empty(len(pairs), dtype=np.int32)
    label[pairs[:, 0]] = pairs[:, 1]
    return label


def _timed(action: Callable[[], object], times: int) -> list[float]:
    found = []
    for _ in range(times):
        start = time.perf_counter()
        action()
        found.append(1e3 * (time.perf_counter() - start))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES))
    parser.add_argument("--commits", type=int, default=351)
    parser.add_argument("--loads", type=int, default=41)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    found = {}
    for engine in given.engines:
        with database(engine) as url:
            found[engine] = measure(url, engine, commits=given.commits, loads=given.loads)
        print(engine, json.dumps(found[engine], indent=1))
    if given.out:
        given.out.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
