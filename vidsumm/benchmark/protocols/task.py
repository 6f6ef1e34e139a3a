"""A task, which is one method on one split with one seed, and its result.

Tasks do not depend on each other: each can be done by itself, in any process, and its result has a file of its own.
"""

import hashlib
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from vidsumm.benchmark.config import BenchConfig
from vidsumm.benchmark.methods.method import Curves, EpochVideos, Method, PreparedRow, TaskInputs
from vidsumm.benchmark.table_values import Values, average_values
from vidsumm.benchmark.videos import Videos
from vidsumm.datasets.splits import Split
from vidsumm.devices import resolve_device
from vidsumm.progress import Progress

__all__ = ["SCHEMA", "RowCurves", "RowResult", "Task", "TaskResult", "digest", "do_task", "epoch_videos"]

SCHEMA = "vidsumm.bench/1"
"""Increase the number when a change gives other results for the same facts: earlier results are then not used."""

_NAME_DIGITS = 16

RowCurves = Mapping[str, Mapping[str, Curves]]
"""Label of a row -> key of a test video -> its curves. Annotators have none."""


def digest(facts: Mapping[str, Any]) -> str:
    """Returns 64 hexadecimal digits that identify JSON-ready facts."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Task:
    """One method on one split with one seed."""

    method: Method
    split: Split
    seed: int
    facts: Mapping[str, Any]
    """Everything its result depends on, apart from `seed` and the names of method and split; ready for JSON."""

    @cached_property
    def name(self) -> str:
        """Name of its files, without suffix. It ends with a digest of the facts, so tasks that differ never share one.

        So a run with a changed recipe or another data file never reads old results.
        """
        facts = {"schema": SCHEMA, "method": self.method.name, "split": self.split.name, "seed": self.seed}
        split = re.sub(r"[^A-Za-z0-9]+", "-", self.split.name)
        return f"{self.method.name}-{split}-{self.seed}-{digest(facts | dict(self.facts))[:_NAME_DIGITS]}"


@dataclass(frozen=True)
class RowResult:
    """What one row of the table measured in one task."""

    label: str
    note: str
    videos: Mapping[str, Values]
    """Measured values by key of the test video."""

    def means(self) -> dict[str, float]:
        """Returns the mean of each metric over the videos that have it."""
        return average_values(self.videos.values())


@dataclass(frozen=True)
class TaskResult:
    """What a task measured."""

    task: Task
    rows: tuple[RowResult, ...]
    seconds: float
    training: Mapping[str, Any] = field(default_factory=dict)
    """JSON-ready facts about the training; empty where there was none."""


def epoch_videos(config: BenchConfig, split: Split) -> EpochVideos:
    """Returns which videos of a split choose the epoch of a training."""
    if split.validation:
        return "validation"
    return "test" if config.protocol == "5fcv" and config.setting != "transfer" else "none"


def do_task(task: Task, config: BenchConfig, videos: Videos, progress: Progress) -> tuple[TaskResult, RowCurves]:
    """Trains and measures.

    Raises:
        VidsummError: a video cannot be used, or the training failed.
    """
    begin = time.perf_counter()
    inputs = TaskInputs(
        videos,
        task.split,
        seed=task.seed,
        chosen_on=epoch_videos(config, task.split),
        samples=config.samples,
        device=str(resolve_device(config.device)),
        progress=progress,
    )
    prepared = task.method.prepare(inputs)
    curves: dict[str, dict[str, Curves]] = {row.label: {} for row in prepared.rows}
    rows = tuple(_measure(row, task, progress, curves[row.label]) for row in prepared.rows)
    return TaskResult(task, rows, round(time.perf_counter() - begin, 3), prepared.training), curves


def _measure(row: PreparedRow, task: Task, progress: Progress, curves: dict[str, Curves]) -> RowResult:
    """Measures every test video; the curves are put into `curves`."""
    keys, videos = task.split.test, dict[str, Values]()
    with progress.stage("measure", len(keys), "videos") as done:
        for number, key in enumerate(keys, 1):
            measured = row.measure(key)
            videos[key] = dict(measured.values)
            if measured.curves is not None:
                curves[key] = measured.curves
            progress.advance("measure", number)
        result = RowResult(row.label, row.note, videos)
        means = result.means()
        numbers = ", ".join(f"{name} {means[name]:.3f}" for name in ("tau", "rho") if name in means)
        done(f"{row.label}, {task.split.name}, run {task.seed + 1}: {numbers}")
    return result
