"""Invented 20-day cells of one manager: the engine beside the practice of five weekday sectors.

    python -m benchmarks.visit_cells --outlets 150 --seeds 1-10 --seconds 60
        --out benchmarks/results/visit_cells.csv
    python -m benchmarks.visit_cells --write FOLDER       # the cells as files for benchmarks.pvrp
    python -m benchmarks.visit_cells --methods ""         # the practice alone

All outlets, grades, windows and ways are invented, by a seeded function. Practice divides the cell
into five sectors of equally many calls, one for each weekday, and the outlets of a sector among the
weeks: by `turns` around the sector's middle, or `near` others of that week within the same number
of calls. PyVRP makes the tours; the best of five seeds is kept. The engine then has to keep the
practice's most and least calls of a day and its longest day. Minutes everywhere.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.cordeau import Days, Floats, Instance, problem_of, write_instance
from benchmarks.cordeau_check import duration, length, plan_faults
from benchmarks.pvrp import numbers
from benchmarks.pvrp_methods import engine
from benchmarks.pvrp_peers import Day, Trial, cheapest_insertion
from gridmap.routing.periodic import PeriodicProblem

WEEKS, WEEKDAYS = 4, 5
N_DAYS = WEEKS * WEEKDAYS
MOST_MINUTES, MOST_CALLS = 420.0, 16.0
DAY_START, DAY_END = 510.0, 1080.0
#: Width of the cell in kilometres, and door-to-door speed in km/h.
KINDS = {"urban": (5.0, 18.0), "rural": (25.0, 35.0)}
#: How much longer a way is than the straight line.
DETOUR = 1.35
#: Share of the outlets, visits in four weeks and minutes a visit of each grade.
GRADES = {"A": (0.15, 4, 25.0), "B": (0.35, 2, 18.0), "C": (0.50, 1, 12.0)}
#: Opening, closing and share of the outlets.
HOURS = ((540.0, 1080.0, 0.7), (600.0, 1080.0, 0.2), (540.0, 720.0, 0.1))
#: Share of outlets that are closed on one weekday, and of those in clusters.
CLOSED, CLUSTERED = 0.15, 0.7
SECTOR_SEEDS = range(5)
#: A sector may have so many times its share of the calls.
SECTOR_ROOM = 1.08


def visit_cell(outlets: int, seed: int, kind: str = "urban") -> Instance:
    """Invent a cell; the same arguments give the same cell. Coordinates are minutes of travel."""
    rng = np.random.default_rng([outlets, seed, list(KINDS).index(kind)])
    width_km, speed_km_h = KINDS[kind]
    n_clusters = max(3, outlets // 25)
    middle = rng.uniform(0.15, 0.85, (n_clusters, 2))
    spread = rng.uniform(0.04, 0.12, n_clusters)
    cluster = rng.integers(n_clusters, size=outlets)
    near = rng.normal(middle[cluster], spread[cluster, None])
    alone = rng.random(outlets) >= CLUSTERED
    near[alone] = rng.random((int(alone.sum()), 2))
    xy = np.vstack([[0.5, 0.45], near.clip(0.0, 1.0)]) * width_km * DETOUR * 60.0 / speed_km_h
    grade = rng.permutation(
        np.repeat(list(GRADES), _counts(outlets, [one[0] for one in GRADES.values()]))
    )
    closed = np.where(rng.random(outlets) < CLOSED, rng.integers(WEEKDAYS, size=outlets), -1)
    hours = rng.choice(len(HOURS), size=outlets, p=[one[2] for one in HOURS])
    windows = np.array([HOURS[one][:2] for one in hours])
    return Instance(
        name=f"{kind}_{outlets}_{seed}",
        managers=1,
        xy=xy.round(2),
        service=np.r_[0.0, [GRADES[one][2] for one in grade]],
        demand=np.r_[0.0, np.ones(outlets)],
        patterns=(
            (),
            *(_patterns(GRADES[one][1], int(day)) for one, day in zip(grade, closed, strict=True)),
        ),
        most_duration=np.full(N_DAYS, MOST_MINUTES),
        most_load=np.full(N_DAYS, MOST_CALLS),
        windows=np.vstack([[DAY_START, DAY_END], windows]),
    )


def _counts(total: int, shares: Sequence[float]) -> list[int]:
    """Return whole numbers in these shares, the last taking the rest."""
    counts = [round(total * one) for one in shares[:-1]]
    return [*counts, total - sum(counts)]


def _patterns(visits: int, closed: int) -> tuple[frozenset[int], ...]:
    """Return the same weekday every 4 / visits weeks, for each weekday that is open."""
    apart = WEEKS // visits
    return tuple(
        frozenset(weekday + WEEKDAYS * week for week in range(first, WEEKS, apart))
        for weekday in range(WEEKDAYS)
        if weekday != closed
        for first in range(apart)
    )


@dataclass(frozen=True)
class Figures:
    """What a plan of a cell is like; minutes.

    Attributes
    ----------
    travel, longest
        Of all days, and the longest day with service and waiting.
    least, most
        Calls of a day.
    faults
        How many rules are broken.
    """

    travel: float
    least: int
    most: int
    longest: float
    faults: int


def figures(instance: Instance, days: Days) -> Figures:
    """Judge a plan."""
    calls = [sum(map(len, day)) for day in days]
    spent = [duration(instance, list(route))[0] for day in days for route in day if len(route)]
    return Figures(
        travel=length(instance, days),
        least=min(calls),
        most=max(calls),
        longest=max(spent, default=0.0),
        faults=len(plan_faults(instance, days)),
    )


def sector_days(instance: Instance, seed: int, weeks: str) -> list[list[int]]:
    """Return the customers of each day by five weekday sectors.

    Parameters
    ----------
    weeks
        `turns` or `near`; see the top of the file.
    """
    xy = instance.xy[1:]
    calls = np.array([len(one[0]) for one in instance.patterns[1:]])
    sector, middle = _sectors(xy, calls, seed)
    open_on = [{min(days) % WEEKDAYS for days in one} for one in instance.patterns[1:]]
    weekday = min(
        permutations(range(WEEKDAYS)),
        key=lambda one: sum(
            one[part] not in there for part, there in zip(sector, open_on, strict=True)
        ),
    )
    off = xy - middle[sector]
    around = np.arctan2(off[:, 1], off[:, 0])
    away = np.hypot(*off.T)
    second = around if weeks == "turns" else -away
    tours: list[list[int]] = [[0] for _ in range(N_DAYS)]
    for outlet in sorted(range(len(xy)), key=lambda one: (-calls[one], second[one])):
        own = weekday[sector[outlet]]
        allowed = instance.patterns[outlet + 1]
        mine = [one for one in allowed if min(one) % WEEKDAYS == own] or allowed
        # A day is full at the sector's calls over the weeks, rounded up.
        full = -(-int(calls[sector == sector[outlet]].sum()) // WEEKS)

        def cost(days: frozenset[int], outlet: int = outlet, full: int = full) -> tuple[float, ...]:
            fullest = max(len(tours[day]) for day in days)
            if weeks == "turns":
                return (fullest,)
            way = sum(cheapest_insertion(instance, tours[day], outlet + 1)[0] for day in days)
            return max(0, fullest - full), way

        for day in min(mine, key=cost):
            place = cheapest_insertion(instance, tours[day], outlet + 1)[1]
            tours[day].insert(place, outlet + 1)
    return [sorted(tour[1:]) for tour in tours]


def _sectors(xy: Floats, calls: Floats, seed: int) -> tuple[np.ndarray, Floats]:
    """Return the sector of each outlet and the sectors' middles: k-means with a most load.

    The closest of twenty starts; in each round, those choose first who lose most otherwise.
    """
    rng = np.random.default_rng(seed)
    room = SECTOR_ROOM * calls.sum() / WEEKDAYS
    best = (np.inf, np.zeros(len(xy), dtype=np.int64), np.zeros((WEEKDAYS, 2)))
    for _ in range(20):
        middle = xy[rng.choice(len(xy), WEEKDAYS, replace=False)]
        for _ in range(15):
            away = np.hypot(*(xy[:, None] - middle).transpose(2, 0, 1))
            first, second = np.sort(away, axis=1)[:, :2].T
            load = np.zeros(WEEKDAYS)
            sector = np.zeros(len(xy), dtype=np.int64)
            for outlet in np.argsort(first - second):
                order = np.argsort(away[outlet])
                fits = order[load[order] + calls[outlet] <= room]
                sector[outlet] = fits[0] if len(fits) else load.argmin()
                load[sector[outlet]] += calls[outlet]
            middle = np.array(
                [
                    xy[sector == one].mean(axis=0) if (sector == one).any() else middle[one]
                    for one in range(WEEKDAYS)
                ]
            )
        total = float((away[np.arange(len(xy)), sector] * calls).sum())
        if total < best[0]:
            best = (total, sector, middle)
    return best[1], best[2]


def practice(instance: Instance, weeks: str, seconds: float) -> Days:
    """Return the best plan of five seeds: least broken rules, then least travel."""
    began = time.process_time()
    found = []
    for number, seed in enumerate(SECTOR_SEEDS, start=1):
        days = sector_days(instance, seed, weeks)
        trial = Trial(tuple(Day(instance, day, outlets) for day, outlets in enumerate(days)))
        trial.search(began + seconds * number / len(SECTOR_SEEDS), seed)
        found.append(trial.routes)
    return min(found, key=lambda one: (len(plan_faults(instance, one)), length(instance, one)))


def as_even(instance: Instance, peer: Figures) -> PeriodicProblem:
    """Return the problem with the peer's least and most calls and its longest day."""
    problem = problem_of(instance)
    return replace(
        problem,
        most_load=np.full_like(problem.most_load, peer.most),
        least_load=np.full_like(problem.least_load, peer.least),
        most_duration=np.full_like(problem.most_duration, peer.longest),
    )


