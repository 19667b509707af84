"""Tables come in as they are kept in offices: encodings, separators, Excel, damage."""

from __future__ import annotations

import gzip
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
import shapely
import xlsxwriter

from geodata.tables import decode, find_columns, read_table
from gridmap.errors import InputError

CHINESE = "编码,名称,经度,纬度\n001,江南营业厅,118.78,32.04\n"


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def keys(error: pytest.ExceptionInfo[InputError]) -> list[str]:
    return [one.key for one in error.value.faults]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_chinese_text_survives_its_encoding(tmp_path: Path, encoding: str) -> None:
    table = read_table(write(tmp_path / "a.csv", CHINESE.encode(encoding)))
    assert table.columns == ["编码", "名称", "经度", "纬度"]
    assert table.text.iloc[0].tolist() == ["001", "江南营业厅", "118.78", "32.04"]


def test_text_in_no_known_encoding_is_refused(tmp_path: Path) -> None:
    """0xFF begins no character in UTF-8 or GB18030; the byte is the third of the file."""
    with pytest.raises(InputError) as error:
        read_table(write(tmp_path / "a.csv", b"id\xff\xff\n"))
    assert keys(error) == ["tables.encoding_uncertain"]
    assert error.value.faults[0].values["byte"] == 3


def test_decode_tries_utf8_before_gb18030() -> None:
    assert decode("网格".encode()) == "网格"
    assert decode("网格".encode("gb18030")) == "网格"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separator_is_the_one_of_the_header(tmp_path: Path, separator: str) -> None:
    lines = [["id", "lon", "note"], ["a", "1.5", "x"]]
    text = "\n".join(separator.join(line) for line in lines)
    assert read_table(write(tmp_path / "a.csv", text)).text.iloc[0].tolist() == ["a", "1.5", "x"]


def test_rows_are_numbered_as_a_spreadsheet_does(tmp_path: Path) -> None:
    """Header in row 2, an empty row 4, a cell with a line break in row 3."""
    text = ',,\nid,name,x\n1,"two\nlines",5\n,,\n2,short\n'
    table = read_table(write(tmp_path / "a.csv", text))
    assert table.row.tolist() == [3, 5]
    assert table.text["name"].tolist() == ["two\nlines", "short"]
    assert table.text["x"].tolist() == ["5", ""]


def test_blanks_go_and_headers_get_names_of_their_own(tmp_path: Path) -> None:
    table = read_table(write(tmp_path / "a.csv", "id,,id\n\u3000 a \u3000,b,c\n"))
    assert table.columns == ["id", "#2", "id #3"]
    assert table.text["id"].tolist() == ["a"]


def test_gzip_and_what_is_none(tmp_path: Path) -> None:
    packed = gzip.compress(b"id,lon\na,1\n")
    assert len(read_table(write(tmp_path / "a.csv.gz", packed))) == 1
    for damaged in (b"id,lon\n", packed[:-9], packed[:12] + b"\xff\xff" + packed[14:]):
        with pytest.raises(InputError) as error:
            read_table(write(tmp_path / "b.csv.gz", damaged))
        assert keys(error) == ["world.file_unreadable"]


def test_an_unpacked_giant_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geodata.text_files.MOST_BYTES", 100)
    with pytest.raises(InputError, match="100 bytes"):
        read_table(write(tmp_path / "a.csv.gz", gzip.compress(b"id\n" + b"a\n" * 100)))


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("a.csv", "", "world.table_empty"),
        ("a.csv", " \n,,\n", "world.table_empty"),
        ("a.csv", 'id,x\n"a,1\n', "world.file_unreadable"),
        ("a.xlsx", "no workbook", "world.file_unreadable"),
        ("a.doc", "text", "world.format_unknown"),
    ],
)
def test_unusable_files(tmp_path: Path, name: str, content: str, key: str) -> None:
    with pytest.raises(InputError) as error:
        read_table(write(tmp_path / name, content))
    assert keys(error) == [key]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.csv"):
        read_table(tmp_path / "nowhere.csv")


def test_excel_keeps_codes_numbers_and_dates(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet("网点")
    sheet.write_row(1, 0, ["编码", "经度", "说明", "真"])
    sheet.write_row(3, 0, [1001, 118.78, "厅", True])
    book.close()
    table = read_table(path)
    assert table.row.tolist() == [4]
    assert table.text.iloc[0].tolist() == ["1001", "118.78", "厅", "True"]


def test_hidden_sheets_are_not_taken_unless_named(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "old"
    book.active.append(["id"])
    book.active.append(["hidden"])
    book.active.sheet_state = "hidden"
    book.create_sheet("now").append(["id"])
    book["now"].append(["shown"])
    book.active = 1
    book.save(tmp_path / "a.xlsx")
    assert read_table(tmp_path / "a.xlsx").text["id"].tolist() == ["shown"]
    assert read_table(tmp_path / "a.xlsx", sheet="old").text["id"].tolist() == ["hidden"]
    with pytest.raises(InputError, match="old, now"):
        read_table(tmp_path / "a.xlsx", sheet="new")


def test_dates_become_iso_text(tmp_path: Path) -> None:
    import datetime

    book = openpyxl.Workbook()
    book.active.append(["id", "since"])
    book.active.append(["a", datetime.date(2024, 4, 13)])
    book.save(tmp_path / "a.xlsx")
    assert read_table(tmp_path / "a.xlsx").text["since"][0].startswith("2024-04-13")


def test_a_vector_file_is_a_table_with_coordinates(tmp_path: Path) -> None:
    """A zone counts at a point inside it: the square from 0 to 2 at (1, 1)."""
    frame = gpd.GeoDataFrame(
        {"zone": ["a", None], "people": [10.0, 2.5]},
        geometry=[shapely.box(0, 0, 2, 2), shapely.Point(5, 6)],
        crs="EPSG:4326",
    )
    frame.to_file(tmp_path / "zones.gpkg", layer="zones")
    table = read_table(tmp_path / "zones.gpkg")
    assert table.columns == ["zone", "people", "lon", "lat"]
    assert table.text.to_numpy().tolist() == [
        ["a", "10", "1.0", "1.0"],
        ["", "2.5", "5.0", "6.0"],
    ]


def test_columns_by_usual_name_by_mapping_and_none(tmp_path: Path) -> None:
    table = read_table(write(tmp_path / "a.csv", "ID ,ｌｏｎ,brand,operator,kind\n1,2,,Esso,x\n"))
    usual = {"id": ("id",), "lon": ("lon",), "operator": ("brand",), "kind": ("kind",)}
    given = {"operator": ("brand", "operator"), "kind": ""}
    found, faults = find_columns(table, given, usual, ("id", "lon"))
    assert not faults
    assert found["id"] == ["ID"]
    assert found["lon"] == ["ｌｏｎ"]
    assert found["kind"] == []
    assert table.values(found["operator"]).tolist() == ["Esso"]
    assert table.values([]).tolist() == [""]


def test_all_wrong_columns_are_named_with_those_that_exist(tmp_path: Path) -> None:
    table = read_table(write(tmp_path / "a.csv", "code,x\n1,2\n"))
    usual: dict[str, tuple[str, ...]] = {"id": ("id",), "lon": ("lon",), "name": ("name",)}
    _, faults = find_columns(table, {"id": "nr", "name": "title"}, usual, ("id", "lon"))
    assert [(one.key, one.values["field"]) for one in faults] == [
        ("world.column_missing", "id"),
        ("world.column_needed", "lon"),
        ("world.column_missing", "name"),
    ]
    assert all("code, x" in one.text() for one in faults)
