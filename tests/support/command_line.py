"""The command line, run inside the test's process."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from gridmap import cli


@dataclass(frozen=True)
class Outcome:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str


class CommandLine:
    """Runs ``gridmap …`` inside the test's process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *arguments: object) -> Outcome:
        self._monkeypatch.setattr("sys.argv", ["gridmap", *(str(one) for one in arguments)])
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = self._capsys.readouterr()
        return Outcome(int(ended.value.code or 0), said.out, said.err)
