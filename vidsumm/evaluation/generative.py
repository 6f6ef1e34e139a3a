"""How well several drawn summaries cover what several people want.

Shapes: S samples, U annotators, N scores of a curve.
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["MATCH", "best_match", "coverage", "diversity", "energy_distance", "match_ratio"]

MATCH = 0.25
"""Kendall's tau from which a summary matches an annotator (SummDiff, section 4.3)."""


def best_match(taus: NDArray[np.float64]) -> float:
    """Mean over annotators of the tau of the sample that suits each of them best; `taus` is (S, U)."""
    return float(taus.max(axis=0).mean())


def match_ratio(taus: NDArray[np.float64], threshold: float = MATCH) -> NDArray[np.float64]:
    """(U,) share of samples that match each annotator: one row of SummDiff's figure 3. `taus` is (S, U)."""
    ratio: NDArray[np.float64] = (taus >= threshold).mean(axis=0)
    return ratio


def coverage(taus: NDArray[np.float64], threshold: float = MATCH) -> float:
    """Share of annotators whom at least one sample matches; grows with S. `taus` is (S, U)."""
    return float((match_ratio(taus, threshold) > 0).mean())


def diversity(summaries: NDArray[np.bool_]) -> float | None:
    """Mean distance between pairs of summaries: one less the frames in common over the frames of either (1 - IoU).

    Args:
        summaries: (S, n_frames).

    Returns:
        0 where all are the same (two empty ones are), 1 where no two share a frame; None for fewer than two.
    """
    count = len(summaries)
    if count < 2:
        return None
    selected = summaries.astype(np.float32)
    common = (selected @ selected.T).astype(np.float64)  # exact below 2^24 frames
    either = np.add.outer(np.diag(common), np.diag(common)) - common
    shared = np.divide(common, either, out=np.ones_like(common), where=either > 0)
    return float(1 - shared[np.triu_indices(count, 1)].mean())


def energy_distance(samples: NDArray[np.floating], people: NDArray[np.floating]) -> float:
    """Energy distance between the distribution of drawn curves and that of people's (Szekely and Rizzo).

    2 E|X - Y| - E|X - X'| - E|Y - Y'| with the Euclidean distance over sqrt(N), so that the length of a video does not
    count and the result is in the unit of the scores. Means run over all pairs, a curve with itself included (the
    V-statistic): zero or more, and zero only where both sets are the same distribution. It is therefore biased upwards
    for few samples, by about E|X - X'| / S: compare methods at the same S.

    Args:
        samples: (S, N) curves.
        people: (U, N) curves on the same scale.
    """
    across, among, between = (_mean_distance(a, b) for a, b in ((samples, people), (samples,) * 2, (people,) * 2))
    return max(0.0, 2 * across - among - between)


def _mean_distance(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Root mean square difference of curves (A, N) and (B, N), mean over all pairs."""
    rows = b.astype(np.float64)
    return float(np.mean([np.sqrt(np.square(rows - row).mean(axis=1)).mean() for row in a.astype(np.float64)]))
