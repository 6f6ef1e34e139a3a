"""What the benchmarks' command lines share."""

import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from vidsumm.cli.exits import guarded

__all__ = ["Output", "Runs", "called_as", "command"]

Output = Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder of the table files")]
Runs = Annotated[int, typer.Option("--runs", metavar="N", min=1, help="Timed runs; their median counts")]


def command(function: Callable[..., None]) -> typer.Typer:
    """The program of one command, with the error messages and exit codes of ``vidsumm``."""
    app = typer.Typer(add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False)
    app.command()(guarded(function))
    return app


def called_as(module: str) -> str:
    """The command line to write down with a result, paths by their last part.

    Args:
        module: the module that was run, ``benchmarks.speed`` for example.
    """
    arguments = (Path(part).name if "/" in part else part for part in sys.argv[1:])
    return shlex.join(["python", "-m", module, *arguments])
