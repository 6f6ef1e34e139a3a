import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidsumm.errors import ConfigError
from vidsumm.shots.uniform import uniform


@given(n=st.integers(1, 500), length=st.floats(0.2, 60))
def test_fewest_equal_parts(n: int, length: float) -> None:
    lengths = np.diff(uniform(n, length), prepend=0, append=n)
    assert lengths.sum() == n
    assert lengths.max() - lengths.min() <= 1
    assert lengths.max() <= max(1, np.ceil(length))


def test_known_cuts() -> None:
    assert uniform(25, 10).tolist() == [8, 16]
    assert uniform(10, 10).tolist() == []
    assert uniform(1, 10).tolist() == []
    assert uniform(3, 0.1).tolist() == [1, 2]


@pytest.mark.parametrize("length", [0, -2, float("nan")])
def test_bad_length_is_refused(length: float) -> None:
    with pytest.raises(ConfigError, match="shots of"):
        uniform(5, length)
