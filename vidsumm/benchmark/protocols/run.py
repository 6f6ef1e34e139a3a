"""Runs the tasks of a benchmark and saves each result as soon as it is measured."""

from collections.abc import Iterator, Sequence
from typing import Any

from vidsumm.benchmark.config import BenchConfig
from vidsumm.benchmark.methods.baselines import Human
from vidsumm.benchmark.methods.method import Method
from vidsumm.benchmark.protocols.parallel import do_in_processes
from vidsumm.benchmark.protocols.splits import all_on_test_side, splits_of, target_keys
from vidsumm.benchmark.protocols.store import ResultStore
from vidsumm.benchmark.protocols.task import RowCurves, Task, TaskResult, do_task, epoch_videos
from vidsumm.benchmark.videos import Videos
from vidsumm.datasets.splits import Split
from vidsumm.errors import ConfigError
from vidsumm.events import EventSink, Notice, ignore
from vidsumm.progress import Progress

__all__ = ["run_tasks"]


def run_tasks(
    config: BenchConfig, methods: Sequence[Method], videos: Videos, *, on_event: EventSink = ignore
) -> list[TaskResult]:
    """Does the tasks that are not finished yet and returns the results of all of them, method by method.

    Raises:
        ConfigError: no method can run on these videos.
        VidsummError: a task failed; the results of those finished before it are kept.
    """
    store = ResultStore(config.output)
    runnable = [method for method in methods if _can_run(method, videos, on_event)]
    if not runnable:
        raise ConfigError("none of the methods can run without features", remedy="give feature files as `data`")
    tasks = list(_plan(config, runnable, videos))
    finished = {} if config.overwrite else _load_finished(tasks, config, store)
    left = [task for task in tasks if task.name not in finished]
    results = finished | _do_all(left, config, videos, store, Progress(on_event))
    if finished:
        on_event(Notice("info", f"{len(finished)} of {len(tasks)} tasks were finished before"))
    return [results[task.name] for task in tasks]


def _can_run(method: Method, videos: Videos, on_event: EventSink) -> bool:
    if method.needs_features and videos.null_features is None:
        on_event(Notice("warning", f"{method.name} is left out: it needs features, given as `data`"))
        return False
    return True


def _plan(config: BenchConfig, methods: Sequence[Method], videos: Videos) -> Iterator[Task]:
    splits = splits_of(config, videos)
    all_videos = all_on_test_side(target_keys(config, videos))
    for method in methods:
        for split in [all_videos] if isinstance(method, Human) else splits:
            for seed in range(config.seeds if method.is_random else 1):
                yield Task(method, split, seed, _facts(config, method, split, videos))


def _facts(config: BenchConfig, method: Method, split: Split, videos: Videos) -> dict[str, Any]:
    return {
        "dataset": config.dataset,
        "videos": dict(videos.identity),
        "train": split.train,
        "validation": split.validation,
        "test": split.test,
        "chosen_on": epoch_videos(config, split),
        "samples": config.samples,
        "settings": dict(method.facts),
    }


def _load_finished(tasks: Sequence[Task], config: BenchConfig, store: ResultStore) -> dict[str, TaskResult]:
    """Returns the results of finished tasks, by name of the task."""
    found = {task.name: store.load(task, with_curves=config.keep_curves) for task in tasks}
    return {name: result for name, result in found.items() if result is not None}


def _do_all(
    tasks: Sequence[Task], config: BenchConfig, videos: Videos, store: ResultStore, progress: Progress
) -> dict[str, TaskResult]:
    """Does tasks, saves each result, and returns them by name of the task."""
    results: dict[str, TaskResult] = {}
    if not tasks:
        return results
    with progress.stage("tasks", len(tasks), "tasks") as done:
        for result, curves in _do_each(tasks, config, videos, progress):
            store.save(result, curves if config.keep_curves else None)
            results[result.task.name] = result
            progress.advance("tasks", len(results))
        done(f"{len(results)} tasks")
    return results


def _do_each(
    tasks: Sequence[Task], config: BenchConfig, videos: Videos, progress: Progress
) -> Iterator[tuple[TaskResult, RowCurves]]:
    if config.jobs > 1 and len(tasks) > 1:
        return do_in_processes(tasks, config, progress.on_event)
    return (do_task(task, config, videos, progress) for task in tasks)
