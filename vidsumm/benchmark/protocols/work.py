"""One piece of work done: a method on a split with a seed, from training to the measured test videos."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vidsumm.benchmark.config import BenchConfig
from vidsumm.benchmark.methods.method import Epoch, Method, Task, Variant
from vidsumm.benchmark.protocols.store import Outcome, Unit, VariantResult
from vidsumm.benchmark.videos import Videos
from vidsumm.datasets.splits import Split
from vidsumm.features.backbones import resolve_device
from vidsumm.progress import Progress

__all__ = ["Done", "Work", "chosen_on", "do_work"]


@dataclass(frozen=True)
class Work:
    """A unit with what it takes to do it."""

    unit: Unit
    method: Method
    split: Split


@dataclass(frozen=True)
class Done:
    """What came of it."""

    outcome: Outcome
    curves: Mapping[str, NDArray[np.floating]]
    """``LABEL/KEY`` -> (S, N) the curves of a test video, as far as its row has any."""


def chosen_on(config: BenchConfig, split: Split) -> Epoch:
    """Whose videos choose the epoch."""
    if split.validation:
        return "validation"
    return "test" if config.protocol == "5fcv" and config.setting != "transfer" else "none"


def do_work(work: Work, config: BenchConfig, videos: Videos, progress: Progress) -> Done:
    """Trains and measures.

    Raises:
        VidsummError: one of its kinds.
    """
    begin = time.perf_counter()
    task = Task(
        videos,
        work.split,
        seed=work.unit.seed,
        chosen_on=chosen_on(config, work.split),
        samples=config.samples,
        device=str(resolve_device(config.device)),
        progress=progress,
    )
    prepared = work.method.prepare(task)
    curves: dict[str, NDArray[np.floating]] = {}
    results = tuple(_measured(variant, work, progress, curves) for variant in prepared.variants)
    return Done(Outcome(results, round(time.perf_counter() - begin, 3), prepared.training), curves)


def _measured(
    variant: Variant, work: Work, progress: Progress, curves: dict[str, NDArray[np.floating]]
) -> VariantResult:
    """Measures every test video; the curves go into `curves`."""
    rows = {}
    with progress.stage("measure", len(work.split.test), "videos") as done:
        for number, key in enumerate(work.split.test, 1):
            measured = variant.measure(key)
            rows[key] = dict(measured.values)
            if measured.curves is not None:
                curves[f"{variant.label}/{key}"] = measured.curves
            progress.advance("measure", number)
        result = VariantResult(variant.label, variant.note, rows)
        means = result.means()
        numbers = ", ".join(f"{name} {means[name]:.3f}" for name in ("tau", "rho") if name in means)
        done(f"{variant.label}, {work.split.name}, run {work.unit.seed + 1}: {numbers}")
    return result
