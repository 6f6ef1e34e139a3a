"""Measures seconds and memory of actions that are compared with each other."""

import gc
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from statistics import median
from threading import Event, Thread

import psutil

__all__ = ["Action", "MemoryWatch", "Timing", "time_in_turns", "time_once", "watch_memory"]

_WATCH_S = 0.05
_LONG_S = 5.0  # an action that takes longer needs no warming up
_SHORT_S = 0.02  # a shorter action is repeated so often that the repetitions take about this long

Action = Callable[[], object]


@dataclass(frozen=True)
class Timing:
    """An action that was done several times."""

    seconds: tuple[float, ...]
    """Seconds of each run."""
    peak_mib: float | None = None
    """Peak of the resident memory, less what was held before; child processes included, where pages that they share
    count for each. None where it was not measured."""
    result: object = None
    """What the first run returned."""

    @property
    def median_s(self) -> float:
        """Median of the runs."""
        return median(self.seconds)


@dataclass
class MemoryWatch:
    """The resident memory of this process and its children while it is watched."""

    start_mib: float
    peak_mib: float
    _over: Event = field(default_factory=Event)

    @property
    def growth_mib(self) -> float:
        """The peak, less what was held at the start."""
        return self.peak_mib - self.start_mib

    def _keep_looking(self) -> None:
        while not self._over.wait(_WATCH_S):
            self.peak_mib = max(self.peak_mib, _resident_mib())


@contextmanager
def watch_memory() -> Iterator[MemoryWatch]:
    """Measures the memory twenty times a second while the block runs; shorter peaks may be missed.

    Yields:
        The watch, complete when the block has ended.
    """
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


def time_in_turns(actions: Sequence[Action], runs: int) -> list[Timing]:
    """Times actions in turns, so that whatever else the machine does slows all of them alike.

    Before that each is done once for its result and its memory, which also warms caches. For an action that takes long,
    this is the first of its runs.

    Args:
        actions: what to do.
        runs: how often each is timed.
    """
    trials = [time_once(action) for action in actions]
    repeats = [max(1, math.ceil(_SHORT_S / trial.median_s)) for trial in trials]
    seconds = [[trial.median_s] if trial.median_s > _LONG_S else [] for trial in trials]
    for turn in range(runs):
        for action, times, found in zip(actions, repeats, seconds, strict=True):
            if len(found) <= turn:
                found.append(_seconds(action, times))
    return [replace(trial, seconds=tuple(found)) for trial, found in zip(trials, seconds, strict=True)]


def time_once(action: Action) -> Timing:
    """Does an action once and measures its time and memory."""
    gc.collect()
    with watch_memory() as memory:
        begin = time.perf_counter()
        result = action()
        seconds = time.perf_counter() - begin
    return Timing((seconds,), memory.growth_mib, result)


def _seconds(action: Action, times: int) -> float:
    """Returns the mean time of an action that is done several times."""
    gc.collect()
    begin = time.perf_counter()
    for _ in range(times):
        action()
    return (time.perf_counter() - begin) / times


def _resident_mib() -> float:
    """Returns the resident memory of this process and its descendants.

    A child that is being started still has the memory of its parent, which must not count twice.
    """
    process = psutil.Process()
    held = {process.pid: process.memory_info()}
    total = held[process.pid].rss
    for child in process.children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # it ended just now
            parent = held.get(child.ppid())
            memory = held[child.pid] = child.memory_info()
            total += memory.rss if parent is None or memory.vms != parent.vms else 0
    return float(total / 2**20)
