"""Rank correlation of score curves with annotators (method section 9).

Annotations have few levels (five in TVSum, two in a summary), so a pair of curves is counted once into a table of its
levels, from which both measures follow: O(N) to count, and a few passes over the table. Counting is exact in int64.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kendalltau, spearmanr

__all__ = ["RankCorrelation", "rank_correlation", "rank_correlations"]

_MOST_CELLS = 1 << 20  # of a table of two curves; beyond it, sorting costs less memory


@dataclass(frozen=True)
class RankCorrelation:
    """Means over annotators (and whatever else was averaged)."""

    tau: float
    """Kendall's tau-b."""
    rho: float
    """Spearman's rho."""


def rank_correlation(prediction: NDArray[np.generic], annotators: NDArray[np.generic]) -> RankCorrelation:
    """Agreement of one score curve with each annotator, averaged over annotators (TVSum's protocol).

    Args:
        prediction: (N,) predicted scores.
        annotators: (U, N) annotators' scores.

    Returns:
        tau and rho; a constant curve on either side counts as no correlation, and so does a single frame.
    """
    tau, rho = rank_correlations(prediction[None], annotators)
    return RankCorrelation(float(tau.mean()), float(rho.mean()))


def rank_correlations(
    curves: NDArray[np.generic], annotators: NDArray[np.generic]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Agreement of every curve with every annotator.

    Args:
        curves: (S, N) scores, ordinal or binary.
        annotators: (U, N) likewise.

    Returns:
        tau-b and rho, each (S, U) float64; 0 where one side is constant or N < 2.
    """
    right = [_Levels.of(row) for row in annotators]
    pairs = [[_correlate(_Levels.of(curve), other) for other in right] for curve in curves]
    found = np.array(pairs, dtype=np.float64).reshape(len(curves), len(annotators), 2)
    return found[..., 0], found[..., 1]


@dataclass(frozen=True)
class _Levels:
    """A curve as the ranks of its distinct values."""

    code: NDArray[np.int64]
    """(N,) 0 for the lowest value, 1 for the next."""
    counts: NDArray[np.int64]
    """(L,) how often each occurs."""

    @classmethod
    def of(cls, row: NDArray[np.generic]) -> "_Levels":
        _, code, counts = np.unique(row, return_inverse=True, return_counts=True)
        return cls(code.astype(np.int64), counts.astype(np.int64))

    @property
    def doubled_ranks(self) -> NDArray[np.int64]:
        """(L,) twice the mean rank of each level, from which the mean over all frames is taken; they sum to 0."""
        return 2 * np.cumsum(self.counts) - self.counts - int(self.counts.sum())

    @property
    def untied(self) -> int:
        """Pairs of frames of different levels, times two."""
        return int(self.counts.sum()) ** 2 - int((self.counts**2).sum())


def _correlate(x: _Levels, y: _Levels) -> tuple[float, float]:
    """tau-b and rho of two curves."""
    if x.untied == 0 or y.untied == 0:
        return 0.0, 0.0
    shape = len(x.counts), len(y.counts)
    if shape[0] * shape[1] > _MOST_CELLS:
        return float(kendalltau(x.code, y.code).statistic), float(spearmanr(x.code, y.code).statistic)
    table = np.bincount(x.code * shape[1] + y.code, minlength=shape[0] * shape[1]).reshape(shape)
    rx, ry = x.doubled_ranks.astype(np.float64), y.doubled_ranks.astype(np.float64)
    rho = (rx @ table @ ry) / np.sqrt((rx**2 @ x.counts) * (ry**2 @ y.counts))
    tau = 2 * _concordance(table) / np.sqrt(float(x.untied) * float(y.untied))
    return float(np.clip(tau, -1, 1)), float(np.clip(rho, -1, 1))


def _concordance(table: NDArray[np.int64]) -> int:
    """Pairs ordered alike less pairs ordered oppositely, from a table (A, B) of how often levels meet."""
    if table.shape[0] < table.shape[1]:
        table = table.T
    below = np.cumsum(table, axis=0) - table  # per level of y, frames of lower x
    up_to = np.cumsum(below, axis=1)  # of lower x and of at most this y
    alike = up_to - below
    opposite = up_to[:, -1:] - up_to
    return int((table * (alike - opposite)).sum())
