"""Error messages, exit codes and signals."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
import typer

from vidsumm.cli.exits import ExitCodes, Stopped, exit_code_of, guarded, report, stop_on_signals
from vidsumm.errors import InputError, OutputError


@pytest.fixture
def handlers() -> Iterator[None]:
    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, signal.SIG_DFL) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("x"), 3),
        (OutputError("x"), 6),
        (ValueError("x"), 1),
        (KeyboardInterrupt(), 130),
        (Stopped(signal.SIGTERM), 143),
        (Stopped(signal.SIGHUP), 129),
        (Stopped(signal.SIGPIPE), 141),
    ],
    ids=repr,
)
def test_every_error_has_its_exit_code(error: BaseException, code: int) -> None:
    assert exit_code_of(error) == code
    with pytest.raises(SystemExit) as end, ExitCodes(verbose=False):
        raise error
    assert end.value.code == code


@pytest.mark.parametrize("end", [SystemExit(7), typer.Exit(0), typer.BadParameter("x")], ids=repr)
def test_deliberate_ends_are_passed_on(end: BaseException, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(type(end)) as caught, ExitCodes(verbose=False):
        raise end
    assert caught.value is end
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.usefixtures("handlers")
def test_signals_stop_like_an_interrupt(number: signal.Signals) -> None:
    stop_on_signals()
    with pytest.raises(KeyboardInterrupt, match=number.name):
        os.kill(os.getpid(), number)


@pytest.mark.usefixtures("handlers")
def test_ignored_signals_stay_ignored() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    stop_on_signals()
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    os.kill(os.getpid(), signal.SIGHUP)


def test_a_circle_of_causes_is_printed_once(capsys: pytest.CaptureFixture[str]) -> None:
    error = InputError("x")
    error.__cause__ = ValueError("a")
    error.__cause__.__cause__ = error
    with pytest.raises(SystemExit), ExitCodes(verbose=True):
        raise error
    assert capsys.readouterr().err == "vidsumm: error: x\n  caused by ValueError: a\n"


def test_messages_are_one_line_each_and_name_their_subject_once(capsys: pytest.CaptureFixture[str]) -> None:
    report(InputError("raw\udcff.mp4: bad\nvidsumm: fine"), verbose=False, subject=r"raw\xff.mp4")
    report(InputError("bad"), verbose=False, subject="a.mp4")
    assert capsys.readouterr().err.splitlines() == [
        r"vidsumm: error: raw\xff.mp4: bad\nvidsumm: fine",
        "vidsumm: error: a.mp4: bad",
    ]


def test_a_guarded_command_keeps_its_help_and_obeys_verbose(capsys: pytest.CaptureFixture[str]) -> None:
    @guarded
    def command(verbose: bool = False) -> None:
        """Text."""
        raise ValueError("a")

    assert command.__doc__ == "Text."
    for verbose, shows in ((False, False), (True, True)):
        with pytest.raises(SystemExit):
            command(verbose=verbose)
        assert ("Traceback" in capsys.readouterr().err) == shows


PRINTING = """
import sys
from vidsumm.cli.exits import ExitCodes
from vidsumm.cli.terminal import console_for, print_json
with ExitCodes(verbose=True):
    for number in range(100000):
        {statement}
"""


@pytest.mark.parametrize("statement", ["print_json(number, sys.stdout)", "console_for(sys.stdout).print(str(number))"])
def test_nothing_is_printed_when_the_reader_is_gone(statement: str) -> None:
    code = PRINTING.format(statement=statement)
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
        assert process.wait(60) == 141
    assert said == b""
