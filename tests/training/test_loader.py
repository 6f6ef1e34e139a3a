import dataclasses
import threading

import numpy as np
import pytest
import torch

from tests.support.training import RECIPE, training_videos, wait_for
from vidsumm.training.loader import epoch_batches, kept_annotators
from vidsumm.training.videos import TrainingVideo, VideoList


def test_batches_hold_every_video_once_and_depend_on_seed_and_epoch_alone() -> None:
    videos = VideoList(training_videos(7))
    recipe = dataclasses.replace(RECIPE, videos_per_step=3)
    batches, again = (list(epoch_batches(videos, recipe, 4)) for _ in range(2))
    assert all(torch.equal(a.scores, b.scores) for a, b in zip(batches, again, strict=True))
    lengths = sorted(int(n) for batch in batches for n in batch.mask.sum(dim=1))
    assert lengths == sorted(videos.lengths.tolist())
    other = list(epoch_batches(videos, recipe, 5))
    assert [b.scores.shape for b in other] != [b.scores.shape for b in batches] or not torch.equal(
        other[0].features, batches[0].features
    )


def test_an_error_of_the_loading_thread_is_raised_in_the_caller() -> None:
    class Broken(VideoList):
        def __getitem__(self, index: int) -> TrainingVideo:
            raise OSError("disk gone")

    with pytest.raises(OSError, match="disk gone"):
        list(epoch_batches(Broken(training_videos(2)), RECIPE, 1))


def test_leaving_early_stops_the_loading_thread() -> None:
    for _ in epoch_batches(VideoList(training_videos(8)), dataclasses.replace(RECIPE, videos_per_step=1), 1):
        break
    wait_for(lambda: not any(thread.name == "vidsumm-loader" for thread in threading.enumerate()))


def test_the_annotators_kept_are_the_same_in_every_epoch() -> None:
    scores = np.arange(10, dtype=np.float32)[:, None] * np.ones(4, np.float32)
    recipe = dataclasses.replace(RECIPE, annotators_kept=3)
    kept = kept_annotators(scores, 2, recipe)
    assert kept.shape == (3, 4)
    assert np.array_equal(kept, kept_annotators(scores, 2, recipe))
    assert not np.array_equal(kept, kept_annotators(scores, 3, recipe))
    assert kept_annotators(scores, 0, RECIPE) is scores
