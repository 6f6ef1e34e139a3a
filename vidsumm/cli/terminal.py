"""Consoles and JSON for the two output streams: results go to standard output, everything else to standard error."""

import json
import signal
from typing import Any, NoReturn, TextIO

from rich.console import Console

from vidsumm.cli.exits import Stopped

__all__ = ["PipeSafeConsole", "console_for", "is_live", "print_json"]

_PIPE_WIDTH = 1000  # columns; lines in a pipe are not wrapped, so that other programs can read them


class PipeSafeConsole(Console):
    """A console that stops the command when the reader of its stream is gone, as SIGPIPE stops other programs."""

    def on_broken_pipe(self) -> NoReturn:
        """Raises `Stopped`, so that the command ends with the exit code of SIGPIPE."""
        raise Stopped(signal.SIGPIPE)


def console_for(stream: TextIO) -> PipeSafeConsole:
    """Returns a console as wide as the terminal behind `stream`; if there is none, it does not wrap lines."""
    width = None if stream.isatty() else _PIPE_WIDTH
    return PipeSafeConsole(file=stream, width=width, highlight=False, markup=False, emoji=False)


def is_live(console: Console) -> bool:
    """Returns whether lines on `console` can be redrawn, which is not the case in a log file with forced colours."""
    return console.file.isatty() and not console.is_dumb_terminal


def print_json(value: Any, stream: TextIO) -> None:
    """Prints `value` as JSON to `stream`, in one line of ASCII."""
    try:
        print(json.dumps(value, allow_nan=False), file=stream, flush=True)
    except BrokenPipeError as error:
        raise Stopped(signal.SIGPIPE) from error
