import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from vidsumm.errors import InputError
from vidsumm.selection.candidates import (
    agreement,
    describe,
    describe_sources,
    is_repeat,
    order_by_agreement,
    overlap,
    select,
    shot_values,
)

NO_OTHERS = np.empty(0)


def masks(*rows: str) -> NDArray[np.bool_]:
    """One candidate per row, 'x' where a shot is chosen."""
    return np.array([[shot == "x" for shot in row] for row in rows])


def in_thirds(*times_s: float) -> NDArray[np.float64]:
    """Shots of the given lengths that begin at 0, 100 and 200 s of 300."""
    begins_s = np.array([0.0, 100.0, 200.0])
    return np.stack([begins_s, begins_s + times_s], axis=1)


def test_shot_values_are_means() -> None:
    scores = np.array([[0, 1, 2, 3, 4, 5], [1, 1, 0, 0, 0, 3]], dtype=np.float32)
    values = shot_values(scores, np.array([[0, 2], [2, 3], [3, 6]]))
    assert values.tolist() == [[0.5, 2.0, 4.0], [1.0, 0.0, 1.0]]
    assert values.dtype == np.float64


def test_shots_between_two_samples_share_one() -> None:
    scores = np.array([[0, 1, 2, 5]], dtype=np.float32)
    assert shot_values(scores, np.array([[0, 2], [1, 2], [1, 4]])).tolist() == [[0.5, 1.0, 8 / 3]]


@pytest.mark.parametrize("shots", [[[0, 7]], [[-1, 6]], [[0, 3], [3, 3], [3, 6]], [[4, 3]]])
def test_shots_without_samples_are_refused(shots: list[list[int]]) -> None:
    with pytest.raises(ValueError, match="beyond the 6 there are"):
        shot_values(np.zeros((1, 6)), np.array(shots))


def test_select_fills_the_budget() -> None:
    selection = select(np.array([0.9, 0.3, 0.8, 0.7]), np.array([10, 5, 5, 5]), 15)
    assert selection.mask.tolist() == [False, True, True, True]
    assert selection.truncated_to is None


def test_too_long_shots_leave_the_best_one_truncated() -> None:
    selection = select(np.array([0.2, 0.9, 0.9]), np.array([10, 12, 12]), 4)
    assert (selection.mask.tolist(), selection.truncated_to) == ([False, True, False], 4)
    assert select(np.array([0.2]), np.array([10]), 0).truncated_to == 1


def test_worthless_shots_still_give_one_that_fits() -> None:
    selection = select(np.array([0.0, 0.0, 0.0]), np.array([10, 3, 4]), 5)
    assert (selection.mask.tolist(), selection.truncated_to) == ([False, True, False], None)
    assert select(np.array([-3.0, -2.0]), np.array([1, 1]), 5).mask.tolist() == [False, True]


@settings(deadline=None, max_examples=40)
@given(
    shots=st.lists(st.tuples(st.floats(-1, 1), st.integers(1, 30)), min_size=1, max_size=12),
    capacity=st.integers(0, 60),
)
def test_a_usable_summary_always_results(shots: list[tuple[float, int]], capacity: int) -> None:
    values, lengths = (np.array(column) for column in zip(*shots, strict=True))
    selection = select(values, lengths, capacity)
    shown = int(lengths[selection.mask].sum()) if selection.truncated_to is None else selection.truncated_to
    assert selection.mask.any()
    assert 1 <= shown <= max(1, capacity)


def test_select_refuses_broken_values() -> None:
    with pytest.raises(InputError, match="shot 0"):
        select(np.array([np.nan]), np.array([3]), 5)
    with pytest.raises(ValueError, match="weight above zero"):
        select(np.array([1.0]), np.array([0]), 5)


def test_agreement_is_the_share_of_what_others_could_attain() -> None:
    selections = masks("x..", ".x.", "x..")
    values = np.array([[0.8, 0.2, 0.1], [0.3, 0.6, 0.1], [0.5, 0.25, 0.1]])
    kept = [(0.3 / 0.6 + 1.0) / 2, (0.2 / 0.8 + 0.25 / 0.5) / 2, (1.0 + 0.3 / 0.6) / 2]
    assert agreement(selections, values) == pytest.approx(kept)


def test_agreement_in_the_corners() -> None:
    assert agreement(masks("x."), np.array([[0.4, 0.1]])).tolist() == [1.0]
    assert agreement(masks("x.", "x."), np.zeros((2, 2))).tolist() == [1.0, 1.0]
    assert agreement(masks("x.", ".x"), np.eye(2)).tolist() == [0.0, 0.0]


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 1000), count=st.integers(1, 6), shots=st.integers(1, 9))
def test_comparisons_stay_in_range(seed: int, count: int, shots: int) -> None:
    rng = np.random.default_rng(seed)
    values, lengths = rng.random((count, shots)), rng.integers(1, 9, shots)
    selections = np.array([select(row, lengths, int(lengths.sum() * 0.4)).mask for row in values])
    agreements, overlaps = agreement(selections, values), overlap(selections, lengths)
    assert ((agreements >= 0) & (agreements <= 1)).all()
    assert ((overlaps >= 0) & (overlaps <= 1)).all()
    assert (overlaps == overlaps.T).all()
    assert (np.diag(overlaps) == 1).all()
    assert sorted(order_by_agreement(agreements).tolist()) == list(range(count))


