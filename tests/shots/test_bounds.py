import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.support.shot_inputs import noise
from vidsumm.errors import ConfigError
from vidsumm.shots.bounds import bound_shots


def cut(change_points: list[int], n: int, min_len: float, max_len: float, **kwargs: NDArray[np.float32]) -> list[int]:
    found = bound_shots(np.array(change_points, dtype=np.int64), n, min_len=min_len, max_len=max_len, **kwargs)
    assert found.dtype == np.int64
    edges: list[int] = found.tolist()
    return edges


@settings(deadline=None, max_examples=50)
@given(data=st.data(), n=st.integers(1, 120), min_len=st.floats(0, 12), slack=st.floats(0, 20), seen=st.booleans())
def test_always_a_partition_within_bounds(
    data: st.DataObject, n: int, min_len: float, slack: float, seen: bool
) -> None:
    max_len = max(2 * min_len + slack, 0.1)
    change_points = sorted(data.draw(st.sets(st.integers(1, max(1, n - 1)), max_size=n - 1)))
    found = bound_shots(
        np.array(change_points, dtype=np.int64),
        n,
        min_len=min_len,
        max_len=max_len,
        features=noise(n, n) if seen else None,
    )
    lengths = np.diff(found, prepend=0, append=n)
    assert (lengths > 0).all()
    assert lengths.sum() == n
    if n >= min_len:
        assert lengths.min() >= min_len - 1e-6
    assert lengths.max() < max_len + 1 + 1e-6


@settings(deadline=None, max_examples=30)
@given(data=st.data(), n=st.integers(2, 80), min_len=st.integers(1, 10), factor=st.integers(2, 4))
def test_whole_bounds_are_kept_without_rounding(data: st.DataObject, n: int, min_len: int, factor: int) -> None:
    change_points = sorted(data.draw(st.sets(st.integers(1, n - 1))))
    lengths = np.diff(cut(change_points, n, min_len, factor * min_len), prepend=0, append=n)
    assert lengths.max() <= factor * min_len
    assert lengths.min() >= min(min_len, n)


def test_shots_within_bounds_stay_as_they_are() -> None:
    assert cut([4, 9], 14, 2, 8) == [4, 9]
    assert cut([], 5, 1, 24) == []


def test_short_shot_joins_the_shorter_neighbour() -> None:
    assert cut([6, 7], 11, 2, 20) == [6]  # 6 1 4 -> 6 5
    assert cut([4, 5], 11, 2, 20) == [5]  # 4 1 6 -> 5 6
    assert cut([5, 6], 11, 2, 20) == [6]  # 5 1 5: the earlier
    assert cut([1], 9, 2, 20) == []
    assert cut([8], 9, 2, 20) == []


def test_short_shot_joins_the_more_similar_neighbour() -> None:
    left, right = np.eye(2, 3, dtype=np.float32)
    features = np.stack([left] * 6 + [0.9 * left + 0.1 * right] + [right] * 4)
    assert cut([6, 7], 11, 2, 20, features=features) == [7]
    assert cut([6, 7], 11, 2, 20, features=features[:, [1, 0, 2]]) == [7]
    features[6] = 0.1 * left + 0.9 * right
    assert cut([6, 7], 11, 2, 20, features=features) == [6]
    features[6] = 0.5 * (left + right)
    assert cut([6, 7], 11, 2, 20, features=features) == [6]  # equally similar: the shorter


def test_shortest_is_joined_first() -> None:
    assert cut([10, 12, 13], 30, 3, 60) == [10, 13]  # 10 2 1 17: with the 1 the 2 is long enough
    assert cut([1, 2, 3, 4], 5, 5, 10) == []


def test_long_shot_is_divided_equally() -> None:
    assert cut([], 10, 1, 4) == [3, 6]
    assert cut([], 24, 2, 24) == []
    assert cut([2], 27, 2, 24) == [2, 14]


def test_decimal_bounds_mean_what_they_say() -> None:
    assert cut([7], 14, 0.7 * 10, 1.4 * 10) == [7]
    assert cut([], 5, 2.3, 4.6) == []  # 2 + 3 would be too short: one sample of rounding
    assert cut([], 4, 0.1, 0.4) == [1, 2, 3]  # never below one sample


def test_nothing_to_bound() -> None:
    assert cut([], 1, 2, 24) == []
    assert cut([1], 2, 2, 24) == []


@pytest.mark.parametrize(("min_len", "max_len"), [(3, 5), (-1, 4), (0, 0), (float("nan"), 4)])
def test_impossible_bounds_are_refused(min_len: float, max_len: float) -> None:
    with pytest.raises(ConfigError, match="samples are not possible"):
        cut([2], 5, min_len, max_len)
