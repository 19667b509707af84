"""REST: drafts and all kinds of edits, two editors at once, retries, the way to publication."""

import datetime as dt
from typing import Any

import pytest
from drawn_town import count_as_planned

from tests.dashboards.rest_town import Town, middle_of, move, versions_of

MARCH, APRIL = {"effective_from": "2026-03-01"}, {"effective_from": "2026-04-01"}


def keys(said: dict[str, Any]) -> list[str]:
    return [one["key"] for one in said["faults"]]


def test_who_may_not_draw_opens_no_draft(town: Town) -> None:
    for name in ("watcher", "manager"):
        town[name].post(f"/scenarios/{town.own}/drafts", {}, 403)
    hidden = town["li"].post(f"/scenarios/{town.foreign}/drafts", {}, 404)
    assert hidden == town["li"].post("/scenarios/9999/drafts", {}, 404)


def test_a_plan_as_it_was_made_is_not_drawn_on(town: Town) -> None:
    for path in ("", "/units"):
        assert keys(town["li"].get(f"/drafts/{town.own}{path}", 409)) == ["drafts.not_redrawn"]
    said = town["li"].post(f"/drafts/{town.own}/edits", move(2, 2, {1: 1, 2: 1}), 409)
    assert keys(said) == ["drafts.not_redrawn"]


def edits(town: Town, draft: int) -> dict[str, dict[str, Any]]:
    """An edit of each kind that can be done on the two halves of the town."""
    li = town["li"]
    across = [middle_of(li, draft, 6, 12), middle_of(li, draft, 8, 14)]
    return {
        "move": {"units": [2], "to": 2},
        "brush": {"to": 2, "stroke": [middle_of(li, draft, 2)], "radius_m": 10.0},
        "split": {"cell": 1, "line": across, "to": 2},
        "merge": {"keep": 1, "gone": 2},
        "shift": {"giver": 2, "taker": 1, "metres": 120.0},
        "swap": {"first": 1, "first_units": [2], "second": 2, "second_units": [21]},
        "new_cell": {"unit": 0, "load": 20.0},
        "close_cell": {"cell": 2},
        "lock": {"cells": [1], "units": [3]},
    }


@pytest.mark.parametrize(
    "kind",
    ["move", "brush", "split", "merge", "shift", "swap", "new_cell", "close_cell", "lock"],
)
def test_every_kind_of_edit_is_done_logged_and_undone(town: Town, kind: str) -> None:
    li, draft = town["li"], town.draft()
    before, units = li.get(f"/drafts/{draft}")["cells"], li.get(f"/drafts/{draft}/units")
    asked = {"edit": {"kind": kind, **edits(town, draft)[kind]}, "versions": {"1": 1, "2": 1}}
    done = li.post(f"/drafts/{draft}/edits", asked)
    assert (done["moved"] > 0) == (kind != "lock") and not done["repeated"]
    after = li.get(f"/drafts/{draft}")["cells"]
    assert {str(one["cell_id"]): one["version"] for one in after} == {
        **{"1": 1, "2": 1}, **done["versions"],
    }  # fmt: skip
    (line,) = li.get(f"/drafts/{draft}/edits")["items"]
    assert (line["kind"], line["author"], line["sequence"]) == (kind, "li", 1)
    assert {str(one) for one in line["cell_ids"]} == set(done["versions"])
    assert line["made"].endswith(("Z", "+00:00")), "a time without a zone is no time"
    undone = li.post(f"/drafts/{draft}/undo")
    assert li.get(f"/drafts/{draft}/units") == units
    plain = ["open", "units", "locked"]
    again = {one["cell_id"]: [one[name] for name in plain] for one in
             li.get(f"/drafts/{draft}")["cells"] if one["open"]}  # fmt: skip
    assert again == {one["cell_id"]: [one[name] for name in plain] for one in before}
    assert (undone["sequence"], li.get(f"/drafts/{draft}/edits")["items"][1]["undoes"]) == (2, 1)


def test_an_edit_under_a_key_is_done_once_undone_and_redone(town: Town) -> None:
    li, draft = town["li"], town.draft()
    asked, key = move(2, 2, versions_of(li, draft)), {"Idempotency-Key": "a"}
    first = li.post(f"/drafts/{draft}/edits", asked, **key)
    again = li.post(f"/drafts/{draft}/edits", asked, **key)
    assert (first["moved"], again["repeated"], again["sequence"]) == (1, True, first["sequence"])
    sizes = [li.get(f"/drafts/{draft}/units?cell_id=2")["total"]]
    for step in ("undo", "redo"):
        li.post(f"/drafts/{draft}/{step}", **{"Idempotency-Key": step})
        li.post(f"/drafts/{draft}/{step}", **{"Idempotency-Key": step})
        sizes.append(li.get(f"/drafts/{draft}/units?cell_id=2")["total"])
    assert sizes == [13, 12, 13]
    said = li.post(f"/drafts/{draft}/edits", move(8, 2, {1: 1, 2: 1}), 409, **key)
    assert keys(said) == ["drafts.key_used"]
    bad = li.post(f"/drafts/{draft}/edits", asked, 422, **{"Idempotency-Key": "a b"})
    assert keys(bad) == ["api.bad_key"]


