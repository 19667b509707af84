"""``gridmap user``: accounts from the command line, with passwords that stand in no argument."""

import io
import json
from pathlib import Path

import pytest
from command_line import CommandLine

from gridmap.store.repository import Store
from gridmap.store.roles import Role
from gridmap.user_commands import PASSWORD_VARIABLE

PASSWORD = "eine lange Reihe"  # noqa: S105


@pytest.fixture
def user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    """The command line with a database of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRIDMAP_DATABASE_URL", f"sqlite:///{tmp_path / 'gridmap.db'}")
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)
    return CommandLine(monkeypatch, capsys)


def store(folder: Path) -> Store:
    return Store(f"sqlite:///{folder / 'gridmap.db'}")


def test_an_account_from_adding_to_closing(user: CommandLine, tmp_path: Path) -> None:
    added = user("user", "add", "Li", "--role", "planner", "--territory", "Newport")
    assert (added.code, "Li may sign in" in added.out) == (0, True), added.err
    assert user("user", "region", "Wales", "--territory", "Newport").code == 0
    cells = ("--cell", "o1", "--cell", "o2")
    wales = ("--role", "grid_manager", "--region", "Wales")
    assert user("user", "grant", "Li", *wales, *cells).code == 0
    (told,) = json.loads(user("user", "list", "--json").out)
    assert told == {
        "name": "Li",
        "role": "grid_manager",
        "reach": [["region", "Wales"], ["cell", "o1"], ["cell", "o2"]],
        "disabled": False,
    }
    people = store(tmp_path).people()
    assert people.sign_in("Li", PASSWORD) is not None
    assert user("user", "disable", "Li").code == 0
    assert people.sign_in("Li", PASSWORD) is None
    assert "closed" in user("user", "list").out
    assert user("user", "enable", "Li").code == 0
    assert people.sign_in("Li", PASSWORD) is not None


def test_a_token_is_shown_once_and_works(user: CommandLine, tmp_path: Path) -> None:
    user("user", "add", "Li", "--everywhere", "--role", "admin")
    made = user("user", "token", "Li", "--label", "QGIS", "--territory", "Newport", "--days", "7")
    scope = store(tmp_path).people().tokens.scope(made.out.strip())
    assert scope is not None
    assert (scope.role, scope.territories) == (Role.VIEWER, {"Newport"})


def test_faults_are_told_together_and_end_with_code_1(user: CommandLine) -> None:
    wrong = user("user", "add", "Li", "--role", "grid_manager")
    assert wrong.code == 1
    assert "--cell" in wrong.err and "--everywhere" in wrong.err
    assert user("user", "disable", "nobody").code == 1


def test_a_password_comes_from_a_pipe_or_is_typed_twice(
    user: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(PASSWORD_VARIABLE)
    monkeypatch.setattr("sys.stdin", io.StringIO("from a pipe it comes\n"))
    assert user("user", "add", "Li", "--everywhere").code == 0
    assert store(tmp_path).people().sign_in("Li", "from a pipe it comes") is not None

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    typed = iter(["typed by a person", "typed by a parson", "typed by a person"] + 3 * ["x"])
    monkeypatch.setattr("getpass.getpass", lambda _: next(typed))
    assert "not the same" in user("user", "password", "Li").err
    typed = iter(2 * ["typed by a person"])
    assert user("user", "password", "Li").code == 0
    assert store(tmp_path).people().sign_in("Li", "typed by a person") is not None


def test_no_option_takes_a_password() -> None:
    import typer.main

    from gridmap.user_commands import user_app

    for command in typer.main.get_command(user_app).commands.values():  # type: ignore[attr-defined]
        options = [option for one in command.params for option in one.opts]
        assert not any("password" in option for option in options)
