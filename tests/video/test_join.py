from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.video_info import make_info
from vidsumm.errors import EncodeError
from vidsumm.video.cut import CutPlan, frame_clock, plan_cut
from vidsumm.video.join import JoinedPackets, find_frames, join_clips

CODING_ORDERS = ([0], [0, 1], [0, 2, 1], [0, 4, 2, 1, 3], [0, 3, 1, 2])
"""Frames of a group of pictures, in coding order."""


def join_frames(plan: CutPlan, frames: Sequence[int], is_key: Sequence[bool]) -> JoinedPackets:
    """Joins packets that hold `frames` at their listed times."""
    return join_clips(plan, np.array(frames), plan.clock.ticks[np.array(frames)], np.array(is_key))


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
    plan = plan_cut(info, clips_s, clock=clock)
    joined = join_frames(plan, frames, is_key)
    total = int(np.diff(plan.ticks).sum())
    assert sorted(np.array(frames)[joined.positions].tolist()) == list(range(edges[first], edges[last]))
    assert (np.diff(joined.dts) > 0).all()
    assert (joined.dts <= joined.pts).all()
    assert joined.pts.min() == 0
    assert joined.durations.sum() == total
    assert (joined.pts + joined.durations).max() == total
    assert joined.dts[-1] + joined.durations[-1] - joined.dts[0] == total


def test_a_constant_rate_keeps_its_step_over_joins() -> None:
    info = make_info(list(range(12)), Fraction(1, 25), rate=Fraction(25))
    plan = plan_cut(info, [(0.0, 4 / 25), (8 / 25, 12 / 25)])
    joined = join_frames(plan, [0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11], [True, False, False, False] * 3)
    assert joined.positions.tolist() == [0, 1, 2, 3, 8, 9, 10, 11]
    assert joined.pts.tolist() == [0, 2, 1, 3, 4, 6, 5, 7]
    assert joined.dts.tolist() == [-1, 0, 1, 2, 3, 4, 5, 6]
    assert joined.durations.tolist() == [1] * 8


def test_pictures_before_the_key_frame_of_an_open_group_are_left_out() -> None:
    info = make_info(list(range(8)), Fraction(1, 25), rate=Fraction(25))
    plan = plan_cut(info, [(4 / 25, 8 / 25)])
    joined = join_frames(plan, [0, 1, 4, 2, 3, 5, 6, 7], [True, False, True, *[False] * 5])
    assert joined.positions.tolist() == [2, 5, 6, 7]


def test_a_lost_first_frame_does_not_shift_the_rest() -> None:
    info = make_info(list(range(8)), Fraction(1, 25), rate=Fraction(25))
    plan = plan_cut(info, [(0.0, 2 / 25), (4 / 25, 8 / 25)])
    joined = join_frames(plan, [0, 1, 5, 6, 7], [True, False, True, False, False])
    assert joined.pts.tolist() == [0, 1, 2, 4, 5]
    assert joined.durations.tolist() == [1, 1, 2, 1, 1]


def test_a_picture_that_the_index_misses_keeps_its_own_time() -> None:
    info = make_info([0, 40, 120, 160], Fraction(1, 1000), last=40)
    plan = plan_cut(info, [(0.04, 0.16)])
    ticks = np.array([0, 40, 80, 120, 160])
    frame_idx = find_frames(ticks / 1000, info.frame_times_s)
    joined = join_clips(plan, frame_idx, ticks, np.array([True, True, False, False, True]))
    assert frame_idx.tolist() == [0, 1, 1, 2, 3]
    assert joined.positions.tolist() == [1, 2, 3]
    assert joined.pts.tolist() == [0, 40, 80]


@pytest.mark.parametrize("frame_idx", [[0, 1, 2, 3], [0, 1, 2, 3, 4, 5]])
def test_a_clip_without_pictures_or_key_frame_is_refused(frame_idx: list[int]) -> None:
    info = make_info(list(range(8)), Fraction(1, 25), rate=Fraction(25))
    plan = plan_cut(info, [(4 / 25, 8 / 25)])
    with pytest.raises(EncodeError, match=r"0\.160 s"):
        join_frames(plan, frame_idx, [frame == 0 for frame in frame_idx])


def test_times_find_their_frames() -> None:
    frames_s = np.array([0.0, 1.0, 4.0])
    assert find_frames(np.array([4.2, -0.1, 0.7, 0.8, 3.2, 3.3]), frames_s).tolist() == [2, 0, 0, 1, 1, 2]
    assert find_frames(np.array([0.3]), np.array([0.0])).tolist() == [0]
