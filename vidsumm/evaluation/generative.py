"""How well several drawn curves, and the summaries made from them, match different annotators (SummDiff, section 4.3).

Shapes: S curves, U annotators, N samples.
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["best_match", "coverage", "diversity", "energy_distance", "match_ratio"]

_MATCH = 0.25  # least Kendall's tau at which a curve matches an annotator (SummDiff, section 4.3)


def best_match(taus: NDArray[np.float64]) -> float:
    """Returns tau of the curve that matches an annotator best, averaged over annotators.

    Args:
        taus: (S, U) Kendall's tau of each curve with each annotator.
    """
    return float(taus.max(axis=0).mean())


def match_ratio(taus: NDArray[np.float64], threshold: float = _MATCH) -> NDArray[np.float64]:
    """Returns the share of curves that match each annotator: one row of SummDiff's figure 3.

    Args:
        taus: (S, U) Kendall's tau of each curve with each annotator.
        threshold: least tau of a match.

    Returns:
        (U,).
    """
    ratio: NDArray[np.float64] = (taus >= threshold).mean(axis=0)
    return ratio


def coverage(taus: NDArray[np.float64], threshold: float = _MATCH) -> float:
    """Returns the share of annotators whom at least one curve matches; grows with S.

    Args:
        taus: (S, U) Kendall's tau of each curve with each annotator.
        threshold: least tau of a match.
    """
    return float((match_ratio(taus, threshold) > 0).mean())


def diversity(summaries: NDArray[np.bool_]) -> float | None:
    """Returns the mean of 1 - IoU over pairs of summaries; IoU is the frames of both over the frames of either.

    Args:
        summaries: (S, n_frames) whether a summary shows a frame.

    Returns:
        0 where all are the same (two empty ones count as the same), 1 where no two share a frame; None for fewer than
        two summaries.
    """
    count = len(summaries)
    if count < 2:
        return None
    selected = summaries.astype(np.float32)
    common = (selected @ selected.T).astype(np.float64)  # exact below 2^24 frames
    either = np.add.outer(np.diag(common), np.diag(common)) - common
    shared = np.divide(common, either, out=np.ones_like(common), where=either > 0)
    return float(1 - shared[np.triu_indices(count, 1)].mean())


def energy_distance(curves: NDArray[np.floating], annotators: NDArray[np.floating]) -> float:
    """Returns the energy distance between drawn curves and annotators' curves (Szekely and Rizzo).

    2 E|X - Y| - E|X - X'| - E|Y - Y'| with the Euclidean distance divided by sqrt(N), so that the length of a video
    does not matter and the result is in the unit of the scores. Means run over all pairs, a curve with itself included
    (the V-statistic): the result is zero or more, and zero only where both distributions are the same. It is biased
    upwards for few curves, by about E|X - X'| / S: compare methods at the same S.

    Args:
        curves: (S, N) drawn curves.
        annotators: (U, N) annotators' curves on the same scale.
    """
    between = _mean_distance(curves, annotators)
    within_curves, within_annotators = _mean_distance(curves, curves), _mean_distance(annotators, annotators)
    return max(0.0, 2 * between - within_curves - within_annotators)


def _mean_distance(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Returns the root mean square difference of two curves, averaged over all pairs of curves (A, N) and (B, N)."""
    rows = b.astype(np.float64)
    return float(np.mean([np.sqrt(np.square(rows - row).mean(axis=1)).mean() for row in a.astype(np.float64)]))
