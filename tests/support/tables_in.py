"""Tables that come in for the grid town, which stands in China here: invented sample data."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import numpy as np
import shapely
from grid_town import grid_scenario, grid_territory
from shapely.geometry.base import BaseGeometry

from geodata.boundaries import unproject
from gridmap.datum import Datum, from_wgs84
from gridmap.scenario import Scenario
from gridmap.territory import Territory

#: Where the town stands: UTM zone 50, beside Hefei.
CRS, EAST_M, NORTH_M = "EPSG:32650", 510_000.0, 3_525_000.0
SEED = 11
#: A faulty table has these faults, by the number of the row in a spreadsheet.
FAULTS: Mapping[int, str] = {
    3: "world.id_missing",
    5: "world.id_again",
    6: "world.place_outside",
    7: "world.place_not_number",
    9: "tables.closed",
}


@cache
def china_town() -> Territory:
    """Return the grid town moved to China, where coordinates can be shifted."""
    town = grid_territory()

    def moved(xy: np.ndarray) -> np.ndarray:
        return xy + np.array([EAST_M, NORTH_M])

    def shifted(geometries: np.ndarray | BaseGeometry) -> np.ndarray | BaseGeometry:
        return shapely.transform(geometries, moved)

    networks = {
        mode: replace(one, crs=CRS, node_xy=moved(one.node_xy), line_xy=moved(one.line_xy))
        for mode, one in town.networks.items()
    }
    return replace(
        town,
        crs=CRS,
        boundary=shifted(town.boundary),
        units=replace(town.units, polygons=shifted(town.units.polygons)),
        outlets=town.outlets.assign(x=town.outlets["x"] + EAST_M, y=town.outlets["y"] + NORTH_M),
        demand=town.demand.assign(x=town.demand["x"] + EAST_M, y=town.demand["y"] + NORTH_M),
        networks=networks,
        linework={kind: shifted(lines) for kind, lines in town.linework.items()},
    )


def china_scenario() -> Scenario:
    """Return the two halves of the town as its plan."""
    return grid_scenario(china_town())


def outlet_rows(*, faulty: bool = False, datum: Datum = "wgs84") -> list[list[str]]:
    """Return a header and 30 outlets beside the streets: 2 own, as before, and 28 partners."""
    town = china_town()
    rng = np.random.default_rng(SEED)
    own = town.outlets[town.outlets["ownership"] == "own"]
    network = town.networks["walk"]
    edge = rng.choice(len(network.tail), 28, replace=False)
    middle = (network.node_xy[network.tail[edge]] + network.node_xy[network.head[edge]]) / 2.0
    # a few metres towards the middle of the town, so that none lies outside
    centre = np.asarray(town.boundary.centroid.coords[0])
    xy = np.concatenate([own[["x", "y"]].to_numpy(), middle + 3.0 * np.sign(centre - middle)])
    places = [unproject(shapely.Point(one), CRS) for one in xy]
    lonlat = from_wgs84(np.array([[one.x, one.y] for one in places]), datum)
    ids = [*own["outlet_id"], *(f"N{number:03d}" for number in range(28))]
    rows = [
        [one, f"门店{number}" if number > 1 else f"营业厅{number}",
         "自有渠道" if number < 2 else "社会渠道", f"{lon:.7f}", f"{lat:.7f}",
         str(100 + number), "营业"]
        for number, (one, (lon, lat)) in enumerate(zip(ids, lonlat, strict=True))
    ]  # fmt: skip
    if faulty:
        # the own outlets, rows 2 and 20, stay whole
        rows[1], rows[18] = rows[18], rows[1]
        rows[1][0] = ""
        rows[3][0] = rows[2][0]
        rows[4][3] = "121.5"
        rows[5][4] = "不详"
        rows[7][6] = "关闭"
    return [["网点编码", "网点名称", "归属", "经度", "纬度", "月销量", "营业状态"], *rows]


def csv_bytes(rows: list[list[str]], encoding: str = "gbk") -> bytes:
    """Return rows as a file of text, by default in the encoding of Chinese offices."""
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode(encoding)
