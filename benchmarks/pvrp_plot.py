"""Draw how the mean gap to the best known costs falls with CPU seconds, as SVG."""

from __future__ import annotations

import math

import pandas as pd

from benchmarks.partition_plot import COLOURS
from benchmarks.pvrp_table import EASY, mean_gap, with_gaps

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 420, 60, 130, 40, 50


def curves(lines: pd.DataFrame) -> dict[str, list[tuple[float, float]]]:
    """Return seconds and mean gap of each method, the easy instances apart.

    All runs of the longest time limit; a mark by which a run has no plan yet is left out.
    """
    some = with_gaps(lines[lines["bks"].notna() & ~lines["instance"].isin(EASY)])
    some = some[some["seconds"] == some["seconds"].max()]
    found = {
        str(method): [(mark, mean_gap(runs, mark)) for mark in sorted(set(runs["mark_s"]))]
        for method, runs in some.groupby("method")
    }
    return {
        method: [one for one in points if not math.isnan(one[1])]
        for method, points in found.items()
    }


def convergence(lines: pd.DataFrame) -> str:
    """Return the drawing; seconds on a logarithmic scale."""
    drawn = {method: points for method, points in curves(lines).items() if points}
    if not drawn:
        raise ValueError("No method has a plan of every instance with a best known cost.")
    seconds = sorted({mark for points in drawn.values() for mark, _ in points})
    top = max(gap for points in drawn.values() for _, gap in points) * 1.05 or 0.01
    step = next(
        one for one in (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5) if one * 8 >= top
    )
    least, spread = math.log(seconds[0]), math.log(seconds[-1] / seconds[0]) or 1.0

    def x(mark: float) -> float:
        return LEFT + (math.log(mark) - least) / spread * (WIDTH - LEFT - RIGHT)

    def y(gap: float) -> float:
        return HEIGHT - BOTTOM - gap / top * (HEIGHT - TOP - BOTTOM)

    body = [
        f'<text x="{LEFT}" y="20">Mean gap to the best known cost</text>',
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 10}" text-anchor="middle">'
        "CPU seconds</text>",
    ]
    for number in range(int(top / step) + 1):
        at = y(number * step)
        body.append(f'<path d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        body.append(
            f'<text x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{number * step:.1%}</text>'
        )
    body += [
        f'<text x="{x(mark):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{mark:g}</text>'
        for mark in seconds
    ]
    ends = _apart([y(points[-1][1]) for points in drawn.values()])
    for number, (method, points) in enumerate(drawn.items()):
        colour = COLOURS[(number * 3 + 1) % len(COLOURS)]
        way = "L".join(f"{x(mark):.1f} {y(gap):.1f}" for mark, gap in points)
        body.append(f'<path d="M{way}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
        body += [
            f'<circle cx="{x(mark):.1f}" cy="{y(gap):.1f}" r="3" fill="{colour}"/>'
            for mark, gap in points
        ]
        body.append(
            f'<text x="{x(points[-1][0]) + 8:.1f}" y="{ends[number] + 4:.1f}">{method} '
            f"{points[-1][1]:.2%}</text>"
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="13">\n'
        '<rect width="100%" height="100%" fill="#fff"/>\n' + "\n".join(body) + "\n</svg>\n"
    )


def _apart(heights: list[float], least: float = 15.0) -> list[float]:
    """Return heights moved so that words at them do not overlap."""
    placed: dict[int, float] = {}
    below = math.inf
    for number in sorted(range(len(heights)), key=heights.__getitem__, reverse=True):
        placed[number] = below = min(heights[number], below - least)
    return [placed[number] for number in range(len(heights))]
