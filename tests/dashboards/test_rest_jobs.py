"""REST: jobs in the background, tables handed in, and files that jobs made."""

import io
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from dashboards.api import file_routes
from geodata.import_kind import ImportArguments
from gridmap.jobs.standard import ExportArguments, PlanArguments, read_arguments
from gridmap.jobs.turns import MOST_OPEN
from gridmap.store import tables
from gridmap.store.roles import Role
from tests.dashboards.rest_town import Town

TABLE = b"id,lon,lat\n1,0.0,0.0\n"


def keys(said: dict[str, Any]) -> list[str]:
    return [one["key"] for one in said["faults"]]


def form(name: str = "shops.csv", table: bytes = TABLE) -> dict[str, Any]:
    return {"file": (io.BytesIO(table), name)}


def arguments(town: Town, job: int) -> dict[str, Any]:
    with town.store.engine.connect() as connection:
        query = sa.select(tables.job.c.arguments).where(tables.job.c.job_id == job)
        return dict(connection.execute(query).scalar_one())


def inbox(town: Town) -> list[str]:
    return sorted(one.name for one in (town.work.files / "inbox").glob("*"))


@pytest.fixture(autouse=True)
def idle(town: Town) -> None:
    """Nobody has jobs waiting from the test before."""
    with town.store.engine.begin() as connection:
        connection.execute(sa.delete(tables.job))


def test_a_plan_is_asked_for_once_a_key_read_listed_and_ended(town: Town) -> None:
    li, key = town["li"], {"Idempotency-Key": "first"}
    asked = {"kind": "reroute", "scenario_id": town.own, "arguments": {"seed": 5}}
    job = li.post("/jobs", asked, 202, **key)
    assert (job["kind"], job["state"], job["user"]) == ("reroute", "queued", "li")
    assert li.post("/jobs", asked, 202, **key)["job_id"] == job["job_id"]
    other = li.post("/jobs", {**asked, "kind": "score"}, 409, **key)
    assert keys(other) == ["jobs.key_used"]
    assert read_arguments(PlanArguments, arguments(town, job["job_id"])).seed == 5
    here = f"/jobs/{job['job_id']}"
    assert li.get(here) == job == li.get("/jobs")["items"][0]
    assert town["wang"].get(here) == job, "who plans sees what is planned"
    assert keys(town["watcher"].get(here, 404)) == ["api.not_there"]
    assert town["watcher"].get("/jobs")["total"] == 0
    assert keys(town["wang"].post(f"{here}/cancel", {}, 403)) == ["jobs.not_yours"]
    assert town["chen"].post(f"{here}/cancel")["state"] == "cancelled"
    assert li.post(f"{here}/cancel")["state"] == "cancelled", "ended twice is ended"
    assert keys(li.post("/jobs/9999/cancel", {}, 404)) == ["api.not_there"]


def test_what_cannot_be_asked_for(town: Town) -> None:
    li, plan = town["li"], {"kind": "plan", "scenario_id": town.own}
    town["watcher"].post("/jobs", plan, 403)
    hidden = li.post("/jobs", {**plan, "scenario_id": town.foreign}, 404)
    assert hidden == li.post("/jobs", {**plan, "scenario_id": 9999}, 404)
    li.post("/jobs", {**plan, "kind": "import"}, 422)
    wrong = {"max_seconds": -1, "seed": "x", "colour": "red", "request": {"language": "fr"}}
    said = li.post("/jobs?lang=zh", {**plan, "arguments": wrong}, 422)["faults"]
    assert {one["where"].split(".")[1] for one in said} == set(wrong)
    assert not any("should be" in one["text"] for one in said)


def test_too_many_jobs_at_a_time_are_refused_for_now(town: Town) -> None:
    asked = {"scenario_id": town.own}
    for _ in range(MOST_OPEN[Role.VIEWER]):
        town["watcher"].post("/exports", asked, 202)
    assert keys(town["watcher"].post("/exports", asked, 429)) == ["jobs.too_many"]


def test_a_table_is_kept_under_a_name_of_our_own_and_once(town: Town) -> None:
    li, path = town["li"], "/imports?territory=Grid Town&rows=demand&preview=true"
    job = li.hand_in(path, form("../../etc/passwd.CSV"))
    (kept,) = inbox(town)
    assert kept.endswith(".csv") and "passwd" not in kept
    asked = read_arguments(ImportArguments, arguments(town, job["job_id"]))
    assert (asked.file, asked.rows, asked.preview) == (kept, "demand", True)
    li.hand_in(path, form("another.csv"))
    assert inbox(town) == [kept], "the same table of the same person is kept once"
    town["wang"].hand_in(path, form())
    assert len(inbox(town)) == 2, "and that of another person apart"
    li.hand_in(path, form("no suffix"), **{"Idempotency-Key": "one"})
    held = inbox(town)
    said = li.hand_in(path, form(table=b"id\n2\n"), 409, **{"Idempotency-Key": "one"})
    assert keys(said) == ["jobs.key_used"]
    assert inbox(town) == held, "what no job takes is not kept"


