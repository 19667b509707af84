"""The examples of a deployment fit together, and ask for commands and settings that exist."""

import re
from pathlib import Path

import pytest
import typer
import yaml

from gridmap.cli import app
from gridmap.settings import Settings

DEPLOY = Path(__file__).parents[2] / "deploy"
COMMANDS = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
SETTINGS = {f"GRIDMAP_{name.upper()}" for name in Settings.model_fields}


def commands_in(text: str) -> set[str]:
    """Return the commands of gridmap that a file runs."""
    listed = re.findall(r'\["gridmap", "(\w+)"', text)
    return set(listed + re.findall(r"/gridmap (\w+)", text))


@pytest.mark.parametrize("name", sorted(one.name for one in DEPLOY.iterdir()))
def test_commands_and_settings_exist(name: str) -> None:
    text = (DEPLOY / name).read_text()
    assert commands_in(text)
    assert commands_in(text) <= COMMANDS
    assert set(re.findall(r"\bGRIDMAP_[A-Z_]+", text)) <= SETTINGS


def test_compose_has_database_web_and_worker() -> None:
    """Passwords come from outside, the port is open to this machine only, and data is kept."""
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    services = compose["services"]
    assert set(services) == {"database", "web", "worker"}
    assert "postgis" in services["database"]["image"]
    assert services["web"]["ports"] == ["127.0.0.1:8050:8050"]
    for service in services.values():
        for value in service["environment"].values():
            assert not re.search(r"password", value, re.I) or ":?" in value
        for volume in service["volumes"]:
            assert volume.split(":")[0] in compose["volumes"]


def test_the_container_copies_what_is_there_and_does_not_run_as_root() -> None:
    lines = (DEPLOY / "Containerfile").read_text().splitlines()
    copied = [one for line in lines if line.startswith("COPY ") for one in line.split()[1:-1]]
    assert copied
    assert all((DEPLOY.parent / one).exists() for one in copied)
    assert "USER gridmap" in lines
    # the tests and their tools stay outside
    assert not {"tests", "requirements-test.lock"} & set(copied)


@pytest.mark.parametrize("name", ["gridmap.service", "gridmap-worker.service"])
def test_units_of_systemd_have_what_they_need(name: str) -> None:
    text = (DEPLOY / name).read_text()
    keys = dict(line.split("=", 1) for line in text.splitlines() if re.match(r"[A-Z]\w+=", line))
    assert keys["User"] == "gridmap"
    assert keys["NoNewPrivileges"] == keys["PrivateTmp"] == "yes"
    assert keys["WantedBy"] == "multi-user.target"
