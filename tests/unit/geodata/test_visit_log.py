"""The log of visits from file to outlets: what is planned, what was made, and every fault."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xlsxwriter
from grid_town import grid_territory

from geodata.invented_visits import invented_visits
from geodata.visit_log import LoggedVisits, read_visit_logs
from geodata.visits_section import VisitsSection
from gridmap.catalogue import LANGUAGES, text
from gridmap.errors import InputError
from gridmap.export.visit_steps import entry_columns
from gridmap.policies import RoutingPolicy
from gridmap.schemas import VISIT_LOG
from gridmap.scoring.field_work import in_sequence

TOWN = grid_territory()
NAN = float("nan")


def read(tmp_path: Path, content: str, **section: object) -> LoggedVisits:
    path = tmp_path / "log.csv"
    path.write_text(content, encoding="utf-8")
    asked = VisitsSection.model_validate({"file": path.name, **section})
    found = read_visit_logs(asked, {path.name: path}, TOWN.outlets["outlet_id"])
    assert found is not None
    return found


def test_planned_days_words_and_times_are_read(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "网点编码,拜访日期,计划日期,线路,计划次序,到店时间,是否完成\n"
        "o2,2026-06-01,2026-06-01,R1,1,9:05,√\n"
        "o4,,2026-06-02,R1,2,,未拜访\n"
        "o6,2026年6月3日,否,,,2026-06-03 14:30,是\n",
    ).frame
    assert found is not None
    VISIT_LOG.validate(found)
    assert found["date"].tolist() == ["2026-06-01", "2026-06-02", "2026-06-03"]
    assert found["planned"].tolist() == [1.0, 1.0, 0.0]
    assert found["done"].tolist() == [True, False, True]
    np.testing.assert_array_equal(found["came"], [32_700.0, NAN, 52_200.0])
    np.testing.assert_array_equal(found["seq"], [1.0, 2.0, NAN])


def test_the_visits_that_an_import_writes_are_a_log(tmp_path: Path) -> None:
    """A route says that the visit was planned; nothing tells its place in the order."""
    found = read(
        tmp_path,
        "outlet_id,date,route,visited,came_s,left_s,result\n"
        "o2,2026-06-01,C01-1Mo,True,32700.0,33000.0,\no4,,,True,,,\n"
        "o6,2026-06-01,C01-1Mo,False,,,closed\n",
    ).frame
    assert found is not None
    assert found["planned"].tolist() == [1.0, 0.0, 1.0]
    assert found["done"].tolist() == [True, True, False]
    assert found["came"].iloc[0] == 32_700.0
    assert found["seq"].isna().all()


def test_without_plan_or_done_a_date_says_that_it_was_made(tmp_path: Path) -> None:
    found = read(tmp_path, "outlet_id,date\no2,2026-06-01\no4,\n").frame
    assert found is not None
    assert found["planned"].isna().all()
    assert found["done"].tolist() == [True, False]


def test_every_faulty_row_comes_back_with_its_reason(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "outlet_id,date,route,seq,came,done\n"
        "nobody,2026-06-01,R1,1,9:00,yes\n"
        ",2026-06-01,R1,1,9:00,yes\n"
        "o2,someday,R1,1,9:00,yes\n"
        "o2,2026-06-01,R1,1,9:00,perhaps\n"
        "o4,2026-06-01,R1,second,early,yes\n"
        "o6,2026-06-01,R1,3,9:30,yes\n"
        "o6,2026-06-01,R1,3,9:30,yes\n",
    )
    assert found.excluded[["row", "reason"]].to_numpy().tolist() == [
        [2, "market.outlet_unknown"],
        [3, "world.id_missing"],
        [4, "tables.date_unread"],
        [5, "visitlog.done_unread"],
        [8, "visitlog.again"],
    ]
    assert found.frame is not None
    assert found.frame["outlet_id"].tolist() == ["o4", "o6"]
    assert found.frame[["seq", "came"]].iloc[0].isna().all()
    remarked = {one.key for one in found.notices}
    assert {"visitlog.seq_unread_rows", "visitlog.came_unread_rows"} <= remarked
    for language in LANGUAGES:
        assert all(one.text(language) for one in found.notices)


def test_a_log_of_other_outlets_is_none_and_says_so(tmp_path: Path) -> None:
    found = read(tmp_path, "outlet_id,date\nx,2026-06-01\n")
    assert found.frame is None
    assert [one.key for one in found.notices][-1] == "visitlog.empty"


@pytest.mark.parametrize(
    ("content", "key"),
    [("shop,date\no2,2026-06-01\n", "world.column_needed"),
     ("outlet_id,route\no2,R1\n", "visitlog.no_made")],
)  # fmt: skip
def test_a_table_that_is_no_log_is_refused(tmp_path: Path, content: str, key: str) -> None:
    with pytest.raises(InputError) as error:
        read(tmp_path, content)
    assert [one.key for one in error.value.faults] == [key]
    for language in LANGUAGES:
        assert error.value.text(language)


def test_a_workbook_with_named_columns_is_read(tmp_path: Path) -> None:
    path = tmp_path / "log.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("六月")
        for at, row in enumerate([["店", "哪天", "到了没"], ["o2", "2026-06-01", "✓"]]):
            sheet.write_row(at, 0, row)
    columns = {"outlet": "店", "date": "哪天", "done": "到了没"}
    section = VisitsSection.model_validate({"file": "log.xlsx", "columns": columns})
    second = tmp_path / "more.csv"
    second.write_text("店,哪天,到了没\no4,2026-06-02,×\n", encoding="utf-8")
    both = section.model_copy(update={"file": ("log.xlsx", "more.csv")})
    files = {"log.xlsx": path, "more.csv": second}
    found = read_visit_logs(both, files, TOWN.outlets["outlet_id"])
    assert found is not None
    assert found.frame is not None
    visits = found.frame[["outlet_id", "done"]].to_numpy().tolist()
    assert visits == [["o2", True], ["o4", False]]
    assert read_visit_logs(VisitsSection(), {}, TOWN.outlets["outlet_id"]) is None


def filled_sheet(path: Path) -> None:
    """Write a route sheet of Monday of week 1: three stops of the town and one of another."""
    heads = {one.key: heading for one, heading in entry_columns("zh")}
    rows = [
        ["C01/C01-1/1-1"],
        [text("sheets.column.seq", "zh"), text("sheets.column.outlet_id", "zh"),
         heads["came"], heads["left"], heads["remark"]],
        [1, "o2", "9:30", "9:45", ""],
        [2, "o4", "", "", "closed"],
        [3, "o6", "9:05", "9:20", ""],
        [4, "o8", "", "", ""],
        [5, "elsewhere", "", "", ""],
    ]  # fmt: skip
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("C01-1")
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)


def test_filled_route_sheets_are_a_log_with_their_empty_stops(tmp_path: Path) -> None:
    """The third stop was visited before the first, the second was closed, the fourth is empty."""
    path = tmp_path / "C01.xlsx"
    filled_sheet(path)
    section = VisitsSection.model_validate({"file": path.name, "start": "2026-03-02"})
    found = read_visit_logs(section, {path.name: path}, TOWN.outlets["outlet_id"])
    assert found is not None
    visits = found.frame
    assert visits is not None
    assert visits[["outlet_id", "done", "seq"]].to_numpy().tolist() == [
        ["o2", True, 1.0], ["o4", False, 2.0], ["o6", True, 3.0], ["o8", False, 4.0],
    ]  # fmt: skip
    assert visits["planned"].tolist() == [1.0] * 4
    assert set(visits["date"]) == {"2026-03-02"}
    assert set(visits["route"]) == {"C01-1"}
    kept, ordered = in_sequence(visits)
    assert (kept.sum(), ordered.sum()) == (1, 2)
    assert [one.key for one in found.notices] == ["visitlog.gone"]
    without = section.model_copy(update={"start": None})
    told = read_visit_logs(without, {path.name: path}, TOWN.outlets["outlet_id"])
    assert told is not None
    assert "visitlog.no_start" in [one.key for one in told.notices]


def test_invented_visits_are_whole_cycles_and_the_same_for_a_seed() -> None:
    routing = RoutingPolicy()
    log = invented_visits(TOWN.outlets, routing, seed=1)
    assert log is not None
    assert log.equals(invented_visits(TOWN.outlets, routing, seed=1))
    assert not log.equals(invented_visits(TOWN.outlets, routing, seed=2))
    due = TOWN.outlets.loc[TOWN.outlets["visited"]].set_index("outlet_id")["grade"].map(
        {grade: 2 * one.visits for grade, one in routing.grade_policy.items()}
    )  # fmt: skip
    planned = log[log["planned"] == 1.0]["outlet_id"].value_counts()
    assert planned.sort_index().to_dict() == due.sort_index().to_dict()
    assert log["date"].between("2026-05-04", "2026-06-28").all()
    nobody = TOWN.outlets.assign(visited=False)
    assert invented_visits(nobody, routing) is None
