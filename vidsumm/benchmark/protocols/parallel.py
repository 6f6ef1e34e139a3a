"""Pieces of work in several processes.

The networks are small: a processor core of its own for each piece serves them far better than all cores for one.
"""

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, as_completed
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache, partial

import torch
from loky import ProcessPoolExecutor

from vidsumm.benchmark.config import BenchConfig
from vidsumm.benchmark.protocols.work import Done, Work, do_work
from vidsumm.benchmark.videos import Videos, videos_of
from vidsumm.errors import ResourceError
from vidsumm.events import Event, EventSink, Notice, StageFinished
from vidsumm.progress import Progress

__all__ = ["done_in_processes"]


def done_in_processes(
    works: Mapping[int, Work], config: BenchConfig, on_event: EventSink
) -> Iterator[tuple[int, Done]]:
    """Does pieces of work in `config.jobs` processes, which end with the block that reads them.

    Each process has its share of the cores. Numbers of a trained network differ in their last digits from those of one
    process with all cores, as sums are taken in another order.

    Args:
        works: to be done by their places, in this order as far as processes are free.
        config: of the run.
        on_event: told what each piece told, when it is finished.

    Yields:
        The place of a piece and what came of it, as they finish.

    Raises:
        VidsummError: of a piece; the others are given up.
        ResourceError: a process was killed.
    """
    threads = max(1, (os.cpu_count() or 1) // config.jobs)
    pool = ProcessPoolExecutor(
        min(config.jobs, len(works)), initializer=partial(torch.set_num_threads, threads), env=_limits(threads)
    )
    try:
        places: dict[Future[tuple[Done, list[Event]]], int] = {
            pool.submit(_do, work, config): place for place, work in works.items()
        }
        for future in as_completed(places):
            done, told = future.result()
            for event in told:
                on_event(event)
            yield places[future], done
    except BrokenProcessPool as error:
        remedy = "memory may have run out: give fewer --jobs; the same command goes on from here"
        raise ResourceError("a process that did a piece of work was killed", remedy=remedy) from error
    finally:
        pool.shutdown(wait=True, kill_workers=True)


def _limits(threads: int) -> dict[str, str]:
    return dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))


def _do(work: Work, config: BenchConfig) -> tuple[Done, list[Event]]:
    """In a process of its own: the work, and what there is to tell of it."""
    told: list[Event] = []

    def listen(event: Event) -> None:
        if isinstance(event, StageFinished | Notice):
            told.append(event)

    return do_work(work, config, _opened(config), Progress(listen)), told


@lru_cache(1)
def _opened(config: BenchConfig) -> Videos:
    return videos_of(config)
