"""Within-segment scatter of the segments of a feature sequence, computed block by block when it is asked for."""

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vidsumm.errors import InputError

__all__ = ["ScatterRows", "SegmentScatter", "prefix_sums", "require_features", "segment_scatter"]

_BLOCK_SAMPLES = 256
"""Samples of a block: few compared with the length of segments that matter, many enough for a fast matrix product."""
_CACHED_BLOCKS = 16
"""Blocks whose sums are kept in memory, 4 MiB each for features of 1024 values."""
_MANTISSA_BITS = 23  # bits of the mantissa of float32, the type of features


class ScatterRows(NamedTuple):
    """Scatter of the segments that end in one block and start at `start` or later."""

    first_end: int
    """End of the first row; each row ends one sample later."""
    start: int
    """Start of the first column."""
    values: NDArray[np.float64]
    """(ends, starts), in quanta; infinite where a segment would start at its end or later."""


class _SumsWithin(NamedTuple):
    """Sums of the samples of a block, (B, D), and of their squared norms, (B,), from either end of the block."""

    heads: NDArray[np.float64]
    """Sums from the first sample of the block to each one."""
    head_energies: NDArray[np.float64]
    tails: NDArray[np.float64]
    """Sums from each sample to the last one of the block."""
    tail_energies: NDArray[np.float64]


