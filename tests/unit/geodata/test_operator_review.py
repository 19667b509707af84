"""The review table: what matched what, in the terminal and in a file."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pytest
from command_line import CommandLine

from geodata.operator_review import review_operators, review_text, write_review
from gridmap.errors import EngineError, InputError

PROJECT = """
[territory]
name = "T"
boundary = "b.geojson"
streets = "overpass"
[outlets]
file = "o.csv"
own = { match = ["^Mine"] }
[outlets.operators]
"Rule" = ["^Ruled"]
[demand]
file = "o.csv"
"""
TABLE = """id,lon,lat,name,operator,kind
1,118.7,32.0,Ruled here,,
2,118.7,32.0,中国移动营业厅,,营业厅
3,118.7,32.0,移动联通手机,,手机店
4,118.7,32.0,=1+1,,
5,118.7,32.0,x,BP,amenity=fuel
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "b.geojson").write_text("{}")
    (tmp_path / "o.csv").write_text(TABLE, encoding="utf-8")
    path = tmp_path / "p.toml"
    path.write_text(PROJECT, encoding="utf-8")
    return path


def test_doubtful_rows_come_first(project: Path) -> None:
    review = review_operators(project)
    assert review["outlet_id"].tolist()[0] == "3"
    assert review["row"].tolist()[0] == 4
    assert review["candidates"][0] == "中国移动|中国联通"
    by_id = review.set_index("outlet_id")
    assert by_id["operator"].to_dict() == {
        "1": "Rule", "2": "中国移动", "3": "", "4": "", "5": "BP",
    }  # fmt: skip
    assert by_id["source"].to_dict() == {
        "1": "rule", "2": "dictionary", "3": "", "4": "", "5": "file",
    }  # fmt: skip


def test_text_in_both_languages(project: Path) -> None:
    review = review_operators(project)
    english, chinese = review_text(review, "en"), review_text(review, "zh")
    assert "5 outlets" in english and "the built-in dictionary: 1" in english
    assert "移动联通手机 → 中国移动 / 中国联通?" in english
    assert "中国移动 ← “中国移动营业厅” × 1" in english
    assert "内置词典：1".replace("：", ": ") in chinese


def test_files(project: Path, tmp_path: Path) -> None:
    review = review_operators(project)
    with write_review(review, tmp_path / "r.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 5
    assert {row["name"] for row in rows} >= {"'=1+1", "中国移动营业厅"}
    book = openpyxl.load_workbook(write_review(review, tmp_path / "r.xlsx"))
    cells = {cell.value: cell for row in book["operators"].iter_rows() for cell in row}
    assert cells["=1+1"].data_type != "f"
    with pytest.raises(InputError, match=r"\.csv or \.xlsx"):
        write_review(review, tmp_path / "r.pdf")
    with pytest.raises(EngineError):
        write_review(review, tmp_path / "none" / "r.csv")


def test_command(
    project: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    done = CommandLine(monkeypatch, capsys)("operators", project, "--out", tmp_path / "r.csv")
    assert done.code == 0, done.err
    assert "a rule of the project: 1" in done.out
    assert (tmp_path / "r.csv").exists()


def test_a_missing_column_is_named(project: Path) -> None:
    (project.parent / "o.csv").write_text("name\nx\n")
    with pytest.raises(InputError):
        review_operators(project)
