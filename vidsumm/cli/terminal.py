"""Where text goes: results to standard output, everything that accompanies them to standard error."""

import json
import signal
from pathlib import Path
from typing import Any, NoReturn, TextIO

from rich.console import Console

from vidsumm.cli.exits import Stopped

__all__ = ["PipeSafeConsole", "clock", "console_for", "displayed", "is_live", "print_json"]

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


def displayed(path: Path) -> str:
    """The path for people: bytes that are no text are shown escaped, and line breaks cannot forge a line."""
    text = str(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def clock(seconds: float) -> str:
    """A length of time for people: ``3.2 s``, ``1:23.4``, ``2:03:04``."""
    tenths = round(seconds * 10)
    if tenths < 600:
        return f"{tenths / 10:.1f} s"
    if tenths < 36_000:
        return f"{tenths // 600}:{tenths % 600 / 10:04.1f}"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