@dataclass(frozen=True)
class _Blocks:
    """The samples in blocks of B. They are centred, because sums of small numbers are rounded less."""

    features: NDArray[np.floating]
    mean: NDArray[np.float64]
    unit: float
    """Unit of the samples, the square root of the quantum."""
    size: int

    def samples(self, index: int) -> NDArray[np.float64]:
        """Returns the samples of a block, (B, D); the last block may be shorter."""
        start = index * self.size
        return (self.features[start : start + self.size] - self.mean) / self.unit

    def sums(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Returns the sums of the samples of each block, (blocks, D), and of their squared norms, (blocks,)."""
        blocks = map(self.samples, range(-(-len(self.features) // self.size)))
        sums, energies = zip(*((block.sum(axis=0), _energies(block).sum()) for block in blocks), strict=True)
        return np.stack(sums), np.array(energies)

    def sums_within(self, index: int) -> _SumsWithin:
        """Returns the sums up to and from each sample of a block."""
        samples = self.samples(index)
        energies = _energies(samples)
        return _SumsWithin(
            prefix_sums(samples)[1:],
            energies.cumsum(),
            prefix_sums(samples[::-1])[:0:-1],
            energies[::-1].cumsum()[::-1],
        )


class SegmentScatter:
    """The scatter C[s, t] = sum of |x - mean|^2 over samples s..t-1, for all 0 <= s < t <= n.

    Values are whole numbers of `quantum`, the squared size of a change in the last bit of float32 features
    (2**-46 of their energy, rounded up to a power of four). Sums of them are exact in float64, so what follows
    neither depends on the order of additions nor breaks ties by rounding noise.

    A segment costs V - |S|^2 / (t - s), with V the sum of the squared norms of its samples and S the sum of the samples
    themselves. Both are composed of sums within the blocks at its ends and of the sums of whole blocks between, which
    are sums over the segment alone: the rounding error does not depend on what lies outside it. A pair of blocks takes
    one matrix product, always of the same shape, so that the scatter of a segment is always the same number.

    Args:
        features: (N, D), finite.
    """

    n: int
    """Number of samples."""
    quantum: float
    """Unit in which scatters are returned, a power of four."""

    def __init__(self, features: NDArray[np.floating]) -> None:
        unit = _unit(features)
        self.n, self.quantum, self.block_samples = len(features), unit**2, _BLOCK_SAMPLES
        self._blocks = _Blocks(features, features.mean(axis=0, dtype=np.float64), unit, self.block_samples)
        self._sums_within = lru_cache(_CACHED_BLOCKS)(self._blocks.sums_within)
        self._sums, self._energies = self._blocks.sums()
        self._rows: dict[int, ScatterRows] = {}

    def rows(self, end: int, start: int) -> ScatterRows:
        """Returns the segments that end in the block of `end` and start at `start` or later, or a bit earlier."""
        index, first = (end - 1) // self.block_samples, start // self.block_samples
        known = self._rows.get(index)
        if known is None or known.start > first * self.block_samples:
            missing = range(first, index + 1 if known is None else known.start // self.block_samples)
            pairs = [self._pair(index, before) for before in missing]
            values = np.concatenate(pairs if known is None else [*pairs, known.values], axis=1)
            known = ScatterRows(index * self.block_samples + 1, first * self.block_samples, values)
            self._rows[index] = known
        return known

    def row(self, end: int, start: int = 0) -> NDArray[np.float64]:
        """Returns a view (end - start,): scatter, in quanta, of the segments s..end-1 for s = start..end-1."""
        rows = self.rows(end, start)
        return rows.values[end - rows.first_end, start - rows.start : end - rows.start]

    def between(self, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.float64]:
        """Returns the scatter, in quanta, of the segments starts..ends-1, element by element."""
        scatters = np.empty(len(ends))
        blocks = (ends - 1) // self.block_samples
        for index in np.unique(blocks):
            here = np.flatnonzero(blocks == index)
            rows = self.rows(int(ends[here[0]]), int(starts[here].min()))
            scatters[here] = rows.values[ends[here] - rows.first_end, starts[here] - rows.start]
        return scatters

    @cached_property
    def total(self) -> float:
        """Scatter of the whole sequence, in quanta."""
        return float(self._pair((self.n - 1) // self.block_samples, 0)[-1, 0])

    def _pair(self, index: int, before: int) -> NDArray[np.float64]:
        """Returns the scatter (B, B) of the segments that end in one block and start in the same or an earlier one."""
        if before == index:
            return _within(self._blocks.samples(index))
        block, earlier = self._sums_within(index), self._sums_within(before)
        tails = earlier.tails + self._sums[before + 1 : index].sum(axis=0)
        energies = earlier.tail_energies + self._energies[before + 1 : index].sum()
        mutual = block.heads @ tails.T
        mutual *= 2
        mutual += _energies(block.heads)[:, None]
        mutual += _energies(tails)
        first_length = (index - before) * self.block_samples + 1
        lengths = first_length + np.arange(len(block.heads))[:, None] - np.arange(len(tails))
        return _quanta(block.head_energies[:, None] + energies, mutual, lengths)


def _energies(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the (N,) squared norms of rows."""
    energies: NDArray[np.float64] = np.einsum("nd,nd->n", rows, rows)
    return energies


def _within(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the scatter (B, B) of the segments within a block, from its Gram matrix."""
    gram = np.tril(samples @ samples.T)
    energy = np.tril(np.broadcast_to(np.diag(gram)[:, None], gram.shape))
    mutual = np.tril(2 * gram[:, ::-1].cumsum(axis=1)[:, ::-1]) - energy
    position = np.arange(len(samples))
    lengths = np.maximum(position[:, None] - position + 1, 1)
    scatter = _quanta(energy.cumsum(axis=0), mutual.cumsum(axis=0), lengths)
    scatter[np.triu_indices_from(scatter, 1)] = np.inf
    return scatter


def _quanta(
    energy: NDArray[np.float64], mutual: NDArray[np.float64], lengths: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Returns V - |S|^2 / length as whole numbers, never below zero; overwrites `mutual`."""
    np.divide(mutual, lengths, out=mutual)
    np.subtract(energy, mutual, out=mutual)
    return np.maximum(np.rint(mutual, out=mutual), 0.0, out=mutual)


def require_features(features: NDArray[np.floating]) -> NDArray[np.floating]:
    """Returns the features if they are a non-empty finite matrix.

    Raises:
        InputError: not (N, D) with N, D >= 1, or a value is not finite.
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
            remedy="extract the features again; on a GPU try `device=cpu`",
        )
    return features


def prefix_sums(rows: NDArray[np.floating]) -> NDArray[np.float64]:
    """Returns (N + 1, D) sums of the first 0..N rows of (N, D)."""
    sums = np.zeros((len(rows) + 1, rows.shape[1]))
    sums[1:] = rows
    for before, after in pairwise(sums):  # `cumsum` walks across memory and takes ten times as long
        np.add(before, after, out=after)
    return sums


def _unit(features: NDArray[np.floating]) -> float:
    """Returns the square root of the quantum."""
    energy = float(np.einsum("nd,nd->", features, features, dtype=np.float64))
    return 2.0 ** (math.ceil(math.log2(energy) / 2) - _MANTISSA_BITS) if energy > 0 else 1.0


def segment_scatter(features: NDArray[np.floating]) -> SegmentScatter:
    """Returns the scatter of all segments of a feature sequence (KTS with a linear kernel).

    Args:
        features: (N, D), finite.

    Raises:
        InputError: see `require_features`.
    """
    return SegmentScatter(require_features(features))
