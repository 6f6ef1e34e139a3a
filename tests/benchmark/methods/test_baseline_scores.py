from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from vidsumm.benchmark.methods.baseline_scores import centre_scores, fit_ridge, random_scores, training_free_scores
from vidsumm.datasets.reading import read_annotations
from vidsumm.evaluation.metrics import rank_correlation


def test_random_scores_depend_on_the_seed_alone() -> None:
    assert (random_scores(50, 1) == random_scores(50, 1)).all()
    assert (random_scores(50, 1) != random_scores(50, 2)).any()
    assert random_scores(5, 0).dtype == np.float32


def test_the_centre_scores_highest() -> None:
    assert centre_scores(5).tolist() == [0, 0.5, 1, 0.5, 0]
    assert centre_scores(4) == pytest.approx([0, 2 / 3, 2 / 3, 0])
    assert centre_scores(1).tolist() == [1]


def test_the_centre_scores_of_tvsum_have_the_known_tau(data: Path) -> None:
    videos = read_annotations(data / "annotations" / "tvsum_annotations.h5").values()
    rows = [rank_correlation(centre_scores(len(v.picks)), v.scores) for v in videos]
    assert np.mean([row.tau for row in rows]) == pytest.approx(0.100, abs=5e-4)
    assert np.mean([row.rho for row in rows]) == pytest.approx(0.130, abs=5e-4)


def test_a_rare_scene_scores_higher_without_training() -> None:
    rng = np.random.default_rng(0)
    features = np.tile(np.array([[1.0, 0.2, 0.0]]), (60, 1))
    features[25:29] = [0.8, 0.2, 0.6]
    scores = training_free_scores(features + 0.01 * rng.standard_normal(features.shape))
    assert scores[25:29].mean() > np.delete(scores, range(25, 29)).mean()


@given(st.integers(1, 12), st.integers(0, 2**16))
def test_training_free_scores_are_scores(length: int, seed: int) -> None:
    features = np.random.default_rng(seed).random((length, 4))
    scores = training_free_scores(features)
    assert scores.shape == (length,)
    assert scores.dtype == np.float32
    assert ((scores >= 0) & (scores <= 1)).all()
    np.testing.assert_array_equal(training_free_scores(3 * features), scores)  # lengths of features do not count


def test_equal_frames_score_alike() -> None:
    assert np.ptp(training_free_scores(np.ones((9, 3)))) == 0
    assert np.ptp(training_free_scores(np.zeros((9, 3)))) == 0


def with_neighbours(features: NDArray[np.float64], neighbours: int) -> NDArray[np.float64]:
    padded = np.pad(features, ((neighbours, neighbours), (0, 0)), mode="edge")
    return np.concatenate([padded[i : i + len(features)] for i in range(2 * neighbours + 1)], axis=1)


@given(st.integers(0, 3), st.floats(0.1, 50), st.integers(0, 2**16))
def test_ridge_equals_the_closed_form(neighbours: int, penalty: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    features = [rng.random((n, 3)) for n in (6, 1, 15)]
    scores = [rng.random((4, len(values))) for values in features]
    x = np.concatenate([with_neighbours(values, neighbours) for values in features])
    means = [annotators.mean(axis=0) for annotators in scores]
    y = np.concatenate([(m - m.mean()) / (m.std() or 1) for m in means])
    middle = x.mean(axis=0)
    centred = x - middle
    weights = np.linalg.solve(centred.T @ centred + penalty * np.eye(x.shape[1]), centred.T @ (y - y.mean()))
    expected = (with_neighbours(features[2], neighbours) - middle) @ weights + y.mean()
    ridge = fit_ridge(features, scores, neighbours, penalty)
    np.testing.assert_allclose(ridge.predict(features[2]), expected, atol=1e-4)


def test_ridge_learns_from_neighbours() -> None:
    rng = np.random.default_rng(4)
    features = [rng.standard_normal((200, 5)) for _ in range(3)]
    truth = [np.roll(values[:, 0], -2) + 0.2 * values[:, 1] for values in features]  # two samples ahead
    scores = [np.stack([t, t]) for t in truth]
    seeing = fit_ridge(features[:2], scores[:2], 3, 1.0).predict(features[2])
    blind = fit_ridge(features[:2], scores[:2], 1, 1.0).predict(features[2])
    assert np.corrcoef(seeing, truth[2])[0, 1] > 0.95
    assert np.corrcoef(blind, truth[2])[0, 1] < 0.6


def test_ridge_predicts_zero_from_flat_scores() -> None:
    features = np.random.default_rng(5).random((10, 3))
    assert fit_ridge([features], [np.full((2, 10), 0.5)]).predict(features) == pytest.approx(np.zeros(10))
