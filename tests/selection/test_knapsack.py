import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vidsumm.errors import InputError
from vidsumm.selection.knapsack import solve


def chosen(values: list[float], weights: list[int], capacity: int) -> list[bool]:
    mask = solve(np.array(values, dtype=np.float64), np.array(weights, dtype=np.int64), capacity)
    assert mask.dtype == np.bool_
    found: list[bool] = mask.tolist()
    return found


def brute_force(values: list[int], weights: list[int], capacity: int) -> list[bool]:
    """Best of all subsets; of equals the one without the last item in which they differ."""
    fitting = [
        mask
        for mask in itertools.product([False, True], repeat=len(values))
        if sum(itertools.compress(weights, mask)) <= capacity
    ]

    def rank(mask: tuple[bool, ...]) -> tuple[int, tuple[bool, ...]]:
        return -sum(itertools.compress(values, mask)), mask[::-1]

    best = min(fitting, key=rank)
    return list(best)


def slow_value(values: list[float], weights: list[int], capacity: int) -> float:
    best = [0.0] * (capacity + 1)
    for value, weight in zip(values, weights, strict=True):
        for room in range(capacity, weight - 1, -1):
            best[room] = max(best[room], best[room - weight] + value)
    return best[capacity]


@settings(deadline=None, max_examples=50)
@given(
    items=st.lists(st.tuples(st.integers(-2, 9), st.integers(1, 9)), min_size=1, max_size=10),
    capacity=st.integers(-1, 40),
    scale=st.sampled_from([1, 3, 15]),
)
def test_equals_brute_force_with_its_ties(items: list[tuple[int, int]], capacity: int, scale: int) -> None:
    values, weights = [value for value, _ in items], [scale * weight for _, weight in items]
    expected = brute_force(values, weights, max(capacity, 0) * scale)
    assert chosen([float(v) for v in values], weights, capacity * scale + scale // 2) == expected


@settings(deadline=None, max_examples=30)
@given(
    seed=st.integers(0, 10_000),
    count=st.integers(1, 40),
    capacity=st.integers(0, 400),
)
def test_many_items_of_nearly_the_same_density(seed: int, count: int, capacity: int) -> None:
    """Few of them can be settled beforehand."""
    rng = np.random.default_rng(seed)
    weights = rng.integers(1, 60, count)
    values = weights * (1 + 1e-3 * rng.random(count))
    assert values[solve(values, weights, capacity)].sum() == pytest.approx(
        slow_value(values.tolist(), weights.tolist(), capacity)
    )


@settings(deadline=None, max_examples=30)
@given(
    seed=st.integers(0, 10_000),
    count=st.integers(1, 40),
    capacity=st.integers(0, 400),
)
def test_attains_the_value_of_a_plain_table(seed: int, count: int, capacity: int) -> None:
    rng = np.random.default_rng(seed)
    values, weights = rng.random(count), rng.integers(1, 60, count)
    mask = solve(values, weights, capacity)
    assert weights[mask].sum() <= capacity
    assert values[mask].sum() == pytest.approx(slow_value(values.tolist(), weights.tolist(), capacity))


def test_earlier_items_win_ties() -> None:
    assert chosen([1, 1, 1], [2, 2, 2], 4) == [True, True, False]
    assert chosen([2, 1, 1], [2, 1, 1], 2) == [True, False, False]
    assert chosen([1, 1, 2], [1, 1, 2], 2) == [True, True, False]


def test_items_that_do_not_fit_or_are_worth_nothing_stay_out() -> None:
    assert chosen([9, 1, 0, -1], [6, 2, 1, 1], 5) == [False, True, False, False]
    assert chosen([9, 1], [6, 2], 1) == [False, False]
    assert chosen([9, 1], [6, 2], 0) == [False, False]
    assert chosen([], [], 5) == []


def test_everything_fits() -> None:
    assert chosen([0.1, 0.2, 0.3], [5, 7, 9], 21) == [True, True, True]
    assert chosen([0.1, 0.2, 0.3], [5, 7, 9], 10**12) == [True, True, True]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_broken_values_are_refused(value: float) -> None:
    with pytest.raises(InputError, match="shot 1"):
        chosen([0.5, value], [1, 1], 5)


@pytest.mark.parametrize(("values", "weights"), [([1.0], [0]), ([1.0], [-1]), ([1.0, 2.0], [1])])
def test_weights_that_make_no_sense_are_refused(values: list[float], weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weight above zero"):
        chosen(values, weights, 3)


@settings(deadline=None, max_examples=50)
@given(
    items=st.lists(st.tuples(st.integers(-2, 9), st.integers(1, 9), st.sampled_from("..pb")), min_size=1, max_size=9),
    room=st.integers(0, 30),
)
def test_pins_and_bans_leave_the_best_of_the_rest(items: list[tuple[int, int, str]], room: int) -> None:
    marks = [mark for _, _, mark in items]
    values, weights = (np.array(column) for column in list(zip(*items, strict=True))[:2])
    pinned, banned = (np.array([mark == kind for mark in marks]) for kind in "pb")
    mask = solve(values.astype(np.float64), weights, int(weights[pinned].sum()) + room, pinned=pinned, banned=banned)
    free = ~(pinned | banned)
    assert mask[pinned].all()
    assert not mask[banned].any()
    assert mask[free].tolist() == brute_force(values[free].tolist(), weights[free].tolist(), room)


def test_pins_beyond_the_capacity_and_contradictions_are_refused() -> None:
    values, weights, first = np.ones(2), np.array([3, 3]), np.array([True, False])
    with pytest.raises(ValueError, match="exceed the capacity by 1"):
        solve(values, weights, 2, pinned=first)
    with pytest.raises(ValueError, match="both pinned and banned"):
        solve(values, weights, 9, pinned=first, banned=first)
