"""Annotators, chance and simple methods, which any trained network has to beat."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vidsumm.benchmark.methods.baseline_scores import centre_scores, fit_ridge, random_scores, training_free_scores
from vidsumm.benchmark.methods.method import PreparedMethod, PreparedRow, TaskInputs, VideoResult
from vidsumm.benchmark.table_values import curve_values, human_values
from vidsumm.benchmark.videos import Videos

__all__ = ["CENTRE", "HUMAN", "RANDOM", "RIDGE", "TRAINING_FREE", "Human"]

_NEIGHBOURS = 3
_PENALTY = 30.0
_SEEDS = 1 << 32


@dataclass(frozen=True)
class Human:
    """Annotators, compared with each other."""

    name: str = "human"
    needs_features: bool = False
    is_random: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)

    def prepare(self, inputs: TaskInputs) -> PreparedMethod:
        """Trains nothing."""

        def measure(key: str) -> VideoResult:
            return VideoResult(human_values(inputs.videos.annotation(key)))

        return PreparedMethod((PreparedRow("Human", measure, "annotators against each other"),))


@dataclass(frozen=True)
class Unfitted:
    """A method that scores a video without having seen any other."""

    name: str
    label: str
    predict: Callable[[Videos, str, np.random.Generator], NDArray[np.float32]]
    """Returns scores (N,) of the video with this key; the generator is seeded for this video."""
    needs_features: bool = False
    is_random: bool = False
    note: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    def prepare(self, inputs: TaskInputs) -> PreparedMethod:
        """Trains nothing."""

        def predict(key: str) -> NDArray[np.float32]:
            return self.predict(inputs.videos, key, np.random.default_rng([inputs.seed, *key.encode()]))

        return PreparedMethod((_row(self.label, self.note, inputs.videos, predict),))


@dataclass(frozen=True)
class Fitted:
    """A regression that is fitted in one go, without epochs."""

    name: str
    label: str
    fit: Callable[[Videos, Sequence[str]], Callable[[NDArray[np.float32]], NDArray[np.float32]]]
    """Fits the videos with these keys; returns a function from features (N, C) to scores (N,)."""
    note: str = ""
    needs_features: bool = True
    is_random: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)

    def prepare(self, inputs: TaskInputs) -> PreparedMethod:
        """Fits the training videos; validation videos are not used."""
        split = inputs.split
        with inputs.progress.stage("train") as done:
            predict = self.fit(inputs.videos, split.train)
            done(f"{self.label}, {split.name}: {len(split.train)} videos")
        row = _row(self.label, self.note, inputs.videos, lambda key: predict(inputs.videos.features(key)))
        return PreparedMethod((row,))


def _row(label: str, note: str, videos: Videos, predict: Callable[[str], NDArray[np.float32]]) -> PreparedRow:
    """Returns the row of a method that gives the video with a key scores (N,) of any range."""

    def measure(key: str) -> VideoResult:
        curves = _unit_range(predict(key))[None]
        return VideoResult(curve_values(curves, videos.annotation(key)), curves)

    return PreparedRow(label, measure, note)


def _unit_range(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Stretches scores (N,) to [0, 1]; their ranks and the order of the shots do not change."""
    low, high = float(scores.min()), float(scores.max())
    stretched: NDArray[np.float32] = ((scores - low) / max(high - low, 1e-9)).astype(np.float32)
    return stretched


def _random(videos: Videos, key: str, rng: np.random.Generator) -> NDArray[np.float32]:
    return random_scores(videos.length(key), int(rng.integers(_SEEDS)))


def _centre(videos: Videos, key: str, rng: np.random.Generator) -> NDArray[np.float32]:  # noqa: ARG001 as all have it
    return centre_scores(videos.length(key))


def _training_free(videos: Videos, key: str, rng: np.random.Generator) -> NDArray[np.float32]:  # noqa: ARG001
    return training_free_scores(videos.features(key))


def _ridge(videos: Videos, keys: Sequence[str]) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    features, scores = [videos.features(key) for key in keys], [videos.annotation(key).scores for key in keys]
    return fit_ridge(features, scores, _NEIGHBOURS, _PENALTY).predict


HUMAN = Human()
RANDOM = Unfitted("random", "Random", _random, is_random=True)
CENTRE = Unfitted("centre", "Centre prior", _centre, note="closeness to the middle of the video")
TRAINING_FREE = Unfitted(
    "training-free",
    "Training-free",
    _training_free,
    needs_features=True,
    note="ranks by centrality, cluster size and novelty",
)
RIDGE = Fitted(
    "ridge",
    "Ridge regression",
    _ridge,
    note=f"on each frame and {_NEIGHBOURS} neighbours each side",
    facts={"neighbours": _NEIGHBOURS, "penalty": _PENALTY},
)
