"""REST: who has which cell, and handing cells over."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dashboards.rest_town import Town, town_in


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    folder: Path = tmp_path_factory.mktemp("hands")
    return town_in(folder)


def keys(said: dict[str, list[dict[str, str]]]) -> list[str]:
    return [one["key"] for one in said["faults"]]


def test_a_cell_goes_from_hand_to_hand(town: Town) -> None:
    li, path = town["li"], f"/scenarios/{town.own}/assignments"
    assert li.get(path)["items"] == []
    first = {"cell_id": 1, "person": "zhou", "begins": "2026-03-01", "note": "two keys"}
    made = li.post(path, first, 201)["items"]
    assert made == [
        {"cell_id": 1, "person": "zhou", "begins": "2026-03-01", "ends": None,
         "note": "two keys", "author": "li"}
    ]  # fmt: skip
    # sent again it changes nothing
    assert keys(li.post(path, first, 422)) == ["drafts.assignment.later"]
    li.post(path, {"cell_id": 1, "person": None, "begins": "2026-04-01"}, 201)
    li.post(path, {"cell_id": 2, "person": "qian", "begins": "2026-04-01"}, 201)
    found = [(one["cell_id"], one["person"], one["ends"]) for one in li.get(path)["items"]]
    assert found == [(1, "zhou", "2026-04-01"), (2, "qian", None)]
    assert [one["person"] for one in li.get(f"{path}?cell_id=2")["items"]] == ["qian"]
    own = town["manager"].get(path)["items"]
    assert {one["cell_id"] for one in own} == {1}


def test_who_may_not_hand_over_or_see_names(town: Town) -> None:
    path = f"/scenarios/{town.own}/assignments"
    wish = {"cell_id": 1, "person": "zhou", "begins": "2027-03-01"}
    town["watcher"].get(path, 403)
    for name in ("watcher", "manager"):
        town[name].post(path, wish, 403)
    foreign = f"/scenarios/{town.foreign}/assignments"
    assert town["li"].post(foreign, wish, 404) == town["li"].post(
        "/scenarios/9999/assignments", wish, 404
    )


def test_what_cannot_be_handed_over_is_told(town: Town) -> None:
    li, path = town["li"], f"/scenarios/{town.own}/assignments"
    wish = {"cell_id": 1, "person": "zhou", "begins": "2028-03-01"}
    assert keys(li.post(path, {**wish, "cell_id": 77}, 422)) == ["hands.fault.unknown_cell"]
    said = li.post(path, {**wish, "person": " "}, 422)
    assert keys(said) == ["drafts.assignment.nobody"]
    assert said["faults"][0]["where"] == "C01"
    assert len(li.post(path, {"cell_id": 0, "begins": "soon"}, 422)["faults"]) == 3
