"""Finds change points with the library `ruptures`, as alternatives to `vidsumm.shots.kts`.

Both methods minimise the same scatter as KTS and need memory linear in the number of samples. They prune, so they are
fast in videos whose content changes, and slow (quadratic in the samples) in hours of one still picture.
"""

import numpy as np
import ruptures
from numpy.typing import NDArray

from vidsumm.shots.penalty import marginal_charge, require_penalty
from vidsumm.shots.scatter import prefix_sums, require_features

__all__ = ["kernel_cpd", "pelt"]

_USUAL_SHOT_SAMPLES = 10  # the benchmark's density: one change point in ten samples


def kernel_cpd(features: NDArray[np.floating], penalty: float = 1.0) -> NDArray[np.int64]:
    """Finds change points with `ruptures.KernelCPD` (linear kernel) under the penalty of KTS.

    The penalty of KTS is concave in the number of change points, so it lies below its tangents. Solving with the slope
    of the tangent as the price per change point lowers the objective of KTS; this is repeated until the number of
    change points no longer changes. The result is a local optimum; `kts` finds the global one.

    Args:
        features: (N, D).
        penalty: `vmax` of KTS.

    Returns:
        (m,) int64 ascending change points.

    Raises:
        ConfigError: the penalty is not above zero.
        InputError: the features are not a finite (N, D) matrix.
    """
    n = len(require_features(features))
    require_penalty(penalty)
    found = np.empty(0, dtype=np.int64)
    if n < 2:
        return found
    detector = ruptures.KernelCPD(kernel="linear", min_size=1).fit(features)
    count, tried = max(1, n // _USUAL_SHOT_SAMPLES), {0}
    while count not in tried:
        tried.add(count)
        found = _change_points(detector.predict(pen=marginal_charge(n, count, penalty)))
        count = len(found)
    return found


def pelt(features: NDArray[np.floating], penalty: float = 1.0) -> NDArray[np.int64]:
    """Finds change points with `ruptures.Pelt`, squared error, and the same price for every change point.

    The price is that of one more change point in KTS when there is one in ten samples, penalty / 2 * log(10). Unlike
    with KTS, the number of change points is proportional to the length.

    Args:
        features: (N, D).
        penalty: `vmax` of KTS.

    Returns:
        (m,) int64 ascending change points.

    Raises:
        ConfigError: the penalty is not above zero.
        InputError: the features are not a finite (N, D) matrix.
    """
    price = marginal_charge(_USUAL_SHOT_SAMPLES, 1, require_penalty(penalty))
    detector = ruptures.Pelt(custom_cost=_PrefixCost(), min_size=1, jump=1).fit(require_features(features))
    return _change_points(detector.predict(price))


def _change_points(ends: list[int]) -> NDArray[np.int64]:
    return np.array(ends[:-1], dtype=np.int64)


class _PrefixCost(ruptures.base.BaseCost):  # type: ignore[misc]  # ruptures carries no types
    """Computes the scatter of a segment from prefix sums, in O(D); the library's own cost needs O(length D)."""

    model = "l2"
    min_size = 1

    def fit(self, signal: NDArray[np.floating]) -> "_PrefixCost":
        self.signal = signal
        centred = np.subtract(signal, signal.mean(axis=0, dtype=np.float64), dtype=np.float64)
        self._energies = prefix_sums(np.einsum("nd,nd->n", centred, centred)[:, None])[:, 0]
        self._sums = prefix_sums(centred)
        return self

    def error(self, start: int, end: int) -> float:
        total = self._sums[end] - self._sums[start]
        return float(self._energies[end] - self._energies[start] - total @ total / (end - start))