def test_nothing_is_left_to_undo(town: Town) -> None:
    draft = town.draft()
    assert keys(town["li"].post(f"/drafts/{draft}/undo", {}, 409)) == ["drafts.nothing_to_undo"]
    assert keys(town["li"].post(f"/drafts/{draft}/redo", {}, 409)) == ["drafts.nothing_to_redo"]


def test_who_comes_second_is_told_which_cells_and_who(town: Town) -> None:
    draft = town.draft()
    seen = versions_of(town["wang"], draft)
    town["li"].post(f"/drafts/{draft}/edits", move(2, 2, seen))
    late = town["wang"].post(f"/drafts/{draft}/edits", move(8, 2, seen), 409)["faults"]
    told = [one["text"].split(" at ")[0] for one in late]
    assert told == ["Cell 1 was changed by li", "Cell 2 was changed by li"]


def test_a_version_that_nobody_read_is_told_as_that_and_not_as_somebodys_change(
    town: Town,
) -> None:
    draft = town.draft()
    late = town["li"].post(f"/drafts/{draft}/edits", move(2, 2, {1: 7, 2: 1}), 409)["faults"]
    assert [one["key"] for one in late] == ["drafts.never_seen"]
    assert late[0]["text"].startswith("Cell 1 has version 1")


@pytest.mark.parametrize(
    ("edit", "versions", "said"),
    [
        (
            {"kind": "move", "units": [2], "to": 9},
            {"1": 1},
            "There is no cell 9. Open cells: 1, 2.",
        ),
        ({"kind": "move", "units": [2], "to": 2}, {}, "touches cell(s) 1, 2, but"),
        ({"kind": "move", "units": [7], "to": 2}, {"1": 1}, "own outlet of cell 1"),
        ({"kind": "move", "units": [99], "to": 2}, {"1": 1}, "There is no unit 99."),
        ({"kind": "move", "units": [0], "to": 2}, {"1": 1, "2": 1}, "Cell 2 would fall into"),
        ({"kind": "merge", "keep": 1, "gone": 1}, {"1": 1}, ""),
        ({"kind": "brush", "to": 2, "stroke": [[90.0, 0.0]]}, {"1": 1}, "edit.stroke"),
        ({"kind": "paint"}, {}, "use one of: 'move', 'brush'"),
        ({"units": [2], "to": 2}, {}, "add the field 'kind'"),
        ({"kind": "move", "units": [2], "to": 0}, {}, "edit.move.to: the number must be 1 or more"),
    ],
)
def test_an_edit_that_breaks_a_rule_is_refused_with_numbers_from_outside(
    town: Town, edit: dict[str, Any], versions: dict[str, int], said: str
) -> None:
    asked = {"edit": edit, "versions": versions}
    faults = town["li"].post(f"/drafts/{town.draft()}/edits", asked, 422)["faults"]
    assert said in " ".join(one["text"] for one in faults)


def test_from_draft_to_the_plan_that_holds_and_back(town: Town) -> None:
    li, chen, draft = town["li"], town["chen"], town.draft()
    here = f"/scenarios/{draft}"
    assert keys(li.post(f"{here}/send_back", {}, 409)) == ["drafts.wrong_status"]
    assert li.post(f"{here}/submit")["status"] == "in_review"
    seen = versions_of(li, draft)
    late = li.post(f"/drafts/{draft}/edits", move(2, 2, seen), 409)
    assert keys(late) == ["drafts.wrong_status"]
    li.post(f"{here}/publish", MARCH, 403)
    assert keys(chen.post(f"{here}/publish", MARCH, 409)) == ["drafts.not_planned"]
    assert chen.post(f"{here}/send_back", {"reason": "no routes"})["status"] == "draft"
    count_as_planned(town.store, draft)
    li.post(f"{here}/submit")
    assert chen.post(f"{here}/publish", {}, 422)["faults"][0]["where"] == "effective_from"
    published = chen.post(f"{here}/publish", MARCH)
    assert (published["status"], published["effective_from"]) == ("published", "2026-03-01")
    assert published["status_by"] == "chen"
    assert town["watcher"].get("/territories")["items"][0]["published"] == draft
    assert keys(chen.post(f"{here}/publish", APRIL, 409)) == ["drafts.wrong_status"]
    early = chen.post(f"{here}/archive", {"effective_until": "2026-02-01"}, 422)
    assert keys(early) == ["drafts.before_former"]
    assert keys(chen.post(f"{here}/roll_back", APRIL, 409)) == ["drafts.wrong_status"]
    ended = chen.post(f"{here}/archive", {"effective_until": "2026-04-01"})
    assert (ended["status"], ended["effective_until"]) == ("archived", "2026-04-01")
    again = chen.post(f"{here}/roll_back", APRIL, 201)
    assert (again["status"], again["parent_id"]) == ("published", draft)
    assert dt.datetime.fromisoformat(again["status_at"]).tzinfo is not None
    for step, body in (("submit", {}), ("publish", MARCH), ("roll_back", MARCH)):
        hidden = chen.post(f"/scenarios/{town.foreign}/{step}", body, 404)
        assert hidden == chen.post(f"/scenarios/9999/{step}", body, 404)
