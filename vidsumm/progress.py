"""The course of one job: its stages are timed and told to whoever listens."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from vidsumm.events import EventSink, Notice, Stage, StageAdvanced, StageFinished, StageStarted

__all__ = ["Job"]


@dataclass
class Job:
    """What has happened so far."""

    on_event: EventSink
    notices: list[str] = field(default_factory=list)
    timings_s: dict[str, float] = field(default_factory=dict)
    """Wall time of each stage that has ended, seconds."""
    cached: list[Stage] = field(default_factory=list)
    """The stages whose results an earlier job left in the cache."""

    @contextmanager
    def stage(self, name: Stage, total: float | None = None, unit: str = "") -> Iterator[Callable[[str], None]]:
        """Tells beginning and end of a stage; the body says in one short line what came of it."""
        said: list[str] = []
        begin = time.perf_counter()
        self.on_event(StageStarted(name, total, unit))
        yield said.append
        self.timings_s[name] = time.perf_counter() - begin
        self.on_event(StageFinished(name, self.timings_s[name], said[-1] if said else ""))

    def advance(self, name: Stage, done: float) -> None:
        """Tells how far a stage has come, in its unit."""
        self.on_event(StageAdvanced(name, done))

    def origin(self, stage: Stage) -> str:
        """What to put before the line about a stage's result: where it is from, if it is not from this job."""
        return "from the cache: " if stage in self.cached else ""

    def notice(self, text: str) -> None:
        """Keeps and tells something worth one line."""
        self.notices.append(text)
        self.on_event(Notice("warning", text))
