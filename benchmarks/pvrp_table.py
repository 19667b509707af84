"""Markdown tables of the periodic routing benchmark."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

#: Solved at once by every method: their gaps say nothing.
EASY = ("p02", "p14", "p24", "pr01", "pr07")
MARKS_S = (5.0, 15.0)
#: More points than this behind ruin-and-recreate alone are pointed out.
BEHIND = 0.002
SIZES = {"≤ 250": (0, 250), "250–500": (251, 500), "> 500": (501, np.inf)}


def tables(lines: pd.DataFrame) -> str:
    """Return all tables, each folder and time limit apart."""
    parts: list[str] = []
    for (group, seconds), some in with_gaps(lines).groupby(["group", "seconds"]):
        parts.append(f"### {group}, {seconds:g} CPU s")
        parts += [
            f"**{method}**\n\n" + _markdown(per_instance(one))
            for method, one in some.groupby("method")
        ]
        if some["bks"].notna().any():
            parts.append("Mean gaps by visits and CPU seconds\n\n" + _markdown(by_size(some)))
        parts += list(_behind(some))
        if some["method"].nunique() > 1:
            parts.append("Mean costs side by side\n\n" + _markdown(side_by_side(some)))
    return "\n\n".join(parts)


def with_gaps(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines with the gap to the best known cost, NaN where the run is infeasible."""
    return lines.assign(gap=(lines["cost"] / lines["bks"] - 1.0).where(lines["feasible"]))


def per_instance(lines: pd.DataFrame) -> pd.DataFrame:
    """Return visits, best known, mean cost and gap, worst gap, feasible runs of one method."""
    last = lines[lines["mark_s"] == lines["seconds"]]
    rows = []
    for (instance, visits), runs in last.groupby(["instance", "visits"]):
        good = runs[runs["feasible"]]
        rows.append(
            {
                "instance": instance,
                "visits": str(visits),
                "best known": _cost(runs["bks"].iloc[0]),
                "mean cost": _cost(good["cost"].mean()),
                "mean gap": _share(good["gap"].mean()),
                "worst gap": _share(good["gap"].max()),
                "feasible runs": f"{len(good)} of {len(runs)}",
            }
        )
    return pd.DataFrame(rows)


def by_size(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the mean over instances of the mean gap, for each method, size and mark.

    A mark by which a run has no plan yet has no mean.
    """
    rows = []
    for method, some in lines.groupby("method"):
        easy = some["instance"].isin(EASY)
        sizes = {"easy": some[easy]} | {
            size: some[~easy & some["visits"].between(*bounds)] for size, bounds in SIZES.items()
        }
        for size, part in sizes.items():
            if part.empty:
                continue
            marks = {
                f"{mark:g} s": _share(mean_gap(part, mark))
                for mark in (*MARKS_S, part["seconds"].iloc[0])
                if mark <= part["seconds"].iloc[0]
            }
            count = str(part["instance"].nunique())
            rows.append({"method": method, "visits": size, "instances": count} | marks)
    return pd.DataFrame(rows)


def mean_gap(lines: pd.DataFrame, mark_s: float) -> float:
    """Return the mean over instances of their mean gap at a mark, NaN if a run has none."""
    gaps = lines.loc[lines["mark_s"] == mark_s].groupby("instance")["gap"]
    return float(gaps.agg(lambda one: one.mean(skipna=False)).mean(skipna=False))


def side_by_side(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the mean cost of each method at the end, and what the first saves on the others."""
    last = lines[(lines["mark_s"] == lines["seconds"]) & lines["feasible"]]
    costs = last.pivot_table(index="instance", columns="method", values="cost", aggfunc="mean")
    ours = "portfolio" if "portfolio" in costs else costs.columns[0]
    table = {"instance": costs.index.to_series()}
    table |= {method: costs[method].map(_cost) for method in costs}
    for method in costs:
        if method != ours:
            saved = 1.0 - costs[ours] / costs[method]
            table[f"{ours} saves on {method}"] = saved.map(_share)
    return pd.DataFrame(table)


def _behind(lines: pd.DataFrame) -> Iterator[str]:
    """Yield where the portfolio is behind ruin-and-recreate alone."""
    if not {"portfolio", "ruin"} <= set(lines["method"]) or lines["bks"].isna().all():
        return
    gaps = lines.pivot_table(
        index=["instance", "mark_s"], columns="method", values="gap", aggfunc="mean"
    )
    behind = gaps["portfolio"] - gaps["ruin"]
    asked = behind.index.get_level_values("mark_s") >= MARKS_S[0]
    worst = behind[asked & (behind > BEHIND)].sort_values(ascending=False)
    said = ", ".join(f"{one} at {mark:g} s {by:.2%}" for (one, mark), by in worst.items())
    yield f"Portfolio more than {BEHIND:.1%} behind ruin-and-recreate alone: {said or 'nowhere'}."


def _cost(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.2f}"


def _share(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.2%}".replace("-0.00%", "0.00%")


def _markdown(table: pd.DataFrame) -> str:
    rows = [list(table.columns), ["---"] * table.shape[1], *table.to_numpy().tolist()]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in rows)
