"""How fast the editor's routes answer, with nobody's browser in between.

    python -m benchmarks.editor_server [--units 20000 --cells 1000 --outlets 50000]
        [--gestures 200] [--seed N]

A town is made up: uneven quadrangles with bent sides, cells grown around own outlets, visited
partners at random, no streets. It is saved, and a draft of it redrawn through the application as a
browser asks it to: brush strokes, short and wide ones, locks, undo. A colleague at another process
of the service is played by a second application over the same database that draws in turn.
Prints milliseconds of CPU time and of the clock, bytes for a changed unit, and whether both
browsers have the same cells in the end.
"""

from __future__ import annotations

import argparse
import gzip
import json
import platform
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from flask.testing import FlaskClient
from pyproj import Transformer

from benchmarks.coverages import quadrangles
from benchmarks.redraw import grown
from dashboards.api.workshop import workshop_of
from dashboards.app import create_app
from dashboards.map_editor.container import decoded
from gridmap import schemas
from gridmap.job_kinds import job_kinds
from gridmap.partition.ground import Ground, Reach, build_ground
from gridmap.partition.partition import Balance, Partition
from gridmap.policies import PartitionPolicy, PlanRequest
from gridmap.scenario import Scenario
from gridmap.store.repository import Store
from gridmap.store.scope import Scope
from gridmap.territory import Adjacency, Territory, Units

#: Milliseconds that the 95th percentile of each kind of request must keep.
LIMITS_MS = {"edit": 100.0, "undo": 100.0, "lock": 100.0, "quiet": 5.0}
CRS, ORIGIN = "EPSG:32635", (385_000.0, 6_671_000.0)
GRADES = "ABC"


def town(
    n_units: int, k: int, n_outlets: int, seed: int, *, spare: int = 0
) -> tuple[Territory, Scenario]:
    """Return an invented territory and a plan of it without routes.

    There are `k` cells around own outlets, and `spare` own outlets more.
    """
    n_own = k + spare
    rng = np.random.default_rng(seed)
    polygons = shapely.transform(quadrangles(n_units, seed), lambda xy: xy + ORIGIN)
    middle = shapely.get_coordinates(shapely.point_on_surface(polygons))
    ground = build_ground(
        polygons, weights=np.ones((len(polygons), 1)), reach=Reach({}), own_xy=middle[:0]
    )
    own = rng.choice(len(polygons), n_own, replace=False)
    unit = np.append(own, rng.integers(0, len(polygons), n_outlets - n_own))
    outlets = pd.DataFrame(
        {
            "outlet_id": [f"o{one}" for one in range(n_outlets)],
            "name": [f"Outlet {one}" for one in range(n_outlets)],
            "ownership": ["own"] * n_own + ["partner"] * (n_outlets - n_own),
            "operator": "Invented",
            "kind": "shop",
            "grade": [""] * n_own + [GRADES[one % 3] for one in range(n_outlets - n_own)],
            "grade_source": [""] * n_own + ["invented"] * (n_outlets - n_own),
            "visited": [False] * n_own + [True] * (n_outlets - n_own),
            "potential": 1.0,
            "x": middle[unit, 0],
            "y": middle[unit, 1],
            "unit": unit,
            "snap_distance_m": 0.0,
        }
    )
    demand = pd.DataFrame(
        {
            "demand_id": [f"d{one}" for one in range(len(polygons))],
            "weight": rng.integers(1, 100, len(polygons)).astype(float),
            "x": middle[:, 0],
            "y": middle[:, 1],
            "unit": np.arange(len(polygons)),
        }
    )
    territory = Territory(
        name="Invented Town",
        crs=CRS,
        boundary=shapely.coverage_union_all(polygons),
        units=Units(polygons, np.zeros(len(polygons), np.int64), np.zeros(len(polygons), bool),
                    _adjacency(ground), 0.01),
        outlets=schemas.OUTLETS.validate(outlets),
        demand=schemas.DEMAND.validate(demand),
        networks={},
        invented=("all",),
    )  # fmt: skip
    return territory, _scenario(territory, grown(ground, own[:k]), k)


def _adjacency(ground: Ground) -> Adjacency:
    first = np.repeat(np.arange(ground.n_units), np.diff(ground.indptr))
    once = first < ground.indices
    none = np.zeros(int(once.sum()))
    return Adjacency(
        first=first[once],
        second=ground.indices[once],
        shared_m=ground.shared_nm[once] / 1e9,
        river_m=none,
        rail_m=none,
        motorway_m=none,
        admin_m=none,
        crossings=np.zeros(len(none), dtype=np.int64),
    )


