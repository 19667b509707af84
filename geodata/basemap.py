"""Offline basemap: an OpenStreetMap extract becomes one PMTiles file of vector tiles.

Only what helps to read a plan is kept: streets, rails, water, greenery, buildings and names.
The classes of the layers are those of OpenStreetMap, thinned out by zoom so that a tile stays
small enough for a phone: none is above 150 KB, see `geodata.tile_limit` and ``docs/basemap.md``.
"""

from __future__ import annotations

import bz2
import shutil
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import freestiler
import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from geodata.tile_limit import keep_small
from gridmap.errors import EngineError, InputError, fault
from gridmap.progress import Progress, Report, silent

MIN_ZOOM = 6
MAX_ZOOM = 15

_STAGE = "pages.stage.basemap"
_SUFFIXES = (".osm.pbf", ".osm", ".osm.bz2")
_NAMES = ("name", "name:en", "name:zh")

#: Which tags GDAL's reader hands over as columns.
_OSM_CONFIG = """\
closed_ways_are_polygons=aeroway,amenity,building,landuse,leisure,natural,shop,tourism
attribute_name_laundering=no
[points]
attributes=name,name:en,name:zh,place,railway
other_tags=no
[lines]
attributes=name,name:en,name:zh,highway,waterway,railway
other_tags=no
[multipolygons]
attributes=name,name:en,name:zh,natural,waterway,landuse,leisure,building
other_tags=no
"""

_ROAD_CLASS = {
    "motorway": "motorway",
    "motorway_link": "motorway",
    "trunk": "trunk",
    "trunk_link": "trunk",
    "primary": "primary",
    "primary_link": "primary",
    "secondary": "secondary",
    "secondary_link": "secondary",
    "tertiary": "tertiary",
    "tertiary_link": "tertiary",
    "residential": "minor",
    "unclassified": "minor",
    "living_street": "minor",
    "road": "minor",
    "service": "service",
    "pedestrian": "path",
    "footway": "path",
    "path": "path",
    "cycleway": "path",
    "steps": "path",
    "track": "path",
}
#: First zoom of each class of street.
_ROAD_ZOOM = {
    "motorway": 6,
    "trunk": 7,
    "primary": 8,
    "secondary": 10,
    "tertiary": 11,
    "minor": 12,
    "service": 14,
    "path": 15,
}
_GREEN = {
    "landuse": [
        "forest",
        "grass",
        "meadow",
        "cemetery",
        "recreation_ground",
        "village_green",
        "orchard",
        "vineyard",
        "farmland",
    ],
    "leisure": ["park", "garden", "pitch", "golf_course", "nature_reserve"],
    "natural": ["wood", "scrub", "beach", "heath", "grassland"],
}
_BUILT_UP = ["residential", "commercial", "industrial", "retail", "railway"]
_PLACE_ZOOM = {
    "city": 6,
    "town": 8,
    "village": 11,
    "suburb": 11,
    "quarter": 13,
    "neighbourhood": 14,
}


@dataclass(frozen=True, eq=False)
class _Layer:
    """Features of one layer of the tiles, and the first zoom that shows them."""

    features: gpd.GeoDataFrame
    min_zoom: int


def build_basemap(extract: Path, output: Path, *, report: Report = silent) -> Path:
    """Turn an OpenStreetMap extract into vector tiles of zoom 6 to 15.

    Parameters
    ----------
    extract
        ``.osm.pbf``, ``.osm`` or ``.osm.bz2``.
    output
        PMTiles file to write; it appears whole or not at all, an older one is replaced.
    report
        Takes the progress.

    Returns
    -------
    Path
        `output`.

    Raises
    ------
    InputError
        If the extract is missing, of another format, or holds nothing to draw.
    EngineError
        If the tiles cannot be written.
    """
    _check_extract(extract)
    with tempfile.TemporaryDirectory(prefix="gridmap-basemap-") as name:
        folder = Path(name)
        report(Progress(_STAGE, 0.0))
        layers = _layers(_read(_unpacked(extract, folder), folder, extract))
        if not layers:
            raise InputError(fault("pages.basemap.empty", extract))
        report(Progress(_STAGE, 0.5))
        draft = output.with_name(f".{output.stem}.part.pmtiles")
        try:
            output.parent.mkdir(parents=True, exist_ok=True)
            _write(layers, draft)
            _keep_small(layers, draft)
            draft.replace(output)
        except (OSError, RuntimeError, ValueError) as error:
            draft.unlink(missing_ok=True)
            raise EngineError(fault("pages.basemap.not_written", output, reason=error)) from error
    report(Progress(_STAGE, 1.0))
    return output


def _check_extract(extract: Path) -> None:
    if not extract.is_file():
        raise InputError(fault("pages.basemap.missing", extract))
    if not extract.name.lower().endswith(_SUFFIXES):
        raise InputError(fault("pages.basemap.format", extract, known=", ".join(_SUFFIXES)))


def _unpacked(extract: Path, folder: Path) -> Path:
    """Return the extract in a form that GDAL reads."""
    if extract.suffix.lower() != ".bz2":
        return extract
    plain = folder / "extract.osm"
    with bz2.open(extract) as packed, plain.open("wb") as target:
        shutil.copyfileobj(packed, target)
    return plain


