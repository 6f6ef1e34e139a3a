from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import kendalltau, spearmanr

from vidsumm.evaluation.metrics import rank_correlation


def row(*values: float) -> NDArray[np.float64]:
    return np.array(values, dtype=np.float64)


def test_by_hand() -> None:
    # of six pairs five agree and one does not; rank differences 0, 0, 1, 1
    found = rank_correlation(row(1, 2, 3, 4), row(1, 2, 4, 3)[None])
    assert found.tau == pytest.approx(4 / 6)
    assert found.rho == pytest.approx(1 - 6 * 2 / (4 * 15))


def test_ties_by_hand() -> None:
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
    # beside an annotator who agrees it halves the mean
    found = rank_correlation(row(1, 2, 3), np.array([[1, 2, 3], [5, 5, 5]]))
    assert [found.tau, found.rho] == pytest.approx([0.5, 0.5])


def test_a_single_frame_is_no_correlation() -> None:
    found = rank_correlation(row(1), row(2)[None])
    assert (found.tau, found.rho) == (0, 0)


@given(st.integers(2, 30), st.integers(1, 4), st.integers(2, 10), st.integers(0, 2**16))
def test_equals_scipy(frames: int, annotators: int, levels: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    prediction = rng.integers(0, levels, frames).astype(np.float32)
    people = rng.integers(1, 6, (annotators, frames)).astype(np.float32)
    people[:, 0], prediction[0] = 9, -1  # none is constant
    found = rank_correlation(prediction, people)
    assert found.tau == pytest.approx(np.mean([kendalltau(prediction, p).statistic for p in people]))
    assert found.rho == pytest.approx(np.mean([spearmanr(prediction, p).statistic for p in people]))


@given(st.integers(3, 30), st.integers(0, 2**16))
def test_only_the_order_counts(frames: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    prediction, people = rng.random(frames), rng.random((2, frames))
    found = rank_correlation(prediction, people)
    bent = rank_correlation(np.exp(3 * prediction), people**3)
    assert [bent.tau, bent.rho] == pytest.approx([found.tau, found.rho])
    opposite = rank_correlation(-prediction, people)
    assert [opposite.tau, opposite.rho] == pytest.approx([-found.tau, -found.rho])


@pytest.mark.parametrize("video", range(4))
def test_recorded_values_of_the_benchmark(reference: Path, video: int) -> None:
    with np.load(reference / "metrics.npz") as file:
        recorded = {key: file[f"tvsum/{video}/{key}"] for key in ("pred", "user_scores", "tau", "rho")}
    found = rank_correlation(recorded["pred"], recorded["user_scores"])
    assert found.tau == pytest.approx(float(recorded["tau"]), abs=1e-9)
    assert found.rho == pytest.approx(float(recorded["rho"]), abs=1e-9)
