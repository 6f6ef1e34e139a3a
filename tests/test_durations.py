"""Lengths of time as people write them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vidsumm.durations import parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        *[("90", 90), ("90s", 90), ("1m30s", 90), ("1.5m", 90), ("1h", 3600), ("1h1m1s", 3661)],
        *[(" 2M ", 120), (".5", 0.5), ("0", 0)],
    ],
)
def test_lengths(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", " ", "-5", "1e3", "s", "m", "1m30x", "30s1m", "1:30", "nan", "inf"])
def test_what_is_no_length(text: str) -> None:
    with pytest.raises(ValueError, match="is not a length of time"):
        parse_duration(text)


PART = st.integers(0, 10**6)


@given(hours=PART, minutes=PART, thousandths=PART)
@settings(deadline=None, max_examples=50)
def test_written_lengths_are_read_back(hours: int, minutes: int, thousandths: int) -> None:
    seconds = 3600 * hours + 60 * minutes + thousandths / 1000
    assert parse_duration(f"{hours}h{minutes}m{thousandths / 1000:.3f}s") == pytest.approx(seconds)
