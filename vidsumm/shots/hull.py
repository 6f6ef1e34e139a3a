"""The lower convex hull of the optimal-scatter curve J(m), computed vertex by vertex.

A vertex is the solution of a problem with a price per change point, which takes O(n^2) time; the whole curve takes
O(m n^2). Solving at the price of the chord between two vertices shows whether they are neighbours.
"""

import bisect
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vidsumm.shots.dynamic import PRICE_STEP, solve_price
from vidsumm.shots.scatter import SegmentScatter

__all__ = ["LowerHull", "Vertex"]


@dataclass
class Vertex:
    """A number of change points that is known to be optimal at prices from `lowest` to `highest`."""

    count: int
    scatter: float
    """Scatter of the segmentation, in quanta."""
    change_points: NDArray[np.int64]
    lowest: float
    highest: float
    closed: bool = False
    """Whether the next vertex on the right is known to be its neighbour on the hull."""

    @property
    def price(self) -> float:
        """A price at which this vertex is optimal, in the middle of the known range."""
        return _on_grid((self.lowest + self.highest) / 2)


def _on_grid(price: float) -> float:
    return round(price / PRICE_STEP) * PRICE_STEP


class LowerHull:
    """The known vertices of the hull, in ascending order of count, from 0 to n - 1."""

    def __init__(self, scatter: SegmentScatter) -> None:
        self.scatter = scatter
        everything = np.arange(1, scatter.n, dtype=np.int64)
        self._ceiling = _on_grid(scatter.total) + PRICE_STEP  # at this price no change point is worth it
        self.vertices = [Vertex(0, scatter.total, everything[:0], self._ceiling, self._ceiling)]
        if scatter.n > 1:
            self.vertices.append(Vertex(scatter.n - 1, 0.0, everything, 0.0, 0.0))

    def _index(self, count: int) -> int:
        """Returns the index of the last known vertex with at most `count` change points."""
        return bisect.bisect_right(self.vertices, count, key=lambda vertex: vertex.count) - 1

    def at(self, count: int) -> Vertex:
        """Returns the last known vertex with at most `count` change points."""
        return self.vertices[self._index(count)]

    def after(self, vertex: Vertex) -> Vertex:
        """Returns the next known vertex on the right; `vertex` must not be the last."""
        return self.vertices[self._index(vertex.count) + 1]

    def add(self, price: float) -> Vertex:
        """Solves at a price (in quanta, rounded to the grid) and returns the vertex, which may be a known one."""
        price = _on_grid(min(price, self._ceiling))
        solution = solve_price(self.scatter, price)
        count = len(solution.change_points)
        known = self.at(count)
        if known.count == count:
            known.lowest, known.highest = min(known.lowest, price), max(known.highest, price)
            return known
        vertex = Vertex(count, solution.scatter, solution.change_points, price, price)
        self.vertices.insert(self._index(count) + 1, vertex)
        return vertex

    def chord(self, left: Vertex) -> float:
        """Returns the price at which `left` and the next known vertex cost the same."""
        right = self.after(left)
        return _on_grid((left.scatter - right.scatter) / (right.count - left.count))

    def split(self, left: Vertex) -> None:
        """Finds a vertex between `left` and the next known one, or marks `left` as closed if there is none."""
        right = self.after(left)
        price = self.chord(left)
        ends = min(left.scatter + price * left.count, right.scatter + price * right.count)
        found = self.add(price)
        left.closed |= found.scatter + price * found.count >= ends

    def lower_bounds(self) -> NDArray[np.float64]:
        """Returns (n,) lower bounds of J(m) for m = 0..n-1, equal to it at known vertices."""
        bounds = np.empty(self.scatter.n)
        bounds[-1] = self.vertices[-1].scatter
        for left, right in zip(self.vertices, self.vertices[1:], strict=False):
            counts = np.arange(left.count, right.count)
            bounds[left.count : right.count] = _between(left, right, counts)
        return bounds

    def upper_bounds(self, left: Vertex) -> NDArray[np.float64]:
        """Returns (gap,) upper bounds of J(m) for the counts strictly between `left` and the next vertex.

        They are attained by removing the cheapest change points of the vertex on the right one after the other. Another
        bound is the scatter of `left` itself: more change points raise it by no more than rounding (two quanta each).
        """
        right = self.after(left)
        bounds = left.scatter + 2 * np.arange(1.0, right.count - left.count)
        if left.scatter == right.scatter:
            return bounds
        edges = np.concatenate([[0], right.change_points, [self.scatter.n]])
        losses, reached = self._losses(edges), right.scatter
        for position in range(len(bounds) - 1, -1, -1):
            weakest = int(losses.argmin())
            reached += losses[weakest]
            edges, losses = np.delete(edges, weakest + 1), np.delete(losses, weakest)
            near = slice(max(weakest - 1, 0), weakest + 1)
            losses[near] = self._losses(edges[near.start : near.stop + 2])
            bounds[position] = min(reached, bounds[position])
        return bounds

    def _losses(self, edges: NDArray[np.int64]) -> NDArray[np.float64]:
        """Returns by how much the scatter increases when each of the inner edges is removed."""
        of = self.scatter.between
        losses: NDArray[np.float64] = (
            of(edges[:-2], edges[2:]) - of(edges[:-2], edges[1:-1]) - of(edges[1:-1], edges[2:])
        )
        return losses


def _between(left: Vertex, right: Vertex, counts: NDArray[np.int64]) -> NDArray[np.float64]:
    if left.closed:
        return np.interp(counts, [left.count, right.count], [left.scatter, right.scatter])
    from_left = left.scatter - left.lowest * (counts - left.count)
    from_right = right.scatter + right.highest * (right.count - counts)
    bounds: NDArray[np.float64] = np.maximum(from_left, from_right)
    bounds[0] = left.scatter
    return bounds
