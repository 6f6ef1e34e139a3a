"""Text for people and for programs."""

import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from vidsumm.cli.tables import Column, print_indented, print_table
from vidsumm.cli.terminal import clock, console_for, displayed, print_json


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
def test_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("clips/übung 1.mp4", "clips/übung 1.mp4"),
        ("a\nvidsumm: error.mp4", r"a\nvidsumm: error.mp4"),
        ("\x1b[31mred.mp4", r"\x1b[31mred.mp4"),
        ("raw\udcff.mp4", r"raw\xff.mp4"),
    ],
)
def test_paths_for_people(path: str, text: str) -> None:
    assert displayed(Path(path)) == text


@given(name=st.binary(min_size=1, max_size=20))
@settings(deadline=None, max_examples=50)
def test_every_path_can_be_shown(name: bytes) -> None:
    text = displayed(Path(name.decode("utf-8", "surrogateescape")))
    assert text.isprintable()
    text.encode("utf-8")


def test_json_is_one_ascii_line() -> None:
    stream = io.StringIO()
    print_json({"a": "é\n"}, stream)
    assert stream.getvalue() == '{"a": "\\u00e9\\n"}\n'
    assert json.loads(stream.getvalue()) == {"a": "é\n"}


def test_json_has_no_infinities() -> None:
    with pytest.raises(ValueError, match="JSON"):
        print_json({"a": float("inf")}, io.StringIO())


COLUMNS = (Column("file"), Column("length", "right"), Column("favours"))
ROWS = (("summary-1.mp4", "9.5 s", "the beginning [and] little else " * 8), ("summary-2.mp4", "10.0 s", "the end"))


def test_a_table_in_a_pipe_has_a_line_per_row() -> None:
    stream = io.StringIO()
    print_table(console_for(stream), COLUMNS, ROWS)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 1 + len(ROWS)
    assert all(line == line.rstrip() for line in lines)
    assert lines[1].endswith(ROWS[0][2].rstrip())
    assert lines[2] == "summary-2.mp4  10.0 s  the end"


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_a_table_on_a_terminal_keeps_its_width_and_all_words(columns: int) -> None:
    console = Console(file=io.StringIO(), width=columns, force_terminal=True, no_color=True, _environ={})
    print_table(console, COLUMNS, ROWS)
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue().replace("\x1b[1m", "").replace("\x1b[0m", "")
    assert max(map(len, text.splitlines())) <= columns
    assert text.count("[and]") == 8
    assert "the beginning" in text


def test_indented_text_stays_indented_where_it_wraps() -> None:
    console = Console(file=io.StringIO(), width=20)
    print_indented(console, "one two three four [five] six")
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    assert len(lines) > 1
    assert all(line.startswith("  ") and not line.startswith("   ") for line in lines)
