"""Codes and names of cells."""

import numpy as np
import pytest
import shapely

from gridmap.errors import InputError
from gridmap.partition.codes import (
    cell_names,
    divisions_of,
    gb15_codes,
    parts_of_gb15,
    reading_order,
    sequence_codes,
)

TOWN = "310104" + "011" + "003"


def grid(columns: int, rows: int) -> np.ndarray:
    return np.array(
        [
            shapely.box(x * 100, y * 100, x * 100 + 100, y * 100 + 100)
            for y in range(rows)
            for x in range(columns)
        ],
        dtype=object,
    )


def test_sequence_counts_from_one_and_grows_a_digit() -> None:
    assert sequence_codes(3) == ["C01", "C02", "C03"]
    assert sequence_codes(100)[-1] == "C100"
    assert sequence_codes(0) == []


def test_sequence_keeps_former_codes_and_fills_the_gaps() -> None:
    assert sequence_codes(4, former=["C07", None, "C01", None]) == ["C07", "C02", "C01", "C03"]


def test_former_codes_are_checked_together() -> None:
    with pytest.raises(InputError) as caught:
        sequence_codes(3, former=["C01", "C01", "x"])
    assert [one.key for one in caught.value.faults] == ["cellcode.other_kind", "cellcode.twice"]
    with pytest.raises(ValueError, match="Expected 3"):
        sequence_codes(3, former=["C01"])


def test_gb15_numbers_from_west_to_east_and_north_to_south() -> None:
    """Two rows of two cells, the southern row first in the input."""
    codes = gb15_codes([TOWN] * 4, grid(2, 2))
    assert codes == [TOWN + one for one in ("003", "004", "001", "002")]
    assert parts_of_gb15(codes[0]) == ("310104", "011", "003", 3)


def test_reading_order_allows_for_rows_that_are_not_quite_level() -> None:
    """The western cell of the upper row lies a little lower than the eastern one."""
    cells = np.array([shapely.box(200, 100, 300, 200), shapely.box(0, 80, 100, 180)], dtype=object)
    assert reading_order(cells).tolist() == [1, 0]
    assert reading_order(cells[:0]).tolist() == []


def test_gb15_counts_in_each_community_and_pads_what_is_not_known() -> None:
    codes = gb15_codes([TOWN, "310104", TOWN, "310104011"], grid(4, 1))
    assert codes == [
        TOWN + "001",
        "310104000000001",
        TOWN + "002",
        "310104011000001",
    ]


def test_gb15_keeps_former_codes_in_the_same_community_only() -> None:
    former = [TOWN + "002", None, "110101001001001"]
    assert gb15_codes([TOWN] * 3, grid(3, 1), former=former) == [
        TOWN + one for one in ("002", "001", "003")
    ]


@pytest.mark.parametrize("wrong", ["31010", "3101040110", "990104011003", "310100", "31o104011003"])
def test_gb15_refuses_what_is_no_division(wrong: str) -> None:
    with pytest.raises(InputError, match=wrong) as caught:
        gb15_codes([TOWN, wrong], grid(2, 1))
    assert "行政区划代码" in caught.value.text("zh")


def test_gb15_refuses_more_than_999_cells() -> None:
    assert len(set(gb15_codes([TOWN] * 999, grid(999, 1)))) == 999
    with pytest.raises(InputError, match="more than 999 cells"):
        gb15_codes([TOWN] * 1000, grid(1000, 1))
    with pytest.raises(ValueError, match="Expected 2 divisions"):
        gb15_codes([TOWN], grid(2, 1))


@pytest.mark.parametrize("wrong", ["310104011003", "310104011003000", "990104011003001", "x" * 15])
def test_parts_of_what_is_no_code(wrong: str) -> None:
    with pytest.raises(InputError, match="no 15-digit cell code"):
        parts_of_gb15(wrong)


def test_divisions_of_centres() -> None:
    areas, codes, names = grid(2, 1), ["a", "b"], ["one", "other"]
    inside = np.array([(150.0, 50.0), (100.0, 50.0)])
    assert divisions_of(inside, areas, codes, names=names) == ["b", "a"]
    with pytest.raises(InputError, match="centres other lie"):
        divisions_of(np.array([(150.0, 50.0), (999.0, 50.0)]), areas, codes, names=names)


def test_names_are_unique_even_if_a_shop_is_called_by_a_number() -> None:
    names = cell_names(["Shop", "Shop", "Shop 2", "", "Shop"], ["a", "b", "c", "C04", "e"])
    assert names == ["Shop", "Shop 3", "Shop 2", "C04", "Shop 4"]
    assert cell_names(["Shop 2", "Shop 2"], ["a", "b"]) == ["Shop 2", "Shop 2 2"]
