import itertools
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.support.cutting import clips_s, plan, planned_numbers, ranges
from tests.support.video_info import make_info
from vidsumm.errors import ConfigError
from vidsumm.timeline import Clip, Timeline, TimelineSource
from vidsumm.video.cut import common_clock, frame_clock, plan_timeline, union_pieces, widen_to_keys
from vidsumm.video.info import AudioStream, VideoInfo


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
def timelines_of(draw: st.DrawFn, count: int) -> tuple[VideoInfo, list[Timeline]]:
    info = draw(infos())
    wanted = [draw(clips_of(info.duration_s).filter(lambda clips: len(clips) > 0)) for _ in range(count)]
    return info, [plan(info, clips) for clips in wanted]


def steady(frames: int, rate: int = 25) -> VideoInfo:
    return make_info(list(range(frames)), Fraction(1, rate), rate=Fraction(rate))


def all_clips(timelines: Sequence[Timeline]) -> list[Clip]:
    return [clip for timeline in timelines for clip in timeline.clips]


def test_edges_move_to_the_nearest_frame() -> None:
    info = make_info(list(range(0, 250 * 512, 512)), Fraction(1, 12_800), rate=Fraction(25))
    timeline = plan(info, [(1.0, 2.0), (3.019, 4.021)])
    assert ranges(timeline) == [[25, 50], [75, 101]]
    assert timeline.sources == (TimelineSource(info.path, Fraction(1, 25), 250, 250),)
    assert timeline.frames == 51
    assert timeline.duration == Fraction(51, 25)
    np.testing.assert_allclose(clips_s(timeline), [[1.0, 2.0], [3.0, 4.04]])


def test_touching_and_overlapping_clips_become_one() -> None:
    timeline = plan(steady(100), [(0.4, 0.8), (0.8, 1.2), (1.0, 1.1), (1.21, 1.6), (2.0, 2.4)])
    assert ranges(timeline) == [[10, 40], [50, 60]]


def test_a_clip_is_never_shorter_than_one_frame() -> None:
    info = make_info(list(range(10)), Fraction(1, 10), rate=Fraction(10))
    assert ranges(plan(info, [(0.301, 0.302)])) == [[3, 4]]
    assert ranges(plan(info, [(0.999, 1.0)])) == [[9, 10]]


@pytest.mark.parametrize(
    "clips",
    [
        [],
        [(0, 2.0, 1.0)],
        [(0, 3.0, 4.0), (0, 1.0, 2.0)],
        [(0, 3.0, 4.0), (1, 0.0, 1.0), (0, 1.0, 2.0)],
        [(0, 20.0, 30.0)],
        [(1, 2.5, 3.0)],
        [(0, 0.0, np.nan)],
        [(2, 0.0, 1.0)],
        [(-1, 0.0, 1.0)],
        [1.0],
    ],
)
def test_bad_clips_are_refused(clips: Any) -> None:
    with pytest.raises(ConfigError):
        plan_timeline([steady(100), steady(50)], clips)


def test_clips_of_several_sources_keep_their_order_and_clocks() -> None:
    infos = [steady(100), with_sound(steady(100, 10)), steady(100, 30)]
    wanted = [(1, 0.5, 1.0), (0, 1.0, 2.0), (0, 2.0, 3.0), (1, 1.0, 2.0)]
    timeline = plan_timeline(infos, wanted)
    assert timeline.clips == (
        Clip(1, 5, 10, 5, 10, (5, 10)),
        Clip(0, 25, 75, 25, 75, None),
        Clip(1, 10, 20, 10, 20, (10, 20)),
    )
    assert [source.time_base for source in timeline.sources] == [Fraction(1, 25), Fraction(1, 10), Fraction(1, 30)]
    assert timeline.duration == Fraction(7, 2)
    assert plan_timeline(infos, wanted, clocks=[frame_clock(info) for info in infos]) == timeline


def with_sound(info: VideoInfo) -> VideoInfo:
    return replace(info, audio=AudioStream(1, "aac", 48_000, 1))


