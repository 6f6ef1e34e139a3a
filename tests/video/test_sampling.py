from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.decoding import SIZE, STALL_S, frame_numbers
from tests.support.media import Clip, write_clip
from tests.support.video_info import make_info
from vidsumm.config import DecoderName
from vidsumm.video.frames import open_frames
from vidsumm.video.info import VideoInfo
from vidsumm.video.probe import probe
from vidsumm.video.sampling import plan_samples


def _regular(frames: int, rate: Fraction) -> VideoInfo:
    """A video of constant rate that begins at tick 7."""
    return make_info(np.arange(frames) * rate.denominator + 7, Fraction(1, rate.numerator), last=rate.denominator)


@pytest.mark.parametrize(
    ("rate", "count", "fps", "expected"),
    [
        (Fraction(30), 90, 2, [0, 15, 30, 45, 60, 75]),
        (Fraction(25), 75, 2, [0, 12, 25, 37, 50, 62]),
        (Fraction(1), 3, 2, [0, 0, 1, 1, 2, 2]),
        (Fraction(15), 2, 60, [0, 0, 0, 0, 1, 1, 1, 1]),
        (Fraction(10), 4, 10, [0, 1, 2, 3]),
        (Fraction(30), 40, 0.01, [0]),
    ],
)
def test_plan_takes_the_frames_on_display(rate: Fraction, count: int, fps: float, expected: list[int]) -> None:
    assert plan_samples(_regular(count, rate), fps).frame_idx.tolist() == expected


def test_plan_of_ntsc_video_keeps_whole_steps() -> None:
    plan = plan_samples(_regular(450, Fraction(30_000, 1001)), 2)
    assert plan.frame_idx[:-1].tolist() == list(range(0, 450, 15))


def test_a_single_frame_is_one_sample() -> None:
    plan = plan_samples(make_info([900], Fraction(1, 90_000), last=3000), 2)
    assert plan.frame_idx.tolist() == plan.inverse.tolist() == plan.unique_idx.tolist() == [0]
    assert plan.grid_s.tolist() == plan.off_s.tolist() == [0.0]


@st.composite
def _videos(draw: st.DrawFn) -> VideoInfo:
    steps = draw(st.lists(st.integers(1, 5000), min_size=0, max_size=60))
    pts = np.cumsum([draw(st.integers(-1000, 10**9)), *steps])
    time_base = Fraction(1, draw(st.sampled_from([1, 25, 600, 1000, 90_000])))
    return make_info(pts, time_base, last=draw(st.integers(1, 5000)))


@given(_videos(), st.sampled_from([0.5, 1.0, 2.0, 29.97]))
def test_plan_follows_the_clock(info: VideoInfo, fps: float) -> None:
    if info.duration_s * fps > 20_000:
        return
    plan = plan_samples(info, fps)
    times_s = info.frame_times_s
    np.testing.assert_allclose(plan.grid_s, np.arange(len(plan.grid_s)) / fps)
    assert plan.grid_s[-1] < info.duration_s <= (plan.grid_s[-1] + 1 / fps) * (1 + 1e-6)
    early_s = min(0.02, 0.25 / fps, np.median(np.diff(times_s)) / 2 if len(times_s) > 1 else 0)
    tick_s = float(info.video.time_base)
    assert (times_s[plan.frame_idx] <= plan.grid_s + max(early_s, 0.002 * tick_s)).all()
    following_s = np.append(times_s, np.inf)[plan.frame_idx + 1]
    assert (following_s > plan.grid_s).all()
    np.testing.assert_array_equal(plan.unique_idx[plan.inverse], plan.frame_idx)
    assert (np.diff(plan.unique_idx) > 0).all()


@pytest.mark.parametrize("decoder", ["auto", "pyav"])
def test_fast_sampling_takes_key_frames_where_they_lie_close(tmp_path: Path, decoder: DecoderName) -> None:
    written = write_clip(tmp_path / "a.mp4", seconds=3, size=SIZE, gop=8, bframes=2, audio=False)
    info = probe(written.path)
    plan = plan_samples(info, 3, is_fast=True)
    on_display = plan_samples(info, 3).frame_idx
    keys = np.searchsorted(info.frame_pts, info.key_pts)
    assert plan.frame_idx.tolist() == [min(keys.tolist(), key=lambda key: abs(key - at)) for at in on_display.tolist()]
    np.testing.assert_allclose(plan.off_s, np.abs(plan.frame_idx - on_display) / 30, atol=1e-6)
    assert 0 < plan.off_s.max() <= 8 / 2 / 30 + 1e-6
    assert not plan_samples(info, 3).off_s.any()
    with open_frames(info, plan, size=SIZE, decoder=decoder, stall_s=STALL_S, on_notice=print, is_fast=True) as source:
        assert frame_numbers(list(source)) == plan.unique_idx.tolist()
    assert not any(source.off_s)


def test_a_single_key_frame_is_not_close_enough(clips: Callable[[str], Clip]) -> None:
    info = probe(clips("ntsc.mp4").path)
    assert len(info.key_pts) == 1
    plan = plan_samples(info, 2, is_fast=True)
    assert plan.frame_idx.tolist() == plan_samples(info, 2).frame_idx.tolist()
