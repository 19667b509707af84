"""Rows that cannot be used come out with row, id and reason; all the others go in."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely

from geodata.boundaries import project_points
from geodata.points import place, read_coordinates, read_weights, reject_bad_ids, reject_totals
from geodata.sieve import Sieve, excluded_notices, no_rows
from geodata.tables import Table
from geodata.values import read_amounts
from gridmap.datum import from_wgs84

CRS = "EPSG:32650"


def sieve_of(**columns: list[str]) -> tuple[Sieve, pd.DataFrame]:
    text = pd.DataFrame(columns, dtype=object)
    table = Table("t.csv", text, np.arange(2, len(text) + 2))
    ids = text.get("id", pd.Series("", index=text.index, dtype=object))
    return Sieve(table, ids.to_numpy(dtype=object)), text


def reasons(sieve: Sieve) -> list[tuple[int, str]]:
    short = sieve.excluded["reason"].str.removeprefix("world.")
    return list(zip(sieve.excluded["row"].tolist(), short.tolist(), strict=True))


def coordinates(*pairs: tuple[str, str]) -> tuple[Sieve, np.ndarray]:
    sieve, text = sieve_of(lon=[a for a, _ in pairs], lat=[b for _, b in pairs])
    return sieve, read_coordinates(sieve, text["lon"], text["lat"])


def test_ids_missing_damaged_and_repeated() -> None:
    sieve, text = sieve_of(id=["a", "", "3.2E+11", "a", "b"])
    reject_bad_ids(sieve, text["id"])
    assert reasons(sieve) == [(3, "id_missing"), (4, "id_damaged"), (5, "id_again")]
    assert sieve.excluded["found"].tolist() == ["", "3.2E+11", "2"]
    assert sieve.kept.tolist() == [True, False, False, False, True]


def test_totals_go_but_a_brand_of_that_name_stays() -> None:
    sieve, text = sieve_of(
        id=["合计", "x", "y"], name=["", "小计", "Total"], lon=["", "", "1"], lat=["", "", "2"]
    )
    reject_totals(sieve, {name: text[name] for name in text})
    assert reasons(sieve) == [(2, "total_row"), (3, "total_row")]


@pytest.mark.parametrize(
    ("lon", "lat", "expected"),
    [
        ("118.78", "32.04", (118.78, 32.04)),
        ("１１８．７８", "３２．０４", (118.78, 32.04)),
        ("118,78", "32,04", (118.78, 32.04)),
        ("118.78°", "32.04", (118.78, 32.04)),
        ("118°46'48\"E", "32°2'24\"N", (118.78, 32.04)),
        ("118度46分48秒", "北纬", None),
        ("3°30'W", "51°30′S", (-3.5, -51.5)),
        ("-3°30'", "51°", (-3.5, 51.0)),
        ("118.78,32.04", "118.78,32.04", (118.78, 32.04)),
        ("118.78 32.04", "118.78 32.04", (118.78, 32.04)),
        ("1e2", "+5", (100.0, 5.0)),
        ("inf", "5", None),
    ],
)
def test_ways_to_write_a_place(lon: str, lat: str, expected: tuple[float, float] | None) -> None:
    sieve, found = coordinates((lon, lat))
    if expected is None:
        assert reasons(sieve) == [(2, "place_not_number")]
        assert np.isnan(found).all()
    else:
        np.testing.assert_allclose(found[0], expected, atol=1e-9)
        assert sieve.kept.all()


def test_places_that_are_none() -> None:
    sieve, _ = coordinates(
        ("", "5"), ("x", "5"), ("0", "0.0"), ("200", "5"), ("32.04", "118.78"), ("0", "5")
    )
    assert reasons(sieve) == [
        (2, "place_missing"),
        (3, "place_not_number"),
        (4, "place_zero"),
        (5, "place_beyond"),
    ]
    assert sieve.kept[4]  # on the globe when exchanged: `turn_swapped` decides


def test_outside_and_swapped_against_the_territory() -> None:
    """Territory around (31, 30): swapped it reads (30, 31), which is outside but in range."""
    crs = "EPSG:32636"
    middle = project_points(np.array([[31.0, 30.0]]), crs)[0]
    area = shapely.box(*(middle - 1000.0), *(middle + 1000.0))
    sieve, text = sieve_of(lon=["31", "30", "31.5", "8.0", ""], lat=["30", "31", "30", "-95", "1"])
    lonlat = read_coordinates(sieve, text["lon"], text["lat"])
    xy = place(sieve, lonlat, datum="wgs84", crs=crs, boundary=area)
    assert reasons(sieve) == [
        (4, "place_outside"),
        (5, "place_swapped"),
        (6, "place_missing"),
    ]
    assert sieve.repaired["row"].tolist() == [3]
    np.testing.assert_allclose(xy[:2], [middle, middle])
    assert np.isnan(xy[2:]).all()


@pytest.mark.parametrize("datum", ["wgs84", "gcj02", "bd09"])
def test_datum_is_taken_back(datum: str) -> None:
    wgs = np.array([[118.78, 32.04]])
    middle = project_points(wgs, CRS)[0]
    given = from_wgs84(wgs, datum)[0]  # type: ignore[arg-type]
    sieve, text = sieve_of(lon=[f"{given[0]:.9f}"], lat=[f"{given[1]:.9f}"])
    lonlat = read_coordinates(sieve, text["lon"], text["lat"])
    area = shapely.box(*(middle - 50.0), *(middle + 50.0))
    xy = place(sieve, lonlat, datum=datum, crs=CRS, boundary=area)  # type: ignore[arg-type]
    np.testing.assert_allclose(xy[0], middle, atol=1e-3)


def test_weights() -> None:
    sieve, text = sieve_of(w=["5", "1,234.5", "3.5万", "2,5", "", "many", "-1", "35%"])
    weight = read_weights(sieve, text["w"])
    np.testing.assert_allclose(weight[:4], [5.0, 1234.5, 35_000.0, 2.5])
    assert reasons(sieve) == [
        (6, "weight_not_number"),
        (7, "weight_not_number"),
        (8, "weight_negative"),
        (9, "weight_not_number"),
    ]


def test_amounts_may_be_unknown() -> None:
    found = read_amounts(pd.Series(["1", "", "?"], dtype=object))
    assert found[0] == 1.0
    assert np.isnan(found[1:]).all()


def test_notices_count_and_name_rows_per_reason() -> None:
    sieve, text = sieve_of(id=["", "", "a", "a"])
    reject_bad_ids(sieve, text["id"])
    first, second = excluded_notices(sieve.excluded)
    assert first.key == "world.id_again_rows"
    assert "5 (a)" in first.text("en")
    assert "5 (a)" in first.text("zh")
    assert second.values == {"count": 2, "rows": "2, 3"}


def test_a_row_with_two_faults_shows_both() -> None:
    sieve, text = sieve_of(id=[""], w=["-1"])
    reject_bad_ids(sieve, text["id"])
    read_weights(sieve, text["w"])
    assert reasons(sieve) == [(2, "id_missing"), (2, "weight_negative")]


def test_nothing_left_out_is_an_empty_table() -> None:
    sieve, _ = sieve_of(id=["a"])
    assert sieve.excluded.columns.tolist() == no_rows().columns.tolist()
    assert excluded_notices(sieve.excluded) == []
