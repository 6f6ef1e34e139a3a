"""Times, sizes and names in a form for readers."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vidsumm.cli.wording import amount, clock, command_line, printable


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0.0 s"),
        (0.04, "0.0 s"),
        (59.94, "59.9 s"),
        (59.96, "1:00.0"),
        (61.25, "1:01.2"),
        (3599.9, "59:59.9"),
        (3599.96, "1:00:00"),
        (86_399.7, "24:00:00"),
    ],
)
def test_times_are_shown_in_the_unit_that_suits(seconds: float, text: str) -> None:
    assert clock(seconds) == text


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (354_460_000, "354.5 MB"),
        (2_000_000_000, "2.0 GB"),
        (1_234_500_000_000, "1234.5 GB"),
    ],
)
def test_sizes_are_shown_in_the_unit_that_suits(size_bytes: int, text: str) -> None:
    assert amount(size_bytes) == text


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("clips/übung 1.mp4", "clips/übung 1.mp4"),
        ("a\nvidsumm: error.mp4", r"a\nvidsumm: error.mp4"),
        ("\x1b[31mred.mp4", r"\x1b[31mred.mp4"),
        ("raw\udcff.mp4", r"raw\xff.mp4"),
    ],
)
def test_unprintable_characters_are_escaped(path: str, text: str) -> None:
    assert printable(Path(path)) == text


@given(name=st.binary(min_size=1, max_size=20))
@settings(deadline=None, max_examples=50)
def test_every_path_can_be_shown(name: bytes) -> None:
    text = printable(Path(name.decode("utf-8", "surrogateescape")))
    assert text.isprintable()
    text.encode("utf-8")


def test_a_command_line_has_the_last_part_of_each_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["/usr/bin/vidsumm", "bench", "--data", "/home/jo/two words.h5", "-o", "out"])
    assert command_line("vidsumm") == "vidsumm bench --data 'two words.h5' -o out"
