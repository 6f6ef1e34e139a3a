import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidsumm.evaluation.highlights import average_precision, highlight_precision, uniform_means


def test_all_shots_but_the_last_have_equal_length() -> None:
    assert uniform_means(np.arange(12.0), 5).tolist() == [2, 7, 10.5]


def test_precision_agrees_with_a_calculation_by_hand() -> None:
    # positives at ranks 1 and 3: (1/1 + 2/3) / 2
    positive = np.array([True, False, True, False])
    assert average_precision(positive, np.array([0.9, 0.8, 0.7, 0.1])) == pytest.approx(5 / 6)


def test_equal_scores_share_a_rank() -> None:
    # both of the first rank are counted before either: precision 1/2 for the one positive there
    assert average_precision(np.array([True, False]), np.array([0.5, 0.5])) == pytest.approx(0.5)
    assert average_precision(np.array([False, True]), np.array([0.5, 0.5])) == pytest.approx(0.5)


def test_highlights_are_the_shots_with_the_best_true_scores() -> None:
    truth = np.repeat([0.1, 0.9, 0.8, 0.2], 5)
    assert highlight_precision(truth, truth, 0.5) == 1
    # the two highlights come last: (1/3 + 2/4) / 2
    assert highlight_precision(-truth, truth, 0.5) == pytest.approx(5 / 12)
    # a quarter of four shots is one; 0.15 of them would be none
    assert highlight_precision(-truth, truth, 0.25) == pytest.approx(1 / 4)
    assert highlight_precision(-truth, truth, 0.15) == pytest.approx(1 / 4)


@given(st.integers(1, 40), st.integers(0, 2**16))
def test_scores_in_the_true_order_are_perfect(length: int, seed: int) -> None:
    truth = np.random.default_rng(seed).random(length)
    assert highlight_precision(truth, truth, 0.5) == 1
    assert 0 < highlight_precision(np.ones(length), truth, 0.5) <= 1
