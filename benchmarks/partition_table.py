"""The partition engine beside its peers: one line a case, seed and method, and a table a case.

    python -m benchmarks.partition_table                          # generated cases and the demo
    python -m benchmarks.partition_table --units-dir DIR --peers
        --out benchmarks/results/partition.csv
    python -m benchmarks.partition_table --list
    python -m benchmarks.partition_table --tables benchmarks/results/partition.csv

DIR holds `Chicago_Precincts.zip` and `DenverCo_blocks.zip`, as the `maup` package brings them;
without it these cases are left out. `--projects PROJECT.toml@DATADIR@SECONDS` adds the street
units and street times of a project file. Every method runs in a process of its own, within its
seconds and on the same problem; the same functions judge all plans. "Decided" = within the
tolerance, or proven impossible with the pocket named; "settled" = then also every other cell within
it, and each pocket within three points of its load. The gap is to the engine's lower bound of the
same case, over the plans that are within the tolerance. "PP" is the mean
Polsby–Popper compactness over that of the nearest centre by travel, regrown. Lines are written as
they come, and a line that the file already has is not run again.
"""

from __future__ import annotations

import argparse
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pandas as pd

from benchmarks.partition_cases import Case, Suite, suites
from benchmarks.partition_methods import decided, figures, settled
from benchmarks.partition_peers import INSTALL, PACKAGES, installed
from benchmarks.partition_run import METHODS, Run, run_apart
from geodata.demo import demo_project

#: Always run: the engine, and what the figures are compared with.
PLAIN = ("balanced", "network", "voronoi")
PEER_SECONDS = 60.0
TITLES = {
    "balanced": "gridmap",
    "network": "nearest by travel, regrown",
    "voronoi": "Voronoi",
    "largest-share": "LP + largest share",
    "p-median": "spopt capacitated p-median",
    "region-k-means": "spopt region k-means",
    "recom": "GerryChain ReCom",
}
KEY = ["case", "seed", "method"]


@dataclass(frozen=True)
class Line:
    """One line of the results; deviations, gaps and ratios are shares."""

    case: str
    units: int
    k: int
    seed: int
    method: str
    proven: float
    wall_s: float
    cpu_s: float
    mb: float
    note: str
    plan: bool = False
    decided: bool = False
    settled: bool = False
    met: bool = False
    worst: float = float("nan")
    worst_each: str = ""
    gap: float = float("nan")
    pieces: int = 0
    broken: int = 0
    own_inside: int = 0
    compactness: float = float("nan")
    pp_ratio: float = float("nan")


def line_of(
    case: Case, name: str, seed: int, *, method: str, run: Run, ours: Run, base: float
) -> Line:
    """Return the line of a run.

    Parameters
    ----------
    run, ours
        Of the method, and of the engine on the same case, which proves bound and pockets.
    base
        Compactness that it is compared with.
    """
    proof = ours.found
    certificates = proof.certificates if proof else ()
    line = Line(
        case=name,
        units=case.problem.n_units,
        k=case.problem.n_cells,
        seed=seed,
        method=method,
        proven=round(max((one.bound for one in certificates), default=0.0), 5),
        wall_s=round(run.wall_s, 2),
        cpu_s=round(run.cpu_s, 2),
        # A process that was ended leaves no figure.
        mb=round(run.mb, 0),
        note=run.note,
    )
    if run.found is None:
        return line
    label = run.found.label
    found = figures(case, label)
    gap = found.travel / proof.bound - 1.0 if proof and proof.bound else float("nan")
    return replace(
        line,
        plan=True,
        decided=decided(case, label, certificates) and found.broken == 0,
        settled=settled(case, label, certificates) and found.broken == 0,
        met=found.met and found.broken == 0,
        worst=round(max(found.worst), 5),
        worst_each=" ".join(f"{one:.4f}" for one in found.worst),
        gap=round(gap, 5),
        pieces=found.pieces,
        broken=found.broken,
        own_inside=found.own_inside,
        compactness=round(found.compactness, 4),
        pp_ratio=round(found.compactness / base, 4) if base > 0.0 else float("nan"),
    )


