"""Accepted rows written as a file that a project reads back unchanged."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from geodata.fault_report import guarded
from geodata.importing import Imported
from geodata.safe_files import written
from gridmap.errors import InputError, fault

SUFFIXES = (".csv", ".gpkg")


def write_clean(path: Path, imported: Imported) -> None:
    """Write the accepted rows as .csv (UTF-8) or .gpkg, whole or not at all.

    Raises
    ------
    InputError
        If the suffix is another one or the file cannot be written.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(fault("tables.out_unknown", path, known=", ".join(SUFFIXES)))
    frame = imported.frame.drop(columns="row")
    with written(path) as temporary:
        if suffix == ".csv":
            _text(frame, imported).to_csv(temporary, index=False, encoding="utf-8-sig")
        else:
            _features(frame, imported).to_file(temporary, driver="GPKG", layer="rows")


def _text(frame: pd.DataFrame, imported: Imported) -> pd.DataFrame:
    if imported.shapes is not None:
        frame = frame.assign(wkt=shapely.to_wkt(imported.shapes, rounding_precision=8))
    texts = [str(one) for one in frame if not pd.api.types.is_numeric_dtype(frame[one].dtype)]
    return frame.assign(**{name: frame[name].map(guarded) for name in texts})


def _features(frame: pd.DataFrame, imported: Imported) -> gpd.GeoDataFrame:
    if imported.shapes is not None:
        shapes = list(imported.shapes)
    elif "lon" in frame:
        shapes = gpd.points_from_xy(frame["lon"], frame["lat"])
    else:
        raise InputError(fault("tables.out_unknown", "visits", known=".csv"))
    return gpd.GeoDataFrame(frame, geometry=shapes, crs="EPSG:4326")
