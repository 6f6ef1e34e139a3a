"""Within-segment scatter of every segment of a feature sequence, once, in compact memory."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vidsumm.errors import InputError

__all__ = ["SegmentScatter", "checked_features", "prefix_sums", "segment_scatter"]

_BLOCK_SAMPLES = 256  # rows of the Gram matrix held at a time
_MANTISSA_BITS = 23  # of float32, in which features come


@dataclass(frozen=True)
class SegmentScatter:
    """The scatter C[s, t] = sum of |x - mean|^2 over samples s..t-1, for all 0 <= s < t <= n.

    Values are whole numbers of `quantum`, the squared size of a change in the last bit of float32 features
    (2**-46 of their energy, rounded up to a power of four). Sums of them are exact in float64, so what follows
    neither depends on the order of additions nor breaks ties by rounding noise.
    """

    n: int
    """Number of samples."""
    quantum: float
    """Scatter per unit of `packed`, a power of four."""
    packed: NDArray[np.float64]
    """(n (n + 1) / 2,) lower triangle, row by row."""

    def row(self, end: int) -> NDArray[np.float64]:
        """(end,) scatter, in quanta, of the segments start..end-1 for start = 0..end-1; a view."""
        offset = end * (end - 1) // 2
        return self.packed[offset : offset + end]

    def between(self, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.float64]:
        """Scatter, in quanta, of the segments starts..ends-1, element by element."""
        values: NDArray[np.float64] = self.packed[ends * (ends - 1) // 2 + starts]
        return values

    @property
    def total(self) -> float:
        """Scatter of the whole sequence, in quanta."""
        return float(self.row(self.n)[0])


def checked_features(features: NDArray[np.floating]) -> NDArray[np.floating]:
    """The features themselves, once they are known to be a non-empty finite matrix.

    Raises:
        InputError: not (N, D) with N, D >= 1, or a value that is no finite number.
    """
    if features.ndim != 2 or 0 in features.shape:
        raise InputError(
            f"shots need features of shape (samples, values), not {features.shape}",
            remedy="the video may have no decodable frame",
        )
    if not np.isfinite(features).all():
        bad_idx = int(np.flatnonzero(~np.isfinite(features).all(axis=1))[0])
        raise InputError(
            f"features of sample {bad_idx} hold a value that is not a number",
            remedy="extract the features again; on a GPU try --device cpu",
        )
    return features


def prefix_sums(rows: NDArray[np.floating]) -> NDArray[np.float64]:
    """(N + 1, D) sums of the first 0..N rows of (N, D)."""
    sums = np.zeros((len(rows) + 1, rows.shape[1]))
    np.cumsum(rows, axis=0, dtype=np.float64, out=sums[1:])
    return sums


def _unit(features: NDArray[np.floating]) -> float:
    """Square root of the quantum."""
    energy = float(np.einsum("nd,nd->", features, features, dtype=np.float64))
    return 2.0 ** (math.ceil(math.log2(energy) / 2) - _MANTISSA_BITS) if energy > 0 else 1.0


def _centred(features: NDArray[np.floating], unit: float) -> NDArray[np.float64]:
    samples = features.astype(np.float64)
    samples -= samples.mean(axis=0)
    samples /= unit
    return samples


def segment_scatter(features: NDArray[np.floating]) -> SegmentScatter:
    """Scatter of all segments, from blocks of the Gram matrix G = X X^T (method: linear-kernel KTS).

    With V[s] = sum of G[i, i] and W[s] = sum of G[i, j] over i, j in s..t-1, C[s, t] = V[s] - W[s] / (t - s).
    V and W grow by one sample at a time, so every term stays local to its segment: the rounding error does not
    depend on what lies outside it.

    Args:
        features: (N, D), finite.

    Raises:
        InputError: see `checked_features`.
    """
    n = len(checked_features(features))
    unit = _unit(features)
    samples = _centred(features, unit)
    scatter = SegmentScatter(n, unit**2, np.empty(n * (n + 1) // 2))
    lengths = np.arange(n, 0, -1, dtype=np.float64)  # of the segments that end at n; its tail serves earlier ends
    own, mutual = np.zeros(n), np.zeros(n)  # V and W
    for start in range(0, n, _BLOCK_SAMPLES):
        gram = samples[start : start + _BLOCK_SAMPLES] @ samples[: start + _BLOCK_SAMPLES].T
        for end, products in enumerate(gram, start + 1):
            energy = products[end - 1]
            own[:end] += energy
            mutual[:end] += 2 * np.cumsum(products[end - 1 :: -1])[::-1] - energy
            row = scatter.row(end)
            np.divide(mutual[:end], lengths[n - end :], out=row)
            np.subtract(own[:end], row, out=row)
            np.maximum(np.rint(row, out=row), 0.0, out=row)
    return scatter
