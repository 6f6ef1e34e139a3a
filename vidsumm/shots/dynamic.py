"""The two dynamic programmes of exact segmentation: with a price per change point, and with a given number of them.

All sums are exact (see `SegmentScatter`; prices are multiples of `PRICE_STEP`), so equal costs compare equal. Of
several optimal segmentations both prefer the one whose last change point is earliest, then the second-last.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from vidsumm.shots.scatter import SegmentScatter

__all__ = ["PRICE_STEP", "CountTable", "PricedSolution", "count_table", "solve_price"]

PRICE_STEP = 2.0**-5
"""Prices are rounded to this many quanta: fine enough to separate hull vertices, coarse enough for exact sums."""
_ROUNDING = 2.0
"""Quanta by which the scatters of two segments may exceed that of both together: three roundings by half of one."""
_EDGES_PER_BLOCK = 1 << 23  # bounds the working memory of `count_table` (about 450 MB)


@dataclass(frozen=True)
class PricedSolution:
    """The segmentation that minimises scatter + price * number of change points."""

    scatter: float
    """Scatter of the segmentation, in quanta."""
    change_points: NDArray[np.int64]
    """(m,) ascending."""


def _forward(scatter: SegmentScatter, price: float) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Returns the least cost of samples 0..t-1 and the start of its last segment, for t = 0..n.

    Starts that can no longer be optimal are left out (PELT): if cost[s] + C[s, t] exceeds cost[t], then t is a better
    start than s for every later end u, because C[s, u] >= C[s, t] + C[t, u]. Slack for rounding keeps all ties.
    """
    cost, last = np.empty(scatter.n + 1), np.zeros(scatter.n + 1, dtype=np.int64)
    cost[0] = -price  # the first segment needs no change point
    low, buffer = 0, np.empty(scatter.n)
    for first_end in range(1, scatter.n + 1, scatter.block_samples):
        rows = scatter.rows(first_end, low)
        for end, values in enumerate(rows.values[:, low - rows.start :], first_end):
            options = np.add(cost[low:end], values[: end - low], out=buffer[: end - low])
            best = options.argmin()
            last[end], cost[end] = low + best, options[best] + price
        low = _first(options <= cost[end] + _ROUNDING, low)
    return cost, last


def _first(alive: NDArray[np.bool_], offset: int) -> int:
    """Returns the index, counted from `offset`, of the first True; of the element after the last if there is none."""
    return offset + (int(alive.argmax()) if alive.any() else len(alive))


def _backward(scatter: SegmentScatter, price: float) -> NDArray[np.float64]:
    """Returns the least cost of samples t..n-1, for t = 0..n: `_forward` from the other end."""
    size, cost = scatter.block_samples, np.empty(scatter.n + 1)
    cost[-1] = -price
    high = scatter.n  # the last end that can matter
    for first in reversed(range(0, scatter.n, size)):
        columns = _columns(scatter, first, high)
        for start in reversed(range(first, min(first + size, scatter.n))):
            options = columns[start - first, start - first :] + cost[start + 1 : high + 1]
            cost[start] = options.min() + price
        alive = options <= cost[first] + _ROUNDING
        high = first + int(np.flatnonzero(alive)[-1]) + 1 if alive.any() else first
    return cost


def _columns(scatter: SegmentScatter, first: int, high: int) -> NDArray[np.float64]:
    """Returns the scatter (starts, ends) of segments that start in the block of `first` and end at first + 1..high."""
    size, blocks = scatter.block_samples, []
    for first_end in range(first + 1, high + 1, size):
        rows = scatter.rows(first_end, first)
        blocks.append(rows.values[: high + 1 - first_end, first - rows.start : first - rows.start + size].T)
    return np.concatenate(blocks, axis=1)


def solve_price(scatter: SegmentScatter, price: float) -> PricedSolution:
    """Returns the exact optimum for a price per change point, in at most O(n^2) time.

    Args:
        scatter: scatter of all segments.
        price: price per change point, in quanta, a multiple of `PRICE_STEP`.
    """
    cost, last = _forward(scatter, price)
    found: list[int] = []
    start = int(last[scatter.n])
    while start > 0:
        found.append(start)
        start = int(last[start])
    return PricedSolution(float(cost[-1]) - price * len(found), np.array(found[::-1], dtype=np.int64))