def _scenario(territory: Territory, label: np.ndarray, k: int) -> Scenario:
    weight = np.bincount(label, territory.demand["weight"], k)
    minutes = np.zeros(k)
    cells = pd.DataFrame(
        {
            "cell_id": np.arange(1, k + 1),
            "code": [f"C{one + 1:04d}" for one in range(k)],
            "name": [f"Outlet {one}" for one in range(k)],
            "centre_outlet_id": [f"o{one}" for one in range(k)],
            "manager": [f"Manager {one}" for one in range(k)],
            "area_m2": 1.0,
            "compactness": 0.5,
            "routes": 0,
            "visit_minutes_per_day": 0.0,
            "position_score": np.nan,
            "coverage_score": np.nan,
            "quadrant": "unknown",
            "demand": weight,
            "visit_minutes": minutes,
        }
    )
    return Scenario(
        territory_hash=territory.content_hash,
        request=PlanRequest(partition=PartitionPolicy(workloads=("demand", "visit_minutes"))),
        seed=0,
        partition=Partition(
            centre=np.arange(k),
            label=label,
            balances=(Balance("demand", weight, tolerance=0.05), Balance("visit_minutes", minutes)),
            travel_cost=0.0,
        ),
        cells=cells,
        routes=schemas.ROUTES.validate(_no_rows(schemas.ROUTES)),
        stops=schemas.STOPS.validate(_no_rows(schemas.STOPS)),
        scores=schemas.SCORES.validate(_no_rows(schemas.SCORES)),
        route_lines=np.empty(0, dtype=object),
    )


def _no_rows(schema: Any) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=str(column.dtype))
                         for name, column in schema.columns.items()})  # fmt: skip


@dataclass(eq=False)
class Editor:
    """A browser at a draft, played.

    Attributes
    ----------
    client
        Asks a service.
    base
        Address of the draft.
    spent
        Milliseconds of CPU time and of the clock by kind of request.
    """

    client: FlaskClient
    base: str
    rng: np.random.Generator
    spent: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    bytes_per_unit: list[float] = field(default_factory=list)
    label: np.ndarray = field(default_factory=lambda: np.empty(0))
    versions: dict[int, int] = field(default_factory=dict)
    sequence: int = 0
    keys: Iterator[int] = field(default_factory=lambda: iter(range(10**9)))

    def timed(self, kind: str, method: str, path: str, body: Any = None) -> Any:
        """Ask, and note how long it took."""
        cpu, clock = time.process_time(), time.perf_counter()
        answer = self.client.open(
            f"{self.base}/{path}", method=method, json=body,
            headers={"Accept-Encoding": "gzip"},
        )  # fmt: skip
        took = (time.process_time() - cpu) * 1e3, (time.perf_counter() - clock) * 1e3
        self.spent.setdefault(f"{kind} {answer.status_code}", []).append(took)
        return answer

    def load(self, kind: str = "state") -> None:
        """Fetch the state."""
        header, arrays = decoded(gzip.decompress(self.timed(kind, "GET", "state.bin").data))
        self.label = arrays["label"].copy()
        self.versions = {one["cell"]: one["version"] for one in header["cells"]}
        self.sequence = header["sequence"]

    def send(self, kind: str, path: str, body: dict[str, Any]) -> None:
        """Ask for a change, and take over what the service says of it."""
        key = f"{id(self)}-{next(self.keys)}"
        answer = self.timed(kind, "POST", path, {**body, "key": key, "since": self.sequence})
        if answer.status_code != 200:
            return
        self.take(_read(answer)["step"], len(answer.data))

    def take(self, step: dict[str, Any], size: int) -> None:
        """Take over a step."""
        moved = 0
        for cell, units in step["moved"].items():
            self.label[np.cumsum(units)] = int(cell)
            moved += len(units)
        if moved >= 100:
            self.bytes_per_unit.append(size / moved)
        self.versions |= {int(cell): version for cell, version in step["cells"].items()}
        self.sequence = step["sequence"]

    def follow(self) -> None:
        """Ask for the steps of others."""
        answer = self.timed("follow", "GET", f"steps?since={self.sequence}")
        for step in _read(answer)["steps"]:
            self.take(step, 0)
        self.timed("quiet", "GET", f"steps?since={self.sequence}")


