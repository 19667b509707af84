"""Codes and names of cells: unique, readable, and kept when a plan changes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.errors import Fault, InputError, fault, some_ids
from gridmap.territory import Floats, Ints, Polygons

Strings = Sequence[str]
#: Provinces of GB/T 2260.
PROVINCES = frozenset(
    [
        "11",
        "12",
        "13",
        "14",
        "15",
        "21",
        "22",
        "23",
        "31",
        "32",
        "33",
        "34",
        "35",
        "36",
        "37",
        "41",
        "42",
        "43",
        "44",
        "45",
        "46",
        "50",
        "51",
        "52",
        "53",
        "54",
        "61",
        "62",
        "63",
        "64",
        "65",
        "71",
        "81",
        "82",
    ]
)
#: Cells that one community can number.
MOST = 999
DIVISION = re.compile(r"\d{6}(\d{3}){0,2}")
GB15 = re.compile(r"\d{15}")
SEQUENCE = re.compile(r"C(\d{2,})")


def sequence_codes(n_cells: int, *, former: Sequence[str | None] | None = None) -> list[str]:
    """Return C01, C02, …; cells that had a code keep it.

    Parameters
    ----------
    n_cells
        Number of cells.
    former
        Code that each cell had, None for a new cell. Length n_cells.

    Raises
    ------
    InputError
        If a former code is not of this kind, or two cells had the same.
    """
    kept = _former(former, n_cells, SEQUENCE, scheme="C01")
    numbers = (number for number in range(1, 2 * n_cells + len(kept) + 2))
    fresh = (code for code in (f"C{one:02d}" for one in numbers) if code not in set(kept))
    return [one or next(fresh) for one in kept]


def gb15_codes(
    divisions: Strings, polygons: Polygons, *, former: Sequence[str | None] | None = None
) -> list[str]:
    """Return 15-digit codes: county (6), street (3), community (3) and a number (3).

    Within a community cells are numbered from west to east in rows from north to south. Cells
    that had a code in the same community keep it, and new ones take the next free numbers.

    Parameters
    ----------
    divisions
        Administrative division of each cell: 12 digits down to its community, or 9 or 6 where a
        cell belongs to a street or county only; the parts it lacks become 000.
    polygons
        The cells. Shape (n_cells,).
    former
        Code that each cell had, None for a new cell. Length n_cells.

    Raises
    ------
    InputError
        With every division that is none, or that has more than 999 cells, and with former codes
        that are of another kind or occur twice.

    References
    ----------
    GB/T 2260 (codes of counties), GB/T 10114 (streets and towns), CJ/T 349 (order of numbers).
    """
    if len(divisions) != len(polygons):
        raise ValueError(f"Expected {len(polygons)} divisions, found {len(divisions)}.")
    check_divisions(divisions)
    whole = [one.ljust(12, "0") for one in divisions]
    kept = _former(former, len(whole), GB15, scheme="gb15")
    kept = [code if code.startswith(area) else "" for code, area in zip(kept, whole, strict=True)]
    used = set(kept)
    codes = list(kept)
    numbers: dict[str, Iterator[int]] = {area: iter(range(1, MOST + 1)) for area in whole}
    for cell in reading_order(polygons).tolist():
        if codes[cell]:
            continue
        area = whole[cell]
        free = (f"{area}{one:03d}" for one in numbers[area])
        codes[cell] = next(code for code in free if code not in used)
    return codes


def parts_of_gb15(code: str) -> tuple[str, str, str, int]:
    """Return county, street, community and number of a code.

    Raises
    ------
    InputError
        If it is none.
    """
    county = code[:6]
    if not GB15.fullmatch(code) or county[:2] not in PROVINCES or code[12:] == "000":
        raise InputError(fault("cellcode.not_gb15", codes=code))
    return county, code[6:9], code[9:12], int(code[12:])


def divisions_of(xy: Floats, areas: Polygons, codes: Strings, *, names: Strings) -> list[str]:
    """Return the division that each point lies in; the first on a common border.

    Parameters
    ----------
    xy
        Centres of cells. Shape (n_cells, 2).
    areas, codes
        Administrative divisions and their codes. Shape (n_areas,).
    names
        What each point is called in a fault. Shape (n_cells,).

    Raises
    ------
    InputError
        If a point lies in none, with the names of all such.
    """
    point, area = shapely.STRtree(areas).query(shapely.points(xy), predicate="intersects")
    found = np.full(len(xy), len(areas), dtype=np.int64)
    np.minimum.at(found, point, area)
    lost = np.flatnonzero(found == len(areas))
    if len(lost):
        ids = some_ids(names[one] for one in lost.tolist())
        raise InputError(fault("cellcode.no_division", centres=ids))
    return [codes[one] for one in found.tolist()]


def reading_order(polygons: Polygons) -> Ints:
    """Return cells in rows from north to south, each from west to east. Shape (n,).

    A row is as high as a square of the cells' mean area, counted from the northernmost middle.
    """
    if len(polygons) == 0:
        return np.empty(0, dtype=np.int64)
    x, y = shapely.get_coordinates(shapely.centroid(polygons)).T
    height = max(float(np.sqrt(np.mean(shapely.area(polygons)))), 1e-9)
    row: NDArray[np.float64] = np.floor((y.max() - y) / height)
    return np.lexsort((np.arange(len(x)), x, row)).astype(np.int64)


def cell_names(centre_names: Strings, codes: Strings) -> list[str]:
    """Return a unique name a cell: that of its centre, with a number where cells share one.

    The first cell with a name has it as it is. A cell whose centre has no name is called by its
    code.
    """
    wanted = [name.strip() or code for name, code in zip(centre_names, codes, strict=True)]
    taken: set[str] = set()
    names: list[str] = []
    for name in wanted:
        unique, number = name, 1
        # A centre may be called “Shop 2” itself.
        while unique in taken or (number > 1 and unique in wanted):
            number += 1
            unique = f"{name} {number}"
        taken.add(unique)
        names.append(unique)
    return names


def check_divisions(divisions: Strings) -> None:
    """Raise unless each is the code of a division, with few enough cells to number.

    Raises
    ------
    InputError
        Naming all that are not.
    """
    wrong = {one for one in divisions if not DIVISION.fullmatch(one) or not _is_county(one[:6])}
    faults: list[Fault] = []
    if wrong:
        faults.append(fault("cellcode.not_division", found=some_ids(sorted(wrong))))
    whole = [one.ljust(12, "0") for one in divisions if one not in wrong]
    full = {one for one in set(whole) if whole.count(one) > MOST}
    if full:
        faults.append(fault("cellcode.too_many", found=some_ids(sorted(full)), most=MOST))
    if faults:
        raise InputError(*faults)


def _is_county(code: str) -> bool:
    return code[:2] in PROVINCES and code[4:] != "00"


def _former(
    former: Sequence[str | None] | None, n_cells: int, pattern: re.Pattern[str], *, scheme: str
) -> list[str]:
    """Return the former codes, empty for new cells, after checking them."""
    if former is None:
        return [""] * n_cells
    if len(former) != n_cells:
        raise ValueError(f"Expected {n_cells} former codes, found {len(former)}.")
    codes = [one or "" for one in former]
    wrong = sorted({one for one in codes if one and not pattern.fullmatch(one)})
    twice = sorted({one for one in codes if one and codes.count(one) > 1})
    faults = []
    if wrong:
        faults.append(fault("cellcode.other_kind", codes=some_ids(wrong), scheme=scheme))
    if twice:
        faults.append(fault("cellcode.twice", codes=some_ids(twice)))
    if faults:
        raise InputError(*faults)
    return codes
