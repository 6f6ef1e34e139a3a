import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidsumm.datasets.layout import inclusive_shots

lengths = st.lists(st.integers(1, 30), min_size=1, max_size=12)


class TestShots:
    @given(lengths, st.booleans(), st.integers(0, 1))
    def test_either_convention_gives_the_same_shots(self, sizes: list[int], is_open: bool, short: int) -> None:
        edges = np.concatenate([[0], np.cumsum(sizes)])
        expected = np.stack([edges[:-1], edges[1:] - 1], axis=1)
        rows = expected + np.array([0, int(is_open)])
        rows[-1, 1] = edges[-1] - short  # the last row may stop at either frame under both
        if rows[-1, 1] >= rows[-1, 0]:
            assert np.array_equal(inclusive_shots(rows, int(edges[-1])), expected)

    @given(lengths.filter(lambda sizes: len(sizes) > 2), st.data())
    def test_gaps_and_overlaps_are_refused(self, sizes: list[int], draw: st.DataObject) -> None:
        edges = np.concatenate([[0], np.cumsum(sizes)])
        rows = np.stack([edges[:-1], edges[1:] - 1], axis=1)
        at = draw.draw(st.integers(1, len(rows) - 1))
        rows[at, 0] += draw.draw(st.sampled_from([-3, -2, 2, 3]))
        with pytest.raises(ValueError, match=r"do not meet|empty or runs backwards"):
            inclusive_shots(rows, int(edges[-1]))

    @pytest.mark.parametrize("rows", [[[0, 97]], [[0, 101]], [[1, 99]], [[0, 40], [40, 60]]])
    def test_shots_that_do_not_cover_the_video_are_refused(self, rows: list[list[int]]) -> None:
        with pytest.raises(ValueError, match=r"the shots (begin|end)"):
            inclusive_shots(np.array(rows), 100)
