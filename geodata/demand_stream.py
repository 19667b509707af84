"""Demand of millions of points bound to units in portions, without holding the points.

What this reads is a clean table of longitude, latitude and weight, as a database or a statistics
office writes it; a table in any other state goes through ``gridmap import`` first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv, parquet

from geodata.boundaries import project_points
from gridmap.datum import Datum, to_wgs84
from gridmap.errors import InputError, fault
from gridmap.territory import Units

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Points, and bytes of text, that are held at a time.
ROWS, BYTES = 250_000, 8_000_000


@dataclass(frozen=True)
class Columns:
    """Names of the columns that matter."""

    lon: str = "lon"
    lat: str = "lat"
    weight: str = "weight"

    @property
    def all(self) -> list[str]:
        """All three, in this order."""
        return [self.lon, self.lat, self.weight]


@dataclass(frozen=True, eq=False)
class UnitDemand:
    """Demand of the units.

    Attributes
    ----------
    weight, points
        Sum of the weights of the points of each unit, and how many they are. Shape (n_units,).
    outside_weight, outside_points
        The same of the points in no unit.
    """

    weight: Floats
    points: Ints
    outside_weight: float
    outside_points: int


def read_portions(path: Path, columns: Columns | None = None) -> Iterator[Floats]:
    """Yield longitude, latitude and weight of the next rows of a CSV or Parquet file.

    Parameters
    ----------
    path
        ``.csv``, ``.csv.gz`` or ``.parquet``.
    columns
        Names of the columns; ``lon``, ``lat`` and ``weight`` by default.

    Yields
    ------
    Floats
        Shape (n_rows, 3).

    Raises
    ------
    InputError
        If the file or a column lacks, or a cell is no number that can be used; the first such row
        is named.
    """
    names = (columns or Columns()).all
    row = 2  # as a spreadsheet shows it: the first row is the header
    try:
        for batch in _batches(path, names):
            table = np.column_stack([batch.column(name).to_numpy(False) for name in names])
            _check(path, table, row)
            row += len(table)
            yield table
    except (pa.ArrowException, OSError, KeyError) as error:
        raise InputError(fault("demandfile.unread", path.name, row=row, reason=error)) from error


def bind(
    portions: Iterable[Floats], units: Units, *, crs: str, datum: Datum = "wgs84"
) -> UnitDemand:
    """Return the demand of the units; each point counts in exactly one, see `Units.locate`.

    Parameters
    ----------
    portions
        Longitude, latitude and weight. Shape (n_rows, 3) each.
    units
        In metres.
    crs
        Reference system of the units.
    datum
        Datum of the points.
    """
    n_units = len(units)
    weight, points = np.zeros(n_units + 1), np.zeros(n_units + 1, dtype=np.int64)
    for portion in portions:
        xy = project_points(to_wgs84(portion[:, :2], datum), crs)
        unit = units.locate(xy)  # -1, outside, counts in the last place
        weight += np.bincount(unit % (n_units + 1), portion[:, 2], n_units + 1)
        points += np.bincount(unit % (n_units + 1), minlength=n_units + 1)
    return UnitDemand(weight[:-1], points[:-1], float(weight[-1]), int(points[-1]))


def _batches(path: Path, names: list[str]) -> Iterator[pa.RecordBatch]:
    if path.suffix == ".parquet":
        with parquet.ParquetFile(path) as file:
            wanted = pa.schema([(name, pa.float64()) for name in names])
            for batch in file.iter_batches(ROWS, columns=names):
                yield pa.Table.from_batches([batch]).select(names).cast(wanted).to_batches()[0]
        return
    reader = csv.open_csv(
        path,
        read_options=csv.ReadOptions(block_size=BYTES, use_threads=False),
        convert_options=csv.ConvertOptions(
            include_columns=names, column_types=dict.fromkeys(names, pa.float64())
        ),
    )
    with reader:
        yield from reader


def _check(path: Path, table: Floats, row: int) -> None:
    """Refuse rows that are no place on Earth with a weight.

    Raises
    ------
    InputError
        With the first of them, and how many they are in this portion.
    """
    lon, lat, weight = table.T
    good = (np.abs(lon) <= 180.0) & (np.abs(lat) <= 90.0) & (weight >= 0.0) & np.isfinite(weight)
    if not good.all():
        first = int(np.flatnonzero(~good)[0])
        found = ", ".join(f"{value:g}" for value in table[first])
        raise InputError(
            fault(
                "demandfile.bad_row",
                f"{path.name} {row + first}",
                found=found,
                count=int((~good).sum()),
            )
        )
