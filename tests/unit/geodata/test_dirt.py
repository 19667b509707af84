"""Each kind of dirt that office tables have, one by one, in small real layouts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xlsxwriter

from geodata.fault_report import guarded, write
from geodata.headers import all_names, plain, unit_of, usual_names
from geodata.importing import Imported, import_table
from geodata.mapping import TableMapping, read_mapping, save_mapping
from geodata.tables import clean, read_table
from geodata.values import read_amounts, read_dates, read_shares, read_status
from gridmap.catalogue import sentences
from gridmap.errors import InputError

CSV = "编码,名称,经度,纬度\r\n001,江南营业厅,118.78,32.04\r\n"


def imported(tmp_path: Path, text: str, **options: object) -> Imported:
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    kind = options.pop("kind", "outlets")
    suggest = options.pop("suggest_datum", None)
    mapping = TableMapping.model_validate(options)
    return import_table(path, kind=kind, mapping=mapping, suggest_datum=suggest)  # type: ignore[arg-type]


def said(frame: pd.DataFrame) -> list[tuple[int, str]]:
    return list(zip(frame["row"].tolist(), frame["reason"].tolist(), strict=True))


def keys(done: Imported) -> list[str]:
    return [one.key for one in done.notices]


def series(*cells: str) -> pd.Series:
    return pd.Series(list(cells), dtype=object)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.csv").write_bytes(CSV.encode(encoding))
    assert read_table(tmp_path / "a.csv").text.iloc[0, 1] == "江南营业厅"


@pytest.mark.parametrize(
    "content", [b"id\x00,x\n1,2\n", "編碼,名稱\n1,一乙\n".encode("big5") + b"\xff"]
)
def test_an_uncertain_encoding_is_asked_for(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(InputError, match="--encoding"):
        read_table(tmp_path / "a.csv")


def test_a_named_encoding_counts_and_a_wrong_one_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("id,name\n1,Müller\n".encode("latin-1"))
    assert read_table(tmp_path / "a.csv", encoding="latin-1").text["name"][0] == "Müller"
    for encoding, key in (
        ("utf-8", "tables.encoding_wrong"),
        ("klingon", "tables.encoding_unheard"),
    ):
        with pytest.raises(InputError) as error:
            read_table(tmp_path / "a.csv", encoding=encoding)
        assert [one.key for one in error.value.faults] == [key]


def test_sep_line_semicolons_and_decimal_commas(tmp_path: Path) -> None:
    done = imported(
        tmp_path, "sep=;\nid;lon;lat;sales\na;118,78;32,04;1.234,5\nb;118,79;32,05;1,234\n"
    )
    assert done.frame[["lon", "lat", "potential"]].to_numpy().tolist() == [
        [118.78, 32.04, 1234.5], [118.79, 32.05, 1.234],
    ]  # fmt: skip
    assert done.table.row.tolist() == [2, 3]
    assert not len(done.repaired)


def test_a_text_named_xls_and_a_web_page_named_xls(tmp_path: Path) -> None:
    (tmp_path / "a.xls").write_bytes(CSV.encode("gbk"))
    table = read_table(tmp_path / "a.xls")
    assert table.text.iloc[0, 0] == "001"
    assert [one.key for one in table.notices] == ["tables.text_named_xls"]
    (tmp_path / "b.xls").write_text("<html><table><tr><td>编码</td></tr></table></html>", "utf-8")
    with pytest.raises(InputError, match="web page"):
        read_table(tmp_path / "b.xls")


def test_titles_two_row_headers_and_merged_groups(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        book.add_worksheet("说明").write(0, 0, "填写说明")
        sheet = book.add_worksheet("清单")
        sheet.merge_range("A1:E1", "渠道网点清单")
        sheet.merge_range("A2:B2", "网点信息")
        sheet.merge_range("C2:D2", "坐标")
        sheet.merge_range("E2:E3", "区县")
        sheet.write_row("A3", ["编码", "名称", "经度", "纬度"])
        sheet.write_row("A4", ["1", "甲", 118.78, 32.04])
        sheet.write_row("A5", ["2", "乙", 118.79, 32.05])
        sheet.merge_range("E4:E5", "玄武区")
    table = read_table(tmp_path / "a.xlsx")
    assert table.columns == ["网点信息/编码", "网点信息/名称", "坐标/经度", "坐标/纬度", "区县"]
    assert table.text["区县"].tolist() == ["玄武区", "玄武区"]
    assert table.row.tolist() == [4, 5]
    assert [one.key for one in table.notices] == ["tables.sheet_chosen"]
    assert import_table(tmp_path / "a.xlsx").frame["lon"].tolist() == [118.78, 118.79]


def test_two_columns_that_fit_are_asked_back(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        imported(tmp_path, "编码,名称,经度,东经,纬度\n1,a,118,118,32\n")
    assert [one.key for one in error.value.faults] == ["tables.column_ambiguous"]
    assert (
        len(
            imported(tmp_path, "编码,经度,东经,纬度\n1,118,118,32\n", columns={"lon": "东经"}).frame
        )
        == 1
    )


def test_headers_printed_again_totals_notes_and_moved_cells(tmp_path: Path) -> None:
    text = (
        "编码,名称,经度,纬度,地址\n1,a,118.1,32.1,x\n编码,名称,经度,纬度,地址\n,南京小计,,,\n"
        "2,b,118.1,32.1,x,y\n注：截至四月,,,,\n"
    )
    assert said(imported(tmp_path, text).excluded) == [
        (3, "tables.header_again"), (4, "world.total_row"), (5, "tables.row_overlong"),
        (6, "tables.footnote"),
    ]  # fmt: skip


def test_a_place_in_one_cell_in_either_order(tmp_path: Path) -> None:
    for head in ("坐标", "经纬度"):
        done = imported(tmp_path, f'id,{head}\na,"118.78,32.04"\n')
        assert done.frame[["lon", "lat"]].to_numpy().tolist() == [[118.78, 32.04]]
    done = imported(tmp_path, 'id,"lat,lon"\na,"32.04,118.78"\n')
    assert done.frame[["lon", "lat"]].to_numpy().tolist() == [[118.78, 32.04]]


def test_sides_tell_which_is_which(tmp_path: Path) -> None:
    done = imported(tmp_path, "id,lon,lat\na,北纬32°2.4′,东经118°46.8′\n")
    np.testing.assert_allclose(done.frame[["lon", "lat"]].to_numpy(), [[118.78, 32.04]])


def test_swapped_rows_are_told_by_the_others_or_by_the_globe(tmp_path: Path) -> None:
    rows = "".join(f"{at},{-71 + at / 100},{-30 + at / 100}\n" for at in range(12))
    done = imported(tmp_path, "id,lon,lat\n" + rows + "s,-30,-71\nfar,10,10\n")
    assert said(done.repaired) == [(14, "tables.place_turned")]
    assert done.frame[["lon", "lat"]].to_numpy()[-2:].tolist() == [[-71.0, -30.0], [10.0, 10.0]]
    done = imported(tmp_path, "id,lon,lat\na,32.04,118.78\n")
    assert done.frame["lon"].tolist() == [118.78]
    done = imported(tmp_path, "id,lon,lat\na,118.78,32.04\nb,-118.78,32.04\nc,3,100\n")
    assert said(done.excluded) == [(4, "world.place_swapped")]


def test_codes_damaged_shortened_or_pointed(tmp_path: Path) -> None:
    text = "id,lon,lat\n0012,118,32\n13,118,32\n3.2E+11,118,32\n００14,118,32\n'0015,118,32\n"
    done = imported(tmp_path, text)
    assert done.frame["outlet_id"].tolist() == ["0012", "13", "0014", "0015"]
    assert said(done.remarks) == [(3, "tables.zeros_lost")]
    assert said(done.excluded) == [(4, "world.id_damaged")]
    assert imported(tmp_path, "id,lon,lat\n1.0,118,32\n2.0,118,32\n").frame[
        "outlet_id"
    ].tolist() == ["1", "2"]


def test_a_long_code_kept_as_a_number_is_damaged(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["id", "lon", "lat"])
        sheet.write_row(1, 0, [320104123456789012, 118, 32])
        sheet.write_row(2, 0, [320104123456789, 118, 32])
    done = import_table(tmp_path / "a.xlsx")
    assert done.frame["outlet_id"].tolist() == ["320104123456789"]
    assert said(done.excluded) == [(2, "world.id_damaged")]


def test_closed_outlets_by_word_by_date_and_by_own_words(tmp_path: Path) -> None:
    text = "id,lon,lat,状态,关闭日期\na,118,32,关闭,\nb,118,32,,2024.4.13\n"
    text += "c,118,32,营业,\nd,118,32,筹建,\n"
    done = imported(tmp_path, text)
    assert said(done.excluded) == [(2, "tables.closed"), (3, "tables.closed")]
    assert said(done.remarks) == [(5, "tables.status_unread")]
    done = imported(tmp_path, text, values={"status": {"筹建": "closed"}})
    assert done.frame["outlet_id"].tolist() == ["c"]


def test_name_variants_become_one_by_the_mapping(tmp_path: Path) -> None:
    text = "id,lon,lat,运营商\na,118,32,联通\nb,118,32,中国联通\n"
    done = imported(tmp_path, text, values={"operator": {"联通": "中国联通"}})
    assert done.frame["operator"].tolist() == ["中国联通", "中国联通"]


def test_stacked_geocodes_and_another_datum_are_remarked(tmp_path: Path) -> None:
    rows = "".join(f"{at},118,32\n" for at in range(6))
    done = imported(
        tmp_path, "id,lon,lat\n" + rows + "z,118.5,32\n",
        suggest_datum=lambda lonlat: np.where(lonlat[:, 0] > 118.2, "bd09", ""),
    )  # fmt: skip
    assert said(done.remarks) == [
        *((at, "tables.stacked") for at in range(2, 8)),
        (8, "tables.datum_other"),
    ]


def test_the_datum_that_columns_name(tmp_path: Path) -> None:
    done = imported(tmp_path, "id,高德经度,高德纬度\na,118.78,32.04\n")
    assert done.mapping.datum == "gcj02" and keys(done) == ["tables.datum_said"]
    assert done.frame["lon"][0] != 118.78
    assert keys(imported(tmp_path, "id,高德经度,高德纬度\na,118.78,32.04\n", datum="wgs84")) == [
        "tables.datum_differs"
    ]
    with pytest.raises(InputError, match="several datums"):
        imported(tmp_path, "id,高德经度,百度纬度\na,118.78,32.04\n")


def test_polygons_crossing_unclosed_reversed_and_slivers(tmp_path: Path) -> None:
    shapes = {
        "bow": "POLYGON((0 1, 1 2, 1 1, 0 2, 0 1))", "open": "POLYGON((0 1, 1 1, 1 2))",
        "clockwise": "POLYGON((0 1, 0 2, 1 2, 1 1, 0 1))", "none": "POLYGON((",
        "sliver": "POLYGON((0 1, 1 1, 1 1.0000001, 0 1))", "point": "SRID=4326;POINT(118.78 32.04)",
    }  # fmt: skip
    text = "id,人口,wkt\n" + "".join(f'{name},5,"{wkt}"\n' for name, wkt in shapes.items())
    done = imported(tmp_path, text, kind="demand")
    assert said(done.excluded) == [(5, "tables.wkt_unread"), (6, "tables.polygon_sliver")]
    assert said(done.repaired) == [(2, "tables.polygon_mended"), (3, "tables.ring_closed")]
    assert done.shapes is not None
    assert all(one.is_valid for one in done.shapes)
    assert [round(one.area, 3) for one in done.shapes] == [0.5, 0.5, 1.0, 0.0]
    assert done.shapes[2].exterior.is_ccw


def test_demand_negative_counts_and_shares_that_do_not_add_up(tmp_path: Path) -> None:
    text = "id,经度,纬度,人口(万人),区县,占比\na,118,32,1.5,甲,35\nb,118,32,-1,甲,60%\n"
    text += "c,118,32,2,甲,0.5\nd,118,32,1,乙,100\n"
    done = imported(tmp_path, text, kind="demand")
    assert said(done.excluded) == [(3, "world.weight_negative")]
    assert done.frame["weight"].tolist() == [15_000.0, 20_000.0, 10_000.0]
    assert keys(done) == ["tables.unit_applied", "tables.shares_percent", "tables.shares_not_one"]
    assert "甲 (0.355)" in done.notices[-1].text()
    assert said(done.remarks) == [(4, "tables.share_doubtful")]
    done = imported(tmp_path, text, kind="demand", normalise_shares=True)
    np.testing.assert_allclose(done.frame["share"], [35 / 35.5, 0.5 / 35.5, 1.0])


def test_visits_need_a_date(tmp_path: Path) -> None:
    text = "网点编码,拜访日期,时长\n1,20240413,15\n1,昨天,20\n"
    done = imported(tmp_path, text, kind="visits")
    assert done.frame[["outlet_id", "date", "minutes"]].to_numpy().tolist() == [
        ["1", "2024-04-13", 15.0]
    ]
    assert said(done.excluded) == [(3, "tables.date_unread")]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["35", "0.35"], [0.35, 0.0035]), (["0.35", "35%"], [0.35, 0.35]), (["35％"], [0.35]),
        (["1", "0.5"], [1.0, 0.5]), (["", "x"], [np.nan, np.nan]),
    ],
)  # fmt: skip
def test_shares_are_read_by_the_whole_column(cells: list[str], expected: list[float]) -> None:
    np.testing.assert_allclose(read_shares(series(*cells)).values, expected)


def test_amounts_in_all_their_ways() -> None:
    cells = ["1,200", "１２００", "1.2万", "¥1200元", "(5)", "2亿", "1,234,567.5", "暂无", "1_0"]
    found = read_amounts(series(*cells))
    np.testing.assert_allclose(found, [1200, 1200, 12000, 1200, -5, 2e8, 1234567.5, np.nan, np.nan])
    np.testing.assert_allclose(read_amounts(series("1.5", "2万"), factor=1e4), [15000, 20000])


def test_dates_in_all_their_ways() -> None:
    cells = [
        "2024.4.13",
        "2024年4月13日",
        "20240413",
        "45395",
        "2024-04-13T10:00",
        "13/4/2024",
        "2024年4月",
    ]
    assert read_dates(series(*cells)).iso.tolist() == ["2024-04-13"] * 6 + ["2024-04-01"]
    unclear = read_dates(series("4/5/2024", "2024-02-30", ""))
    assert unclear.ambiguous and unclear.unread.tolist() == [True, True, False]
    assert read_status(series("Closed", "正常", "?"), {}).tolist() == ["closed", "open", ""]


@pytest.mark.parametrize(
    ("column", "unit"),
    [("月销量(万元)", (1e4, False)), ("月销量（单位：万）", (1e4, False)), ("份额(%)", (1.0, True)),
     ("sales (k)", (1e3, False)), ("销量/千元", (1e3, False)), ("经度(度)", (1.0, False))],
)  # fmt: skip
def test_units_in_headers(column: str, unit: tuple[float, bool]) -> None:
    assert unit_of(column) == unit


def test_no_name_of_a_column_stands_for_two_fields() -> None:
    for kind in ("outlets", "demand", "visits"):
        owner: dict[str, str] = {}
        for field, lists in usual_names(kind).items():  # type: ignore[arg-type]
            for name in (plain(one) for names in lists for one in names):
                assert owner.setdefault(name, field) == field, name
    assert plain("Ｌｏｎ ") in all_names()


def test_a_mapping_survives_its_file_and_names_what_it_does_not_know(tmp_path: Path) -> None:
    mapping = TableMapping(
        columns={"id": ('a"b', "编 码")}, values={"status": {"筹 建": "closed"}}, datum="bd09"
    )
    save_mapping(tmp_path / "m.toml", mapping)
    assert read_mapping(tmp_path / "m.toml") == mapping
    wrong = TableMapping(columns={"colour": "x"}, values={"status": {"a": "b"}})
    assert [one.key for one in wrong.faults("outlets", "m")] == [
        "tables.field_unknown",
        "tables.status_unknown",
    ]


def test_nothing_in_a_report_is_a_formula(tmp_path: Path) -> None:
    for cell in ("=1+1", "+86", "@x", "\tx", "-x"):
        assert guarded(cell) == "'" + cell
    assert guarded("-1.5") == "-1.5"
    assert clean("'=1+1") == "=1+1" and clean('="001"') == "001"
    done = imported(tmp_path, "id,lon,lat,name\n=cmd,0,0,x\nb,118,32,y\n")
    files = write(tmp_path / "f.xlsx", done.table, done.excluded, done.repaired)
    assert "'=cmd,0,0,x," in files[1].read_text("utf-8")
    assert read_table(files[0]).text.iloc[0, 0] == "=cmd"


def test_every_sentence_of_a_row_takes_only_what_a_row_gives() -> None:
    for language in ("en", "zh"):
        for key, sentence in sentences(language).items():  # type: ignore[arg-type]
            if key.startswith("tables.") and key.endswith("_rows"):
                assert sentence.format(count=1, rows="2")
                assert sentences(language)[key.removesuffix("_rows")].format(found="x")  # type: ignore[arg-type]
