"""Market figures from file to units: every way of saying where, and every fault of a table."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import xlsxwriter
from grid_town import grid_territory
from pyproj import Transformer

from geodata.invented_market import invented_market
from geodata.market import Ground, MarketRows, read_market, read_months
from geodata.market_section import MarketSection
from gridmap.catalogue import LANGUAGES
from gridmap.errors import InputError
from gridmap.schemas import MARKET

TOWN = grid_territory()
GROUND = Ground(TOWN.crs, TOWN.boundary, TOWN.units, TOWN.outlets, TOWN.demand, ("^Own",))
TO_LONLAT = Transformer.from_crs(TOWN.crs, "EPSG:4326", always_xy=True)


def read(tmp_path: Path, *texts: str, **options: object) -> MarketRows:
    tables = []
    for number, text in enumerate(texts):
        (tmp_path / f"m{number}.csv").write_text(text, encoding="utf-8")
        tables.append({"file": f"m{number}.csv", **options})
    section = MarketSection.model_validate({"tables": tables})
    files = {path.name: path for path in tmp_path.iterdir()}
    found = read_market(section, files, GROUND)
    assert found is not None
    return found


def keys(error: pytest.ExceptionInfo[InputError]) -> list[str]:
    for language in LANGUAGES:
        assert error.value.text(language)
    return [one.key for one in error.value.faults]


def test_figures_by_outlet_stand_in_its_unit_under_its_operator(tmp_path: Path) -> None:
    rows = read(
        tmp_path,
        "outlet_id,month,subscribers,sales\no0,2024-05,100,\no0,2024-06,,0\no2,2024-06,7,1.2万\n",
    ).frame
    MARKET.validate(rows)
    assert rows["unit"].tolist() == TOWN.outlets["unit"].iloc[[0, 0, 2]].tolist()
    assert rows["operator"].tolist() == ["Own", "Own", "Partner"]
    assert rows["ours"].all()
    assert rows["period"].tolist() == ["2024-05", "2024-06", "2024-06"]
    # An empty cell is unknown; 0 is a figure.
    np.testing.assert_array_equal(rows["subscribers"], [100.0, np.nan, 7.0])
    np.testing.assert_array_equal(rows["sales"], [np.nan, 0.0, 12_000.0])


def test_figures_by_place_find_their_unit(tmp_path: Path) -> None:
    lon, lat = TO_LONLAT.transform([150.0, 450.0], [50.0, 350.0])
    rows = read(
        tmp_path,
        "经度,纬度,运营商,账期,用户数\n"
        f"{lon[0]:.7f},{lat[0]:.7f},Own,202406,5\n{lon[1]:.7f},{lat[1]:.7f},Rival,2024年6月,6\n",
    ).frame
    assert rows["unit"].tolist() == [1, 22]
    assert rows["ours"].tolist() == [True, False]
    assert set(rows["period"]) == {"2024-06"}


def test_a_zone_is_where_its_demand_is_and_loses_what_lies_outside(tmp_path: Path) -> None:
    """Zone z covers units 0 and 1 and as much ground outside: half of 100, 25 in each unit."""
    areas = gpd.GeoDataFrame(
        {"code": ["z"]}, geometry=[shapely.box(0, -100, 200, 100)], crs=TOWN.crs
    )
    areas.to_crs("EPSG:4326").to_file(tmp_path / "zones.gpkg", layer="cells")
    text = "cell code,operator,subscribers,households\nz,Own,100,40\nz,Rival,60,40\ny,Own,1,1\n"
    found = read(tmp_path, text, zones="zones.gpkg", zones_layer="cells")
    assert found.frame["unit"].tolist() == [0, 1, 0, 1]
    np.testing.assert_allclose(found.frame["subscribers"], [25.0, 25.0, 15.0, 15.0], rtol=1e-3)
    np.testing.assert_allclose(found.frame["part"], 0.25, rtol=1e-3)
    assert found.excluded[["row", "id", "reason"]].to_numpy().tolist() == [
        [4, "y", "market.zone_unknown"]
    ]
    assert "market.zones_cut" in [one.key for one in found.notices]


def test_a_row_with_outlet_and_zone_lives_in_the_zone(tmp_path: Path) -> None:
    areas = gpd.GeoDataFrame({"code": ["z"]}, geometry=[TOWN.units.polygons[5]], crs=TOWN.crs)
    areas.to_file(tmp_path / "zones.gpkg")
    found = read(tmp_path, "zone,outlet,sales\nz,o0,9\n", zones="zones.gpkg").frame
    assert found[["place", "outlet_id", "unit"]].to_numpy().tolist() == [["z", "o0", 5]]


def test_a_workbook_is_read_as_well(tmp_path: Path) -> None:
    path = tmp_path / "m.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("六月")
        for at, row in enumerate([["渠道编码", "放号(户)", "携入"], ["o1", 12, 3]]):
            sheet.write_row(at, 0, row)
    section = MarketSection.model_validate({"tables": [{"file": "m.xlsx", "period": "2024-06"}]})
    found = read_market(section, {"m.xlsx": path}, GROUND)
    assert found is not None
    assert found.frame[["additions", "ported_in", "period"]].to_numpy().tolist() == [
        [12.0, 3.0, "2024-06"]
    ]


def test_every_faulty_row_comes_back_with_its_reason(tmp_path: Path) -> None:
    text = (
        "outlet_id,lon,lat,operator,month,subscribers\n"
        "nobody,,,,2024-06,5\n"
        "o0,,,,June,5\n"
        "o0,,,,,5\n"
        "o0,,,,2024-06,-5\n"
        "o1,,,,2024-06,many\n"
        ",-7.4858,0.0018,,2024-06,5\n"
        ",10,50,Own,2024-06,5\n"
        "合计,,,,,25\n"
    )
    found = read(tmp_path, text)
    assert found.excluded[["row", "reason"]].to_numpy().tolist() == [
        [2, "market.outlet_unknown"],
        [3, "market.period_unread"],
        [4, "market.period_missing"],
        [7, "market.operator_missing"],
        [8, "world.place_outside"],
        [9, "world.total_row"],
    ]
    said = {one.key for one in found.notices}
    assert {"tables.amount_negative_rows", "tables.amount_unread_rows"} <= said
    assert "market.row_empty_rows" in said
    for language in LANGUAGES:
        assert all(one.text(language) for one in found.notices)
    assert found.frame["subscribers"].isna().all()


def test_all_tables_tell_their_faults_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(
            tmp_path,
            "outlet_id,month\no0,2024-06\n",
            "month,sales\n2024-06,5\n",
            "zone,sales\nz,5\n",
        )
    assert keys(caught) == ["market.no_amount", "market.no_place", "market.no_zones"]
    assert {one.where for one in caught.value.faults} == {"m0.csv", "m1.csv", "m2.csv"}


def test_a_figure_that_two_tables_give_is_refused(tmp_path: Path) -> None:
    text = "outlet_id,month,subscribers\no0,2024-06,5\n"
    with pytest.raises(InputError) as caught:
        read(tmp_path, text, text)
    assert keys(caught) == ["market.told_twice"]
    assert "1: m0.csv + 2: m1.csv" in caught.value.text("en")


def test_figures_without_a_month_are_of_the_last_one_and_that_is_said(tmp_path: Path) -> None:
    found = read(
        tmp_path, "outlet_id,month,sales\no0,2024-05,5\no0,2024-06,6\n", "outlet_id,target\no0,3\n"
    )
    assert found.frame["period"].tolist() == ["2024-05", "2024-06", "2024-06"]
    assert "market.period_assumed" in [one.key for one in found.notices]


def test_a_row_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, "outlet_id,month,sales\no0,2024-06,5\no0,2024-06,6\n")
    assert keys(caught) == ["market.row_again"]
    assert "3" in caught.value.text("zh")


def test_zones_without_their_column_are_refused(tmp_path: Path) -> None:
    areas = gpd.GeoDataFrame({"nr": [7]}, geometry=[TOWN.units.polygons[5]], crs=TOWN.crs)
    areas.to_file(tmp_path / "zones.gpkg")
    with pytest.raises(InputError) as caught:
        read(tmp_path, "zone,operator,sales\n7,Own,9\n", zones="zones.gpkg")
    assert keys(caught) == ["market.zones_column"]
    found = read(tmp_path, "zone,operator,sales\n7,Own,9\n", zones="zones.gpkg", zones_code="nr")
    assert found.frame["unit"].tolist() == [5]


def test_a_project_without_tables_has_no_market() -> None:
    assert read_market(MarketSection(), {}, GROUND) is None


@pytest.mark.parametrize(
    ("written", "month"),
    [("2024-06", "2024-06"), ("2024/6", "2024-06"), ("202406", "2024-06"), ("45474", "2024-07"),
     ("2024年6月", "2024-06"), ("2024-06-30", "2024-06"), ("2024.6", "2024-06"), ("", "")],
)  # fmt: skip
def test_months_are_read_as_people_write_them(written: str, month: str) -> None:
    found, unread = read_months(pd.Series([written], dtype=object))
    assert found.tolist() == [month]
    assert not unread.any()


def test_invented_figures_are_marked_seeded_and_their_ports_cancel() -> None:
    first, again = (invented_market(GROUND, seed=3) for _ in range(2))
    assert first.equals(again)
    assert not first.equals(invented_market(GROUND, seed=4))
    assert set(first["source"]) == {"invented"}
    by_place = first.groupby(["period", "unit"])[["ported_in", "ported_out"]].sum()
    assert len(by_place) > 3
    np.testing.assert_allclose(by_place["ported_in"], by_place["ported_out"])


def test_figures_cannot_be_both_given_and_invented() -> None:
    with pytest.raises(ValueError, match="both"):
        MarketSection.model_validate({"invented": True, "tables": [{"file": "a.csv"}]})