@dataclass(frozen=True)
class _Edges:
    """Segments that may belong to an optimal segmentation, as edges between nodes, grouped by their end node."""

    first_end: int
    """End node of the first group; the next groups have the next nodes."""
    offsets: NDArray[np.int64]
    """(groups,) where each group begins."""
    starts: NDArray[np.int32]
    """(edges,) start nodes, ascending within a group."""
    costs: NDArray[np.float64]
    """(edges,) scatter in quanta."""

    def relax(self, before: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Returns the least cost of each end node after one more segment, and the first start that attains it."""
        options = before[self.starts] + self.costs
        best = np.minimum.reduceat(options, self.offsets)
        sizes = np.diff(self.offsets, append=len(options))
        attained = np.flatnonzero(options == np.repeat(best, sizes))
        return best, self.starts[attained[np.searchsorted(attained, self.offsets)]]


@dataclass(frozen=True)
class _Corridor:
    """The boundaries and segments of all segmentations whose scatter + price * count does not exceed `limit`."""

    scatter: SegmentScatter
    price: float
    limit: float
    nodes: NDArray[np.int64]
    """Sample indices of possible boundaries, 0 and n included."""
    before: NDArray[np.float64]
    """Least cost of the samples before each node."""
    behind: NDArray[np.float64]
    """(n + 1,) least cost of the samples from each sample on."""

    def blocks(self) -> Iterator[_Edges]:
        """Yields all possible segments, in blocks of bounded size."""
        group: list[NDArray[np.int64]] = []
        costs: list[NDArray[np.float64]] = []
        held = 0
        for end, kept, values in self._segments():
            group.append(kept)
            costs.append(values)
            held += len(kept)
            if held >= _EDGES_PER_BLOCK:
                yield _pack(end, group, costs)
                group, costs, held = [], [], 0
        if group:
            yield _pack(len(self.nodes) - 1, group, costs)

    def _segments(self) -> Iterator[tuple[int, NDArray[np.int64], NDArray[np.float64]]]:
        """Yields each end node, the possible start nodes before it, and the scatters of the segments between them.

        A start s is dropped for good when, for some t, the cost before s, C[s, t], the price and the cost after t
        together exceed the limit: segments from s that end later cost at least as much, up to rounding.
        """
        low, size = 0, self.scatter.block_samples
        for first_end in range(1, self.scatter.n + 1, size):
            last_end = min(first_end + size - 1, self.scatter.n)
            ends = np.searchsorted(self.nodes, [first_end, last_end + 1])
            for end in range(*ends.tolist()):
                sample = int(self.nodes[end])
                row = self._row(sample, low, end)
                kept = np.flatnonzero(self.before[low:end] + row <= self.limit - 2 * self.price - self.behind[sample])
                yield end, low + kept, row[kept]
            high = int(np.searchsorted(self.nodes, last_end))
            least = self.before[low:high] + self._row(last_end, low, high) + (self.behind[last_end] + self.price)
            low = _first(least <= self.limit + _ROUNDING, low)

    def _row(self, sample: int, low: int, high: int) -> NDArray[np.float64]:
        """Returns the scatter of the segments that end at `sample` and start at the nodes low..high-1."""
        first = int(self.nodes[low]) if low < high else sample
        return self.scatter.row(sample, first)[self.nodes[low:high] - first]


def _pack(last_end: int, group: list[NDArray[np.int64]], costs: list[NDArray[np.float64]]) -> _Edges:
    sizes = np.array([len(kept) for kept in group], dtype=np.int64)
    offsets = np.cumsum(sizes) - sizes
    return _Edges(last_end - len(group) + 1, offsets, np.concatenate(group).astype(np.int32), np.concatenate(costs))


def _corridor(scatter: SegmentScatter, price: float, limit: float) -> _Corridor:
    forward, _ = _forward(scatter, price)
    backward = _backward(scatter, price)
    keep = forward + price + backward <= limit
    keep[[0, -1]] = True
    nodes = np.flatnonzero(keep)
    return _Corridor(scatter, price, limit, nodes, forward[nodes], backward)


@dataclass(frozen=True)
class CountTable:
    """Optimal segmentations for every number of change points from 0 to `max_count`.

    Only those whose scatter + price * count is within the limit given to `count_table` are valid.
    """

    optima: NDArray[np.float64]
    """(max_count + 1,) least scatter, in quanta; not valid beyond the limit."""
    nodes: NDArray[np.int64]
    """(p,) sample index of each node."""
    starts: NDArray[np.int32]
    """(max_count + 1, p) node at which the last segment before a node starts."""

    def change_points(self, count: int) -> NDArray[np.int64]:
        """Returns the (count,) ascending change points of the optimum."""
        node, path = len(self.nodes) - 1, np.empty(count, dtype=np.int64)
        for left in range(count, 0, -1):
            node = int(self.starts[left, node])
            path[left - 1] = self.nodes[node]
        return path


def count_table(scatter: SegmentScatter, max_count: int, *, price: float, limit: float) -> CountTable:
    """Computes the table I[k, t] = min over s of I[k - 1, s] + C[s, t], for the segments that can matter.

    A segmentation with scatter + price * count <= limit has only boundaries and segments whose cheapest completion on
    both sides stays within the limit, so the table is built on those alone. Memory: 4 * max_count * nodes bytes.

    Args:
        scatter: scatter of all segments.
        max_count: largest number of change points wanted.
        price: price per change point, in quanta, a multiple of `PRICE_STEP`.
        limit: cost of any known segmentation with the wanted count, in quanta; the optimum cannot cost more.
    """
    corridor = _corridor(scatter, price, limit)
    blocks = list(islice(corridor.blocks(), 2))
    optima = np.full(max_count + 1, np.inf)
    starts = np.zeros((max_count + 1, len(corridor.nodes)), dtype=np.int32)
    cost = np.full(len(corridor.nodes), np.inf)
    cost[0] = 0.0
    for count in range(max_count + 1):
        after = np.full_like(cost, np.inf)
        for edges in blocks if len(blocks) < 2 else corridor.blocks():
            ends = slice(edges.first_end, edges.first_end + len(edges.offsets))
            after[ends], starts[count, ends] = edges.relax(cost)
        optima[count] = after[-1]
        cost = after
    return CountTable(optima, corridor.nodes, starts)
