"""Trained networks as methods."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vidsumm.benchmark.methods.method import Curves, PreparedMethod, PreparedRow, TaskInputs, VideoResult
from vidsumm.benchmark.table_values import average_values, curve_values
from vidsumm.benchmark.video_measures import mean_curve_correlation
from vidsumm.evaluation.metrics import RankCorrelation
from vidsumm.model.sampling import CurveSampler, SamplingOptions
from vidsumm.model.summdiff import SummDiff
from vidsumm.training.recipe import Recipe
from vidsumm.training.trainer import Trained, fit

__all__ = ["Network"]


@dataclass(frozen=True)
class Network:
    """A network trained by a recipe; its curves are drawn in one or several ways, each a row or two of the table."""

    name: str
    label: str
    recipe: Recipe
    samplings: Mapping[str, SamplingOptions]
    """How curves are drawn, by what is appended to `label` in the row's label."""
    needs_features: bool = True
    is_random: bool = True

    @property
    def facts(self) -> Mapping[str, Any]:
        """The recipe and the ways to draw curves."""
        samplings = {suffix: dataclasses.asdict(options) for suffix, options in self.samplings.items()}
        return {"recipe": dataclasses.asdict(self.recipe), "samplings": samplings}

    def prepare(self, inputs: TaskInputs) -> PreparedMethod:
        """Trains on the training videos.

        Where test videos choose the epoch, the networks of the last and of the best epoch each get a row.
        """
        recipe = dataclasses.replace(self.recipe, seed=inputs.seed)
        trained = self._fit(inputs, recipe)
        rows = [row for suffix in self.samplings for row in self._rows(suffix, trained, inputs)]
        history = [dataclasses.asdict(report) for report in trained.history]
        return PreparedMethod(tuple(rows), {"best_epoch": trained.best_epoch, "history": history})

    def _fit(self, inputs: TaskInputs, recipe: Recipe) -> Trained:
        split = inputs.split
        choosing = {"validation": split.validation, "test": split.test, "none": ()}[inputs.chosen_on]
        null = inputs.videos.null_features
        assert null is not None, "methods that need features run only on videos that have them"  # noqa: S101

        def validate(model: SummDiff) -> RankCorrelation:
            return _validate(model, inputs, recipe, choosing)

        with inputs.progress.stage("train", recipe.epochs, "epochs") as done:
            videos = inputs.videos.training(split.train)
            trained = fit(
                videos,
                null,
                recipe,
                device=inputs.device,
                validate=validate if choosing else None,
                on_epoch=lambda report: inputs.progress.advance("train", report.epoch),
            )
            loss = trained.history[-1].loss
            done(f"{self.label}, {split.name}, run {inputs.seed + 1}: {len(videos)} videos, loss {loss:.4f}")
        return trained

    def _rows(self, suffix: str, trained: Trained, inputs: TaskInputs) -> list[PreparedRow]:
        label, options = f"{self.label}{suffix}", self.samplings[suffix]
        if inputs.chosen_on == "validation":
            return [_row(label, trained.best, options, inputs, "epoch chosen on validation videos")]
        last = _row(f"{label}, last epoch", trained.last, options, inputs, "")
        if inputs.chosen_on == "none":
            return [last]
        label, note = f"{label}, best test epoch", "epoch chosen on the test videos: optimistic"
        if trained.best_epoch == trained.history[-1].epoch:  # the same network: both rows share its cached results
            return [last, dataclasses.replace(last, label=label, note=note)]
        return [last, _row(label, trained.best, options, inputs, note)]


def _row(label: str, model: SummDiff, options: SamplingOptions, inputs: TaskInputs, note: str) -> PreparedRow:
    @cache
    def measure(key: str) -> VideoResult:
        curves = _draw(model, inputs.videos.features(key), options, inputs)
        return VideoResult(curve_values(curves, inputs.videos.annotation(key)), curves)

    return PreparedRow(label, measure, note)


def _draw(model: SummDiff, features: NDArray[np.float32], options: SamplingOptions, inputs: TaskInputs) -> Curves:
    """Draws one curve from a network without noise, `inputs.samples` curves from any other."""
    count = 1 if model.config.denoiser == "none" else inputs.samples
    return CurveSampler(model, features, options).sample(range(inputs.seed, inputs.seed + count))


def _validate(model: SummDiff, inputs: TaskInputs, recipe: Recipe, keys: Sequence[str]) -> RankCorrelation:
    """Returns tau and rho of the mean curve, as in the table, averaged over the videos `keys`."""
    rows = []
    for key in keys:
        curves = _draw(model, inputs.videos.features(key), recipe.sampling(), inputs)
        found = mean_curve_correlation(inputs.videos.annotation(key), curves)
        rows.append({} if found is None else dataclasses.asdict(found))
    means = average_values(rows)
    return RankCorrelation(means["tau"], means["rho"])
