from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidsumm.selection.knapsack import solve
from vidsumm.selection.leave_one_out import leave_one_out_values

Items = tuple[list[float], list[int]]


def items(most: int) -> st.SearchStrategy[Items]:
    pair = st.tuples(st.floats(-0.5, 1), st.integers(1, 9))
    return st.lists(pair, min_size=1, max_size=most).map(lambda pairs: ([v for v, _ in pairs], [w for _, w in pairs]))


def brute(values: list[float], weights: list[int], capacity: int) -> float:
    if capacity < 0:
        return -np.inf
    choices = product((0, 1), repeat=len(values))
    return max(
        sum(v * c for v, c in zip(values, choice, strict=True))
        for choice in choices
        if sum(w * c for w, c in zip(weights, choice, strict=True)) <= capacity
    )


@given(items(7), st.integers(0, 30))
def test_equals_every_choice_of_the_other_items(pairs: Items, capacity: int) -> None:
    values, weights = pairs
    full, reduced = leave_one_out_values(np.array(values), np.array(weights), capacity)
    for i, weight in enumerate(weights):
        others = values[:i] + values[i + 1 :], weights[:i] + weights[i + 1 :]
        assert full[i] == pytest.approx(brute(*others, capacity), abs=1e-12)
        assert reduced[i] == pytest.approx(brute(*others, capacity - weight), abs=1e-12)


def test_agrees_with_the_solver_on_a_long_video() -> None:
    rng = np.random.default_rng(5)
    values, weights = rng.random(60), rng.integers(20, 300, 60)
    capacity = int(0.15 * weights.sum())
    full, reduced = leave_one_out_values(values, weights, capacity)
    for i in range(60):
        rest, lengths = np.delete(values, i), np.delete(weights, i)
        assert full[i] == pytest.approx(rest[solve(rest, lengths, capacity)].sum(), abs=1e-12)
        assert reduced[i] == pytest.approx(rest[solve(rest, lengths, capacity - weights[i])].sum(), abs=1e-12)


@given(items(7), st.integers(0, 30))
def test_the_best_choice_has_the_item_or_not(pairs: Items, capacity: int) -> None:
    values, weights = np.array(pairs[0]), np.array(pairs[1])
    full, reduced = leave_one_out_values(values, weights, capacity)
    best = float(values[solve(values, weights, capacity)].sum())
    assert np.maximum(full, reduced + values) == pytest.approx(np.full(len(values), best), abs=1e-12)


def test_an_item_heavier_than_the_capacity_is_worth_nothing() -> None:
    full, reduced = leave_one_out_values(np.array([5.0, 1.0]), np.array([9, 2]), 4)
    assert full.tolist() == [1, 0]
    assert reduced.tolist() == [-np.inf, 0]


def test_values_and_weights_belong_together() -> None:
    with pytest.raises(ValueError, match="one weight above zero"):
        leave_one_out_values(np.ones(2), np.array([1, 0]), 3)
    with pytest.raises(ValueError, match="one weight above zero"):
        leave_one_out_values(np.ones(2), np.array([1]), 3)
