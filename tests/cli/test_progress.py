"""Progress: bars on a terminal, lines in a pipe, nothing with --quiet."""

import io
from typing import Annotated

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from vidsumm.cli.exits import guarded
from vidsumm.cli.progress import Bars, Lines, Silence, reporter_for
from vidsumm.cli.terminal import console_for
from vidsumm.errors import InputError
from vidsumm.events import Event, Notice, Stage, StageAdvanced, StageFinished, StageStarted


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def terminal(columns: int = 80, **environment: str) -> Console:
    console = console_for(Screen())
    return Console(file=console.file, width=columns, highlight=False, _environ={"TERM": "xterm", **environment})


def said(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


EVENTS: list[Event] = [
    StageStarted("decode", 1200, "frames"),
    StageAdvanced("decode", 300),
    Notice("info", "a small thing"),
    Notice("warning", "decord stalled; PyAV decodes"),
    StageFinished("decode", 8.04, "1200 frames by pyav"),
    StageFinished("write", 3725.0, ""),
]


def test_a_pipe_gets_a_line_for_each_finished_stage() -> None:
    console = console_for(io.StringIO())
    lines = reporter_for(console, quiet=False, verbose=False)
    assert type(lines) is Lines
    with lines.about("a.mp4"):
        for event in EVENTS:
            lines(event)
    assert said(console).splitlines() == [
        "a.mp4",
        "  warning: decord stalled; PyAV decodes",
        "  decode     8.0 s  1200 frames by pyav",
        "  write    1:02:05",
    ]


def test_notes_are_printed_only_with_verbose() -> None:
    console = console_for(io.StringIO())
    reporter_for(console, quiet=False, verbose=True)(Notice("info", "a small thing"))
    assert said(console) == "  note: a small thing\n"


def test_settings_in_a_notice_are_shown_as_flags() -> None:
    console = console_for(io.StringIO())
    command = typer.Typer()

    @command.command()
    @guarded
    def tell(limit_gb: Annotated[float, typer.Option("--limit")] = 1.0) -> None:
        Lines(console)(Notice("warning", "larger than `limit_gb`"))

    assert CliRunner().invoke(command, []).exit_code == 0
    assert said(console) == "  warning: larger than --limit\n"


def test_quiet_is_silent() -> None:
    console = terminal()
    silence = reporter_for(console, quiet=True, verbose=False)
    assert type(silence) is Silence
    with silence.about("a.mp4"):
        for event in EVENTS:
            silence(event)
    assert said(console) == ""


def test_a_dumb_terminal_and_a_coloured_pipe_get_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    assert type(reporter_for(terminal(TERM="dumb"), quiet=False, verbose=False)) is Lines
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert type(reporter_for(console_for(io.StringIO()), quiet=False, verbose=False)) is Lines


def test_a_failure_is_marked() -> None:
    console = console_for(io.StringIO())
    lines = Lines(console)
    with pytest.raises(InputError), lines.about("a.mp4"):
        raise InputError("bad")
    assert said(console).splitlines() == ["a.mp4", "  failed"]


@pytest.mark.parametrize("columns", [30, 80, 200])
def test_bars_fit_the_terminal_and_leave_lines(columns: int) -> None:
    console = terminal(columns, NO_COLOR="1")
    bars = reporter_for(console, quiet=False, verbose=False)
    assert type(bars) is Bars
    with bars.about("a.mp4"):
        for event in EVENTS:
            bars(event)
            bars._progress.refresh()
    if columns >= 80:
        assert "300 of 1,200 frames" in said(console)
        assert "decode     8.0 s  1200 frames by pyav" in said(console)
    assert not bars._progress.tasks


@pytest.mark.parametrize(
    ("stage", "total", "unit", "done", "text"),
    [
        ("decode", 400.0, "frames", 100.0, "100 of 400 frames"),
        ("decode", None, "frames", 100.0, "100 frames"),
        ("cut", 1.0, "", 0.25, "25 %"),
        ("probe", None, "", 0.0, "0.0 s"),
    ],
)
def test_a_bar_shows_how_much_is_done(stage: Stage, total: float | None, unit: str, done: float, text: str) -> None:
    console = terminal()
    bars = Bars(console)
    with bars.about("a.mp4"):
        bars(StageStarted(stage, total, unit))
        bars(StageAdvanced(stage, done))
        bars._progress.refresh()
    assert text in said(console)


def test_a_bar_shows_the_rate_and_the_time_left() -> None:
    console = terminal()
    bars = Bars(console)
    clock = iter(float(second) for second in range(1000))
    bars._progress.get_time = lambda: next(clock)
    bars(StageStarted("decode", 400, "frames"))
    for done in (40, 80, 120):
        bars(StageAdvanced("decode", done))
    console.print(bars._progress.get_renderable())
    assert "120 of 400 frames, 40.0/s, 7.0 s left" in said(console)


def test_events_out_of_order_are_harmless() -> None:
    bars = Bars(terminal())
    with bars.about("a.mp4"):
        bars(StageAdvanced("cut", 1))
        bars(StageFinished("cut", 1.0, ""))
        bars(StageStarted("cut", 2, "s"))
        bars(StageStarted("cut", 2, "s"))
        assert len(bars._progress.tasks) == 1


def test_bars_are_removed_when_an_input_fails() -> None:
    bars = Bars(terminal())

    def fail() -> None:
        with bars.about("a.mp4"):
            bars(StageStarted("decode", 2, "frames"))
            raise InputError("bad")

    with pytest.raises(InputError):
        fail()
    assert not bars._progress.tasks
