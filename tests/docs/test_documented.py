"""Every setting and every command is documented; links in the documents lead somewhere."""

import re
from pathlib import Path

import pytest
import typer.main

from gridmap.cli import app
from gridmap.settings import Settings

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*.md")])


def test_settings_are_documented() -> None:
    page = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    for name in Settings.model_fields:
        assert f"`GRIDMAP_{name.upper()}`" in page
        assert f"`{name}`" in page


def test_commands_and_options_are_documented() -> None:
    page = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        line = next(line for line in page.splitlines() if f"`gridmap {name}" in line)
        for parameter in command.params:
            if parameter.param_type_name == "option" and parameter.name != "help":
                assert any(option in line for option in parameter.opts), (name, parameter.opts)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", document.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_dependencies_are_explained() -> None:
    """Each run-time dependency of pyproject.toml has its line."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    page = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8")
    for dependency in project["dependencies"]:
        name = re.split(r"[\[<>=;~! ]", dependency)[0]
        assert re.search(rf"\b{re.escape(name)}\b", page), name


def test_lock_files_hold_no_address() -> None:
    for name in ("requirements.lock", "requirements-test.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text
        assert "--hash=sha256:" in text
