import numpy as np
import pytest

from vidsumm.evaluation.summaries import capacity, frame_scores, machine_summaries, overlap_f1, shot_means

SHOTS = np.array([[0, 3], [4, 9], [10, 19]])


def test_a_score_holds_until_the_next_sample() -> None:
    frames = frame_scores(np.array([[0.1, 0.5]], dtype=np.float64), np.array([1, 4]), 6)
    assert frames.tolist() == [[0, 0.1, 0.1, 0.1, 0.5, 0.5]]


def test_shots_are_averaged() -> None:
    frames = np.arange(20.0)[None]
    assert shot_means(frames, SHOTS).tolist() == [[1.5, 6.5, 14.5]]
    # one frame further, where there is one
    assert shot_means(frames, SHOTS, reach=1).tolist() == [[2.0, 7.0, 14.5]]


def test_means_may_be_taken_in_float32() -> None:
    frames = np.random.default_rng(0).random((1, 20))
    rounded = shot_means(frames, SHOTS, dtype=np.float32)
    assert rounded.dtype == np.float32
    assert rounded[0, 0] == frames[0, :4].astype(np.float32).mean()


def test_the_capacity_is_rounded_down() -> None:
    assert [capacity(n) for n in (20, 26, 27)] == [3, 3, 4]


def test_the_best_shots_that_fit_are_selected() -> None:
    curves = np.zeros((2, 20))
    curves[0, :10] = 1  # the first two shots, of which only one fits
    curves[1, 10:] = 1
    found = machine_summaries(curves, SHOTS, ratio=0.5)
    assert np.flatnonzero(found[0]).tolist() == list(range(10))
    assert np.flatnonzero(found[1]).tolist() == list(range(10, 20))
    narrow = machine_summaries(curves, SHOTS, ratio=0.3)
    assert np.flatnonzero(narrow[0]).tolist() == list(range(4))
    assert not narrow[1].any()


def test_overlap_agrees_with_a_calculation_by_hand() -> None:
    summary = np.array([[1, 1, 0, 0, 0, 0]], dtype=np.bool_)
    annotators = np.array([[0, 1, 1, 1, 0, 0], [1, 1, 0, 0, 0, 0], [0, 0, 0, 0, 1, 1]], dtype=np.bool_)
    # one frame in common: precision 1/2, recall 1/3
    assert overlap_f1(summary, annotators)[0] == pytest.approx([0.4, 1.0, 0.0], abs=1e-6)


def test_two_empty_summaries_have_nothing_in_common() -> None:
    nothing = np.zeros((1, 4), dtype=np.bool_)
    assert overlap_f1(nothing, nothing).tolist() == [[0.0]]
