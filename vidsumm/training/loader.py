"""Batches of videos, made ready by a thread while the network works on the one before.

Shapes: V videos of a step, R curves of each, N frames of the longest, C channels.
"""

import contextlib
import math
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vidsumm.training.recipe import Recipe

__all__ = ["Batch", "TrainingVideo", "VideoList", "VideoSource", "epoch_batches"]

_AHEAD = 2  # batches held ready


@dataclass(frozen=True)
class TrainingVideo:
    """Features and targets of one video."""

    features: NDArray[np.float32]
    """(N, C)."""
    scores: NDArray[np.float32]
    """(U, N) in [0, 1], one curve for each annotator."""


class VideoSource(Protocol):
    """Videos to train on; one that reads them from disk on demand keeps memory independent of their number."""

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Frames of each video, known without reading it."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> TrainingVideo: ...


class VideoList:
    """Videos in memory."""

    def __init__(self, videos: Sequence[TrainingVideo]) -> None:
        self._videos = videos
        self.lengths = np.array([len(video.features) for video in videos], dtype=np.int64)

    def __len__(self) -> int:
        return len(self._videos)

    def __getitem__(self, index: int) -> TrainingVideo:
        return self._videos[index]


@dataclass(frozen=True)
class Batch:
    """One step's videos, padded to the longest."""

    features: Tensor
    """(V, N, C) float32."""
    scores: Tensor
    """(V, R, N) float32 targets."""
    mask: Tensor
    """(V, N) bool, True at valid frames."""

    def to(self, device: torch.device | str) -> "Batch":
        """The same batch on another device."""
        return Batch(*(x.to(device, non_blocking=True) for x in (self.features, self.scores, self.mask)))


def epoch_batches(videos: VideoSource, recipe: Recipe, epoch: int, *, pin: bool = False) -> Iterator[Batch]:
    """The batches of one epoch; seed and epoch fix order and annotators, whatever came before.

    Videos of similar length share a step, so that little is padded; jitter changes the company from epoch to epoch.

    Args:
        videos: at least one.
        recipe: its seed, `videos_per_step`, `curves_per_video` and use of annotators.
        epoch: number of the epoch.
        pin: page-lock the batches, which makes copies to a GPU quicker.
    """
    rng = np.random.default_rng([recipe.seed, epoch])
    lengths = np.asarray(videos.lengths)
    order = np.argsort(lengths * rng.uniform(0.8, 1.25, len(lengths)), kind="stable")
    parts = np.array_split(order, math.ceil(len(lengths) / recipe.videos_per_step))
    jobs = [(parts[i], np.random.default_rng([recipe.seed, epoch, int(i)])) for i in rng.permutation(len(parts))]

    def make(job: int) -> Batch:
        idx, own = jobs[job]
        batch = _collate([(int(i), videos[int(i)]) for i in idx], recipe, own)
        return Batch(*(x.pin_memory() for x in (batch.features, batch.scores, batch.mask))) if pin else batch

    return _ahead(make, len(jobs))


def _ahead(make: Callable[[int], Batch], count: int) -> Iterator[Batch]:
    """make(0), make(1) ... by a thread that stays a little ahead; its error is raised here."""
    ready: queue.Queue[Batch | BaseException] = queue.Queue(_AHEAD)
    stop = threading.Event()

    def put(item: Batch | BaseException) -> None:
        while not stop.is_set():
            with contextlib.suppress(queue.Full):
                ready.put(item, timeout=0.1)
                return

    def work() -> None:
        try:
            for i in range(count):
                if stop.is_set():
                    return
                put(make(i))
        except BaseException as error:  # noqa: BLE001 handed to the thread that waits
            put(error)

    thread = threading.Thread(target=work, name="vidsumm-loader", daemon=True)
    thread.start()
    try:
        for _ in range(count):
            item = ready.get()
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stop.set()
        thread.join()


def _collate(videos: Sequence[tuple[int, TrainingVideo]], recipe: Recipe, rng: np.random.Generator) -> Batch:
    count, longest = len(videos), max(len(video.features) for _, video in videos)
    features = np.zeros((count, longest, videos[0][1].features.shape[1]), np.float32)
    scores = np.full((count, recipe.curves_per_video, longest), 0.5, np.float32)
    mask = np.zeros((count, longest), bool)
    for v, (index, video) in enumerate(videos):
        n = len(video.features)
        features[v, :n], mask[v, :n] = video.features, True
        scores[v, :, :n] = _targets(kept_annotators(video.scores, index, recipe), recipe, rng)
    return Batch(*(torch.from_numpy(x) for x in (features, scores, mask)))


def kept_annotators(scores: NDArray[np.float32], index: int, recipe: Recipe) -> NDArray[np.float32]:
    """The same random choice of a video's annotators in every epoch, (recipe.annotators_kept, N); all where 0."""
    if not 0 < recipe.annotators_kept < len(scores):
        return scores
    rng = np.random.default_rng([recipe.seed, index])
    return scores[np.sort(rng.choice(len(scores), recipe.annotators_kept, replace=False))]


def _targets(scores: NDArray[np.float32], recipe: Recipe, rng: np.random.Generator) -> NDArray[np.float32]:
    """(R, N): curves of different annotators as long as there are enough, or the mean of all."""
    people, wanted = len(scores), recipe.curves_per_video
    if recipe.annotators == "aggregated":
        return np.broadcast_to(scores.mean(axis=0), (wanted, scores.shape[1]))
    return scores[rng.choice(people, wanted, replace=wanted > people)]
