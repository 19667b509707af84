"""Plan periodic routing instances, and compare the engine with best known costs and peers.

    python -m benchmarks.pvrp INSTANCE --seconds S --seed N [--iterations I] [--method M] --out FILE
    python -m benchmarks.pvrp --all FOLDER --bks FOLDER/bks.csv --seconds 60 --seeds 1-5
        --methods portfolio,ruin,pyvrp --out benchmarks/results/pvrp.csv
    python -m benchmarks.pvrp --tables benchmarks/results/pvrp.csv

INSTANCE has the layout of Cordeau, Gendreau and Laporte, with or without windows. Seconds are CPU
seconds of one core, compilation apart; iterations make a run repeatable. FILE gets the cost and the
customers of each route of each day. With --all, every instance of the folder is planned with each
seed and method; lines are added to the results as they come, and what is there already is not run
again. A plan is judged by `benchmarks.cordeau_check`, which shares no code with the engine; only
feasible plans have a gap. `pyvrp` = days chosen by greedy rules, then each day by PyVRP.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks.cordeau import Instance, read_instance, write_plan
from benchmarks.cordeau_check import length, plan_faults
from benchmarks.pvrp_campaign import campaign, read_best_known, read_lines
from benchmarks.pvrp_methods import METHODS
from benchmarks.pvrp_plot import convergence
from benchmarks.pvrp_table import tables


def main(arguments: Sequence[str] | None = None) -> None:
    """Plan one instance or a folder of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("instance", type=Path, nargs="?")
    parser.add_argument("--seconds", type=float, help="CPU seconds of a run")
    parser.add_argument("--iterations", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--method", choices=METHODS, default="portfolio")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--all", type=Path, dest="folder")
    parser.add_argument("--only", help="names of instances, separated by commas")
    parser.add_argument("--bks", type=Path, help="table of best known costs: name, bks")
    parser.add_argument("--seeds", default="1-5", help="for example 1-5 or 1,4")
    parser.add_argument("--methods", default="portfolio", help="separated by commas")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--tables", type=Path, help="print the tables of these results")
    parser.add_argument("--plot", type=Path, help="SVG file for the convergence")
    asked = parser.parse_args(arguments)
    if asked.folder is None and asked.instance is None and asked.tables is None:
        parser.error("expected INSTANCE, --all FOLDER or --tables FILE")
    if asked.tables is None and asked.seconds is None and asked.iterations is None:
        parser.error("expected --seconds or --iterations")
    if asked.instance is not None:
        _plan_one(read_instance(asked.instance), asked)
        return
    results = asked.tables
    if asked.folder is not None:
        if asked.out is None or asked.seconds is None:
            parser.error("--all needs --seconds and --out")
        methods = asked.methods.split(",")
        unknown = sorted(set(methods) - set(METHODS))
        if unknown:
            parser.error(f"no such methods: {unknown}; there are {sorted(METHODS)}")
        campaign(
            _instances(asked.folder, asked.only),
            read_best_known(asked.bks) if asked.bks else {},
            methods,
            numbers(asked.seeds),
            seconds=asked.seconds,
            out=asked.out,
            processes=asked.processes,
        )
        results = asked.out
    lines = read_lines(results)
    print(tables(lines))
    if asked.plot is not None:
        asked.plot.write_text(convergence(lines), encoding="utf-8")


def numbers(words: str) -> list[int]:
    """Return the numbers of a list such as ``1-3,7``."""
    found: list[int] = []
    for word in words.split(","):
        first, _, last = word.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def _instances(folder: Path, only: str | None) -> list[Path]:
    """Return the instances of a folder: its files without an ending."""
    paths = sorted(one for one in folder.iterdir() if one.is_file() and not one.suffix)
    if only is None:
        return paths
    missing = set(only.split(",")) - {one.name for one in paths}
    if missing:
        raise SystemExit(f"no such instances in {folder}: {sorted(missing)}")
    return [one for one in paths if one.name in only.split(",")]


def _plan_one(instance: Instance, asked: argparse.Namespace) -> None:
    run = METHODS[asked.method](instance, asked.seed, asked.seconds, asked.iterations)
    if run.days is None:
        raise SystemExit(f"{instance.name}: no plan within {run.cpu_s:.1f} CPU s")
    cost, faults = length(instance, run.days), plan_faults(instance, run.days)
    print(
        f"{instance.name} visits {instance.n_visits} seed {asked.seed} {asked.method} "
        f"cost {cost:.4f} {'; '.join(faults) or 'feasible'} ({run.cpu_s:.1f} CPU s)"
    )
    if asked.out is not None:
        write_plan(asked.out, cost, run.days)


if __name__ == "__main__":
    main()
