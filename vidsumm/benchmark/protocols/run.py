"""Runs a benchmark: units of work, each kept when it is finished."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vidsumm.benchmark.config import BenchConfig
from vidsumm.benchmark.methods.method import Method, People
from vidsumm.benchmark.protocols.parallel import done_in_processes
from vidsumm.benchmark.protocols.splits import everything, splits_of, target_keys
from vidsumm.benchmark.protocols.store import Outcome, ResultStore, Unit
from vidsumm.benchmark.protocols.work import Done, Work, chosen_on, do_work
from vidsumm.benchmark.videos import Videos
from vidsumm.datasets.splits import Split
from vidsumm.errors import ConfigError
from vidsumm.events import EventSink, Notice, ignore
from vidsumm.progress import Progress

__all__ = ["Finished", "run_units"]


@dataclass(frozen=True)
class Finished:
    """A unit with what came of it."""

    unit: Unit
    outcome: Outcome


def run_units(
    config: BenchConfig, methods: Sequence[Method], videos: Videos, *, on_event: EventSink = ignore
) -> list[Finished]:
    """Does what is not done yet and returns everything that was asked for, method by method.

    Raises:
        ConfigError: no method can run on these videos.
        VidsummError: one of its kinds; units that were finished before stay.
    """
    store = ResultStore(config.output)
    runnable = [method for method in methods if _can_run(method, videos, on_event)]
    if not runnable:
        raise ConfigError("none of the methods can run without features", remedy="give --data FEATURES.h5")
    works = list(_plan(config, runnable, videos))
    before = {} if config.overwrite else _finished_before(works, config, store)
    left = {place: work for place, work in enumerate(works) if place not in before}
    outcomes = before | _Run(config, videos, store, Progress(on_event)).do_all(left)
    if before:
        on_event(Notice("info", f"{len(before)} of {len(works)} pieces of work were finished before"))
    return [Finished(work.unit, outcomes[place]) for place, work in enumerate(works)]


def _can_run(method: Method, videos: Videos, on_event: EventSink) -> bool:
    if method.needs_features and videos.null_features is None:
        on_event(Notice("warning", f"{method.name} is left out: it needs features (--data FEATURES.h5)"))
        return False
    return True


def _plan(config: BenchConfig, methods: Sequence[Method], videos: Videos) -> Iterator[Work]:
    splits = splits_of(config, videos)
    whole = everything(target_keys(config, videos))
    for method in methods:
        for split in [whole] if isinstance(method, People) else splits:
            for seed in range(config.seeds if method.is_random else 1):
                yield Work(Unit(method.name, split.name, seed, _facts(config, method, split, videos)), method, split)


def _facts(config: BenchConfig, method: Method, split: Split, videos: Videos) -> dict[str, Any]:
    return {
        "dataset": config.dataset,
        "videos": dict(videos.identity),
        "train": split.train,
        "validation": split.validation,
        "test": split.test,
        "chosen_on": chosen_on(config, split),
        "samples": config.samples,
        "settings": dict(method.facts),
    }


def _finished_before(works: Sequence[Work], config: BenchConfig, store: ResultStore) -> dict[int, Outcome]:
    """By the place in `works`."""
    found = {place: store.load(work.unit, with_curves=config.keep_curves) for place, work in enumerate(works)}
    return {place: outcome for place, outcome in found.items() if outcome is not None}


@dataclass(frozen=True)
class _Run:
    config: BenchConfig
    videos: Videos
    store: ResultStore
    progress: Progress

    def do_all(self, works: Mapping[int, Work]) -> dict[int, Outcome]:
        """Does the works and keeps each as soon as it is finished."""
        found: dict[int, Outcome] = {}
        if not works:
            return found
        with self.progress.stage("work", len(works), "pieces") as said:
            for place, done in self._done(works):
                self.store.save(works[place].unit, done.outcome, done.curves if self.config.keep_curves else None)
                found[place] = done.outcome
                self.progress.advance("work", len(found))
            said(f"{len(found)} pieces")
        return found

    def _done(self, works: Mapping[int, Work]) -> Iterator[tuple[int, Done]]:
        if self.config.jobs > 1 and len(works) > 1:
            return done_in_processes(works, self.config, self.progress.on_event)
        return ((place, do_work(work, self.config, self.videos, self.progress)) for place, work in works.items())
