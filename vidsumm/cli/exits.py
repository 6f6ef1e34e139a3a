"""How a command ends: every error becomes a readable message and an exit code, and every signal a clean stop."""

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import wraps
from inspect import Parameter, signature
from types import FrameType, TracebackType
from typing import Any, NoReturn

import typer

from vidsumm.cli.flags import has_option, message, naming
from vidsumm.cli.signatures import set_parameters
from vidsumm.errors import VidsummError
from vidsumm.versions import loaded_versions, require_supported

__all__ = ["ExitCodes", "Stopped", "defect_remedy", "exit_code_of", "guarded", "report", "stop_on_signals"]

_STOPPING_SIGNALS = ("SIGTERM", "SIGHUP")
_SIGNAL_BASE = 128
_DELIBERATE_ENDS = (SystemExit, typer.Exit, typer.Abort, typer.BadParameter)


class Stopped(KeyboardInterrupt):
    """The command is stopped by something other than Ctrl-C, with the same cleaning up.

    Args:
        number: the signal; SIGPIPE where the reader of the output has closed it.
    """

    def __init__(self, number: int) -> None:
        super().__init__(f"stopped by {signal.Signals(number).name}")
        self.number = number


def stop_on_signals() -> None:
    """Turns the signals that would kill the process into `Stopped`, except those that the shell set to be ignored."""

    def stop(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001 the signature of a signal handler
        raise Stopped(number)

    for name in _STOPPING_SIGNALS:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, stop)


def defect_remedy() -> str:
    """Returns what to do about an error that is a defect of the program."""
    how = "run with --verbose for the traceback and report it" if has_option("verbose") else "please report it"
    return f"this is a defect: {how}"


def exit_code_of(error: BaseException) -> int:
    """Returns the exit code of a command that ends with `error`."""
    if isinstance(error, VidsummError):
        return error.exit_code
    if isinstance(error, KeyboardInterrupt):
        return _SIGNAL_BASE + (error.number if isinstance(error, Stopped) else signal.SIGINT)
    return VidsummError.exit_code


def report(error: BaseException, *, verbose: bool, subject: str = "") -> None:
    """Prints what went wrong and what to do about it to standard error.

    Args:
        error: what was raised.
        verbose: add the chain of causes, or the traceback of an unexpected error.
        subject: the input concerned, put in front where the message does not name it.
    """
    with suppress(BrokenPipeError):
        for line in _message_lines(error, verbose, subject):
            print(line, file=sys.stderr, flush=True)


def _message_lines(error: BaseException, verbose: bool, subject: str) -> Iterator[str]:
    if isinstance(error, KeyboardInterrupt):
        yield f"vidsumm: {error if isinstance(error, Stopped) else 'interrupted'}"
    elif isinstance(error, VidsummError):
        what = message(error.what)
        yield f"vidsumm: error: {what}" if subject in what else f"vidsumm: error: {subject}: {what}"
        if error.remedy:
            yield f"  {message(error.remedy)}"
        if verbose:
            yield from (f"  caused by {_with_type(cause)}" for cause in _causes(error))
    else:
        yield f"vidsumm: error: {subject and f'{subject}: '}unexpected {_with_type(error)}"
        if verbose:
            yield from "".join(traceback.format_exception(error)).splitlines()
        else:
            yield f"  {defect_remedy()}"
        yield f"  versions: {', '.join(f'{name} {version}' for name, version in loaded_versions().items())}"


def _with_type(error: BaseException) -> str:
    text = message(" ".join(str(error).split()))
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen = {id(error)}
    cause = error.__cause__ or error.__context__
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__


class ExitCodes:
    """The context in which a command runs: reports whatever it raises, and turns it into `SystemExit` with its code."""

    def __init__(self, *, verbose: bool) -> None:
        self.verbose = verbose

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if error is None or isinstance(error, _DELIBERATE_ENDS):
            return
        if isinstance(error, Stopped) and error.number == signal.SIGPIPE:
            _redirect_closed_streams()
        else:
            report(error, verbose=self.verbose)
        raise SystemExit(exit_code_of(error)) from error


def _redirect_closed_streams() -> None:
    # the interpreter flushes both streams once more when it ends, and would print an error
    null = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(null, stream.fileno())


def guarded(command: Callable[..., None], *, any_versions: bool = False) -> Callable[..., None]:
    """Returns the command run inside `ExitCodes`, with its parameter `verbose` if it has one.

    It gets a parameter `context` from Typer, from which messages take the names of its options.

    Args:
        command: the function of the command. Its docstring is the help text; each paragraph becomes a single line,
            because Typer would keep the line breaks.
        any_versions: run it even if a library is missing, too old or too new.
    """
    own = signature(command).parameters

    @wraps(command)
    def run(*args: Any, context: typer.Context | None = None, **kwargs: Any) -> None:
        with naming(context), ExitCodes(verbose=bool(kwargs.get("verbose", False))):
            if not any_versions:
                require_supported()
            command(*args, **kwargs, **({"context": context} if "context" in own else {}))

    given_context = Parameter("context", Parameter.KEYWORD_ONLY, annotation=typer.Context)
    set_parameters(run, (own | {"context": given_context}).values())
    paragraphs = (command.__doc__ or "").split("\n\n")
    run.__doc__ = "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
    return run