def compare(
    instance: Instance, weeks: str, methods: Sequence[str], seconds: float, seed: int
) -> list[dict[str, object]]:
    """Return a row for the practice, and one for each method at the practice's evenness."""
    peer = figures(instance, practice(instance, weeks, seconds))
    cell = {"cell": instance.name, "visits": instance.n_visits, "weeks": weeks}
    rows: list[dict[str, object]] = [{**cell, "method": "sectors", **asdict(peer)}]
    if peer.faults:
        return rows
    for method in methods:
        problem = as_even(instance, peer)
        run = engine(instance, seed, seconds, method=method, problem=problem)
        if run.days is None:
            rows.append({**cell, "method": method, "faults": 1})
            continue
        ours = figures(instance, run.days)
        kept = (
            ours.least >= peer.least
            and ours.most <= peer.most
            and ours.longest <= peer.longest + 1e-4
        )
        rows.append(
            {
                **cell,
                "method": method,
                **asdict(ours),
                "as_even": kept,
                "saved": 1.0 - ours.travel / peer.travel,
                "first_s": run.better[0][0] if run.better else np.nan,
                "behind_5_s": run.cost_at(5.0) / ours.travel - 1.0,
            }
        )
    return rows


def table(rows: Sequence[dict[str, object]]) -> str:
    """Return the rows as a Markdown table, with the mean saving where nothing is broken."""
    shown = [
        "| cell | visits | weeks | method | travel min | calls a day | longest min | faults "
        "| as even | less travel | first plan s | 5 s over end |",
        "|" + " --- |" * 12,
    ]
    lines = pd.DataFrame(rows)
    for column in ("travel", "least", "most", "longest", "as_even", "saved", "first_s"):
        if column not in lines:
            lines[column] = np.nan
    for one in lines.to_dict("records"):
        kept = {True: "yes", False: "no"}.get(one["as_even"], "")
        cells = [
            one["cell"], one["visits"], one["weeks"], one["method"], _number(one["travel"], ".1f"),
            f"{_number(one['least'], '.0f')}–{_number(one['most'], '.0f')}",
            _number(one["longest"], ".1f"), one["faults"], kept, _number(one["saved"], ".1%"),
            _number(one["first_s"], ".2f"), _number(one.get("behind_5_s", np.nan), ".2%"),
        ]  # fmt: skip
        shown.append("| " + " | ".join(map(str, cells)) + " |")
    good = lines[(lines["faults"] == 0) & (lines["as_even"] == True)]  # noqa: E712 - NaN elsewhere
    for (weeks, method), some in good.groupby(["weeks", "method"]):
        shown.append(
            f"\n{method} beside `{weeks}`: {some['saved'].mean():.1%} less travel, "
            f"mean over {len(some)} cells."
        )
    return "\n".join(shown)


