"""Tables for readers, JSON for programs."""

import io
import json

import pytest
from rich.console import Console

from vidsumm.cli.tables import Column, print_indented, print_table
from vidsumm.cli.terminal import console_for, print_json


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
