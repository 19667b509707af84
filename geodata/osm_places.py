"""Places to visit and buildings of an OpenStreetMap file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata.osm_file import AreaShapes, area_id, areas, reading
from geodata.osm_tags import PLACE_KEYS, place_category

Floats = NDArray[np.float64]

PLACE_COLUMNS = (
    "osm_id", "lon", "lat", "category", "name", "brand", "operator", "street", "housenumber",
    "opening_hours",
)  # fmt: skip
BUILDING_COLUMNS = ("osm_id", "lon", "lat", "area_m2", "kind", "levels")

#: Half axis in metres and squared eccentricity of WGS 84.
AXIS_M = 6_378_137.0
ECCENTRICITY_2 = 0.006_694_379_990_14


def read_places_of_interest(path: Path) -> pd.DataFrame:
    """Return shops, offices, amenities and other places where somebody can be visited.

    Parameters
    ----------
    path
        File in .osm.pbf, .osm or .osm.bz2.

    Returns
    -------
    DataFrame
        osm_id (n…, w… or r…), lon, lat (of an area: a point inside), category (``shop=bakery``),
        name, brand, operator, street, housenumber, opening_hours; text is empty where there is
        none. Nodes, ways, relations, each by id.

    Raises
    ------
    InputError
        If the file is missing or unreadable.
    """
    path = Path(path)
    shapes = AreaShapes()
    rows: list[tuple[object, ...]] = []
    area_rows: list[tuple[object, ...]] = []
    wkbs: list[bytes] = []
    with reading(path):
        nodes: Any = osmium.FileProcessor(str(path), osmium.osm.NODE)
        for node in nodes.with_filter(osmium.filter.KeyFilter(*PLACE_KEYS)):
            tags = dict(node.tags)
            if place_category(tags) and node.location.valid():
                place = (f"n{node.id}", node.location.lon, node.location.lat)
                rows.append((*place, *_describe(tags)))
        relations = osmium.filter.KeyFilter(*PLACE_KEYS)
        for area in areas(path, relations, keys=tuple(PLACE_KEYS)):
            tags = dict(area.tags)
            wkb = shapes.wkb(area) if place_category(tags) else None
            if wkb:
                area_rows.append((area_id(area), *_describe(tags)))
                wkbs.append(wkb)
    inside = _inner_lonlat(shapely.from_wkb(np.array(wkbs, dtype=object)))
    rows += [
        (row[0], float(lon), float(lat), *row[1:])
        for row, (lon, lat) in zip(area_rows, inside, strict=True)
    ]
    # Without rows the places would be of no number type.
    table = pd.DataFrame(rows, columns=list(PLACE_COLUMNS))
    return _ordered(table.astype({"lon": np.float64, "lat": np.float64}))


def read_buildings(path: Path) -> pd.DataFrame:
    """Return the buildings with their area on the ground.

    Parameters
    ----------
    path
        File in .osm.pbf, .osm or .osm.bz2.

    Returns
    -------
    DataFrame
        osm_id (w… or r…), lon, lat (of a point inside), area_m2, kind (value of ``building``),
        levels (NaN where unknown). Ways, relations, each by id.

    Raises
    ------
    InputError
        If the file is missing or unreadable.
    """
    path = Path(path)
    shapes = AreaShapes()
    rows: list[tuple[str, str, float]] = []
    wkbs: list[bytes] = []
    with reading(path):
        relations = osmium.filter.KeyFilter("building")
        for area in areas(path, relations, keys=("building",)):
            kind = area.tags.get("building")
            wkb = shapes.wkb(area) if kind != "no" else None
            if wkb:
                rows.append((area_id(area), kind, _levels(area.tags.get("building:levels", ""))))
                wkbs.append(wkb)
    outlines = shapely.from_wkb(np.array(wkbs, dtype=object))
    lonlat = _inner_lonlat(outlines)
    table = pd.DataFrame(
        {
            "osm_id": [row[0] for row in rows],
            "lon": lonlat[:, 0],
            "lat": lonlat[:, 1],
            "area_m2": shapely.area(outlines) * _m2_per_square_degree(lonlat[:, 1]),
            "kind": [row[1] for row in rows],
            "levels": np.array([row[2] for row in rows], dtype=np.float64),
        },
        columns=list(BUILDING_COLUMNS),
    )
    return _ordered(table)


def _describe(tags: Mapping[str, str]) -> tuple[str, ...]:
    street = tags.get("addr:street") or tags.get("addr:place", "")
    return (
        place_category(tags),
        *(tags.get(key, "") for key in ("name", "brand", "operator")),
        street,
        tags.get("addr:housenumber", ""),
        tags.get("opening_hours", ""),
    )


def _inner_lonlat(geometries: NDArray[np.object_]) -> Floats:
    return np.asarray(shapely.get_coordinates(shapely.point_on_surface(geometries)))


def _levels(value: str) -> float:
    try:
        return float(value.split(";", maxsplit=1)[0])
    except ValueError:
        return float("nan")


def _m2_per_square_degree(lat: Floats) -> Floats:
    """Return the area of one square degree on the ellipsoid around a latitude. Shape (n,)."""
    sine_2 = np.sin(np.radians(lat)) ** 2
    bend = 1.0 - ECCENTRICITY_2 * sine_2
    meridian_m = AXIS_M * (1.0 - ECCENTRICITY_2) / bend**1.5
    parallel_m = AXIS_M / np.sqrt(bend) * np.cos(np.radians(lat))
    return np.asarray(np.radians(1.0) ** 2 * meridian_m * parallel_m)


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    """Order by kind of object (nodes, ways, relations), then by number."""
    ids = table["osm_id"].tolist()
    order = sorted(range(len(ids)), key=lambda row: ("nwr".index(ids[row][0]), int(ids[row][1:])))
    return table.iloc[order].reset_index(drop=True)
