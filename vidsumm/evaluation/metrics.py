"""Rank correlation with annotators (method section 9)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kendalltau, rankdata

__all__ = ["RankCorrelation", "rank_correlation"]


@dataclass(frozen=True)
class RankCorrelation:
    """Means over annotators (and whatever else was averaged)."""

    tau: float
    """Kendall's tau-b."""
    rho: float
    """Spearman's rho."""


def rank_correlation(prediction: NDArray[np.floating], annotators: NDArray[np.floating]) -> RankCorrelation:
    """Agreement of one score curve with each annotator, averaged over annotators (TVSum's protocol).

    Args:
        prediction: (N,) predicted scores.
        annotators: (U, N) annotators' scores.

    Returns:
        tau and rho; a constant curve on either side counts as no correlation, and so does a single frame.
    """
    if len(prediction) < 2:
        return RankCorrelation(0.0, 0.0)
    taus = [float(kendalltau(prediction, row).statistic) for row in annotators]
    predicted = rankdata(prediction)
    rhos = [_pearson(predicted, rankdata(row)) for row in annotators]
    return RankCorrelation(float(np.mean(np.nan_to_num(taus))), float(np.mean(rhos)))


def _pearson(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    a, b = a - a.mean(), b - b.mean()
    norm = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / norm if norm > 0 else 0.0
