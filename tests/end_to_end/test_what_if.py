"""An outlet closes in a written plan, and all faults of a trial are told at once."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pytest
from command_line import CommandLine

from gridmap.catalogue import text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_closing_an_outlet_never_covers_more(
    town: Path, planned: Path, gridmap: CommandLine, language: str
) -> None:
    plan = planned / "plan.gpkg"
    outlets = gpd.read_file(plan, layer="outlets")
    own = str(outlets.loc[outlets["ownership"] == "own", "outlet_id"].iloc[0])
    asked = ("what-if", town, "--plan", plan, "--close", own, "--language", language)
    told = gridmap(*asked)
    assert told.code == 0, told.err
    assert "%" in told.out
    assert text("findings.whatif.stage_scores", language) in told.err
    read = gridmap(*asked, "--json")
    assert read.code == 0
    cells = json.loads(read.out)["cells"]
    covered = [one for one in cells if one["metric"].startswith("coverage_own")]
    assert covered
    assert all(one["after"] <= one["before"] for one in covered)
    assert any(one["after"] < one["before"] for one in covered)


def test_all_faults_of_a_trial_are_told_at_once(
    town: Path, planned: Path, gridmap: CommandLine
) -> None:
    wrong = ("--close", "nobody", "--open", "here", "--move", "nowhere")
    told = gridmap("what-if", town, "--plan", planned / "plan.gpkg", *wrong)
    assert told.code == 1
    assert "Traceback" not in told.err
    for word in ("nobody", "here", "nowhere"):
        assert word in told.err
