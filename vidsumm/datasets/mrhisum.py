"""Files of Mr. HiSum's layout and size, with invented videos: to try what 31,892 videos ask of memory and disk.

Mr. HiSum (Sul et al., NeurIPS 2023): one sample a second, features of 1024 channels, one score curve for each video.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from vidsumm.datasets.layout import Annotation
from vidsumm.datasets.store import Description
from vidsumm.datasets.writing import write_videos

__all__ = ["VIDEOS", "synthetic_lengths", "write_synthetic_mrhisum"]

VIDEOS = 31_892
"""Videos of Mr. HiSum."""

_SHORTEST_S, _LONGEST_S = 121, 300
_SLOPE = 0.27
_SHOT_S = (3, 13)
_BUDGET = 0.15
_SMOOTH = np.hanning(15)[1:-1] / np.hanning(15).sum()
_SIGNAL = 8.0  # of features: length of what tells the score, beside noise of length sqrt(C), 32


def synthetic_lengths(videos: int, seed: int) -> NDArray[np.int64]:
    """(videos,) lengths in seconds, spread as those of Mr. HiSum.

    They lie from 121 to 300 s with a density that falls linearly: the share of videos shorter than 121 + 180 u seconds
    is 1.27 u - 0.27 u^2, which is within 0.01 of Mr. HiSum's at every tenth; its mean is 201.9 s.
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
    """Writes invented videos ``video_1`` ... as they are made, atomically; memory does not grow with their number.

    A whole file at the size of Mr. HiSum takes 12.3 GiB in float16. Features are noise in which the score can be seen,
    of unit length; scores are smooth curves that reach 1. The first videos stay the same when more are asked for.

    Args:
        path: where to.
        videos: how many.
        seed: of everything.
        feature_dim: C.
        dtype: in which features are stored.

    Raises:
        OutputError: the file cannot be written.
    """
    rng = np.random.default_rng([seed, 1])
    look = rng.standard_normal(feature_dim).astype(np.float32)
    look *= _SIGNAL / float(np.linalg.norm(look))
    description = Description(
        f"synthetic:{seed:012x}:mrhisum-{feature_dim}:1fps",
        np.zeros(feature_dim, np.float32),
        {"synthetic_mrhisum": {"videos": videos, "seed": seed, "feature_dim": feature_dim, "dtype": dtype}},
    )
    write_videos(path, _invent(synthetic_lengths(videos, seed), seed, look, np.dtype(dtype)), description)


def _invent(
    lengths: NDArray[np.int64], seed: int, look: NDArray[np.float32], dtype: np.dtype[Any]
) -> Iterator[tuple[Annotation, NDArray[np.floating[Any]]]]:
    for number, length in enumerate(lengths.tolist(), 1):
        rng = np.random.default_rng([seed, 2, number])
        score = np.convolve(rng.random(length + len(_SMOOTH) - 1), _SMOOTH, mode="valid")
        score = ((score - score.min()) / np.ptp(score)).astype(np.float32)
        features = rng.standard_normal((length, len(look)), dtype=np.float32) + score[:, None] * look
        features /= np.linalg.norm(features, axis=1, keepdims=True)
        yield _annotation(f"video_{number}", score, _shots(rng, length)), features.astype(dtype)


def _shots(rng: np.random.Generator, length: int) -> NDArray[np.int64]:
    """(M, 2) first and last second of shots that cover a video."""
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
