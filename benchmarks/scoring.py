"""Scoring a city: travel times, all metrics with bands, and one cell after a redraw.

    python -m benchmarks.scoring [--demand N] [--outlets N] [--cells N] [--draws N] [--seed N]
                                 [--peer N] [--out FILE]

The city is invented: a grid of streets 100 m apart whose lengths are varied, every tenth of them
a main road; demand and outlets gather round centres; cells are rectangles. On foot 5/10/15, by
bike 5/10/15, by car 10/20/30 minutes. Prints CPU and wall seconds of each stage and the peak of
memory; with ``--peer N`` beside it 2SFCA of N demand points by PySAL `access`, each in a process
of its own, on foot within 15 minutes. Compiling, a matter of the first run, is not counted.
"""

from __future__ import annotations

import argparse
import csv
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from gridmap.policies import ScoringPolicy
from gridmap.scoring.accessibility import accessibility, even_catchment
from gridmap.scoring.card_settings import fields_of
from gridmap.scoring.demand_fields import DemandFields
from gridmap.scoring.inputs import ScoringInputs
from gridmap.scoring.outlet_search import StreetSearch
from gridmap.scoring.scorecard import rescore_cells, score_cells
from gridmap.scoring.travel_times import TravelTimes, measured_times
from gridmap.scoring.what_if import Change, NewOutlet, WhatIf
from gridmap.travel.dijkstra import DijkstraEngine
from gridmap.travel.network import StreetNetwork

T = TypeVar("T")
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MODES = {"walk": (5.0, 10.0, 15.0), "bike": (5.0, 10.0, 15.0), "drive": (10.0, 20.0, 30.0)}
#: Kilometres an hour on side streets and on main roads.
SPEEDS = {"walk": (4.5, 4.5), "bike": (14.0, 14.0), "drive": (20.0, 40.0)}
SIDE_M, BLOCKS, MAIN_EVERY = 100.0, 200, 10
WIDTH_M = SIDE_M * BLOCKS
OWNERSHIP, SHARE = ("own", "partner", "rival"), (0.1, 0.4, 0.5)


def city_network(mode: str, seed: int) -> StreetNetwork:
    """Return the streets of the invented city with the times of one means of travel."""
    rng = np.random.default_rng(seed)
    count = BLOCKS + 1
    node = np.arange(count * count).reshape(count, count)
    row, column = np.divmod(node, count)
    xy = np.column_stack([column.ravel(), row.ravel()]) * SIDE_M
    xy += rng.uniform(-25.0, 25.0, xy.shape)
    tail = np.concatenate([node[:, :-1].ravel(), node[:-1].ravel()])
    head = np.concatenate([node[:, 1:].ravel(), node[1:].ravel()])
    level = np.arange(len(tail)) < node[:, :-1].size
    line = np.where(level, row.ravel()[tail], column.ravel()[tail])
    main = line % MAIN_EVERY == 0
    straight = np.linalg.norm(xy[tail] - xy[head], axis=1)
    length = straight * rng.uniform(1.0, 1.2, len(tail))
    side, fast = SPEEDS[mode]
    seconds = length / np.where(main, fast, side) * 3.6
    n_edges = len(tail)
    return StreetNetwork(
        mode=mode,
        crs="EPSG:32650",
        node_xy=xy,
        node_osm_id=np.full(len(xy), -1, dtype=np.int64),
        tail=tail,
        head=head,
        length_m=length,
        forward_s=seconds,
        backward_s=seconds.copy(),
        name=np.zeros(n_edges, dtype=np.int64),
        names=("",),
        road_class=main.astype(np.int64),
        road_classes=("residential", "primary"),
        line_start=np.arange(n_edges + 1, dtype=np.int64) * 2,
        line_xy=np.stack([xy[tail], xy[head]], axis=1).reshape(-1, 2),
    )


