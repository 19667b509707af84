"""The command line: parse, call one function, print. It alone knows all three packages."""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer

from gridmap.catalogue import Language, text
from gridmap.diff_command import differing
from gridmap.errors import (
    GridmapError,
)
from gridmap.exit_codes import ExitCode, exit_code_of
from gridmap.job_commands import background
from gridmap.plan_commands import planning
from gridmap.review_commands import reviewing
from gridmap.service_commands import service
from gridmap.settings import read_settings
from gridmap.table_commands import tables
from gridmap.user_commands import user_app

app = typer.Typer(
    help="Seamless sales cells around own outlets, numbered visit routes, and their scores.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

for commands in (planning, reviewing, tables, service, background, differing):
    app.add_typer(commands)
app.add_typer(user_app, name="user")


def main() -> None:
    """Run the command line: errors become one message and an exit code, never a traceback."""
    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    language: Language = "en"
    try:
        language = read_settings().language
        code = app(args=arguments, standalone_mode=False)
    except GridmapError as error:
        if debug:
            raise
        code = _complain(error, language)
    except typer.Exit as leave:
        code = leave.exit_code
    except (KeyboardInterrupt, typer.Abort):
        code = ExitCode.CANCELLED
    except Exception as error:
        if debug:
            raise
        code = _complain_of_anything(error, language)
    if code == ExitCode.CANCELLED:
        typer.echo(text("cli.cancelled", language), err=True)
    sys.exit(int(code or 0))


def _complain(error: GridmapError, language: Language) -> int:
    typer.echo(error.text(language), err=True)
    return exit_code_of(error)


def _complain_of_anything(error: Exception, language: Language) -> int:
    show: Callable[[], None] | None = getattr(error, "show", None)
    if show is not None:  # a wrong option or argument: typer knows how to say it
        show()
        return ExitCode.BAD_INPUT
    typer.echo(text("cli.unexpected", language, error=repr(error)), err=True)
    return ExitCode.FAILED
