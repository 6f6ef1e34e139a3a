"""The progress of a run: stages are timed, notices are collected, and both are reported as events."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from vidsumm.events import EventSink, Notice, Stage, StageAdvanced, StageFinished, StageStarted

__all__ = ["Progress"]


@dataclass
class Progress:
    """What has happened so far in a run on one video, or in one training or benchmark run."""

    on_event: EventSink
    """Receives the events, see `vidsumm.events`."""
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
        self.on_event(StageStarted(name, total, unit))
        yield details.append
        self.timings_s[name] = time.perf_counter() - begin
        self.on_event(StageFinished(name, self.timings_s[name], details[-1] if details else ""))

    def advance(self, name: Stage, done: float) -> None:
        """Reports how much of a stage is done, in its unit."""
        self.on_event(StageAdvanced(name, done))

    def origin(self, stage: Stage) -> str:
        """Returns "from the cache: " for a stage whose result was read from the cache, else an empty string."""
        return "from the cache: " if stage in self.cached else ""

    def notice(self, text: str) -> None:
        """Records a warning and reports it."""
        self.notices.append(text)
        self.on_event(Notice("warning", text))
