"""Bind millions of demand points of a file to polygon units, and say what it takes.

    python -m benchmarks.bind_demand --points 5000000 --out benchmarks/results/bind_demand.csv

The town is invented: bent blocks that tile a square exactly, on an integer grid of 1 cm.
"""

from __future__ import annotations

import argparse
import csv
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from geodata.demand_stream import UnitDemand, bind, read_portions
from gridmap.territory import Adjacency, Units

CRS = "EPSG:32635"
#: South-west corner of the town, metres.
CORNER = (380_000.0, 6_670_000.0)
BLOCK_CM, BENDS = 12_000, 3
PORTION = 200_000

Floats = NDArray[np.float64]


def invented_units(side: int, seed: int) -> Units:
    """Return side · side blocks with bent borders that tile a square exactly."""
    random = np.random.default_rng(seed)
    line = np.arange(side + 1) * BLOCK_CM
    corner = np.stack(np.meshgrid(line, line), axis=-1)
    corner = corner + random.integers(-BLOCK_CM // 6, BLOCK_CM // 6 + 1, corner.shape)

    def bent(start: NDArray[np.int64], end: NDArray[np.int64]) -> Floats:
        share = (np.arange(1, BENDS + 1) / (BENDS + 1))[:, None]
        between = np.rint(start[..., None, :] * (1 - share) + end[..., None, :] * share)
        most = BLOCK_CM // 30
        between += random.integers(-most, most + 1, between.shape)
        return np.concatenate([start[..., None, :], between], axis=-2)

    level, upright = bent(corner[:, :-1], corner[:, 1:]), bent(corner[:-1], corner[1:])
    polygons = np.empty(side * side, dtype=object)
    for row in range(side):
        for column in range(side):
            ring = np.concatenate(
                [
                    level[row, column],
                    upright[row, column + 1],
                    corner[row + 1, column + 1][None],
                    level[row + 1, column][:0:-1],
                    corner[row + 1, column][None],
                    upright[row, column][:0:-1],
                ]
            )
            polygons[row * side + column] = shapely.Polygon(ring * 0.01 + CORNER)
    none = np.zeros(0)
    nobody = np.zeros(0, dtype=np.int64)
    pairs = Adjacency(nobody, nobody, none, none, none, none, none, nobody)
    units = len(polygons)
    return Units(polygons, np.zeros(units, np.int64), np.zeros(units, bool), pairs, 0.01)


def write_points(path: Path, count: int, side: int, seed: int) -> None:
    """Write invented points in degrees with weights; some lie outside the town."""
    random = np.random.default_rng(seed)
    to_degrees = pyproj.Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    width = side * BLOCK_CM * 0.01
    with path.open("w", encoding="utf-8") as file:
        file.write("demand_id,lon,lat,weight\n")
        for start in range(0, count, PORTION):
            size = min(PORTION, count - start)
            xy = random.uniform(-0.01 * width, 1.01 * width, (size, 2)) + CORNER
            lon, lat = to_degrees.transform(xy[:, 0], xy[:, 1])
            weight = random.integers(1, 9, size)
            rows = zip(range(start, start + size), lon, lat, weight, strict=True)
            file.writelines(f"{one},{x:.7f},{y:.7f},{w}\n" for one, x, y, w in rows)


def at_once(path: Path, units: Units) -> UnitDemand:
    """Return what the tree finds for all points together, each in the lowest of its units."""
    table = np.concatenate(list(read_portions(path)))
    to_metres = pyproj.Transformer.from_crs("EPSG:4326", CRS, always_xy=True)
    xy = np.column_stack(to_metres.transform(table[:, 0], table[:, 1]))
    point, unit = shapely.STRtree(units.polygons).query(shapely.points(xy), "intersects")
    found = np.full(len(xy), len(units))
    np.minimum.at(found, point, unit)
    weight = np.bincount(found, table[:, 2], len(units) + 1)
    points = np.bincount(found, minlength=len(units) + 1)
    return UnitDemand(weight[:-1], points[:-1], float(weight[-1]), int(points[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=5_000_000)
    parser.add_argument("--side", type=int, default=142)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--compare", action="store_true", help="with all points at once, after it")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    units = invented_units(asked.side, asked.seed)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "demand.csv"
        write_points(path, asked.points, asked.side, asked.seed)
        cpu, wall = time.process_time(), time.perf_counter()
        found = bind(read_portions(path), units, crs=CRS)
        row = {
            "points": asked.points,
            "units": len(units),
            "cpu_s": round(time.process_time() - cpu, 1),
            "wall_s": round(time.perf_counter() - wall, 1),
            "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
            "outside": found.outside_points,
            "seed": asked.seed,
        }
        assert found.points.sum() + found.outside_points == asked.points
        if asked.compare:
            whole = at_once(path, units)
            assert (found.points == whole.points).all()
            assert (found.weight == whole.weight).all()
            row["same_as_at_once"] = True
    print(row)
    if asked.out:
        with asked.out.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(row))
            writer.writeheader()
            writer.writerow(row)


if __name__ == "__main__":
    main()
