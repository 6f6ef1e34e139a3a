"""The benchmark's machine summaries and their overlap with people's (method sections 8 and 9).

Shapes: S curves, N samples, U annotators, M shots.
"""

import numpy as np
from numpy.typing import NDArray

from vidsumm.selection.knapsack import solve

__all__ = ["RATIO", "capacity", "frame_scores", "machine_summaries", "overlap_f1", "shot_lengths", "shot_means"]

RATIO = 0.15
"""Longest summary as a share of the video."""
_SHARE_FLOOR = 1e-8  # of a video's frames; keeps 0 / 0 away where both summaries are empty, as the authors' code does


def frame_scores(curves: NDArray[np.floating], picks: NDArray[np.int64], n_frames: int) -> NDArray[np.float64]:
    """(S, n_frames): the score of each sample holds until the next sample; frames before the first have none (0)."""
    lengths = np.diff(picks, append=n_frames)
    lead = np.zeros((len(curves), int(picks[0])))
    return np.concatenate([lead, np.repeat(curves.astype(np.float64), lengths, axis=1)], axis=1)


def shot_lengths(shots: NDArray[np.int64]) -> NDArray[np.int64]:
    """(M,) frames of each shot of (M, 2), first and last frame inclusive."""
    lengths: NDArray[np.int64] = shots[:, 1] - shots[:, 0] + 1
    return lengths


def shot_means(
    frames: NDArray[np.floating],
    shots: NDArray[np.int64],
    *,
    reach: int = 0,
    dtype: type[np.float32] | type[np.float64] = np.float64,
) -> NDArray[np.floating]:
    """Mean score of each shot.

    Args:
        frames: (S, n_frames) frame scores.
        shots: (M, 2) first and last frame, inclusive.
        reach: frames after the last that count too, where the video has them: 1 on Mr. HiSum, whose rows
            [start, end) the authors average over `end` inclusive.
        dtype: in which the means are taken; the authors' float32 moves sums over a video by some 1e-6.

    Returns:
        (S, M) of that type.
    """
    rows = np.ascontiguousarray(frames, dtype=dtype)
    means = [rows[:, start : end + 1 + reach].mean(axis=1) for start, end in shots.tolist()]
    return np.stack(means, axis=1)


def capacity(n_frames: int, ratio: float = RATIO) -> int:
    """Frames that a summary may have."""
    return int(ratio * n_frames)


def machine_summaries(
    frames: NDArray[np.floating], shots: NDArray[np.int64], *, ratio: float = RATIO, reach: int = 0
) -> NDArray[np.bool_]:
    """The most valuable shots within the ratio, by the mean score of their frames.

    Args:
        frames: (S, n_frames) frame scores.
        shots: (M, 2) first and last frame, inclusive, covering the video.
        ratio: longest summary as a share of the video.
        reach: see `shot_means`.

    Returns:
        (S, n_frames) bool.
    """
    lengths = shot_lengths(shots)
    room = capacity(frames.shape[1], ratio)
    means = shot_means(frames, shots, reach=reach).astype(np.float64)
    chosen = np.array([solve(values, lengths, room) for values in means])
    return np.repeat(chosen, lengths, axis=1)


def overlap_f1(summaries: NDArray[np.bool_], users: NDArray[np.bool_]) -> NDArray[np.float64]:
    """F1 of binary summaries: twice the frames in common over the frames of both.

    Args:
        summaries: (S, n_frames) of the machine.
        users: (U, n_frames) of people.

    Returns:
        (S, U) float64 in [0, 1]; lower than the plain ratio by less than 1e-6.
    """
    count = summaries.shape[1]
    common = summaries.astype(np.float32) @ users.T.astype(np.float32)  # exact below 2^24 frames
    share = summaries.mean(axis=1)[:, None] + users.mean(axis=1)[None, :]
    f1: NDArray[np.float64] = 2 * (common.astype(np.float64) / count) / (share + 2 * _SHARE_FLOOR)
    return f1
