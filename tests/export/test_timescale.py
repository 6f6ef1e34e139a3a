import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vidsumm.export.timescale import clock, length, round_times


@pytest.mark.parametrize(
    ("time_s", "text"),
    [(0, "0:00"), (59.4, "0:59"), (59.6, "1:00"), (754, "12:34"), (3599.7, "1:00:00"), (7384, "2:03:04")],
)
def test_clock_rounds_before_it_divides(time_s: float, text: str) -> None:
    assert clock(time_s) == text


def test_clock_shows_hours_and_tenths_on_request() -> None:
    assert clock(65, hours=True) == "0:01:05"
    assert clock(1.25, decimals=1) == "0:01.2"
    assert clock(59.96, decimals=1) == "1:00.0"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(4.21, "4.2 s"), (9.96, "10 s"), (42.4, "42 s"), (59.7, "1:00"), (90, "1:30"), (3600, "1:00:00")],
)
def test_length_is_short(seconds: float, text: str) -> None:
    assert length(seconds) == text


@pytest.mark.parametrize(
    ("end_s", "last"), [(0.9, "0:00.9"), (20, "0:20"), (600, "10:00"), (3599, "55:00"), (7200, "2:00:00")]
)
def test_round_times_reach_the_end(end_s: float, last: str) -> None:
    times_s, labels = round_times(end_s, most=14)
    assert times_s[0] == 0
    assert labels[-1] == last
    assert times_s[-1] <= end_s


@settings(deadline=None, max_examples=50)
@given(st.floats(0.05, 1e7), st.integers(2, 20))
def test_round_times_are_few_and_labelled_apart(end_s: float, most: int) -> None:
    times_s, labels = round_times(end_s, most)
    assert len(times_s) == len(labels) <= most
    assert len(set(labels)) == len(labels)
    assert max(times_s) <= end_s * (1 + 1e-6)