def _read(extract: Path, folder: Path, shown: Path) -> Mapping[str, gpd.GeoDataFrame]:
    """Return points, lines and areas of the extract in EPSG:4326."""
    config = folder / "osmconf.ini"
    config.write_text(_OSM_CONFIG, encoding="utf-8")
    try:
        with warnings.catch_warnings():
            # clipped extracts hold rings that lack their end: what remains of them is drawn
            warnings.simplefilter("ignore", RuntimeWarning)
            return {
                layer: pyogrio.read_dataframe(
                    extract, layer=layer, CONFIG_FILE=str(config), on_invalid="ignore"
                )
                for layer in ("points", "lines", "multipolygons")
            }
    except (DataSourceError, DataLayerError) as error:
        raise InputError(fault("pages.basemap.unreadable", shown, reason=error)) from error


def _layers(read: Mapping[str, gpd.GeoDataFrame]) -> dict[str, _Layer]:
    """Return the layers of the tiles, from the ground up; empty ones are left out."""
    areas = _areas(read["multipolygons"])
    layers = {
        "urban": _Layer(_cut(areas[areas["landuse"].isin(_BUILT_UP)], ()), 9),
        "green": _Layer(_cut(areas[_is_green(areas)], _NAMES), 10),
        "water": _Layer(_cut(areas[_is_water(areas)], _NAMES), MIN_ZOOM),
        **_line_layers(read["lines"]),
        "building": _Layer(_cut(areas[areas["building"].notna()], ()), 14),
        **_point_layers(read["points"]),
    }
    return {name: layer for name, layer in layers.items() if len(layer.features)}


def _line_layers(lines: gpd.GeoDataFrame) -> dict[str, _Layer]:
    lines = lines[lines.geometry.notna()]
    water = lines[lines["waterway"].isin(["river", "canal", "stream"])]
    rails = lines[lines["railway"].isin(["rail", "subway", "light_rail", "tram"])]
    roads = lines[lines["highway"].isin(list(_ROAD_CLASS))]
    roads = roads.assign(**{"class": roads["highway"].map(_ROAD_CLASS)})
    found = {
        "waterway": _Layer(_cut(water, _NAMES), 10),
        "rail": _Layer(_cut(rails, ("railway",)), 10),
    }
    for road_class, zoom in _ROAD_ZOOM.items():
        chosen = roads[roads["class"] == road_class]
        names = () if road_class in ("service", "path") else _NAMES
        found[f"road_{road_class}"] = _Layer(_cut(chosen, names), zoom)
    return found


def _point_layers(points: gpd.GeoDataFrame) -> dict[str, _Layer]:
    points = points[points.geometry.notna()]
    stations = points[points["railway"].isin(["station", "halt"]) & points["name"].notna()]
    found = {"station": _Layer(_cut(stations, _NAMES), 13)}
    for place, zoom in _PLACE_ZOOM.items():
        chosen = points[(points["place"] == place) & points["name"].notna()]
        found[f"place_{place}"] = _Layer(_cut(chosen, _NAMES), zoom)
    return found


def _areas(read: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the areas with valid polygons only."""
    areas = read[read.geometry.notna()].copy()
    valid = shapely.make_valid(areas.geometry.to_numpy())
    areas = areas.set_geometry(gpd.GeoSeries(valid, index=areas.index, crs=areas.crs))
    return areas[areas.geom_type.isin(["Polygon", "MultiPolygon"])]


def _is_green(areas: gpd.GeoDataFrame) -> np.ndarray:
    green = [areas[key].isin(values).to_numpy() for key, values in _GREEN.items()]
    return np.asarray(np.any(green, axis=0))


def _is_water(areas: gpd.GeoDataFrame) -> np.ndarray:
    water = areas["natural"].isin(["water", "bay"]) | (areas["waterway"] == "riverbank")
    return np.asarray(water | (areas["landuse"] == "reservoir"))


def _cut(features: gpd.GeoDataFrame, columns: tuple[str, ...]) -> gpd.GeoDataFrame:
    """Return the features with a few columns only, in an order that does not depend on the read."""
    kept = features[[*columns, "geometry"]].reset_index(drop=True)
    # a layer without any column is refused by the writer
    return kept if columns else kept.assign(area=1)


def _write(layers: Mapping[str, _Layer], path: Path) -> None:
    freestiler.freestile(
        {
            name: freestiler.freestile_layer(
                layer.features, min_zoom=layer.min_zoom, max_zoom=MAX_ZOOM
            )
            for name, layer in layers.items()
        },
        path,
        min_zoom=MIN_ZOOM,
        max_zoom=MAX_ZOOM,
        generate_ids=False,
        quiet=True,
    )


def _keep_small(layers: Mapping[str, _Layer], path: Path) -> None:
    """Drop what is too small to be seen at the zooms whose tiles are too large."""
    by_zoom = {
        zoom: {name: one.features for name, one in layers.items() if one.min_zoom <= zoom}
        for zoom in range(MIN_ZOOM, MAX_ZOOM + 1)
    }
    keep_small(path, by_zoom, _write_zoom)


def _write_zoom(layers: Mapping[str, gpd.GeoDataFrame], zoom: int, path: Path) -> None:
    freestiler.freestile(
        dict(layers), path, min_zoom=zoom, max_zoom=zoom, generate_ids=False, quiet=True
    )
