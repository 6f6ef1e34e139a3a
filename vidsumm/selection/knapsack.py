"""The exact 0/1 knapsack: the most valuable shots that fit a length (SummDiff, section 3.3: KP(v, w, rho))."""

import numpy as np
from numpy.typing import NDArray

from vidsumm.errors import InputError

__all__ = ["solve"]

_ROUNDING = 1e-9
"""Sums of values are compared with this relative margin, far above their rounding."""


def solve(
    values: NDArray[np.float64],
    weights: NDArray[np.int64],
    capacity: int,
    *,
    pinned: NDArray[np.bool_] | None = None,
    banned: NDArray[np.bool_] | None = None,
) -> NDArray[np.bool_]:
    """Chooses the items of greatest total value whose weights sum to `capacity` at most.

    Items that every best choice has, or none has, are settled first (see `_settle`). For the K others, a dynamic
    programme over the capacity that is left, in steps of the weights' greatest common divisor: O(K capacity) time,
    one bit of memory per item and step. An item is chosen only if that raises the total value: items worth nothing or
    less are never chosen, and of two equally valuable choices the one without the last item in which they differ is
    returned. Sums of values are rounded, so that of two choices that differ by no more than that, either may be
    returned.

    Args:
        values: (M,) float64, finite.
        weights: (M,) int64, above zero.
        capacity: greatest total weight; below zero counts as zero.
        pinned: (M,) items that are chosen whatever their value; None for none.
        banned: (M,) items that are not chosen; None for none.

    Returns:
        (M,) bool, True for chosen items.

    Raises:
        InputError: a value is not finite.
        ValueError: values and weights of different shapes, a weight that is not above zero, an item that is pinned and
            banned, or pinned items that exceed the capacity.
    """
    if values.shape != weights.shape or values.ndim != 1 or (weights <= 0).any():
        raise ValueError(f"needs one weight above zero per value, got {weights.shape} for {values.shape}")
    if not np.isfinite(values).all():
        raise InputError(
            f"the value of shot {int(np.flatnonzero(~np.isfinite(values))[0])} is not a number",
            remedy="the importance scores are broken: check the checkpoint with `vidsumm doctor`",
        )
    chosen = np.zeros(len(values), dtype=np.bool_) if pinned is None else pinned.copy()
    capacity = max(capacity, 0) - int(weights[chosen].sum())
    if capacity < 0:
        raise ValueError(f"the pinned items exceed the capacity by {-capacity}")
    free = ~chosen if banned is None else ~(chosen | banned)
    if banned is not None and (chosen & banned).any():
        raise ValueError("an item is both pinned and banned")
    items = np.flatnonzero(free & (values > 0) & (weights <= capacity))
    if weights[items].sum() <= capacity:
        chosen[items] = True
        return chosen
    is_open, is_in = _settle(values[items], weights[items], capacity)
    chosen[items[is_in]] = True
    capacity -= int(weights[items[is_in]].sum())
    items = items[is_open & (weights[items] <= capacity)]
    if len(items):
        step = int(np.gcd.reduce(weights[items]))
        chosen[items] = _solve_reduced(values[items], (weights[items] // step).tolist(), capacity // step)
    return chosen


def _settle(
    values: NDArray[np.float64], weights: NDArray[np.int64], capacity: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Finds items that every best choice has, and items that none has.

    With the density r of the first item that does not fit when items are taken by falling density, no choice is worth
    more than r * capacity + sum(max(0, v - r * w)), and one that treats an item other than that sum does is worth less
    by |v - r * w|. Where that is less than some choice attains, the item is settled (Dantzig 1957; Martello and Toth,
    Knapsack Problems, 1990, section 2.2).

    Args:
        values: (K,) float64, above zero.
        weights: (K,) int64, each within the capacity; together above it.
        capacity: greatest total weight.

    Returns:
        (K,) bool whether an item is open, and (K,) bool whether every best choice has it.
    """
    order = np.argsort(-(values / weights), kind="stable")
    first_out = order[np.searchsorted(np.cumsum(weights[order]), capacity, side="right")]
    density = values[first_out] / weights[first_out]
    gains = values - density * weights
    most = density * capacity + gains[gains > 0].sum()
    is_settled = np.abs(gains) > most - _greedy_value(values, weights, order, capacity) + _ROUNDING * most
    return ~is_settled, is_settled & (gains > 0)


def _greedy_value(
    values: NDArray[np.float64], weights: NDArray[np.int64], order: NDArray[np.int64], capacity: int
) -> float:
    """Returns the value of the items that fit when they are taken in order."""
    attained = 0.0
    for value, weight in zip(values[order].tolist(), weights[order].tolist(), strict=True):
        if weight <= capacity:
            attained += value
            capacity -= weight
    return attained


def _solve_reduced(values: NDArray[np.float64], weights: list[int], capacity: int) -> list[bool]:
    """Solves for values above zero and weights that each fit the capacity."""
    best = np.zeros(capacity + 1)  # value attainable at each capacity with the items so far
    raises = []  # per item, packed: whether it raises the value at capacities weight..capacity
    for value, weight in zip(values, weights, strict=True):
        with_item = best[: capacity + 1 - weight] + value
        raises.append(np.packbits(with_item > best[weight:]))
        np.maximum(best[weight:], with_item, out=best[weight:])
    chosen = []
    for bits, weight in zip(reversed(raises), reversed(weights), strict=True):
        room = capacity - weight
        taken = room >= 0 and bool(bits[room >> 3] >> (7 - (room & 7)) & 1)
        capacity = room if taken else capacity
        chosen.append(taken)
    return chosen[::-1]
