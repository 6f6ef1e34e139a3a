from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.cutting import plan
from tests.support.video_info import make_info
from vidsumm.errors import EncodeError
from vidsumm.timeline import Clip, Timeline, TimelineSource
from vidsumm.video.cut import frame_clock
from vidsumm.video.info import VideoInfo
from vidsumm.video.join import CodedFrames, JoinedPackets, find_frames, join_clips, on_clock

CODING_ORDERS = ([0], [0, 1], [0, 2, 1], [0, 4, 2, 1, 3], [0, 3, 1, 2])
"""Frames of a group of pictures, in coding order."""


def join_frames(info: VideoInfo, timeline: Timeline, frames: Sequence[int], is_key: Sequence[bool]) -> JoinedPackets:
    """Joins packets that hold `frames` at their listed times."""
    clock, frame_idx = frame_clock(info), np.array(frames)
    coded = CodedFrames(frame_idx, clock.ticks[frame_idx], np.array(is_key))
    return join_clips(timeline, {0: coded}, clock.time_base)


@st.composite
def coded_frames(draw: st.DrawFn) -> tuple[list[int], list[bool], list[int]]:
    """Frame numbers in coding order, which of them are key frames, and where groups of pictures begin."""
    frames: list[int] = []
    begins = []
    for order in draw(st.lists(st.sampled_from(CODING_ORDERS), min_size=1, max_size=8)):
        begins.append(len(frames))
        frames += [begins[-1] + number for number in order]
    return frames, [position in begins for position in range(len(frames))], begins


@given(coded_frames(), st.data())
def test_new_times_are_decodable_and_gapless(
    groups: tuple[list[int], list[bool], list[int]], data: st.DataObject
) -> None:
    frames, is_key, begins = groups
    edges = [*begins, len(frames)]
    first = data.draw(st.integers(0, len(begins) - 1))
    last = data.draw(st.integers(first + 1, len(edges) - 1))
    steps = data.draw(st.lists(st.integers(1, 50), min_size=len(frames), max_size=len(frames)))
    info = make_info(np.cumsum([0, *steps[:-1]]), Fraction(1, 1000), last=steps[-1])
    clock = frame_clock(info)
    clips_s = clock.seconds(clock.ticks[[[edges[first], edges[last]]]])
    timeline = plan(info, clips_s)
    joined = join_frames(info, timeline, frames, is_key)
    total = int(timeline.duration / clock.time_base)
    assert sorted(np.array(frames)[joined.positions].tolist()) == list(range(edges[first], edges[last]))
    assert (np.diff(joined.dts) > 0).all()
    assert (joined.dts <= joined.pts).all()
    assert joined.pts.min() == 0
    assert joined.durations.sum() == total
    assert (joined.pts + joined.durations).max() == total
    assert joined.dts[-1] + joined.durations[-1] - joined.dts[0] == total


def test_a_constant_rate_keeps_its_step_over_joins() -> None:
    info = make_info(list(range(12)), Fraction(1, 25), rate=Fraction(25))
    timeline = plan(info, [(0.0, 4 / 25), (8 / 25, 12 / 25)])
    joined = join_frames(info, timeline, [0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11], [True, False, False, False] * 3)
    assert joined.positions.tolist() == [0, 1, 2, 3, 8, 9, 10, 11]
    assert joined.pts.tolist() == [0, 2, 1, 3, 4, 6, 5, 7]
    assert joined.dts.tolist() == [-1, 0, 1, 2, 3, 4, 5, 6]
    assert joined.durations.tolist() == [1] * 8


def test_pictures_before_the_key_frame_of_an_open_group_are_left_out() -> None:
    info = make_info(list(range(8)), Fraction(1, 25), rate=Fraction(25))
    timeline = plan(info, [(4 / 25, 8 / 25)])
    joined = join_frames(info, timeline, [0, 1, 4, 2, 3, 5, 6, 7], [True, False, True, *[False] * 5])
    assert joined.positions.tolist() == [2, 5, 6, 7]


def test_a_lost_first_frame_does_not_shift_the_rest() -> None:
    info = make_info(list(range(8)), Fraction(1, 25), rate=Fraction(25))
    timeline = plan(info, [(0.0, 2 / 25), (4 / 25, 8 / 25)])
    joined = join_frames(info, timeline, [0, 1, 5, 6, 7], [True, False, True, False, False])
    assert joined.pts.tolist() == [0, 1, 2, 4, 5]
    assert joined.durations.tolist() == [1, 1, 2, 1, 1]


