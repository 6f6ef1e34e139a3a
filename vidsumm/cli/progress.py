"""How far the work has come: bars on a terminal, plain lines in a pipe, nothing where quiet is wanted."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.text import Text

from vidsumm.cli.tables import print_indented
from vidsumm.cli.terminal import is_live
from vidsumm.cli.wording import clock, printable
from vidsumm.events import Event, Notice, Stage, StageAdvanced, StageFinished, StageStarted

__all__ = ["Bars", "Lines", "Reporter", "Silence", "reporter_for"]

_BAR_WIDTH = 30  # columns
_REFRESH_HZ = 5.0


class Reporter(Protocol):
    """An event sink that is told to which input the events belong."""

    def __call__(self, event: Event) -> None:
        """Takes an event of the pipeline."""

    @contextmanager
    def about(self, title: str) -> Iterator[None]:
        """Everything told inside the block concerns the input called `title`."""


class Silence:
    """Says nothing."""

    def __call__(self, event: Event) -> None:
        """Lets the event pass."""

    @contextmanager
    def about(self, title: str) -> Iterator[None]:  # noqa: ARG002 the protocol's parameter
        """Marks nothing."""
        yield


class Lines:
    """One line per finished stage and per warning.

    Args:
        console: where to write.
        verbose: write notices that are no warnings as well.
    """

    def __init__(self, console: Console, *, verbose: bool = False) -> None:
        self.console = console
        self.verbose = verbose

    @contextmanager
    def about(self, title: str) -> Iterator[None]:
        """Puts `title` on a line above those of the block."""
        self.console.print(title)
        try:
            yield
        except Exception:
            self._line("failed")
            raise

    def __call__(self, event: Event) -> None:
        """Writes the event's line, if it has one."""
        match event:
            case StageFinished(stage, seconds, detail):
                self._line(f"{stage:<6} {clock(seconds):>9}  {detail}".rstrip())
            case Notice("warning", text):
                self._line(f"warning: {text}")
            case Notice("info", text) if self.verbose:
                self._line(f"note: {text}")

    def _line(self, text: str) -> None:
        print_indented(self.console, printable(text))


class Bars(Lines):
    """Lines as in a pipe, and below them a bar for each running stage with its rate and the time left."""

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
        """Shows bars while the block runs and takes away those it leaves unfinished."""
        with super().about(title), self._progress:
            try:
                yield
            finally:
                for stage in list(self._tasks):
                    self._drop(stage)

    def __call__(self, event: Event) -> None:
        """Moves the bar of the event's stage."""
        match event:
            case StageStarted(stage, total, unit):
                self._drop(stage)
                self._tasks[stage] = self._progress.add_task(stage, total=total, unit=unit)
            case StageAdvanced(stage, done) if stage in self._tasks:
                self._progress.update(self._tasks[stage], completed=done)
            case StageFinished(stage):
                self._drop(stage)
        super().__call__(event)

    def _drop(self, stage: Stage) -> None:
        if stage in self._tasks:
            self._progress.remove_task(self._tasks.pop(stage))


class _Amount(ProgressColumn):
    """``120 of 400 frames, 35.2/s, 8.0 s left``, or ``30 %, 8.0 s left``, as far as it is known."""

    def render(self, task: Task) -> Text:
        """One line for the task."""
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
    """The reporter that suits `console` and the wish for quiet."""
    if quiet:
        return Silence()
    return Bars(console, verbose=verbose) if is_live(console) else Lines(console, verbose=verbose)