def test_what_cannot_be_handed_in(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    li, path = town["li"], "/imports?territory=Grid Town"
    before = inbox(town)
    for name in ("watcher", "manager"):
        town[name].hand_in(path, form(), 403)
    hidden = li.hand_in("/imports?territory=Elsewhere", form(), 404)
    assert hidden == li.hand_in("/imports?territory=Nowhere", form(), 404)
    assert keys(li.hand_in(path, {"other": "x"}, 422)) == ["api.no_file"]
    assert keys(li.post(path, {"file": "x"}, 422)) == ["api.no_file"]
    wrong = li.hand_in("/imports?rows=pets&preview=maybe", form(), 422)["faults"]
    assert {one["where"] for one in wrong} == {"territory", "rows", "preview"}
    monkeypatch.setattr(file_routes, "MOST_BYTES", 1000)
    assert keys(li.hand_in(path, form(table=b"x" * 2000), 413)) == ["api.too_large"]
    assert inbox(town) == before
    big = {"name": "x" * 1_100_000}
    assert keys(li.post(f"/scenarios/{town.own}/drafts", big, 413)) == ["api.too_large"]


def test_a_disk_that_keeps_nothing_is_told_and_leaves_nothing(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Path) -> Path:
        raise OSError(28, "No space left on device")

    before = inbox(town)
    monkeypatch.setattr(Path, "replace", full)
    said = town["li"].hand_in("/imports?territory=Grid Town", form(table=b"id\n3\n"), 503)
    assert keys(said) == ["api.cannot_keep"] and "No space" in said["faults"][0]["text"]
    assert inbox(town) == before and town["li"].get("/jobs")["total"] == 0


def done(town: Town, files: list[str], result: dict[str, Any] | None = None) -> int:
    """An export of watcher that has made a file."""
    job = town["watcher"].post("/exports", {"scenario_id": town.own, "cycles": 2}, 202)["job_id"]
    claim = town.work.queue.take("test", lease_s=60.0)
    assert claim is not None and claim.job_id == job
    assert read_arguments(ExportArguments, claim.arguments).cycles == 2
    folder = town.work.files / "jobs" / f"{job}-1"
    (folder / "sheets").mkdir(parents=True, exist_ok=True)
    (folder / "sheets" / "C01.csv").write_text("made")
    told = result or {"folder": folder.name, "files": files}
    town.work.queue.finish(claim, lambda _: told)
    return int(job)


def test_a_file_is_fetched_by_who_sees_the_job(town: Town) -> None:
    job = done(town, ["sheets/C01.csv"])
    watcher, path = town["watcher"], f"/api/v1/exports/{job}/files/sheets/C01.csv"
    answer = watcher.client.get(path, headers=watcher.headers)
    assert (answer.status_code, answer.text) == (200, "made")
    assert answer.headers["Content-Disposition"] == "attachment; filename=C01.csv"
    assert "no-store" in answer.headers["Cache-Control"]
    answer.close()
    hidden = town["manager"].get(f"/exports/{job}/files/sheets/C01.csv", 404)
    assert hidden == town["manager"].get("/exports/9999/files/sheets/C01.csv", 404)
    (town.work.files / "jobs" / f"{job}-1" / "sheets" / "C01.csv").unlink()
    assert keys(watcher.get(f"/exports/{job}/files/sheets/C01.csv", 404)) == ["api.no_such_file"]


@pytest.mark.parametrize(
    "file", ["../../plans.db", "..%2F..%2Fplans.db", "/etc/passwd", "%2Fetc%2Fpasswd", "C01.csv"]
)
def test_nothing_else_than_what_the_job_lists_is_fetched(town: Town, file: str) -> None:
    """Not even where a job would list it."""
    town["watcher"].get(f"/exports/{done(town, ['sheets/C01.csv'])}/files/{file}", 404)
    listed = ["../../plans.db", "/etc/passwd", "etc/passwd"]
    town["watcher"].get(f"/exports/{done(town, listed)}/files/{file}", 404)
    outside = {"folder": "../..", "files": ["people.db"]}
    assert (town.work.files.parent / "people.db").is_file()
    town["watcher"].get(f"/exports/{done(town, [], outside)}/files/people.db", 404)


def test_a_job_that_is_not_done_has_no_files(town: Town) -> None:
    job = town["watcher"].post("/exports", {"scenario_id": town.own}, 202)["job_id"]
    said = town["watcher"].get(f"/exports/{job}/files/plan.gpkg", 404)
    assert keys(said) == ["api.no_such_file"]


def test_what_cannot_be_exported(town: Town) -> None:
    watcher = town["watcher"]
    hidden = watcher.post("/exports", {"scenario_id": town.foreign}, 404)
    assert hidden == watcher.post("/exports", {"scenario_id": 9999}, 404)
    assert hidden == watcher.post("/exports", {"scenario_id": town.draft()}, 404)
    wrong = {"formats": ["pdf"], "cycles": 0, "start": "soon"}
    said = watcher.post("/exports", wrong, 422)["faults"]
    assert {one["where"].split(".")[0] for one in said} == {*wrong, "scenario_id"}
