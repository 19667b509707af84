"""The commands of docs/api.md do what the page says, and the Chinese page has the same ones."""

import io
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.dashboards.rest_town import V1, Town, middle_of, town_in

DOCS = Path(__file__).parents[2] / "docs"
_COMMAND = re.compile(r"^curl (.*?)\s+# (\d{3})$", re.MULTILINE)


def commands(page: str) -> list[tuple[str, str]]:
    """Arguments of each command, and the status that it is said to get."""
    return _COMMAND.findall((DOCS / page).read_text(encoding="utf-8"))


def filled(arguments: str, values: dict[str, str]) -> list[str]:
    return shlex.split(re.sub(r"\$([A-Z]+)", lambda name: values[name[1]], arguments))


def asked(town: Town, arguments: list[str]) -> Any:
    """Ask as curl would with these arguments."""
    headers, parts, address, method = {}, {}, "", "GET"
    words = iter(arguments)
    for word in words:
        match word:
            case "-H":
                name, _, value = next(words).partition(": ")
                headers[name] = value
            case "--json":
                parts = {"data": next(words), "content_type": "application/json"}
                method = "POST"
            case "-F":
                name, _, file = next(words).partition("=@")
                parts = {"data": {name: (io.BytesIO(b"id"), file)}}
                method = "POST"
            case "-O":
                pass
            case _:
                address = word
    return town["li"].client.open(address, method=method, headers=headers, **parts)


def made(town: Town, job: int) -> None:
    """Let an export have made the file that the page fetches."""
    queue = town.work.queue
    while (claim := queue.take("test", lease_s=60.0)) is not None and claim.job_id != job:
        pass
    assert claim is not None
    folder = town.work.files / "jobs" / f"{job}-1"
    folder.mkdir(parents=True)
    (folder / "calendar.ics").write_text("made")
    queue.finish(claim, lambda _: {"folder": folder.name, "files": ["calendar.ics"]})


def test_every_command_gets_the_status_that_the_page_says(tmp_path: Path) -> None:
    town = town_in(tmp_path)
    lon, lat = middle_of(town["li"], town.draft(), 2)
    values = {
        "API": V1, "TOKEN": town["li"].headers["Authorization"].removeprefix("Bearer "),
        "PLAN": str(town.own), "TOWN": "Grid%20Town", "LON": str(lon), "LAT": str(lat),
    }  # fmt: skip
    for arguments, status in commands("api.md"):
        if status == "409" and "publish" in arguments:
            # what li may not do a regional manager does
            values["TOKEN"] = town["chen"].headers["Authorization"].removeprefix("Bearer ")
        with asked(town, filled(arguments, values)) as answer:
            assert answer.status_code == int(status), (arguments, answer.text)
            told = answer.json if answer.is_json else {}
        if arguments.endswith('/drafts"'):
            values["DRAFT"] = str(told["scenario_id"])
        if "job_id" in told:
            values["JOB"] = str(told["job_id"])
            if told["kind"] == "export":
                made(town, told["job_id"])
    town.store.engine.dispose()


def test_both_pages_have_the_same_commands() -> None:
    assert commands("api.md") == commands("api.zh.md")
    assert len(commands("api.md")) > 15


@pytest.mark.parametrize("page", ["api.md", "api.zh.md"])
def test_the_page_names_every_status_and_kind_of_edit(page: str) -> None:
    from dashboards.api.description import PROBLEMS
    from gridmap.partition.edits import _KINDS

    said = (DOCS / page).read_text(encoding="utf-8")
    assert {one for one in PROBLEMS if f"| {one} |" not in said} == {"400"}
    assert {one for one in _KINDS if f"`{one}`" not in said} == {"change"}
