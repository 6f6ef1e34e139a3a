"""What the command lines of the benchmarks share."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from vidsumm.cli.exits import guarded
from vidsumm.cli.wording import command_line

__all__ = ["Output", "Runs", "called_as", "command"]

Output = Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder of the table files")]
Runs = Annotated[int, typer.Option("--runs", metavar="N", min=1, help="Timed runs; their median counts")]


def command(function: Callable[..., None]) -> typer.Typer:
    """Returns the program of one command, with the error messages and exit codes of ``vidsumm``."""
    app = typer.Typer(add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False)
    app.command()(guarded(function))
    return app


def called_as(module: str) -> str:
    """Returns the command that was typed, to be kept with its results.

    Args:
        module: the module that was run, ``benchmarks.speed`` for example.
    """
    return command_line("python", "-m", module)
