"""Synthetic files of Mr. HiSum's layout and size, to try how much memory and disk 31,892 videos need.

Mr. HiSum (Sul et al., NeurIPS 2023) has one sample a second, features of 1024 channels and one score curve for each
video.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from vidsumm.datasets.annotation import Annotation
from vidsumm.datasets.feature_info import FeatureInfo
from vidsumm.datasets.writing import write_videos

__all__ = ["VIDEOS", "synthetic_lengths", "write_synthetic_mrhisum"]

VIDEOS = 31_892
"""Number of videos in Mr. HiSum."""

_SHORTEST_S, _LONGEST_S = 121, 300
_SLOPE = 0.27  # slope by which the density of lengths falls
_SHOT_S = (3, 13)  # shortest shot, and one more than the longest
_BUDGET = 0.15
_SMOOTHING = np.hanning(15)[1:-1] / np.hanning(15).sum()
_SIGNAL = 8.0  # length of the part of a feature vector that shows the score; the noise has length sqrt(C) = 32


def synthetic_lengths(videos: int, seed: int) -> NDArray[np.int64]:
    """Returns (videos,) lengths in seconds, distributed as those of Mr. HiSum.

    They lie between 121 and 300 s with a density that falls linearly: the share of videos shorter than 121 + 180 u
    seconds is 1.27 u - 0.27 u^2. For u = 0.1, 0.2, ... 0.9 this is within 0.01 of Mr. HiSum, whose mean is 201.9 s.
    """
    share = np.random.default_rng([seed, 0]).random(videos)
    slope = 1 + _SLOPE
    u = (slope - np.sqrt(slope**2 - 4 * _SLOPE * share)) / (2 * _SLOPE)
    lengths: NDArray[np.int64] = _SHORTEST_S + np.floor(u * (_LONGEST_S + 1 - _SHORTEST_S)).astype(np.int64)
    return lengths


def write_synthetic_mrhisum(
    path: Path,
    videos: int = VIDEOS,
    seed: int = 0,
    feature_dim: int = 1024,
    *,
    dtype: Literal["float16", "float32"] = "float16",
) -> None:
    """Writes synthetic videos ``video_1`` ... one by one, atomically; memory does not grow with their number.

    A file of Mr. HiSum's size takes 12.3 GiB in float16. Features are noise of unit length from which the score can be
    learned; scores are smooth curves from 0 to 1. More videos leave the first ones the same.

    Args:
        path: where to write.
        videos: number of videos.
        seed: seed of all random numbers.
        feature_dim: C.
        dtype: type in which the features are stored.

    Raises:
        OutputError: the file cannot be written.
    """
    rng = np.random.default_rng([seed, 1])
    direction = rng.standard_normal(feature_dim).astype(np.float32)
    direction *= _SIGNAL / float(np.linalg.norm(direction))
    info = FeatureInfo(
        f"synthetic:{seed:012x}:mrhisum-{feature_dim}:1fps",
        np.zeros(feature_dim, np.float32),
        {"synthetic_mrhisum": {"videos": videos, "seed": seed, "feature_dim": feature_dim, "dtype": dtype}},
    )
    write_videos(path, _videos(synthetic_lengths(videos, seed), seed, direction, np.dtype(dtype)), info)


def _videos(
    lengths: NDArray[np.int64], seed: int, direction: NDArray[np.float32], dtype: np.dtype[Any]
) -> Iterator[tuple[Annotation, NDArray[np.floating[Any]]]]:
    for number, length in enumerate(lengths.tolist(), 1):
        rng = np.random.default_rng([seed, 2, number])
        score = np.convolve(rng.random(length + len(_SMOOTHING) - 1), _SMOOTHING, mode="valid")
        score = ((score - score.min()) / np.ptp(score)).astype(np.float32)
        features = rng.standard_normal((length, len(direction)), dtype=np.float32) + score[:, None] * direction
        features /= np.linalg.norm(features, axis=1, keepdims=True)
        yield _annotation(f"video_{number}", score, _shots(rng, length)), features.astype(dtype)


def _shots(rng: np.random.Generator, length: int) -> NDArray[np.int64]:
    """Returns (M, 2) the first and the last second of random shots that cover a video."""
    starts = np.cumsum(rng.integers(*_SHOT_S, size=length // _SHOT_S[0]))
    starts = np.concatenate([[0], starts[starts <= length - _SHOT_S[0]]])
    return np.stack([starts, np.append(starts[1:], length) - 1], axis=1)


def _annotation(key: str, score: NDArray[np.float32], shots: NDArray[np.int64]) -> Annotation:
    sizes = shots[:, 1] - shots[:, 0] + 1
    means = np.add.reduceat(score, shots[:, 0]) / sizes
    best = np.argsort(-means)
    chosen = np.zeros(len(shots), np.bool_)
    chosen[best[np.cumsum(sizes[best]) <= max(_BUDGET * len(score), sizes[best[0]])]] = True
    summary = np.repeat(chosen, sizes)[None]
    return Annotation(
        key=key,
        name="",
        n_frames=len(score),
        picks=np.arange(len(score)),
        scores=score[None],
        shots=shots,
        user_summary=summary,
        gtscore=score,
        kind="mrhisum",
        fps=1.0,
    )
