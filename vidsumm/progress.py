"""The progress of a run: stages are timed and notices are collected, both are reported as events.

A run can be cancelled wherever it reports something.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from vidsumm.cancelling import CancelToken
from vidsumm.events import EventSink, Notice, Stage, StageAdvanced, StageFinished, StageStarted

__all__ = ["Log", "Progress", "join_logs"]


@dataclass(frozen=True)
class Log:
    """What happened in a finished part of a run."""

    notices: tuple[str, ...]
    """Warnings, one line each."""
    cached: tuple[Stage, ...]
    """Stages whose results were read from the cache."""
    timings_s: Mapping[str, float]
    """Wall time of each stage, seconds."""


def join_logs(logs: Sequence[Log], *, together: bool = False) -> Log:
    """Returns one log of several parts of a run: notices in order and without repetition, times added up.

    Args:
        logs: the parts.
        together: whether they are the same stages of several videos; then a stage counts as cached only if it was for
            all of them.
    """
    notices = dict.fromkeys(text for log in logs for text in log.notices)
    cached = dict.fromkeys(stage for log in logs for stage in log.cached)
    timings_s: dict[str, float] = {}
    for log in logs:
        for stage, seconds in log.timings_s.items():
            timings_s[stage] = timings_s.get(stage, 0.0) + seconds
    if together:
        cached = dict.fromkeys(stage for stage in cached if all(stage in log.cached for log in logs))
    return Log(tuple(notices), tuple(cached), timings_s)


@dataclass
class Progress:
    """What has happened so far in a run on one video, or in one training or benchmark run.

    A run that is cancelled stops when it begins a stage or reports how much of one is done.
    """

    on_event: EventSink
    """Receives the events, see `vidsumm.events`."""
    sources: tuple[Path, ...] = ()
    """The videos that the run is about."""
    cancel: CancelToken = field(default_factory=CancelToken)
    """Stops the run when it is cancelled."""
    notices: list[str] = field(default_factory=list)
    """Warnings of this run, one line each."""
    timings_s: dict[str, float] = field(default_factory=dict)
    """Wall time of each finished stage, seconds."""
    cached: list[Stage] = field(default_factory=list)
    """Stages whose results were read from the cache."""

    @contextmanager
    def stage(self, name: Stage, total: float | None = None, unit: str = "") -> Iterator[Callable[[str], None]]:
        """Reports the start and the end of a stage and measures its time.

        Args:
            name: the stage.
            total: amount of work, in `unit`; None where it is not known.
            unit: what is counted, such as "frames"; empty for a share of the whole.

        Yields:
            A function that sets the line shown when the stage has finished.
        """
        details: list[str] = []
        begin = time.perf_counter()
        self.check()
        self.on_event(StageStarted(name, total, unit, self.sources))
        yield details.append
        self.timings_s[name] = time.perf_counter() - begin
        self.on_event(StageFinished(name, self.timings_s[name], details[-1] if details else "", self.sources))

    def check(self) -> None:
        """Does nothing unless the run is cancelled.

        Raises:
            CancelledError: it is cancelled.
        """
        self.cancel.check()

    def advance(self, name: Stage, done: float) -> None:
        """Reports how much of a stage is done, in its unit."""
        self.check()
        self.on_event(StageAdvanced(name, done, self.sources))

    def origin(self, stage: Stage) -> str:
        """Returns "from the cache: " for a stage whose result was read from the cache, else an empty string."""
        return "from the cache: " if stage in self.cached else ""

    def notice(self, text: str, sources: tuple[Path, ...] | None = None) -> None:
        """Records a warning and reports it.

        Args:
            text: one line.
            sources: the videos that it is about; None for all of the run.
        """
        self.notices.append(text)
        self.on_event(Notice("warning", text, self.sources if sources is None else sources))

    def log(self) -> Log:
        """Returns what has happened so far."""
        return Log(tuple(self.notices), tuple(self.cached), dict(self.timings_s))
