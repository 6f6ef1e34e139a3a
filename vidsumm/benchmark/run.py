"""Runs a benchmark: units of work, one after another, each kept when it is finished."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vidsumm.benchmark.config import BenchConfig
from vidsumm.benchmark.methods import Epoch, Method, People, Task, Variant
from vidsumm.benchmark.protocols import everything, splits_of, target_keys
from vidsumm.benchmark.units import Outcome, ResultStore, Unit, VariantResult
from vidsumm.benchmark.videos import Videos
from vidsumm.datasets.splits import Split
from vidsumm.errors import ConfigError
from vidsumm.events import EventSink, Notice, ignore
from vidsumm.features.backbones import resolve_device
from vidsumm.stages.job import Job

__all__ = ["Finished", "run_units"]


@dataclass(frozen=True)
class Finished:
    """A unit with what came of it."""

    unit: Unit
    outcome: Outcome


@dataclass(frozen=True)
class _Work:
    unit: Unit
    method: Method
    split: Split


def run_units(
    config: BenchConfig, methods: Sequence[Method], videos: Videos, *, on_event: EventSink = ignore
) -> list[Finished]:
    """Does what is not done yet and returns everything that was asked for, method by method.

    Raises:
        ConfigError: no method can run on these videos.
        VidsummError: one of its kinds; units that were finished before stay.
    """
    job, store = Job(on_event), ResultStore(config.output)
    runnable = [method for method in methods if _can_run(method, videos, on_event)]
    if not runnable:
        raise ConfigError("none of the methods can run without features", remedy="give --data FEATURES.h5")
    found, done_before = [], 0
    for work in _plan(config, runnable, videos):
        outcome = None if config.overwrite else store.load(work.unit, with_curves=config.keep_curves)
        done_before += outcome is not None
        found.append(Finished(work.unit, outcome or _do(work, config, videos, store, job)))
    if done_before:
        on_event(Notice("info", f"{done_before} of {len(found)} pieces of work were finished before"))
    return found


def _can_run(method: Method, videos: Videos, on_event: EventSink) -> bool:
    if method.needs_features and videos.null_features is None:
        on_event(Notice("warning", f"{method.name} is left out: it needs features (--data FEATURES.h5)"))
        return False
    return True


def _plan(config: BenchConfig, methods: Sequence[Method], videos: Videos) -> Iterator[_Work]:
    splits = splits_of(config, videos)
    whole = everything(target_keys(config, videos))
    for method in methods:
        for split in [whole] if isinstance(method, People) else splits:
            for seed in range(config.seeds if method.is_random else 1):
                yield _Work(Unit(method.name, split.name, seed, _facts(config, method, split, videos)), method, split)


def _facts(config: BenchConfig, method: Method, split: Split, videos: Videos) -> dict[str, Any]:
    return {
        "dataset": config.dataset,
        "videos": dict(videos.identity),
        "train": split.train,
        "validation": split.validation,
        "test": split.test,
        "chosen_on": _chosen_on(config, split),
        "samples": config.samples,
        "settings": dict(method.facts),
    }


def _chosen_on(config: BenchConfig, split: Split) -> Epoch:
    if split.validation:
        return "validation"
    return "test" if config.protocol == "5fcv" and config.setting != "transfer" else "none"


def _do(work: _Work, config: BenchConfig, videos: Videos, store: ResultStore, job: Job) -> Outcome:
    begin = time.perf_counter()
    task = Task(
        videos,
        work.split,
        seed=work.unit.seed,
        chosen_on=_chosen_on(config, work.split),
        samples=config.samples,
        device=str(resolve_device(config.device)),
        job=job,
    )
    prepared = work.method.prepare(task)
    curves: dict[str, NDArray[np.floating]] = {}
    results = tuple(_measured(variant, work, job, curves) for variant in prepared.variants)
    outcome = Outcome(results, round(time.perf_counter() - begin, 3), prepared.training)
    store.save(work.unit, outcome, curves if config.keep_curves else None)
    return outcome


def _measured(variant: Variant, work: _Work, job: Job, curves: dict[str, NDArray[np.floating]]) -> VariantResult:
    """Measures every test video; the curves go into `curves` as ``LABEL/KEY``."""
    rows = {}
    with job.stage("measure", len(work.split.test), "videos") as done:
        for number, key in enumerate(work.split.test, 1):
            measured = variant.measure(key)
            rows[key] = dict(measured.values)
            if measured.curves is not None:
                curves[f"{variant.label}/{key}"] = measured.curves
            job.advance("measure", number)
        result = VariantResult(variant.label, variant.note, rows)
        means = result.means()
        numbers = ", ".join(f"{name} {means[name]:.3f}" for name in ("tau", "rho") if name in means)
        done(f"{variant.label}, {work.split.name}, run {work.unit.seed + 1}: {numbers}")
    return result