def _read(answer: Any) -> Any:
    """Return the JSON of an answer, packed or not."""
    packed = answer.headers.get("Content-Encoding") == "gzip"
    return json.loads(gzip.decompress(answer.data) if packed else answer.data)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--units", type=int, default=20_000)
    parser.add_argument("--cells", type=int, default=1000)
    parser.add_argument("--outlets", type=int, default=50_000)
    parser.add_argument("--gestures", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    territory, scenario = town(given.units, given.cells, given.outlets, given.seed)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{(Path(folder) / 'plans.db').as_posix()}"
        store = Store(url)
        plan = store.save(Scope.everything(), territory, scenario)
        editors = [_editor(url, Path(folder), plan, given.seed)]
        draft = int(editors[0].base.rsplit("/", 1)[1])
        editors.append(_editor(url, Path(folder), plan, given.seed + 1, draft))
        _play(editors, territory, given.gestures)
        _print(editors, given)
        store.engine.dispose()


def _editor(url: str, folder: Path, plan: int, seed: int, draft: int | None = None) -> Editor:
    """Return a browser at a service of its own over the database."""
    store = Store(url)
    work = workshop_of(store.engine, job_kinds(), folder / "files")
    if draft is None:
        draft = work.drafts.open(Scope.everything(), plan)
    client = create_app(store, work=work).server.test_client()
    return Editor(client, f"/editor/{draft}", np.random.default_rng(seed))


def _play(editors: list[Editor], territory: Territory, gestures: int) -> None:
    inner = territory.units.inner_xy
    lonlat = np.column_stack(_degrees(inner))
    for editor in editors:
        editor.load("first state")
        editor.timed("ground", "GET", "ground.bin")
        editor.timed("ground again", "GET", "ground.bin")
        editor.timed("outlets", "GET", "outlets.bin")
    for turn in range(gestures):
        for editor in editors:
            editor.follow()
            rng = editor.rng
            at = int(rng.integers(len(inner)))
            to = int(editor.label[at])
            near = np.argsort(np.hypot(*(inner - inner[at]).T))
            other = next((one for one in near if editor.label[one] != to), at)
            kind = "first edit" if turn == 0 else "edit"
            wide = 8 if turn % 4 else 40
            stroke = lonlat[[at, other, near[wide]]].tolist()
            editor.send(kind, "edits", {
                "edit": {"kind": "brush", "to": to, "stroke": stroke,
                         "radius_m": 150.0 if turn % 4 else 700.0},
                "versions": editor.versions,
            })  # fmt: skip
            if turn % 10 == 3:
                editor.send("lock", "edits", {
                    "edit": {"kind": "lock", "cells": [to], "on": bool(turn % 20 == 3)},
                    "versions": editor.versions,
                })  # fmt: skip
            if turn % 5 == 4:
                editor.send("undo", "undo", {})
    for editor in editors:
        editor.load()


def _degrees(xy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    lon, lat = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True).transform(xy[:, 0], xy[:, 1])
    return lon, lat


def _print(editors: list[Editor], given: argparse.Namespace) -> None:
    print(f"{platform.machine()}, Python {platform.python_version()}, {vars(given)}")
    print(
        f"{'request':20}{'n':>6}   CPU ms: median, p95, max      clock ms: median, p95, max  limit"
    )
    for kind in sorted({kind for editor in editors for kind in editor.spent}):
        spent = np.array([one for editor in editors for one in editor.spent.get(kind, [])])
        row = [
            *np.percentile(spent[:, 0], [50, 95, 100]),
            *np.percentile(spent[:, 1], [50, 95, 100]),
        ]
        limit = LIMITS_MS.get(kind.split(" ")[0], "") if not kind.startswith("first") else ""
        print(f"{kind:20}{len(spent):6}" + "".join(f"{one:11.2f}" for one in row) + f"{limit:>8}")
    sizes = [one for editor in editors for one in editor.bytes_per_unit]
    if sizes:
        print(f"bytes a changed unit, answers of 100 units and more: median {np.median(sizes):.2f},"
              f" most {max(sizes):.2f} (n = {len(sizes)})")  # fmt: skip
    files = {path: len(editors[0].timed("size", "GET", path).data)
             for path in ("ground.bin", "outlets.bin", "state.bin")}  # fmt: skip
    print("packed KB: " + ", ".join(f"{name} {size / 1e3:.0f}" for name, size in files.items()))
    print(f"both browsers agree: {bool((editors[0].label == editors[1].label).all())}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
