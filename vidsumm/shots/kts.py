"""Kernel temporal segmentation (KTS) with a linear kernel: exact, for long sequences.

KTS cuts N samples at the m change points that minimise the within-segment scatter J(m), and chooses m by

    J(m) / N + vmax * m / (2 N) * (log(N / m) + 1).

The penalty is concave in m, so the best m is a vertex of the lower convex hull of J: instead of the m x N table, the
hull is searched with a few solves, each at a price per change point. Known vertices bound J from below, the
penalty is added to the bounds, and the search ends when the lowest bound is a known vertex. Only where `max_count`
cuts the hull between two vertices, or a fixed count lies between two, a table is needed; it is confined to the
boundaries that can matter.

A solve looks back from each sample as far as a segment may reach that is part of a best one (PELT), a few shots in
ordinary videos, and only the scatters of such segments are made: time and memory grow in proportion to N. Where nothing
ever changes, or all does, all segments matter: O(N^2) time and 4 N (N + 1) bytes.

Exactness: scatters are rounded to 2**-46 of the energy of the features (see `SegmentScatter`); on them the result is
the optimum. Of equal optima the fewest change points win, then the earliest last one, then the earliest before it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vidsumm.errors import ConfigError
from vidsumm.shots.dynamic import CountTable, count_table
from vidsumm.shots.hull import LowerHull, Vertex
from vidsumm.shots.penalty import charges, checked_penalty, marginal_charge
from vidsumm.shots.scatter import segment_scatter

__all__ = ["Segmentation", "kts", "kts_fixed"]

_FIRST_GUESS_SAMPLES = 20  # between change points, where the search begins


@dataclass(frozen=True)
class Segmentation:
    """A sequence of `n` samples cut at change points."""

    n: int
    """Number of samples."""
    change_points: NDArray[np.int64]
    """(m,) ascending index of the first sample of each new segment; 0 and n are left out."""
    scatter: float
    """Sum over the segments of the squared distances to the segment's mean, J(m)."""
    objective: float
    """J(m) / n, plus the penalty where the number of change points was chosen by one."""


def kts(
    features: NDArray[np.floating], *, penalty: float = 1.0, max_count: int | None = None, vertices_only: bool = False
) -> Segmentation:
    """Segments with the number of change points chosen by the penalty of KTS.

    Args:
        features: (N, D) float32, rows of unit length.
        penalty: `vmax`, above zero.
        max_count: most change points allowed; N - 1 where None.
        vertices_only: where `max_count` cuts the hull between two vertices, leave the numbers between them out. They
            need the table, and where frames only flicker or jitter they cut at random.

    Raises:
        ConfigError: a penalty that is not above zero, or a negative `max_count`.
        InputError: features that are no finite (N, D) matrix.
    """
    checked_penalty(penalty)
    scatter = segment_scatter(features)
    n, hull = scatter.n, LowerHull(scatter)
    costs = charges(n, penalty) / scatter.quantum
    if max_count is not None:
        costs[_checked_count(max_count, None) + 1 :] = np.inf
    _descend(hull, penalty)
    return _segmentation(hull, costs, vertices_only)


def kts_fixed(features: NDArray[np.floating], count: int) -> Segmentation:
    """Segments with exactly `count` change points.

    Milliseconds beyond `kts` as a rule; up to count * N^2 steps (20 s for 2,000 of 3,000) where hardly any choice of
    boundaries beats another.

    Args:
        features: (N, D) float32, rows of unit length.
        count: from 0 to N - 1.

    Raises:
        ConfigError: a count outside that range.
        InputError: features that are no finite (N, D) matrix.
    """
    scatter = segment_scatter(features)
    costs = np.full(scatter.n, np.inf)
    costs[_checked_count(count, scatter.n - 1)] = 0.0
    return _segmentation(LowerHull(scatter), costs, vertices_only=False)


def _checked_count(count: int, most: int | None) -> int:
    if count < 0 or (most is not None and count > most):
        raise ConfigError(
            f"{count} change points are not possible" + ("" if most is None else f" in {most + 1} samples"),
            remedy="give a number from 0 to one less than the samples",
        )
    return count


def _descend(hull: LowerHull, penalty: float) -> None:
    """Finds a good vertex to begin with: each step solves at the slope the penalty has where the last one ended."""
    n, quantum = hull.scatter.n, hull.scatter.quantum
    count, tried = max(1, n // _FIRST_GUESS_SAMPLES), {0}
    while count not in tried:
        tried.add(count)
        count = hull.add(marginal_charge(n, count, penalty) / quantum).count


def _segmentation(hull: LowerHull, costs: NDArray[np.float64], vertices_only: bool) -> Segmentation:
    """The optimum of scatter + costs[count], both in quanta; an infinite cost forbids a count."""
    tables: list[tuple[NDArray[np.int64], CountTable]] = []
    while True:
        bounds = hull.lower_bounds()
        for counts, table in tables:
            bounds[counts] = table.optima[counts]
        count = int((bounds + costs).argmin())
        left = hull.at(count)
        if left.count == count:
            return _finished(hull, _first_of_ties(hull, left), costs[count])
        for counts, table in tables:
            if count in counts:
                return _finished(hull, table.change_points(count), costs[count])
        if left.closed and vertices_only:
            costs[left.count + 1 : hull.after(left).count] = np.inf
        elif left.closed:
            tables.append(_gap_table(hull, left, costs))
        else:
            hull.split(left)


def _first_of_ties(hull: LowerHull, vertex: Vertex) -> NDArray[np.int64]:
    if vertex.count in (0, hull.scatter.n - 1):
        return vertex.change_points
    limit = vertex.scatter + vertex.price * vertex.count
    return count_table(hull.scatter, vertex.count, price=vertex.price, limit=limit).change_points(vertex.count)


def _gap_table(hull: LowerHull, left: Vertex, costs: NDArray[np.float64]) -> tuple[NDArray[np.int64], CountTable]:
    """Exact scatters for the counts between two neighbouring vertices that can still be the optimum."""
    right = hull.after(left)
    counts = np.arange(left.count + 1, right.count)
    best = (hull.upper_bounds(left) + costs[counts]).min()
    best = min(best, *(vertex.scatter + costs[vertex.count] for vertex in hull.vertices)) + 1  # a quantum of slack
    counts = counts[hull.lower_bounds()[counts] + costs[counts] <= best]
    price = hull.chord(left)
    limit = float((best - costs[counts] + price * counts).max())
    return counts, count_table(hull.scatter, int(counts.max()), price=price, limit=limit)


def _finished(hull: LowerHull, change_points: NDArray[np.int64], cost: float) -> Segmentation:
    n, quantum = hull.scatter.n, hull.scatter.quantum
    edges = np.concatenate([[0], change_points, [n]])
    scatter = float(hull.scatter.between(edges[:-1], edges[1:]).sum())
    return Segmentation(n, change_points, scatter * quantum, (scatter + float(cost)) * quantum / n)