def city_points(n_points: int, rng: np.random.Generator) -> Floats:
    """Return places, two of three round one of thirty centres. Shape (n_points, 2)."""
    centre = rng.uniform(0.1 * WIDTH_M, 0.9 * WIDTH_M, (30, 2))
    xy = centre[rng.integers(0, 30, n_points)] + rng.normal(0.0, 1200.0, (n_points, 2))
    spread = rng.random(n_points) < 1 / 3
    xy[spread] = rng.uniform(0.0, WIDTH_M, (int(spread.sum()), 2))
    return np.asarray(np.clip(xy, 0.0, WIDTH_M))


def cell_of(xy: Floats, n_cells: int) -> Ints:
    """Return the rectangle that each place is in, about as many across as upwards."""
    rows = max(k for k in range(1, n_cells + 1) if n_cells % k == 0 and k * k <= n_cells)
    columns = n_cells // rows
    across = np.minimum(xy[:, 0] / WIDTH_M * columns, columns - 1).astype(np.int64)
    upwards = np.minimum(xy[:, 1] / WIDTH_M * rows, rows - 1).astype(np.int64)
    return upwards * columns + across


class Report:
    """Lines of stages: CPU and wall seconds, and the peak of memory so far."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def run(self, what: str, job: Callable[[], T]) -> T:
        """Run a stage and add its line."""
        wall, cpu = time.perf_counter(), time.process_time()
        answer = job()
        self.add(what, time.process_time() - cpu, time.perf_counter() - wall)
        return answer

    def add(self, what: str, cpu_s: float, wall_s: float, peak_mb: float | None = None) -> None:
        """Add a line."""
        peak_mb = peak() if peak_mb is None else peak_mb
        row = {"stage": what, "cpu_s": round(cpu_s, 3), "wall_s": round(wall_s, 3),
               "peak_mb": round(peak_mb)}  # fmt: skip
        self.rows.append(row)
        print(f"{what:48s} {cpu_s:9.3f} {wall_s:9.3f} {peak_mb:8.0f}", flush=True)


def peak() -> float:
    """Return the peak of memory of this process in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class City:
    """The invented city: demand, outlets and cells."""

    def __init__(self, n_demand: int, n_outlets: int, n_cells: int, seed: int) -> None:
        self.seed = seed
        rng = np.random.default_rng(seed)
        self.demand_xy, self.outlet_xy = city_points(n_demand, rng), city_points(n_outlets, rng)
        self.weight = rng.integers(1, 9, n_demand).astype(np.float64)
        self.ownership = rng.choice(np.array(OWNERSHIP), n_outlets, p=SHARE)
        self.operator = np.where(self.ownership == "rival", rng.choice(["a", "b"], n_outlets), "")
        self.kind = rng.choice(["store", "kiosk", "market"], n_outlets)
        self.n_cells = n_cells
        self.engines: dict[str, DijkstraEngine] = {}
        self.search = StreetSearch(self.engines, self.demand_xy)

    def times(self, mode: str) -> TravelTimes:
        """Return the travel times by one means of travel, from the streets on."""
        self.engines[mode] = DijkstraEngine(city_network(mode, self.seed))
        return measured_times(
            self.engines[mode], self.demand_xy, self.outlet_xy, self.ownership,
            places=self.search.places(mode),
        )  # fmt: skip

    def inputs(self, times: dict[str, TravelTimes]) -> ScoringInputs:
        """Return the inputs of scoring."""
        n_outlets = len(self.ownership)
        visits = np.full(n_outlets, 2, dtype=np.int64)
        return ScoringInputs(
            n_cells=self.n_cells,
            area_m2=np.full(self.n_cells, WIDTH_M**2 / self.n_cells),
            demand_weight=self.weight,
            demand_cell=cell_of(self.demand_xy, self.n_cells),
            outlet_cell=cell_of(self.outlet_xy, self.n_cells),
            ownership=self.ownership,
            operator=self.operator,
            kind=self.kind,
            grade=np.full(n_outlets, "B"),
            travel_min=times,
            due_visits=visits,
            planned_visits=visits,
        )


