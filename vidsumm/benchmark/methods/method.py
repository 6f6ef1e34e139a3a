"""The methods that are measured, each behind one question: given the training side, how are test videos measured?"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from vidsumm.benchmark.measures import Values, average_values, measure_curves, measure_people
from vidsumm.benchmark.video_measures import mean_agreement
from vidsumm.benchmark.videos import Videos
from vidsumm.datasets.splits import Split
from vidsumm.evaluation.metrics import RankCorrelation
from vidsumm.model.sampling import CurveSampler, SamplingOptions
from vidsumm.model.summdiff import SummDiff
from vidsumm.progress import Progress
from vidsumm.training.recipe import Recipe
from vidsumm.training.trainer import Trained, fit

__all__ = ["Epoch", "Learned", "Measured", "Method", "Network", "People", "Prepared", "Task", "Unlearned", "Variant"]

Epoch = Literal["validation", "test", "none"]
"""Whose videos choose the epoch: validation videos, the test videos (the field's way with five folds), or nobody's."""

Curves = NDArray[np.float32]
"""(S, N) scores in [0, 1]; one row where a method has only one opinion."""


@dataclass(frozen=True)
class Task:
    """One split, once."""

    videos: Videos
    split: Split
    seed: int
    chosen_on: Epoch
    samples: int
    device: str
    progress: Progress


@dataclass(frozen=True)
class Measured:
    """One test video."""

    values: Values
    curves: Curves | None = None


@dataclass(frozen=True)
class Variant:
    """One reported row."""

    label: str
    measure: Callable[[str], Measured]
    """By the key of a test video."""
    note: str = ""


@dataclass(frozen=True)
class Prepared:
    """A method ready for the test videos."""

    variants: tuple[Variant, ...]
    training: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """JSON-ready: how the training went."""


class Method(Protocol):
    """A method, or a family that shares one training."""

    @property
    def name(self) -> str:
        """As ``--methods`` says it."""

    @property
    def needs_features(self) -> bool:
        """Whether annotations alone are too little."""

    @property
    def is_random(self) -> bool:
        """Whether another seed gives other numbers."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """JSON-ready: all that its numbers depend on, besides videos, split and seed."""

    def prepare(self, task: Task) -> Prepared:
        """Trains on one side of a split."""


@dataclass(frozen=True)
class People:
    """Annotators measured against each other."""

    name: str = "human"
    needs_features: bool = False
    is_random: bool = False
    facts: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def prepare(self, task: Task) -> Prepared:
        """Nothing to prepare."""
        note = "annotators against each other"
        return Prepared((Variant("Human", lambda key: Measured(measure_people(task.videos.annotation(key))), note),))


@dataclass(frozen=True)
class Unlearned:
    """A score that follows from the video alone."""

    name: str
    label: str
    predict: Callable[[Videos, str, np.random.Generator], NDArray[np.float32]]
    """Scores (N,) of one video; the generator is its own."""
    needs_features: bool = False
    is_random: bool = False
    note: str = ""
    facts: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def prepare(self, task: Task) -> Prepared:
        """Nothing to prepare."""

        def measure(key: str) -> Measured:
            rng = np.random.default_rng([task.seed, *key.encode()])
            curves = _unit_range(self.predict(task.videos, key, rng))
            return Measured(measure_curves(curves, task.videos.annotation(key)), curves)

        return Prepared((Variant(self.label, measure, self.note),))


@dataclass(frozen=True)
class Learned:
    """A regression that is fitted at once, without epochs."""

    name: str
    label: str
    learn: Callable[[Videos, Sequence[str]], Callable[[NDArray[np.float32]], NDArray[np.float32]]]
    """The training videos -> features (N, C) -> scores (N,)."""
    note: str = ""
    needs_features: bool = True
    is_random: bool = False
    facts: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def prepare(self, task: Task) -> Prepared:
        """Fits on the training videos alone."""
        with task.progress.stage("train") as done:
            predict = self.learn(task.videos, task.split.train)
            done(f"{self.label}, {task.split.name}: {len(task.split.train)} videos")

        def measure(key: str) -> Measured:
            curves = _unit_range(predict(task.videos.features(key)))
            return Measured(measure_curves(curves, task.videos.annotation(key)), curves)

        return Prepared((Variant(self.label, measure, self.note),))


@dataclass(frozen=True)
class Network:
    """A network trained by a recipe, asked in one or several ways."""

    name: str
    label: str
    recipe: Recipe
    samplings: Mapping[str, SamplingOptions]
    """What a row's label adds to that of the method -> how its curves are drawn."""
    needs_features: bool = True
    is_random: bool = True

    @property
    def facts(self) -> Mapping[str, Any]:
        """The recipe and the ways of asking."""
        samplings = {label: dataclasses.asdict(options) for label, options in self.samplings.items()}
        return {"recipe": dataclasses.asdict(self.recipe), "samplings": samplings}

    def prepare(self, task: Task) -> Prepared:
        """Trains on the training videos; the networks of the last and of the best epoch are both measured on test."""
        recipe = dataclasses.replace(self.recipe, seed=task.seed)
        trained = self._fit(task, recipe)
        variants = [row for extra in self.samplings for row in self._rows(extra, trained, task)]
        history = [dataclasses.asdict(report) for report in trained.history]
        return Prepared(tuple(variants), {"best_epoch": trained.best_epoch, "history": history})

    def _fit(self, task: Task, recipe: Recipe) -> Trained:
        choosing = {"validation": task.split.validation, "test": task.split.test, "none": ()}[task.chosen_on]
        null = task.videos.null_features
        assert null is not None, "methods that need features get them"  # noqa: S101

        def validate(model: SummDiff) -> RankCorrelation:
            return _validate(model, task, recipe, choosing)

        with task.progress.stage("train", recipe.epochs, "epochs") as done:
            side = task.videos.training(task.split.train)
            trained = fit(
                side,
                null,
                recipe,
                device=task.device,
                validate=validate if choosing else None,
                on_epoch=lambda report: task.progress.advance("train", report.epoch),
            )
            loss = trained.history[-1].loss
            done(f"{self.label}, {task.split.name}, run {task.seed + 1}: {len(side)} videos, loss {loss:.4f}")
        return trained

    def _rows(self, extra: str, trained: Trained, task: Task) -> list[Variant]:
        label, options = f"{self.label}{extra}", self.samplings[extra]
        if task.chosen_on == "validation":
            return [_variant(label, trained.best, options, task, "epoch chosen on validation videos")]
        last = _variant(f"{label}, last epoch", trained.last, options, task, "")
        if task.chosen_on == "none":
            return [last]
        label, note = f"{label}, best test epoch", "epoch chosen on the test videos: optimistic"
        if trained.best_epoch == trained.history[-1].epoch:  # one network: drawn and measured once
            return [last, dataclasses.replace(last, label=label, note=note)]
        return [last, _variant(label, trained.best, options, task, note)]


def _variant(label: str, model: SummDiff, options: SamplingOptions, task: Task, note: str) -> Variant:
    @cache
    def measure(key: str) -> Measured:
        curves = _draw(model, task.videos.features(key), options, task)
        return Measured(measure_curves(curves, task.videos.annotation(key)), curves)

    return Variant(label, measure, note)


def _draw(model: SummDiff, features: NDArray[np.float32], options: SamplingOptions, task: Task) -> Curves:
    """One curve of a network that ignores noise, `task.samples` of any other."""
    count = 1 if model.config.denoiser == "none" else task.samples
    return CurveSampler(model, features, options).sample(range(task.seed, task.seed + count))


def _validate(model: SummDiff, task: Task, recipe: Recipe, keys: Sequence[str]) -> RankCorrelation:
    """tau and rho of the mean of the samples, as in the table."""
    rows = []
    for key in keys:
        curves = _draw(model, task.videos.features(key), recipe.sampling(), task)
        found = mean_agreement(task.videos.annotation(key), curves)
        rows.append({} if found is None else dataclasses.asdict(found))
    means = average_values(rows)
    return RankCorrelation(means["tau"], means["rho"])


def _unit_range(scores: NDArray[np.float32]) -> Curves:
    """Scores (N,) of any scale as one curve from 0 to 1; ranks stay, and so does the order of the shots."""
    low, high = float(scores.min()), float(scores.max())
    return ((scores - low) / max(high - low, 1e-9))[None].astype(np.float32)
