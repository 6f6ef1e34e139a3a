"""How many of the known modes of an invented video a set of curves finds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["ModeRecovery", "mode_recovery"]


@dataclass(frozen=True)
class ModeRecovery:
    """Which curves match which modes."""

    modes: float
    """Share of the modes that at least one curve matches."""
    curves: float
    """Share of the curves that match a mode."""
    assignment: NDArray[np.int64]
    """(S,) the mode that each curve matches, -1 for none."""


def mode_recovery(curves: NDArray[np.floating], modes: NDArray[np.floating], threshold: float = 0.7) -> ModeRecovery:
    """Matches each curve with the mode that it correlates with most, if the correlation reaches `threshold`.

    The default is above what an average reaches: with three equally frequent modes that do not overlap, and as much
    content again that nobody likes, the mean of all modes correlates with each by 1/3, the mean of two by 1/2.

    Args:
        curves: (S, N) scores of one video.
        modes: (Q, N) its modes.
        threshold: least Pearson correlation of a match; a constant curve has none.
    """
    correlation = _center_rows(curves) @ _center_rows(modes).T  # (S, Q)
    best = correlation.argmax(axis=1)
    assignment = np.where(correlation.max(axis=1) >= threshold, best, -1).astype(np.int64)
    found = np.unique(assignment[assignment >= 0])
    return ModeRecovery(len(found) / len(modes), float(np.mean(assignment >= 0)), assignment)


def _center_rows(rows: NDArray[np.floating]) -> NDArray[np.float64]:
    """Shifts and scales rows to mean 0 and length 1; constant rows become 0."""
    centred = rows.astype(np.float64) - rows.mean(axis=1, keepdims=True, dtype=np.float64)
    norms = np.linalg.norm(centred, axis=1, keepdims=True)
    unit: NDArray[np.float64] = centred / np.where(norms > 1e-9, norms, np.inf)
    return unit
