"""Redraw a plan at random: how long edits take, or whether the plan stays sound.

    python -m benchmarks.redraw [--units N --k K --edits N --seed S]
    python -m benchmarks.redraw PLAN.gpkg [--edits 10000 --check-every 250 --seed S]

Without a file, edits are timed on a seeded coverage of uneven quadrangles with bent sides, exact
on the grid. With a file that `gridmap plan` wrote (layers units, cells, outlets, demand), edits of
all kinds are made on it; every so many of them the plan is written as tables and the independent
checker of plans judges it, an edit in ten is undone and compared. CPU time in milliseconds.
"""

from __future__ import annotations

import argparse
import platform
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from benchmarks.coverages import quadrangles
from benchmarks.redraw_campaign import campaign, random_edit
from gridmap.errors import InputError
from gridmap.partition.edit import redraw
from gridmap.partition.ground import Ground, Reach, build_ground
from gridmap.partition.outline import outline_of
from gridmap.partition.redraw import DrawnPlan, draw
from gridmap.territory import Ints

#: Kinds of edits that are timed, and the milliseconds that their 95th percentile must keep.
LIMITS_MS = {
    "move": 5.0,
    "split": 20.0,
    "merge": 20.0,
    "shift": 20.0,
    "new_cell": None,
    "close_cell": None,
    "brush": None,
    "undo": None,
}


def grown(ground: Ground, centres: Ints) -> Ints:
    """Return the nearest centre of each unit along the graph: cells in one piece. (n_units,)."""
    tail = np.repeat(np.arange(ground.n_units), np.diff(ground.indptr))
    across = ground.inner_xy[tail] - ground.inner_xy[ground.indices]
    graph = csr_array(
        (np.hypot(across[:, 0], across[:, 1]), ground.indices, ground.indptr),
        shape=(ground.n_units, ground.n_units),
    )
    _, _, source = dijkstra(graph, indices=centres, min_only=True, return_predecessors=True)
    place = np.full(ground.n_units, -1)
    place[centres] = np.arange(len(centres))
    return place[source]


def synthetic_plan(n_units: int, k: int, seed: int) -> DrawnPlan:
    """Return a plan of k cells over a seeded coverage, with 2k own outlets."""
    rng = np.random.default_rng(seed)
    polygons = quadrangles(n_units, seed)
    own = rng.choice(len(polygons), 2 * k, replace=False)
    inner = shapely.get_coordinates(shapely.point_on_surface(polygons))
    ground = build_ground(
        polygons,
        weights=np.column_stack([rng.integers(1, 100, len(polygons)) for _ in range(2)]),
        reach=Reach({}, lambda unit: np.hypot(*(inner - inner[unit]).T) / 8.0),
        own_xy=inner[own],
    )
    return draw(ground, grown(ground, own[:k]), dict(enumerate(own[:k].tolist())))


def timings(
    plan: DrawnPlan, edits: int, seed: int
) -> Iterator[tuple[str, list[float], list[float]]]:
    """Yield each kind of edit with the milliseconds of the edit and of its touched polygons.

    Every edit starts from the plan that the one before has left, so that nothing is measured
    twice; an edit that is refused is not counted.
    """
    rng = np.random.default_rng(seed)
    plan.outlines()
    for kind in [kind for kind in LIMITS_MS if kind != "undo"]:
        spent: list[float] = []
        drawing: list[float] = []
        undone: list[float] = []
        while len(spent) < edits:
            edit = random_edit(plan, kind, rng)
            begin = time.process_time()
            try:
                done = redraw(plan, edit)
            except InputError:
                continue
            spent.append((time.process_time() - begin) * 1e3)
            begin = time.process_time()
            done.plan.outlines()
            drawing.append((time.process_time() - begin) * 1e3)
            begin = time.process_time()
            back = redraw(done.plan, done.inverse)
            undone.append((time.process_time() - begin) * 1e3)
            # Cells are closed and opened in turn, so that their number stays.
            plan = done.plan if kind in {"move", "shift", "brush"} else back.plan
            plan.outlines()
        yield kind, spent, drawing
        if kind == "split":
            yield "undo", undone, drawing


def dissolves(plan: DrawnPlan, seed: int) -> Iterator[tuple[str, list[float], list[float]]]:
    """Yield the milliseconds of one cell's polygon: by its edges, and by GEOS for comparison."""
    rng = np.random.default_rng(seed)
    cells = rng.choice(plan.cells, min(100, len(plan.cells)), replace=False).tolist()
    ways: dict[str, Callable[[int], object]] = {
        "cell by edges": lambda cell: outline_of(plan.ground, plan.label, cell),
        "cell by GEOS": lambda cell: shapely.coverage_union_all(
            plan.ground.polygons[plan.members(cell)]
        ),
    }
    for name, way in ways.items():
        spent = []
        for cell in cells:
            begin = time.process_time()
            way(cell)
            spent.append((time.process_time() - begin) * 1e3)
        yield name, spent, []


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("plan", nargs="?", type=Path)
    parser.add_argument("--units", type=int, default=50_000)
    parser.add_argument("--k", type=int, default=150)
    parser.add_argument("--edits", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--check-every", type=int, default=250)
    given = parser.parse_args(arguments)
    if given.plan is not None:
        campaign(given.plan, given.edits or 10_000, given.seed, given.check_every)
        return
    plan = synthetic_plan(given.units, given.k, given.seed)
    warm = synthetic_plan(100, 4, given.seed)
    for _ in timings(warm, 2, given.seed):
        pass
    print(f"{platform.machine()}, Python {platform.python_version()}, seed {given.seed}")
    print(f"{plan.ground.n_units} units, {len(plan.centre)} cells; CPU ms")
    print(
        f"{'edit':14}{'n':>6}{'median':>9}{'p95':>9}{'max':>9}{'limit':>8}   polygons: median, p95"
    )
    rows = [*timings(plan, given.edits or 200, given.seed), *dissolves(plan, given.seed)]
    for name, spent, drawing in rows:
        median, p95, most = np.percentile(spent, [50, 95, 100])
        limit = LIMITS_MS.get(name)
        line = f"{name:14}{len(spent):6}{median:9.2f}{p95:9.2f}{most:9.2f}{limit or '':>8}"
        if drawing:
            line += "   {:.2f}, {:.2f}".format(*np.percentile(drawing, [50, 95]))
        print(line)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
