"""The command line as a user runs it, on an invented town."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import CommandLine

from geodata.synthetic import write_town
from gridmap import cli


@pytest.fixture(autouse=True)
def settings_of_the_test(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the machine reaches a test, and none writes to the user's folders."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRIDMAP_DATABASE_URL", f"sqlite:///{tmp_path / 'gridmap.db'}")
    monkeypatch.delenv("GRIDMAP_LANGUAGE", raising=False)


@pytest.fixture
def gridmap(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(monkeypatch, capsys)


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Project file of an invented town; do not change its folder."""
    return write_town(tmp_path_factory.mktemp("town"), blocks=80, own=3, seed=4)


@pytest.fixture(scope="session")
def planned(town: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a finished plan of the town; do not change it."""
    folder = tmp_path_factory.mktemp("planned")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "sys.argv",
            ["gridmap", "plan", str(town), "--out", str(folder), "--seed", "3", "--db",
             f"sqlite:///{folder / 'gridmap.db'}"],
        )  # fmt: skip
        with pytest.raises(SystemExit) as ended:
            cli.main()
    assert ended.value.code == 0
    return folder
