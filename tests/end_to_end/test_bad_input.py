"""Bad input ends with one clear message and the right code, never with a traceback."""

import shutil
import socket
from pathlib import Path

import pytest
from command_line import CommandLine


@pytest.fixture
def own_town(town: Path, tmp_path: Path) -> Path:
    """A copy of the town that a test may spoil."""
    return shutil.copytree(town.parent, tmp_path / "town") / town.name


def spoil(project: Path, old: str, new: str) -> None:
    text = project.read_text(encoding="utf-8")
    assert old in text
    project.write_text(text.replace(old, new), encoding="utf-8")


def test_missing_project_and_missing_files(
    own_town: Path, tmp_path: Path, gridmap: CommandLine
) -> None:
    nothing = gridmap("plan", tmp_path / "nothing.toml", "--out", tmp_path / "o")
    assert nothing.code == 1
    assert "nothing.toml" in nothing.err
    (own_town.parent / "outlets.csv").unlink()
    (own_town.parent / "demand.csv").unlink()
    gone = gridmap("plan", own_town, "--out", tmp_path / "o")
    assert gone.code == 1
    assert "outlets.csv" in gone.err and "demand.csv" in gone.err
    assert not (tmp_path / "o").exists()


def test_all_faults_of_the_project_file_together(
    own_town: Path, tmp_path: Path, gridmap: CommandLine
) -> None:
    spoil(own_town, 'mode = "walk"', 'mode = "fly"')
    spoil(own_town, 'workloads = ["demand", "visit_minutes"]', "tolerance = 7\nnonsense = 1")
    done = gridmap("plan", own_town, "--out", tmp_path / "o")
    assert done.code == 1
    for word in ("mode", "tolerance", "nonsense"):
        assert word in done.err


def test_wrong_column_names_those_that_exist(
    own_town: Path, tmp_path: Path, gridmap: CommandLine
) -> None:
    spoil(own_town, 'grade = "grade"', 'grade = "level"')
    done = gridmap("plan", own_town, "--out", tmp_path / "o")
    assert done.code == 1
    assert "level" in done.err and "outlet_id" in done.err


def test_streets_of_another_place(own_town: Path, tmp_path: Path, gridmap: CommandLine) -> None:
    boundary = own_town.parent / "territory.geojson"
    text = boundary.read_text(encoding="utf-8")
    boundary.write_text(text.replace("-27.", "-57.").replace("-26.", "-56."), encoding="utf-8")
    done = gridmap("plan", own_town, "--out", tmp_path / "o")
    assert done.code == 1
    assert "Traceback" not in done.err


def test_unknown_centres_are_named(own_town: Path, tmp_path: Path, gridmap: CommandLine) -> None:
    spoil(own_town, "[partition]", '[partition]\ncentres = ["nowhere"]')
    done = gridmap("plan", own_town, "--out", tmp_path / "o")
    assert done.code == 1
    assert "nowhere" in done.err


def test_no_visits_is_a_plan_without_routes(
    own_town: Path, tmp_path: Path, gridmap: CommandLine
) -> None:
    spoil(own_town, 'partner = { kind = ["convenience", "kiosk", "newsagent", "mobile_phone"] }',
          'partner = { kind = ["nothing"] }')  # fmt: skip
    done = gridmap("plan", own_town, "--out", tmp_path / "o")
    assert done.code == 0, done.err
    assert "0 routes" in done.out
    assert gridmap("check", tmp_path / "o" / "plan.gpkg").code == 0


def test_a_folder_that_cannot_be_written(town: Path, tmp_path: Path, gridmap: CommandLine) -> None:
    (tmp_path / "file").write_text("x")
    done = gridmap("plan", town, "--out", tmp_path / "file")
    assert done.code == 1
    assert "--out" in done.err


def test_a_database_that_cannot_be_opened(town: Path, tmp_path: Path, gridmap: CommandLine) -> None:
    done = gridmap("plan", town, "--out", tmp_path / "o", "--db", "nonsense")
    assert done.code == 3
    assert "no database address" in done.err


def test_bad_settings_and_options(gridmap: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert gridmap("plan").code == 1
    assert gridmap("serve", "--port", "99999999").code == 1
    monkeypatch.setenv("GRIDMAP_PORT", "many")
    done = gridmap("migrate")
    assert done.code == 1
    assert "port" in done.err
    monkeypatch.delenv("GRIDMAP_PORT")
    Path("gridmap.toml").write_text("port = = 1")
    broken = gridmap("migrate")
    assert broken.code == 1
    assert "gridmap.toml cannot be read" in broken.err


def test_serving_beyond_loopback_is_refused(gridmap: CommandLine) -> None:
    done = gridmap("serve", "--host", "0.0.0.0")  # noqa: S104
    assert done.code == 1
    assert "gridmap user add" in done.err


def test_a_taken_port_is_told(gridmap: CommandLine) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = gridmap("serve", "--port", taken.getsockname()[1])
    assert done.code == 3
    assert "--port" in done.err


def test_migrate_and_basemap(town: Path, tmp_path: Path, gridmap: CommandLine) -> None:
    assert "up to date" in gridmap("migrate").out
    made = gridmap("basemap", town.parent / "town.osm", "-o", tmp_path / "town.pmtiles")
    assert made.code == 0, made.err
    assert (tmp_path / "town.pmtiles").stat().st_size > 0


def test_messages_come_in_the_language_of_the_settings(
    tmp_path: Path, gridmap: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRIDMAP_LANGUAGE", "zh")
    assert "文件不存在" in gridmap("check", tmp_path / "nothing.gpkg").err


def test_cancelling_ends_with_130(
    town: Path, tmp_path: Path, gridmap: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("gridmap.planning.make_plan", interrupt)
    done = gridmap("plan", town, "--out", tmp_path / "o")
    assert done.code == 130
    assert "cancelled" in done.err


def test_what_nobody_foresaw_is_one_line(
    town: Path, tmp_path: Path, gridmap: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("odd")

    monkeypatch.setattr("gridmap.planning.make_plan", fail)
    done = gridmap("plan", town, "--out", tmp_path / "o")
    assert done.code == 3
    assert "--debug" in done.err
    assert "Traceback" not in done.err


def test_visits_that_do_not_fit_end_with_numbers_or_the_best_effort(
    own_town: Path, tmp_path: Path, gridmap: CommandLine
) -> None:
    """One call a day is far too little: exit 2 and the cures, and no plan unless asked for."""
    spoil(own_town, "[routing]", "[routing]\nday = { max_calls = 1 }")
    refused = gridmap("plan", own_town, "--out", tmp_path / "o")
    assert refused.code == 2
    for word in ("calls a day, 1 are possible", "cure:", "--best-effort"):
        assert word in refused.err
    assert not (tmp_path / "o" / "plan.gpkg").exists()
    done = gridmap("plan", own_town, "--out", tmp_path / "o", "--best-effort")
    assert done.code == 0
    assert "they are left out" in done.out
