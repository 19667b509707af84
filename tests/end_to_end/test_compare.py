"""A plan is compared with itself as a user does it, and what does not fit together is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import CommandLine


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_plan_does_not_differ_from_itself(
    planned: Path, gridmap: CommandLine, tmp_path: Path, language: str
) -> None:
    book = tmp_path / "changes.xlsx"
    asked = ("compare", planned / "plan.gpkg", planned, "--on", "new", "--language", language)
    told = gridmap(*asked, "--touched", "C01", "--out", book)
    assert told.code == 0, told.err
    assert "C01" in told.out
    assert book.stat().st_size > 0
    read = json.loads(gridmap(*asked, "--json").out)
    assert read["touched"] == []
    assert read["changes"]
    assert all(one["change"] == 0.0 for one in read["changes"])


def test_one_plan_needs_two_months_and_two_plans_none(planned: Path, gridmap: CommandLine) -> None:
    plan = planned / "plan.gpkg"
    for wrong in ((plan,), (plan, plan, "--before", "2024-01"), (plan, "--after", "2024-01")):
        told = gridmap("compare", *wrong)
        assert told.code == 1
        assert "--before and --after" in told.err
    told = gridmap("compare", plan, plan, "--touched", "X1,X2")
    assert told.code == 1
    assert "X1" in told.err
    assert "X2" in told.err
