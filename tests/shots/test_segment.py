import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vidsumm.shots.segment
from tests.support.shot_inputs import noise, scenes
from vidsumm.config import SegmenterName, ShotConfig
from vidsumm.errors import InputError
from vidsumm.shots.segment import segment

ALL: list[SegmenterName] = ["kts", "kernelcpd", "pelt", "uniform"]
LENGTHS = [12, 7, 20, 15, 9, 11, 16]


@pytest.mark.parametrize("segmenter", ALL[:3])
def test_planted_scenes_become_shots(segmenter: SegmenterName) -> None:
    shots = segment(scenes(4, LENGTHS, dims=48), config=ShotConfig(segmenter=segmenter, max_shot_s=12), fps=2.0)
    ends = np.cumsum(LENGTHS)
    assert shots.tolist() == [[end - length, end] for length, end in zip(LENGTHS, ends.tolist(), strict=True)]
    assert shots.dtype == np.int64


def test_uniform_shots_last_five_seconds_within_the_bounds() -> None:
    features = noise(0, 120)
    assert len(segment(features, config=ShotConfig(segmenter="uniform"), fps=2.0)) == 12
    assert len(segment(features, config=ShotConfig(segmenter="uniform", max_shot_s=3), fps=2.0)) == 20
    assert len(segment(features, config=ShotConfig(segmenter="uniform", min_shot_s=6, max_shot_s=12), fps=2.0)) == 10


@pytest.mark.parametrize("segmenter", ALL)
@pytest.mark.parametrize("n", [1, 2, 3, 100])
def test_still_or_very_short_video_gives_shots(segmenter: SegmenterName, n: int) -> None:
    shots = segment(np.repeat(noise(1, 1), n, axis=0), config=ShotConfig(segmenter=segmenter), fps=2.0)
    assert shots[0, 0] == 0
    assert shots[-1, 1] == n
    assert (shots[:, 1] - shots[:, 0]).max() <= ShotConfig().max_shot_s * 2.0


@settings(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 999), n=st.integers(1, 60), segmenter=st.sampled_from(ALL), fps=st.sampled_from([0.1, 2.0, 5.0])
)
def test_shots_cover_every_sample_once(seed: int, n: int, segmenter: SegmenterName, fps: float) -> None:
    config = ShotConfig(segmenter=segmenter, min_shot_s=0.8, max_shot_s=4, penalty=0.3)
    shots = segment(noise(seed, n), config=config, fps=fps)
    assert np.concatenate([np.arange(*shot) for shot in shots.tolist()]).tolist() == list(range(n))
    lengths = np.diff(shots)[:, 0]
    assert lengths.min() >= min(n, round(0.8 * fps))
    assert lengths.max() <= max(1, 4 * fps)


@pytest.mark.parametrize("segmenter", ALL[:3])
def test_long_videos_are_segmented_in_windows(segmenter: SegmenterName, monkeypatch: pytest.MonkeyPatch) -> None:
    lengths = [9, 7, 12, 8, 10, 6, 11, 13, 9, 7]
    features, config = scenes(8, lengths, dims=48), ShotConfig(segmenter=segmenter, penalty=0.5)
    whole = segment(features, config=config, fps=2.0)
    monkeypatch.setattr(vidsumm.shots.segment, "_KTS_WINDOW_SAMPLES", 30)
    monkeypatch.setattr(vidsumm.shots.segment, "_PRUNED_WINDOW_SAMPLES", 30)
    assert segment(features, config=config, fps=2.0).tolist() == whole.tolist()
    still = np.repeat(noise(1, 1), 100, axis=0)
    assert segment(still, config=config, fps=2.0)[-1].tolist()[1] == 100


def test_broken_features_are_refused() -> None:
    features = noise(0, 6)
    features[2] = np.nan
    with pytest.raises(InputError, match="sample 2"):
        segment(features, config=ShotConfig(segmenter="uniform"), fps=2.0)
    with pytest.raises(InputError, match="shape"):
        segment(features[:0], config=ShotConfig(), fps=2.0)
