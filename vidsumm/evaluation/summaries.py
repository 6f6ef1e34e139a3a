"""The benchmark's machine summaries and their overlap with annotators' summaries (method sections 8 and 9).

Shapes: S curves, N samples, U annotators, M shots.
"""

import numpy as np
from numpy.typing import NDArray

from vidsumm.selection.knapsack import solve

__all__ = ["RATIO", "capacity", "frame_scores", "machine_summaries", "overlap_f1", "shot_lengths", "shot_means"]

RATIO = 0.15
"""Longest summary as a share of the video."""
_SHARE_FLOOR = 1e-8  # share of a video's frames, added as in the authors' code: two empty summaries give no 0 / 0


def frame_scores(curves: NDArray[np.floating], picks: NDArray[np.int64], n_frames: int) -> NDArray[np.float64]:
    """Spreads the scores of samples over the frames: each holds until the next sample, and before the first it is 0.

    Args:
        curves: (S, N) scores.
        picks: (N,) frame of each sample.
        n_frames: frames of the video.

    Returns:
        (S, n_frames) float64.
    """
    lengths = np.diff(picks, append=n_frames)
    lead = np.zeros((len(curves), int(picks[0])))
    return np.concatenate([lead, np.repeat(curves.astype(np.float64), lengths, axis=1)], axis=1)


def shot_lengths(shots: NDArray[np.int64]) -> NDArray[np.int64]:
    """Returns (M,) the number of frames of each shot, from (M, 2) first and last frame, both inclusive."""
    lengths: NDArray[np.int64] = shots[:, 1] - shots[:, 0] + 1
    return lengths


def shot_means(
    frames: NDArray[np.floating],
    shots: NDArray[np.int64],
    *,
    reach: int = 0,
    dtype: type[np.float32] | type[np.float64] = np.float64,
) -> NDArray[np.floating]:
    """Returns the mean score of each shot.

    Args:
        frames: (S, n_frames) frame scores.
        shots: (M, 2) first and last frame, inclusive.
        reach: number of frames after the last that are averaged too, where the video has them: 1 on Mr. HiSum, whose
            rows [start, end) the authors average over `end` inclusive.
        dtype: type in which the means are computed; the authors' float32 changes sums over a video by about 1e-6.

    Returns:
        (S, M) of this type.
    """
    rows = np.ascontiguousarray(frames, dtype=dtype)
    means = [rows[:, start : end + 1 + reach].mean(axis=1) for start, end in shots.tolist()]
    return np.stack(means, axis=1)


def capacity(n_frames: int, ratio: float = RATIO) -> int:
    """Returns the largest number of frames that a summary may have."""
    return int(ratio * n_frames)


def machine_summaries(
    frames: NDArray[np.floating], shots: NDArray[np.int64], *, ratio: float = RATIO, reach: int = 0
) -> NDArray[np.bool_]:
    """Returns the summaries that the knapsack selects: the value of a shot is the mean score of its frames.

    Args:
        frames: (S, n_frames) frame scores.
        shots: (M, 2) first and last frame, inclusive, covering the video.
        ratio: longest summary as a share of the video.
        reach: see `shot_means`.

    Returns:
        (S, n_frames) bool, the frames that each summary shows.
    """
    lengths = shot_lengths(shots)
    room = capacity(frames.shape[1], ratio)
    means = shot_means(frames, shots, reach=reach).astype(np.float64)
    chosen = np.array([solve(values, lengths, room) for values in means])
    return np.repeat(chosen, lengths, axis=1)


def overlap_f1(summaries: NDArray[np.bool_], annotators: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Returns F1 of machine and annotators' summaries: twice the frames in common over the sum of their frames.

    Args:
        summaries: (S, n_frames) whether a machine summary shows a frame.
        annotators: (U, n_frames) whether an annotator's summary shows a frame.

    Returns:
        (S, U) float64 in [0, 1]; lower than the exact ratio by less than 1e-6, see `_SHARE_FLOOR`.
    """
    count = summaries.shape[1]
    common = summaries.astype(np.float32) @ annotators.T.astype(np.float32)  # exact below 2^24 frames
    share = summaries.mean(axis=1)[:, None] + annotators.mean(axis=1)[None, :]
    f1: NDArray[np.float64] = 2 * (common.astype(np.float64) / count) / (share + 2 * _SHARE_FLOOR)
    return f1
