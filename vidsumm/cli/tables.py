"""Prints tables to a terminal or a pipe."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

__all__ = ["Column", "print_indented", "print_table"]

_NARROW = 60  # columns; below this, a table's last column would be a few letters wide


@dataclass(frozen=True)
class Column:
    """A column; long texts in the last column of a table are wrapped."""

    title: str
    justify: Literal["left", "right"] = "left"


def print_table(console: Console, columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> None:
    """Prints a table.

    On a terminal it has a rule below its head, in a pipe it is aligned columns only, and where a terminal is narrower
    than 60 columns it is a list.
    """
    if console.width < _NARROW:
        for row in rows:
            console.print("  ".join(row[:-1]))
            print_indented(console, row[-1])
        return
    table = Table(box=box.SIMPLE_HEAD if console.is_terminal else None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column.title, justify=column.justify, no_wrap=column is not columns[-1], overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    if console.is_terminal:
        console.print(table)
        return
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().splitlines():
        console.print(line.rstrip())


def print_indented(console: Console, text: str) -> None:
    """Prints text with every line indented by two columns."""
    console.print(Padding(Text(text), (0, 0, 0, 2), expand=False))
