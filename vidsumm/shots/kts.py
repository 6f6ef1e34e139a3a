"""Kernel temporal segmentation (KTS) with a linear kernel: exact, for long sequences.

KTS cuts N samples at the m change points that minimise the within-segment scatter J(m), and chooses m by

    J(m) / N + vmax * m / (2 N) * (log(N / m) + 1).

The penalty is concave in m, so the best m is a vertex of the lower convex hull of J: instead of the m x N table, the
hull is searched with a few solves, each at a price per change point. Known vertices bound J from below, the
penalty is added to the bounds, and the search ends when the lowest bound is a known vertex. A table is needed only
where `max_count` lies between two vertices; it is confined to the boundaries that can matter.

A solve looks back from each sample only as far as a segment of an optimal segmentation may reach (PELT), which is a few
shots in ordinary videos, and only the scatters of such segments are computed: time and memory are proportional to N.
In a video where nothing ever changes, or everything does, all segments matter: O(N^2) time and 4 N (N + 1) bytes.

Exactness: scatters are rounded to 2**-46 of the energy of the features (see `SegmentScatter`); with these scatters the
result is the optimum. Of equal optima the one with the fewest change points wins, then the one whose last change point
is earliest, then the one whose second-last is.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vidsumm.errors import ConfigError
from vidsumm.shots.dynamic import CountTable, count_table
from vidsumm.shots.hull import LowerHull, Vertex
from vidsumm.shots.penalty import charges, marginal_charge, require_penalty
from vidsumm.shots.scatter import segment_scatter

__all__ = ["Segmentation", "kts"]

_FIRST_GUESS_SAMPLES = 20  # between change points, where the search begins


@dataclass(frozen=True)
class Segmentation:
    """A sequence of `n` samples divided at change points."""

    n: int
    """Number of samples."""
    change_points: NDArray[np.int64]
    """(m,) int64 ascending: index of the first sample of each segment but the first."""
    scatter: float
    """Sum over the segments of the squared distances to the segment's mean, J(m)."""
    objective: float
    """J(m) / n, plus the penalty where the number of change points was chosen by one."""


def kts(
    features: NDArray[np.floating], *, penalty: float = 1.0, max_count: int | None = None, vertices_only: bool = False
) -> Segmentation:
    """Segments a sequence, with the number of change points chosen by the penalty of KTS.

    Args:
        features: (N, D) float32, rows of unit length.
        penalty: `vmax`, above zero.
        max_count: most change points allowed; None means N - 1.
        vertices_only: where `max_count` lies between two vertices of the hull, take no number of change points between
            them. Those need the table, and in flickering pictures they place change points at random.

    Raises:
        ConfigError: the penalty is not above zero, or `max_count` is negative.
        InputError: the features are not a finite (N, D) matrix.
    """
    require_penalty(penalty)
    if max_count is not None and max_count < 0:
        raise ConfigError(f"{max_count} change points are not possible", remedy="give zero or more")
    scatter = segment_scatter(features)
    n, hull = scatter.n, LowerHull(scatter)
    costs = charges(n, penalty) / scatter.quantum
    if max_count is not None:
        costs[max_count + 1 :] = np.inf
    _descend(hull, penalty)
    return _segmentation(hull, costs, vertices_only)


def _descend(hull: LowerHull, penalty: float) -> None:
    """Finds a good first vertex: each step solves at the slope of the penalty at the vertex of the step before."""
    n, quantum = hull.scatter.n, hull.scatter.quantum
    count, tried = max(1, n // _FIRST_GUESS_SAMPLES), {0}
    while count not in tried:
        tried.add(count)
        count = hull.add(marginal_charge(n, count, penalty) / quantum).count


def _segmentation(hull: LowerHull, costs: NDArray[np.float64], vertices_only: bool) -> Segmentation:
    """Returns the segmentation that minimises scatter + costs[count], in quanta; an infinite cost excludes a count."""
    tables: list[tuple[NDArray[np.int64], CountTable]] = []
    while True:
        bounds = hull.lower_bounds()
        for counts, table in tables:
            bounds[counts] = table.optima[counts]
        count = int((bounds + costs).argmin())
        left = hull.at(count)
        if left.count == count:
            return _build_segmentation(hull, _first_of_ties(hull, left), costs[count])
        for counts, table in tables:
            if count in counts:
                return _build_segmentation(hull, table.change_points(count), costs[count])
        if left.closed and vertices_only:
            costs[left.count + 1 : hull.after(left).count] = np.inf
        elif left.closed:
            tables.append(_gap_table(hull, left, costs))
        else:
            hull.split(left)


def _first_of_ties(hull: LowerHull, vertex: Vertex) -> NDArray[np.int64]:
    """Returns the change points of the optimum that is preferred among equal ones (see the module's docstring)."""
    if vertex.count in (0, hull.scatter.n - 1):
        return vertex.change_points
    limit = vertex.scatter + vertex.price * vertex.count
    return count_table(hull.scatter, vertex.count, price=vertex.price, limit=limit).change_points(vertex.count)


def _gap_table(hull: LowerHull, left: Vertex, costs: NDArray[np.float64]) -> tuple[NDArray[np.int64], CountTable]:
    """Returns exact scatters for those counts between two neighbouring vertices that can still be the optimum."""
    right = hull.after(left)
    counts = np.arange(left.count + 1, right.count)
    best = (hull.upper_bounds(left) + costs[counts]).min()
    best = min(best, *(vertex.scatter + costs[vertex.count] for vertex in hull.vertices)) + 1  # a quantum of slack
    counts = counts[hull.lower_bounds()[counts] + costs[counts] <= best]
    price = hull.chord(left)
    limit = float((best - costs[counts] + price * counts).max())
    return counts, count_table(hull.scatter, int(counts.max()), price=price, limit=limit)


def _build_segmentation(hull: LowerHull, change_points: NDArray[np.int64], cost: float) -> Segmentation:
    n, quantum = hull.scatter.n, hull.scatter.quantum
    edges = np.concatenate([[0], change_points, [n]])
    scatter = float(hull.scatter.between(edges[:-1], edges[1:]).sum())
    return Segmentation(n, change_points, scatter * quantum, (scatter + float(cost)) * quantum / n)
