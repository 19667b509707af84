"""Invent the outlets of the Coquimbo example: nobody has published real ones.

    python examples/coquimbo/invent_outlets.py DIR

reads the streets and zones in DIR and writes DIR/outlets.csv: 12 own shops, 40 of two rivals and
260 partners along streets, drawn with a fixed seed where people live. The project file says that
they are invented, and so does everything that comes out of it.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

SEED = 1
SHOPS = (("Casa", 12), ("Norte", 25), ("Sur", 15))
PARTNERS = 260
STREETS = ["residential", "tertiary", "secondary"]
LEAST_APART_DEG = 0.004


def invent_outlets(
    streets: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, seed: int
) -> list[list[Any]]:
    """Return rows of outlets: id, lon, lat, name, operator, kind."""
    rng = np.random.default_rng(seed)
    lines = streets[streets["link_type"].isin(STREETS)].geometry
    places = shapely.get_coordinates(shapely.line_interpolate_point(lines, 0.5, normalized=True))
    row, zone = zones.sindex.query(shapely.points(places), predicate="intersects")
    odds = zones["population"].fillna(0.0).to_numpy()[zone] / np.bincount(zone)[zone]
    drawn = rng.choice(row, size=2000, p=odds / odds.sum())
    queue = iter(places[np.array(list(dict.fromkeys(drawn.tolist())))])
    rows: list[list[Any]] = []
    taken: list[Any] = []
    for operator, count in SHOPS:
        number = 0
        while number < count:
            place = next(queue)
            if all(np.abs(place - one).max() > LEAST_APART_DEG for one in taken):
                taken.append(place)
                number += 1
                name = f"{operator} {number}"
                rows.append([name.replace(" ", "-"), *place.round(6), name, operator, "shop"])
    for number, place in zip(range(1, PARTNERS + 1), queue, strict=False):
        rows.append([f"P{number:03d}", *place.round(6), f"Almacen {number}", "", "convenience"])
    return rows


def main() -> None:
    """Write the table."""
    folder = Path(sys.argv[1])
    streets = gpd.read_parquet(folder / "links.parquet")
    zones = gpd.read_file(folder / "zones.gpkg")
    with (folder / "outlets.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "lon", "lat", "name", "operator", "kind"])
        writer.writerows(invent_outlets(streets, zones, SEED))


if __name__ == "__main__":
    main()
