from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.support.cutting import planned_numbers
from tests.support.video_info import make_info
from vidsumm.errors import ConfigError
from vidsumm.video.cut import CutPlan, frame_clock, plan_cut, union_pieces, widen_to_keys
from vidsumm.video.info import VideoInfo


@st.composite
def infos(draw: st.DrawFn) -> VideoInfo:
    start = draw(st.integers(-1000, 100_000))
    steps = draw(st.lists(st.integers(300, 6000), min_size=2, max_size=60))
    return make_info(start + np.cumsum([0, *steps[:-1]]), Fraction(1, 30_000), last=steps[-1])


@st.composite
def clips_of(draw: st.DrawFn, duration_s: float) -> NDArray[np.float64]:
    edges = sorted(draw(st.lists(st.floats(0, 1), min_size=2, max_size=12, unique=True)))
    edges = edges[: len(edges) // 2 * 2]
    clips = np.asarray(edges).reshape(-1, 2) * duration_s
    return np.asarray(clips[(clips[:, 0] < clips[:, 1]) & (clips[:, 0] < duration_s * 0.999)])


@st.composite
def plans_of(draw: st.DrawFn, count: int) -> list[CutPlan]:
    info = draw(infos())
    clock = frame_clock(info)
    wanted = [draw(clips_of(info.duration_s).filter(lambda clips: len(clips) > 0)) for _ in range(count)]
    return [plan_cut(info, clips_s, clock=clock) for clips_s in wanted]


def test_edges_move_to_the_nearest_frame() -> None:
    info = make_info(list(range(0, 250 * 512, 512)), Fraction(1, 12_800), rate=Fraction(25))
    plan = plan_cut(info, [(1.0, 2.0), (3.019, 4.021)])
    assert plan.ranges.tolist() == [[25, 50], [75, 101]]
    assert plan.frames == 51
    assert plan.duration_s == pytest.approx(51 / 25)
    np.testing.assert_allclose(plan.clips_s, [[1.0, 2.0], [3.0, 4.04]])


def test_touching_and_overlapping_clips_become_one() -> None:
    info = make_info(list(range(100)), Fraction(1, 25), rate=Fraction(25))
    plan = plan_cut(info, [(0.4, 0.8), (0.8, 1.2), (1.0, 1.1), (1.21, 1.6), (2.0, 2.4)])
    assert plan.ranges.tolist() == [[10, 40], [50, 60]]


def test_a_clip_is_never_shorter_than_one_frame() -> None:
    info = make_info(list(range(10)), Fraction(1, 10), rate=Fraction(10))
    assert plan_cut(info, [(0.301, 0.302)]).ranges.tolist() == [[3, 4]]
    assert plan_cut(info, [(0.999, 1.0)]).ranges.tolist() == [[9, 10]]


@pytest.mark.parametrize(
    "clips_s", [[], [(2.0, 1.0)], [(3.0, 4.0), (1.0, 2.0)], [(20.0, 30.0)], [(0.0, np.nan)], [1.0]]
)
def test_bad_clips_are_refused(clips_s: list[tuple[float, float]]) -> None:
    info = make_info(list(range(100)), Fraction(1, 25), rate=Fraction(25))
    with pytest.raises(ConfigError):
        plan_cut(info, clips_s)


def test_constant_rate_survives_millisecond_time_stamps() -> None:
    rate = Fraction(30_000, 1001)
    rounded = [round(1000 * k / rate) + 7 for k in range(900)]
    clock = frame_clock(make_info(rounded, Fraction(1, 1000), rate=rate))
    assert clock.time_base == 1 / rate
    assert clock.frames == 900


def test_variable_rate_keeps_its_own_ticks() -> None:
    info = make_info([50, 53, 60, 61, 70], Fraction(1, 1000), rate=Fraction(200), last=5)
    clock = frame_clock(info)
    assert clock.time_base == Fraction(1, 1000)
    assert clock.ticks.tolist() == [0, 3, 10, 11, 20, 25]
    assert not clock.is_steady


def test_nanosecond_clocks_become_coarser() -> None:
    info = make_info([0, 40_000_000, 90_000_000], Fraction(1, 10**9))
    clock = frame_clock(info)
    assert clock.time_base == Fraction(1, 90_000)
    assert clock.ticks.tolist() == [0, 3600, 8100, 12_600]


def test_a_still_picture_may_be_shown_for_a_part_of_its_time() -> None:
    info = make_info([0, 1000, 31_000], Fraction(1, 1000), last=1000)
    plan = plan_cut(info, [(5.0, 7.5), (20.0, 31.5)])
    np.testing.assert_allclose(plan.clips_s, [[5.0, 7.5], [20.0, 31.5]])
    assert plan.ranges.tolist() == [[1, 2], [1, 3]]
    assert union_pieces([plan]).tolist() == [[1, 2], [2, 3]]


@given(plans_of(1))
def test_a_plan_shows_the_frames_inside_its_clips_in_order(plans: list[CutPlan]) -> None:
    plan = plans[0]
    ticks = plan.clock.ticks
    middles = (ticks[:-1] + ticks[1:]) / 2
    inside = [k for k, at in enumerate(middles) if any(begin <= at < end for begin, end in plan.ticks.tolist())]
    assert planned_numbers(plan) == inside
    assert plan.frames == len(inside)
    assert (np.diff(plan.ticks.ravel()) > 0).all()
    assert plan.duration_s == pytest.approx(float(np.diff(plan.clips_s).sum()))


@given(plans_of(1))
def test_planning_a_plan_changes_nothing(plans: list[CutPlan]) -> None:
    plan = plans[0]
    start_s = plan.clock.seconds(plan.clock.ticks)
    info = make_info(plan.clock.ticks[:-1], plan.clock.time_base, last=int(np.diff(plan.clock.ticks)[-1]))
    again = plan_cut(info, plan.clips_s)
    assert start_s[-1] == pytest.approx(info.duration_s)
    np.testing.assert_array_equal(again.ranges, plan.ranges)
    np.testing.assert_array_equal(again.ticks, plan.ticks)


@given(plans_of(3))
def test_every_clip_consists_of_whole_pieces(plans: list[CutPlan]) -> None:
    pieces = union_pieces(plans)
    assert (pieces[:, 0] < pieces[:, 1]).all()
    assert (pieces[1:, 0] >= pieces[:-1, 1]).all()
    everything = {frame for first, last in pieces.tolist() for frame in range(first, last)}
    assert everything == {frame for plan in plans for frame in planned_numbers(plan)}
    begins, ends = set(pieces[:, 0].tolist()), set(pieces[:, 1].tolist())
    for plan in plans:
        assert set(plan.ranges[:, 0].tolist()) <= begins
        assert set(plan.ranges[:, 1].tolist()) <= ends


@given(plans_of(1), st.data())
def test_widened_clips_begin_at_key_frames_and_hold_the_plan(plans: list[CutPlan], data: st.DataObject) -> None:
    plan = plans[0]
    frames = plan.clock.frames
    keys = np.array(sorted({0, *data.draw(st.lists(st.integers(0, frames - 1), max_size=8))}), dtype=np.int64)
    wide = widen_to_keys(plan, keys)
    assert set(wide.ranges[:, 0].tolist()) <= set(keys.tolist())
    assert set(wide.ranges[:, 1].tolist()) <= {*keys.tolist(), frames}
    assert set(planned_numbers(plan)) <= set(planned_numbers(wide))
    assert (wide.ranges[1:, 0] > wide.ranges[:-1, 1]).all()
