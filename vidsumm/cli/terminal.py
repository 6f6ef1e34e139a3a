"""Where text goes: results to standard output, everything that accompanies them to standard error."""

import json
import signal
from typing import Any, NoReturn, TextIO

from rich.console import Console

from vidsumm.cli.exits import Stopped

__all__ = ["PipeSafeConsole", "console_for", "is_live", "print_json"]

_PIPE_WIDTH = 1000  # columns; a line in a pipe is never folded, so that other programs can read it


class PipeSafeConsole(Console):
    """A console whose closed reader stops the command as SIGPIPE stops any other."""

    def on_broken_pipe(self) -> NoReturn:
        """Raises `Stopped` in place of Rich's own exit."""
        raise Stopped(signal.SIGPIPE)


def console_for(stream: TextIO) -> PipeSafeConsole:
    """A console as wide as the terminal behind `stream`, or one that never folds a line where there is none."""
    width = None if stream.isatty() else _PIPE_WIDTH
    return PipeSafeConsole(file=stream, width=width, highlight=False, markup=False, emoji=False)


def is_live(console: Console) -> bool:
    """Whether lines on `console` can be redrawn; a forced colour does not make a log file a terminal."""
    return console.file.isatty() and not console.is_dumb_terminal


def print_json(value: Any, stream: TextIO) -> None:
    """Writes `value` to `stream` as one line of ASCII."""
    try:
        print(json.dumps(value, allow_nan=False), file=stream, flush=True)
    except BrokenPipeError as error:
        raise Stopped(signal.SIGPIPE) from error
