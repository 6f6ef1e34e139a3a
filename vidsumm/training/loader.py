"""Batches of videos, prepared by a thread while the network works on the batch before.

Shapes: V videos of a step, R curves of each, N samples of the longest, C channels, U annotators.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vidsumm.prefetch import prefetch
from vidsumm.training.recipe import Recipe
from vidsumm.training.videos import TrainingVideo, VideoSource

__all__ = ["Batch", "epoch_batches", "kept_annotators"]

_PADDED_SCORE = 0.5
"""Score of padded samples; the loss leaves them out."""


@dataclass(frozen=True)
class Batch:
    """The videos of one step, padded to the longest."""

    features: Tensor
    """(V, N, C) float32."""
    scores: Tensor
    """(V, R, N) float32 targets."""
    mask: Tensor
    """(V, N) bool, True at valid samples."""

    def to(self, device: torch.device | str) -> "Batch":
        """Returns the same batch on another device."""
        return Batch(*(x.to(device, non_blocking=True) for x in (self.features, self.scores, self.mask)))


def epoch_batches(videos: VideoSource, recipe: Recipe, epoch: int, *, pin: bool = False) -> Iterator[Batch]:
    """Yields the batches of one epoch; their order and targets depend only on the seed and the epoch.

    Videos of similar length share a step, so that there is little padding. Random factors on the lengths change which
    videos share one from epoch to epoch.

    Args:
        videos: at least one.
        recipe: its seed, `videos_per_step`, `curves_per_video` and use of annotators.
        epoch: number of the epoch.
        pin: page-lock the batches, which makes copies to a GPU faster.
    """
    rng = np.random.default_rng([recipe.seed, epoch])
    lengths = np.asarray(videos.lengths)
    order = np.argsort(lengths * rng.uniform(0.8, 1.25, len(lengths)), kind="stable")
    steps = np.array_split(order, math.ceil(len(lengths) / recipe.videos_per_step))

    def load(step: int) -> Batch:
        step_rng = np.random.default_rng([recipe.seed, epoch, step])
        batch = _collate([(int(i), videos[int(i)]) for i in steps[step]], recipe, step_rng)
        return Batch(*(x.pin_memory() for x in (batch.features, batch.scores, batch.mask))) if pin else batch

    shuffled = rng.permutation(len(steps)).tolist()
    return prefetch(shuffled, lambda numbers: map(load, numbers), thread_name="vidsumm-loader")


def _collate(videos: Sequence[tuple[int, TrainingVideo]], recipe: Recipe, rng: np.random.Generator) -> Batch:
    count, longest = len(videos), max(len(video.features) for _, video in videos)
    features = np.zeros((count, longest, videos[0][1].features.shape[1]), np.float32)  # (V, N, C)
    scores = np.full((count, recipe.curves_per_video, longest), _PADDED_SCORE, np.float32)  # (V, R, N)
    mask = np.zeros((count, longest), bool)  # (V, N)
    for v, (index, video) in enumerate(videos):
        n = len(video.features)
        features[v, :n], mask[v, :n] = video.features, True
        scores[v, :, :n] = _choose_targets(kept_annotators(video.scores, index, recipe), recipe, rng)
    return Batch(*(torch.from_numpy(x) for x in (features, scores, mask)))


def kept_annotators(scores: NDArray[np.float32], index: int, recipe: Recipe) -> NDArray[np.float32]:
    """Returns the scores of a random choice of annotators that is the same in every epoch.

    Args:
        scores: (U, N) scores of a video's annotators.
        index: number of the video, on which the choice depends.
        recipe: `annotators_kept`, the number of annotators; 0 keeps all.

    Returns:
        (annotators_kept, N), or `scores` themselves where all are kept.
    """
    if not 0 < recipe.annotators_kept < len(scores):
        return scores
    rng = np.random.default_rng([recipe.seed, index])
    return scores[np.sort(rng.choice(len(scores), recipe.annotators_kept, replace=False))]


def _choose_targets(scores: NDArray[np.float32], recipe: Recipe, rng: np.random.Generator) -> NDArray[np.float32]:
    """Returns (R, N) targets from (U, N): different annotators as far as there are R, or R times the mean of all."""
    annotators, wanted = len(scores), recipe.curves_per_video
    if recipe.annotators == "aggregated":
        return np.broadcast_to(scores.mean(axis=0), (wanted, scores.shape[1]))
    return scores[rng.choice(annotators, wanted, replace=wanted > annotators)]
