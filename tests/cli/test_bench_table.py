"""Tables of results on terminals of any width."""

import io
import re

import pytest
from rich.console import Console

from vidsumm.benchmark.report.published import PAPER_TABLES, published_rows
from vidsumm.benchmark.report.tables import RHO, TAU, Meta, Metric, Row, Table
from vidsumm.cli.bench_table import FittedTable

COLUMNS = (TAU, RHO, *(Metric(f"c{i}", f"metric {i}") for i in range(5)))
TABLE = Table(
    "TVSum, TVT",
    COLUMNS,
    (
        Row("Human", {"tau": (0.177, None)}, reference=True),
        Row("SummDiff [10 steps]", {metric.key: (0.1234, 0.0056) for metric in COLUMNS}),
        *published_rows("tvsum", "tvt"),
    ),
    Meta(protocol="TVT", seeds=(0, 1, 2)),
)


def printed(table: Table, width: int, *, styled: bool = False) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=styled, no_color=True, _environ={})
    console.print(FittedTable(table))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_no_number_is_cut_at_any_width(width: int) -> None:
    text = printed(TABLE, width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    assert text.count("0.123") == len(COLUMNS)
    assert all(metric.title in text for metric in COLUMNS)
    assert "CSTA †" in text
    assert "seeds 0, 1, 2" in text


def test_narrow_terminals_leave_out_standard_deviations_and_say_so() -> None:
    assert printed(TABLE, 200).count("0.123 ± 0.006") == len(COLUMNS)
    narrow = printed(TABLE, 80)
    assert "±" not in narrow
    assert "means only" in narrow
    assert "means only" not in printed(TABLE, 200)


def test_blocks_leave_out_methods_without_values_in_them() -> None:
    blocks = printed(TABLE, 60).split("method")[1:]
    assert len(blocks) > 1
    assert ["Human" in block for block in blocks] == [True] + [False] * (len(blocks) - 1)
    assert all("SummDiff [10 steps]" in block for block in blocks)


def test_the_best_is_bold_and_published_rows_stand_apart() -> None:
    lines = printed(TABLE, 200, styled=True).splitlines()
    own = next(line for line in lines if "10 steps" in line)
    assert own.count("\x1b[1m") == 5  # tau and rho are higher in the paper
    first = next(index for index, line in enumerate(lines) if "Random" in line)
    assert not re.sub(r"\x1b\[\d*m", "", lines[first - 1]).strip()
    assert all("\x1b[2m" in line or "\x1b[1;2m" in line for line in lines[first : first + 7])


@pytest.mark.parametrize("number", list(PAPER_TABLES))
@pytest.mark.parametrize("width", [80, 200])
def test_all_published_tables_fit(number: str, width: int) -> None:
    text = printed(PAPER_TABLES[number], width)
    assert max(map(len, text.splitlines())) <= width
    assert len([line for line in text.splitlines() if "†" in line]) >= len(PAPER_TABLES[number].rows)


def test_a_table_without_rows_prints_its_head() -> None:
    assert "method" in printed(Table("Empty", (TAU,), ()), 80)
