"""Highlight detection: mean average precision over short uniform shots (SummDiff, section 4.2; Mr. HiSum)."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["SHOT_LENGTH", "average_precision", "highlight_precision", "uniform_means"]

SHOT_LENGTH = 5
"""Samples of a shot: five seconds of Mr. HiSum, whose videos are sampled once a second."""


def highlight_precision(
    curve: NDArray[np.floating], gtscore: NDArray[np.floating], share: float, shot_length: int = SHOT_LENGTH
) -> float:
    """Average precision with which a curve finds the highlights.

    Args:
        curve: (N,) predicted scores.
        gtscore: (N,) true scores.
        share: of the shots that are highlights, those of the highest mean true score: 0.5 or 0.15. Rounded down, but at
            least one; of equals the earlier.
        shot_length: samples of a shot; the last may be shorter.
    """
    truth, predicted = uniform_means(gtscore, shot_length), uniform_means(curve, shot_length)
    positive = np.zeros(len(truth), dtype=np.bool_)
    positive[np.argsort(-truth, kind="stable")[: max(1, int(share * len(truth)))]] = True
    return average_precision(positive, predicted)


def uniform_means(curve: NDArray[np.floating], shot_length: int) -> NDArray[np.float64]:
    """Mean score of each `shot_length` samples of a curve (N,)."""
    starts = np.arange(0, len(curve), shot_length)
    sums = np.add.reduceat(curve.astype(np.float64), starts)
    means: NDArray[np.float64] = sums / np.diff(starts, append=len(curve))
    return means


def average_precision(positive: NDArray[np.bool_], predicted: NDArray[np.floating]) -> float:
    """Mean precision at the rank of each positive item; of equal scores, none is before the other.

    Args:
        positive: (M,), at least one True.
        predicted: (M,) scores.
    """
    _, group = np.unique(-predicted, return_inverse=True)  # from the highest score to the lowest
    hits, sizes = np.bincount(group, weights=positive), np.bincount(group)
    precision = np.cumsum(hits) / np.cumsum(sizes)
    return float((hits * precision).sum() / hits.sum())
