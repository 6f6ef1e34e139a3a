import numpy as np
import pytest

from vidsumm.benchmark.modes import mode_recovery
from vidsumm.datasets.synthetic import SyntheticConfig, SyntheticVideo, synthetic_videos

VIDEOS = synthetic_videos(SyntheticConfig(videos=4, annotators=9))


@pytest.mark.parametrize("video", VIDEOS, ids=lambda video: video.key)
def test_annotators_find_all_modes_and_their_mean_none(video: SyntheticVideo) -> None:
    annotators = mode_recovery(video.scores, video.modes)
    assert (annotators.modes, annotators.curves) == (1.0, 1.0)
    np.testing.assert_array_equal(annotators.assignment, video.annotator_mode)
    mean = mode_recovery(video.scores.mean(axis=0, keepdims=True), video.modes)
    assert (mean.modes, mean.curves, mean.assignment.tolist()) == (0.0, 0.0, [-1])


def test_shares_of_modes_and_curves() -> None:
    modes = np.eye(4)
    curves = np.array([[5, 0, 0, 0], [1, 0.1, 0, 0], [0, 0, 7, 1], [1, 1, 0, 0], [2, 2, 2, 2]], dtype=np.float64)
    found = mode_recovery(curves, modes, threshold=0.9)
    assert found.assignment.tolist() == [0, 0, 2, -1, -1]
    assert (found.modes, found.curves) == (0.5, 0.6)
    assert mode_recovery(curves, modes, threshold=0.5).assignment.tolist() == [0, 0, 2, 0, -1]
