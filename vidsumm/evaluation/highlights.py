"""Highlight detection: mean average precision over short uniform shots (SummDiff, section 4.2; Mr. HiSum)."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["average_precision", "highlight_precision", "uniform_means"]

_SHOT_LENGTH = 5  # samples: five seconds of Mr. HiSum, whose videos are sampled once a second


def highlight_precision(
    curve: NDArray[np.floating], gtscore: NDArray[np.floating], share: float, shot_length: int = _SHOT_LENGTH
) -> float:
    """Returns the average precision with which a curve finds the highlights, the shots of highest mean true score.

    Args:
        curve: (N,) predicted scores.
        gtscore: (N,) true scores.
        share: share of shots that are highlights, 0.5 or 0.15; their number is rounded down, but is at least one. Of
            shots with equal scores, the earlier one is a highlight.
        shot_length: samples of a shot; the last shot may be shorter.
    """
    truth, predicted = uniform_means(gtscore, shot_length), uniform_means(curve, shot_length)
    positive = np.zeros(len(truth), dtype=np.bool_)
    positive[np.argsort(-truth, kind="stable")[: max(1, int(share * len(truth)))]] = True
    return average_precision(positive, predicted)


def uniform_means(curve: NDArray[np.floating], shot_length: int) -> NDArray[np.float64]:
    """Returns the mean score of each shot of `shot_length` samples; the last shot may be shorter.

    Args:
        curve: (N,) scores.
        shot_length: samples of a shot.

    Returns:
        (ceil(N / shot_length),).
    """
    starts = np.arange(0, len(curve), shot_length)
    sums = np.add.reduceat(curve.astype(np.float64), starts)
    means: NDArray[np.float64] = sums / np.diff(starts, append=len(curve))
    return means


def average_precision(positive: NDArray[np.bool_], predicted: NDArray[np.floating]) -> float:
    """Returns the mean precision at the rank of each positive item; items with equal scores share a rank.

    Args:
        positive: (M,) which items are positive, at least one.
        predicted: (M,) scores.
    """
    _, group = np.unique(-predicted, return_inverse=True)  # from the highest score to the lowest
    hits, sizes = np.bincount(group, weights=positive), np.bincount(group)
    precision = np.cumsum(hits) / np.cumsum(sizes)
    return float((hits * precision).sum() / hits.sum())
