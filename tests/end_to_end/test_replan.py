"""A re-plan in the middle of a cycle: news are taken up, the past and the rest stay."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from command_line import CommandLine


def visits_of(folder: Path) -> pd.DataFrame:
    """Stops of a plan with week, weekday and cycle day from 0."""
    routes, stops = (gpd.read_file(folder / "plan.gpkg", layer=one) for one in ("routes", "stops"))
    table = stops.merge(routes[["route_id", "week", "weekday", "cell_id"]], on="route_id")
    return table.assign(day=(table["week"] - 1) * 5 + table["weekday"] - 1)


def before(table: pd.DataFrame, day: int) -> list[tuple[str, int, str]]:
    past = table[table["day"] < day].sort_values(["route_id", "seq"])
    return list(zip(past["route_id"], past["seq"], past["outlet_id"], strict=True))


@pytest.fixture
def changed_town(town: Path, planned: Path, tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A copy of the town in which an outlet is closed, one is new and one stands elsewhere."""
    folder = tmp_path / "town"
    shutil.copytree(town.parent, folder)
    table = visits_of(planned)
    outlets = gpd.read_file(planned / "plan.gpkg", layer="outlets")
    centres = set(outlets.loc[outlets["is_centre"], "outlet_id"])
    cell = table["cell_id"].value_counts().index[0]
    mine = table[(table["cell_id"] == cell) & ~table["outlet_id"].isin(centres)]
    future_only = mine.groupby("outlet_id")["day"].min()
    later = sorted(future_only[future_only >= 5].index)
    closed, moved, twin = later[0], later[1], later[2]
    with (folder / "outlets.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    key = next(name for name in rows[0] if name in ("id", "outlet_id"))
    by_id = {row[key]: row for row in rows}
    new = {**by_id[twin], key: "brand-new", "name": "Brand new"}
    by_id[moved]["lon"], by_id[moved]["lat"] = by_id[twin]["lon"], by_id[twin]["lat"]
    kept = [row for row in rows if row[key] != closed]
    with (folder / "outlets.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows([*kept, new])
    return folder / town.name, {"closed": closed, "moved": moved, "new": "brand-new"}


def test_news_of_all_kinds(
    changed_town: tuple[Path, dict[str, str]],
    planned: Path,
    tmp_path: Path,
    gridmap: CommandLine,
) -> None:
    project, ids = changed_town
    last = visits_of(planned)
    past = last[(last["day"] == 1)]
    missed = str(past["outlet_id"].iloc[0])
    listed = tmp_path / "missed.csv"
    listed.write_text(f"outlet_id,day\n{missed},1:Tu\n", encoding="utf-8")
    out = tmp_path / "out"
    done = gridmap(
        "plan", project, "--out", out, "--seed", 8, "--last", planned / "plan.gpkg",
        "--from", "2:Mo", "--missed", listed, "--leave", "3:Th",
    )  # fmt: skip
    assert done.code == 0, done.err + done.out
    now = visits_of(out)
    assert before(now, 5) == before(last, 5)
    assert not (now["day"] == 13).any()
    assert ids["closed"] not in set(now["outlet_id"])
    assert now.loc[now["outlet_id"] == "brand-new", "day"].min() >= 5
    counts = now["outlet_id"].value_counts()
    assert counts[missed] == last["outlet_id"].value_counts()[missed] + 1
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    reasons = {(one["outlet"], one["reason"]) for one in report["changes"]}
    assert {(ids["closed"], "closed"), (ids["new"], "new"), (ids["moved"], "moved")} <= reasons
    assert (missed, "caught_up") in reasons
    assert {one["outlet"] for one in report["changes"] if one["reason"] == "leave"} >= {
        one for one in last.loc[last["day"] == 13, "outlet_id"] if one not in ids.values()
    } - {missed}
    shifted = [one for one in report["changes"] if one["reason"] == "shifted"]
    assert len(shifted) <= 0.2 * len(last)
    assert "changes.xlsx" in done.out
    sheet = openpyxl.load_workbook(out / "changes.xlsx").active
    assert sheet is not None
    assert sheet.max_row == len(report["changes"]) + 1
    assert gridmap("check", out / "plan.gpkg").code == 0


def test_what_was_never_planned_cannot_be_missed(
    town: Path, planned: Path, tmp_path: Path, gridmap: CommandLine
) -> None:
    listed = tmp_path / "missed.csv"
    listed.write_text("outlet_id,day\nnobody,1:Tu\n", encoding="utf-8")
    done = gridmap(
        "plan", town, "--out", tmp_path / "out", "--last", planned / "plan.gpkg",
        "--from", "2:Mo", "--missed", listed,
    )  # fmt: skip
    assert done.code == 1
    assert "missed.csv:2" in done.err
    assert "nobody" in done.err


def test_options_that_need_others(town: Path, tmp_path: Path, gridmap: CommandLine) -> None:
    done = gridmap("plan", town, "--out", tmp_path / "out", "--from", "2:Mo")
    assert done.code == 1
    assert "--last" in done.err
