"""What `vidsumm data check` reports about a file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vidsumm.datasets.feature_info import FeatureInfo

__all__ = ["FileProblem", "FileReport", "Range", "VideoReport"]


@dataclass(frozen=True)
class FileProblem:
    """Something wrong with a file or with one of its videos."""

    key: str
    """The key of the video; empty where the problem concerns the whole file."""
    text: str
    is_fatal: bool
    """Whether the file cannot be used; otherwise only some measurements cannot be taken."""


@dataclass(frozen=True)
class Range:
    """Smallest and largest value."""

    low: float
    high: float

    @staticmethod
    def of(values: NDArray[Any]) -> "Range":
        """Returns the range of an array that is not empty."""
        return Range(float(values.min()), float(values.max()))

    def union(self, other: "Range") -> "Range":
        """Returns the smallest range that holds both."""
        return Range(min(self.low, other.low), max(self.high, other.high))


@dataclass(frozen=True)
class VideoReport:
    """What a file holds for one video that can be read."""

    key: str
    name: str
    kind: str
    samples: int
    annotators: int
    shots: int
    duration_s: float | None
    """None where the file does not give the source's fps."""
    channels: int | None
    """Channels of its features; None where there are none, or they cannot be used."""


@dataclass(frozen=True)
class FileReport:
    """What a file holds and what is wrong with it."""

    path: Path
    size_bytes: int
    feature_info: FeatureInfo | None
    """None where the file does not say what its features are."""
    videos: tuple[VideoReport, ...]
    ranges: dict[str, Range]
    """Ranges of ``features``, ``norms`` (lengths of the samples' feature vectors), ``user_scores``, ``scores`` and
    ``gtscore``, as far as the file has them."""
    problems: tuple[FileProblem, ...]

    @property
    def is_usable(self) -> bool:
        """Whether no problem is fatal."""
        return not any(problem.is_fatal for problem in self.problems)

    @property
    def null_length(self) -> float | None:
        """Euclidean norm of the null features."""
        return None if self.feature_info is None else float(np.linalg.norm(self.feature_info.null_features))

    @property
    def has_features(self) -> bool:
        """Whether it is a feature file and not annotations alone."""
        return any(video.channels is not None for video in self.videos)
