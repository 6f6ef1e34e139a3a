"""How much people agree with each other: the Human rows of the tables (method section 9).

TVSum 0.177 / 0.204 is the mean over pairs of annotators at the picks, then over videos; SumMe 0.205 / 0.213 the same
over pairs of the raw ordinal scores at full frame rate.
"""

import numpy as np
from numpy.typing import NDArray

from vidsumm.evaluation.metrics import RankCorrelation, rank_correlations

__all__ = ["pairwise_agreement"]


def pairwise_agreement(scores: NDArray[np.floating]) -> RankCorrelation | None:
    """Mean over pairs of annotators.

    Args:
        scores: (U, N) scores of few levels each, whatever N is.

    Returns:
        tau and rho; None for fewer than two annotators.
    """
    if len(scores) < 2:
        return None
    tau, rho = rank_correlations(scores, scores)
    pairs = np.triu_indices(len(scores), 1)
    return RankCorrelation(float(tau[pairs].mean()), float(rho[pairs].mean()))
