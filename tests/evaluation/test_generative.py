import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidsumm.evaluation.generative import best_match, coverage, diversity, energy_distance, match_ratio

TAUS = np.array([[0.5, 0.1, 0.25], [0.3, -0.2, 0.0]])  # two curves, three annotators


def test_matches_agree_with_a_calculation_by_hand() -> None:
    assert match_ratio(TAUS).tolist() == [1.0, 0.0, 0.5]  # 0.25 itself matches
    assert coverage(TAUS) == pytest.approx(2 / 3)
    assert coverage(TAUS, threshold=0.6) == 0


def test_each_annotator_is_compared_with_the_best_matching_curve() -> None:
    assert best_match(TAUS) == pytest.approx((0.5 + 0.1 + 0.25) / 3)


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 2**16))
def test_more_curves_never_cover_less(curves: int, annotators: int, seed: int) -> None:
    taus = np.random.default_rng(seed).uniform(-1, 1, (curves + 1, annotators))
    assert coverage(taus) >= coverage(taus[:-1])
    assert best_match(taus) >= best_match(taus[:-1]) >= taus[:-1].mean(axis=1).max() - 1e-12


def test_diversity_agrees_with_a_calculation_by_hand() -> None:
    a, b, c = [1, 1, 0, 0, 0], [0, 1, 1, 0, 0], [0, 0, 0, 1, 1]
    # one frame of three in common, and none twice
    assert diversity(np.array([a, b, c], dtype=np.bool_)) == pytest.approx((2 / 3 + 1 + 1) / 3)


def test_equal_summaries_have_no_diversity_and_a_single_one_has_none_to_measure() -> None:
    same = np.array([[1, 0, 1]] * 3, dtype=np.bool_)
    assert diversity(same) == 0
    assert diversity(np.zeros((2, 4), dtype=np.bool_)) == 0
    assert diversity(same[:1]) is None


def test_energy_agrees_with_a_calculation_by_hand() -> None:
    # between the two points a distance of 0.5, and none within
    assert energy_distance(np.array([[0.0, 0.0]]), np.array([[0.5, 0.5]])) == pytest.approx(1.0)
    # half of the annotators elsewhere: 2 * 0.25 - 0 - (2 * 0.5) / 4
    assert energy_distance(np.zeros((1, 2)), np.array([[0.0, 0.0], [0.5, 0.5]])) == pytest.approx(0.25)


def test_energy_does_not_depend_on_the_length() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.random((3, 10)), rng.random((4, 10))
    assert energy_distance(np.tile(a, 5), np.tile(b, 5)) == pytest.approx(energy_distance(a, b))


@given(st.integers(1, 5), st.integers(1, 5), st.integers(1, 8), st.integers(0, 2**16))
def test_energy_is_a_distance_of_distributions(curves: int, annotators: int, samples: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.random((curves, samples)), rng.random((annotators, samples))
    assert energy_distance(a, b) == pytest.approx(energy_distance(b, a))
    assert energy_distance(a, b) > 0
    # the same curves in another order, and each of them twice, are the same distribution
    assert energy_distance(a, np.concatenate([a, a])[::-1]) == pytest.approx(0, abs=1e-9)


def test_the_mean_of_two_annotators_has_a_larger_energy_than_both_of_them() -> None:
    annotators = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert energy_distance(annotators, annotators) == 0
    assert energy_distance(annotators.mean(axis=0)[None], annotators) > 0.1
