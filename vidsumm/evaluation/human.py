"""How much annotators agree with each other: the Human rows of the tables (method section 9).

TVSum's tau 0.177 and rho 0.204 are means over pairs of annotators, compared at the picks, and then over videos. SumMe's
0.205 and 0.213 are the same means, but the raw ordinal scores of all frames are compared.
"""

import numpy as np
from numpy.typing import NDArray

from vidsumm.evaluation.metrics import RankCorrelation, rank_correlations

__all__ = ["pairwise_agreement"]


def pairwise_agreement(scores: NDArray[np.floating]) -> RankCorrelation | None:
    """Returns the rank correlation of two annotators, averaged over all pairs of annotators.

    Args:
        scores: (U, N) scores; quick where each annotator uses few different values.

    Returns:
        tau and rho; None for fewer than two annotators.
    """
    if len(scores) < 2:
        return None
    tau, rho = rank_correlations(scores, scores)
    pairs = np.triu_indices(len(scores), 1)
    return RankCorrelation(float(tau[pairs].mean()), float(rho[pairs].mean()))
