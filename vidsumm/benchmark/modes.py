"""Which of the known ways to summarize a video a set of curves finds (synthetic data)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["ModeRecovery", "mode_recovery"]


@dataclass(frozen=True)
class ModeRecovery:
    """Curves against modes."""

    modes: float
    """Share of the modes that at least one curve matches."""
    curves: float
    """Share of the curves that match a mode."""
    assignment: NDArray[np.int64]
    """(S,) the mode that each curve matches, -1 for none."""


def mode_recovery(curves: NDArray[np.floating], modes: NDArray[np.floating], threshold: float = 0.7) -> ModeRecovery:
    """Gives each curve to the mode it correlates with most, if by `threshold` at least.

    Of three equally frequent modes without overlap and as much content that nobody likes, the mean correlates with each
    by 1/3, that of two by 1/2: both stay below the default threshold.

    Args:
        curves: (S, N) scores of one video.
        modes: (Q, N) its modes.
        threshold: least Pearson correlation of a match; a constant curve has none.
    """
    correlation = _centred(curves) @ _centred(modes).T  # (S, Q)
    best = correlation.argmax(axis=1)
    assignment = np.where(correlation.max(axis=1) >= threshold, best, -1).astype(np.int64)
    found = np.unique(assignment[assignment >= 0])
    return ModeRecovery(len(found) / len(modes), float(np.mean(assignment >= 0)), assignment)


def _centred(rows: NDArray[np.floating]) -> NDArray[np.float64]:
    """Rows of mean 0 and length 1, or all 0 where they are constant."""
    centred = rows.astype(np.float64) - rows.mean(axis=1, keepdims=True, dtype=np.float64)
    norms = np.linalg.norm(centred, axis=1, keepdims=True)
    unit: NDArray[np.float64] = centred / np.where(norms > 1e-9, norms, np.inf)
    return unit
