"""Simple methods, which any trained network has to beat."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from vidsumm.benchmark.methods.baseline_scores import centre_scores, fit_ridge, random_scores, training_free_scores
from vidsumm.benchmark.methods.method import Learned, Unlearned
from vidsumm.benchmark.videos import Videos

__all__ = ["CENTRE", "RANDOM", "RIDGE", "TRAINING_FREE"]

NEIGHBOURS = 3
PENALTY = 30.0
_SEEDS = 1 << 32


def _random(videos: Videos, key: str, rng: np.random.Generator) -> NDArray[np.float32]:
    return random_scores(videos.length(key), int(rng.integers(_SEEDS)))


def _centre(videos: Videos, key: str, rng: np.random.Generator) -> NDArray[np.float32]:  # noqa: ARG001 as all have it
    return centre_scores(videos.length(key))


def _training_free(videos: Videos, key: str, rng: np.random.Generator) -> NDArray[np.float32]:  # noqa: ARG001
    return training_free_scores(videos.features(key))


def _ridge(videos: Videos, keys: Sequence[str]) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    features, scores = [videos.features(key) for key in keys], [videos.annotation(key).scores for key in keys]
    return fit_ridge(features, scores, NEIGHBOURS, PENALTY).predict


RANDOM = Unlearned("random", "Random", _random, is_random=True)
CENTRE = Unlearned("centre", "Centre prior", _centre, note="closeness to the middle of the video")
TRAINING_FREE = Unlearned(
    "training-free",
    "Training-free",
    _training_free,
    needs_features=True,
    note="ranks by centrality, cluster size and novelty",
)
RIDGE = Learned(
    "ridge",
    "Ridge regression",
    _ridge,
    note=f"on each frame and {NEIGHBOURS} neighbours each side",
    facts={"neighbours": NEIGHBOURS, "penalty": PENALTY},
)
