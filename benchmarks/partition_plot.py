"""Draw a plan of the engine as an SVG file, cells in colours and centres as dots.

    python -m benchmarks.partition_plot --units-dir DIR --project PROJECT.toml[@DATADIR]

Writes `partition_denver_k20.svg` (with --units-dir) and `partition_NAME.svg` (with --project; the
embedded demo by default) to docs/images. No plotting library is needed.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import shapely

from benchmarks.partition_cases import Case, case_of, read_areas, street_areas
from benchmarks.partition_methods import balanced, figures
from gridmap.territory import Floats, Ints, Polygons

WIDTH = 900
COLOURS = (
    "#88ccee", "#cc6677", "#ddcc77", "#117733", "#aa4499",
    "#44aa99", "#999933", "#bbccee", "#ee8866", "#ffaabb",
)  # fmt: skip


def svg(polygons: Polygons, label: Ints, centre_xy: Floats, title: str) -> str:
    """Return the drawing; neighbouring cells differ in colour where ten colours allow."""
    cells = [shapely.coverage_union_all(polygons[label == one]) for one in np.unique(label)]
    west, south, east, north = shapely.total_bounds(polygons)
    scale = (WIDTH - 20) / (east - west)
    height = round((north - south) * scale) + 40

    def path(cell: shapely.Geometry) -> str:
        drawn = shapely.simplify(cell, 0.4 / scale)
        rings = shapely.get_rings(shapely.get_parts(drawn))
        words = []
        for ring in rings:
            xy = (shapely.get_coordinates(ring) - (west, north)) * (scale, -scale) + (10, 30)
            words.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in xy[:-1]) + "Z")
        return "".join(words)

    colours = _colours(cells)
    body = [
        f'<path d="{path(cell)}" fill="{COLOURS[colour]}"/>'
        for cell, colour in zip(cells, colours, strict=True)
    ]
    for x, y in (centre_xy - (west, north)) * (scale, -scale) + (10, 30):
        body.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="#222" stroke="#fff"/>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'font-family="sans-serif" font-size="14">\n<rect width="100%" height="100%" fill="#fff"/>'
        f'\n<text x="10" y="18">{title}</text>\n'
        '<g stroke="#333" stroke-width="0.8" fill-rule="evenodd">\n'
        + "\n".join(body)
        + "\n</g></svg>\n"
    )


def _colours(cells: Sequence[shapely.Geometry]) -> list[int]:
    """Return a colour for each cell that few of its neighbours have."""
    tree = shapely.STRtree(cells)
    chosen: list[int] = []
    for number, cell in enumerate(cells):
        near = tree.query(cell, predicate="intersects").tolist()
        taken = {chosen[one] for one in near if one < number}
        order = [(number + step) % len(COLOURS) for step in range(len(COLOURS))]
        chosen.append(next((one for one in order if one not in taken), order[0]))
    return chosen


def draw(case: Case, polygons: Polygons, name: str, seconds: float) -> str:
    """Plan and return the drawing, with the figures in its title."""
    found = balanced(case, seconds, 1)
    judged = figures(case, found.label)
    gap = judged.travel / (found.bound or np.inf) - 1.0
    title = (
        f"{name}: {case.problem.n_units} units, {case.problem.n_cells} cells, worst deviation "
        f"{max(judged.worst):.1%}"
    )
    # The bound is that of plans within the tolerance: it says nothing about others.
    if judged.met:
        title += f", travel at most {gap:.1%} above the optimum"
    return svg(polygons, found.label, case.centre_xy, title)


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--units-dir", type=Path)
    parser.add_argument("--project", help="PROJECT.toml[@DATADIR]; the embedded demo by default")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--images", type=Path, default=Path("docs/images"))
    asked = parser.parse_args(arguments)
    asked.images.mkdir(parents=True, exist_ok=True)
    if asked.units_dir is not None:
        polygons, weights = read_areas(asked.units_dir / "DenverCo_blocks.zip", ["TOTPOP20"])
        case = case_of("denver", polygons, weights, k=20, centre_seed=1)
        _write(asked.images / "partition_denver_k20.svg", case, polygons, "Denver", asked.seconds)
    if asked.units_dir is None or asked.project:
        case, polygons = street_areas(asked.project)
        plain = "".join(one if one.isalnum() else "_" for one in case.name.lower())
        _write(asked.images / f"partition_{plain}.svg", case, polygons, case.name, asked.seconds)


def _write(path: Path, case: Case, polygons: Polygons, name: str, seconds: float) -> None:
    path.write_text(draw(case, polygons, name, seconds), encoding="utf-8")
    print(path)


if __name__ == "__main__":
    main()
