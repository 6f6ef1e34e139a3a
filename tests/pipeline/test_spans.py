import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.videos import make_analysis, scenes, shots_at, video_info
from vidsumm.errors import ConfigError
from vidsumm.pipeline.draws import shot_budget
from vidsumm.pipeline.reel import Reel
from vidsumm.pipeline.shots import join_shots
from vidsumm.pipeline.spans import MarkedShots, Span, mark_shots, spans_of

INFO = video_info([40] * 250)  # ten seconds
REEL = Reel((make_analysis(INFO, scenes([20])),))
SHOTS = shots_at(INFO, [0, 50, 100, 200])


def mark(keep: tuple[Span, ...] = (), skip: tuple[Span, ...] = (), shortest_s: float = 0.5) -> MarkedShots:
    return mark_shots(SHOTS, REEL, keep, skip, shortest_s=shortest_s)


def shown(found: MarkedShots, mask: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> list[list[float]]:
    rows: list[list[float]] = found.shots.times_s[mask].round(3).tolist()
    return rows


def test_without_spans_nothing_changes() -> None:
    found = mark()
    assert found.shots is SHOTS
    assert not found.pinned.any()
    assert not found.banned.any()


def test_a_span_to_keep_is_shown_to_the_frame_and_no_longer() -> None:
    found = mark(keep=(Span(1.0, 5.0),))
    assert shown(found, found.pinned) == [[1.0, 2.0], [2.0, 4.0], [4.0, 5.0]]
    assert shown(found, ~found.pinned) == [[0.0, 1.0], [5.0, 8.0], [8.0, 10.0]]
    assert not found.banned.any()


def test_a_span_to_skip_takes_scraps_beside_it_along() -> None:
    found = mark(skip=(Span(2.2, 3.0),))
    assert shown(found, found.banned) == [[2.0, 2.2], [2.2, 3.0]]
    assert shown(found, ~found.banned) == [[0.0, 2.0], [3.0, 4.0], [4.0, 8.0], [8.0, 10.0]]


def test_a_scrap_beside_a_span_to_keep_stays_free() -> None:
    found = mark(keep=(Span(2.2, 4.0),))
    assert shown(found, ~(found.pinned | found.banned))[1] == [2.0, 2.2]


def test_frames_that_are_skipped_in_part_are_not_shown() -> None:
    found = mark(skip=(Span(2.99, 5.01),))
    assert shown(found, found.banned) == [[2.96, 4.0], [4.0, 5.04]]


def test_spans_to_keep_that_fill_the_budget_fit() -> None:
    """Each shot is rounded up to ticks, which together may be more than the budget in ticks."""
    uneven = video_info([30, 50] * 60 + [45] * 30)
    reel = Reel((make_analysis(uneven, scenes([13])),))
    length_s = reel.duration_s
    found = mark_shots(shots_at(uneven, [0, 31, 77, 100]), reel, [Span(0.0, length_s)], [], shortest_s=0.5)
    assert found.pinned.all()
    budget = shot_budget(found, interval_s=reel.interval_s, limit_s=length_s)
    assert budget.lengths.sum() <= budget.capacity
    with pytest.raises(ConfigError, match="but a summary may last"):
        shot_budget(found, interval_s=reel.interval_s, limit_s=length_s - 0.05)


def test_a_still_picture_can_be_kept_in_part() -> None:
    still = video_info([40] * 50 + [6000] + [40] * 50)
    reel = Reel((make_analysis(still, scenes([20])),))
    found = mark_shots(shots_at(still, [0, 50, 51]), reel, [Span(4.0, 5.5)], [], shortest_s=0.5)
    assert shown(found, found.pinned) == [[4.0, 5.5]]
    assert found.shots.frames[found.pinned].tolist() == [[50, 51]]
    assert shown(found, ~found.pinned) == [[0.0, 2.0], [2.0, 4.0], [5.5, 8.0], [8.0, 10.0]]


@given(st.lists(st.tuples(st.floats(0, 9.9), st.floats(0.05, 4)), min_size=1, max_size=5), st.integers(0, 2))
def test_parts_cover_the_video_and_have_samples(given_spans: list[tuple[float, float]], which: int) -> None:
    spans = tuple(sorted(Span(start, min(start + length, 10.0)) for start, length in given_spans))
    found = mark(keep=spans) if which else mark(skip=spans[:1])
    shots = found.shots
    assert shots.times_s[0, 0] == 0
    assert shots.times_s[-1, 1] == pytest.approx(10.0)
    assert (shots.times_s[1:, 0] == shots.times_s[:-1, 1]).all()
    assert (np.diff(shots.samples, axis=1) > 0).all()
    assert (np.diff(shots.frames, axis=1) > 0).all()
    assert shots.samples.min() >= 0
    assert shots.samples.max() <= 250
    if which:
        inside = np.zeros(1000, dtype=bool)
        for start, end, _ in spans:
            inside[round(start * 25) * 4 : max(round(end * 25), round(start * 25) + 1) * 4] = True
        kept_s = np.diff(shots.times_s[found.pinned], axis=1).sum()
        assert kept_s == pytest.approx(inside.sum() / 100, abs=0.041 * len(spans))


def test_spans_of_one_of_several_videos() -> None:
    reel = Reel((REEL.analyses[0], make_analysis(INFO, scenes([20]), name="second.mp4")))
    shots = join_shots([SHOTS, SHOTS], [250, 250])
    found = mark_shots(shots, reel, spans_of([(2, 4, 1)], reel, "keep"), (), shortest_s=0.5)
    assert found.shots.source[found.pinned].tolist() == [1]
    assert shown(found, found.pinned) == [[2.0, 4.0]]


@pytest.mark.parametrize(
    ("spans", "message"),
    [
        ([(1.0,)], r"`keep`: \(1\.0,\) is no span"),
        ([1.0, 2.0], "`keep`: 1.0 is no span"),
        ([("a", "b")], "is no span"),
        ([(1, 2, 0.5)], "there is no video 0.5"),
        ([(3, 2)], "`keep`: 3 to 2 s does not lie in the video's 10.00 s"),
        ([(-1, 2)], "`keep`: -1 to 2 s does not lie"),
        ([(11, 12)], "`keep`: 11 to 12 s does not lie"),
        ([(1, float("nan"))], "`keep`: 1 to nan s does not lie"),
        ([(1, 2, 1)], "`keep`: there is no video 1"),
    ],
)
def test_bad_spans_are_refused(spans: list[tuple[float, ...]], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        spans_of(spans, REEL, "keep")


def test_spans_are_put_in_order_and_end_with_the_video() -> None:
    assert spans_of([(8, 20), (1, 2)], REEL, "keep") == (Span(1.0, 2.0), Span(8.0, 10.0))


def test_a_span_cannot_be_kept_and_skipped() -> None:
    with pytest.raises(ConfigError, match=r"`keep` and `skip` overlap at 3\.00 s"):
        mark(keep=(Span(1.0, 4.0),), skip=(Span(3.0, 5.0),))


def test_a_scrap_is_shown_where_nothing_else_is_left() -> None:
    found = mark(skip=(Span(0.2, 10.0),))
    assert shown(found, ~found.banned) == [[0.0, 0.2]]


def test_something_must_be_left() -> None:
    with pytest.raises(ConfigError, match="`skip` leaves nothing"):
        mark(skip=(Span(0.0, 10.0),))