def _number(value: object, form: str) -> str:
    return "" if pd.isna(value) else format(value, form)


def main(arguments: Sequence[str] | None = None) -> None:
    """Compare on the cells that are asked for, or write them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--outlets", default="60,100,150,180")
    parser.add_argument("--kinds", default="urban", help="urban,rural")
    parser.add_argument("--seeds", default="1-2", help="of the cells")
    parser.add_argument("--seconds", type=float, default=60.0, help="CPU seconds a plan")
    parser.add_argument("--seed", type=int, default=1, help="of the engine")
    parser.add_argument("--methods", default="portfolio", help="separated by commas")
    parser.add_argument("--weeks", default="turns,near", help="how practice divides the weeks")
    parser.add_argument("--out", type=Path, help="table of the results (CSV)")
    parser.add_argument("--write", type=Path, help="write the cells into this folder instead")
    asked = parser.parse_args(arguments)
    cells = [
        visit_cell(outlets, seed, kind)
        for kind in asked.kinds.split(",")
        for outlets in numbers(asked.outlets)
        for seed in numbers(asked.seeds)
    ]
    if asked.write is not None:
        asked.write.mkdir(parents=True, exist_ok=True)
        for cell in cells:
            write_instance(asked.write / cell.name, cell)
        return
    methods = [one for one in asked.methods.split(",") if one]
    rows: list[dict[str, object]] = []
    for cell in cells:
        for weeks in asked.weeks.split(","):
            rows += compare(cell, weeks, methods, asked.seconds, asked.seed)
            if asked.out is not None:
                pd.DataFrame(rows).to_csv(asked.out, index=False)
    print(table(rows))


if __name__ == "__main__":
    main()
