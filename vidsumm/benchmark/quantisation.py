"""How coarse scores make the choice of shots ambiguous (SummDiff, section 4.5 and figure 6).

Shot values v1 ~ U(0, 1)^M and v2 = v1 + N(0, 1/K) are rounded to the middles of K equal bins. The measures are the mean
number of optimal knapsack solutions for v1, E[|{y*}|], and the mean number of shots in which the solutions for v1 and
v2 differ, E[dy*]. The paper does not say how many shots there are and how long: `QuantisationSetting` has our choice.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vidsumm.selection.knapsack import solve

__all__ = ["QuantisationEffect", "QuantisationSetting", "count_optima", "measure_quantisation", "quantise"]

_MOST_ITEMS = 62  # with more, the number of choices may not fit into int64
_NONE = np.iinfo(np.int64).min // 2  # value of a weight that no choice of items has


@dataclass(frozen=True)
class QuantisationSetting:
    """The random knapsacks over which the means are taken."""

    shots: int = 30
    """M."""
    weights: tuple[int, int] = (3, 20)
    """Shortest and longest shot in samples; lengths between are equally likely."""
    ratio: float = 0.15
    """Budget as a share of the video."""
    draws: int = 200
    """Number of knapsacks."""
    seed: int = 0


@dataclass(frozen=True)
class QuantisationEffect:
    """Means over the draws and their standard errors, each (len(bins),) float64."""

    bins: tuple[int, ...]
    """K."""
    solutions: NDArray[np.float64]
    """E[|{y*}|]."""
    solutions_error: NDArray[np.float64]
    difference: NDArray[np.float64]
    """E[dy*], shots."""
    difference_error: NDArray[np.float64]


def measure_quantisation(bins: Sequence[int], setting: QuantisationSetting | None = None) -> QuantisationEffect:
    """Measures both means for each number of bins K.

    Values, lengths and perturbations are the same for all K, the perturbations scaled by 1 / sqrt(K).
    """
    setting = setting or QuantisationSetting()
    rng = np.random.default_rng(setting.seed)
    shape = (setting.draws, setting.shots)
    values, noise = rng.uniform(size=shape), rng.standard_normal(shape)
    weights = rng.integers(*setting.weights, size=shape, endpoint=True)
    capacities = (setting.ratio * weights.sum(axis=1)).astype(np.int64)
    counts, differences = [], []
    for count in bins:
        first = quantise(values, count)
        second = quantise(values + noise / np.sqrt(count), count)
        knapsacks = list(zip(first, second, weights, capacities.tolist(), strict=True))
        counts.append([count_optima(v, w, c) for v, _, w, c in knapsacks])
        differences.append([_difference(*knapsack) for knapsack in knapsacks])
    return QuantisationEffect(tuple(bins), *_mean_and_error(counts), *_mean_and_error(differences))


def quantise(values: NDArray[np.float64], bins: int) -> NDArray[np.int64]:
    """Rounds values to the middle of their bin; those outside [0, 1] fall into the first or the last bin.

    Returns:
        The middles in units of 1 / (2 `bins`): integers, so that equal sums of values compare as equal.
    """
    return 2 * np.clip(np.floor(values * bins), 0, bins - 1).astype(np.int64) + 1


def count_optima(values: NDArray[np.int64], weights: NDArray[np.int64], capacity: int) -> int:
    """Counts the choices of items that reach the greatest value within `capacity`.

    A dynamic programme over the exact weight of a choice: every choice has one weight, so none is counted twice.

    Args:
        values: (M,) int64.
        weights: (M,) int64, above zero.
        capacity: zero or more.

    Raises:
        ValueError: there are more than 62 items, whose choices may be too many for int64.
    """
    if len(values) > _MOST_ITEMS:
        raise ValueError(f"cannot count the solutions of more than {_MOST_ITEMS} items, got {len(values)}")
    best = np.full(capacity + 1, _NONE, dtype=np.int64)
    ways = np.zeros(capacity + 1, dtype=np.int64)
    best[0], ways[0] = 0, 1
    for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
        if weight <= capacity:
            _add_item(best, ways, value, weight)
    return int(ways[best == best.max()].sum())


def _add_item(best: NDArray[np.int64], ways: NDArray[np.int64], value: int, weight: int) -> None:
    """Updates the greatest value of each weight and the number of ways to reach it, in place, for one more item."""
    room = len(best) - weight
    with_item, more = best[:room] + value, ways[:room].copy()
    without, fewer = best[weight:].copy(), ways[weight:].copy()
    best[weight:] = np.maximum(with_item, without)
    ways[weight:] = np.where(with_item >= without, more, 0) + np.where(without >= with_item, fewer, 0)


def _difference(first: NDArray[np.int64], second: NDArray[np.int64], weights: NDArray[np.int64], capacity: int) -> int:
    """Returns the number of shots in which the optimal solutions for two lists of values differ."""
    # float64 represents these integers and their sums exactly.
    chosen = [solve(values.astype(np.float64), weights, capacity) for values in (first, second)]
    return int(np.count_nonzero(chosen[0] != chosen[1]))


def _mean_and_error(rows: Sequence[Sequence[int]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns the mean and the standard error of each row."""
    table = np.asarray(rows, dtype=np.float64)
    return table.mean(axis=1), table.std(axis=1) / np.sqrt(table.shape[1])