def redraw_s(
    inputs: ScoringInputs, policy: ScoringPolicy, fields: DemandFields, before: Any
) -> tuple[float, float]:
    """Return median CPU and wall seconds of scoring one cell that got points of its neighbour."""
    cpu, wall = [], []
    for cell in range(1, min(8, inputs.n_cells)):
        labels = inputs.demand_cell.copy()
        labels[np.flatnonzero(labels == cell - 1)[::2]] = cell
        start, began = time.process_time(), time.perf_counter()
        redrawn = replace(inputs, demand_cell=labels)
        rescore_cells(redrawn, policy, np.array([cell]), fields=fields, before=before, seed=1)
        cpu.append(time.process_time() - start)
        wall.append(time.perf_counter() - began)
    return float(np.median(cpu)), float(np.median(wall))


def what_if_s(
    city: City, inputs: ScoringInputs, policy: ScoringPolicy, report: Report, kept: Any
) -> None:
    """Report opening, closing and moving an outlet: the median of several of each."""
    fields, scores = kept
    session = WhatIf(
        inputs, city.outlet_xy, city.search, policy, seed=1, fields=fields, scores=scores
    )
    rng = np.random.default_rng(2)

    def opened() -> Change:
        xy = city.demand_xy[rng.integers(len(city.demand_xy))]
        return Change(open=(NewOutlet(*xy.tolist(), cell=int(cell_of(xy[None], city.n_cells)[0])),))

    def closed(owner: str) -> Change:
        return Change(close=(int(rng.choice(np.flatnonzero(city.ownership == owner))),))

    def moved() -> Change:
        change = opened()
        new = change.open[0]
        return session.moved(closed("own").close[0], new.x, new.y, new.cell)

    report.run("what-if: first, with what all need", lambda: session.outcome(opened()))
    kinds: dict[str, Callable[[], Change]] = {
        "own outlet opens": opened,
        "own outlet closes": lambda: closed("own"),
        "rival closes": lambda: closed("rival"),
        "own outlet moves": moved,
    }
    for what, make in kinds.items():
        cpu, wall, cells = [], [], []
        for _ in range(5):
            change = make()
            start, began = time.process_time(), time.perf_counter()
            found = session.outcome(change)
            cpu.append(time.process_time() - start)
            wall.append(time.perf_counter() - began)
            cells.append(len(found.cells))
        report.add(f"what-if: {what}", float(np.median(cpu)), float(np.median(wall)))
        print(f"  {min(cells)} to {max(cells)} cells touched, longest {max(wall):.2f} s")


def run(city: City, draws: int, report: Report) -> None:
    """Score the city and report every stage."""
    policy = ScoringPolicy(modes=MODES, draws=draws)
    wall, cpu = time.perf_counter(), time.process_time()
    times = {
        mode: report.run(f"travel times, {mode}", lambda m=mode: city.times(m)) for mode in MODES
    }
    listed = sum(len(one.outlet) for one in times.values())
    print(f"  {listed / 1e6:.1f} million entries in lists; full lists: "
          + ", ".join(f"{mode} {one.cut.mean():.0%}" for mode, one in times.items()))  # fmt: skip
    inputs = report.run("inputs checked", lambda: city.inputs(times))
    fields = report.run("fields of the demand points", lambda: fields_of(inputs, policy))
    plain = policy.model_copy(update={"draws": 0})
    scores = report.run("metrics of all cells, no bands",
                        lambda: score_cells(inputs, plain, seed=1, fields=fields))  # fmt: skip
    report.add("whole scoring without bands", time.process_time() - cpu, time.perf_counter() - wall)
    what_if_s(city, inputs, plain, report, (fields, scores))
    report.run(f"metrics with bands of {draws} draws",
               lambda: score_cells(inputs, policy, seed=1, fields=fields))  # fmt: skip
    usual = ScoringPolicy(modes=MODES)
    report.add(f"one cell after a redraw, {usual.draws} draws",
               *redraw_s(inputs, usual, fields, scores))  # fmt: skip
    report.add("one cell after a redraw, no bands", *redraw_s(inputs, plain, fields, scores))


