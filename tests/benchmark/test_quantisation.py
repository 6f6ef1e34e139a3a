from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from vidsumm.benchmark.quantisation import QuantisationSetting, count_optima, measure_quantisation, quantise

ITEMS = st.integers(1, 9).flatmap(
    lambda count: st.tuples(
        arrays(np.int64, count, elements=st.integers(-2, 6)), arrays(np.int64, count, elements=st.integers(1, 5))
    )
)


@settings(deadline=None, max_examples=50)
@given(ITEMS, st.integers(0, 20))
def test_counts_are_those_of_every_choice(items: tuple[NDArray[np.int64], NDArray[np.int64]], capacity: int) -> None:
    values, weights = items
    choices = np.array(list(product((0, 1), repeat=len(values))))
    totals = (choices @ values)[choices @ weights <= capacity]
    assert count_optima(values, weights, capacity) == np.count_nonzero(totals == totals.max())


def test_counts_of_a_known_knapsack() -> None:
    alike = np.full(20, 3)
    assert count_optima(alike, np.ones(20, np.int64), 10) == 184_756  # 20 choose 10
    assert count_optima(np.array([5]), np.array([4]), 3) == 1  # nothing fits: the empty choice


def test_too_many_items_to_count_are_refused() -> None:
    with pytest.raises(ValueError, match="62 items"):
        count_optima(np.ones(63, np.int64), np.ones(63, np.int64), 5)


def test_values_fall_into_bins() -> None:
    values = np.array([-0.3, 0.0, 0.199, 0.2, 0.5, 0.999, 1.0, 1.4])
    np.testing.assert_array_equal(quantise(values, 5), [1, 1, 1, 3, 5, 9, 9, 9])


def test_finer_bins_leave_fewer_optima_and_smaller_differences() -> None:
    effect = measure_quantisation((3, 20, 400), QuantisationSetting(shots=14, draws=60))
    assert (np.diff(effect.solutions) < 0).all()
    assert (np.diff(effect.difference) < 0).all()
    assert effect.solutions[-1] < 1.2
    assert effect.solutions[0] > 2
    assert (effect.solutions >= 1).all()
    assert (effect.difference_error > 0).all()


def test_the_measurement_repeats_and_each_number_of_bins_stands_for_itself() -> None:
    setting = QuantisationSetting(shots=8, draws=5, seed=3)
    both, one = measure_quantisation((4, 50), setting), measure_quantisation([50], setting)
    assert both.bins == (4, 50)
    assert both.solutions[1] == one.solutions[0]
    assert both.difference[1] == one.difference[0]