@pytest.mark.parametrize(
    ("clocks", "expected"),
    [
        (["1/25", "1001/30000", "1/24"], "1/30000"),
        (["1001/30000", "1001/60000"], "1001/60000"),
        (["1001/30000", "1001/30000"], "1001/30000"),
        (["1/90000", "1/1000"], "1/90000"),
        (["1/999983", "1/25"], "1/90000"),
        (["1/14112000"], "1/14112000"),
    ],
)
def test_a_common_clock_is_exact_where_mp4_can_hold_it(clocks: list[str], expected: str) -> None:
    assert common_clock(map(Fraction, clocks)) == Fraction(expected)


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
    timeline = plan(info, [(5.0, 7.5), (20.0, 31.5)])
    np.testing.assert_allclose(clips_s(timeline), [[5.0, 7.5], [20.0, 31.5]])
    assert ranges(timeline) == [[1, 2], [1, 3]]
    assert union_pieces(timeline.clips).tolist() == [[1, 2], [2, 3]]


@given(timelines_of(1))
def test_a_timeline_shows_the_frames_inside_its_clips_in_order(made: tuple[VideoInfo, list[Timeline]]) -> None:
    info, (timeline,) = made
    ticks = frame_clock(info).ticks
    middles = (ticks[:-1] + ticks[1:]) / 2
    spans = [(clip.start_tick, clip.end_tick) for clip in timeline.clips]
    inside = [k for k, at in enumerate(middles) if any(begin <= at < end for begin, end in spans)]
    assert planned_numbers(timeline) == inside
    assert timeline.frames == len(inside)
    assert (np.diff(np.ravel(spans)) > 0).all()
    assert float(timeline.duration) == pytest.approx(float(np.diff(clips_s(timeline)).sum()))


@given(timelines_of(1))
def test_planning_a_timeline_again_changes_nothing(made: tuple[VideoInfo, list[Timeline]]) -> None:
    info, (timeline,) = made
    clock = frame_clock(info)
    again = make_info(clock.ticks[:-1], clock.time_base, last=int(np.diff(clock.ticks)[-1]))
    assert again.duration_s == pytest.approx(info.duration_s)
    assert plan(again, clips_s(timeline)) == timeline


@given(timelines_of(3))
def test_every_clip_consists_of_whole_pieces(made: tuple[VideoInfo, list[Timeline]]) -> None:
    timelines = made[1]
    pieces = union_pieces(all_clips(timelines))
    assert (pieces[:, 0] < pieces[:, 1]).all()
    assert (pieces[1:, 0] >= pieces[:-1, 1]).all()
    everything = {frame for first, last in pieces.tolist() for frame in range(first, last)}
    assert everything == {frame for timeline in timelines for frame in planned_numbers(timeline)}
    for timeline in timelines:
        assert {first for first, _ in ranges(timeline)} <= set(pieces[:, 0].tolist())
        assert {last for _, last in ranges(timeline)} <= set(pieces[:, 1].tolist())


def widen(info: VideoInfo, timeline: Timeline, keys: Sequence[int]) -> Timeline:
    return widen_to_keys(timeline, {0: frame_clock(info)}, {0: np.array(keys, dtype=np.int64)})


@given(timelines_of(1), st.data())
def test_widened_clips_begin_at_key_frames_and_hold_the_timeline(
    made: tuple[VideoInfo, list[Timeline]], data: st.DataObject
) -> None:
    info, (timeline,) = made
    frames = len(info.frame_pts)
    keys = sorted({0, *data.draw(st.lists(st.integers(0, frames - 1), max_size=8))})
    wide = widen(info, timeline, keys)
    assert {first for first, _ in ranges(wide)} <= set(keys)
    assert {last for _, last in ranges(wide)} <= {*keys, frames}
    assert set(planned_numbers(timeline)) <= set(planned_numbers(wide))
    assert all(before[1] < after[0] for before, after in itertools.pairwise(ranges(wide)))


def test_widening_joins_what_follows_in_the_source_and_nothing_else() -> None:
    info = with_sound(steady(40))
    source = TimelineSource(info.path, Fraction(1, 25), 40, 40)
    clips = [
        Clip(0, first, last, first, last, (first, last)) for first, last in [(12, 14), (16, 18), (12, 14), (31, 32)]
    ]
    wide = widen(info, Timeline((source,), tuple(clips)), [0, 10, 20, 30])
    assert wide.clips == (Clip(0, 10, 20, 10, 20, (10, 20)),) * 2 + (Clip(0, 30, 40, 30, 40, (30, 40)),)
