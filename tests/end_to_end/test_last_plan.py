"""A second plan keeps the days of the first, and refuses one of another cycle."""

import json
import shutil
from pathlib import Path

from command_line import CommandLine


def test_days_of_the_last_plan_are_kept(
    town: Path, planned: Path, tmp_path: Path, gridmap: CommandLine
) -> None:
    """With another seed few visits keep their day by chance, and nearly all with `--last`."""
    last = planned / "plan.gpkg"
    done = gridmap("plan", town, "--out", tmp_path / "out", "--seed", 8, "--last", last)
    assert done.code == 0
    assert "keep their day" in done.out
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    kept = report["continuity"]
    assert kept["visits"] > 20
    assert kept["kept_share"] > 0.9
    assert kept["kept"] == round(kept["kept_share"] * kept["visits"])


def test_another_cycle_is_refused(
    town: Path, planned: Path, tmp_path: Path, gridmap: CommandLine
) -> None:
    folder = tmp_path / "town"
    shutil.copytree(town.parent, folder)
    project = folder / town.name
    text = project.read_text(encoding="utf-8")
    assert "[routing]" in text
    project.write_text(text.replace("[routing]", "[routing]\nweeks = 2", 1), encoding="utf-8")
    last = planned / "plan.gpkg"
    done = gridmap("plan", project, "--out", tmp_path / "out", "--last", last)
    assert done.code == 1
    assert "4 weeks" in done.err
    assert "--last" in done.err
    assert not (tmp_path / "out").exists()
