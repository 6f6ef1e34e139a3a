from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from vidsumm.evaluation.optimality import OptimalChoice

VALUES = np.array([0.6, 0.5, 0.4, 0.9])
LENGTHS = np.array([3, 3, 4, 20])
CAPACITY = 6  # the first two shots fill it; the last never fits

BOTH = pytest.mark.parametrize("convention", ["official", "paper"])


def moved(**by: float) -> NDArray[np.float64]:
    predicted = VALUES.copy()
    for shot, amount in by.items():
        predicted[int(shot[1:])] += amount
    return predicted


def test_true_values_agree_with_a_calculation_by_hand() -> None:
    # no harmful move: minus the value of the best choice, 1.1
    official = OptimalChoice(VALUES, LENGTHS, CAPACITY).measure(VALUES)
    assert (official.cis, official.wir, official.ir, official.wse) == pytest.approx((-1.1, 1, 1, 0))
    # the critical ratio without shot 2, at capacity 2, is 0.2: by the paper's bound shot 1 would need 0.6 to be safe
    paper = OptimalChoice(VALUES, LENGTHS, CAPACITY, "paper").measure(VALUES)
    assert (paper.cis, paper.wir, paper.ir, paper.wse) == pytest.approx((-1.1, 27 / 30, 3 / 4, 0))


@BOTH
def test_confidence_agrees_with_a_calculation_by_hand(convention: str) -> None:
    choice = OptimalChoice(VALUES, LENGTHS, CAPACITY, convention)  # type: ignore[arg-type]
    # shot 2 up by 0.3; with it only 0.4 can be had, as it leaves no room for another
    assert choice.measure(moved(s2=0.3)).cis == pytest.approx(0.3 - 1.1 + 0.4)
    # shot 0 down by 0.1; without it 0.5, since shots 1 and 2 do not fit together
    assert choice.measure(moved(s0=-0.1)).cis == pytest.approx(0.1 - 1.1 + 0.5)
    # both, and a harmless move: the larger rival counts
    assert choice.measure(moved(s0=-0.1, s2=0.3, s1=0.2)).cis == pytest.approx(0.4 - 1.1 + 0.5)


def test_the_conventions_differ_in_what_they_count() -> None:
    official = OptimalChoice(VALUES, LENGTHS, CAPACITY)
    paper = OptimalChoice(VALUES, LENGTHS, CAPACITY, "paper")
    predicted = moved(s0=0.1, s2=0.3, s3=0.05)
    # harmful moves of shots that fit, against every move
    assert official.measure(predicted).wse == pytest.approx(4 * 0.3)
    assert paper.measure(predicted).wse == pytest.approx(3 * 0.1 + 4 * 0.3 + 20 * 0.05)


def test_intervals_agree_with_a_calculation_by_hand() -> None:
    official = OptimalChoice(VALUES, LENGTHS, CAPACITY)
    paper = OptimalChoice(VALUES, LENGTHS, CAPACITY, "paper")
    # shot 2 would have to gain 1.1 - 0.4 to change the choice ...
    assert official.measure(moved(s2=0.69)).ir == 1
    assert official.measure(moved(s2=0.71)).ir == pytest.approx(2 / 3)
    assert official.measure(moved(s2=0.71)).wir == pytest.approx(6 / 10)
    # ... of which the paper's bound lets it have 4 * min mu - 0.4 = 0; shot 1 is never safe without a gain of 0.1
    assert paper.measure(moved(s1=0.11)).ir == 1
    assert paper.measure(moved(s1=0.11, s2=0.01)).ir == pytest.approx(3 / 4)
    # the shot that never fits is always safe
    assert paper.measure(moved(s1=0.11, s3=9.0)).ir == 1


def test_a_chosen_shot_may_fall_to_the_critical_ratio() -> None:
    choice = OptimalChoice(np.array([0.9, 0.2]), np.array([2, 2]), 2)
    # mu is 0.9 / 2 without the second shot at no capacity, 0.1 or nothing else: the first is bound to its own ratio
    assert choice.measure(np.array([0.9, 0.2])).ir == 1
    assert choice.measure(np.array([0.89, 0.2])).ir == pytest.approx(1 / 2)


def test_harmless_moves_are_always_safe_only_in_the_official_convention() -> None:
    # the chosen shot has the lower ratio, so its interval does not even contain its own value
    values, lengths = np.array([0.5, 0.3]), np.array([10, 3])
    predicted = np.array([0.6, 0.3])
    assert OptimalChoice(values, lengths, 10).measure(predicted).ir == 1
    assert OptimalChoice(values, lengths, 10, "paper").measure(predicted).ir == pytest.approx(1 / 2)


@BOTH
def test_nothing_is_unsafe_where_no_shot_fits(convention: str) -> None:
    found = OptimalChoice(VALUES, LENGTHS, 2, convention).measure(VALUES + 0.1)  # type: ignore[arg-type]
    assert (found.wir, found.ir) == (1, 1)


def value_of(values: NDArray[np.float64], chosen: NDArray[np.bool_]) -> float:
    return float(values[chosen].sum())


def best(values: NDArray[np.float64], lengths: NDArray[np.int64], capacity: int) -> float:
    choices = np.array(list(product((False, True), repeat=len(values))))
    return float((choices @ values)[choices @ lengths <= capacity].max())


problems = st.tuples(st.integers(2, 7), st.integers(1, 25), st.integers(0, 2**16))


def invent(problem: tuple[int, int, int]) -> tuple[NDArray[np.float64], NDArray[np.int64], int, np.random.Generator]:
    count, capacity, seed = problem
    rng = np.random.default_rng(seed)
    return rng.random(count), rng.integers(1, 12, count), capacity, rng


@given(problems, st.floats(0.001, 0.4))
def test_confidence_guarantees_the_choice(problem: tuple[int, int, int], spread: float) -> None:
    """The theorem behind CIS: zero or less, and the true choice is still optimal for the predicted values."""
    values, lengths, capacity, rng = invent(problem)
    fits = lengths <= capacity
    predicted = np.maximum(values + rng.normal(0, spread, len(values)), 0)
    choice = OptimalChoice(values, lengths, capacity)
    if fits.any() and choice.measure(predicted).cis <= 0:
        attained = value_of(predicted[fits], choice.chosen)
        assert attained == pytest.approx(best(predicted, lengths, capacity), abs=1e-9)


@pytest.mark.parametrize("convention", ["official", "paper"])
@given(problem=problems, move=st.floats(-1, 1))
def test_a_safe_move_of_one_shot_keeps_the_choice(convention: str, problem: tuple[int, int, int], move: float) -> None:
    values, lengths, capacity, rng = invent(problem)
    lengths = np.minimum(lengths, capacity)
    choice = OptimalChoice(values, lengths, capacity, convention)  # type: ignore[arg-type]
    still = choice.measure(values).ir  # below 1 where the paper's interval excludes the true value itself
    shot = int(rng.integers(len(values)))
    predicted = values.copy()
    predicted[shot] = max(0.0, values[shot] + move)
    if choice.measure(predicted).ir == still == 1:
        assert value_of(predicted, choice.chosen) == pytest.approx(best(predicted, lengths, capacity), abs=1e-9)
