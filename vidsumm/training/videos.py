"""Videos to train on: features, and the scores that the network learns to draw."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vidsumm.datasets.store import FeatureStore

__all__ = ["StoredVideos", "TrainingVideo", "VideoList", "VideoSource"]


@dataclass(frozen=True)
class TrainingVideo:
    """Features and targets of one video."""

    features: NDArray[np.float32]
    """(N, C)."""
    scores: NDArray[np.float32]
    """(U, N) in [0, 1], one row for each annotator."""


class VideoSource(Protocol):
    """A sequence of videos. Where it reads each one from disk on demand, memory does not depend on their number."""

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(videos,) samples of each video, known without reading it."""

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


class StoredVideos:
    """Videos of a feature store, each read on demand.

    Args:
        store: the feature files.
        keys: the videos wanted.
    """

    def __init__(self, store: FeatureStore, keys: Sequence[str]) -> None:
        self._store, self._keys = store, tuple(keys)
        self.lengths = np.array([store.length(key) for key in keys], dtype=np.int64)

    def __len__(self) -> int:
        return len(self._keys)

    def __getitem__(self, index: int) -> TrainingVideo:
        key = self._keys[index]
        return TrainingVideo(self._store.features(key), self._store.scores(key))
