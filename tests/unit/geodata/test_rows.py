"""Outlets and demand of a project, from file to checked rows."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
import xlsxwriter

from geodata.boundaries import project
from geodata.project_file import DemandSection, OutletsSection
from geodata.rows import Rows, read_demand, read_outlets
from gridmap.errors import InputError
from gridmap.policies import RoutingPolicy

CRS = "EPSG:32635"
AREA = project(shapely.box(24.9, 60.1, 25.0, 60.2), CRS)
HEAD = "id,lon,lat,name,operator,kind,grade,potential\n"


def outlets(tmp_path: Path, text: str, *, name: str = "o.csv", **options: object) -> Rows:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return read(tmp_path / name, **options)


def read(path: Path, **options: object) -> Rows:
    options = {"own": {"match": ["^Own"]}, "partner": {"kind": ["shop"]}, **options}
    section = OutletsSection.model_validate({"file": path.name, **options})
    return read_outlets(
        path, section, crs=CRS, boundary=AREA, grade_policy=RoutingPolicy().grade_policy
    )


def demand(tmp_path: Path, text: str, **options: object) -> Rows:
    (tmp_path / "d.csv").write_text(text, encoding="utf-8")
    section = DemandSection.model_validate({"file": "d.csv", **options})
    return read_demand(tmp_path / "d.csv", section, crs=CRS, boundary=AREA)


def keys(rows: Rows) -> list[str]:
    return [one.key.removeprefix("world.") for one in rows.notices]


def test_grades_of_the_file_count_and_the_rest_is_by_potential(tmp_path: Path) -> None:
    rows = outlets(
        tmp_path,
        HEAD + "a,24.91,60.11,Own 1,,hall,,\n"
        "b,24.92,60.11,S,,shop,C,\n"
        "c,24.93,60.11,S,,shop,,5\n"
        "d,24.94,60.11,S,,shop,Z,9\n",
        grades="quantile:A=50,B=50",
    )
    assert rows.frame["grade"].tolist() == ["", "C", "B", "A"]
    assert rows.frame["grade_source"].tolist() == ["", "file", "quantile", "quantile"]
    assert rows.frame["visited"].tolist() == [False, True, True, True]
    assert rows.invented == ()
    assert keys(rows) == ["grade_unknown"]


def test_grades_are_invented_only_if_there_is_neither(tmp_path: Path) -> None:
    text = "id,lon,lat,name,kind\na,24.91,60.11,Own,hall\nb,24.92,60.11,S,shop\n"
    rows = outlets(tmp_path, text)
    assert rows.invented == ("grade", "potential")
    assert rows.frame["grade_source"].tolist() == ["", "invented"]
    assert keys(rows) == ["grades_invented"]
    assert outlets(tmp_path, text, partner={"kind": ["none"]}).invented == ()


def test_grades_by_another_column(tmp_path: Path) -> None:
    text = "id,lon,lat,kind,sales\na,24.91,60.11,shop,1\nb,24.92,60.11,shop,2\n"
    rows = outlets(tmp_path, text, grades="quantile:A=50,B=50 by sales")
    assert rows.frame["grade"].tolist() == ["B", "A"]
    with pytest.raises(InputError, match=r"no column “turnover” for potential.*sales"):
        outlets(tmp_path, text, grades="quantile:A=50,B=50 by turnover")


def test_names_are_never_empty(tmp_path: Path) -> None:
    rows = outlets(tmp_path, HEAD + "a,24.91,60.11,,Own,,,\nb,24.92,60.11,,,,,\n")
    assert rows.frame["name"].tolist() == ["Own", "b"]


def test_own_outlets_that_are_left_out_are_named(tmp_path: Path) -> None:
    rows = outlets(tmp_path, HEAD + "a,24.91,60.11,Own,,,,\nb,2,2,Own,,,,\nc,,,Own,,,,\n")
    (notice,) = (one for one in rows.notices if one.key == "world.own_left_out")
    assert notice.values["ids"] == "b, c"
    assert rows.excluded["id"].tolist() == ["b", "c"]


def test_many_on_one_spot_are_remarked(tmp_path: Path) -> None:
    spot = "".join(f"s{at},24.95,60.15,S,,other,,\n" for at in range(6))
    assert keys(outlets(tmp_path, HEAD + "a,24.91,60.11,Own,,,,\n" + spot)) == ["stacked"]


def test_no_usable_outlet(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        outlets(tmp_path, HEAD + "a,1,1,Own,,,,\n")
    assert [one.key for one in error.value.faults][-1] == "world.no_outlet"


def test_all_missing_columns_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        outlets(tmp_path, "code,x,y\n1,2,3\n", columns={"id": "nr"})
    assert len(error.value.faults) == 3


def test_chinese_gbk_csv_and_excel_agree(tmp_path: Path) -> None:
    """The headers of an office list need no mapping; codes keep their leading zeros as text."""
    table = [
        ["网点编码", "网点名称", "运营商", "类型", "经度", "纬度", "等级"],
        ["0071", "江南营业厅", "Own 移动", "hall", "24.91", "60.11", ""],
        ["0072", "便利店", "", "shop", "24.92", "60.11", "B"],
        ["合计", "", "", "", "", "", ""],
    ]
    text = "\n".join(",".join(line) for line in table)
    (tmp_path / "o.csv").write_bytes(text.encode("gb18030"))
    book = xlsxwriter.Workbook(tmp_path / "o.xlsx")
    sheet = book.add_worksheet()
    for at, line in enumerate(table):
        sheet.write_row(at, 0, line)
    book.close()
    one, other = read(tmp_path / "o.csv"), read(tmp_path / "o.xlsx")
    assert one.frame.equals(other.frame)
    assert one.frame["outlet_id"].tolist() == ["0071", "0072"]
    assert one.frame["grade"].tolist() == ["", "B"]
    assert one.excluded["reason"].tolist()[0] == "world.total_row"


def test_demand_by_weight_and_by_count(tmp_path: Path) -> None:
    text = "lon,lat,people\n24.91,60.11,5\n24.92,60.11,0\n24.93,60.11,-2\n"
    rows = demand(tmp_path, text, weight="people")
    assert rows.frame["weight"].tolist() == [5.0]
    assert rows.frame["demand_id"].tolist() == ["#2"]
    assert keys(rows) == ["weight_negative_rows", "weightless"]
    assert demand(tmp_path, text).frame["weight"].tolist() == [1.0, 1.0, 1.0]


def test_demand_of_some_kinds_and_faults_of_these_only(tmp_path: Path) -> None:
    text = "id,lon,lat,kind\na,24.91,60.11,house\nb,24.92,60.11,shed\nc,0,0,shed\nd,0,0,house\n"
    rows = demand(tmp_path, text, kind=["house"])
    assert rows.frame["demand_id"].tolist() == ["a"]
    assert rows.excluded["id"].tolist() == ["d"]


@pytest.mark.parametrize(
    ("text", "options", "key"),
    [
        ("lon,lat,w\n24.91,60.11,0\n", {"weight": "w"}, "world.no_demand"),
        ("lon,lat\n1,1\n", {}, "world.no_demand"),
        ("lon,lat\n24.91,60.11\n", {"weight": "w"}, "world.column_missing"),
        ("lon,lat\n24.91,60.11\n", {"kind": ["x"]}, "world.column_needed"),
    ],
)
def test_no_demand(tmp_path: Path, text: str, options: dict[str, object], key: str) -> None:
    with pytest.raises(InputError) as error:
        demand(tmp_path, text, **options)
    assert error.value.faults[-1].key == key


def test_places_are_metres(tmp_path: Path) -> None:
    rows = demand(tmp_path, "lon,lat\n24.95,60.15\n")
    assert shapely.intersects_xy(AREA, rows.frame[["x", "y"]].to_numpy()).all()
    assert np.abs(rows.frame[["x", "y"]].to_numpy()).min() > 1e5


def test_zones_are_spread_over_their_area(tmp_path: Path) -> None:
    """64 points a zone; the second zone is half outside, the third a point, the fourth nothing."""
    zones = gpd.GeoDataFrame(
        {"id": ["a", "b", "c", "d"], "people": [640, 64, 5, 7]},
        geometry=[
            shapely.box(24.91, 60.11, 24.93, 60.12),
            shapely.box(24.99, 60.11, 25.01, 60.12),
            shapely.Point(24.95, 60.15),
            None,
        ],
        crs=4326,
    )
    zones.to_file(tmp_path / "z.gpkg")
    section = DemandSection(file="z.gpkg", weight="people")
    rows = read_demand(tmp_path / "z.gpkg", section, crs=CRS, boundary=AREA)
    weight = rows.frame.groupby("demand_id")["weight"].agg(["sum", "count"])
    assert weight.loc["a"].tolist() == [640.0, 64]
    assert weight.loc["b"].tolist() == pytest.approx([32.0, 64], rel=1e-3)
    assert weight.loc["c"].tolist() == [5.0, 1]
    assert rows.excluded[["id", "reason"]].to_numpy().tolist() == [
        ["d", "world.place_missing"],
    ]
    assert rows.excluded["row"].tolist() == [5]
    (cut,) = [one for one in rows.notices if one.key == "places.zones_cut"]
    # 32 of 640 + 64 + 5 lie outside.
    assert cut.values["lost"] == "32.0" and cut.values["share"] == pytest.approx(32 / 709, rel=1e-3)
    spread = shapely.MultiPoint(rows.frame[["x", "y"]][:64].to_numpy()).convex_hull
    zone = project(zones.geometry[0], CRS)
    # The lattice follows the metres of the projection, to which the zone stands askew.
    assert spread.area == pytest.approx(zone.area * (7 / 8) ** 2, rel=0.1)


def test_a_zone_too_thin_for_the_lattice_is_one_point(tmp_path: Path) -> None:
    """A hook along two sides of its box: the lattice begins a sixteenth inside."""
    hook = shapely.LineString([(24.91, 60.13), (24.91, 60.11), (24.93, 60.11)]).buffer(1e-6)
    wedge = gpd.GeoDataFrame({"id": ["a"]}, geometry=[hook], crs=4326)
    wedge.to_file(tmp_path / "z.gpkg")
    rows = read_demand(tmp_path / "z.gpkg", DemandSection(file="z.gpkg"), crs=CRS, boundary=AREA)
    assert rows.frame["weight"].tolist() == [1.0]


SOLD = "id,lon,lat,name,operator,kind,月销量(千件),等级\n"


def test_sales_are_those_of_a_cycle_in_pieces(tmp_path: Path) -> None:
    """The heading counts in thousands, a cell with 万 for itself; 56 days are two cycles of 28."""
    rows = outlets(
        tmp_path,
        SOLD + "a,24.91,60.11,Own 1,,hall,0.08,\n"
        "b,24.92,60.11,S,,shop,0.01万,C\n"
        "c,24.93,60.11,S,,shop,,B\n"
        "d,24.94,60.11,S,,shop,viele,B\n"
        "e,24.95,60.11,S,,shop,-3,B\n",
        columns={"sales": "月销量(千件)", "grade": "等级"},
        sales_days=56,
    )
    assert rows.frame["sales"].tolist()[:2] == [40.0, 50.0]
    assert rows.frame["sales"].isna().tolist() == [False, False, True, True, True]
    told = next(one for one in rows.notices if one.key == "world.sales_unread_rows")
    assert "2" in told.text("en")
    assert "(d)" in told.text("en")
    assert "(e)" in told.text("en")
    assert rows.invented == ()


def test_sales_are_read_only_from_a_column_that_is_named(tmp_path: Path) -> None:
    """A column of sales that is not named is the potential, as it was before."""
    rows = outlets(tmp_path, SOLD + "a,24.91,60.11,S,,shop,0.08,A\n", columns={"grade": "等级"})
    assert rows.frame["sales"].isna().all()
    assert rows.frame["potential"].tolist() == [80.0]


def test_invented_sales_say_so_and_hang_on_the_id(tmp_path: Path) -> None:
    table = HEAD + "a,24.91,60.11,S,,shop,C,\nb,24.92,60.11,S,,shop,A,\n"
    rows = outlets(tmp_path, table, invented_sales=True)
    assert "sales" in rows.invented
    turned = outlets(
        tmp_path, HEAD + "b,24.92,60.11,S,,shop,A,\na,24.91,60.11,S,,shop,C,\n", invented_sales=True
    )
    assert rows.frame["sales"].tolist() == turned.frame["sales"].tolist()[::-1]
    assert (rows.frame["sales"] % 1.0 == 0.0).all()
    other = outlets(tmp_path, table, invented_sales=True, seed=1)
    assert rows.frame["sales"].tolist() != other.frame["sales"].tolist()


def test_sales_are_given_or_invented_not_both() -> None:
    with pytest.raises(ValueError, match="given and invented"):
        OutletsSection.model_validate(
            {"file": "o", "own": {"id": ["a"]}, "columns": {"sales": "s"}, "invented_sales": True}
        )
