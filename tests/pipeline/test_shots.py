import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.support.videos import make_analysis, scenes, video_info
from vidsumm.config import ShotConfig
from vidsumm.pipeline.shots import Shots, join_shots, place_shots
from vidsumm.video.info import VideoInfo
from vidsumm.video.sampling import plan_samples

UNIFORM = ShotConfig(segmenter="uniform")


def shots_of(info: VideoInfo, features: NDArray[np.float32], config: ShotConfig | None = None) -> Shots:
    config = config or ShotConfig()
    return place_shots(make_analysis(info, features, config), config)


@given(
    st.lists(st.integers(1, 1500), min_size=1, max_size=60),
    st.sampled_from(["kts", "uniform"]),
    st.integers(0, 1000),
    st.data(),
)
def test_shots_cover_the_video_on_every_clock(
    intervals_ms: list[int], segmenter: str, seed: int, draw: st.DataObject
) -> None:
    keys = sorted(draw.draw(st.sets(st.integers(0, len(intervals_ms) - 1))) | {0})
    info = video_info(intervals_ms, keys)
    plan = plan_samples(info, 2.0)
    features = np.random.default_rng(seed).normal(size=(len(plan.unique_idx), 4)).astype(np.float32)[plan.inverse]
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    config = ShotConfig(segmenter="kts" if segmenter == "kts" else "uniform")
    shots = shots_of(info, features, config)
    for ranges, end in ((shots.samples, len(plan.grid_s)), (shots.frames, len(info.frame_pts))):
        assert ranges.dtype == np.int64
        assert ranges[0, 0] == 0
        assert ranges[-1, 1] == end
        assert (ranges[1:, 0] == ranges[:-1, 1]).all()
        assert (np.diff(ranges, axis=1) > 0).all()
    assert shots.times_s[0, 0] == 0
    assert shots.times_s[-1, 1] == pytest.approx(info.duration_s)
    np.testing.assert_allclose(shots.times_s[:, 0], info.frame_times_s[shots.frames[:, 0]])


def test_a_border_goes_to_the_key_frame_between_the_samples() -> None:
    # 25 frames a second, a sample every half second: the scene changes at frame 130, between samples 10 and 11
    info = video_info([40] * 250, keys=[0, 130, 200])
    plan = plan_samples(info, 2.0)
    shots = shots_of(info, scenes([11, 9]))
    assert plan.frame_idx[10:12].tolist() == [125, 137]
    assert shots.samples.tolist() == [[0, 11], [11, 20]]
    assert shots.frames.tolist() == [[0, 130], [130, 250]]
    assert shots.times_s[1].tolist() == pytest.approx([5.2, 10.0])


def test_a_border_without_a_key_frame_goes_to_the_next_sample() -> None:
    info = video_info([40] * 250, keys=[0, 125, 138])
    shots = shots_of(info, scenes([11, 9]))
    assert shots.frames.tolist() == [[0, 137], [137, 250]]


def test_uniform_shots_do_not_look_for_key_frames() -> None:
    info = video_info([40] * 500, keys=[0, 124, 374])
    plan = plan_samples(info, 2.0)
    shots = shots_of(info, scenes([20, 20]), UNIFORM)
    assert shots.frames[:, 0].tolist() == plan.frame_idx[shots.samples[:, 0]].tolist()


def test_one_frame_is_one_shot() -> None:
    info = video_info([40])
    shots = shots_of(info, scenes([1]))
    assert shots.frames.tolist() == [[0, 1]]
    assert shots.times_s.tolist() == [[0, 0.04]]


def test_other_bounds_need_no_other_analysis() -> None:
    info = video_info([40] * 500)
    analysis = make_analysis(info, scenes([40]), ShotConfig(max_shot_s=6.0))
    lengths = [len(place_shots(analysis, ShotConfig(max_shot_s=longest)).source) for longest in (6.0, 4.0, 20.0)]
    assert lengths == [4, 5, 1]


def test_shots_of_several_videos_follow_each_other() -> None:
    first = shots_of(video_info([40] * 250), scenes([11, 9]))
    second = shots_of(video_info([20] * 250), scenes([10]))
    joined = join_shots([first, second], [20, 10])
    assert joined.source.tolist() == [0, 0, 1]
    assert joined.samples.tolist() == [[0, 11], [11, 20], [20, 30]]
    assert joined.frames.tolist() == [*first.frames.tolist(), *second.frames.tolist()]
    assert joined.times_s.tolist() == [*first.times_s.tolist(), *second.times_s.tolist()]
    assert join_shots([first], [20]) is first
