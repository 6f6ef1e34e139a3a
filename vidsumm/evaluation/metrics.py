"""Rank correlation of score curves with annotators (method section 9).

An annotator's scores have few different values, called levels here (five in TVSum, two in a summary). For each pair of
curves a table counts how often each level of one meets each level of the other, from which both measures follow: O(N)
to count, and a few passes over the table. Counts are exact int64.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kendalltau, spearmanr

__all__ = ["RankCorrelation", "rank_correlation", "rank_correlations"]

_MOST_CELLS = 1 << 20  # cells of all tables held at once; a pair of curves that needs more is sorted instead


@dataclass(frozen=True)
class RankCorrelation:
    """Rank correlation, averaged over annotators, and over videos and splits where the caller does so."""

    tau: float
    """Kendall's tau-b."""
    rho: float
    """Spearman's rho."""


def rank_correlation(prediction: NDArray[np.generic], annotators: NDArray[np.generic]) -> RankCorrelation:
    """Returns the rank correlation of a score curve with each annotator, averaged over them (TVSum's protocol).

    Args:
        prediction: (N,) predicted scores.
        annotators: (U, N) annotators' scores.

    Returns:
        tau and rho; both are 0 where a curve is constant or has a single score.
    """
    tau, rho = rank_correlations(prediction[None], annotators)
    return RankCorrelation(float(tau.mean()), float(rho.mean()))


def rank_correlations(
    curves: NDArray[np.generic], annotators: NDArray[np.generic]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns the rank correlation of every curve with every annotator.

    Args:
        curves: (S, N) scores, ordinal or binary.
        annotators: (U, N) scores, ordinal or binary.

    Returns:
        tau-b and rho, each (S, U), computed in float64 whatever the scores are; 0 where a curve is constant or N < 2.
    """
    left, right = _Levels.of(curves), _Levels.of(annotators)
    found = np.zeros((2, len(curves), len(annotators)))
    for i, row in enumerate(left.rows()):
        found[:, i] = _correlate(row, right)
    return found[0], found[1]


@dataclass(frozen=True)
class _Levels:
    """Curves as the numbers of their levels. R curves of N scores, with L different values at most."""

    codes: NDArray[np.int64]
    """(R, N) level of each score: 0 for the curve's lowest value, 1 for the next."""
    counts: NDArray[np.int64]
    """(R, L) how often each level occurs; 0 beyond the curve's own levels."""

    @classmethod
    def of(cls, curves: NDArray[np.generic]) -> "_Levels":
        codes = np.array([np.unique(row, return_inverse=True)[1] for row in curves], dtype=np.int64)
        levels = int(codes.max(initial=0)) + 1
        counts = [np.bincount(row, minlength=levels) for row in codes]
        return cls(codes.reshape(curves.shape), np.array(counts, dtype=np.int64).reshape(-1, levels))

    def rows(self) -> Iterator["_Levels"]:
        """Yields each curve alone, reduced to the levels that it has."""
        for codes, counts in zip(self.codes, self.counts, strict=True):
            yield _Levels(codes[None], counts[None, : np.count_nonzero(counts)])

    def slice(self, first: int, last: int) -> "_Levels":
        return _Levels(self.codes[first:last], self.counts[first:last])

    @property
    def doubled_ranks(self) -> NDArray[np.float64]:
        """(R, L) twice the mean rank of each level, minus twice the mean of all ranks."""
        doubled = 2 * np.cumsum(self.counts, axis=1) - self.counts - self.codes.shape[1]
        ranks: NDArray[np.float64] = doubled.astype(np.float64)
        return ranks

    @property
    def untied_pairs(self) -> NDArray[np.float64]:
        """(R,) twice the number of pairs of samples with different levels."""
        pairs: NDArray[np.float64] = (self.codes.shape[1] ** 2 - (self.counts**2).sum(axis=1)).astype(np.float64)
        return pairs


def _correlate(x: _Levels, y: _Levels) -> NDArray[np.float64]:
    """Returns (2, R) tau-b and rho of one curve with R others."""
    cells = x.counts.size * y.counts.shape[1]
    if cells > _MOST_CELLS:
        return np.array([_correlate_by_sorting(x, y.slice(i, i + 1)) for i in range(len(y.codes))]).T
    block = _MOST_CELLS // max(cells, 1)
    parts = [_correlate_by_counting(x, y.slice(i, i + block)) for i in range(0, len(y.codes), block)]
    return np.concatenate(parts, axis=1) if parts else np.zeros((2, 0))


def _correlate_by_counting(x: _Levels, y: _Levels) -> NDArray[np.float64]:
    """Returns (2, R) from tables (R, levels of x, levels of y) of how often each level of x meets each level of y."""
    shape = len(y.codes), x.counts.shape[1], y.counts.shape[1]
    flat = (np.arange(shape[0])[:, None] * shape[1] + x.codes) * shape[2] + y.codes
    table = np.bincount(flat.ravel(), minlength=int(np.prod(shape))).reshape(shape)
    rx, ry = x.doubled_ranks, y.doubled_ranks
    shared = np.einsum("a,rab,rb->r", rx[0], table.astype(np.float64), ry)
    spread = np.sqrt((rx**2 * x.counts).sum() * (ry**2 * y.counts).sum(axis=1))
    pairs = np.sqrt(x.untied_pairs * y.untied_pairs)
    return np.stack([_ratio(2 * _concordance(table).astype(np.float64), pairs), _ratio(shared, spread)])


def _concordance(table: NDArray[np.int64]) -> NDArray[np.int64]:
    """Returns (R,) the pairs of samples that both curves order alike, minus those that they order oppositely."""
    below = np.cumsum(table, axis=1) - table  # for each level of x and y: samples with lower x and this y
    up_to = np.cumsum(below, axis=2)  # samples with lower x, and this y or a lower one
    alike, opposite = up_to - below, up_to[:, :, -1:] - up_to
    found: NDArray[np.int64] = (table * (alike - opposite)).sum(axis=(1, 2))
    return found


def _correlate_by_sorting(x: _Levels, y: _Levels) -> tuple[float, float]:
    """Returns tau-b and rho of two curves whose table would be too large."""
    if not (x.untied_pairs.all() and y.untied_pairs.all()):
        return 0.0, 0.0
    return float(kendalltau(x.codes[0], y.codes[0]).statistic), float(spearmanr(x.codes[0], y.codes[0]).statistic)


def _ratio(above: NDArray[np.float64], below: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns `above` / `below`, clipped to [-1, 1] against rounding; 0 where `below` is 0."""
    ratio: NDArray[np.float64] = np.divide(above, below, out=np.zeros_like(above), where=below > 0)
    return np.clip(ratio, -1, 1)
