"""``gridmap import`` on lists as offices keep them: exactly the right rows and reasons."""

from __future__ import annotations

import csv
import json
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from command_line import CommandLine
from dirty_tables import HEADER, TOWN, DirtyList, dirty_list, write_text, write_workbook

from geodata.boundaries import read_boundary
from geodata.importing import import_table
from geodata.project_file import OutletsSection
from geodata.rows import read_outlets
from gridmap.catalogue import text
from gridmap.policies import RoutingPolicy


@pytest.fixture
def project(tmp_path: Path) -> Path:
    frame = gpd.GeoDataFrame(geometry=[shapely.box(*TOWN)], crs="EPSG:4326")
    frame.to_file(tmp_path / "area.geojson", driver="GeoJSON")
    path = tmp_path / "town.toml"
    path.write_text(
        '[territory]\nname = "N"\nboundary = "area.geojson"\nstreets = "s.osm.pbf"\n'
        '[outlets]\nfile = "list.clean.csv"\n[outlets.own]\nmatch = ["移动"]\n'
        '[demand]\nfile = "d.csv"\n',
        encoding="utf-8",
    )
    return path


def as_rows(found: list[dict[str, object]]) -> list[tuple[object, object, object]]:
    return sorted((one["row"], one["id"], one["reason"]) for one in found)  # type: ignore[type-var]


def expected(listed: list[tuple[int, str, str]], header: int) -> list[tuple[int, str, str]]:
    return sorted((at + header + 1, code, reason) for at, code, reason in listed)


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_every_kind_of_dirt_at_once(
    tmp_path: Path, project: Path, gridmap: CommandLine, kind: str
) -> None:
    made = dirty_list(seed=7)
    path = tmp_path / f"list.{kind}"
    header = write_workbook(path, made) if kind == "xlsx" else write_text(path, made)
    done = gridmap("import", path, "--project", project, "--datum", "gcj02", "--language", "zh",
                   "--json")  # fmt: skip
    assert done.code == 0, done.err
    said = json.loads(done.out)
    assert said["header_row"] == header
    assert as_rows(said["excluded"]) == expected(made.rejected, header)
    assert as_rows(said["repaired"]) == expected(made.repaired, header)

    clean = pd.read_csv(tmp_path / "list.clean.csv", dtype={"outlet_id": str})
    assert clean["outlet_id"].tolist() == list(made.accepted)
    numbers = clean[["lon", "lat", "potential"]].to_numpy()
    np.testing.assert_allclose(numbers, list(made.accepted.values()), atol=2e-6)
    assert set(clean["opened"]) == {"2024-04-13"}
    assert clean["name"][0] == "网点0"
    _check_report(tmp_path / "list.faults.xlsx", made, said, header)
    if kind == "csv":
        with (tmp_path / "list.faults.csv").open(encoding="gb18030", newline="") as file:
            lines = list(csv.reader(file))
        assert lines[1][: len(HEADER)] == HEADER
        assert len(lines) == 2 + len(made.rejected)
        assert all(line[len(HEADER)] for line in lines[1:])


def _check_report(path: Path, made: DirtyList, said: dict, header: int) -> None:
    book = openpyxl.load_workbook(path)
    every, only = (book[name] for name in book.sheetnames)
    assert every.title == (said["sheet"] or text("tables.report_all", "zh"))
    titles = [cell.value for cell in every[header]]
    assert titles == [*HEADER, "原因", "修复或存疑"]
    reasons: dict[int, list[str]] = {}
    for one in said["excluded"]:
        reasons.setdefault(one["row"], []).append(one["text"])
    for at, row in enumerate(made.rows, header + 1):
        cells = [cell.value for cell in every[at]]
        assert (cells[0] or "") == str(row[0])  # codes keep their zeros
        assert cells[9] == ("；".join(reasons[at]) if at in reasons else None)
        assert not any(cell.data_type == "f" for cell in every[at])
    assert only.max_row == header + len({at for at, _, _ in made.rejected})


