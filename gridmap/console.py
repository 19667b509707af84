"""Progress on a terminal: a bar where a person looks, plain lines elsewhere. All on stderr."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from gridmap.catalogue import Language, text
from gridmap.progress import Progress, Report


@contextmanager
def progress_report(language: Language) -> Iterator[Report]:
    """Yield a report that draws the progress of each stage on stderr."""
    console = Console(stderr=True)
    if console.is_terminal:
        with _bars(console) as bars:
            yield _Bars(bars, language)
    else:
        yield _Lines(console, language)


def _bars(console: Console) -> Bars:
    return Bars(
        TextColumn("{task.description:<28}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[detail]}"),
        console=console,
    )


class _Bars:
    def __init__(self, bars: Bars, language: Language) -> None:
        self._bars = bars
        self._language = language
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, progress: Progress) -> None:
        if progress.stage not in self._tasks:
            title = text(progress.stage, self._language)
            self._tasks[progress.stage] = self._bars.add_task(title, total=1.0, detail="")
        self._bars.update(
            self._tasks[progress.stage], completed=progress.fraction, detail=progress.detail
        )


class _Lines:
    """One line when a stage starts and one when it ends."""

    def __init__(self, console: Console, language: Language) -> None:
        self._console = console
        self._language = language
        self._told: set[tuple[str, bool]] = set()

    def __call__(self, progress: Progress) -> None:
        done = progress.fraction >= 1.0
        if (progress.stage, done) in self._told:
            return
        self._told.add((progress.stage, done))
        state = text("cli.stage_done" if done else "cli.stage_started", self._language)
        self._console.print(
            f"{text(progress.stage, self._language)}: {state}", highlight=False, markup=False
        )
