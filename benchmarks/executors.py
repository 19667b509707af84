"""Plan a region everywhere: serial, threads, processes, Dask, and Dask with two workers killed.

    python -m benchmarks.executors --towns 3 --own 4 --out benchmarks/results/executors.csv

The region is of invented towns (`geodata.synthetic.write_town`), each moved beside the other by
name only: they have nothing in common. Every plan must be the same, byte for byte, wherever it was
made; what is compared is the hash of all tables, labels and lines of all plans.
"""

from __future__ import annotations

import argparse
import csv
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import shapely

from geodata.project import load_project
from geodata.synthetic import write_town
from gridmap.jobs.contents import content_hash
from gridmap.jobs.executor import Dask, Executor, Processes, Serial, Threads
from gridmap.planning import make_plan
from gridmap.region import Asked, plan_one
from gridmap.scenario import Scenario

#: A worker works for so long before it is killed.
HEADSTART_S = 0.3


def digest(scenario: Scenario) -> str:
    """Return the hash of all that is in a plan but its timings."""
    report = {key: one for key, one in scenario.report.items() if key != "timings_s"}
    return content_hash(
        scenario.partition.label,
        scenario.cells,
        scenario.routes,
        scenario.stops,
        scenario.scores,
        shapely.to_wkb(scenario.route_lines),
        scenario.notices,
        report,
    )


def invented_region(folder: Path, asked: argparse.Namespace) -> list[Asked]:
    region = []
    for number in range(asked.towns):
        place = folder / f"town{number}"
        project = write_town(place, blocks=25 * asked.own, own=asked.own, seed=asked.seed + number)
        territory, request = load_project(project)
        routing = request.routing.model_copy(update={"iterations": asked.iterations})
        region.append(Asked(territory, request.model_copy(update={"routing": routing})))
    return region


def by_territory(region: list[Asked], executor: Executor, seed: int) -> list[str]:
    """Return the hash of each plan; the parts are whole territories."""
    from functools import partial

    found = dict(executor.answers(partial(plan_one, seed=seed), region))
    return [digest(found[number]) for number in range(len(region))]


def by_cell(region: list[Asked], executor: Executor, seed: int) -> list[str]:
    """Return the hash of each plan; the parts are the cells of one territory after the other."""
    return [
        digest(make_plan(one.territory, one.request, seed=seed, executor=executor))
        for one in region
    ]


class Killer:
    """Kills workers of a cluster while they work, one after the other."""

    def __init__(self, client: Any, kills: int) -> None:
        self._client = client
        self._kills = kills
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.killed: list[int] = []

    def __enter__(self) -> Killer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while len(self.killed) < self._kills and not self._over.wait(HEADSTART_S):
            pids = self._client.run(os.getpid)
            busy = [worker for worker, parts in self._client.processing().items() if parts]
            fresh = [pids[one] for one in busy if pids.get(one, 0) not in (0, *self.killed)]
            if fresh:
                os.kill(fresh[0], signal.SIGKILL)
                self.killed.append(fresh[0])
                print(f"killed process {fresh[0]} of a busy worker", flush=True)


def main() -> None:
    import distributed

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--towns", type=int, default=3)
    parser.add_argument("--own", type=int, default=4)
    parser.add_argument("--iterations", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--short", action="store_true", help="serial and Dask by territory only")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    rows = []
    with (
        tempfile.TemporaryDirectory() as name,
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        region = invented_region(Path(name), asked)
        expected: list[str] = []

        def tell(what: str, parts: str, run: Callable[[], list[str]], kills: int = 0) -> None:
            begun = time.perf_counter()
            with Killer(client, kills) as killer:
                found = run()
            seconds = time.perf_counter() - begun
            expected.extend(found if not expected else ())
            row = {
                "executor": what,
                "parts": parts,
                "workers_killed": len(killer.killed),
                "wall_s": round(seconds, 1),
                "same": found == expected and len(killer.killed) == kills,
            }
            print(row, flush=True)
            rows.append(row)

        tell("serial", "cells", lambda: by_cell(region, Serial(), asked.seed))
        if not asked.short:
            tell("threads", "cells", lambda: by_cell(region, Threads(2), asked.seed))
            tell("processes", "cells", lambda: by_cell(region, Processes(2), asked.seed))
            tell("dask", "cells", lambda: by_cell(region, Dask(client), asked.seed))
            tell("processes", "territories", lambda: by_territory(region, Processes(2), asked.seed))
        tell("dask", "territories", lambda: by_territory(region, Dask(client), asked.seed))
        # Nobody holds the answers any more, so the cluster has forgotten them.
        tell("dask", "territories", lambda: by_territory(region, Dask(client), asked.seed), 2)
    if asked.out:
        with asked.out.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    if not all(row["same"] for row in rows):
        raise SystemExit("the plans differ, or fewer workers were killed than should be")


if __name__ == "__main__":
    main()
