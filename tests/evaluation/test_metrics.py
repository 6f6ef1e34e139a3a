import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import kendalltau, spearmanr

from vidsumm.evaluation import metrics
from vidsumm.evaluation.metrics import rank_correlation, rank_correlations


def row(*values: float) -> NDArray[np.float64]:
    return np.array(values, dtype=np.float64)


def test_correlations_agree_with_a_calculation_by_hand() -> None:
    # of six pairs five agree and one does not; rank differences 0, 0, 1, 1
    found = rank_correlation(row(1, 2, 3, 4), row(1, 2, 4, 3)[None])
    assert found.tau == pytest.approx(4 / 6)
    assert found.rho == pytest.approx(1 - 6 * 2 / (4 * 15))


def test_correlations_of_ties_agree_with_a_calculation_by_hand() -> None:
    # tau-b: of three pairs two agree, one is tied on one side: 2 / sqrt(3 * 2)
    found = rank_correlation(row(1, 2, 3), row(1, 2, 2)[None])
    assert found.tau == pytest.approx(2 / np.sqrt(6))
    assert found.rho == pytest.approx(np.sqrt(3) / 2)


def test_annotators_are_averaged() -> None:
    found = rank_correlation(row(1, 2, 3), np.array([[1, 2, 3], [3, 2, 1], [1, 2, 3]]))
    assert found.tau == pytest.approx(1 / 3)
    assert found.rho == pytest.approx(1 / 3)


def test_a_constant_curve_is_no_correlation() -> None:
    assert rank_correlation(row(2, 2, 2), row(1, 2, 3)[None]).tau == 0
    # a constant annotator beside one who agrees halves the mean
    found = rank_correlation(row(1, 2, 3), np.array([[1, 2, 3], [5, 5, 5]]))
    assert [found.tau, found.rho] == pytest.approx([0.5, 0.5])


def test_a_single_frame_is_no_correlation() -> None:
    found = rank_correlation(row(1), row(2)[None])
    assert (found.tau, found.rho) == (0, 0)


def test_two_binary_curves_have_the_phi_coefficient() -> None:
    # of two binary curves tau-b and rho are both the phi coefficient
    a, b = np.array([1, 1, 0, 0, 0], dtype=np.bool_), np.array([1, 0, 1, 0, 0], dtype=np.bool_)
    found = rank_correlation(a, b[None])
    phi = (1 * 2 - 1 * 1) / np.sqrt(2 * 3 * 2 * 3)
    assert [found.tau, found.rho] == pytest.approx([phi, phi])


levels = st.sampled_from([2, 3, 5, 1000])


@given(st.integers(2, 60), st.integers(1, 4), levels, levels, st.integers(0, 2**16))
def test_correlations_equal_those_of_scipy(frames: int, annotators: int, left: int, right: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    curves = rng.integers(0, left, (2, frames)).astype(np.float32) / 7
    references = rng.integers(0, right, (annotators, frames)).astype(np.float32) / 3
    references[:, 0], curves[:, 0] = 999, -1  # none is constant
    tau, rho = rank_correlations(curves, references)
    # ours are float64 whatever the scores are; some versions of SciPy compute float32 scores in float32
    curves, references = curves.astype(np.float64), references.astype(np.float64)
    expected = np.array([[(kendalltau(c, p).statistic, spearmanr(c, p).statistic) for p in references] for c in curves])
    np.testing.assert_allclose(tau, expected[..., 0], rtol=0, atol=1e-12)
    np.testing.assert_allclose(rho, expected[..., 1], rtol=0, atol=1e-12)


@pytest.mark.parametrize("cells", [1, 2000, 9000])
def test_splitting_or_avoiding_large_tables_changes_nothing(monkeypatch: pytest.MonkeyPatch, cells: int) -> None:
    """Large tables are split between annotators, and larger ones avoided."""
    rng = np.random.default_rng(1)
    curves, references = rng.random((2, 80)), rng.random((5, 80))
    references[2] = 1.0
    expected = rank_correlations(curves, references)
    monkeypatch.setattr(metrics, "_MOST_CELLS", cells)
    np.testing.assert_allclose(rank_correlations(curves, references), expected, rtol=0, atol=1e-12)


def test_correlations_are_exact_at_full_frame_rate() -> None:
    rng = np.random.default_rng(2)
    summary, votes = rng.random(9000) < 0.15, rng.integers(0, 16, (1, 9000))
    tau, rho = rank_correlations(summary[None], votes)
    assert tau[0, 0] == pytest.approx(kendalltau(summary, votes[0]).statistic, abs=1e-12)
    assert rho[0, 0] == pytest.approx(spearmanr(summary, votes[0]).statistic, abs=1e-12)


@given(st.integers(3, 30), st.integers(0, 2**16))
def test_correlations_depend_only_on_the_order(frames: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    prediction, references = rng.random(frames), rng.random((2, frames))
    found = rank_correlation(prediction, references)
    bent = rank_correlation(np.exp(3 * prediction), references**3)
    assert [bent.tau, bent.rho] == pytest.approx([found.tau, found.rho])
    opposite = rank_correlation(-prediction, references)
    assert [opposite.tau, opposite.rho] == pytest.approx([-found.tau, -found.rho])
