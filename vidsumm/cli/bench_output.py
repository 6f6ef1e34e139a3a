"""What the commands of ``vidsumm bench`` and of `benchmarks` share: numbers, progress and tables."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vidsumm.benchmark.report.tables import Table

__all__ = ["numbers", "require_ascending", "write"]


def numbers(flag: str, text: str) -> list[float]:
    """Reads the comma-separated numbers of an option.

    Raises:
        ConfigError: `text` is not a list of numbers.
    """
    from vidsumm.errors import ConfigError

    try:
        return [float(part) for part in text.split(",")]
    except ValueError as error:
        raise ConfigError(f"{flag} {text}: not numbers", remedy=f"write for example {flag} 0,0.5,1") from error


def require_ascending(flag: str, values: Sequence[float]) -> None:
    """Checks the numbers of an option.

    Raises:
        ConfigError: they are fewer than two, not ascending or not above zero.
    """
    from vidsumm.errors import ConfigError

    if len(values) < 2 or values[0] <= 0 or any(a >= b for a, b in pairwise(values)):
        raise ConfigError(f"{flag}: not two or more ascending numbers", remedy=f"write for example {flag} 5,20,60")


def write(table: "Table", folder: Path, name: str, *, quiet: bool) -> None:
    """Writes the files of a table and prints it."""
    import sys

    from vidsumm.benchmark.report.formats import write_table
    from vidsumm.cli.bench_table import FittedTable
    from vidsumm.cli.terminal import console_for

    paths = write_table(table, folder, name)
    if not quiet:
        console = console_for(sys.stdout)
        console.print(FittedTable(table))
        console.print(f"written: {', '.join(map(str, paths))}")