def run_seed(
    suite: Suite, seed: int, methods: Sequence[str], iterations: int | None, peer_seconds: float
) -> list[Line]:
    """Run all methods on one case; the engine first, since it proves the bound."""
    case = suite.build(seed)
    runs: dict[str, Run] = {}
    for method in dict.fromkeys([*PLAIN[:2], *methods]):
        ours = method == "balanced"
        seconds = suite.seconds if ours else peer_seconds
        runs[method] = run_apart(case, method, seconds, seed, iterations if ours else None)
    nearest = runs["network"].found
    base = figures(case, nearest.label).compactness if nearest else 0.0
    return [
        line_of(
            case,
            suite.name,
            seed,
            method=method,
            run=runs[method],
            ours=runs["balanced"],
            base=base,
        )
        for method in runs
    ]


def table(lines: pd.DataFrame, suite_title: str) -> str:
    """Return the Markdown table of one case, a row a method."""
    head = (
        "| method | decided | settled | met | worst deviation | gap where met: median, max "
        "| extra pieces | own outlet inside | PP | seconds | CPU s | MB |"
    )
    shown = [one for one in METHODS if (lines["method"] == one).any()]
    rows = [head, "|---" * 12 + "|"]
    rows += [_row(lines[lines["method"] == one], one) for one in shown]
    notes = [
        f"{TITLES[one.method]}, seed {one.seed}: {one.note}"
        for one in lines[~lines["plan"]].itertuples()
    ]
    missed = [
        f"seed {one.seed}: worst {one.worst:.1%}"
        + (f", proven at least {one.proven:.1%}" if one.proven > 0.0 else ", nothing proven")
        for one in lines[(lines["method"] == "balanced") & ~lines["met"]].itertuples()
    ]
    parts = [f"### {suite_title}", "\n".join(rows)]
    if missed:
        parts.append("Not within the tolerance: " + "; ".join(missed) + ".")
    if notes:
        parts.append("Without a plan: " + "; ".join(notes) + ".")
    return "\n\n".join(parts)


def _row(lines: pd.DataFrame, method: str) -> str:
    there, met = lines[lines["plan"]], lines[lines["met"]]
    n = len(lines)
    resources = f"{_median(lines, 'wall_s'):.1f} | {_median(lines, 'cpu_s'):.1f} | " + (
        f"{lines['mb'].max():.0f}" if lines["mb"].notna().any() else "–"
    )
    name = TITLES[method]
    if there.empty:
        return f"| {name} | 0/{n} | 0/{n} | 0/{n} | no plan | – | – | – | – | {resources} |"
    gap = f"{met['gap'].median():.2%}, {met['gap'].max():.2%}" if len(met) else "–"
    return (
        f"| {name} | {lines['decided'].sum()}/{n} | {lines['settled'].sum()}/{n} "
        f"| {lines['met'].sum()}/{n} "
        f"| {there['worst'].median():.1%} | {gap} "
        f"| {(there['pieces'] - there['k']).median():.0f} "
        f"| {there['own_inside'].sum()}/{there['k'].sum()} "
        f"| {there['pp_ratio'].median():.2f} | {resources} |"
    )


def _median(lines: pd.DataFrame, column: str) -> float:
    known = lines[column].dropna()
    return float(known.median()) if len(known) else float("nan")


def _seeds(text: str) -> tuple[int, ...]:
    """Return the numbers of `1-5` or `1,4,7` or both mixed."""
    found: list[int] = []
    for part in text.split(","):
        low, _, high = part.partition("-")
        found.extend(range(int(low), int(high or low) + 1))
    return tuple(found)


def _read(path: Path | None) -> pd.DataFrame:
    if path is None or not path.exists():
        return pd.DataFrame(columns=list(Line.__dataclass_fields__))
    return pd.read_csv(path, keep_default_na=True).fillna({"note": "", "worst_each": ""})


