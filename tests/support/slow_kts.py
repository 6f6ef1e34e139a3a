"""KTS as it is written down: one table, no short cuts. Truth for small inputs."""

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Scatter = list[list[float]]


def slow_scatter(features: NDArray[np.floating], unit: float = 0.0) -> Scatter:
    """C[s][t] of samples s..t-1; rounded to multiples of `unit` where given, so that ties are ties."""
    x = features.astype(np.float64)
    n = len(x)
    scatter = [[0.0] * (n + 1) for _ in range(n + 1)]
    for s in range(n):
        for t in range(s + 1, n + 1):
            value = float(((x[s:t] - x[s:t].mean(axis=0)) ** 2).sum())
            scatter[s][t] = round(value / unit) * unit if unit else value
    return scatter


def slow_table(scatter: Scatter, max_count: int) -> tuple[list[float], list[list[int]]]:
    """Least scatter and its change points for 0..max_count of them; the first of equal starts wins."""
    n = len(scatter) - 1
    cost = [[math.inf] * (n + 1) for _ in range(max_count + 1)]
    start = [[0] * (n + 1) for _ in range(max_count + 1)]
    cost[0] = scatter[0][:]
    for m in range(1, max_count + 1):
        for t in range(m + 1, n + 1):
            for s in range(m, t):
                value = cost[m - 1][s] + scatter[s][t]
                if value < cost[m][t]:
                    cost[m][t], start[m][t] = value, s
    return [row[n] for row in cost], [_path(start, m, n) for m in range(max_count + 1)]


def _path(start: list[list[int]], m: int, end: int) -> list[int]:
    path: list[int] = []
    while m > 0:
        end = start[m][end]
        path.insert(0, end)
        m -= 1
    return path


def slow_kts(scatter: Scatter, penalty: float, max_count: int) -> tuple[float, list[int]]:
    """Objective and change points under the penalty; the fewest of equally good wins."""
    n = len(scatter) - 1
    curve, paths = slow_table(scatter, max_count)
    objectives = [j / n + (penalty * m / (2 * n) * (math.log(n / m) + 1) if m else 0.0) for m, j in enumerate(curve)]
    best = min(range(max_count + 1), key=lambda m: objectives[m])
    return objectives[best], paths[best]


def scatter_of(scatter: Scatter, change_points: list[int]) -> float:
    edges = [0, *change_points, len(scatter) - 1]
    return sum(scatter[s][t] for s, t in pairwise(edges))
