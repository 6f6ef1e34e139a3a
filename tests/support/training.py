"""A small recipe, videos that a network can learn something from, and waiting for what a thread or process does."""

import time
from collections.abc import Callable

import numpy as np

from vidsumm.training.recipe import Recipe
from vidsumm.training.videos import TrainingVideo

RECIPE = Recipe(epochs=2, videos_per_step=2, curves_per_video=2, width=32, heads=4, feedforward=64)
CHANNELS = 12
NULL = np.zeros(CHANNELS, np.float32)


def training_videos(count: int, *, annotators: int = 3, seed: int = 0) -> list[TrainingVideo]:
    """Videos of 30 samples and more, whose annotators all score a sample by the first channel of its features."""
    rng = np.random.default_rng(seed)
    videos = []
    for i in range(count):
        features = rng.normal(size=(30 + 7 * i, CHANNELS)).astype(np.float32)
        scores = 1 / (1 + np.exp(-2 * features[:, 0]))
        videos.append(TrainingVideo(features, np.tile(scores, (annotators, 1)).astype(np.float32)))
    return videos


def wait_for(is_done: Callable[[], bool], timeout_s: float = 60.0) -> None:
    """Returns as soon as `is_done` does; fails if that takes too long."""
    end_s = time.monotonic() + timeout_s
    while not is_done():
        assert time.monotonic() < end_s
        time.sleep(0.05)
