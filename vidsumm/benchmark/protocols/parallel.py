"""Runs tasks in several processes.

The networks are small: a process that has one core for each task is much faster than one task on all cores.
"""

import os
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import as_completed
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache, partial

import torch
from loky import ProcessPoolExecutor

from vidsumm.benchmark.config import BenchConfig
from vidsumm.benchmark.protocols.task import RowCurves, Task, TaskResult, do_task
from vidsumm.benchmark.videos import Videos, videos_of
from vidsumm.errors import ResourceError
from vidsumm.events import Event, EventSink, Notice, StageFinished
from vidsumm.progress import Progress

__all__ = ["do_in_processes"]


def do_in_processes(
    tasks: Sequence[Task], config: BenchConfig, on_event: EventSink
) -> Iterator[tuple[TaskResult, RowCurves]]:
    """Does tasks in `config.jobs` processes, which end when the iterator is exhausted or closed.

    Each process has its share of the cores. Numbers of a trained network differ in their last digits from those that
    one process computes with all cores, because sums are taken in another order.

    Args:
        tasks: started in this order as processes become free.
        config: settings of the run.
        on_event: receives the finished stages and notices of each task when the task is finished.

    Yields:
        The results and curves of the tasks, in the order in which they finish.

    Raises:
        VidsummError: a task failed; the others are stopped.
        ResourceError: a process was killed.
    """
    threads = max(1, (os.cpu_count() or 1) // config.jobs)
    # loky starts a worker anew whose memory has grown a lot, as it does with the first training; nothing is lost
    warnings.filterwarnings("ignore", message="A worker was restarted", category=UserWarning)
    pool = ProcessPoolExecutor(
        min(config.jobs, len(tasks)),
        initializer=partial(torch.set_num_threads, threads),
        env=_thread_limits(threads),
    )
    try:
        for future in as_completed([pool.submit(_do_and_listen, task, config) for task in tasks]):
            result, curves, events = future.result()
            for event in events:
                on_event(event)
            yield result, curves
    except BrokenProcessPool as error:
        raise ResourceError(
            "the process of a task was killed",
            remedy="memory may have run out: give fewer `jobs`; the same command goes on from here",
        ) from error
    finally:
        pool.shutdown(wait=True, kill_workers=True)


def _thread_limits(threads: int) -> dict[str, str]:
    return dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))


def _do_and_listen(task: Task, config: BenchConfig) -> tuple[TaskResult, RowCurves, list[Event]]:
    """Does a task in a worker process; also returns the events that are to be reported."""
    events: list[Event] = []

    def listen(event: Event) -> None:
        if isinstance(event, StageFinished | Notice):
            events.append(event)

    return *do_task(task, config, _open_videos(config), Progress(listen)), events


@lru_cache(1)
def _open_videos(config: BenchConfig) -> Videos:
    return videos_of(config)