def _peers(asked: bool) -> list[str]:
    """Return the peers to run, and say which are left out."""
    if not asked:
        return []
    missing = [one for one in PACKAGES if not installed(one)]
    for one in missing:
        print(f"left out: {TITLES[one]}; {PACKAGES[one]} is not installed ({INSTALL})")
    return ["largest-share", *(one for one in PACKAGES if one not in missing)]


def campaign(
    chosen: Sequence[Suite],
    known: pd.DataFrame,
    *,
    out: Path | None,
    seeds: tuple[int, ...] | None = None,
    peers: Sequence[str] = (),
    peer_seeds: tuple[int, ...] = (),
    peer_seconds: float = PEER_SECONDS,
    iterations: int | None = None,
) -> pd.DataFrame:
    """Run what is not known yet and return all lines; they are written after every seed."""
    done = {tuple(one) for one in known[KEY].itertuples(index=False)}
    for suite in chosen:
        for seed in [one for one in suite.seeds if seeds is None or one in seeds]:
            methods = [*PLAIN, *(peers if seed in peer_seeds else ())]
            missing = [one for one in methods if (suite.name, seed, one) not in done]
            if not missing:
                continue
            lines = run_seed(suite, seed, missing, iterations, peer_seconds)
            fresh = pd.DataFrame([asdict(one) for one in lines])
            known = fresh if known.empty else pd.concat([known, fresh], ignore_index=True)
            known = known.drop_duplicates(KEY, keep="last")
            if out is not None:
                out.parent.mkdir(parents=True, exist_ok=True)
                known.to_csv(out, index=False)
            ours = lines[0]
            print(
                f"{suite.name} seed {seed}: worst {ours.worst:.4f}, proven {ours.proven:.4f}, "
                f"{'decided' if ours.decided else 'not decided'}, gap {ours.gap:.4f}, "
                f"PP {ours.pp_ratio:.2f}, {ours.wall_s:.1f} s",
                flush=True,
            )
    return known


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the campaign and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--units-dir", type=Path, help="folder of the Chicago and Denver areas")
    parser.add_argument(
        "--projects", nargs="*", default=[], help="PROJECT.toml[@DATADIR[@SECONDS]] …"
    )
    parser.add_argument("--cases", nargs="*", help="names, see --list; all by default")
    parser.add_argument("--seeds", type=_seeds, help="such as 1-5; all of the case by default")
    parser.add_argument("--peers", action="store_true", help="run LP, spopt and GerryChain too")
    parser.add_argument("--peer-seeds", type=_seeds, default=(1, 2, 3))
    parser.add_argument("--peer-seconds", type=float, default=PEER_SECONDS)
    parser.add_argument("--iterations", type=int, help="rounds of the engine: repeats exactly")
    parser.add_argument("--out", type=Path, help="CSV; lines that it has are not run again")
    parser.add_argument("--list", action="store_true", help="print the cases and end")
    parser.add_argument("--tables", type=Path, metavar="CSV", help="print its tables and end")
    asked = parser.parse_args(arguments)

    known_suites = suites(asked.units_dir, [str(demo_project()), *asked.projects])
    if asked.list:
        for one in known_suites.values():
            print(f"{one.name}: {one.title}, seeds {len(one.seeds)}, {one.seconds:.0f} s")
        return
    unknown = [one for one in asked.cases or [] if one not in known_suites]
    if unknown:
        raise SystemExit(f"no case {', '.join(unknown)}; there are {', '.join(known_suites)}")
    lines = _read(asked.tables or asked.out)
    if asked.tables is None:
        chosen = [known_suites[one] for one in asked.cases or known_suites]
        lines = campaign(
            chosen,
            lines,
            out=asked.out,
            seeds=asked.seeds,
            peers=_peers(asked.peers),
            peer_seeds=asked.peer_seeds,
            peer_seconds=asked.peer_seconds,
            iterations=asked.iterations,
        )
        print(f"\n{platform.machine()}, {platform.system()}, Python {platform.python_version()}")
    for name in dict.fromkeys(lines["case"]):
        title = known_suites[name].title if name in known_suites else name
        print("\n" + table(lines[lines["case"] == name], title))


if __name__ == "__main__":
    main()
