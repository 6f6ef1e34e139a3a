"""The value of a knapsack without one of its items, for every item at once."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["leave_one_out_values"]


def leave_one_out_values(
    values: NDArray[np.floating], weights: NDArray[np.int64], capacity: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns the greatest value of the other items, at the full capacity and at the capacity less the item's weight.

    One table holds the value of the items before each item and one that of the items after it. Both together, at the
    best division of the capacity, are the value without the item. It takes O(M capacity) time and 8 (M + 2)
    (capacity + 1) bytes.

    Args:
        values: (M,), finite; items worth nothing or less add nothing.
        weights: (M,) int64, above zero.
        capacity: in the unit of the weights; below zero counts as zero.

    Returns:
        Two (M,) float64: without the item at the full capacity, and without it at the capacity less its weight. The
        second is minus infinity for items heavier than the capacity.

    Raises:
        ValueError: values and weights of different shapes, or a weight that is not above zero.
    """
    if values.shape != weights.shape or values.ndim != 1 or (weights <= 0).any():
        raise ValueError(f"needs one weight above zero per value, got {weights.shape} for {values.shape}")
    capacity = max(capacity, 0)
    items = list(zip(values.tolist(), weights.tolist(), strict=True))
    after = _tables(items[::-1], capacity)[::-1]  # (M, capacity + 1): of the items after each
    before = np.zeros(capacity + 1)
    full, reduced = np.zeros(len(items)), np.full(len(items), -np.inf)
    for i, (value, weight) in enumerate(items):
        full[i] = (before + after[i][::-1]).max()
        if weight <= capacity:
            room = capacity - weight
            reduced[i] = (before[: room + 1] + after[i][room::-1]).max()
        _add(before, value, weight)
    return full, reduced


def _tables(items: list[tuple[float, int]], capacity: int) -> NDArray[np.float64]:
    """Returns (M, capacity + 1) the value attainable at each capacity before each item is added."""
    tables = np.zeros((len(items), capacity + 1))
    for i, (value, weight) in enumerate(items[:-1]):
        tables[i + 1] = tables[i]
        _add(tables[i + 1], value, weight)
    return tables


def _add(best: NDArray[np.float64], value: float, weight: int) -> None:
    """Adds an item to a table (capacity + 1,), in place."""
    if weight < len(best):
        np.maximum(best[weight:], best[:-weight] + value, out=best[weight:])
