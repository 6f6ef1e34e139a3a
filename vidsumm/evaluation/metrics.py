"""Rank correlation of score curves with annotators (method section 9).

Annotations have few levels (five in TVSum, two in a summary), so a pair of curves is counted once into a table of its
levels, from which both measures follow: O(N) to count, and a few passes over the table. Counting is exact in int64.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kendalltau, spearmanr

__all__ = ["RankCorrelation", "rank_correlation", "rank_correlations"]

_MOST_CELLS = 1 << 20  # of the tables held at once; two curves with more are sorted instead


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
        tau-b and rho, each (S, U), computed in float64 whatever the scores are; 0 where one side is constant or N < 2.
    """
    left, right = _Levels.of(curves), _Levels.of(annotators)
    found = np.zeros((2, len(curves), len(annotators)))
    for i, row in enumerate(left.rows()):
        found[:, i] = _correlate(row, right)
    return found[0], found[1]


@dataclass(frozen=True)
class _Levels:
    """Curves as the ranks of their distinct values. R curves of N scores, of L different values at most."""

    codes: NDArray[np.int64]
    """(R, N) 0 for a curve's lowest value, 1 for the next."""
    counts: NDArray[np.int64]
    """(R, L) how often each occurs; 0 beyond a curve's own levels."""

    @classmethod
    def of(cls, curves: NDArray[np.generic]) -> "_Levels":
        codes = np.array([np.unique(row, return_inverse=True)[1] for row in curves], dtype=np.int64)
        levels = int(codes.max(initial=0)) + 1
        counts = [np.bincount(row, minlength=levels) for row in codes]
        return cls(codes.reshape(curves.shape), np.array(counts, dtype=np.int64).reshape(-1, levels))

    def rows(self) -> Iterator["_Levels"]:
        """Each curve alone, without the levels it does not have."""
        for codes, counts in zip(self.codes, self.counts, strict=True):
            yield _Levels(codes[None], counts[None, : np.count_nonzero(counts)])

    def part(self, first: int, last: int) -> "_Levels":
        return _Levels(self.codes[first:last], self.counts[first:last])

    @property
    def doubled_ranks(self) -> NDArray[np.float64]:
        """(R, L) twice the mean rank of each level, less the mean over all frames."""
        doubled = 2 * np.cumsum(self.counts, axis=1) - self.counts - self.codes.shape[1]
        ranks: NDArray[np.float64] = doubled.astype(np.float64)
        return ranks

    @property
    def untied(self) -> NDArray[np.float64]:
        """(R,) pairs of frames of different levels, times two."""
        pairs: NDArray[np.float64] = (self.codes.shape[1] ** 2 - (self.counts**2).sum(axis=1)).astype(np.float64)
        return pairs


def _correlate(x: _Levels, y: _Levels) -> NDArray[np.float64]:
    """(2, R) tau-b and rho of one curve with R others."""
    cells = x.counts.size * y.counts.shape[1]
    if cells > _MOST_CELLS:
        return np.array([_sorted(x, y.part(i, i + 1)) for i in range(len(y.codes))]).T
    block = _MOST_CELLS // max(cells, 1)
    parts = [_counted(x, y.part(i, i + block)) for i in range(0, len(y.codes), block)]
    return np.concatenate(parts, axis=1) if parts else np.zeros((2, 0))


def _counted(x: _Levels, y: _Levels) -> NDArray[np.float64]:
    """By tables of how often levels of x and of y meet, (R, levels of x, levels of y)."""
    shape = len(y.codes), x.counts.shape[1], y.counts.shape[1]
    flat = (np.arange(shape[0])[:, None] * shape[1] + x.codes) * shape[2] + y.codes
    table = np.bincount(flat.ravel(), minlength=int(np.prod(shape))).reshape(shape)
    rx, ry = x.doubled_ranks, y.doubled_ranks
    shared = np.einsum("a,rab,rb->r", rx[0], table.astype(np.float64), ry)
    spread = np.sqrt((rx**2 * x.counts).sum() * (ry**2 * y.counts).sum(axis=1))
    pairs = np.sqrt(x.untied * y.untied)
    return np.stack([_ratio(2 * _concordance(table).astype(np.float64), pairs), _ratio(shared, spread)])


def _concordance(table: NDArray[np.int64]) -> NDArray[np.int64]:
    """(R,) pairs of frames ordered alike less those ordered oppositely."""
    below = np.cumsum(table, axis=1) - table  # for each level of x and y, frames of lower x and that y
    up_to = np.cumsum(below, axis=2)  # of lower x, and of that y or lower
    alike, opposite = up_to - below, up_to[:, :, -1:] - up_to
    found: NDArray[np.int64] = (table * (alike - opposite)).sum(axis=(1, 2))
    return found


def _sorted(x: _Levels, y: _Levels) -> tuple[float, float]:
    """By sorting, for two curves whose table would be large."""
    if not (x.untied.all() and y.untied.all()):
        return 0.0, 0.0
    return float(kendalltau(x.codes[0], y.codes[0]).statistic), float(spearmanr(x.codes[0], y.codes[0]).statistic)


def _ratio(above: NDArray[np.float64], below: NDArray[np.float64]) -> NDArray[np.float64]:
    """Within -1 and 1 whatever the rounding; 0 where there is nothing to divide by."""
    ratio: NDArray[np.float64] = np.divide(above, below, out=np.zeros_like(above), where=below > 0)
    return np.clip(ratio, -1, 1)