def test_the_clean_table_is_read_back_unchanged(
    tmp_path: Path, project: Path, gridmap: CommandLine
) -> None:
    write_workbook(tmp_path / "list.xlsx", dirty_list(seed=3))
    assert gridmap("import", tmp_path / "list.xlsx", "--project", project, "--datum", "gcj02",
                   "--save-mapping", tmp_path / "m.toml").code == 0  # fmt: skip
    area = read_boundary(tmp_path / "area.geojson")
    clean = tmp_path / "list.clean.csv"
    first = import_table(clean, territory=area)
    assert not len(first.excluded) and not len(first.repaired)
    again = pd.read_csv(clean, dtype=object, keep_default_na=False, encoding="utf-8-sig")
    assert first.frame["outlet_id"].tolist() == again["outlet_id"].tolist()
    assert first.frame["lon"].tolist() == again["lon"].astype(float).tolist()
    section = OutletsSection.model_validate({"file": "c", "own": {"match": ["移动"]}})
    rows = read_outlets(clean, section, crs=area.crs, boundary=area.shape,
                        grade_policy=RoutingPolicy().grade_policy)  # fmt: skip
    assert rows.frame["outlet_id"].tolist() == again["outlet_id"].tolist()
    assert not len(rows.excluded)
    # The mapping applied to the same list gives the same rows.
    other = gridmap("import", tmp_path / "list.xlsx", "--project", project,
                    "--mapping", tmp_path / "m.toml", "--out", tmp_path / "b.csv")  # fmt: skip
    assert other.code == 0
    assert (tmp_path / "b.csv").read_bytes() == clean.read_bytes()


def test_a_preview_writes_nothing(tmp_path: Path, gridmap: CommandLine) -> None:
    write_workbook(tmp_path / "list.xlsx", dirty_list(seed=3))
    before = sorted(tmp_path.iterdir())
    done = gridmap("import", tmp_path / "list.xlsx", "--preview", "--save-mapping",
                   tmp_path / "m.toml", "--language", "zh")  # fmt: skip
    assert done.code == 0
    assert "表头在第 4 行" in done.out and "potential ← 月销量(万元)" in done.out
    assert "旧数据" in done.out and "没有写入任何文件" in done.out
    assert sorted(tmp_path.iterdir()) == before


def test_all_that_is_wrong_with_an_import_at_once(tmp_path: Path, gridmap: CommandLine) -> None:
    (tmp_path / "a.csv").write_text("编码,经度,东经\n1,2,3\n", encoding="utf-8")
    (tmp_path / "m.toml").write_text('nonsense = 1\ndatum = "mars"\n', encoding="utf-8")
    done = gridmap("import", tmp_path / "a.csv", "--mapping", tmp_path / "m.toml",
                   "--project", tmp_path / "no.toml", "--out", tmp_path / "a.doc")  # fmt: skip
    assert done.code == 1
    for word in ("nonsense", "datum", "no.toml", "a.doc"):
        assert word in done.err
    done = gridmap("import", tmp_path / "a.csv", "--language", "zh")
    assert done.code == 1
    assert "经度, 东经" in done.err and "lat" in done.err
    assert gridmap("import", tmp_path / "a.csv", "--out", tmp_path / "a.csv").code == 1
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.csv", "m.toml"]


def test_fifty_thousand_outlets_in_time(
    tmp_path: Path, project: Path, gridmap: CommandLine
) -> None:
    """The target is 10 s; the bound is wide, as machines of tests are slow and shared."""
    made = dirty_list(seed=1, clean=50_000)
    write_workbook(tmp_path / "list.xlsx", made)
    start = time.perf_counter()
    done = gridmap("import", tmp_path / "list.xlsx", "--project", project, "--datum", "gcj02")
    took = time.perf_counter() - start
    assert done.code == 0
    assert took < 40.0
    print(f"{took:.1f} s")
