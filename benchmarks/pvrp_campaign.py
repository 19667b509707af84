"""Run methods on periodic routing instances and keep a line for each second that is asked about."""

from __future__ import annotations

import csv
import multiprocessing
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import pandas as pd

from benchmarks.cordeau import read_instance
from benchmarks.cordeau_check import length, plan_faults
from benchmarks.pvrp_methods import METHODS

#: CPU seconds at which the best cost so far is kept, besides the end of the run.
MARKS_S = (1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0)
KEY = ["group", "instance", "seed", "method", "seconds"]


@dataclass(frozen=True)
class Line:
    """The best cost of a run at a mark.

    Attributes
    ----------
    group
        Folder of the instance.
    bks
        Best known cost, NaN = none.
    seconds
        CPU seconds that the run was given.
    mark_s
        CPU seconds after which the cost was reached.
    cost
        NaN = no plan yet; that of the last mark is measured on the plan itself.
    feasible
        Whether the plan of the run keeps every rule.
    cpu_s
        CPU seconds of the whole run.
    note
        The first faults.
    """

    group: str
    instance: str
    visits: int
    bks: float
    seed: int
    method: str
    seconds: float
    mark_s: float
    cost: float
    feasible: bool
    cpu_s: float
    note: str


def read_best_known(path: Path) -> dict[str, float]:
    """Return the best known cost of each instance from the columns `name` and `bks`."""
    with path.open(encoding="utf-8", newline="") as file:
        return {row["name"]: float(row["bks"]) for row in csv.DictReader(file)}


def read_lines(path: Path) -> pd.DataFrame:
    """Return the lines of a results file."""
    return pd.read_csv(path, keep_default_na=False, na_values={"bks": [""], "cost": [""]})


def run_lines(path: Path, bks: float, method: str, seed: int, seconds: float) -> list[Line]:
    """Plan an instance and return a line for each mark."""
    instance = read_instance(path)
    run = METHODS[method](instance, seed, seconds, None)
    faults = ["no plan"] if run.days is None else plan_faults(instance, run.days)
    last = float("nan") if run.days is None else round(length(instance, run.days), 4)
    marks = [one for one in MARKS_S if one < seconds]
    costs = {mark: round(run.cost_at(mark), 4) for mark in marks} | {seconds: last}
    return [
        Line(
            group=path.parent.name,
            instance=instance.name,
            visits=instance.n_visits,
            bks=bks,
            seed=seed,
            method=method,
            seconds=seconds,
            mark_s=mark,
            cost=cost,
            feasible=not faults,
            cpu_s=round(run.cpu_s, 2),
            note="; ".join(faults[:3]),
        )
        for mark, cost in costs.items()
    ]


def campaign(
    paths: Iterable[Path],
    best_known: dict[str, float],
    methods: Sequence[str],
    seeds: Sequence[int],
    *,
    seconds: float,
    out: Path,
    processes: int = 1,
) -> None:
    """Run what the results file lacks, and add its lines as they come."""
    there = set()
    if out.exists():
        there = set(read_lines(out)[KEY].itertuples(index=False, name=None))
    wanted = [
        (path, best_known.get(path.name, float("nan")), method, seed, seconds)
        for path in paths
        for seed in seeds
        for method in methods
        if (path.parent.name, path.name, seed, method, seconds) not in there
    ]
    if processes == 1:
        for one in wanted:
            _add(out, run_lines(*one))
        return
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=fresh) as pool:
        for done in as_completed([pool.submit(run_lines, *one) for one in wanted]):
            _add(out, done.result())


def _add(out: Path, lines: Sequence[Line]) -> None:
    new = not out.exists()
    with out.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [one.name for one in fields(Line)], lineterminator="\n")
        if new:
            writer.writeheader()
        for line in lines:
            row = asdict(line)
            writer.writerow({name: "" if pd.isna(one) else one for name, one in row.items()})
