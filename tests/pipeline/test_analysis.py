import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.videos import video_info
from vidsumm.config import ShotConfig
from vidsumm.pipeline.analysis import find_shots
from vidsumm.video.sampling import plan_samples

UNIFORM = ShotConfig(segmenter="uniform")


def scenes(lengths: list[int]) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Unit features that jump from one direction to the next, as many samples of each as asked for."""
    rows = np.repeat(np.arange(len(lengths)), lengths)
    return np.eye(len(lengths), dtype=np.float32)[rows]


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
    shots = find_shots(info, plan, features, config)
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
    shots = find_shots(info, plan, scenes([11, 9]), ShotConfig())
    assert plan.frame_idx[10:12].tolist() == [125, 137]
    assert shots.samples.tolist() == [[0, 11], [11, 20]]
    assert shots.frames.tolist() == [[0, 130], [130, 250]]
    assert shots.times_s[1].tolist() == pytest.approx([5.2, 10.0])


def test_a_border_without_a_key_frame_goes_to_the_next_sample() -> None:
    info = video_info([40] * 250, keys=[0, 125, 138])
    plan = plan_samples(info, 2.0)
    shots = find_shots(info, plan, scenes([11, 9]), ShotConfig())
    assert shots.frames.tolist() == [[0, 137], [137, 250]]


def test_uniform_shots_do_not_look_for_key_frames() -> None:
    info = video_info([40] * 500, keys=[0, 124, 374])
    plan = plan_samples(info, 2.0)
    shots = find_shots(info, plan, scenes([20, 20]), UNIFORM)
    assert shots.frames[:, 0].tolist() == plan.frame_idx[shots.samples[:, 0]].tolist()


def test_one_frame_is_one_shot() -> None:
    info = video_info([40])
    shots = find_shots(info, plan_samples(info, 2.0), scenes([1]), ShotConfig())
    assert shots.frames.tolist() == [[0, 1]]
    assert shots.times_s.tolist() == [[0, 0.04]]