def test_a_picture_that_the_index_misses_keeps_its_own_time() -> None:
    info = make_info([0, 40, 120, 160], Fraction(1, 1000), last=40)
    timeline = plan(info, [(0.04, 0.16)])
    ticks = np.array([0, 40, 80, 120, 160])
    frame_idx = find_frames(ticks / 1000, info.frame_times_s)
    coded = CodedFrames(frame_idx, ticks, np.array([True, True, False, False, True]))
    joined = join_clips(timeline, {0: coded}, Fraction(1, 1000))
    assert frame_idx.tolist() == [0, 1, 1, 2, 3]
    assert joined.positions.tolist() == [1, 2, 3]
    assert joined.pts.tolist() == [0, 40, 80]


@pytest.mark.parametrize("frame_idx", [[0, 1, 2, 3], [0, 1, 2, 3, 4, 5]])
def test_a_clip_without_pictures_or_key_frame_is_refused(frame_idx: list[int]) -> None:
    info = make_info(list(range(8)), Fraction(1, 25), rate=Fraction(25))
    timeline = plan(info, [(4 / 25, 8 / 25)])
    with pytest.raises(EncodeError, match=r"0\.160 s of made\.mp4"):
        join_frames(info, timeline, frame_idx, [frame == 0 for frame in frame_idx])


def test_times_find_their_frames() -> None:
    frames_s = np.array([0.0, 1.0, 4.0])
    assert find_frames(np.array([4.2, -0.1, 0.7, 0.8, 3.2, 3.3]), frames_s).tolist() == [2, 0, 0, 1, 1, 2]
    assert find_frames(np.array([0.3]), np.array([0.0])).tolist() == [0]


def test_clips_of_several_sources_follow_each_other_exactly() -> None:
    """Frames of 1001/30000 s and of 1/24 s alternate on the clock that shows both."""
    paths = [Path("a.mp4"), Path("b.mp4")]
    sources = (TimelineSource(paths[0], Fraction(1001, 30_000), 9, 9), TimelineSource(paths[1], Fraction(1, 24), 9, 9))
    clips = (Clip(1, 3, 5, 3, 5, None), Clip(0, 0, 3, 0, 3, None), Clip(1, 3, 5, 3, 5, None))
    every = np.arange(9)
    coded = {source: CodedFrames(every, every, every % 3 == 0) for source in (0, 1)}
    joined = join_clips(Timeline(sources, clips), coded, Fraction(1, 30_000))
    assert joined.sources.tolist() == [1, 1, 0, 0, 0, 1, 1]
    assert joined.positions.tolist() == [3, 4, 0, 1, 2, 3, 4]
    assert joined.pts.tolist() == [0, 1250, 2500, 3501, 4502, 5503, 6753]
    assert joined.durations.tolist() == [1250, 1250, 1001, 1001, 1001, 1250, 1250]


def test_rounding_to_a_coarser_clock_does_not_add_up() -> None:
    paths, base = [Path("a.mp4"), Path("b.mp4")], Fraction(1, 90_000)
    sources = (
        TimelineSource(paths[0], Fraction(1, 999_983), 7777 * 9, 9),
        TimelineSource(paths[1], Fraction(1001, 24_000), 9, 9),
    )
    clips = (Clip(0, 2 * 7777, 5 * 7777, 2, 5, None), Clip(1, 3, 5, 3, 5, None)) * 40
    every = np.arange(9)
    coded = {n: CodedFrames(every, every * step, every >= 0) for n, step in enumerate([7777, 1])}
    timeline = Timeline(sources, clips)
    joined, elapsed, exact = join_clips(timeline, coded, base), Fraction(0), []
    for clip in clips:
        step = timeline.clip_duration(clip) / (clip.last_frame_exclusive - clip.first_frame)
        exact += [elapsed + step * k for k in range(clip.last_frame_exclusive - clip.first_frame)]
        elapsed += timeline.clip_duration(clip)
    assert all(2 * abs(at * base - time) <= base for at, time in zip(joined.pts.tolist(), exact, strict=True))
    assert joined.durations.sum() == round(timeline.duration / base)


@given(
    st.fractions(0, 10_000, max_denominator=10**6),
    st.lists(st.integers(0, 10**9), max_size=20),
    st.fractions(Fraction(1, 10**6), 1, max_denominator=10**6),
)
def test_times_on_another_clock_are_rounded_once(offset: Fraction, ticks: list[int], tick: Fraction) -> None:
    base = Fraction(1, 90_000)
    moved = on_clock(offset, np.array(ticks, dtype=np.int64), tick, base).tolist()
    assert all(2 * abs(at * base - (offset + tick * one)) <= base for at, one in zip(moved, ticks, strict=True))
