"""Streets from a table of lines: a layer of ways with their tags in any vector format.

Such layers come from Geofabrik shapefiles, from GeoPackage or GeoParquet exports of OpenStreetMap
and from transport models (AequilibraE). Streets join where they have a vertex in common, as they
do in OpenStreetMap; a bridge has none in common with the street below.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata.driving_side import drives_left
from geodata.osm_file import to_crs
from geodata.osm_tags import Tags, is_street_bridge, line_kind, way_access
from geodata.vectors import read_vectors, to_lonlat
from geodata.way_network import network_of_ways
from geodata.way_table import STEPS_PER_DEGREE, WayTable
from gridmap.errors import InputError, fault
from gridmap.partition.linework import Linework
from gridmap.travel.network import StreetNetwork
from gridmap.travel.profile import Profile, load_profile
from gridmap.travel.weights import speed_tags

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Geometries = NDArray[np.object_]

#: Usual columns of each tag: OpenStreetMap, Geofabrik, AequilibraE.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "highway": ("highway", "fclass", "link_type", "road_class"),
    "oneway": ("oneway", "direction", "one_way"),
    "maxspeed": ("maxspeed", "max_speed", "speed_limit"),
    "maxspeed:forward": ("maxspeed:forward", "speed_ab"),
    "maxspeed:backward": ("maxspeed:backward", "speed_ba"),
    "name": ("name", "street_name"),
    "ref": ("ref",),
    "surface": ("surface",),
    "access": ("access",),
    "service": ("service",),
    "junction": ("junction",),
    "bridge": ("bridge",),
    "tunnel": ("tunnel",),
    "area": ("area",),
    "foot": ("foot",),
    "bicycle": ("bicycle",),
    "motor_vehicle": ("motor_vehicle",),
    "railway": ("railway",),
    "waterway": ("waterway",),
}
#: What the numbers and letters of other sources mean, by tag.
SPELLINGS: Mapping[str, Mapping[str, str]] = {
    "oneway": {"F": "yes", "T": "-1", "B": "no", "f": "yes", "t": "-1", "b": "no"},
    "bridge": {"T": "yes", "F": "no", "1": "yes", "0": "no"},
    "tunnel": {"T": "yes", "F": "no", "1": "yes", "0": "no"},
    # Geofabrik and transport models write 0 where there is no limit known.
    "maxspeed": {"0": ""},
    "maxspeed:forward": {"0": ""},
    "maxspeed:backward": {"0": ""},
}


@dataclass(frozen=True, eq=False)
class StreetTable:
    """Street lines with their tags.

    Attributes
    ----------
    path
        File they come from.
    lines
        LineStrings in longitude and latitude (WGS-84). Shape (n_lines,).
    row
        Row of `tags` of each line. Shape (n_lines,).
    tags
        Tags of each row of the file.
    """

    path: Path
    lines: Geometries
    row: Ints
    tags: Sequence[Tags]


def load_street_table(path: Path, *, layer: str = "") -> StreetTable:
    """Read a layer of street lines.

    Parameters
    ----------
    path
        File in a format of `geodata.vectors` with lines and a column that names the class of
        street (`COLUMNS`).
    layer
        Layer; the first one by default.

    Raises
    ------
    InputError
        If the file is missing or unreadable, or has no lines or no class of street.
    """
    path = Path(path)
    frame = read_vectors(path, layer=layer)
    found = _columns(frame)
    if "highway" not in found:
        have = ", ".join(str(name) for name in frame.columns)
        raise InputError(
            fault("ways.no_class", path, known=", ".join(COLUMNS["highway"]), have=have)
        )
    geometries = shapely.force_2d(to_lonlat(path, frame))
    parts, row = shapely.get_parts(geometries, return_index=True)
    line = shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING
    usable = line & (shapely.get_num_coordinates(parts) > 1)
    if not usable.any():
        raise InputError(fault("world.no_lines", path))
    return StreetTable(path, parts[usable], row[usable].astype(np.int64), _tags(frame, found))


def read_street_table(path: Path, mode: str, crs: str) -> StreetNetwork:
    """Return the streets of a layer of lines that are open to a means of travel.

    The network is its largest strongly connected part. Turn restrictions are not in such a file.

    Parameters
    ----------
    path
        File, see `load_street_table`.
    mode
        Means of travel, one of `gridmap.travel.profile.MODES`.
    crs
        Projected reference system in metres for the coordinates.

    Raises
    ------
    InputError
        As for `load_street_table`, and if no street in it is open to the means of travel or
        `mode` or `crs` is unusable.
    """
    return network_of_table(load_street_table(path), mode, crs)


def network_of_table(table: StreetTable, mode: str, crs: str) -> StreetNetwork:
    """Return the network of a table that has been loaded; see `read_street_table`."""
    profile, transformer = load_profile(mode), to_crs(crs)
    none = InputError(fault("streets.none_for_mode", table.path, mode=mode))
    found = _ways(table, profile)
    if not len(found):
        raise none
    ways = found.arrays()
    network, _ = network_of_ways(ways, profile, transformer, crs=crs, left=drives_left(ways.lonlat))
    if not network.n_edges:
        raise none
    return network


def linework_of_table(table: StreetTable, crs: str) -> Linework:
    """Return the lines of a table that borders may follow, in metres."""
    transformer = to_crs(crs)
    kind_of_row = np.array([int(line_kind(tags)) for tags in table.tags], dtype=np.int64)
    bridge_of_row = np.array([is_street_bridge(tags) for tags in table.tags], dtype=bool)

    def metres(lonlat: Floats) -> Floats:
        return np.column_stack(transformer.transform(lonlat[:, 0], lonlat[:, 1]))

    kinds = kind_of_row[table.row]
    lines = np.asarray(shapely.transform(table.lines, metres), dtype=object)
    return Linework(
        lines=lines[kinds > 0],
        kinds=kinds[kinds > 0],
        bridges=lines[bridge_of_row[table.row]],
    )


def _ways(table: StreetTable, profile: Profile) -> WayTable:
    """Return the lines that are open to the means of travel as ways of numbered points."""
    access = [way_access(tags, profile) for tags in table.tags]
    kind = [speed_tags(tags, profile) for tags in table.tags]
    lonlat, line = shapely.get_coordinates(table.lines, return_index=True)
    steps = np.rint(lonlat * STEPS_PER_DEGREE).astype(np.int64)
    # A place as one number sorts several times faster than as a pair.
    place = steps[:, 0] * (4 * 90 * STEPS_PER_DEGREE) + steps[:, 1]
    _, number = np.unique(place, return_inverse=True)
    start = np.searchsorted(line, np.arange(len(table.lines) + 1)).tolist()
    refs: list[int] = number.tolist()
    places = list(map(tuple, steps.tolist()))
    ways = WayTable(profile)
    for at, row in enumerate(table.row.tolist()):
        open_ = access[row]
        if open_ is None:
            continue
        low, high = start[at], start[at + 1]
        ways.add(
            at, refs[low:high], places[low:high],
            tags=table.tags[row], access=open_, kind=kind[row],
        )  # fmt: skip
    return ways


def _columns(frame: gpd.GeoDataFrame) -> dict[str, str]:
    by_name = {_plain(str(name)): str(name) for name in reversed(frame.columns)}
    found = {}
    for tag, names in COLUMNS.items():
        match = next((by_name[_plain(one)] for one in names if _plain(one) in by_name), None)
        if match is not None:
            found[tag] = match
    return found


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _tags(frame: gpd.GeoDataFrame, columns: Mapping[str, str]) -> list[dict[str, str]]:
    texts = [list(_texts(frame[column], tag)) for tag, column in columns.items()]
    names = list(columns)
    return [
        {name: text for name, text in zip(names, row, strict=True) if text}
        for row in zip(*texts, strict=True)
    ]


def _texts(values: Any, tag: str) -> Iterator[str]:
    spelling = SPELLINGS.get(tag, {})
    for value in values:
        if value is None or (not isinstance(value, str) and pd.isna(value)):
            yield ""
            continue
        # A column with gaps holds whole numbers as floats.
        text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
        yield spelling.get(text.strip(), text.strip())