def peer_child(who: str, city: City, n_demand: int) -> None:
    """Print CPU seconds, wall seconds and added megabytes of 2SFCA by one of both."""
    ours = city.ownership != "rival"
    rows = np.random.default_rng(1).choice(len(city.weight), n_demand, replace=False)
    city.demand_xy, city.weight = city.demand_xy[rows], city.weight[rows]
    city.search = StreetSearch(city.engines, city.demand_xy)
    times = city.times("walk")
    supply = np.ones(len(ours))
    if who == "access":
        access = _access(times, city.weight, ours)
        job: Callable[[], Any] = lambda: access.two_stage_fca(name="a", max_cost=15)  # noqa: E731
    else:
        job = lambda: accessibility(times, city.weight, supply, even_catchment(15.0),  # noqa: E731
                                    method="2sfca", taking_part=ours)  # fmt: skip
        job()
    before, wall, cpu = peak(), time.perf_counter(), time.process_time()
    job()
    print(time.process_time() - cpu, time.perf_counter() - wall, peak(), peak() - before)


def _access(times: TravelTimes, weight: Floats, ours: NDArray[np.bool_]) -> Any:
    import pandas as pd
    from access import Access

    block = next(iter(times.blocks(len(times.outlet) + 1)))
    use = ours[block.outlet] & (block.minutes <= 15.0)
    cost = pd.DataFrame({"o": block.row[use], "d": block.outlet[use], "t": block.minutes[use]})
    print(f"  {len(cost)} pairs within 15 minutes", file=sys.stderr)
    demand = pd.DataFrame({"id": np.arange(times.n_places), "w": times.place_weights(weight)})
    supply = pd.DataFrame({"id": np.flatnonzero(ours), "s": 1.0})
    return Access(
        demand_df=demand, demand_index="id", demand_value="w",
        supply_df=supply, supply_index="id", supply_value=["s"],
        cost_df=cost, cost_origin="o", cost_dest="d", cost_name="t",
    )  # fmt: skip


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--demand", type=int, default=500_000)
    options.add_argument("--outlets", type=int, default=20_000)
    options.add_argument("--cells", type=int, default=300)
    options.add_argument("--draws", type=int, default=2000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--peer", type=int, default=0, help="demand points of the peer's 2SFCA")
    options.add_argument("--child", choices=("access", "gridmap"), help=argparse.SUPPRESS)
    options.add_argument("--out", type=Path)
    return options


def main(arguments: list[str] | None = None) -> None:
    asked = parser().parse_args(arguments)
    city = City(asked.demand, asked.outlets, asked.cells, asked.seed)
    if asked.child:
        peer_child(asked.child, city, asked.peer)
        return
    report = Report()
    warm = City(3000, 6000, 4, 0)
    run(warm, 2, Report())
    print(f"\n{asked.demand} demand points, {asked.outlets} outlets, {asked.cells} cells, "
          f"seed {asked.seed}")  # fmt: skip
    print(f"{'stage':48s} {'CPU s':>9s} {'wall s':>9s} {'peak MB':>8s}")
    run(city, asked.draws, report)
    for who in ("access", "gridmap") if asked.peer else ():
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "benchmarks.scoring", "--child", who,
             "--peer", str(asked.peer), "--demand", str(asked.demand),
             "--outlets", str(asked.outlets), "--seed", str(asked.seed)],
            check=True, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        cpu, wall, top, _ = (float(one) for one in done.stdout.split()[-4:])
        report.add(f"2SFCA on foot, {asked.peer} points, {who}", cpu, wall, top)
    if asked.out:
        with asked.out.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(report.rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(report.rows)


if __name__ == "__main__":
    main()