def test_order_is_stable() -> None:
    assert order_by_agreement(np.array([0.3, 0.7, 0.3 + 1e-12, 0.9])).tolist() == [3, 1, 0, 2]


def test_repeats_are_noticed() -> None:
    earlier = masks("x.x", ".x.")
    assert is_repeat(masks(".x.")[0], earlier)
    assert not is_repeat(masks("xx.")[0], earlier)
    assert not is_repeat(masks("xx.")[0], earlier[:0])


def test_overlap_is_time_in_common_over_time_in_either() -> None:
    overlaps = overlap(masks("xx.", ".xx", "..x"), np.array([1, 2, 3]))
    assert overlaps.tolist() == [[1, 2 / 6, 0], [2 / 6, 1, 3 / 5], [0, 3 / 5, 1]]


@pytest.mark.parametrize(
    ("times_s", "overlaps", "text"),
    [
        ((62, 30, 8), [0.5, 0.32], "mostly the beginning (62 %), 3 shots, shares 41 % with the others"),
        ((5, 10, 85), [0.0], "mostly the end (85 %), 3 shots, shares 0 % with the other"),
        ((45, 15, 40), [], "the beginning (45 %) and the end (40 %), 3 shots"),
        ((15, 40, 45), [], "the middle (40 %) and the end (45 %), 3 shots"),
        ((33, 33, 34), [0.1] * 4, "spread over the whole video, 3 shots, shares 10 % with the others"),
    ],
)
def test_descriptions(times_s: tuple[float, ...], overlaps: list[float], text: str) -> None:
    description = describe(masks("xxx")[0], in_thirds(*times_s), 300.0, np.array(overlaps))
    assert description.text == text
    shares = (description.beginning, description.middle, description.end)
    assert shares == pytest.approx([time_s / 100 for time_s in times_s])


def test_one_shot_without_others() -> None:
    assert describe(masks(".x.")[0], in_thirds(9, 9, 9), 300.0, NO_OTHERS).text == "only the middle, 1 shot"


def test_a_shot_across_thirds_counts_in_both() -> None:
    description = describe(masks("x")[0], np.array([[0.0, 300.0]]), 300.0, NO_OTHERS)
    assert (description.beginning, description.middle, description.end) == pytest.approx([1 / 3] * 3)
    assert description.text == "spread over the whole video, 1 shot"


@settings(deadline=None, max_examples=50)
@given(
    edges=st.lists(st.floats(0, 1e5), min_size=2, max_size=40, unique=True),
    overlaps=st.lists(st.floats(0, 1), max_size=6),
    stretch=st.floats(0.9, 1.1),
)
def test_shares_sum_to_one_and_the_text_is_short(edges: list[float], overlaps: list[float], stretch: float) -> None:
    edges_s = np.sort(edges)
    shots_s = np.stack([edges_s[:-1], edges_s[1:]], axis=1)
    description = describe(np.ones(len(shots_s), dtype=np.bool_), shots_s, edges_s[-1] * stretch, np.array(overlaps))
    assert description.beginning + description.middle + description.end == pytest.approx(1)
    assert len(description.text) <= 90


def test_nothing_to_describe_is_refused() -> None:
    with pytest.raises(ValueError, match="no shot"):
        describe(masks("...")[0], in_thirds(9, 9, 9), 300.0, NO_OTHERS)


def test_pinned_shots_are_selected_and_banned_ones_are_not() -> None:
    values, lengths = np.array([0.9, 0.1, 0.8, 0.7]), np.array([5, 5, 5, 5])
    selection = select(values, lengths, 10, pinned=np.array([0, 1, 0, 0], bool), banned=np.array([1, 0, 0, 0], bool))
    assert selection.mask.tolist() == [False, True, True, False]


def test_where_nothing_allowed_fits_the_best_allowed_shot_is_shortened() -> None:
    selection = select(np.array([0.9, 0.2, 0.3]), np.array([9, 9, 9]), 4, banned=np.array([True, False, False]))
    assert (selection.mask.tolist(), selection.truncated_to) == ([False, False, True], 4)


@pytest.mark.parametrize(
    ("shown_s", "text"),
    [
        ([0.0, 4.0, 0.0], "only b.mp4, 3 shots"),
        ([6.0, 4.0, 0.0], "mostly a.mp4 (60 %), 3 shots"),
        ([4.0, 4.0, 4.0], "from 3 of 3 videos, 3 shots"),
    ],
)
def test_several_videos_are_named(shown_s: list[float], text: str) -> None:
    assert describe_sources(np.array(shown_s), ["a.mp4", "b.mp4", "c.mp4"], 3, NO_OTHERS) == text


def test_a_long_name_leaves_a_line_of_ninety_characters() -> None:
    line = describe_sources(np.array([7.0, 3.0]), ["x" * 200 + ".mp4", "b.mp4"], 1000, np.full(9, 0.999))
    assert len(line) <= 90
    assert line.startswith("mostly xxx")
    assert "….mp4" not in line
    assert "xxxxx.mp4 (70 %)" in line
