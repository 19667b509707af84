"""A table that comes in: its columns and datum are guessed, and all its faults are told at once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tables_in import FAULTS, china_town, csv_bytes, outlet_rows

from geodata import isolation, table_intake
from geodata.incoming import mapping_of, read_rows
from geodata.isolation import reading_by
from geodata.renewal import renewed
from geodata.table_intake import TableIntake
from gridmap.datum import Datum
from gridmap.errors import InputError
from gridmap.intake import Incoming, RowKind, Seen
from gridmap.policies import PlanRequest

REQUEST = PlanRequest.model_validate({"routing": {"mode": "walk"}, "partition": {"tolerance": 0.5}})
Look = Callable[..., Seen]


class Here:
    """Reads in this process what the sandbox reads elsewhere; its own tests are others."""

    def __enter__(self) -> Here:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def call(self, name: str, path: Path, /, *args: Any, **options: Any) -> object:
        from geodata.tables import read_table

        assert name == "geodata.tables:read_table"
        with reading_by(None):
            return read_table(path, *args, **options)


@pytest.fixture
def look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Look:
    monkeypatch.setattr(table_intake, "Sandbox", Here)
    intake = TableIntake()

    def looked(content: bytes, rows: RowKind = "outlets", **settings: Any) -> Seen:
        file = tmp_path / f"0000{hashlib.sha256(content).hexdigest()}.csv"
        file.write_bytes(content)
        return intake.look(Incoming(file, "名单.csv", rows, settings, china_town(), REQUEST))

    return looked


def test_columns_of_a_gbk_file_are_guessed(look: Look) -> None:
    seen = look(csv_bytes(outlet_rows()))
    assert seen.encoding.replace("-", "").lower() in {"gb18030", "gbk"}
    assert seen.mapping == {
        "id": "网点编码", "name": "网点名称", "ownership": "归属", "lon": "经度", "lat": "纬度",
        "potential": "月销量", "status": "营业状态",
    }  # fmt: skip
    assert (seen.faults, seen.rows) == ((), ())
    assert seen.counts == {"accepted": 30, "repaired": 0, "rejected": 0}
    assert seen.preview[0]["网点名称"] == "营业厅0"
    assert len(seen.points) == 30


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_a_shifted_file_is_recognised_by_the_streets(look: Look, datum: Datum) -> None:
    """Read as what they are the outlets lie 3 m off the streets, read as WGS-84 they do not."""
    content = csv_bytes(outlet_rows(datum=datum))
    seen = look(content, datum=datum)
    assert seen.counts["accepted"] == 30
    assert seen.datum_best == datum
    assert seen.datum_fit_m[datum] < 5.0
    # 500 m and more are wider than half the town: read wrongly, most of it lies outside
    assert look(content).counts["rejected"] > 10


def test_all_faults_of_all_rows_come_at_once(look: Look) -> None:
    seen = look(csv_bytes(outlet_rows(faulty=True)))
    out = {one.row: one.what.key for one in seen.rows if one.weight == "out"}
    assert out == dict(FAULTS)
    columns = {one.row: one.column for one in seen.rows if one.weight == "out"}
    assert columns[3] == columns[5] == "网点编码"
    assert columns[6] == "经度, 纬度"
    assert columns[9] == "营业状态"
    assert seen.counts == {"accepted": 25, "repaired": 0, "rejected": 5}
    for one in seen.rows:
        assert one.what.text("zh") != one.what.text("en")


def test_a_column_that_is_missing_is_told_with_those_that_are_there(look: Look) -> None:
    rows = [[one[0], *one[2:]] for one in outlet_rows()]
    rows[0] = ["甲", "乙", "x", "y", "丁", "戊"]
    seen = look(csv_bytes(rows))
    assert {one.values["field"] for one in seen.faults} == {"id", "lon", "lat"}
    assert seen.columns == ("甲", "乙", "x", "y", "丁", "戊")
    assert all("0000" not in one.text() for one in seen.faults), "names the file as it is kept"
    mended = look(csv_bytes(rows), columns={"id": "甲", "lon": "x", "lat": "y", "ownership": "乙"})
    assert mended.faults == ()
    assert mended.counts["accepted"] == 30


def test_another_choice_reads_no_file_again(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    content = csv_bytes(outlet_rows())
    look(content)
    monkeypatch.setattr(table_intake, "Sandbox", None)
    seen = look(content, columns={"grade": "网点名称", "name": ""})
    assert "name" not in seen.mapping
    assert seen.mapping["grade"] == "网点名称"


def test_what_is_no_table_is_one_fault_with_its_name(look: Look) -> None:
    seen = look(b"\x00\x01\x02")
    assert len(seen.faults) == 1
    assert "名单.csv" in seen.faults[0].text()


def renew(content: bytes, folder: Path, rows: RowKind = "outlets", **settings: Any) -> Any:
    file = folder / "table.csv"
    file.write_bytes(content)
    with isolation.reading_by(None):
        read = read_rows(file, rows, mapping_of(settings, "t"), china_town(), REQUEST)
    return renewed(china_town(), read, rows, REQUEST, file="名单.csv", file_hash="0" * 64)


def test_the_new_state_has_the_new_outlets_and_keeps_what_it_knew(tmp_path: Path) -> None:
    town = china_town()
    made = renew(csv_bytes(outlet_rows(faulty=True)), tmp_path)
    assert made.content_hash != town.content_hash
    assert made.units is town.units
    assert len(made.outlets) == 25
    counts = made.outlets["ownership"].value_counts().to_dict()
    assert counts == {"own": 2, "partner": 23}
    # the file says no grade: the partners are graded by what they sell
    assert set(made.outlets[made.outlets["visited"]]["grade_source"]) == {"quantile"}
    assert set(made.excluded["reason"]) == set(FAULTS.values())
    assert "名单.csv" in made.sources
    xy = made.outlets[["x", "y"]].to_numpy()
    np.testing.assert_array_equal(made.units.locate(xy), made.outlets["unit"])


def test_a_list_that_says_nothing_of_owners_takes_them_from_before(tmp_path: Path) -> None:
    rows = [[one[0], *one[3:]] for one in outlet_rows()]
    made = renew(csv_bytes(rows), tmp_path)
    own = made.outlets[made.outlets["ownership"] == "own"]["outlet_id"].tolist()
    before = china_town().outlets
    assert own == before[before["ownership"] == "own"]["outlet_id"].tolist()


def test_a_list_without_an_own_outlet_is_refused(tmp_path: Path) -> None:
    rows = [one for one in outlet_rows() if one[2] != "自有渠道"]
    with pytest.raises(InputError, match="own outlet"):
        renew(csv_bytes(rows), tmp_path)


def test_demand_and_visits_come_in_too(tmp_path: Path) -> None:
    rows = outlet_rows()
    demand = [["经度", "纬度", "户数"], *([one[3], one[4], one[5]] for one in rows[1:]),
              [rows[1][3], rows[1][4], "0"]]  # fmt: skip
    made = renew(csv_bytes(demand), tmp_path, "demand")
    assert made.demand["weight"].sum() == sum(range(100, 130))
    assert set(made.excluded["reason"]) == {"data.no_weight"}
    assert made.outlets is china_town().outlets
    ids = china_town().outlets["outlet_id"]
    visits = [["网点编码", "日期"], [ids[3], "2026-03-02"], ["nobody", "2026-03-02"]]
    made = renew(csv_bytes(visits), tmp_path, "visit_log")
    assert made.visit_log is not None
    assert made.visit_log["outlet_id"].tolist() == [ids[3]]
    assert set(made.excluded["reason"]) == {"market.outlet_unknown"}


def test_two_own_outlets_in_one_unit_are_told(tmp_path: Path) -> None:
    rows = outlet_rows()
    rows.append(["Z9", "又一厅", "自有渠道", *rows[1][3:]])
    made = renew(csv_bytes(rows), tmp_path)
    assert made.excluded["reason"].tolist() == ["data.own_share_unit"]
    assert replace(made, excluded=made.excluded[:0]).outlets["ownership"].eq("own").sum() == 2


def market_rows(month: str, *, subscribers: str = "120") -> bytes:
    """Figures of three outlets of the town in a month, and one row each of what is wrong."""
    ids = china_town().outlets["outlet_id"].tolist()[:3]
    lines = [f"{one},{month},{subscribers},5" for one in ids]
    lines += [f"nobody,{month},1,1", f"{ids[0]},soon,1,1"]
    return ("网点编码,月份,用户数,放号\n" + "\n".join(lines) + "\n").encode("gb18030")


def test_market_figures_are_mapped_previewed_and_their_faults_told(look: Look) -> None:
    seen = look(market_rows("2026-07"), "market")
    assert seen.faults == ()
    assert seen.mapping == {
        "outlet": "网点编码", "period": "月份", "subscribers": "用户数", "additions": "放号",
    }  # fmt: skip
    assert seen.counts == {"accepted": 3, "repaired": 0, "rejected": 2}
    assert [(one.row, one.what.key, one.column) for one in seen.rows] == [
        (5, "market.outlet_unknown", "网点编码"),
        (6, "market.period_unread", "月份"),
    ]
    lacking = look("网点编码,月份\nx,2026-07\n".encode("gb18030"), "market")
    assert [one.key for one in lacking.faults] == ["market.no_amount"]
    nowhere = look("用户数,月份\n3,2026-07\n".encode("gb18030"), "market")
    assert [one.key for one in nowhere.faults] == ["market.no_place"]


def test_a_month_of_market_figures_is_added_or_replaced(tmp_path: Path) -> None:
    """Another month stands beside those before; the same month again takes its place."""
    july = renew(market_rows("2026-07"), tmp_path, "market")
    assert july.market["period"].unique().tolist() == ["2026-07"]
    assert july.market["subscribers"].tolist() == [120.0] * 3
    assert "market" not in july.invented
    town = replace(china_town(), market=july.market)
    (tmp_path / "again").mkdir()
    for month, expected in (("2026-08", [120.0] * 3 + [90.0] * 3), ("2026-07", [90.0] * 3)):
        file = tmp_path / "again" / f"{month}.csv"
        file.write_bytes(market_rows(month, subscribers="90"))
        with isolation.reading_by(None):
            read = read_rows(file, "market", mapping_of({}, "t"), town, REQUEST)
        made = renewed(town, read, "market", REQUEST, file="m.csv", file_hash="0" * 64)
        assert made.market["subscribers"].tolist() == expected
        assert made.content_hash != town.content_hash
