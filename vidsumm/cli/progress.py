"""Shows the progress of a command: bars on a terminal, plain lines in a pipe, nothing with --quiet."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.text import Text

from vidsumm.cli.flags import message
from vidsumm.cli.tables import print_indented
from vidsumm.cli.terminal import console_for, is_live
from vidsumm.cli.wording import clock
from vidsumm.events import Event, Notice, Stage, StageAdvanced, StageFinished, StageStarted

__all__ = ["Bars", "Lines", "Reporter", "Silence", "reporter_for", "reporting"]

_BAR_WIDTH = 30  # columns
_REFRESH_HZ = 5.0


class Reporter(Protocol):
    """An event sink that knows to which input the events belong."""

    def __call__(self, event: Event) -> None:
        """Shows an event of the pipeline."""

    @contextmanager
    def about(self, title: str) -> Iterator[None]:
        """Shows the events inside the block under `title`, the name of the input."""


class Silence:
    """Shows nothing."""

    def __call__(self, event: Event) -> None:
        """Ignores the event."""

    @contextmanager
    def about(self, title: str) -> Iterator[None]:  # noqa: ARG002 the protocol's parameter
        """Ignores the title."""
        yield


class Lines:
    """Prints a line for each finished stage and for each warning.

    Args:
        console: where to print.
        verbose: also print notices that are not warnings.
    """

    def __init__(self, console: Console, *, verbose: bool = False) -> None:
        self.console = console
        self.verbose = verbose

    @contextmanager
    def about(self, title: str) -> Iterator[None]:
        """Prints `title` above the lines of the block."""
        self.console.print(title)
        try:
            yield
        except Exception:
            self._line("failed")
            raise

    def __call__(self, event: Event) -> None:
        """Prints the line of the event, if it has one."""
        match event:
            case StageFinished(stage, seconds, detail):
                self._line(f"{stage:<6} {clock(seconds):>9}  {detail}".rstrip())
            case Notice("warning", text):
                self._line(f"warning: {text}")
            case Notice("info", text) if self.verbose:
                self._line(f"note: {text}")

    def _line(self, text: str) -> None:
        print_indented(self.console, message(text))


class Bars(Lines):
    """Prints the same lines, and shows a bar below them for each running stage with its rate and the time left."""

    def __init__(self, console: Console, *, verbose: bool = False) -> None:
        super().__init__(console, verbose=verbose)
        self._progress = Progress(
            TextColumn("  {task.description:<6}", markup=False),
            BarColumn(_BAR_WIDTH),
            _Amount(),
            console=console,
            transient=True,
            refresh_per_second=_REFRESH_HZ,
        )
        self._tasks: dict[Stage, TaskID] = {}

    @contextmanager
    def about(self, title: str) -> Iterator[None]:
        """Shows bars while the block runs, and removes those of stages that it does not finish."""
        with super().about(title), self._progress:
            try:
                yield
            finally:
                for stage in list(self._tasks):
                    self._remove_bar(stage)

    def __call__(self, event: Event) -> None:
        """Moves the bar of the event's stage."""
        match event:
            case StageStarted(stage, total, unit):
                self._remove_bar(stage)
                self._tasks[stage] = self._progress.add_task(stage, total=total, unit=unit)
            case StageAdvanced(stage, done) if stage in self._tasks:
                self._progress.update(self._tasks[stage], completed=done)
            case StageFinished(stage):
                self._remove_bar(stage)
        super().__call__(event)

    def _remove_bar(self, stage: Stage) -> None:
        if stage in self._tasks:
            self._progress.remove_task(self._tasks.pop(stage))


class _Amount(ProgressColumn):
    """``120 of 400 frames, 35.2/s, 8.0 s left``, or ``30 %, 8.0 s left``, as far as it is known."""

    def render(self, task: Task) -> Text:
        """Returns one line for the task."""
        return Text(", ".join(_parts(task)), no_wrap=True, overflow="ellipsis")


def _parts(task: Task) -> Iterator[str]:
    unit = str(task.fields["unit"])
    if task.total is None:
        yield f"{task.completed:,.0f} {unit}" if unit else clock(task.elapsed or 0)
    elif unit:
        yield f"{task.completed:,.0f} of {task.total:,.0f} {unit}"
    else:
        yield f"{task.percentage:.0f} %"
    if unit and task.speed:
        yield f"{task.speed:,.1f}/s"
    if task.time_remaining:
        yield f"{clock(task.time_remaining)} left"


def reporter_for(console: Console, *, quiet: bool, verbose: bool) -> Reporter:
    """Returns the reporter for this console: `Silence` if quiet, `Bars` on a terminal, otherwise `Lines`."""
    if quiet:
        return Silence()
    return Bars(console, verbose=verbose) if is_live(console) else Lines(console, verbose=verbose)


@contextmanager
def reporting(title: str, *, quiet: bool, verbose: bool) -> Iterator[Reporter]:
    """Shows the progress of a run on standard error, under its title."""
    reporter = reporter_for(console_for(sys.stderr), quiet=quiet, verbose=verbose)
    with reporter.about(title):
        yield reporter
