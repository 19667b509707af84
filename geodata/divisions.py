"""Administrative divisions of the cells' centres, from a column of the administrative file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from geodata.boundaries import project_areas
from geodata.vectors import read_vectors
from gridmap.datum import Datum
from gridmap.errors import InputError, fault
from gridmap.partition.codes import check_divisions, divisions_of


def read_divisions(
    path: Path, column: str, centres: pd.DataFrame, *, crs: str, datum: Datum = "wgs84"
) -> dict[str, str]:
    """Return the code of the division that each centre lies in, by outlet id.

    Parameters
    ----------
    path, column
        Vector file of areas, and its column of codes; numbers are taken as digits.
    centres
        Outlets with their places `x`, `y` in metres.
    crs, datum
        Reference system of the places, and datum of the file.

    Raises
    ------
    InputError
        If the file is unreadable, has no such column, a centre lies in none of its areas, or a
        code is none.
    """
    frame = read_vectors(path)
    if column not in frame.columns:
        known = ", ".join(str(one) for one in frame.columns if one != frame.geometry.name) or "–"
        raise InputError(fault("cellcode.no_column", path.name, column=column, known=known))
    given = frame[column]
    if pd.api.types.is_numeric_dtype(given):
        given = given.astype("Int64")
    frame = frame[given.notna()]
    areas = np.array(project_areas(path, frame, crs=crs, datum=datum), dtype=object)
    codes = given.dropna().astype(str).str.strip().tolist()
    there = ~shapely.is_empty(areas)
    names = centres["outlet_id"].astype(str).tolist()
    found = divisions_of(
        centres[["x", "y"]].to_numpy(np.float64),
        areas[there],
        [code for code, use in zip(codes, there.tolist(), strict=True) if use],
        names=names,
    )
    check_divisions(found)
    return dict(zip(names, found, strict=True))
