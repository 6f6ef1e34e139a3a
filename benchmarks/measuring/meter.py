"""Seconds and memory of pieces of work that are measured against each other."""

import gc
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from statistics import median
from threading import Event, Thread

import psutil

__all__ = ["MemoryWatch", "Timing", "Work", "compare", "once", "watch_memory"]

_WATCH_S = 0.05
_LONG_S = 5.0  # work that takes longer needs no warming up
_SHORT_S = 0.02  # shorter work is repeated until it lasts about this long

Work = Callable[[], object]


@dataclass(frozen=True)
class Timing:
    """One piece of work, done several times."""

    seconds: tuple[float, ...]
    """Of each run."""
    peak_mib: float | None = None
    """Resident memory that it took at most beyond what was held before; its child processes count too, and so do pages
    that they share. None where nobody looked."""
    result: object = None
    """What its first run gave."""

    @property
    def median_s(self) -> float:
        """Middle of the runs, seconds."""
        return median(self.seconds)


@dataclass
class MemoryWatch:
    """The resident memory of this process and its children."""

    start_mib: float
    peak_mib: float
    _over: Event = field(default_factory=Event)

    @property
    def growth_mib(self) -> float:
        """Most memory held, less what was held at the start."""
        return self.peak_mib - self.start_mib

    def _keep_looking(self) -> None:
        while not self._over.wait(_WATCH_S):
            self.peak_mib = max(self.peak_mib, _resident_mib())


@contextmanager
def watch_memory() -> Iterator[MemoryWatch]:
    """Looks at the memory twenty times a second, in a thread; short peaks may escape it."""
    start = _resident_mib()
    watch = MemoryWatch(start, start)
    thread = Thread(target=watch._keep_looking, name="memory")
    thread.start()
    try:
        yield watch
    finally:
        watch._over.set()
        thread.join()
        watch.peak_mib = max(watch.peak_mib, _resident_mib())


def compare(works: Sequence[Work], runs: int) -> list[Timing]:
    """Times pieces of work in turns, so that whatever else the machine does falls on all of them alike.

    Before that each is done once for its result and its memory, which also warms caches; of work that takes long that
    is the first of the runs.

    Args:
        works: what to do.
        runs: how often each is timed.
    """
    trials = [once(work) for work in works]
    repeats = [max(1, math.ceil(_SHORT_S / trial.median_s)) for trial in trials]
    seconds = [[trial.median_s] if trial.median_s > _LONG_S else [] for trial in trials]
    for turn in range(runs):
        for work, times, found in zip(works, repeats, seconds, strict=True):
            if len(found) <= turn:
                found.append(_seconds(work, times))
    return [replace(trial, seconds=tuple(found)) for trial, found in zip(trials, seconds, strict=True)]


def once(work: Work) -> Timing:
    """Does a piece of work a single time, with an eye on its memory."""
    gc.collect()
    with watch_memory() as memory:
        begin = time.perf_counter()
        result = work()
        seconds = time.perf_counter() - begin
    return Timing((seconds,), memory.growth_mib, result)


def _seconds(work: Work, times: int) -> float:
    gc.collect()
    begin = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - begin) / times


def _resident_mib() -> float:
    """Of this process and all that came of it; one that is only being started still has its parent's memory."""
    process = psutil.Process()
    held = {process.pid: process.memory_info()}
    total = held[process.pid].rss
    for child in process.children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # it ended just now
            parent = held.get(child.ppid())
            memory = held[child.pid] = child.memory_info()
            total += memory.rss if parent is None or memory.vms != parent.vms else 0
    return float(total / 2**20)
